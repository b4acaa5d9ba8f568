"""Events, edges, devices and quarantine as REST tells them. Source: interface."""

import base64

import httpx
import pytest

from ledger.signing import seal
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge, body_of, body_with, sealed_bodies
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, problem
from wire.bodies import ActBody
from wire.events import Feedback
from wire.messages import encode
from wire.names import Result, Signal, format_at
from wire.topics import Channel

pytestmark = [pytest.mark.anyio, on_both_databases]


async def test_an_event_is_told_with_all_its_fields(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    scan_line = edge.line(edge.scan("103000000001", result=Result.HV))
    feedback = Feedback(
        site="755A",
        edge="dock",
        at=format_at(START),
        mono_ms=1,
        boot=samples.BOOT,
        clock=samples.CLOCK,
        of_seq=1,
        signal=Signal.WANTED,
        commit_us=900,
        feedback_us=300,
        device_ack=True,
        repeats=2,
    )
    hub.take(edge.batch([scan_line, edge.line(feedback)]))
    (item,) = (await admin.get(f"{API}/events?waybill=103000000001")).json()["items"]
    assert item == {
        "site": "755A",
        "edge": "dock",
        "spool": edge.spool,
        "seq": 1,
        "at": format_at(START),
        "occurred_at": format_at(START),
        "received_at": format_at(START),
        "time_doubted": False,
        "late": False,
        "kind": "scan",
        "waybill": "103000000001",
        "step": "arrive",
        "place": "dock1",
        "by": "0011223344556677",
        "device": "dock-1",
        "source": "usb:0c2e:0b61:1234",
        "simulated": False,
        "code_hex": b"755123456789".hex(),
        "text": "755123456789",
        "aim": "C0",
        "result": "hv",
        "list_version": 7,
        "list_age_s": 12,
        "container": "B-0042",
        "symbology": "code128",
        "maybe_repeat_of": None,
        "timing_us": {"decode": 41, "verdict": 9},
        "private": None,
        "feedback": {
            "signal": "wanted",
            "commit_us": 900,
            "feedback_us": 300,
            "device_ack": True,
            "repeats": 2,
        },
        "line_b64": base64.b64encode(scan_line).decode(),
    }


async def test_events_are_filtered_and_paged(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    other = hub.enrol(SigningEdge(site="755W", spool="ab" * 16))
    hub.take(edge.batch([edge.line(edge.scan(f"75512345678{n}")) for n in range(3)]))
    hub.clock.move(60)
    hub.take(other.batch([other.line(other.scan("755123456780"))]), site="755W")

    async def seqs(query: str) -> list[tuple[str, int]]:
        items = (await admin.get(f"{API}/events?{query}")).json()["items"]
        return [(item["site"], item["seq"]) for item in items]

    assert await seqs("waybill=755123456780") == [("755A", 1), ("755W", 1)]
    assert await seqs("site=755W") == [("755W", 1)]
    assert await seqs("since=2026-11-22T01:01:00Z") == [("755W", 1)]
    assert await seqs("kind=feedback") == []
    first = (await admin.get(f"{API}/events?limit=3")).json()
    rest = (await admin.get(f"{API}/events?limit=3&cursor={first['next']}")).json()
    assert [item["seq"] for item in first["items"]] == [1, 2, 3]
    assert [item["site"] for item in rest["items"]] == ["755W"]
    assert rest["next"] is None


async def test_a_private_code_is_shown_once_its_body_has_come_and_the_look_recorded(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    digest, body_line = body_of(b"PRIVATE 42")
    scan = edge.scan(None, result=Result.NOT_A_PARCEL, code_hex=None, text=None, body=digest)
    hub.take(edge.batch([edge.line(scan)]))
    why = {"unmask": "customer asks"}
    (before,) = (await admin.get(f"{API}/events", params=why)).json()["items"]
    assert (before["code_hex"], before["text"], before["private"]) == (None, None, None)
    assert hub.count("look") == 0
    sealed = sealed_bodies(edge, [body_line])
    for _ in range(2):
        assert (await stranger.post(f"{API}/edge/bodies", content=sealed)).status_code == 204
    for asked, reason in ((None, ""), (why, why["unmask"])):
        (after,) = (await admin.get(f"{API}/events", params=asked)).json()["items"]
        assert (after["code_hex"], after["text"]) == (b"PRIVATE 42".hex(), "PRIVATE 42")
        look = (await admin.get(f"{API}/looks")).json()["items"][0]
        assert (look["who"], look["what"], look["reason"]) == ("administrator", "event", reason)
    assert look["about"] == f"755A/dock/{edge.spool}/1"
    assert hub.count("private_body") == 1
    with hub.database.reading() as tx:
        row = tx.exec_driver_sql("SELECT encrypted FROM private_body").scalar_one()
    assert b"PRIVATE" not in row
    assert b"0a0a" not in row


async def test_a_badges_token_is_shown_to_nobody(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    digest, body_line = body_of(b"CX:BY:1234567890")
    scan = edge.scan(None, result=Result.NOT_A_PARCEL, code_hex=None, text=None, body=digest)
    hub.take(edge.batch([edge.line(scan)]))
    await stranger.post(f"{API}/edge/bodies", content=sealed_bodies(edge, [body_line]))
    (item,) = (await admin.get(f"{API}/events", params={"unmask": "lost badge"})).json()["items"]
    assert (item["code_hex"], item["text"]) == (None, "CX:BY:***")


async def test_who_signed_is_masked_unless_somebody_says_why(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """HV-2.6: the signer's ID is recorded; CS-P1: every look at it, too."""
    typed = ActBody(signer_name="王小明", signer_id="44030119900101123X", note="左门")
    digest, body_line = body_with(encode(typed).decode())
    hub.take(edge.batch([edge.line(edge.deliver(body=digest))]))
    await stranger.post(f"{API}/edge/bodies", content=sealed_bodies(edge, [body_line]))
    (masked,) = (await admin.get(f"{API}/events")).json()["items"]
    assert masked["private"] == {
        "masked": True,
        "signer_name": "王**",
        "signer_id": "***123X",
        "note": "***",
    }
    (shown,) = (await admin.get(f"{API}/events", params={"unmask": "police"})).json()["items"]
    assert shown["private"]["signer_id"] == typed.signer_id
    assert hub.count("look") == 1


async def test_edges_and_devices_are_told_as_last_seen(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    (silent,) = (await admin.get(f"{API}/edges")).json()["items"]
    assert (silent["edge"], silent["connected"], silent["depth"]) == ("dock", False, None)
    hub.take(seal(edge.state(depth=3), edge.key), Channel.STATE)
    (heard,) = (await admin.get(f"{API}/edges")).json()["items"]
    assert (heard["connected"], heard["depth"], heard["version"]) == (True, 3, "0.1.0")
    (device,) = (await admin.get(f"{API}/devices")).json()["items"]
    assert (device["id"], device["simulated"], device["connected"]) == ("dock-1", True, True)


async def test_quarantine_is_told_with_its_raw_bytes(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient
) -> None:
    hub.take(b"garbage")
    (item,) = (await admin.get(f"{API}/quarantine")).json()["items"]
    assert base64.b64decode(item["raw_b64"]) == b"garbage"
    assert item["what"] == "message"


@pytest.mark.parametrize("key", ["waybill", "site", "kind"])
async def test_a_nul_is_a_wrong_value_and_never_reaches_the_database(
    admin: httpx.AsyncClient, key: str
) -> None:
    problem(await admin.get(f"{API}/events", params={key: "a\0b"}), 422)
