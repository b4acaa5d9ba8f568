"""The feed: one reader tells every page what changed, and says when it cannot read."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from hub.console.feed import Feed, Snapshot
from hub.console.views import (
    Card,
    Changes,
    Health,
    Ingest,
    State,
)
from hub.console.vitals import Trouble, trouble_of
from tests.unit.hub.console.cards import NOW, card

WAIT_S = 5.0


class FakeRooms:
    """Rooms whose news a test writes; asked for news twice, it never tells them twice."""

    def __init__(self, standing: tuple[Card, ...] = ()) -> None:
        self.standing = standing
        self.news: list[Card] = []
        self.is_broken = False
        self.ingest = Ingest.LISTENING

    def changes(self, after: int | None) -> Changes:
        if self.is_broken:
            raise OSError("the database is gone")
        if after is None:
            return Changes(len(self.news), self.standing)
        return Changes(len(self.news), tuple(self.news[after:]))

    def health(self) -> Health:
        return Health(NOW, self.ingest, None, ())


def run(story: Callable[[Feed, list[Snapshot]], Awaitable[None]], rooms: FakeRooms) -> None:
    async def play() -> None:
        feed, heard = Feed(rooms), []
        feed.changed.subscribe(heard.append)
        await story(feed, heard)

    asyncio.run(play())


def test_what_stood_before_the_hub_started_is_not_new() -> None:
    async def story(feed: Feed, heard: list[Snapshot]) -> None:
        await feed.look(with_health=True)
        assert list(heard[-1].cards) == [1]
        assert heard[-1].fresh == frozenset()

    run(story, FakeRooms((card(1),)))


def test_a_new_alert_is_told_at_once_and_is_new_only_once() -> None:
    rooms = FakeRooms((card(1),))

    async def story(feed: Feed, heard: list[Snapshot]) -> None:
        await feed.look(with_health=True)
        rooms.news.append(card(2))
        await feed.look(with_health=False)
        assert heard[-1].fresh == {2}
        assert heard[-1].beat == heard[0].beat
        rooms.news.append(replace(card(2), count=2))
        await feed.look(with_health=False)
        assert heard[-1].fresh == frozenset()
        assert heard[-1].cards[2].count == 2

    run(story, rooms)


def test_a_beat_without_news_keeps_the_very_same_cards() -> None:
    async def story(feed: Feed, heard: list[Snapshot]) -> None:
        await feed.look(with_health=True)
        await feed.look(with_health=True)
        assert heard[1].cards is heard[0].cards
        assert heard[1].beat > heard[0].beat

    run(story, FakeRooms((card(1),)))


def test_a_closed_alert_leaves_every_page() -> None:
    rooms = FakeRooms((card(1),))

    async def story(feed: Feed, heard: list[Snapshot]) -> None:
        await feed.look(with_health=True)
        rooms.news.append(card(1, state=State.CLOSED))
        await feed.look(with_health=False)
        assert heard[-1].cards == {}

    run(story, rooms)


def test_a_quiet_look_tells_nothing_but_a_beat_is_told_always() -> None:
    async def story(feed: Feed, heard: list[Snapshot]) -> None:
        await feed.look(with_health=True)
        await feed.look(with_health=False)
        assert len(heard) == 1
        await feed.look(with_health=True)
        assert [each.beat for each in heard] == [1, 2]

    run(story, FakeRooms())


def test_a_feed_that_cannot_read_says_so_keeps_the_cards_and_recovers() -> None:
    rooms = FakeRooms((card(1),))

    async def story(feed: Feed, heard: list[Snapshot]) -> None:
        async def until(trouble: Trouble | None) -> None:
            async with asyncio.timeout(WAIT_S):
                while not heard or trouble_of(heard[-1]) is not trouble:
                    await asyncio.sleep(0.01)

        feed.start()
        await until(None)
        rooms.is_broken = True
        await until(Trouble.BLIND)
        assert list(heard[-1].cards) == [1]
        rooms.is_broken = False
        await until(None)
        await feed.stop()

    run(story, rooms)


def test_each_state_of_ingest_has_its_trouble() -> None:
    health = Health(NOW, Ingest.DOWN, None, ())
    assert trouble_of(Snapshot(health=health, beat=1)) is Trouble.DOWN
    assert trouble_of(Snapshot(health=replace(health, ingest=Ingest.DEAF), beat=1)) is Trouble.DEAF
    assert trouble_of(Snapshot(health=replace(health, ingest=Ingest.FULL), beat=1)) is Trouble.FULL
    assert trouble_of(Snapshot(health=replace(health, ingest=Ingest.LISTENING), beat=1)) is None
    assert trouble_of(Snapshot(beat=1)) is Trouble.BLIND
    assert trouble_of(Snapshot()) is None
