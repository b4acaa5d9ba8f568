"""Statutory holidays: the library's, put right by policy (HV-1.2.6)."""

from datetime import date

import pytest

from hub.calendar import Holidays
from wire.policy import HolidayPolicy

PLAIN = HolidayPolicy(added=(), removed=())


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 2, 17), date(2026, 10, 1)])
def test_a_statutory_day_is_a_holiday(day: date) -> None:
    assert Holidays(PLAIN).is_holiday(day)


@pytest.mark.parametrize("day", [date(2026, 10, 4), date(2026, 2, 21), date(2026, 2, 22)])
def test_a_weekend_between_two_holidays_is_one_too(day: date) -> None:
    assert Holidays(PLAIN).is_holiday(day)


@pytest.mark.parametrize("day", [date(2026, 9, 30), date(2026, 10, 10), date(2026, 10, 11)])
def test_a_working_day_and_a_plain_weekend_are_none(day: date) -> None:
    assert not Holidays(PLAIN).is_holiday(day)


def test_policy_adds_and_removes_days_where_the_calendar_errs() -> None:
    added, removed = date(2026, 10, 8), date(2026, 10, 1)
    own = Holidays(HolidayPolicy(added=(added,), removed=(removed,)))
    assert own.is_holiday(added)
    assert not own.is_holiday(removed)
