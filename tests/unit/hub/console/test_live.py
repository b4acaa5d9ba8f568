"""A page's value: read with the beat, drawn when it changed, and said to be unreadable."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import cast

from sqlalchemy.exc import OperationalError

from hub.access.service import Caller, Role
from hub.console.feed import Feed, Snapshot
from hub.console.frame import Frame
from hub.console.live import Live
from hub.console.visit import Visit
from hub.console.wording import Words

ANYBODY = Caller("zhao", Role.MONITOR, None)


class FakeFrame:
    """Counts how often it was told how the hub is."""

    def __init__(self) -> None:
        self.followed = 0

    def follow(self, snapshot: Snapshot) -> None:
        self.followed += 1


class FakeFeed:
    """A feed that beats when a test says so."""

    def __init__(self) -> None:
        self.latest = Snapshot()
        self.followers: list[Callable[[Snapshot], Awaitable[None]]] = []
        self.changed = self

    def subscribe(self, follow: Callable[[Snapshot], Awaitable[None]]) -> None:
        self.followers.append(follow)


class Page:
    """A page whose value a test sets; None: the database does not answer."""

    def __init__(self, every_beats: int = 1) -> None:
        self.value: str | None = "a"
        self.drawn: list[str] = []
        self.reads = 0
        self.feed = FakeFeed()
        self.frame = FakeFrame()
        visit = Visit(cast(Words, None), ANYBODY, cast(Frame, self.frame), cast(Feed, self.feed))
        self.live = Live(
            visit, self._read, self.drawn.append, lambda: self.drawn.append("broken"), every_beats
        )

    def _read(self) -> str:
        self.reads += 1
        if self.value is None:
            raise OperationalError("", {}, OSError("the database is gone"))
        return self.value

    async def beat(self) -> None:
        before = self.feed.latest
        self.feed.latest = replace(before, beat=before.beat + 1)
        for follow in self.feed.followers:
            await follow(self.feed.latest)


def run(story: Callable[[Page], Coroutine[None, None, None]], page: Page) -> None:
    asyncio.run(story(page))


def test_what_did_not_change_is_not_drawn_again() -> None:
    async def story(page: Page) -> None:
        await page.live.start()
        await page.beat()
        assert page.drawn == ["a"]
        page.value = "b"
        await page.beat()
        assert page.drawn == ["a", "b"]
        assert page.frame.followed == 3

    run(story, Page())


def test_an_unreadable_page_says_so_and_is_drawn_again_when_it_answers() -> None:
    async def story(page: Page) -> None:
        await page.live.start()
        page.value = None
        await page.beat()
        page.value = "a"
        await page.beat()
        assert page.drawn == ["a", "broken", "a"]

    run(story, Page())


def test_a_slow_page_reads_with_every_nth_beat_and_its_frame_lives_on() -> None:
    async def story(page: Page) -> None:
        await page.live.start()
        for _ in range(4):
            await page.beat()
        assert page.reads == 2
        assert page.frame.followed == 5

    run(story, Page(every_beats=3))


def test_what_a_person_changed_is_read_at_once() -> None:
    async def story(page: Page) -> None:
        await page.live.start()
        page.value = "b"
        await page.live.refresh()
        assert page.drawn == ["a", "b"]

    run(story, Page())


def test_a_slow_read_of_before_a_persons_act_does_not_undo_what_was_drawn_since() -> None:
    held, let_go = threading.Event(), threading.Event()

    class SlowPage(Page):
        def _read(self) -> str:
            value = super()._read()
            if self.reads == 2:
                held.set()
                assert let_go.wait(5)
            return value

    async def story(page: Page) -> None:
        await page.live.start()
        beat = asyncio.create_task(page.beat())
        assert await asyncio.to_thread(held.wait, 5)
        page.value = "b"
        await page.live.refresh()
        let_go.set()
        await beat
        assert page.reads == 3
        assert page.drawn == ["a", "b"]

    run(story, SlowPage())
