"""The alert wall: what needs me now? Source: console.md ("Alert wall")."""

from starlette.concurrency import run_in_threadpool

from hub.alerts.service import ClosedAlertError, UnknownAlertError
from hub.console.feed import Snapshot, seen_by
from hub.console.frame import Keys
from hub.console.markup import box
from hub.console.rules import Filter, Group, Wall, acts_of, sound_for
from hub.console.seam import NotAllowedError, may_answer
from hub.console.views import Brief, Card, Decision, State
from hub.console.visit import Visit
from hub.console.wall.column import CardActs
from hub.console.wall.counting import CounterPane
from hub.console.wall.desk import NowhereSeenError, WallDesk
from hub.console.wall.detail import Answer, Detail
from hub.console.wall.lanes import Lane
from hub.console.wall.shared import Shared

WALL_KEYS: Keys = (
    ("j", "keys.next"),
    ("k", "keys.previous"),
    ("a", "keys.ack"),
    ("o", "keys.open"),
    ("e", "keys.incident"),
    ("r", "keys.reason"),
    ("y", "keys.accept"),
    ("n", "keys.reject"),
    ("i", "keys.search.start"),
)


class WallPage:
    """One person's wall; the feed tells it what changed."""

    def __init__(self, visit: Visit, desk: WallDesk, shared: Shared) -> None:
        self._words = words = visit.words
        self._frame = visit.frame
        self._desk = desk
        self._caller = caller = visit.caller
        self._feed = visit.feed
        self._shared = shared
        self._snapshot = visit.feed.latest
        self._fresh: frozenset[int] = frozenset()
        self._is_waiting = False
        self._filter = Filter()
        self._wall = self._stands()
        self._expanded: frozenset[int] = frozenset()
        self._chosen: int | None = None
        self._detailed: Card | None = None
        acts = CardActs(self._choose, self._acknowledge, self._expand)
        faces = shared.faces[words.language]
        with box("main", "wall" if may_answer(caller) else "wall is-looking"):
            self._counters = CounterPane(words, self._narrow)
            self._acts = Lane("acts", "check", words, faces, acts)
            self._passages = Lane("passages", "parcel", words, faces, acts)
            with box("aside", "pane detail"):
                self._detail = Detail(words, self._answer, self._start_search)

    async def start(self) -> None:
        """Show what stands now, the most urgent chosen, and follow what comes."""
        first = acts_of(self._wall.cards.values())
        self._chosen = first[0].id if first else None
        self._draw()
        await self._take(self._feed.latest, frozenset())
        self._feed.changed.subscribe(self._follow)

    async def _follow(self, snapshot: Snapshot) -> None:
        """Draw what stands when this page's turn comes; what came meanwhile is drawn with it."""
        self._fresh |= snapshot.fresh
        if self._is_waiting:
            return
        self._is_waiting = True
        async with self._feed.turn:
            self._is_waiting = False
            fresh, self._fresh = self._fresh, frozenset()
            await self._take(self._feed.latest, fresh)

    async def _take(self, snapshot: Snapshot, fresh: frozenset[int]) -> None:
        self._snapshot = snapshot
        self._frame.follow(seen_by(snapshot, self._caller))
        if self._stands() is not self._wall:
            self._draw(fresh)
            cards = self._wall.cards
            self._announce([cards[id_] for id_ in sorted(fresh) if id_ in cards])
        await self._draw_detail()

    def _stands(self) -> Wall:
        return self._shared.wall(self._snapshot.cards, self._caller.sites, self._filter)

    def _draw(self, fresh: frozenset[int] = frozenset()) -> None:
        self._wall = wall = self._stands()
        is_filtered = self._filter != Filter()
        self._counters.show(wall.counted, self._filter)
        for lane, queue in ((self._acts, wall.acts), (self._passages, wall.passages)):
            lane.show(queue, self._chosen, fresh, self._expanded, is_filtered=is_filtered)

    def _announce(self, fresh: list[Card]) -> None:
        level = sound_for(fresh)
        if level is None:
            return
        if len(fresh) > 1:
            sentence = self._words.say("wall.new.many", n=len(fresh))
        else:
            site = fresh[0].site or self._words.say("card.site.none")
            kind = self._words.name("kind", fresh[0].kind)
            sentence = self._words.say("wall.new", kind=kind, site=site)
        self._frame.announce(sentence, level)

    async def _draw_detail(self) -> None:
        card = None if self._chosen is None else self._wall.cards.get(self._chosen)
        if card == self._detailed:
            return
        brief: Brief | None = None
        if card is not None:
            brief = await run_in_threadpool(self._desk.brief, card)
        self._detailed = card
        self._detail.show(card, brief)

    # ---------------------------------------------------------------- what a person does

    def _narrow(self, wanted: Filter) -> None:
        self._filter = wanted
        self._draw()

    def _expand(self, group: Group) -> None:
        self._expanded |= {card.id for card in group.cards}
        self._draw()

    async def _choose(self, card: Card) -> None:
        self._chosen = card.id
        self._draw()
        await self._draw_detail()

    async def _acknowledge(self, card: Card) -> None:
        await self._answer(Answer(card, Decision.ACK, None))

    async def _answer(self, answer: Answer) -> None:
        card = answer.card
        try:
            await run_in_threadpool(
                self._desk.answer, card.id, answer.decision, self._caller, answer.reason
            )
        except NotAllowedError:
            self._detail.complain(self._words.say("card.forbidden"))
            return
        except (ClosedAlertError, UnknownAlertError):
            # Somebody else was faster; the feed brings what they did.
            self._detail.complain(self._words.say("card.closed"))
            return
        if card.id == self._chosen:
            await self._choose_next(card.id)

    async def _start_search(self, card: Card, reason: str) -> None:
        start = self._desk.start_search
        try:
            incident_id = await run_in_threadpool(start, card.id, self._caller, reason)
        except NotAllowedError:
            self._detail.complain(self._words.say("card.forbidden"))
        except NowhereSeenError:
            self._detail.complain(self._words.say("card.search.nowhere"))
        except (ClosedAlertError, UnknownAlertError):
            self._detail.complain(self._words.say("card.closed"))
        else:
            self._detailed = None
            await self._draw_detail()
            self._detail.tell_search(incident_id)

    async def _choose_next(self, done: int) -> None:
        cards = [c for c in self._wall.cards.values() if self._filter.lets_through(c)]
        waiting = [c for c in acts_of(cards) if c.state is State.OPEN and c.id != done]
        if waiting:
            await self._choose(waiting[0])
