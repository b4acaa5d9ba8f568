"""The camera watch behind a real H.264 encoder: what coding does to each fault."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from devices.pictures import Grey
from edge.video.watch import Fault
from edge.video.watch_still import Stillness
from hub.video.rules.troubles import doubt_of
from tests.unit.edge.video.coded import key_frames
from tests.unit.edge.video.drawn_room import Room
from tests.unit.edge.video.watching import moment, told_of
from wire.events import CameraFact

FPS, KEY_S = 2, 2
ACTS = (
    (34, "well"),
    (8, "black"),
    (12, "well"),
    (26, "covered"),
    (14, "well"),
    (16, "frozen"),
    (14, "well"),
    (26, "moved"),
    (14, "well"),
    (26, "defocused"),
    (14, "well"),
)
"""Seconds, and what the camera suffers from in them."""
BOUND_S = {"black": 5, "covered": 30, "frozen": 15, "moved": 30, "defocused": 30}


def play(room: Room) -> Iterator[Grey]:
    at_s = 0.0
    for takes_s, act in ACTS:
        for tick in range(takes_s * FPS):
            now_s = at_s + tick / FPS
            picture = {
                "well": lambda now_s=now_s: room.picture(now_s),
                "black": lambda now_s=now_s: room.black(now_s),
                "covered": lambda now_s=now_s: room.covered(now_s),
                "frozen": lambda at_s=at_s: room.picture(at_s),
                "moved": lambda now_s=now_s: room.picture(now_s, shift=(20, 4)),
                "defocused": lambda now_s=now_s: room.picture(now_s, blur=3),
            }[act]()
            yield cv2.resize(picture, (640, 360))
        at_s += takes_s


def test_each_fault_is_told_in_time_through_a_real_encoder() -> None:
    frames = key_frames(play(Room(3, hours=0.1)), fps=FPS, key_s=KEY_S, bit_rate=400_000)
    told = told_of((frame.at_s, frame.picture) for frame in frames)
    faults, at_s = [], 0.0
    for takes_s, act in ACTS:
        if act != "well":
            faults.append((Fault(act), at_s, at_s + takes_s))
        at_s += takes_s
    assert [(finding.kind, finding.is_over) for finding in told] == [
        (kind, is_over) for kind, _, _ in faults for is_over in (False, True)
    ]
    for (kind, begins_s, ends_s), found, over in zip(faults, told[::2], told[1::2], strict=True):
        assert begins_s < found.at_s <= begins_s + BOUND_S[kind]
        # By what the hub makes of it no black, covered or frozen picture counts as shown.
        doubt = doubt_of(CameraFact(kind), is_since_told=True)
        assert found.began_s - doubt.total_seconds() <= begins_s
        assert ends_s <= over.at_s <= ends_s + 14


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_a_still_room_is_not_frozen_however_little_its_sensor_adds(noise: float) -> None:
    # A store at night: nothing moves, the camera's noise reduction leaves little, the rate is low.
    dice, view = np.random.default_rng(7), cv2.resize(Room(3).picture(0), (640, 360))

    def pictures() -> Iterator[Grey]:
        for _ in range(24 * FPS):
            yield np.clip(view + dice.normal(0.5, noise, view.shape), 0, 255).astype(np.uint8)

    still = Stillness()
    for frame in key_frames(pictures(), fps=FPS, key_s=1, bit_rate=200_000):
        small = cv2.resize(frame.picture, (320, 180), interpolation=cv2.INTER_AREA)
        assert still.step(small, moment(frame.at_s)) is None
