"""Nobody comes in unknown: every request but a named few needs a token or a session.

Nor with more than ``BODY_BYTES_MAX``: a body is in memory before its route sees it.

One piece of middleware in front of everything, console and WebSockets included, so that a route
that is added later is closed by itself. Source: interface (REST), design section 4.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import HTTPException
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.access.service import Caller, caller_by_session, caller_by_token
from hub.web.context import HubContext
from hub.web.problems import database_away_response, problem_response

SESSION_COOKIE = "custos_session"
OPEN_PATHS = ("/healthz", "/readyz", "/metrics")
EDGE_PREFIX = "/api/v1/edge/"
OPEN_PREFIXES = ("/enter/", EDGE_PREFIX)
"""Console links carry their secret; edges sign their requests, and each of those routes checks."""

BODY_BYTES_MAX = 1024 * 1024
"""Of any request; the edges' own routes take less."""
_CREDENTIAL_CHARS_MAX = 200
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WEBSOCKET_REFUSED = 1008

_STRANGER_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<title>Custos</title><body style="font:18px/1.6 sans-serif;margin:15vh auto;max-width:36em">
<h1>请用控制台链接登录</h1><p>请打开 <code>custos-hub</code> 启动时打印的一次性链接，
或运行 <code>custos-hub link</code> 获取新链接。</p>
<h1 lang="en">Sign in by a console link</h1><p lang="en">Open the one-use link that
<code>custos-hub</code> printed at its start, or get a new one by <code>custos-hub link</code>.</p>
"""


@dataclass(frozen=True, slots=True)
class _Entry:
    caller: Caller
    by_cookie: bool


class Gate:
    """ASGI middleware: finds out who calls, or refuses."""

    def __init__(self, app: ASGIApp, hub: HubContext) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or answer 401 or 403 (a WebSocket: closed before it opens)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["type"] == "http":
            receive = _bounded(receive)
        if is_open(scope["path"]):
            if scope["path"].startswith(EDGE_PREFIX) and "origin" in connection.headers:
                # Only browsers send it: a page that somebody opens here must not enrol an edge.
                response = problem_response(403, "an edge is no browser")
                await _refuse(scope, receive, send, response)
                return
            await self._app(scope, receive, send)
            return
        try:
            entry = await run_in_threadpool(self._find_entry, connection)
        except (OperationalError, PoolTimeout) as error:
            response = database_away_response(scope["path"], error)
            await _refuse(scope, receive, send, response)
            return
        if entry is None:
            await _refuse(scope, receive, send, _stranger_response(connection))
        elif entry.by_cookie and not _may_use_cookie(scope, connection):
            response = problem_response(403, "a request of another origin")
            await _refuse(scope, receive, send, response)
        else:
            scope.setdefault("state", {})["caller"] = entry.caller
            await self._app(scope, receive, send)

    def _find_entry(self, connection: HTTPConnection) -> _Entry | None:
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        session = connection.cookies.get(SESSION_COOKIE, "")
        if max(len(token), len(session)) > _CREDENTIAL_CHARS_MAX:
            return None
        now = self._hub.clock.now()
        with self._hub.database.reading() as tx:
            if kind:
                # A wrong token is refused even beside a good cookie: the caller meant the token.
                caller = caller_by_token(tx, token, now) if kind.lower() == "bearer" else None
                return None if caller is None else _Entry(caller, by_cookie=False)
            caller = caller_by_session(tx, session, now) if session else None
            return None if caller is None else _Entry(caller, by_cookie=True)


def is_open(path: str) -> bool:
    """Say whether a path is served to strangers."""
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


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


def _may_use_cookie(scope: Scope, connection: HTTPConnection) -> bool:
    # Browsers send cookies along with other sites' requests too; Origin tells which site asks.
    if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
        return True
    origin = urlsplit(connection.headers.get("origin", ""))
    return origin.netloc != "" and origin.netloc == connection.headers.get("host")


def _stranger_response(connection: HTTPConnection) -> Response:
    if "text/html" in connection.headers.get("accept", ""):
        return HTMLResponse(_STRANGER_PAGE, 401)
    detail = "a bearer token or a console session is needed"
    return problem_response(401, detail, {"WWW-Authenticate": "Bearer"})


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _WEBSOCKET_REFUSED})
    else:
        await response(scope, receive, send)
