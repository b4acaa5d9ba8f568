"""Who may talk to the station's pages at all.

On the loopback: this machine, and no foreign page that rebinds its DNS name. On any other address
there is TLS, and the network gets the handheld's page, the clock for cameras and nothing else; the
station page, health and figures stay with whoever sits at this machine. Source: interface
("station.listen"), docs/adr/0021.
"""

import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
POLICY_VIOLATION = 1008
HANDHELD_PATH = "/handheld"
CLOCK_PATH = "/clock"
STATIC_PATH = "/static"


class Gate:
    """Refuses whom the page is not for."""

    def __init__(self, app: ASGIApp, *, has_tls: bool) -> None:
        """``has_tls``: the page listens on the network."""
        self._app = app
        self._has_tls = has_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse without a word more."""
        if scope["type"] not in {"http", "websocket"} or self._is_welcome(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse("forbidden", HTTPStatus.FORBIDDEN)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": ""})

    def _is_welcome(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        scheme = "https" if self._has_tls else "http"
        if headers.get("origin", f"{scheme}://{host}") != f"{scheme}://{host}":
            return False
        if not self._has_tls:
            return _host_name(f"//{host}") in LOOPBACK_NAMES
        # A rebound name is no danger here: the browser has checked the certificate's.
        return _is_for_handhelds(scope["path"]) or _is_this_machine(scope)


def _is_for_handhelds(path: str) -> bool:
    folders = (f"{HANDHELD_PATH}/", f"{CLOCK_PATH}/", f"{STATIC_PATH}/")
    return path in {HANDHELD_PATH, CLOCK_PATH} or path.startswith(folders)


def _is_this_machine(scope: Scope) -> bool:
    """Say whether the connection's other end is one of this machine's own addresses.

    Both are what the operating system says of the socket, never a header.
    """
    client, server = scope.get("client"), scope.get("server")
    if client is None or server is None:
        return False
    there, here = _address(client[0]), _address(server[0])
    return there is not None and (there.is_loopback or there == here)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _host_name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
