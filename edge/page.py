"""The station page's server: static files, one WebSocket, health and figures.

asyncio stays in here, in a thread of its own. Each page gets the newest state, never a queue of
old ones; one that does not take a state in time is dropped. Source: console ("Station page").

    PageError    the address is taken or not ours, or the certificate does not do: one sentence,
                 exit 2      (from OSError, ssl.SSLError)
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from types import NoneType
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from edge.asked import Asked, Unanswered
from edge.clock_page import ClockPage
from edge.config import Certificate
from edge.forms import FORM_BYTES_MAX, Ack, AnyForm, Refusal, parse_page_message
from edge.gate import POLICY_VIOLATION, STATIC_PATH, Gate
from edge.handheld_page import HandheldPage
from edge.metrics import Metrics
from edge.page_state import Answer, encode_page
from edge.station_events import HandheldAsked

STATIC = Path(__file__).parent / "static"
CLIENTS_MAX = 16
BACKLOG = 64
SEND_TIMEOUT_S = 3.0
UNREAD_MS_MAX = 30_000
"""A page that takes nothing for so long is hung up on by the kernel: else what waits for it would
stay for ever."""
FORM_TIMEOUT_S = 10.0
"""The station answers within milliseconds; after this the page is told that it is not known."""
LISTEN_PAUSE_S = 0.1
"""A page is heard this rarely; what it says meanwhile waits in its own socket, not in the station's
queue, where scans wait."""
_USUAL_ENDS = (NoneType, WebSocketDisconnect, TimeoutError, asyncio.CancelledError)
TRY_AGAIN_LATER = 1013
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class PageError(Exception):
    """The page cannot be served at its address; the sentence says why."""


class Page:
    """The server; ``show`` and ``answer`` may be called from any thread."""

    def __init__(
        self,
        metrics: Metrics,
        is_ready: Callable[[], bool],
        on_ack: Callable[[int], None],
        on_form: Callable[[AnyForm], bool],
        on_handheld: Callable[[HandheldAsked], bool],
        mono_ns: Callable[[], int],
        now: Callable[[], datetime],
        *,
        has_tls: bool,
    ) -> None:
        """``on_ack`` gets the ``seq`` of the alarm that somebody touched.

        ``on_form`` gets what somebody filled in and says whether it was taken at all; what became
        of it comes back by :meth:`answer`. ``on_handheld`` likewise what handhelds say, answered
        through ``handheld``. ``now`` is the wall clock that cameras are shown. ``has_tls``: it is
        served on the network.
        """
        self._metrics = metrics
        self._is_ready = is_ready
        self._on_ack, self._on_form = on_ack, on_form
        self._asked: Asked[Refusal | None] = Asked()
        self.handheld = HandheldPage(STATIC, _HEADERS, on_handheld, mono_ns, has_tls=has_tls)
        self._clock_page = ClockPage(STATIC, _HEADERS, now)
        self._latest: str | None = None
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clients = 0
        self._has_tls = has_tls
        self.app = self._make_app()

    def show(self, text: str) -> None:
        """The newest state, as a text frame; for any thread."""
        self._latest = text
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has just stopped: nobody looks any more
                self._loop.call_soon_threadsafe(self._wake)

    def answer(self, key: str, refusal: Refusal | None) -> None:
        """What became of the form ``key``; None is recorded. For any thread."""
        self._asked.answer(key, refusal)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def _live(self, _app: FastAPI) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        yield
        self._loop = None

    def _make_app(self) -> FastAPI:
        app = FastAPI(openapi_url=None, lifespan=self._live)
        app.add_middleware(Gate, has_tls=self._has_tls)
        app.add_api_route("/", self._index, methods=["GET"])
        app.add_api_route("/healthz", self._healthz, methods=["GET"])
        app.add_api_route("/readyz", self._readyz, methods=["GET"])
        app.add_api_route("/metrics", self._figures, methods=["GET"])
        app.add_api_websocket_route("/ws", self._talk)
        self.handheld.add_to(app)
        self._clock_page.add_to(app)
        app.mount(STATIC_PATH, _Static(directory=STATIC, check_dir=False))
        return app

    async def _index(self) -> Response:
        return FileResponse(STATIC / "index.html", headers=_HEADERS)

    async def _healthz(self) -> Response:
        return PlainTextResponse("ok")

    async def _readyz(self) -> Response:
        if self._is_ready():
            return PlainTextResponse("ready")
        return PlainTextResponse("not ready", HTTPStatus.SERVICE_UNAVAILABLE)

    async def _figures(self) -> Response:
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def _talk(self, websocket: WebSocket) -> None:
        await websocket.accept()
        if self._clients >= CLIENTS_MAX:
            await websocket.close(TRY_AGAIN_LATER)
            return
        self._clients += 1
        tasks = [
            asyncio.create_task(self._tell(websocket)),
            asyncio.create_task(self._listen(websocket)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._clients -= 1
            for task in tasks:
                task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(ended, _USUAL_ENDS):
                raise ended

    async def _tell(self, websocket: WebSocket) -> None:
        told: str | None = None
        while True:
            changed = self._changed
            if self._latest is not None and self._latest is not told:
                told = self._latest
                await asyncio.wait_for(websocket.send_text(told), SEND_TIMEOUT_S)
            await changed.wait()

    async def _listen(self, websocket: WebSocket) -> None:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                said = parse_page_message(message.get("text", ""))  # a binary frame says nothing
            except ValueError:
                await websocket.close(POLICY_VIOLATION)
                return
            if isinstance(said, Ack):
                self._on_ack(said.seq)
            else:
                refusal = await self._ask(said)
                answer = Answer(key=said.key, recorded=refusal is None, reason=refusal)
                await asyncio.wait_for(websocket.send_text(encode_page(answer)), SEND_TIMEOUT_S)
            await asyncio.sleep(LISTEN_PAUSE_S)

    async def _ask(self, form: AnyForm) -> Refusal | None:
        """Hand a form to the station and wait for its word: one at a time from each page."""
        answer = await self._asked.ask(form.key, lambda: self._on_form(form), FORM_TIMEOUT_S)
        if isinstance(answer, Unanswered):
            return Refusal.BUSY if answer is Unanswered.BUSY else Refusal.UNSURE
        return answer


class _Static(StaticFiles):
    """Static files with the page's headers: no other origin's script, no stale copy."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(_HEADERS)
        return response


class PageServer:
    """Serves a page in a thread of its own."""

    def __init__(
        self, page: Page, host: str, port: int, certificate: Certificate | None = None
    ) -> None:
        """Bind the address at once; port 0 takes a free one.

        Raises:
            PageError: taken, or not this machine's, or the certificate cannot be used.
        """
        if certificate is not None:
            _check(certificate)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS_MAX)
        try:
            self._socket.bind((host, port))
            self._socket.listen(BACKLOG)
        except OSError as error:
            self._socket.close()
            raise PageError(f"station.listen {host}:{port}: {error.strerror}") from error
        self.port: int = self._socket.getsockname()[1]
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}/"
        config = uvicorn.Config(
            page.app,
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=FORM_BYTES_MAX,
            timeout_graceful_shutdown=1,
            # Who is at this machine is asked of the socket, never of a header.
            proxy_headers=False,
            ssl_certfile=certificate.cert if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="page", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def is_serving(self) -> bool:
        """Say whether requests are answered."""
        return self._server.started and self._thread.is_alive()

    def stop(self, timeout_s: float) -> bool:
        """Close every connection; says whether the thread ended in time."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._socket.close()
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _check(certificate: Certificate) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*certificate)
    except OSError as error:  # ssl.SSLError is one
        names = f"{certificate.cert} and {certificate.key}"
        raise PageError(f"station.tls_cert and tls_key, {names}: {error}") from error
