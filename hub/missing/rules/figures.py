"""What is known of an expected scan when a silence begins: its lane, its hour, and how it began.

Pure. A model is taught by these and asked by these: they are made here alone. Calendar and shift
show in the hour and the weekday of the plan, local to the site. Source: design section 7 (tier T1).
"""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from hub.missing.rules.learned import pool_of
from hub.missing.rules.plan import Stop
from hub.missing.rules.schedule import IsHoliday
from hub.missing.rules.scoring import Silence

AHEAD_MAX = 3
"""Scans before it that may have been skipped, beyond which it makes no difference."""

ZoneOf = Callable[[str], tzinfo]


class Place(NamedTuple):
    """An expected scan's names from broad to narrow, and its calendar.

    ``turn`` is its lane at this hour of the day: another shift, another lorry. ``hour`` and
    ``weekday`` (Monday is 0) are those of its plan at its site; ``rests``: the day is a holiday.
    """

    pool: str
    lane: str
    turn: str
    hour: int
    weekday: int
    rests: bool


class Figures(NamedTuple):
    """What a model looks at besides the names, each as a number.

    ``lead_h``: hours from the begin of the silence to its first plan; ``late_h``: so late it began;
    ``ahead``: so many scans are expected before this one.
    """

    hour: float
    weekday: float
    rests: float
    lead_h: float
    late_h: float
    ahead: float


class Calendar:
    """Tells the local hour and day of plans."""

    def __init__(self, zone_of: ZoneOf, is_holiday: IsHoliday) -> None:
        self._zone_of = zone_of
        self._is_holiday = is_holiday
        self._days: dict[date, bool] = {}

    def place(self, stop: Stop, by: datetime) -> Place:
        """Of a scan that is planned for ``by``."""
        local, lane = by.astimezone(self._zone_of(stop.site)), stop.key
        day = local.date()
        rests = self._days.get(day)
        if rests is None:
            rests = self._days[day] = self._is_holiday(day)
        turn = f"{lane}@{local.hour:02d}"
        return Place(pool_of(lane), lane, turn, local.hour, local.weekday(), rests)


def figures_of(place: Place, silence: Silence, ahead: int) -> Figures:
    """The figures of the scan that has so many before it."""
    return Figures(
        float(place.hour),
        float(place.weekday),
        float(place.rests),
        float(silence.lead_h),
        float(silence.late_h),
        float(min(ahead, AHEAD_MAX)),
    )
