"""A waybill read in two frames is told once for each passage. Design sections 6 and 8."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from edge.video.sightings import PASSAGES_MAX, Passages, Sighting

APART_S = 30.0
A, B = "755000000001", "755000000002"


def told(frames: Sequence[tuple[float, set[str]]]) -> list[Sighting]:
    passages = Passages()
    return [each for at_s, seen in frames for each in passages.read(seen, at_s, APART_S)]


def test_one_frame_says_nothing() -> None:
    assert told([(0, {A}), (1, set()), (2, {B})]) == []


def test_the_second_frame_tells_and_those_after_it_tell_nothing_more() -> None:
    frames = [(0.0, {A}), (0.1, set()), (0.2, {A, B}), (0.3, {A, B}), (25.0, {A}), (50.0, {A})]
    assert told(frames) == [Sighting(A, 0.0, 0.2), Sighting(B, 0.2, 0.3)]


def test_out_of_view_for_the_policys_time_it_passes_anew_and_needs_two_frames_again() -> None:
    frames = [(0.0, {A}), (0.1, {A}), (30.1, {A}), (30.2, {A})]
    assert told(frames) == [Sighting(A, 0.0, 0.1), Sighting(A, 30.1, 30.2)]


def test_two_misreads_of_one_code_that_lie_far_apart_are_no_passage() -> None:
    assert told([(0, {A}), (31, {A}), (62, {A})]) == []


def test_beyond_the_bound_what_was_read_longest_ago_is_forgotten() -> None:
    others = {f"{number:012}" for number in range(PASSAGES_MAX)}
    frames = [(0.0, {A}), (1.0, {A, B}), (2.0, others), (3.0, {A, B})]
    assert told(frames) == [Sighting(A, 0.0, 1.0)]


def test_at_the_bound_nothing_is_forgotten() -> None:
    others = {f"{number:012}" for number in range(PASSAGES_MAX - 1)}
    assert told([(0.0, {A}), (1.0, others), (2.0, {A})]) == [Sighting(A, 0.0, 2.0)]


looks = st.lists(
    st.tuples(st.floats(0.01, 40), st.sets(st.sampled_from([A, B]))), min_size=1, max_size=30
)


@given(looks)
def test_each_passage_is_told_once_by_the_readings_it_is_made_of(
    steps: list[tuple[float, set[str]]],
) -> None:
    at_s, frames = 0.0, []
    for step_s, seen in steps:
        at_s += step_s
        frames.append((at_s, seen))
    expected = []
    for waybill in (A, B):
        passage: list[float] = []
        for read_s in (at for at, seen in frames if waybill in seen):
            passage = [*passage, read_s] if passage and read_s - passage[-1] < APART_S else [read_s]
            if len(passage) == 2:
                expected.append(Sighting(waybill, *passage))
    assert sorted(told(frames), key=str) == sorted(expected, key=str)
