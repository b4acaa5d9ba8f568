"""The demo's hand at the belt, on real simulated cameras: what it lays, and the day's fault."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from simulators import demo_cameras
from simulators.cameras.camera_options import parse_cameras
from simulators.cameras.faults import Fault
from simulators.cameras.orders import OrderError, Orders
from simulators.cameras.simulated_cameras import SimulatedCameras
from simulators.carrier.network_text import network_text
from simulators.carrier.pulls import Pull
from simulators.demo_cameras import (
    CAMERAS,
    FAULT_AFTER,
    FAULT_LASTS,
    BeltHand,
    camera_urls,
    onvif_urls,
)
from simulators.demo_day import CHANNELS, HUB, make_world
from simulators.demo_site import plan_edges

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HIGH, OTHER = "103000000001", "755000000002"


@dataclass
class Rig:
    """The demo's cameras, small, and the hand that tells them."""

    cameras: SimulatedCameras
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.cameras.control_port is not None
        self.hand = BeltHand(self.cameras.control_port, self)

    def tell(self, site: str, device: str, words: str) -> None:
        self.said.append(f"{site} {device} {words}")

    def orders(self, camera: str) -> Orders:
        return self.cameras._channels[camera].orders

    def laid(self) -> list[str]:
        return [each.waybill for each in self.orders("belt").conditions.laid]

    def pull(self, *codes: str, site: str = HUB, device: str = "dock-1") -> None:
        for code in codes:
            self.hand.see(Pull(NOON, site, "dock", device, code))


@pytest.fixture
def rig() -> Iterator[Rig]:
    texts = [f"{name}={each}".replace("1280x720", "640x360") for name, each in CAMERAS.items()]
    with SimulatedCameras(parse_cameras(texts), control=("127.0.0.1", 0)) as cameras:
        yield Rig(cameras)


def test_what_is_taken_in_or_sorted_at_the_hub_comes_by_one_after_the_other(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.pull("CX:BY:K", "CX:STEP:arrive", "CX:VEH:V1", HIGH, OTHER)
    for _ in range(3):
        rig.hand.look(NOON)
    assert rig.laid() == [HIGH]
    monkeypatch.setattr(demo_cameras, "APART_S", 0.0)
    rig.hand._free_at_s = 0.0
    rig.hand.look(NOON)
    assert rig.laid() == [HIGH, OTHER]
    assert rig.said == []


def test_what_goes_out_or_is_elsewhere_does_not_come_by(rig: Rig) -> None:
    rig.pull("CX:STEP:load", HIGH)
    rig.pull("CX:STEP:sort", OTHER, site="755A")
    rig.hand.look(NOON)
    assert rig.laid() == []


def test_a_parcel_that_would_be_seen_when_it_has_left_is_not_laid(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_cameras, "WAIT_S_MAX", -1.0)
    rig.pull("CX:STEP:sort", HIGH)
    rig.hand.look(NOON)
    assert rig.laid() == []


def test_once_a_day_a_camera_goes_black_for_a_while(rig: Rig) -> None:
    begins_at = NOON + FAULT_AFTER
    faults = []
    for at in (NOON, begins_at, begins_at + FAULT_LASTS, begins_at + timedelta(days=1)):
        rig.hand.look(at)
        faults.append(rig.orders("dock").fault)
    assert faults == [Fault.OK, Fault.BLACK, Fault.OK, Fault.BLACK]
    assert len(rig.said) == 3


def test_cameras_that_do_not_answer_are_told_of(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    hand = BeltHand(port, rig)
    hand.look(NOON)
    hand.look(NOON + FAULT_AFTER)
    assert "do not obey" in rig.said[0]


def test_network_edge_and_cameras_name_the_same_ones() -> None:
    world = make_world(3)
    (hub,) = (plan for plan in plan_edges(world) if plan.cameras)
    assert hub.site == HUB
    assert set(onvif_urls(1)) < set(CAMERAS)
    assert set(hub.cameras) == set(CAMERAS) == set(camera_urls(1)) == {c.camera for c in CHANNELS}
    assert f'name = "{HUB}特殊安全产品(高价值)快件监控通道"' in network_text(world)


def test_nothing_can_be_laid_into_a_cage(rig: Rig) -> None:
    with pytest.raises(OrderError, match="onto a belt only"):
        rig.cameras.order(f"* parcel {HIGH}")
    assert rig.laid() == []


def test_a_machine_without_the_libraries_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo_cameras.missing_libraries() is None
    monkeypatch.setattr(demo_cameras, "NEEDED", "import no_such_library")
    assert "no_such_library" in str(demo_cameras.missing_libraries())
