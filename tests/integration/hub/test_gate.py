"""Nobody comes in unknown. Source: design section 4, interface (REST)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from hub.access.gate import BODY_BYTES_MAX
from hub.access.grants import OPEN
from hub.access.rules import CONSOLE_LINK_LIFE, SESSION_IDLE, SESSION_LIFE
from hub.access.service import adopt_admin_token, make_console_link
from hub.access.session_cookie import SESSION_COOKIE
from hub.alerts.service import AlertKind, Finding, raise_alert
from tests.hub_parts import START, HubHome
from tests.rest_parts import API, problem

pytestmark = pytest.mark.anyio
ORIGIN = {"Origin": "http://hub"}


def raise_one(hub: HubHome, subject: str = "755A/dock") -> int:
    with hub.database.writing() as tx:
        return raise_alert(tx, Finding(AlertKind.EDGE_REFUSED, subject, START), START)


async def test_no_route_but_the_named_ones_is_open(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    routes = [(path, method) for path, item in app.openapi()["paths"].items() for method in item]
    closed = [(path, method) for path, method in routes if f"{method.upper()} {path}" not in OPEN]
    assert len(closed) > 12
    assert {path for path, _ in routes} - {path for path, _ in closed} == {
        "/healthz",
        "/readyz",
        "/metrics",
        f"{API}/edge/enrol",
        f"{API}/edge/bodies",
        f"{API}/edge/wanted",
        f"{API}/edge/pack",
        f"{API}/edge/certificate",
        f"{API}/edge/rotate",
        f"{API}/edge/footage",
        f"{API}/edge/footage-gone",
        f"{API}/edge/picture",
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
    steps = int(SESSION_LIFE / SESSION_IDLE) * 2 - 1
    for _ in range(steps):
        hub.clock.move(SESSION_IDLE.total_seconds() / 2)
        assert (await stranger.get(f"{API}/about")).status_code == 200
    hub.clock.move(SESSION_IDLE.total_seconds() / 2)
    problem(await stranger.get(f"{API}/about"), 401)


async def test_a_session_in_which_nothing_is_asked_ends_sooner(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    await enter(hub, stranger)
    hub.clock.move((SESSION_IDLE - timedelta(seconds=1)).total_seconds())
    assert (await stranger.get(f"{API}/about")).status_code == 200
    hub.clock.move(SESSION_IDLE.total_seconds())
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
    assert ready.json() == {
        "ready": False,
        "database": True,
        "room": True,
        "ingest": False,
        "broker": False,
    }


async def test_the_api_describes_itself_as_openapi_3_1(admin: httpx.AsyncClient) -> None:
    described = (await admin.get(f"{API}/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert f"{API}/wanted/{{waybill}}" in described["paths"]


async def test_a_link_that_two_use_at_once_lets_one_in(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    with hub.database.writing() as tx:
        secret = make_console_link(tx, hub.clock.now(), hub.clock.random_bytes)
    answers = await asyncio.gather(*(stranger.get(f"/enter/{secret}") for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [303, *[403] * 7]
    assert hub.count("credential") == 3  # The token, the link that is used up, one session.


async def test_a_database_that_is_away_is_a_problem_and_no_failure(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    hub.database.close()
    path = hub.data_dir / "hub.sqlite"
    path.unlink()
    path.mkdir()
    assert "database" in problem(await admin.get(f"{API}/about"), 503)


async def test_a_body_beyond_the_bound_is_not_read(hub: HubHome, admin: httpx.AsyncClient) -> None:
    path = f"{API}/alerts/{raise_one(hub)}/ack"
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 64 * 1024
            yield b" " * 64 * 1024

    headers = {"Content-Type": "application/json"}
    problem(await admin.post(path, content=endless(), headers=headers), 413)
    assert read <= BODY_BYTES_MAX + 2 * 64 * 1024
