"""The clock that a camera writes into its picture, narrowed by whole seconds. docs/adr/0029."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.video.own_clock import ASKS, TOLD_EVERY_S, Narrowing, OwnClockNews
from edge.video.shown_clock import Offset

AT_MS = 1_767_225_600_000
YEARS_MS = 40 * 365 * 86_400_000


class SimulatedCamera:
    """Says its time in whole seconds; how long a question and an answer travel is drawn."""

    def __init__(self, offset_ms: float, travel_ms: tuple[int, int], seed: int = 1) -> None:
        self.offset_ms, self.travel_ms = offset_ms, travel_ms
        self.now_ms = float(AT_MS)
        self.dice = random.Random(seed)

    def answer(self, narrowing: Narrowing) -> None:
        self.now_ms += narrowing.wait_ms(int(self.now_ms)) + self.dice.random()
        sent_ms = self.now_ms
        self.now_ms += self.dice.uniform(*self.travel_ms)
        said_s = (self.now_ms - self.offset_ms) // 1000
        self.now_ms += self.dice.uniform(*self.travel_ms)
        # As the thread hands them in: whole milliseconds that surely hold the moments.
        narrowing.take(int(said_s), int(sent_ms), int(self.now_ms) + 1)


def row(camera: SimulatedCamera, asks: int = ASKS) -> Offset:
    narrowing = Narrowing()
    for _ in range(asks):
        camera.answer(narrowing)
    assert narrowing.offset is not None
    return narrowing.offset


offsets = st.floats(-YEARS_MS, YEARS_MS) | st.floats(-2_000, 2_000)


@given(offsets, st.integers(0, 2_000), st.integers(0, 2_000), st.integers(0, 99))
def test_the_true_offset_is_within_the_told_error(
    offset_ms: float, least_ms: int, more_ms: int, seed: int
) -> None:
    found = row(SimulatedCamera(offset_ms, (least_ms, least_ms + more_ms), seed))
    low, high = found.ends
    assert low <= offset_ms <= high


@given(offsets, st.integers(0, 99))
def test_a_row_of_answers_tells_a_near_cameras_second_to_a_hundredth(
    offset_ms: float, seed: int
) -> None:
    assert row(SimulatedCamera(offset_ms, (1, 3), seed)).error_ms <= 10


def test_a_single_answer_tells_no_more_than_its_second() -> None:
    found = row(SimulatedCamera(192_410, (0, 0)), asks=1)
    assert 500 <= found.error_ms <= 501


@pytest.mark.parametrize("asks", range(2, ASKS + 1))
def test_each_answer_halves_the_doubt(asks: int) -> None:
    camera = SimulatedCamera(-192_410, (0, 0))
    assert row(camera, asks).error_ms <= 1000 / 2**asks + 3


def test_a_slow_camera_is_told_as_surely_as_it_answers() -> None:
    found = row(SimulatedCamera(250, (300, 300)))
    assert 290 <= found.error_ms <= 320


def test_a_clock_that_is_set_meanwhile_is_measured_anew() -> None:
    camera, narrowing = SimulatedCamera(5_000, (1, 2)), Narrowing()
    for _ in range(ASKS):
        camera.answer(narrowing)
    camera.offset_ms = -5_000
    camera.answer(narrowing)
    assert narrowing.offset is not None
    assert abs(narrowing.offset.offset_ms + 5_000) <= narrowing.offset.error_ms <= 503
    for _ in range(ASKS):
        camera.answer(narrowing)
    assert abs(narrowing.offset.offset_ms + 5_000) <= narrowing.offset.error_ms <= 10


@given(st.lists(st.tuples(st.integers(-(10**11), 10**11), st.integers(0, 10**6)), max_size=20))
def test_a_camera_that_says_anything_bounds_the_waits_and_breaks_nothing(
    said: list[tuple[int, int]],
) -> None:
    narrowing, now_ms = Narrowing(), AT_MS
    for said_s, travel_ms in said:
        assert 0 <= narrowing.wait_ms(now_ms) < 1000
        narrowing.take(said_s, now_ms, now_ms + travel_ms)
        assert narrowing.offset is not None
        assert narrowing.offset.error_ms >= 1
        now_ms += travel_ms


def test_nothing_is_known_before_an_answer_and_the_first_question_waits_for_nothing() -> None:
    assert (Narrowing().offset, Narrowing().wait_ms(AT_MS)) == (None, 0)


def test_the_first_is_told_then_a_change_by_more_than_its_error_and_one_a_day() -> None:
    news, first = OwnClockNews(), Offset(1_000, 20)
    told = [
        news.is_news(first, 0.0),
        news.is_news(Offset(1_020, 5), 3_600.0),
        news.is_news(Offset(1_021, 5), 7_200.0),
        news.is_news(Offset(1_021, 5), 7_200.0 + TOLD_EVERY_S - 1),
        news.is_news(Offset(1_021, 5), 7_200.0 + TOLD_EVERY_S),
        news.is_news(Offset(1_021, 5), 7_200.0 + TOLD_EVERY_S + 3_600),
    ]
    assert told == [True, False, True, False, True, False]
