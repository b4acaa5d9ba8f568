"""The statutory holidays of China: the library's calendar, put right by the carrier's policy.

Source: HV-1.2.6, facts.md ("holidays").
"""

from datetime import date, timedelta
from functools import lru_cache

from wire.policy import HolidayPolicy

_DAY = timedelta(days=1)
_SATURDAY = 5


class Holidays:
    """Says of a local date whether it is a statutory holiday.

    The library leaves out the weekend inside a long holiday, which the State Council's notice
    counts in; so a weekend between two of its days is one too. Where the notice says otherwise
    (years to come are estimates), ``policy`` does.
    """

    def __init__(self, policy: HolidayPolicy) -> None:
        # Imported here: a quarter of a second that only those pay who judge lateness.
        from holidays import country_holidays

        self._library = country_holidays("CN")
        self._added = frozenset(policy.added)
        self._removed = frozenset(policy.removed)
        self.is_holiday = lru_cache(maxsize=4_096)(self._is_holiday)

    def _is_holiday(self, day: date) -> bool:
        if day in self._removed:
            return False
        return day in self._added or day in self._library or self._is_enclosed(day)

    def _is_enclosed(self, day: date) -> bool:
        if day.weekday() < _SATURDAY:
            return False
        before = day - (day.weekday() - _SATURDAY + 1) * _DAY
        return before in self._library and before + 3 * _DAY in self._library
