"""When a shift ends: in local time, across midnight (design section 5)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edge.shifts import NO_SHIFTS, Shifts
from wire.site_pack import PackShift

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = PackShift(name="day", starts="08:00", ends="16:00")
LATE = PackShift(name="late", starts="14:00", ends="22:00")
NIGHT = PackShift(name="night", starts="22:00", ends="06:00")


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("began", "end"),
    [
        ("22T08:00", "22T16:00"),
        ("22T13:59", "22T16:00"),
        ("22T14:00", "22T22:00"),  # two run: the later end
        ("22T16:00", "22T22:00"),
        ("22T22:00", "23T06:00"),
        ("23T00:00", "23T06:00"),
        ("23T05:59", "23T06:00"),
    ],
)
def test_the_shift_that_ran_at_the_beginning_says_when_it_ends(began: str, end: str) -> None:
    shifts = Shifts(SHANGHAI, (DAY, LATE, NIGHT))
    assert shifts.end_of(shanghai(began).astimezone(UTC)) == shanghai(end)


@pytest.mark.parametrize("began", ["22T06:00", "22T07:59"])
def test_outside_all_shifts_none_ends(began: str) -> None:
    assert Shifts(SHANGHAI, (DAY, LATE, NIGHT)).end_of(shanghai(began)) is None
    assert NO_SHIFTS.end_of(shanghai(began)) is None


def test_a_shift_around_the_clock_ends_where_it_began_a_day_later() -> None:
    shifts = Shifts(SHANGHAI, (PackShift(name="all", starts="09:00", ends="09:00"),))
    assert shifts.end_of(shanghai("22T09:00")) == shanghai("23T09:00")
    assert shifts.end_of(shanghai("22T08:59")) == shanghai("22T09:00")


def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    shifts = Shifts(berlin, (NIGHT,))
    began = datetime(2026, 10, 24, 22, 0, tzinfo=berlin)
    end = shifts.end_of(began)
    assert end is not None
    assert end - began.astimezone(UTC) == timedelta(hours=9)
