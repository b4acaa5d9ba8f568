"""The lanes: sites in travel order, and how far each parcel is from being suspect."""

from datetime import UTC, datetime, timedelta

from hub.console.suspects.lanes import (
    DOTS_PER_COLUMN_MAX,
    columns_of,
    dots_by_site,
    progress,
    travel_order,
)
from hub.console.suspects.views import Dot, Pace
from hub.missing.service import NextLook

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def look(number: int = 1, seen: float = -2, expected: float | None = 1, due: float = 2) -> NextLook:
    return NextLook(
        waybill=f"1030000000{number:02d}",
        site="A",
        seen_at=NOON + seen * HOUR,
        has_left=False,
        expected_site="A",
        expected_by=None if expected is None else NOON + expected * HOUR,
        due_at=NOON + due * HOUR,
    )


def test_sites_stand_in_the_order_in_which_parcels_travel() -> None:
    routes = [("A", "H", "B"), ("A", "H", "C"), ("D", "H", "B")]
    assert travel_order(["H", "C", "B", "A", "D"], routes) == ["A", "D", "H", "B", "C"]


def test_a_site_on_nobodys_route_stands_in_the_middle() -> None:
    assert travel_order(["B", "X", "A"], [("A", "B")]) == ["A", "X", "B"]
    assert travel_order(["B", "A"], []) == ["A", "B"]


def test_a_parcel_drifts_from_its_scan_to_its_deadline() -> None:
    assert progress(NOON, NOON + 4 * HOUR, NOON) == 0.0
    assert progress(NOON - HOUR, NOON + 3 * HOUR, NOON) == 0.25
    assert progress(NOON - 4 * HOUR, NOON, NOON) == 1.0
    assert progress(NOON - 4 * HOUR, NOON - HOUR, NOON) == 1.0
    assert progress(NOON, NOON, NOON) == 1.0


def test_a_parcel_is_late_from_its_expected_time_on_and_not_yet_suspect() -> None:
    found = dots_by_site([], {}, [look(1), look(2, expected=-1), look(3, expected=None)], NOON)
    assert [dot.pace for dot in found["A"]] == [Pace.ON_TIME, Pace.LATE, Pace.ON_TIME]


def test_the_most_pressing_stand_on_top_and_the_rest_is_counted() -> None:
    dots = [
        Dot(f"{number:03d}", Pace.ON_TIME, number / 100, NOON)
        for number in range(DOTS_PER_COLUMN_MAX + 3)
    ]
    (column,) = columns_of({"A": dots}, [], {"A": "Alpha"})
    assert column.name == "Alpha"
    assert column.dots[0].progress == (DOTS_PER_COLUMN_MAX + 2) / 100
    assert (len(column.dots), column.more) == (DOTS_PER_COLUMN_MAX, 3)
