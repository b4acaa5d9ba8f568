"""Who may talk to the station's pages, on the loopback and on the network."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from edge.gate import Gate

HERE, LAN, OTHER = "127.0.0.1", "10.0.7.5", "10.0.7.21"


def status(
    path: str, client: str, server: str, *, has_tls: bool, kind: str = "http", **headers: str
) -> int | None:
    """What a request is answered with."""
    sent: list[Message] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("a refused request is not read")

    scope: dict[str, Any] = {
        "type": kind,
        "path": path,
        "client": (client, 40_000),
        "server": (server, 8443),
        "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
    }
    asyncio.run(Gate(inside, has_tls=has_tls)(scope, receive, send))
    return sent[0].get("status")


STATION = ["/", "/ws", "/metrics", "/healthz", "/readyz", "/handheldx", "/clockx", "/static"]
HANDHELD = [
    "/handheld",
    "/handheld/",
    "/handheld/hand-in",
    "/static/words.js",
    "/clock",
    "/clock/code.svg",
]


@pytest.mark.parametrize("path", STATION)
def test_the_network_gets_nothing_of_the_station(path: str) -> None:
    host = {"host": f"{LAN}:8443"}
    assert status(path, OTHER, LAN, has_tls=True, **host) == 403
    forged = {**host, "x-forwarded-for": HERE, "forwarded": f"for={HERE}"}
    assert status(path, OTHER, LAN, has_tls=True, **forged) == 403


@pytest.mark.parametrize("path", HANDHELD)
def test_the_network_gets_the_handhelds_page(path: str) -> None:
    assert status(path, OTHER, LAN, has_tls=True, host="dock.example:8443") == 200


@pytest.mark.parametrize(
    ("client", "server"),
    [(LAN, LAN), (HERE, HERE), ("::1", "::1"), ("::ffff:10.0.7.5", "::ffff:10.0.7.5"),
     ("::ffff:127.0.0.1", "::ffff:127.0.0.1")],
)  # fmt: skip
def test_whoever_sits_at_the_machine_gets_the_station(client: str, server: str) -> None:
    assert status("/", client, server, has_tls=True, host="dock.example") == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://dock.example", "null", ""])
def test_a_foreign_page_asks_for_nothing(origin: str) -> None:
    headers = {"host": "dock.example", "origin": origin}
    for path in ("/", "/handheld/hand-in"):
        assert status(path, LAN, LAN, has_tls=True, **headers) == 403
    assert (
        status("/", LAN, LAN, has_tls=True, host="dock.example", origin="https://dock.example")
        == 200
    )


def test_on_the_loopback_only_its_own_names_count() -> None:
    assert status("/", HERE, HERE, has_tls=False, host="localhost:8081") == 200
    assert status("/handheld/", HERE, HERE, has_tls=False, host="evil.example") == 403


def test_a_socket_is_refused_by_closing_it() -> None:
    assert status("/ws", OTHER, LAN, has_tls=True, kind="websocket", host=LAN) is None
