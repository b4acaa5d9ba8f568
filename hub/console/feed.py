"""One reader for all open pages: it tails the alerts and tells every page what changed.

A page never polls. Source: console.md ("Alert wall"), design section 5 (outbox).
"""

import asyncio
from dataclasses import dataclass, field, replace

import structlog
from nicegui import Event
from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool

from hub.access.service import Caller
from hub.console.rules import changed_wall, new_ids
from hub.console.seam import News
from hub.console.views import Card, Changes, Health

POLL_S = 0.25
"""An alert stands on the wall well within a second of its commit."""
HEALTH_EVERY_POLLS = 4

_log = structlog.get_logger()
_failures = Counter("custos_console_feed_failures", "Reads of the wall that failed")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The wall at one moment; ``health`` None: the database does not answer.

    ``beat`` grows with every look at the health, so that a page can tell a quiet wall from a
    dead one. ``fresh`` are the cards that came with this snapshot.
    """

    cards: dict[int, Card] = field(default_factory=dict)
    fresh: frozenset[int] = frozenset()
    health: Health | None = None
    beat: int = 0


def seen_by(snapshot: Snapshot, caller: Caller) -> Snapshot:
    """The wall as somebody may see it: without the cards and edges of sites that are not theirs."""
    if caller.sites is None:
        return snapshot
    cards = {id_: card for id_, card in snapshot.cards.items() if caller.sees(card.site)}
    health = snapshot.health
    if health is not None:
        edges = tuple(edge for edge in health.edges if caller.sees(edge.site))
        health = replace(health, edges=edges)
    return replace(snapshot, cards=cards, fresh=snapshot.fresh & cards.keys(), health=health)


class Feed:
    """Holds the newest snapshot and emits each new one to the pages that subscribed."""

    def __init__(self, news: News) -> None:
        self.latest = Snapshot()
        self.changed: Event[Snapshot] = Event()
        # A page draws in its turn: between two pages the sockets of all others are heard.
        self.turn = asyncio.Lock()
        self._news = news
        self._news_id: int | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin reading; the running event loop owns it."""
        self._task = asyncio.create_task(self._run(), name="console-feed")

    async def stop(self) -> None:
        """Stop reading and wait until it has."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        polls = 0
        while True:
            try:
                await self.look(with_health=polls % HEALTH_EVERY_POLLS == 0)
            except Exception:  # noqa: BLE001  # the loop's outermost: the wall says so and goes on
                _failures.inc()
                _log.exception("the wall cannot be read")
                self._emit(Snapshot(self.latest.cards, frozenset(), None, self.latest.beat + 1))
            polls += 1
            await asyncio.sleep(POLL_S)

    async def look(self, *, with_health: bool) -> None:
        """Read once what changed; with the health it is a beat, and told even when all is quiet."""
        changes = await run_in_threadpool(self._news.changes, self._news_id)
        health = await run_in_threadpool(self._news.health) if with_health else self.latest.health
        if changes.cards or with_health:
            self._take(changes, health, beats=int(with_health))
        self._news_id = changes.news_id

    def _take(self, changes: Changes, health: Health | None, beats: int) -> None:
        before = self.latest.cards
        # What already stands when the hub starts is not new to anybody.
        fresh = frozenset() if self._news_id is None else new_ids(before, changes.cards)
        # The same mapping while nothing changed: pages have nothing to draw then.
        cards = changed_wall(before, changes.cards) if changes.cards else before
        self._emit(Snapshot(cards, fresh, health, self.latest.beat + beats))

    def _emit(self, snapshot: Snapshot) -> None:
        self.latest = snapshot
        self.changed.emit(snapshot)
