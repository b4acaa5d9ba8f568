"""New and changed alerts as they come, over a WebSocket.

One reader tails the outbox for all clients of the process; each client has a short queue, and one
that does not keep up is dropped: it reconnects and asks REST for what it missed.
Source: interface (REST: ``/api/v1/live``).
"""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, WebSocket
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from hub.access.service import Caller
from hub.alerts.items import alert_item
from hub.alerts.service import Alert, alerts_by_ids
from hub.db import outbox
from hub.db.outbox import NewsTopic
from hub.failpoints import FailPoint
from hub.web.context import HubContext, caller_of

CLIENTS_MAX = 200
UNSENT_MAX = 1_000
"""Messages that wait for one slow client before it is dropped."""

CLOSE_S_MAX = 3.0
"""So long a client that did not keep up may take to hear that it is dropped."""

_TRY_AGAIN_LATER = 1013
_RETRY_S = 1.0

_log = structlog.get_logger()
_dropped = Counter("custos_hub_live_clients_dropped", "Live clients that did not keep up")
_read_failures = Counter("custos_hub_live_read_failures", "Failed reads of the outbox")


@dataclass(frozen=True, slots=True)
class Listener:
    """One client: what waits for it, and whether it was too much."""

    caller: Caller
    queue: asyncio.Queue[str]
    is_late: asyncio.Event

    def offer(self, message: str) -> None:
        """Let a message wait; one too many, and none waits any more."""
        if self.is_late.is_set():
            return
        if not self.queue.full():
            self.queue.put_nowait(message)
            return
        while not self.queue.empty():
            self.queue.get_nowait()
        self.is_late.set()
        _dropped.inc()


class LiveFeed:
    """Tails the outbox for everybody who listens."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub
        self._clients: dict[WebSocket, Listener] = {}
        self._last_id: int | None = None
        """The newest news that every listener was handed."""

    async def run(self) -> None:
        """Read the outbox until cancelled; a failing database is asked again."""
        bell = outbox.Bell(self._hub.database)
        while True:
            try:
                self._hand_on(*await run_in_threadpool(self._read))
            except SQLAlchemyError:
                _read_failures.inc()
                _log.warning("live feed cannot read the outbox", exc_info=True)
                await asyncio.sleep(_RETRY_S)
                continue
            # While nobody listens there is nobody to hurry for.
            await (bell.rings() if self._clients else asyncio.sleep(outbox.POLL_S))

    async def serve(self, client: WebSocket) -> None:
        """Send alerts to one client until it goes."""
        if len(self._clients) >= CLIENTS_MAX:
            await client.close(_TRY_AGAIN_LATER)
            return
        # Before accepting: whoever is connected misses nothing from then on.
        listener = Listener(caller_of(client), asyncio.Queue(UNSENT_MAX), asyncio.Event())
        self._clients[client] = listener
        tasks: list[asyncio.Task[object]] = []
        try:
            await client.accept()
            works = (_send_all(client, listener.queue), _hear(client), listener.is_late.wait())
            tasks = [asyncio.create_task(work) for work in works]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except (WebSocketDisconnect, RuntimeError):
            pass  # RuntimeError: it went before it was accepted.
        finally:
            del self._clients[client]
            for task in tasks:
                task.cancel()
            # Not gather: it would raise a cancellation of its own, which whoever cancels this
            # does not know for theirs.
            if tasks:
                await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
        if listener.is_late.is_set():
            with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
                await asyncio.wait_for(client.close(_TRY_AGAIN_LATER), CLOSE_S_MAX)

    def tell(self, site: str | None, message: str) -> None:
        """Let a message about a site wait for those who may see it."""
        for listener in self._clients.values():
            if listener.caller.sees(site):
                listener.offer(message)

    def _read(self) -> tuple[list[Alert], int]:
        """The alerts that changed since the last read, and how far this one went."""
        with self._hub.database.reading() as tx:
            if self._last_id is None:
                return [], outbox.newest_id(tx)
            news = outbox.news_after(tx, self._last_id)
            ids = sorted({n.subject_id for n in news if n.topic is NewsTopic.ALERT})
            alerts = alerts_by_ids(tx, ids) if ids else []
        return alerts, news[-1].id if news else self._last_id

    def _hand_on(self, alerts: list[Alert], upto_id: int) -> None:
        """Tell the listeners; what fails on the way is read, and told, once more."""
        is_news = self._last_id is not None and upto_id > self._last_id
        if is_news:
            self._hub.fail_points.hit(FailPoint.NEWS_READ)
        for alert in alerts:
            self.tell(alert.site, alert_item(alert).model_dump_json())
        if is_news:
            self._hub.fail_points.hit(FailPoint.NEWS_HANDED_ON)
        self._last_id = upto_id


def live_router(feed: LiveFeed) -> APIRouter:
    """The WebSocket's route."""
    router = APIRouter()

    @router.websocket("/api/v1/live")
    async def live(client: WebSocket) -> None:
        await feed.serve(client)

    return router


async def _send_all(client: WebSocket, queue: asyncio.Queue[str]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await client.send_text(await queue.get())


async def _hear(client: WebSocket) -> None:
    """Until it goes; whatever it says is not for us."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (await client.receive())["type"] != "websocket.disconnect":
            pass
