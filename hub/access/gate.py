"""Nobody comes in unknown, and nobody gets what their role is not granted.

One piece of middleware in front of everything, console and WebSockets included. It serves only what
stands in :mod:`hub.access.grants`, so a route that is added later is closed by itself; and no body
beyond ``BODY_BYTES_MAX``, since a body is in memory before its route sees it.
Source: interface (REST), design section 4, docs/adr/0014.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from fastapi import HTTPException
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.access import accounts
from hub.access.account_store import Credential
from hub.access.grants import OPEN, OWN_PASSWORD, is_asset, may, methods_of, route_of, ungranted
from hub.access.live_socket import GuardedSocket
from hub.access.login_page import login_page, refused_page
from hub.access.session_cookie import SESSION_COOKIE, safe_path
from hub.web.choice import language_of, theme_of
from hub.web.context import HubContext
from hub.web.problems import database_away_response, problem_response
from wire.limits import FOOTAGE_MESSAGE_BYTES_MAX

ACCOUNT_PATH = "/account"
EDGE_PREFIX = "/api/v1/edge/"

BODY_BYTES_MAX = FOOTAGE_MESSAGE_BYTES_MAX
"""Of any request; most of the edges' own routes take less."""
_CREDENTIAL_CHARS_MAX = 200
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WEBSOCKET_REFUSED = 1008
_ASSET = "an asset of the console"


@dataclass(frozen=True, slots=True)
class _Entry:
    held: Credential
    by_cookie: bool


class Gate:
    """ASGI middleware: finds out who calls, or refuses."""

    def __init__(self, app: ASGIApp, hub: HubContext) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or answer 401, 403, 404 or 405 (a WebSocket: closed before it opens)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http":
            receive = _bounded(receive)
        try:
            refusal = await self._refusal(scope)
        except (OperationalError, PoolTimeout) as error:
            refusal = database_away_response(str(_route(scope)), error)
        if refusal is not None:
            await _refuse(scope, receive, send, refusal)
        elif scope["type"] == "websocket":
            is_allowed = partial(self._is_same_caller, HTTPConnection(scope))
            guarded = GuardedSocket(receive, send, self._hub.clock, is_allowed)
            await self._app(scope, guarded.receive, guarded.send)
        else:
            await self._app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        connection, route = HTTPConnection(scope), _route(scope)
        if route in OPEN:
            return _open_refusal(scope, connection)
        entry = await run_in_threadpool(self._find_entry, connection)
        if entry is None:
            return _stranger_response(scope, connection)
        if entry.by_cookie and not _may_use_cookie(scope, connection):
            return problem_response(403, "a request of another origin")
        if entry.by_cookie and entry.held.must_change and route not in OWN_PASSWORD:
            return _change_first(connection)
        scope.setdefault("state", {})["caller"] = entry.held.caller
        return _role_refusal(scope, entry.held, route)

    def _is_same_caller(self, connection: HTTPConnection) -> bool:
        """Say whether a connection that was let in would be let in now, as the same caller."""
        try:
            entry = self._find_entry(connection)
        except (OperationalError, PoolTimeout):
            return True  # Nobody knows; without the database there is nothing to tell either.
        return entry is not None and entry.held.caller == connection.state.caller

    def _find_entry(self, connection: HTTPConnection) -> _Entry | None:
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        session = connection.cookies.get(SESSION_COOKIE, "")
        if max(len(token), len(session)) > _CREDENTIAL_CHARS_MAX:
            return None
        now, rate = self._hub.clock.now(), self._hub.clock.rate
        with self._hub.database.reading() as tx:
            if kind:
                # A wrong token is refused even beside a good cookie: the caller meant the token.
                is_bearer = kind.lower() == "bearer"
                held = accounts.caller_by_token(tx, token, now) if is_bearer else None
                return None if held is None else _Entry(held, by_cookie=False)
            held = accounts.caller_by_session(tx, session, now, rate) if session else None
        if held is None:
            return None
        if accounts.is_touch_due(held, now, rate):
            with self._hub.database.writing() as tx:
                accounts.touch_session(tx, held, now)
        return _Entry(held, by_cookie=True)


def refuse_ungranted(routes: Iterable[BaseRoute], mounted_at: str = "") -> None:
    """Refuse to start with a route of which nobody has said who may use it.

    Raises:
        RuntimeError: names the routes; each needs a line in :mod:`hub.access.grants`.
    """
    missing = ungranted(route_names(routes, mounted_at))
    if missing:
        raise RuntimeError(f"routes without a grant in hub/access/grants.py: {', '.join(missing)}")


def route_names(routes: Iterable[BaseRoute], mounted_at: str = "") -> list[str]:
    """Routes as the table of grants writes them, the console's assets left out."""
    found = []
    for route in routes:
        if isinstance(route, WebSocketRoute):
            found.append(f"WS {mounted_at}{route.path}")
        elif isinstance(route, Route) and not is_asset(mounted_at + route.path):
            methods = sorted((route.methods or set()) - {"HEAD"})
            found += [f"{method} {mounted_at}{route.path}" for method in methods]
    return found


def _route(scope: Scope) -> str | None:
    path = scope["path"]
    if is_asset(path):
        return _ASSET
    return route_of("WS" if scope["type"] == "websocket" else scope["method"], path)


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def receive_bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > BODY_BYTES_MAX:
            # FastAPI lets this one through from within its reading of the body.
            raise HTTPException(413, f"at most {BODY_BYTES_MAX} bytes")
        return message

    return receive_bounded


def _open_refusal(scope: Scope, connection: HTTPConnection) -> Response | None:
    if scope["path"].startswith(EDGE_PREFIX):
        # Only browsers send it: a page that somebody opens here must not enrol an edge.
        is_browser = "origin" in connection.headers
        return problem_response(403, "an edge is no browser") if is_browser else None
    # Another site's form must not log its visitors in here.
    is_own = _may_use_cookie(scope, connection)
    return None if is_own else problem_response(403, "a request of another origin")


def _role_refusal(scope: Scope, held: Credential, route: str | None) -> Response | None:
    if route == _ASSET or (route is not None and may(held.caller.role, route)):
        return None
    if route is not None and scope["type"] == "http" and _wants_page(HTTPConnection(scope)):
        connection = HTTPConnection(scope)
        return refused_page(held.caller, language_of(connection), theme_of(connection))
    if route is not None:
        return problem_response(403, f"the role {held.caller.role} may not do this")
    methods = methods_of(scope["path"])
    if methods and scope["type"] == "http":
        return problem_response(405, "not by this method", {"Allow": ", ".join(methods)})
    return problem_response(404, "there is nothing here")


def _may_use_cookie(scope: Scope, connection: HTTPConnection) -> bool:
    # Browsers send cookies along with other sites' requests too; Origin tells which site asks.
    if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
        return True
    origin = urlsplit(connection.headers.get("origin", ""))
    return origin.netloc != "" and origin.netloc == connection.headers.get("host")


def _wants_page(connection: HTTPConnection) -> bool:
    return "text/html" in connection.headers.get("accept", "")


def _stranger_response(scope: Scope, connection: HTTPConnection) -> Response:
    if _wants_page(connection):
        onward = safe_path(scope["path"])
        return login_page(language_of(connection), theme_of(connection), 401, onward)
    detail = "a bearer token or a console session is needed"
    return problem_response(401, detail, {"WWW-Authenticate": "Bearer"})


def _change_first(connection: HTTPConnection) -> Response:
    if _wants_page(connection):
        return RedirectResponse(ACCOUNT_PATH, 303)
    return problem_response(403, "the password must be changed first")


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _WEBSOCKET_REFUSED})
    else:
        await response(scope, receive, send)
