"""The clock that a camera writes into its picture: the hub shows it, and times nothing by it."""

import httpx
import pytest

from hub.network import Network
from hub.video.certificates import CertificateDuty
from hub.video.service import CertificateState, certificates_of, list_cameras
from tests import samples
from tests.footage_index_parts import DOCK, NETWORK, SITE, at, camera, gap, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API
from wire.events import Camera, CameraFact
from wire.names import Result, Step, format_at

pytestmark = pytest.mark.anyio

HV = "103000000001"


@pytest.fixture
def network() -> Network:
    return NETWORK


def own_clock(second: float, offset_ms: int, error_ms: int = 9) -> Camera:
    fields = {"offset_ms": offset_ms, "error_ms": error_ms, "reason": "onvif"}
    return camera(CameraFact.OWN_CLOCK, second, **fields)


@on_both_databases
async def test_it_is_told_in_numbers_and_words_with_its_error_source_and_time(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    shown = camera(CameraFact.CLOCK, 12, offset_ms=-180, error_ms=40, reason="shown")
    tell(hub, edge, shown, own_clock(13, -192_410))
    cage, dock = (await admin.get(f"{API}/cameras")).json()["items"]
    assert (cage["own_clock"], cage["is_own_clock_wrong"]) == (None, False)
    assert dock["own_clock"] == {
        "offset_ms": -192_410,
        "error_ms": 14,  # with the 5 ms of the edge's own clock
        "measured_at": format_at(at(13)),
        "measured_by": "onvif",
        "text_zh": "画面上的时间快 192.41 秒（±0.02 秒）",
        "text_en": "The time written in the picture is 192.41 s ahead (± 0.02 s)",
    }
    assert dock["is_own_clock_wrong"]
    assert (dock["clock"]["offset_ms"], dock["clock"]["measured_by"]) == (-180, "shown")


async def test_a_newer_measurement_counts_and_an_older_one_that_comes_late_does_not(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    async def known() -> tuple[int, bool]:
        _, dock = (await admin.get(f"{API}/cameras")).json()["items"]
        return dock["own_clock"]["offset_ms"], dock["is_own_clock_wrong"]

    tell(hub, edge, own_clock(10, 70_000))
    assert await known() == (70_000, True)
    tell(hub, edge, own_clock(20, -2_000))
    assert await known() == (-2_000, False)
    tell(hub, edge, own_clock(15, 70_000))
    assert await known() == (-2_000, False)


async def test_however_wrong_it_is_it_is_no_alert_and_however_often_told_one_note(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    tell(hub, edge, *(own_clock(second, 1_000 * second) for second in range(3, 30)))
    assert hub.count("alert") == 0
    assert hub.count("camera_trouble") == 0
    assert hub.count("camera") == 1
    with hub.database.reading() as tx:
        _, dock = list_cameras(tx, NETWORK, samples.POLICY)
    assert dock.is_own_clock_wrong
    assert dock.troubles == ()


@pytest.mark.parametrize("own", [(), (own_clock(1, -60_000),), (own_clock(1, 9_000),)])
def test_no_certificate_is_moved_by_it(
    hub: HubHome, edge: SigningEdge, own: tuple[Camera, ...]
) -> None:
    """The gap lies just before what a scan at 25 s asks for, the footage just around it."""
    scan = edge.scan(HV, at=format_at(at(25)), result=Result.HV, step=Step.ARRIVE, place="dock1")
    tell(hub, edge, *own, scan, gap(14, 14), segment(36, 22))
    hub.clock.move(600)
    with hub.database.writing() as tx:
        CertificateDuty(NETWORK).run(tx, hub.clock.now())
        (found,) = certificates_of(tx, HV)
    assert found.state is CertificateState.PRESENT
    assert found.cameras[0].coverage.segments == (f"{36_000:064x}",)


async def test_no_playback_is_moved_by_it_but_says_it(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    tell(hub, edge, segment(10), segment(20), own_clock(1, -60_000))
    order = {"site": SITE, "camera": DOCK, "purpose": "police"}
    order |= {"from": format_at(at(11)), "to": format_at(at(19))}
    found = (await admin.post(f"{API}/playbacks", json=order)).json()
    assert [each["to"] for each in found["segments"]] == [format_at(at(20))]
    assert found["clock"] is None
    assert found["own_clock"]["text_en"].endswith("is 60.00 s ahead (± 0.02 s)")
    again = (await admin.get(f"{API}/playbacks/{found['id']}")).json()
    assert again["own_clock"] == found["own_clock"]
