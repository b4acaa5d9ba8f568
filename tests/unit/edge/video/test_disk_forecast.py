"""What is told of a disk that will not do: each new forecast once, and that it does again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.metrics import Metrics
from edge.video.disk_forecast import DiskForecast
from edge.video.footage import Kept
from edge.video.forecast import WATCHED_MS_MIN
from edge.video.retention import KeepRule, Space
from tests import samples
from tests.unit.edge.video.test_footage_desk import WALL_MS, House
from wire.events import Camera, CameraFact

RULE = KeepRule({}, 30)
GB = 10**9
A_DAY = 24 * GB


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    began = WALL_MS - WATCHED_MS_MIN
    kept = Kept("cam", began, WALL_MS, "5" * 64, A_DAY // 24, "a.mp4")
    opened.store.add(samples.EVENTS["event-segment"], None, kept)
    yield opened
    opened.store.close()


def told(house: House) -> list[tuple[int | None, bool]]:
    facts = [each for each in house.events() if isinstance(each, Camera)]
    return [(each.days_fit, each.is_over) for each in facts if each.fact is CameraFact.SHORT]


def holding(house: House, days: float) -> None:
    """The disk has room for so many days more than its reserve."""
    reserve = Space(0, 10_000 * GB).reserve
    house.space = Space(reserve + round(days * A_DAY), 10_000 * GB)


def test_a_disk_that_holds_all_days_tells_nothing(house: House) -> None:
    metrics = Metrics()
    holding(house, 40)
    DiskForecast(house.desk, house.store, metrics.footage_days).turn(RULE)
    assert told(house) == []
    assert metrics.footage_days._value.get() == 30


def test_each_new_forecast_is_told_once_and_so_is_the_end(house: House) -> None:
    forecast = DiskForecast(house.desk, house.store, Metrics().footage_days)
    for days in (12, 12, 11, 40, 40):
        holding(house, days)
        forecast.turn(RULE)
    assert told(house) == [(12, False), (11, False), (30, True)]
    (first, *_) = [each for each in house.events() if isinstance(each, Camera)]
    assert (first.device, first.days_asked) == (None, 30)


def test_what_is_kept_already_counts_as_room(house: House) -> None:
    more = Kept("cam", WALL_MS - 1, WALL_MS, "6" * 64, 0, "b.mp4")
    house.store.add(samples.EVENTS["event-segment"], None, replace(more, bytes=5 * A_DAY))
    assert house.store.kept_bytes() == 5 * A_DAY + A_DAY // 24
