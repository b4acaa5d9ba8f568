"""The live WebSocket: who may listen, what comes, and what becomes of those who do not keep up."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import cast

import pytest
from anyio import CancelScope
from fastapi import WebSocket
from sqlalchemy.exc import OperationalError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hub.access.accounts import list_tokens, revoke_token
from hub.access.live_socket import CHECK_EVERY_S
from hub.access.rules import Role
from hub.access.service import Caller, make_console_link, open_session
from hub.access.session_cookie import SESSION_COOKIE
from hub.alerts import live
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.db.outbox import POLL_S, Bell
from tests.hub_parts import BEARER, START, HubHome
from tests.integration.hub.route_cases import make_account
from tests.postgres_parts import on_both_databases
from tests.rig.programs import wait_until


@contextmanager
def listening(port: int, **headers: str) -> Iterator[ClientConnection]:
    url = f"ws://127.0.0.1:{port}/api/v1/live"
    with connect(url, additional_headers=headers, proxy=None, close_timeout=1) as client:
        yield client


def raise_one(hub: HubHome, subject: str) -> None:
    with hub.database.writing() as tx:
        raise_alert(tx, Finding(AlertKind.EDGE_REFUSED, subject, START), START)


def test_new_and_changed_alerts_come_as_they_are_committed(hub: HubHome, port: int) -> None:
    with listening(port, **BEARER) as first, listening(port, **BEARER) as second:
        raise_one(hub, "755A/dock")
        told = [json.loads(each.recv(timeout=5)) for each in (first, second)]
        assert [each["subject"] for each in told] == ["755A/dock"] * 2
        raise_one(hub, "755A/dock")
        assert json.loads(first.recv(timeout=5))["count"] == 2


def test_a_listener_who_comes_later_hears_what_comes_then(hub: HubHome, port: int) -> None:
    for subject in ("755A/a", "755A/b"):
        with listening(port, **BEARER) as client:
            raise_one(hub, subject)
            assert json.loads(client.recv(timeout=5))["subject"] == subject


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_a_stranger_hears_nothing(port: int, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused, listening(port, **headers):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(("own", "let_in"), [(True, True), (False, False)])
def test_a_session_may_listen_from_our_own_pages_only(
    hub: HubHome, port: int, own: bool, let_in: bool
) -> None:
    with hub.database.writing() as tx:
        link = make_console_link(tx, START, hub.clock.random_bytes)
        session = open_session(tx, link, START, hub.clock.random_bytes)
    origin = f"http://127.0.0.1:{port}" if own else "http://evil.example"
    headers = {"Cookie": f"{SESSION_COOKIE}={session}", "Origin": origin}
    if let_in:
        with listening(port, **headers) as client:
            client.ping()
        return
    with pytest.raises(InvalidStatus), listening(port, **headers):
        pass


def test_more_listeners_than_the_bound_are_sent_away(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CLIENTS_MAX", 1)
    with listening(port, **BEARER), pytest.raises(InvalidStatus), listening(port, **BEARER):
        pass


def test_a_database_that_fails_for_a_while_costs_no_alert(
    hub: HubHome, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = []

    def fail_once(*arguments: object) -> object:
        if not failed:
            failed.append(True)
            raise OperationalError("SELECT", {}, Exception("disk I/O error"))
        return news_after(*arguments)  # type: ignore[arg-type] # passed on as they came

    news_after = live.outbox.news_after
    monkeypatch.setattr(live, "_RETRY_S", 0.01)
    with listening(port, **BEARER) as client:
        monkeypatch.setattr(live.outbox, "news_after", fail_once)
        raise_one(hub, "755A/dock")
        assert json.loads(client.recv(timeout=5))["subject"] == "755A/dock"
    assert failed


class DeafSocket:
    """Takes nothing and says nothing, for ever."""

    def __init__(self) -> None:
        self.accepted = asyncio.Event()

    async def accept(self) -> None:
        self.accepted.set()

    async def send_text(self, _message: str) -> None:
        await asyncio.Event().wait()

    async def receive(self) -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError("never")

    async def close(self, _code: int) -> None:
        await asyncio.Event().wait()


@pytest.mark.anyio
async def test_a_listener_who_does_not_keep_up_is_dropped_not_buffered(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = Caller("li", Role.MONITOR, None)
    monkeypatch.setattr(live, "caller_of", lambda _client: everybody)
    monkeypatch.setattr(live, "UNSENT_MAX", 2)
    monkeypatch.setattr(live, "CLOSE_S_MAX", 0.01)
    client = DeafSocket()
    feed = live.LiveFeed(hub)  # type: ignore[arg-type] # asked for nothing here
    serving = asyncio.create_task(feed.serve(client))  # type: ignore[arg-type] # as much as it uses
    await client.accepted.wait()
    (listener,) = feed._clients.values()
    for n in range(3):
        feed.tell(None, str(n))
    assert (listener.queue.qsize(), listener.is_late.is_set()) == (0, True)
    feed.tell(None, "nothing waits for it any more")
    assert listener.queue.qsize() == 0
    await asyncio.wait_for(serving, 5)
    assert feed._clients == {}


def test_what_a_client_says_ends_nothing(hub: HubHome, port: int) -> None:
    with listening(port, **BEARER) as client:
        client.send(b"\x00")
        client.send("text")
        raise_one(hub, "755A/dock")
        assert json.loads(client.recv(timeout=5))["subject"] == "755A/dock"


def test_a_listener_bound_to_sites_hears_of_nothing_else(hub: HubHome, port: int) -> None:
    token = make_account(hub, "li", Role.SUPERVISOR, "755A")
    with listening(port, Authorization=f"Bearer {token}") as client:
        for site in ("020W", None, "755A"):
            with hub.database.writing() as tx:
                finding = Finding(AlertKind.EDGE_REFUSED, f"at {site}", START, site=site)
                raise_alert(tx, finding, START)
        assert json.loads(client.recv(timeout=5))["site"] == "755A"


def test_people_on_the_floor_may_not_listen(hub: HubHome, port: int) -> None:
    token = make_account(hub, "li", Role.WAREHOUSE)
    with (
        pytest.raises(InvalidStatus),
        listening(port, Authorization=f"Bearer {token}"),
    ):
        pass


def test_a_listener_whose_token_is_revoked_hears_no_more(hub: HubHome, port: int) -> None:
    token = make_account(hub, "li", Role.MONITOR)
    with listening(port, Authorization=f"Bearer {token}") as client:
        raise_one(hub, "755A/dock")
        client.recv(timeout=5)
        with hub.database.writing() as tx:
            (made,) = list_tokens(tx, "li")
            assert revoke_token(tx, "li", made.id)
        hub.clock.move(CHECK_EVERY_S)
        raise_one(hub, "755A/cage")
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)


@on_both_databases
def test_the_bell_rings_at_once_when_there_is_news_and_else_after_its_time(hub: HubHome) -> None:
    bell = Bell(hub.database)
    wait_until(lambda: hub.database.commits() is not None, "the server is listened to")

    async def rings() -> float:
        began_s = time.monotonic()
        await bell.rings()
        return time.monotonic() - began_s

    async def played() -> list[float]:
        await bell.rings()
        quiet = await rings()
        raise_one(hub, "755A/dock")
        return [quiet, await rings(), await rings()]

    quiet, told, quiet_again = asyncio.run(played())
    assert told < POLL_S / 2 < POLL_S <= min(quiet, quiet_again)


class _Goes:
    """A client that is let in and goes at once."""

    def __init__(self) -> None:
        self.state = SimpleNamespace(caller=Caller("watcher", Role.MONITOR, None))

    async def accept(self) -> None:
        pass

    async def send_text(self, text: str) -> None:
        raise AssertionError(text)

    async def receive(self) -> dict[str, str]:
        return {"type": "websocket.disconnect"}


@pytest.mark.anyio
@pytest.mark.parametrize("turns", range(8))
async def test_who_ends_a_listener_at_any_moment_knows_its_own_end_again(
    hub: HubHome, turns: int
) -> None:
    def cancel_in(left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(cancel_in, left - 1)
        else:
            scope.cancel()

    with CancelScope() as scope:
        cancel_in(turns)
        await live.LiveFeed(hub.web()).serve(cast(WebSocket, _Goes()))
