"""A ruler keeps the order of moments, and shows the short ones beside the long."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.console.parcel.scale import FLOOR_MAX, MARK_APART_MIN, STRETCH_MIN, Scale, full_minute

NIGHT = datetime(2026, 11, 22, tzinfo=UTC)

moments = st.lists(
    st.integers(0, 10**6).map(lambda second: NIGHT + timedelta(seconds=second)),
    min_size=1,
    max_size=80,
)


def at(minute: float) -> datetime:
    return NIGHT + timedelta(minutes=minute)


@given(moments, st.integers(-10, 10**6 + 10))
def test_every_moment_stands_on_the_ruler_in_its_order(knots: list[datetime], second: int) -> None:
    scale = Scale(knots)
    asked = sorted([*knots, NIGHT + timedelta(seconds=second)])
    places = [scale.place(each) for each in asked]
    assert places == sorted(places)
    assert min(places) >= 0.0
    assert max(places) <= 1.0 + 1e-9


def test_a_handover_of_seconds_can_be_seen_beside_a_day() -> None:
    scale = Scale([at(0), at(0.1), at(24 * 60)])
    assert scale.place(at(0.1)) >= STRETCH_MIN
    assert scale.place(at(24 * 60)) == 1.0


def test_many_short_stretches_leave_room_for_the_long_one() -> None:
    knots = [at(minute) for minute in range(60)]
    scale = Scale([*knots, at(24 * 60)])
    assert 1 - scale.place(at(59)) >= (1 - FLOOR_MAX) * 0.9


def test_one_moment_alone_is_a_ruler_too() -> None:
    scale = Scale([at(0)])
    assert (scale.place(at(-1)), scale.place(at(0)), scale.place(at(1))) == (0.0, 0.0, 1.0)
    assert scale.marks() == [(0.0, at(0))]


def test_written_moments_never_touch() -> None:
    marks = Scale([at(minute) for minute in range(60)]).marks()
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(marks)]
    assert min(gaps) >= MARK_APART_MIN


def test_a_ruler_until_now_is_the_same_for_a_minute() -> None:
    assert full_minute(at(5.1)) == full_minute(at(5.9)) == at(6)
