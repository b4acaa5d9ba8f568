"""What the pictures of skipped scans are drawn to: one scale for all rows, nothing made larger."""

from datetime import date

import pytest

from hub.console.reads.desk import DAY_OWED_MIN, scale_of
from hub.console.reads.drawing import shown
from hub.console.reads.views import Scale
from hub.missing.service import Change, Passing, Reads, SiteReads

DAY = date(2026, 11, 23)


def site(reads: Reads, *days: Reads, passing: Reads | None = None) -> SiteReads:
    parts = {} if passing is None else {Passing.IN: passing}
    return SiteReads("755A", reads, parts, tuple((DAY, each) for each in days), Change.SAME)


def test_nearly_nothing_looks_so() -> None:
    assert scale_of([], []) == Scale(0.9, 0.05)
    assert scale_of([site(Reads(9_999, 1), Reads(999, 1))], [0.99]) == Scale(0.9, 0.05)


@pytest.mark.parametrize(
    ("found", "medians", "floor"),
    [
        (site(Reads(5_000, 5_000)), [], 0.4),
        (site(Reads(9_900, 100), passing=Reads(6_500, 3_500)), [], 0.6),
        (site(Reads(9_900, 100)), [0.72], 0.7),
        (site(Reads(9_900, 100)), [0.7], 0.7),
        (site(Reads(0, 9)), [], 0.9),
    ],
)
def test_it_begins_below_whatever_is_shown(
    found: SiteReads, medians: list[float], floor: float
) -> None:
    assert scale_of([found], medians).floor == pytest.approx(floor)


@pytest.mark.parametrize(
    ("day", "tallest"),
    [
        (Reads(87, 13), 0.15),
        (Reads(85, 15), 0.15),
        (Reads(0, DAY_OWED_MIN), 1.0),
        (Reads(0, DAY_OWED_MIN - 1), 0.05),
    ],
)
def test_a_days_column_is_full_at_the_worst_day_that_has_enough_scans(
    day: Reads, tallest: float
) -> None:
    assert scale_of([site(Reads(), day, Reads())], []).tallest == pytest.approx(tallest)


def test_a_share_stands_in_its_place_and_none_below_the_floor() -> None:
    scale = Scale(0.8, 0.05)
    assert [scale.place(each) for each in (0.5, 0.8, 0.9, 1)] == pytest.approx([0, 0, 0.5, 1])


@pytest.mark.parametrize(
    ("share", "written"),
    [(1.0, "100.0%"), (0.9999, "99.9%"), (0.9496, "95.0%"), (0.0, "0.0%")],
)
def test_a_share_is_written_with_a_digit_and_never_as_all_that_it_is_not(
    share: float, written: str
) -> None:
    assert shown(share) == written
