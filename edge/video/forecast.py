"""For how many days the disk will hold footage at the last day's rate. Pure.

A disk that is too small takes the oldest footage before its days are over; people must hear of it
weeks before that, not on the day. Source: design section 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.video.footage import Recorded
from edge.video.retention import DAY_MS, KeepRule

WATCHED_MS_MIN = 3_600_000
"""So much must have been recorded before a day's worth can be told."""
ROOM_FOR_MS = DAY_MS
"""The rate is that of the last day."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """``days_fit`` whole days find room; ``days_asked`` is what the policy wants at most."""

    days_fit: int
    days_asked: int

    @property
    def is_short(self) -> bool:
        """Some footage will go before its days are over."""
        return self.days_fit < self.days_asked


def foresee(
    recorded: Mapping[str, Recorded], rule: KeepRule, room_bytes: int, now_ms: int
) -> Forecast | None:
    """Say how long footage will be kept if all goes on as in the last day.

    Args:
        recorded: by camera, of the last ``ROOM_FOR_MS``.
        rule: for how many days each camera's footage is to be kept.
        room_bytes: what all footage may take of the disk, with what is kept already.
        now_ms: wall time, to tell for how long each camera has recorded.

    Returns:
        None: nothing was recorded for ``WATCHED_MS_MIN``.
    """
    daily = {
        camera: each.bytes * DAY_MS / (now_ms - each.began_ms)
        for camera, each in recorded.items()
        if each.bytes > 0 and now_ms - each.began_ms >= WATCHED_MS_MIN
    }
    if not daily:
        return None
    asked = {camera: rule.days.get(camera, rule.days_else) for camera in daily}
    left, since = float(room_bytes), 0
    # The oldest goes first, whosesoever it is: all grow older together until their days are over.
    for days in sorted(set(asked.values())):
        rate = sum(each for camera, each in daily.items() if asked[camera] >= days)
        if left < rate * (days - since):
            return Forecast(since + int(left / rate), max(asked.values()))
        left -= rate * (days - since)
        since = days
    return Forecast(since, since)
