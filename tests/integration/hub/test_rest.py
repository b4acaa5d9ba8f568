"""REST as its callers see it: who is let in, what they get, how errors look. Source: interface."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from hub.access.gate import SESSION_COOKIE, is_open
from hub.access.rules import CONSOLE_LINK_LIFE, SESSION_LIFE
from hub.access.service import Enrolment, adopt_admin_token, make_console_link, make_enrol_secret
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.app import create_app
from ledger.signing import open_sealed, seal
from tests import samples
from tests.hub_parts import BEARER, START, HubHome, SigningEdge
from wire.events import Feedback
from wire.limits import BODIES_BYTES_MAX, SNAPSHOT_BYTES_MAX
from wire.messages import Bodies, Enrolled, Fetch, PrivateBody, WantedSnapshot, encode
from wire.names import Result, Signal, format_at
from wire.topics import Channel
from wire.wanted import parse_list

pytestmark = pytest.mark.anyio
API = "/api/v1"
ORIGIN = {"Origin": "http://hub"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def app(hub: HubHome) -> FastAPI:
    return create_app(hub.web())


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers)


@pytest.fixture
async def admin(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **BEARER) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    return str(body["detail"])


def raise_one(hub: HubHome, subject: str = "755A/dock") -> int:
    with hub.database.writing() as tx:
        return raise_alert(tx, Finding(AlertKind.EDGE_REFUSED, subject, START), START)


# ---------------------------------------------------------------- who is let in


async def test_no_route_but_the_named_ones_is_open(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    routes = [(path, method) for path, item in app.openapi()["paths"].items() for method in item]
    closed = [(path, method) for path, method in routes if not is_open(path)]
    assert len(closed) > 12
    assert {path for path, _ in routes if is_open(path)} == {
        "/healthz",
        "/readyz",
        "/metrics",
        f"{API}/edge/enrol",
        f"{API}/edge/bodies",
        f"{API}/edge/wanted",
    }
    for path, method in closed:
        answer = await stranger.request(method.upper(), path.replace("{", "").replace("}", ""))
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/console", f"{API}/openapi.json", f"{API}/nothing"])
async def test_what_does_not_exist_is_closed_too(stranger: httpx.AsyncClient, path: str) -> None:
    problem(await stranger.get(path), 401)


async def test_a_browser_gets_a_page_that_says_how_to_sign_in(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/console", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 401
    assert "custos-hub link" in answer.text
    assert "控制台" in answer.text


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer ", "Basic dGVzdDp0ZXN0", "Bearer " + "x" * 10_000, "x"]
)
async def test_a_wrong_token_is_refused(stranger: httpx.AsyncClient, header: str) -> None:
    problem(await stranger.get(f"{API}/about", headers={"Authorization": header}), 401)


async def test_a_replaced_admin_token_counts_no_more(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    with hub.database.writing() as tx:
        adopt_admin_token(tx, "another", START)
    problem(await admin.get(f"{API}/about"), 401)


async def enter(hub: HubHome, client: httpx.AsyncClient) -> httpx.Response:
    with hub.database.writing() as tx:
        secret = make_console_link(tx, hub.clock.now(), hub.clock.random_bytes)
    return await client.get(f"/enter/{secret}")


async def test_a_console_link_opens_a_session_once(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    answer = await enter(hub, stranger)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert (await stranger.get(f"{API}/about")).status_code == 200
    again = await stranger.get(str(answer.request.url))
    assert again.status_code == 403
    assert "set-cookie" not in again.headers


async def test_a_console_link_expires(hub: HubHome, stranger: httpx.AsyncClient) -> None:
    with hub.database.writing() as tx:
        secret = make_console_link(tx, hub.clock.now(), hub.clock.random_bytes)
    hub.clock.move(CONSOLE_LINK_LIFE.total_seconds())
    assert (await stranger.get(f"/enter/{secret}")).status_code == 403


async def test_a_session_expires(hub: HubHome, stranger: httpx.AsyncClient) -> None:
    await enter(hub, stranger)
    hub.clock.move((SESSION_LIFE - timedelta(seconds=1)).total_seconds())
    assert (await stranger.get(f"{API}/about")).status_code == 200
    hub.clock.move(1)
    problem(await stranger.get(f"{API}/about"), 401)


async def test_the_database_holds_no_secret_in_clear(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    answer = await enter(hub, stranger)
    link = str(answer.request.url).rsplit("/", 1)[1]
    session = stranger.cookies[SESSION_COOKIE]
    with hub.database.reading() as tx:
        stored = repr(tx.exec_driver_sql("SELECT * FROM credential").all())
    assert link not in stored
    assert session not in stored


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://hub.evil"])
async def test_another_sites_page_cannot_act_with_our_cookie(
    hub: HubHome, stranger: httpx.AsyncClient, origin: str | None
) -> None:
    await enter(hub, stranger)
    alert_id = raise_one(hub)
    headers = {} if origin is None else {"Origin": origin}
    answer = await stranger.post(f"{API}/alerts/{alert_id}/ack", headers=headers)
    problem(answer, 403)
    own = await stranger.post(f"{API}/alerts/{alert_id}/ack", headers=ORIGIN)
    assert own.json()["state"] == "acked"


async def test_the_open_routes_tell_no_personal_data(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/healthz")).json() == {"status": "ok"}
    assert (await stranger.get("/metrics")).status_code == 200
    ready = await stranger.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {"ready": False, "database": True, "ingest": False, "broker": False}


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("DELETE", "/events", 405),
        ("GET", "/parcels/103000000001", 404),
        ("GET", "/wanted/103000000001", 404),
        ("DELETE", "/wanted/103000000001", 404),
        ("POST", "/alerts/7/ack", 404),
        ("POST", "/alerts/0/ack", 422),
        ("POST", "/alerts/99999999999999999999/ack", 422),
        ("GET", "/events?limit=0", 422),
        ("GET", "/events?limit=1001", 422),
        ("GET", "/events?cursor=x", 422),
        ("GET", "/events?since=yesterday", 422),
        ("GET", "/events?since=0001-01-01T00:00:00%2B14:00", 422),
        ("GET", "/alerts?state=sleeping", 422),
        ("GET", "/wanted/%00", 422),
        ("GET", "/wanted?cursor=a%20b", 422),
    ],
)
async def test_every_error_is_a_problem(
    admin: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    problem(await admin.request(method, f"{API}{path}"), status)


async def test_an_unexpected_error_is_a_problem_without_its_stack(
    app: FastAPI, admin: httpx.AsyncClient
) -> None:
    @app.get(f"{API}/broken")
    def broken() -> None:
        raise ZeroDivisionError("secret words")

    assert "secret words" not in problem(await admin.get(f"{API}/broken"), 500)


async def test_a_wrong_value_is_told_without_repeating_it(admin: httpx.AsyncClient) -> None:
    body = {"result": "wanted", "reason": "r", "banner_zh": "private words" * 20}
    detail = problem(await admin.put(f"{API}/wanted/103000000001", json=body), 422)
    assert "banner_zh" in detail
    assert "private words" not in detail


# ---------------------------------------------------------------- wanted


async def test_an_entry_is_put_read_changed_and_deleted(admin: httpx.AsyncClient) -> None:
    url = f"{API}/wanted/755123456789"
    body = {
        "result": "stop",
        "reason": "police",
        "tone": "stop",
        "banner_zh": "扣留",
        "priority": 1,
        "expires_at": "2026-11-23T09:00:00+08:00",
        "covert": True,
        "scope": ["755A"],
    }
    created = await admin.put(url, json=body)
    assert created.status_code == 201
    assert created.json() == (await admin.get(url)).json()
    assert created.json()["expires_at"] == "2026-11-23T01:00:00.000Z"
    assert created.json()["owner"] == "administrator"
    assert (await admin.put(url, json=body)).status_code == 200
    assert (await admin.get(f"{API}/wanted")).json()["version"] == 2
    changed = await admin.put(url, json={"result": "wanted", "reason": "other"})
    assert changed.json()["covert"] is False
    assert (await admin.delete(url)).status_code == 204
    listing = (await admin.get(f"{API}/wanted")).json()
    assert (listing["version"], listing["items"]) == (4, [])


@pytest.mark.parametrize(
    "change",
    [
        {"result": "gone"},
        {"reason": "x" * 201},
        {"reason": "two\nlines"},
        {"priority": 10},
        {"expires_at": "2026-11-22T00:59:59Z"},
        {"expires_at": "2026-11-23T01:00:00"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"scope": []},
        {"scope": ["a b"]},
        {"scope": ["x"] * 33},
        {"owner": "me"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_wrong_entry_is_refused_and_changes_nothing(
    admin: httpx.AsyncClient, change: dict[str, object]
) -> None:
    body = {"result": "wanted", "reason": "r", **change}
    problem(await admin.put(f"{API}/wanted/755123456789", json=body), 422)
    assert (await admin.get(f"{API}/wanted")).json() == {"version": 1, "items": [], "next": None}


async def test_the_list_is_paged_in_the_order_of_waybills(admin: httpx.AsyncClient) -> None:
    for n in (3, 1, 2):
        body = {"result": "wanted", "reason": "r"}
        await admin.put(f"{API}/wanted/75512345678{n}", json=body)
    first = (await admin.get(f"{API}/wanted?limit=2")).json()
    rest = (await admin.get(f"{API}/wanted?limit=2&cursor={first['next']}")).json()
    found = [item["waybill"] for item in first["items"] + rest["items"]]
    assert found == ["755123456781", "755123456782", "755123456783"]
    assert rest["next"] is None


# ---------------------------------------------------------------- alerts


async def test_alerts_are_filtered_and_answered_by_name(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    first, second = raise_one(hub, "755A/a"), raise_one(hub, "755A/b")
    await admin.post(f"{API}/alerts/{first}/ack")
    rejected = await admin.post(f"{API}/alerts/{second}/reject", json={"reason": "a test"})
    assert rejected.json()["state"] == "closed"
    for state, expected in (("open", []), ("acked", [first]), ("closed", [second])):
        found = (await admin.get(f"{API}/alerts?state={state}&level=act")).json()["items"]
        assert [item["id"] for item in found] == expected
    with hub.database.reading() as tx:
        rows = tx.exec_driver_sql("SELECT alert_id, act, who, reason FROM alert_history").all()
    assert [tuple(row) for row in rows][2:] == [
        (first, "ack", "administrator", None),
        (second, "reject", "administrator", "a test"),
    ]


async def test_a_closed_alert_takes_no_answer_and_stays_as_it_is(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    alert_id = raise_one(hub)
    await admin.post(f"{API}/alerts/{alert_id}/accept")
    before = hub.count("alert_history")
    problem(await admin.post(f"{API}/alerts/{alert_id}/reject"), 409)
    assert hub.count("alert_history") == before


async def test_a_second_acknowledgement_changes_nothing(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    alert_id = raise_one(hub)
    await admin.post(f"{API}/alerts/{alert_id}/ack")
    before = hub.count("alert_history")
    assert (await admin.post(f"{API}/alerts/{alert_id}/ack")).json()["state"] == "acked"
    assert hub.count("alert_history") == before


async def test_alerts_are_paged_newest_first(hub: HubHome, admin: httpx.AsyncClient) -> None:
    ids = [raise_one(hub, f"755A/{n}") for n in range(3)]
    first = (await admin.get(f"{API}/alerts?limit=2")).json()
    rest = (await admin.get(f"{API}/alerts?limit=2&cursor={first['next']}")).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]


# ---------------------------------------------------------------- parcels


async def test_a_parcel_is_declared_exactly_and_its_people_are_encrypted(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    body = {
        "declared_value_cny": "123456789.07",
        "origin": "755A",
        "destination": "755W",
        "route": ["755A", "755R", "755W"],
        "accepted_at": "2026-11-22T09:00:00+08:00",
        "sender": {"name": "Wang Private"},
        "recipient": "Li Private",
    }
    put = await admin.put(f"{API}/parcels/103000000001", json=body)
    assert put.status_code == 200
    got = (await admin.get(f"{API}/parcels/103000000001")).json()
    assert got == put.json()
    assert got["high_value"] is True
    assert got["declared_value_cny"] == "123456789.07"
    assert got["accepted_at"] == "2026-11-22T01:00:00.000Z"
    assert got["sender"] == {"name": "Wang Private"}
    with hub.database.reading() as tx:
        row = tx.exec_driver_sql("SELECT * FROM parcel").one()
    assert "Private" not in repr(tuple(row))


@pytest.mark.parametrize(
    "change",
    [
        {"declared_value_cny": "-1"},
        {"declared_value_cny": "0.001"},
        {"declared_value_cny": "NaN"},
        {"declared_value_cny": "10000000000"},
        {"origin": "a b"},
        {"value": 1},
        {"route": ["x"] * 33},
        {"sender": {str(n): "x" for n in range(33)}},
    ],
    ids=lambda change: str(next(iter(change.values())))[:12],
)
async def test_a_wrong_declaration_is_refused(
    admin: httpx.AsyncClient, change: dict[str, object]
) -> None:
    problem(await admin.put(f"{API}/parcels/755123456789", json=change), 422)
    problem(await admin.get(f"{API}/parcels/755123456789"), 404)


async def test_a_number_is_a_declared_value_too(admin: httpx.AsyncClient) -> None:
    put = await admin.put(f"{API}/parcels/755123456789", json={"declared_value_cny": 20000.5})
    assert put.json()["declared_value_cny"] == "20000.50"


# ---------------------------------------------------------------- events, edges, devices


def body_of(code: bytes) -> tuple[str, bytes]:
    text = json.dumps({"code_hex": code.hex(), "text": code.decode()})
    body = PrivateBody(salt="0a" * 16, body=text)
    digest = hashlib.sha256(bytes.fromhex(body.salt) + text.encode()).hexdigest()
    return digest, encode(body)


def sealed_bodies(edge: SigningEdge, lines: list[bytes], **fields: object) -> bytes:
    joined = b"".join(line + b"\n" for line in lines)
    own = {"count": len(lines), "sha256": hashlib.sha256(joined).hexdigest()}
    return seal(Bodies(site=edge.site, edge=edge.edge, **{**own, **fields}), edge.key, lines)


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
        "container": "BAG:0042",
        "symbology": "code128",
        "maybe_repeat_of": None,
        "timing_us": {"decode": 41, "verdict": 9},
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


async def test_a_private_code_is_shown_once_its_body_has_come(
    hub: HubHome, edge: SigningEdge, admin: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    digest, body_line = body_of(b"PRIVATE 42")
    scan = edge.scan(None, result=Result.NOT_A_PARCEL, code_hex=None, text=None, body=digest)
    hub.take(edge.batch([edge.line(scan)]))
    (before,) = (await admin.get(f"{API}/events")).json()["items"]
    assert (before["code_hex"], before["text"]) == (None, None)
    sealed = sealed_bodies(edge, [body_line])
    for _ in range(2):
        assert (await stranger.post(f"{API}/edge/bodies", content=sealed)).status_code == 204
    (after,) = (await admin.get(f"{API}/events")).json()["items"]
    assert (after["code_hex"], after["text"]) == (b"PRIVATE 42".hex(), "PRIVATE 42")
    assert hub.count("private_body") == 1
    with hub.database.reading() as tx:
        row = tx.exec_driver_sql("SELECT encrypted FROM private_body").scalar_one()
    assert b"PRIVATE" not in row
    assert b"0a0a" not in row


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


# ---------------------------------------------------------------- what edges ask


async def enrol(client: httpx.AsyncClient, edge: SigningEdge, secret: str | None) -> httpx.Response:
    sealed = seal(edge.enrol_message(secret), edge.key)
    return await client.post(f"{API}/edge/enrol", content=sealed)


def make_secret(hub: HubHome) -> str:
    with hub.database.writing() as tx:
        return make_enrol_secret(tx, "755A", "dock", hub.clock.now(), hub.clock.random_bytes)


async def test_an_edge_enrols_by_its_secret_and_gets_the_same_answer_again(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    edge, secret = SigningEdge(), make_secret(hub)
    answers = [await enrol(stranger, edge, secret) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    opened = [
        open_sealed(each.content, Enrolled, hub.keys.statement.public_key, 4096).message
        for each in answers
    ]
    assert opened[0] == opened[1]
    assert opened[0].hub_key == hub.keys.statement.public_key.hex()
    assert len(opened[0].site_salt) == 32


async def test_edges_of_one_site_share_its_salt(hub: HubHome) -> None:
    app = create_app(hub.web(Enrolment.FIRST_USE))
    salts = []
    async with client_of(app) as client:
        for site, name in (("755A", "a"), ("755A", "b"), ("755W", "a")):
            answer = await enrol(client, SigningEdge(site=site, edge=name), None)
            public_key = hub.keys.statement.public_key
            opened = open_sealed(answer.content, Enrolled, public_key, 4096)
            salts.append(opened.message.site_salt)
    assert salts[0] == salts[1] != salts[2]


async def test_without_a_good_secret_nobody_enrols(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    problem(await enrol(stranger, SigningEdge(), None), 401)
    problem(await enrol(stranger, SigningEdge(), "wrong"), 401)
    secret = make_secret(hub)
    hub.clock.move(3600)
    problem(await enrol(stranger, SigningEdge(), secret), 401)
    assert hub.count("edge") == 0


async def test_a_used_secret_takes_no_second_edge(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    secret = make_secret(hub)
    assert (await enrol(stranger, SigningEdge(), secret)).status_code == 200
    problem(await enrol(stranger, SigningEdge(edge="cage"), secret), 401)
    assert hub.count("edge") == 1


async def test_two_edges_with_one_name_are_a_conflict_and_an_alarm(
    hub: HubHome, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await enrol(stranger, SigningEdge(), make_secret(hub))
    second = SigningEdge(key=samples.HUB_KEY)
    problem(await enrol(stranger, second, make_secret(hub)), 409)
    assert hub.count("edge") == 1
    (alert,) = (await admin.get(f"{API}/alerts?state=open")).json()["items"]
    assert (alert["kind"], alert["subject"]) == ("edge_conflict", "755A/dock")


async def test_an_enrolment_not_signed_by_its_own_key_is_refused(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    sealed = seal(SigningEdge().enrol_message(make_secret(hub)), samples.HUB_KEY)
    problem(await stranger.post(f"{API}/edge/enrol", content=sealed), 401)
    assert hub.count("edge") == 0


def fetch_of(edge: SigningEdge) -> Fetch:
    return Fetch(site=edge.site, edge=edge.edge, have_version=0, at=format_at(START))


async def test_an_edge_fetches_the_signed_list(
    hub: HubHome, edge: SigningEdge, stranger: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await admin.put(f"{API}/wanted/755123456789", json={"result": "stop", "reason": "r"})
    answer = await stranger.post(f"{API}/edge/wanted", content=seal(fetch_of(edge), edge.key))
    opened = open_sealed(
        answer.content, WantedSnapshot, hub.keys.statement.public_key, SNAPSHOT_BYTES_MAX
    )
    line = opened.lines.removesuffix(b"\n")
    assert hashlib.sha256(line).hexdigest() == opened.message.head.list_sha256
    wanted = parse_list(line)
    assert wanted.version == opened.message.head.version == 2
    assert [each.waybill for each in wanted.entries] == ["755123456789"]
    assert [each.prefix for each in wanted.rules] == ["103"]


@pytest.mark.parametrize("path", ["enrol", "bodies", "wanted"])
@pytest.mark.parametrize("content", [b"", b"garbage", b"{}\n\n"])
async def test_an_unsigned_request_of_an_edge_is_refused(
    stranger: httpx.AsyncClient, path: str, content: bytes
) -> None:
    problem(await stranger.post(f"{API}/edge/{path}", content=content), 400)


@pytest.mark.parametrize("path", ["enrol", "bodies", "wanted"])
async def test_another_signed_message_than_asked_for_is_refused(
    edge: SigningEdge, stranger: httpx.AsyncClient, path: str
) -> None:
    content = seal(edge.state(), edge.key)
    problem(await stranger.post(f"{API}/edge/{path}", content=content), 400)


async def test_an_edge_that_is_not_enrolled_gets_nothing(stranger: httpx.AsyncClient) -> None:
    content = seal(fetch_of(SigningEdge()), samples.EDGE_KEY)
    problem(await stranger.post(f"{API}/edge/wanted", content=content), 401)


async def test_another_key_gets_nothing(edge: SigningEdge, stranger: httpx.AsyncClient) -> None:
    content = seal(fetch_of(edge), samples.HUB_KEY)
    problem(await stranger.post(f"{API}/edge/wanted", content=content), 401)


async def test_a_body_that_is_too_long_is_cut_off(stranger: httpx.AsyncClient) -> None:
    content = b"x" * (BODIES_BYTES_MAX + 5000)
    problem(await stranger.post(f"{API}/edge/bodies", content=content), 413)


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        ([body_of(b"A")[1]], {"sha256": "00" * 32}),
        ([body_of(b"A")[1]], {"count": 2}),
        ([body_of(b"A")[1], b"not a body"], {}),
        ([body_of(b"A")[1], encode(PrivateBody(salt="0a" * 16, body="长" * 8000))], {}),
    ],
    ids=["another hash", "another count", "no body", "too long"],
)
async def test_bodies_that_are_not_what_was_signed_are_refused_whole(
    hub: HubHome,
    edge: SigningEdge,
    stranger: httpx.AsyncClient,
    lines: list[bytes],
    fields: dict[str, object],
) -> None:
    sealed = sealed_bodies(edge, lines, **fields)
    problem(await stranger.post(f"{API}/edge/bodies", content=sealed), 400)
    assert hub.count("private_body") == 0


async def test_the_api_describes_itself_as_openapi_3_1(admin: httpx.AsyncClient) -> None:
    described = (await admin.get(f"{API}/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert f"{API}/wanted/{{waybill}}" in described["paths"]
