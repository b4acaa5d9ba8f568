"""A camera's clock, measured by a code that the edge shows it. Design section 8."""

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from devices.pictures import Grey
from edge.clock_page import PREFIX as SHOWN_PREFIX
from edge.metrics import Metrics
from edge.video.clock_reader import ClockReader
from edge.video.shown_clock import (
    FAR_MS_MAX,
    PREFIX,
    RENEWED_MS,
    SCREEN_MS,
    TOLD_EVERY_S,
    Moment,
    Offset,
    ShownClock,
    measure,
    shown_ms,
)

AT_MS = 1_767_225_600_000
HALF_MS = (RENEWED_MS + SCREEN_MS) // 2


def test_page_and_reader_speak_of_the_same_code() -> None:
    assert SHOWN_PREFIX == PREFIX


def test_what_is_no_clock_code_is_passed_over() -> None:
    codes = [b"CX:CLOCK:17", b"CX:CLOCK:17", b"CX:CLOCK:", b"CX:CLOCK:-1", b"XCX:CLOCK:1", b"\xff"]
    assert shown_ms([*codes, b"CX:CLOCK:1" + b"0" * 15, b"CX:CLOCK:1 "]) == (17,)


@given(
    late_ms=st.integers(0, 5_000),
    on_screen_ms=st.integers(0, RENEWED_MS + SCREEN_MS),
    early_ms=st.integers(0, 500),
)
def test_the_true_offset_is_within_the_error(
    late_ms: int, on_screen_ms: int, early_ms: int
) -> None:
    """A picture that was taken when the code had been made ``on_screen_ms`` ago came late."""
    taken_ms = AT_MS + on_screen_ms
    picture = Moment(taken_ms + late_ms, early_ms)
    measured = measure(AT_MS, picture)
    assert measured is not None
    low, high = measured.ends
    assert low <= taken_ms - picture.at_ms <= high


@pytest.mark.parametrize(
    ("said_ms", "is_believed"),
    [
        (AT_MS - FAR_MS_MAX, True),
        (AT_MS - FAR_MS_MAX - 1, False),
        (AT_MS + 50, True),
        (AT_MS + 51, False),  # of a time after the picture had come
        (AT_MS + 10**9, False),
    ],
)
def test_a_code_of_another_time_is_not_believed(said_ms: int, is_believed: bool) -> None:
    assert (measure(said_ms, Moment(AT_MS, 50)) is not None) is is_believed


def test_under_a_test_clock_all_is_as_much_longer() -> None:
    assert measure(AT_MS - 6_000, Moment(AT_MS, 600, 60.0)) == Offset(
        -6_000 + 60 * HALF_MS, 60 * HALF_MS + 600
    )


def test_several_pictures_narrow_it_and_one_that_excludes_them_begins_anew() -> None:
    clock = ShownClock()
    clock.take(Offset(-200, 100), 0)
    clock.take(Offset(-120, 100), 0)
    assert clock.tell(0) == Offset(-160, 60)
    clock.take(Offset(500, 100), 1)
    assert clock.tell(1) == Offset(500, 100)


def test_what_was_known_wears_out() -> None:
    clock = ShownClock()
    clock.take(Offset(-200, 10), 0)
    clock.take(Offset(-200, 500), 1_000)
    assert clock.tell(1_000) == Offset(-200, 210)


def test_it_is_told_once_a_minute_unless_it_changed_by_more_than_its_error() -> None:
    clock = ShownClock()
    assert clock.tell(0) is None
    clock.take(Offset(-200, 100), 0)
    assert clock.tell(0) == Offset(-200, 100)
    clock.take(Offset(-150, 80), 1)
    assert clock.tell(1) is None
    assert clock.tell(TOLD_EVERY_S - 1) is None
    assert clock.tell(TOLD_EVERY_S) is not None
    assert clock.tell(3 * TOLD_EVERY_S) is None  # nothing new
    clock.take(Offset(-900, 80), 3 * TOLD_EVERY_S + 1)
    assert clock.tell(3 * TOLD_EVERY_S + 1) == Offset(-900, 80)


def screen(*said_ms: int) -> Grey:
    """A picture in which codes are held before a camera, slightly turned and out of focus."""
    picture = np.full((720, 1280), 90, np.uint8)
    for place, each in enumerate(said_ms):
        code = zxingcpp.create_barcode(f"{PREFIX}{each}", zxingcpp.BarcodeFormat.QRCode)
        drawn = np.asarray(code.to_image(scale=9))
        side = drawn.shape[0]
        picture[200 : 200 + side, 100 + 500 * place : 100 + 500 * place + side] = drawn
    turn = cv2.getRotationMatrix2D((640, 360), 7, 1.0)
    turned = cv2.warpAffine(picture, turn, (1280, 720), borderValue=(90.0,))
    return np.asarray(cv2.GaussianBlur(turned, (0, 0), 1.5), np.uint8)


class Reading:
    def __init__(self) -> None:
        self.metrics = Metrics()
        self.reader = ClockReader("cam", self.metrics)

    def look(self, *said_ms: int) -> Offset | None:
        return self.reader.look(screen(*said_ms), Moment(AT_MS, 40), 5.0)

    def doubted(self) -> float:
        return float(self.metrics.clock_codes_doubted.labels("cam")._value.get())


def test_a_code_in_a_picture_measures_the_cameras_clock() -> None:
    reading = Reading()
    assert reading.look() is None
    assert reading.look(AT_MS - 400) == Offset(HALF_MS - 400, HALF_MS + 40)
    assert reading.doubted() == 0


@pytest.mark.parametrize("said_ms", [(AT_MS - 10**7,), (AT_MS - 400, AT_MS - 900), (0,)])
def test_a_code_that_poses_as_one_changes_nothing_and_is_counted(said_ms: tuple[int, ...]) -> None:
    reading = Reading()
    assert reading.look(*said_ms) is None
    assert reading.doubted() == len(said_ms)
    assert reading.look(AT_MS - 400) == Offset(HALF_MS - 400, HALF_MS + 40)
