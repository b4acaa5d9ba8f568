"""A camera's day on its ruler, read from the index: no gap ends before it was over."""

from datetime import timedelta

import pytest

from hub.access.rules import Caller, Role
from hub.console.cameras.day import day_of, window_of
from hub.console.cameras.desk import CameraDesk
from hub.console.cameras.views import Bar, BarKind
from hub.console.wording import ZONE
from hub.network import Network
from hub.video.store import footage
from hub.video.store.footage import FoundGap
from tests.footage_index_parts import DOCK, NETWORK, SITE
from tests.hub_parts import START, HubHome
from tests.postgres_parts import on_both_databases

DAY = day_of(START, ZONE)
MINUTE = timedelta(minutes=1)
MINUTES = 24 * 60


@pytest.fixture
def network() -> Network:
    return NETWORK


def gaps_of_the_day(hub: HubHome) -> tuple[Bar, ...]:
    """Let a camera be away all day, which its edge tells of each minute, and read its ruler."""
    begins, _ = window_of(DAY, ZONE)
    told = [
        FoundGap(SITE, DOCK, begins + nth * MINUTE, begins + (nth + 1) * MINUTE, "camera_lost")
        for nth in range(MINUTES)
    ]
    with hub.database.writing() as tx:
        footage.add_gaps(tx, told)
    who = Caller("li", Role.MONITOR, None)
    day = CameraDesk(hub.web()).day(SITE, DOCK, DAY, who)
    assert day is not None
    return day.bars


@on_both_databases
def test_a_camera_that_is_away_all_day_has_a_gap_from_midnight_to_midnight(hub: HubHome) -> None:
    (bar,) = gaps_of_the_day(hub)
    assert (bar.kind, bar.reason) == (BarKind.GAP, "camera_lost")
    assert (bar.start, bar.end) == (0, 1)


@pytest.mark.parametrize("bound", [MINUTES, MINUTES - 1])
def test_a_day_is_read_up_to_as_many_gaps_as_files(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr(footage, "SPANS_MAX", bound)
    (bar,) = gaps_of_the_day(hub)
    assert bar.until - bar.since == bound * MINUTE
