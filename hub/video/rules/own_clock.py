"""The clock that a camera writes into its picture: how far off, and in words. Pure.

It says what somebody reads who looks at the picture. It moves no footage, whose times are those of
its coming. Source: docs/adr/0029.
"""

from dataclasses import dataclass
from datetime import datetime

from wire.events import Camera

_FINE_MS, _COARSE_MS = 10, 100
"""To so much a clock is written; coarsely, if its own error is no smaller."""
_HOUR_MS = 3_600_000
_HOURS_FROM_MS = 3 * _HOUR_MS
_DAYS_FROM_MS = 72 * _HOUR_MS


@dataclass(frozen=True, slots=True)
class OwnClock:
    """``offset_ms`` is added to the time that the camera writes to get the true one.

    It is wrong by at most ``error_ms``; None: how far its edge's clock was off was not known.
    """

    offset_ms: int
    error_ms: int | None
    measured_at: datetime
    measured_by: str

    def is_off_by_more(self, limit_s: int) -> bool:
        """Say whether it is further off, whatever its error, as far as that is known."""
        return abs(self.offset_ms) - (self.error_ms or 0) > limit_s * 1000

    @property
    def said(self) -> tuple[str, str]:
        """A sentence in Chinese and in English, e.g. "… is 192.4 s ahead (± 0.2 s)"."""
        unit_ms = _FINE_MS if (self.error_ms or _COARSE_MS) < _COARSE_MS else _COARSE_MS
        off_ms = abs(self.offset_ms)
        if off_ms <= max(self.error_ms or 0, unit_ms // 2):
            room_zh, room_en = self._room(off_ms, unit_ms)
            return (
                f"画面上的时间准确（{room_zh}）",
                f"The time written in the picture is right ({room_en})",
            )
        # What is cut off of the number is not certain any more.
        room_zh, room_en = self._room(unit_ms // 2, unit_ms)
        zh, en = _length(off_ms, unit_ms)
        way_zh, way_en = ("快", "ahead") if self.offset_ms < 0 else ("慢", "behind")
        return (
            f"画面上的时间{way_zh} {zh}（{room_zh}）",
            f"The time written in the picture is {en} {way_en} ({room_en})",
        )

    def _room(self, more_ms: int, unit_ms: int) -> tuple[str, str]:
        if self.error_ms is None:
            return "误差不明", "error unknown"
        units = -(-(self.error_ms + more_ms) // unit_ms)
        zh, en = _length(units * unit_ms, unit_ms)
        return f"±{zh}", f"± {en}"


def own_clock_of(event: Camera, at: datetime) -> OwnClock | None:
    """What an edge tells of a camera's own clock, put right by the edge's; None: it tells nothing.

    ``at`` is when it was measured.
    """
    if event.offset_ms is None or event.error_ms is None:
        return None
    edge = event.clock
    error_ms = None if edge.error_ms is None else event.error_ms + edge.error_ms
    offset_ms = event.offset_ms + (edge.offset_ms or 0)
    return OwnClock(offset_ms, error_ms, at, event.reason or "")


def _length(ms: int, unit_ms: int) -> tuple[str, str]:
    if ms < _HOURS_FROM_MS:
        number = f"{ms / 1000:.{2 if unit_ms == _FINE_MS else 1}f}"
        return f"{number} 秒", f"{number} s"
    if ms < _DAYS_FROM_MS:
        return f"{ms / _HOUR_MS:.1f} 小时", f"{ms / _HOUR_MS:.1f} h"
    return f"{ms / _HOUR_MS / 24:.1f} 天", f"{ms / _HOUR_MS / 24:.1f} d"
