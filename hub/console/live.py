"""A page's one value: read again with the feed's beat, drawn again when it changed."""

from collections.abc import Callable
from typing import Generic, TypeVar

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from hub.console.feed import Snapshot, seen_by
from hub.console.visit import Visit

T = TypeVar("T")

_log = structlog.get_logger()
_failures = Counter("custos_console_page_failures", "Pages whose value could not be read")


def keep_frame(visit: Visit) -> None:
    """Keep the frame of a page true whose own content changes only when the person asks."""

    def follow(snapshot: Snapshot) -> None:
        visit.frame.follow(seen_by(snapshot, visit.caller))

    follow(visit.feed.latest)
    visit.feed.changed.subscribe(follow)


class Live(Generic[T]):
    """Keeps a page true; a database that does not answer is told in the page's place."""

    def __init__(
        self,
        visit: Visit,
        read: Callable[[], T],
        draw: Callable[[T], None],
        tell_broken: Callable[[], None],
        every_beats: int = 1,
    ) -> None:
        """Join a page to the feed.

        Args:
            visit: who looks.
            read: reads the value; called in a thread.
            draw: draws it; called only with a value that differs from the last one.
            tell_broken: says that the value cannot be read now.
            every_beats: reads with every n-th beat (about a second), n from 1.
        """
        self._visit = visit
        self._read = read
        self._draw = draw
        self._tell_broken = tell_broken
        self._every_beats = every_beats
        self._read_at_beat: int | None = None
        self._begun = 0
        self._finished = 0
        self._shown: tuple[T] | None = None

    async def start(self) -> None:
        """Show what stands now and follow what comes."""
        await self._follow(self._visit.feed.latest)
        self._visit.feed.changed.subscribe(self._follow)

    async def refresh(self) -> None:
        """Read now: the person has just changed something."""
        self._begun += 1
        nth = self._begun
        found: tuple[T] | None = None
        try:
            found = (await run_in_threadpool(self._read),)
        except SQLAlchemyError:
            _failures.inc()
            _log.warning("page cannot be read", exc_info=True)
        if nth < self._finished:
            # A read that began later was quicker: this one is of before the person's act.
            return
        self._finished = nth
        before, self._shown = self._shown, found
        if found is None:
            self._tell_broken()
        elif found != before:
            self._draw(found[0])

    async def _follow(self, snapshot: Snapshot) -> None:
        self._visit.frame.follow(seen_by(snapshot, self._visit.caller))
        last = self._read_at_beat
        if last is not None and snapshot.beat - last < self._every_beats:
            return
        self._read_at_beat = snapshot.beat
        await self.refresh()
