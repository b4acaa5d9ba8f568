"""Times of pictures as an event line has them."""

import pytest

from edge.video.footage import Covered
from edge.video.moments import Moments

BOOT, OTHER = "ab" * 16, "cd" * 16
NOW = Moments(wall_ms=1_000_000, mono_ms=50_000, boot=BOOT, picture_s=20.0)


def test_a_moment_ago_is_as_long_ago_on_every_clock() -> None:
    assert NOW.at(18.5) == Covered(998_500, 48_500, BOOT)
    assert NOW.span_ms(1.5) == 1_500


def test_under_a_test_clock_pictures_take_longer() -> None:
    fast = Moments(1_000_000, 500_000, BOOT, 20.0, rate=60)
    assert fast.at(18.5) == Covered(910_000, 410_000, BOOT)
    assert fast.picture_time(Covered(910_000, 410_000, BOOT)) == 18.5


@pytest.mark.parametrize("wall_ms", [0, 998_000, 5_000_000])
def test_in_one_run_of_the_machine_a_wall_clock_that_was_set_changes_nothing(wall_ms: int) -> None:
    assert NOW.picture_time(Covered(wall_ms, 48_000, BOOT)) == 18.0


def test_after_a_start_of_the_machine_wall_time_tells_and_never_a_moment_after_now() -> None:
    assert NOW.picture_time(Covered(990_000, 49_999, OTHER)) == 10.0
    assert NOW.picture_time(Covered(2_000_000, 1, OTHER)) == 20.0
