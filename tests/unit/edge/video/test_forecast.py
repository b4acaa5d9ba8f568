"""For how many days a disk will hold footage. Source: design section 8."""

import pytest

from edge.video.footage import Recorded
from edge.video.forecast import WATCHED_MS_MIN, Forecast, foresee
from edge.video.retention import DAY_MS, KeepRule

NOW = 2_000 * DAY_MS
GB = 10**9
RULE = KeepRule({"cage": 90}, 30)


def a_day_of(gigabytes: float) -> Recorded:
    return Recorded(round(gigabytes * GB), NOW - DAY_MS)


@pytest.mark.parametrize(
    ("room_gb", "days_fit"), [(1200, 30), (1199, 29), (600, 15), (39, 0), (0, 0)]
)
def test_one_camera_fits_as_many_days_as_its_room_holds(room_gb: int, days_fit: int) -> None:
    found = foresee({"dock": a_day_of(40)}, RULE, room_gb * GB, NOW)
    assert found == Forecast(days_fit, 30)
    assert found.is_short == (days_fit < 30)


def test_after_its_days_a_camera_leaves_its_room_to_those_that_keep_longer() -> None:
    both = {"dock": a_day_of(40), "cage": a_day_of(10)}
    enough = 30 * 40 + 90 * 10
    assert foresee(both, RULE, enough * GB, NOW) == Forecast(90, 90)
    assert foresee(both, RULE, (enough - 100) * GB, NOW) == Forecast(80, 90)
    assert foresee(both, RULE, 25 * 50 * GB, NOW) == Forecast(25, 90)


def test_the_rate_is_by_the_time_that_was_recorded() -> None:
    half_a_day = Recorded(20 * GB, NOW - DAY_MS // 2)
    assert foresee({"dock": half_a_day}, RULE, 600 * GB, NOW) == Forecast(15, 30)


def test_too_short_a_time_tells_nothing() -> None:
    for recorded in ({}, {"dock": Recorded(GB, NOW - WATCHED_MS_MIN + 1)}):
        assert foresee(recorded, RULE, 10**12, NOW) is None
    assert foresee({"dock": Recorded(GB, NOW - WATCHED_MS_MIN)}, RULE, 10**12, NOW) is not None
