"""The clock that a camera writes into its picture, in words and against the policy."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.video.rules.own_clock import OwnClock, own_clock_of
from tests.footage_index_parts import camera
from wire.events import CameraFact, ClockReading
from wire.limits import INT_MAX

AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
DAY_MS = 86_400_000


def clock(offset_ms: int, error_ms: int | None) -> OwnClock:
    return OwnClock(offset_ms, error_ms, AT, "onvif")


@pytest.mark.parametrize(
    ("offset_ms", "error_ms", "chinese", "english"),
    [
        (-192_410, 120, "快 192.4 秒（±0.2 秒）", "is 192.4 s ahead (± 0.2 s)"),
        (-192_410, 9, "快 192.41 秒（±0.02 秒）", "is 192.41 s ahead (± 0.02 s)"),
        (61_000, 94, "慢 61.00 秒（±0.10 秒）", "is 61.00 s behind (± 0.10 s)"),
        (61_000, 95, "慢 61.00 秒（±0.10 秒）", "is 61.00 s behind (± 0.10 s)"),
        (61_000, 96, "慢 61.00 秒（±0.11 秒）", "is 61.00 s behind (± 0.11 s)"),
        (9, 9, "准确（±0.02 秒）", "is right (± 0.02 s)"),
        (10, 9, "慢 0.01 秒（±0.02 秒）", "is 0.01 s behind (± 0.02 s)"),
        (-2_500, None, "快 2.5 秒（误差不明）", "is 2.5 s ahead (error unknown)"),
        (0, None, "准确（误差不明）", "is right (error unknown)"),
        (-8 * 3_600_000, 9, "快 8.0 小时（±0.02 秒）", "is 8.0 h ahead (± 0.02 s)"),
        (9_000 * DAY_MS, 500, "慢 9000.0 天（±0.6 秒）", "is 9000.0 d behind (± 0.6 s)"),
        (0, 5_000, "准确（±5.0 秒）", "is right (± 5.0 s)"),
        (-5_000, 5_000, "准确（±10.0 秒）", "is right (± 10.0 s)"),
    ],
)
def test_it_is_said_in_one_sentence_with_number_unit_and_error(
    offset_ms: int, error_ms: int | None, chinese: str, english: str
) -> None:
    said = clock(offset_ms, error_ms).said
    assert said == (f"画面上的时间{chinese}", f"The time written in the picture {english}")


@given(st.integers(-3_000, 3_000), st.integers(1, 3_000))
def test_the_written_number_is_wrong_by_no_more_than_the_written_error(
    offset_ms: int, error_ms: int
) -> None:
    words = clock(offset_ms, error_ms).said[1].split()
    error_s = float(words[words.index("(±") + 1])
    number_s = 0.0 if "right" in words else float(words[words.index("is") + 1])
    number_s *= 1 if "behind" in words else -1
    for true_ms in (offset_ms - error_ms, offset_ms + error_ms):
        assert abs(true_ms / 1000 - number_s) <= error_s + 1e-9


@pytest.mark.parametrize(
    ("offset_ms", "error_ms", "is_off"),
    [
        (2_000, 0, False),
        (2_001, 0, True),
        (-2_001, 0, True),
        (2_100, 100, False),
        (-2_101, 100, True),
        (2_001, None, True),
    ],
)
def test_off_by_more_is_what_no_error_explains(
    offset_ms: int, error_ms: int | None, is_off: bool
) -> None:
    assert clock(offset_ms, error_ms).is_off_by_more(2) is is_off


def told(reading: ClockReading, **fields: object) -> OwnClock | None:
    event = camera(CameraFact.OWN_CLOCK, 1, **{"reason": "onvif", "clock": reading, **fields})
    return own_clock_of(event, AT)


def test_it_is_put_right_by_the_edges_clock_whose_error_it_takes_over() -> None:
    """The edge is 3 s behind the hub: a camera that is right is ahead of it."""
    found = told(ClockReading(offset_ms=3_000, error_ms=15), offset_ms=-3_000, error_ms=9)
    assert found == OwnClock(0, 24, AT, "onvif")


def test_without_the_edges_clock_its_error_is_unknown() -> None:
    assert told(ClockReading(), offset_ms=-3_000, error_ms=9) == OwnClock(-3_000, None, AT, "onvif")


def test_a_fact_without_an_offset_tells_nothing() -> None:
    assert told(ClockReading(), error_ms=9) is None
    assert told(ClockReading(), offset_ms=9) is None


def test_the_largest_numbers_of_the_wire_are_taken_and_said() -> None:
    reading = ClockReading(offset_ms=INT_MAX, error_ms=INT_MAX)
    found = told(reading, offset_ms=INT_MAX, error_ms=INT_MAX)
    assert found is not None
    assert found.said[1].startswith("The time written in the picture is right")
    found = told(ClockReading(offset_ms=INT_MAX), offset_ms=INT_MAX, error_ms=1)
    assert found is not None
    assert found.said[1].endswith(" d behind (error unknown)")
