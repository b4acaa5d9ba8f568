"""What stands where on the wall, and what may be believed. Pure. Source: console.md."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.console.views import Card, Level, State

CARDS_MAX = 40
"""Cards or groups drawn in one column; the rest is counted under it."""
CARDS_KEPT_MAX = 2_000
"""Unclosed alerts that the wall holds; of more it keeps the newest."""
GROUP_MIN = 10
GROUP_WITHIN = timedelta(seconds=1)
"""Ten of a kind at a site within a second are one card."""
LIMIT_S = {Level.ACT: 300, Level.WARN: 3600, Level.PASSAGE: 3600}
"""When a card's ring is full: the age at which nobody having looked is itself wrong (ours)."""
_WAYBILL = re.compile("[0-9A-Za-z-]{1,64}")


_LEVEL_ORDER = {Level.ACT: 0, Level.WARN: 1, Level.PASSAGE: 2}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the wall is narrowed to; None lets everything through."""

    kind: str | None = None
    site: str | None = None

    def lets_through(self, card: Card) -> bool:
        """Say whether a card stands on the narrowed wall."""
        return self.kind in (None, card.kind) and self.site in (None, card.site)


@dataclass(frozen=True, slots=True)
class Group:
    """Cards of one kind and site that came within a second, newest first."""

    cards: tuple[Card, ...]

    @property
    def key(self) -> str:
        """The same while the group stands, whatever joins it: its oldest card."""
        return f"group-{min(card.id for card in self.cards)}"


@dataclass(frozen=True, slots=True)
class Counters:
    """Unclosed alerts by kind and by site, the most first."""

    kinds: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """One column: its cards in order, bursts grouped; how many they are, and how many wait."""

    items: tuple[Card | Group, ...]
    count: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands on the wall for all who see the same sites through the same filter.

    ``cards`` and ``counted`` are of the whole wall, whatever it is narrowed to.
    """

    cards: Mapping[int, Card]
    counted: Counters
    acts: Queue
    passages: Queue


def urgency(card: Card) -> tuple[int, int, int, datetime]:
    """Sort key, most urgent first: unseen, level, money, then the longest waiting."""
    seen = 1 if card.state is State.ACKED else 0
    fen = 0 if card.value_cny is None else int(card.value_cny * 100)
    return (seen, _LEVEL_ORDER[card.level], -fen, card.raised_at)


def fill(card: Card, now: datetime) -> float:
    """How full a card's ring is: its age against its limit, 0 to 1."""
    age_s = (now - card.raised_at).total_seconds()
    return min(1.0, max(0.0, age_s / LIMIT_S[card.level]))


def acts_of(cards: Iterable[Card]) -> list[Card]:
    """The column that needs a person, most urgent first."""
    return sorted((c for c in cards if c.level is not Level.PASSAGE), key=urgency)


def passages_of(cards: Iterable[Card]) -> list[Card]:
    """The watched flow, newest first."""
    found = (card for card in cards if card.level is Level.PASSAGE)
    return sorted(found, key=lambda card: card.raised_at, reverse=True)


def grouped(cards: Iterable[Card]) -> list[Card | Group]:
    """Put bursts together, each group in the place of its first card; the order stays."""
    cards = list(cards)
    in_group = {card.id: burst for burst in _bursts(cards) for card in burst.cards}
    placed: list[Card | Group] = []
    for card in cards:
        burst = in_group.get(card.id)
        if burst is None:
            placed.append(card)
        elif burst not in placed:
            placed.append(burst)
    return placed


def _bursts(cards: list[Card]) -> list[Group]:
    found: list[Group] = []
    run: list[Card] = []
    by_kind = sorted(cards, key=lambda c: (c.kind, c.site or "", c.raised_at, c.id))
    for card in by_kind:
        joins = (
            bool(run)
            and (run[0].kind, run[0].site) == (card.kind, card.site)
            and card.raised_at - run[0].raised_at <= GROUP_WITHIN
        )
        if not joins:
            found += _group(run)
            run = []
        run.append(card)
    return found + _group(run)


def _group(run: list[Card]) -> list[Group]:
    return [Group(tuple(reversed(run)))] if len(run) >= GROUP_MIN else []


def counters(cards: Iterable[Card]) -> Counters:
    """Count what stands on the whole wall, whatever it is narrowed to."""
    cards = list(cards)
    kinds = Counter(card.kind for card in cards)
    sites = Counter(card.site for card in cards if card.site is not None)
    return Counters(
        tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0]))),
        tuple(sorted(sites.items(), key=lambda item: (-item[1], item[0]))),
    )


def wall_of(cards: Mapping[int, Card], sites: frozenset[str] | None, narrowed: Filter) -> Wall:
    """Put every card in its place.

    Args:
        cards: all that stand, by id.
        sites: whose cards may be seen; None: all of them.
        narrowed: what the columns are narrowed to.
    """
    seen = cards
    if sites is not None:
        seen = {id_: card for id_, card in cards.items() if card.site in sites}
    through = [card for card in seen.values() if narrowed.lets_through(card)]
    return Wall(
        cards=seen,
        counted=counters(seen.values()),
        acts=_queue(acts_of(through)),
        passages=_queue(passages_of(through)),
    )


def _queue(cards: list[Card]) -> Queue:
    waiting = sum(card.state is State.OPEN for card in cards)
    return Queue(tuple(grouped(cards)), len(cards), waiting)


def changed_wall(wall: Mapping[int, Card], changed: Iterable[Card]) -> dict[int, Card]:
    """The wall after changes: closed alerts leave, the newest ``CARDS_KEPT_MAX`` stay."""
    after = dict(wall)
    for card in changed:
        if card.state is State.CLOSED:
            after.pop(card.id, None)
        else:
            after[card.id] = card
    for oldest in sorted(after)[: max(0, len(after) - CARDS_KEPT_MAX)]:
        del after[oldest]
    return after


def new_ids(wall: Mapping[int, Card], changed: Iterable[Card]) -> frozenset[int]:
    """Those that nobody has seen on the wall before; they slide in and sound once."""
    return frozenset(c.id for c in changed if c.state is State.OPEN and c.id not in wall)


def sound_for(fresh: Collection[Card]) -> Level | None:
    """The one sound for all that is new at this moment: the strongest level, or silence."""
    return min((card.level for card in fresh), key=_LEVEL_ORDER.__getitem__, default=None)


def next_on_route(route: Sequence[str], site: str) -> str | None:
    """The site after this one; None: it is the last, or not on the route."""
    return route[route.index(site) + 1] if site in route[:-1] else None


def previous_on_route(route: Sequence[str], site: str) -> str | None:
    """The site before this one; None: it is the first, or not on the route."""
    return route[route.index(site) - 1] if site in route[1:] else None


def is_waybill(text: str) -> bool:
    """Say whether a text could be a waybill at all; the same rule as the wire's."""
    return _WAYBILL.fullmatch(text) is not None
