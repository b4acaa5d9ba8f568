"""A camera's day on its ruler: every stretch in its place, and gaps never drawn as footage."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.console.cameras.day import (
    DELETED,
    STRETCH,
    STRETCHES_MAX,
    bars_of,
    day_of,
    hours_of,
    moment_at,
    place_of,
    stretches_from,
    window_of,
)
from hub.console.cameras.views import BarKind
from hub.video.service import FoundGap, Span

SHANGHAI = ZoneInfo("Asia/Shanghai")
SINCE, UNTIL = window_of(date(2026, 11, 22), SHANGHAI)


def at(second: float) -> datetime:
    return SINCE + timedelta(seconds=second)


def segment(since: float, until: float, *, is_deleted: bool = False) -> Span:
    return Span(at(since), at(until), is_deleted)


def gap(since: float, until: float, reason: str = "camera_lost") -> FoundGap:
    return FoundGap("755A", "cage-1", at(since), at(until), reason)


def test_a_day_is_the_zones_own() -> None:
    assert datetime(2026, 11, 21, 16, tzinfo=UTC) == SINCE
    assert timedelta(days=1) == UNTIL - SINCE
    assert day_of(SINCE, SHANGHAI) == date(2026, 11, 22)
    assert day_of(SINCE - timedelta(seconds=1), SHANGHAI) == date(2026, 11, 21)


def test_a_day_with_a_change_of_clocks_is_longer_and_its_hours_stay_in_place() -> None:
    since, until = window_of(date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
    assert until - since == timedelta(hours=25)
    assert [place for place, _ in hours_of(since, until)] == [nth / 12 for nth in range(12)]


def test_neighbours_are_one_run_and_a_seam_is_no_gap() -> None:
    found = bars_of([segment(0, 10), segment(10.1, 20), segment(30, 40)], [], SINCE, UNTIL)
    assert [(bar.since, bar.until) for bar in found] == [(at(0), at(20)), (at(30), at(40))]
    assert {bar.kind for bar in found} == {BarKind.FOOTAGE}


def test_gaps_of_one_reason_are_one_and_others_stay_apart() -> None:
    told = [gap(0, 60), gap(60, 120), gap(120, 180, "disk")]
    found = bars_of([], told, SINCE, UNTIL)
    assert [(bar.until, bar.reason) for bar in found] == [
        (at(120), "camera_lost"),
        (at(180), "disk"),
    ]
    assert {bar.kind for bar in found} == {BarKind.GAP}


def test_deleted_footage_is_a_gap_and_says_so() -> None:
    found = bars_of([segment(0, 10, is_deleted=True), segment(10, 20)], [], SINCE, UNTIL)
    assert [(bar.kind, bar.reason) for bar in found] == [
        (BarKind.GAP, DELETED),
        (BarKind.FOOTAGE, None),
    ]


def test_what_begins_before_the_day_or_ends_after_it_is_cut_there() -> None:
    (bar,) = bars_of([], [gap(-60, 60)], SINCE, UNTIL)
    assert (bar.since, bar.start, bar.length) == (SINCE, 0.0, timedelta(seconds=60))
    (bar,) = bars_of([segment(86_390, 86_420)], [], SINCE, UNTIL)
    assert (bar.until, bar.end) == (UNTIL, 1.0)


@given(st.floats(0, 1))
def test_a_place_of_the_ruler_is_a_moment_and_back(place: float) -> None:
    moment = moment_at(place, SINCE, UNTIL)
    assert SINCE <= moment <= UNTIL
    assert abs(place_of(moment, SINCE, UNTIL) - place) <= 1 / 86_400 + 1e-9


@pytest.mark.parametrize("place", [-1.0, 2.0])
def test_a_place_beside_the_ruler_is_its_end(place: float) -> None:
    assert moment_at(place, SINCE, UNTIL) in (SINCE, UNTIL)


def test_stretches_follow_each_other_to_the_days_end_and_are_bounded() -> None:
    found = stretches_from(at(3600), UNTIL)
    assert len(found) == STRETCHES_MAX
    assert found[0] == (at(3590), at(3590) + STRETCH)
    assert all(one[1] == two[0] for one, two in pairwise(found))
    assert len(stretches_from(UNTIL, UNTIL)) == 1
