"""A burnt-in clock that stops tells of a frozen picture, whatever the coding makes of it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.pictures import Grey
from edge.video.watch_ticking import LEARNED_LOOKS, Ticking
from tests.unit.edge.video.coded import key_frames
from tests.unit.edge.video.drawn_room import Room
from tests.unit.edge.video.watching import moment, told_of
from wire.events import CameraFact

LOOK_S = 3
Draw = Callable[[float], Grey]


def with_clock(picture: Grey, at_s: float) -> Grey:
    """The same with ``HH:MM:SS`` in its corner, as cameras write it."""
    shown = picture.copy()
    text = f"{int(at_s) // 3600:02d}:{int(at_s) // 60 % 60:02d}:{int(at_s) % 60:02d}"
    cv2.rectangle(shown, (4, 2), (78, 16), 20, -1)
    cv2.putText(shown, text, (6, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 235, 1)
    return shown


def plain(_at_s: float) -> Grey:
    return np.full((180, 320), 90, np.uint8)


def frozen_since(draw: Draw, looks: Iterable[float]) -> list[datetime | None]:
    ticking = Ticking()
    return [ticking.step(draw(at_s), moment(at_s)) for at_s in looks]


@settings(max_examples=30, deadline=None)
@given(
    every=st.sampled_from([1, 2, 2.5, 3, 4, 5]), levels=st.integers(0, 9), seed=st.integers(0, 99)
)
def test_a_clock_that_stops_is_told_in_fifteen_seconds_however_the_picture_is_coded(
    every: float, levels: int, seed: int
) -> None:
    dice, stop_s = np.random.default_rng(seed), 30 * every

    def draw(at_s: float) -> Grey:
        # What coding leaves of a picture is another each time.
        picture = with_clock(plain(at_s), min(at_s, stop_s)).astype(np.int_)
        return np.clip(picture + dice.integers(-levels, levels + 1, picture.shape), 0, 255).astype(
            np.uint8
        )

    found = frozen_since(draw, [number * every for number in range(40)])
    first = next(number for number, since in enumerate(found) if since is not None)
    assert stop_s < first * every <= stop_s + 15
    assert found[first] == moment(stop_s)


def test_a_clock_that_goes_on_again_ends_it() -> None:
    draw: Draw = lambda at_s: with_clock(plain(at_s), at_s if not 90 < at_s < 120 else 90)  # noqa: E731
    found = frozen_since(draw, range(0, 180, LOOK_S))
    told = [number * LOOK_S for number, since in enumerate(found) if since is not None]
    assert told == list(range(96, 120, LOOK_S))


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(plain, id="no clock"),
        pytest.param(lambda s: with_clock(plain(s), s // 60 * 60), id="a clock of minutes"),
        pytest.param(lambda s: with_belt(plain(s), min(s, 120)), id="a belt that stops"),
        pytest.param(lambda s: with_fan(plain(s), min(s, 120)), id="a fan in the middle"),
    ],
)
def test_what_stops_and_is_no_clock_is_no_frozen_picture(draw: Draw) -> None:
    assert not any(frozen_since(draw, range(0, 300, LOOK_S)))


def test_a_clock_that_is_switched_off_while_somebody_walks_is_none() -> None:
    def draw(at_s: float) -> Grey:
        picture = plain(at_s)
        picture[60:120, int(at_s) % 300 : int(at_s) % 300 + 20] = 200
        return with_clock(picture, at_s) if at_s < 100 else picture

    assert not any(frozen_since(draw, range(0, 200, LOOK_S)))
    assert LEARNED_LOOKS * LOOK_S < 100


def with_belt(picture: Grey, at_s: float) -> Grey:
    shown = picture.copy()
    shown[2:50] = np.random.default_rng(int(at_s)).integers(0, 255, (48, 320))
    return shown


def with_fan(picture: Grey, at_s: float) -> Grey:
    shown = picture.copy()
    wing = np.array([np.cos(at_s * 1.3), np.sin(at_s * 1.3)]) * 14
    ends = [tuple(int(each) for each in (160 + s * wing[0], 90 + s * wing[1])) for s in (-1, 1)]
    cv2.line(shown, ends[0], ends[1], 230, 3)
    return shown


def test_a_freeze_that_coding_hides_is_told_in_time_where_there_is_a_clock() -> None:
    # A low rate and a slow coder: the picture that comes again is coded another way for long.
    room, fps, stop_s = Room(3, hours=0.1), 2, 60

    def pictures() -> Iterator[Grey]:
        for tick in range(100 * fps):
            now_s = min(tick / fps, stop_s)
            yield with_clock(cv2.resize(room.picture(now_s), (320, 180)), now_s)

    frames = key_frames(pictures(), fps=fps, key_s=2, bit_rate=150_000)
    told = told_of((frame.at_s, frame.picture) for frame in frames)
    (found,) = [each for each in told if each.kind == CameraFact.FROZEN]
    assert stop_s < found.at_s <= stop_s + 15


def test_what_never_rested_and_comes_to_rest_is_looked_at_closely_for_a_while() -> None:
    ticking, closely = Ticking(), []
    for at_s in range(0, 120, LOOK_S):
        ticking.step(with_belt(plain(at_s), min(at_s, 60)), moment(at_s))
        closely.append(ticking.is_suspicious(moment(at_s)))
    begins, ends = closely.index(True), len(closely) - closely[::-1].index(True)
    assert (begins * LOOK_S, (ends - 1) * LOOK_S) == (63, 90)
    assert all(closely[begins:ends])


def test_a_room_in_which_little_happens_is_not_looked_at_closely() -> None:
    ticking = Ticking()
    for at_s in range(0, 300, LOOK_S):
        # Somebody walks through now and then.
        ticking.step(with_belt(plain(at_s), at_s if at_s % 30 < 9 else 0), moment(at_s))
        assert not ticking.is_suspicious(moment(at_s))
