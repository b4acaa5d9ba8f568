"""When the shift ends in which somebody began to work.

Pure. Shifts are local to the site's timezone and may cross midnight. Source: design sections 3
("ends after 30 idle minutes or the shift") and 5.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from wire.site_pack import PackShift

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shifts:
    """A site's working windows in its timezone."""

    zone: tzinfo
    windows: tuple[PackShift, ...]

    def end_of(self, began_at: datetime) -> datetime | None:
        """The end of the shift that ran at ``began_at``, in UTC; None outside all shifts.

        Where shifts overlap it is the latest end: whoever begins while the next shift is on
        already belongs to that one.

        Args:
            began_at: aware.
        """
        today = began_at.astimezone(self.zone).date()
        spans = [
            self._span(window, day) for window in self.windows for day in (today - _DAY, today)
        ]
        return max((end for start, end in spans if start <= began_at < end), default=None)

    def _span(self, window: PackShift, day: date) -> tuple[datetime, datetime]:
        starts, ends = time.fromisoformat(window.starts), time.fromisoformat(window.ends)
        last_day = day + _DAY if ends <= starts else day
        # In UTC, because two local times of one zone are compared by their faces only.
        start = datetime.combine(day, starts, self.zone).astimezone(UTC)
        return start, datetime.combine(last_day, ends, self.zone).astimezone(UTC)


NO_SHIFTS = Shifts(UTC, ())
