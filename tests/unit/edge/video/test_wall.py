"""Stills for the wall of pictures: now and then, small, and only the newest. Source: console.md."""

from fractions import Fraction

import cv2
import numpy as np
from av.video.frame import VideoFrame

from edge.video.wall import WIDTH_PX_MAX, WallStills


def frame(width: int = 1280, height: int = 720, level: int = 0) -> VideoFrame:
    picture = np.full((height, width, 3), level, np.uint8)
    made = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    made.time_base = Fraction(1, 25)
    return made


def test_nothing_is_taken_before_somebody_says_how_often() -> None:
    wall = WallStills()
    wall.offer("cam", frame(), 10.0, 1)
    assert wall.take() is None


def test_a_still_is_taken_when_it_is_due_and_is_not_wider_than_allowed() -> None:
    wall = WallStills()
    wall.every_s = 60.0
    for now_s, at_ms in ((10.0, 1), (69.9, 2), (70.0, 3)):
        wall.offer("cam", frame(), now_s, at_ms)
        still = wall.take()
        assert (still is not None) is (at_ms != 2)
        if still is not None:
            assert (still.camera, still.at_ms) == ("cam", at_ms)
            shown = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert shown is not None
            assert shown.shape == (360, WIDTH_PX_MAX, 3)
    assert wall.take() is None


def test_one_that_was_not_sent_gives_way_to_a_newer_one_and_the_longest_waiting_goes_first() -> (
    None
):
    wall = WallStills()
    wall.every_s = 1.0
    wall.offer("one", frame(320, 180), 0.0, 1)
    wall.offer("two", frame(320, 180), 0.5, 2)
    wall.offer("one", frame(320, 180), 1.0, 3)
    taken = [wall.take(), wall.take(), wall.take()]
    assert [(each.camera, each.at_ms) if each else None for each in taken] == [
        ("two", 2),
        ("one", 3),
        None,
    ]
