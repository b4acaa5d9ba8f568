"""Cameras, footage, certificates and holds over REST (interface, HV-2.11.3)."""

from http import HTTPStatus

import httpx
import pytest

from hub.network import Network
from hub.video.api import CLIP_LONGEST
from hub.video.service import CertificateDuty
from tests.footage_index_parts import CAGE, DOCK, NETWORK, SITE, at, camera, gap, segment, tell
from tests.hub_parts import HubHome, SigningEdge
from tests.rest_parts import problem
from wire.events import CameraFact
from wire.names import Result, Step, format_at

pytestmark = pytest.mark.anyio

HV = "103000000001"
HOLD = {
    "site": SITE,
    "camera": DOCK,
    "since": format_at(at(0)),
    "until": format_at(at(60)),
    "reason": "insurer asks",
}


@pytest.fixture
def network() -> Network:
    return NETWORK


async def test_cameras_are_told_with_channel_health_and_clock(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    clock = camera(CameraFact.CLOCK, 12, offset_ms=-180, error_ms=40, reason="shown")
    dark = camera(CameraFact.BLACK, 20, since=format_at(at(16)), picture="ab" * 32)
    tell(hub, edge, segment(10), clock, dark)
    cage, dock = (await admin.get("/api/v1/cameras")).json()["items"]
    assert (cage["camera"], cage["edge"], cage["footage_days"]) == (CAGE, None, 90)
    assert (dock["edge"], dock["places"], dock["footage_days"]) == ("dock", ["dock1"], 30)
    assert dock["last_footage_at"] == format_at(at(10))
    assert dock["clock"]["offset_ms"] == -180
    assert [each["fact"] for each in dock["troubles"]] == ["black"]


async def test_footage_of_a_time_is_told_with_its_gaps_and_what_is_unknown(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    dark = camera(CameraFact.BLACK, 8, since=format_at(at(6)))
    tell(hub, edge, segment(10), dark, gap(15, 5))
    times = {"from": format_at(at(5)), "to": format_at(at(30))}
    for asked in ({"camera": f"{SITE}/{DOCK}"}, {"camera": DOCK, "site": SITE}):
        found = (await admin.get("/api/v1/clips", params={**asked, **times})).json()
        assert found["state"] == "gap"
        assert [each["until"] for each in found["items"]] == [format_at(at(10))]
        assert [each["reason"] for each in found["gaps"]] == ["camera_lost"]
        assert [each["fact"] for each in found["troubles"]] == ["black"]
        assert found["unknown"] == [{"since": format_at(at(15)), "until": format_at(at(30))}]


@pytest.mark.parametrize(
    "changed",
    [
        {"camera": DOCK},
        {"camera": f"{SITE}/{DOCK}", "site": "020W"},
        {"camera": f"{SITE}/{DOCK}", "to": format_at(at(0))},
        {"camera": f"{SITE}/{DOCK}", "to": format_at(at(CLIP_LONGEST.total_seconds() + 1))},
        {"camera": "../etc/passwd"},
    ],
)
async def test_a_question_without_site_or_of_no_or_too_long_a_time_is_refused(
    admin: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    times = {"from": format_at(at(0)), "to": format_at(at(30))}
    answer = await admin.get("/api/v1/clips", params={**times, **changed})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_a_parcels_certificates_are_told_event_by_event(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    scan = edge.scan(HV, result=Result.HV, step=Step.ARRIVE, place="yard")
    tell(hub, edge, scan)
    (found,) = (await admin.get(f"/api/v1/parcels/{HV}/footage")).json()["items"]
    assert (found["what"], found["state"], found["is_final"]) == ("arrive", "unseen", True)
    nothing = await admin.get("/api/v1/parcels/103999999999/footage")
    assert nothing.json() == {"items": []}


async def test_a_hold_is_made_listed_and_ended_by_who_says_why(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/api/v1/holds", json=HOLD)
    assert made.status_code == HTTPStatus.CREATED
    (listed,) = (await admin.get("/api/v1/holds")).json()["items"]
    assert listed == made.json()
    path = f"/api/v1/holds/{listed['id']}"
    assert (await admin.delete(path)).status_code == HTTPStatus.NO_CONTENT
    problem(await admin.delete(path), HTTPStatus.NOT_FOUND)
    assert (await admin.get("/api/v1/holds")).json()["items"] == []


@pytest.mark.parametrize(
    "changed", [{"reason": ""}, {"until": HOLD["since"]}, {"camera": "a b"}, {"more": 1}]
)
async def test_a_hold_without_reason_or_time_is_refused(
    hub: HubHome, admin: httpx.AsyncClient, changed: dict[str, object]
) -> None:
    answer = await admin.post("/api/v1/holds", json={**HOLD, **changed})
    problem(answer, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert hub.count("footage_hold") == 0


@pytest.mark.parametrize("changed", [{"camera": "no-cam"}, {"site": "NOPE"}])
async def test_a_hold_of_a_camera_that_nobody_knows_is_refused(
    hub: HubHome, admin: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    order = {**HOLD, **changed}
    answer = await admin.post("/api/v1/holds", json=order)
    said = problem(answer, HTTPStatus.NOT_FOUND)
    assert f"no camera {order['site']}/{order['camera']}" in said
    assert hub.count("footage_hold") == 0


async def test_a_camera_that_only_its_edge_tells_of_can_be_held(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    tell(hub, edge, segment(10, camera="new-cam"))
    answer = await admin.post("/api/v1/holds", json={**HOLD, "camera": "new-cam"})
    assert answer.status_code == HTTPStatus.CREATED


@pytest.mark.parametrize(("source", "simulated"), [("tcp:localhost", True), (None, False)])
async def test_footage_of_a_simulated_camera_is_marked_wherever_it_is_told(
    hub: HubHome,
    edge: SigningEdge,
    admin: httpx.AsyncClient,
    source: str | None,
    simulated: bool,
) -> None:
    scan = edge.scan(HV, at=format_at(at(15)), result=Result.HV, step=Step.ARRIVE, place="dock1")
    tell(hub, edge, segment(10, source=source), segment(20, source=source), scan)
    # What a crash left is told before its camera is open: it is what the camera was.
    tell(hub, edge, segment(30, salvaged=True))
    hub.clock.move(60)
    with hub.database.writing() as tx:
        CertificateDuty(NETWORK).run(tx, hub.clock.now())
    _, dock = (await admin.get("/api/v1/cameras")).json()["items"]
    assert dock["simulated"] is simulated
    times = {"from": format_at(at(0)), "to": format_at(at(30))}
    clips = await admin.get("/api/v1/clips", params={"camera": f"{SITE}/{DOCK}", **times})
    assert [each["simulated"] for each in clips.json()["items"]] == [simulated] * 3
    (found,) = (await admin.get(f"/api/v1/parcels/{HV}/footage")).json()["items"]
    assert [each["simulated"] for each in found["cameras"]] == [simulated]
    order = {"site": SITE, "camera": DOCK, "purpose": "daily", **times}
    opened = await admin.post("/api/v1/playbacks", json=order)
    assert opened.json()["simulated"] is simulated


async def test_a_simulated_camera_without_footage_marks_its_part_of_a_certificate(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    scan = edge.scan(HV, at=format_at(at(15)), result=Result.HV, step=Step.ARRIVE, place="dock1")
    tell(hub, edge, gap(30, 30, source="file:"), scan)
    hub.clock.move(60)
    with hub.database.writing() as tx:
        CertificateDuty(NETWORK).run(tx, hub.clock.now())
    (found,) = (await admin.get(f"/api/v1/parcels/{HV}/footage")).json()["items"]
    assert [(each["state"], each["simulated"]) for each in found["cameras"]] == [("gap", True)]


async def test_a_certificate_tells_what_was_wrong_with_the_picture(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    scan = edge.scan(HV, at=format_at(at(15)), result=Result.HV, step=Step.ARRIVE, place="dock1")
    moved = camera(CameraFact.MOVED, 40, since=format_at(at(16)))
    frozen = camera(CameraFact.FROZEN, 26, since=format_at(at(20)))
    over = camera(CameraFact.FROZEN, 28, since=format_at(at(20)), is_over=True)
    tell(hub, edge, segment(30, 30), frozen, over, moved, scan)
    hub.clock.move(60)
    with hub.database.writing() as tx:
        CertificateDuty(NETWORK).run(tx, hub.clock.now())
    (found,) = (await admin.get(f"/api/v1/parcels/{HV}/footage")).json()["items"]
    (share,) = found["cameras"]
    assert (found["state"], [each["reason"] for each in share["gaps"]]) == ("gap", ["frozen"])
    assert share["troubles"] == [
        {
            "fact": "moved",
            "since": format_at(at(16)),
            "until": None,
            "doubt_ms": 0,
        },
        {
            "fact": "frozen",
            "since": format_at(at(20)),
            "until": format_at(at(28)),
            "doubt_ms": 20_000,
        },
    ]


async def test_a_certificate_tells_what_it_said_before(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    scan = edge.scan(HV, at=format_at(at(15)), result=Result.HV, step=Step.ARRIVE, place="dock1")
    for told in ((scan,), (segment(30, 30),)):
        tell(hub, edge, *told)
        hub.clock.move(400)
        with hub.database.writing() as tx:
            CertificateDuty(NETWORK).run(tx, hub.clock.now())
    (found,) = (await admin.get(f"/api/v1/parcels/{HV}/footage")).json()["items"]
    assert found["state"] == "present"
    (before,) = found["earlier"]
    assert before.pop("cameras")[0]["unknown"] != []
    assert before == {
        "state": "unknown",
        "issued_at": format_at(at(400)),
        "ended_at": format_at(at(800)),
        "news": "footage",
    }
    assert found["first_issued_at"] == before["issued_at"]
