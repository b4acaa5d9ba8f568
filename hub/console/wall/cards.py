"""Cards of the wall, and a column that redraws only what changed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.element import Element

from hub.console.keyed import KeyedList, Row
from hub.console.looks import ICON_OF, MEANING_OF, Meaning
from hub.console.markup import age, attribute, box, button, chip, icon, text, waybill
from hub.console.rules import CARDS_MAX, LIMIT_S, Group
from hub.console.views import Card, Level, Moment, State
from hub.console.wording import Words, person, visible
from hub.fact import is_simulated
from wire.names import format_at

_APART = "\u2003"
"""A wide space between the parts of a line."""


@dataclass(frozen=True, slots=True)
class CardActs:
    """What a person can do on a card."""

    choose: Callable[[Card], Awaitable[None]]
    acknowledge: Callable[[Card], Awaitable[None]]
    expand: Callable[[Group], None]


class Column:
    """Cards in order, the first ``CARDS_MAX`` drawn and the others counted."""

    def __init__(self, words: Words, acts: CardActs) -> None:
        self._words = words
        self._acts = acts
        self._known: frozenset[str] = frozenset()
        self._list = KeyedList(box("div", "cards"))
        self._more = text("", "more", "p")

    def show(self, items: list[Card | Group], chosen: int | None, fresh: frozenset[int]) -> None:
        """Draw what changed; a card that is ``fresh`` and was not drawn before slides in."""
        shown = items[:CARDS_MAX]
        self._list.show([self._row(item, chosen, fresh) for item in shown])
        self._known = frozenset(map(_key, shown))
        rest = sum(len(_ids(item)) for item in items[CARDS_MAX:])
        self._more.set_text(self._words.say("wall.more", n=rest) if rest else "")

    def _row(self, item: Card | Group, chosen: int | None, fresh: frozenset[int]) -> Row:
        is_chosen = isinstance(item, Card) and item.id == chosen
        is_new = _key(item) not in self._known and not _ids(item).isdisjoint(fresh)

        def draw() -> Element:
            if isinstance(item, Group):
                element = _draw_group(item, self._words, self._acts)
            else:
                element = _draw_card(item, is_chosen, self._words, self._acts)
            return element.classes("card-new") if is_new else element

        return Row(_key(item), (item, is_chosen), draw)


def _key(item: Card | Group) -> str:
    return item.key if isinstance(item, Group) else str(item.id)


def _ids(item: Card | Group) -> set[int]:
    return {card.id for card in item.cards} if isinstance(item, Group) else {item.id}


def _draw_card(card: Card, is_chosen: bool, words: Words, acts: CardActs) -> Element:
    meaning = MEANING_OF[card.kind]
    classes = f"card m-{meaning} level-{card.level} state-{card.state}"
    whole = box("article", classes + (" is-chosen" if is_chosen else ""))
    attribute(attribute(whole, "tabindex", "0"), "data-card", str(card.id))
    whole.on("click", lambda: acts.choose(card))
    with whole:
        ring(card)
        with box("div", "card-body"):
            with box("div", "card-head"):
                with box("div", "card-marks"):
                    text(words.name("kind", card.kind), "card-kind", "h3")
                    _marks(card, words)
                age(card.raised_at, words.exact(card.raised_at), "card-age")
            if card.waybill is not None:
                waybill(card.waybill, "card-waybill")
            else:
                text(visible(card.subject), "card-subject")
            if card.level is not Level.PASSAGE:
                text(words.told(card.text_zh, card.text_en), "card-text", "p")
            _where(card, words)
        if card.level is not Level.PASSAGE and card.state is State.OPEN:
            act = button(words.say("card.ack"), "button-ack")
            act.on("click.stop", lambda: acts.acknowledge(card))
    return whole


def ring(card: Card) -> Element:
    """A card's icon in a ring that fills with its age; full means it waited too long."""
    whole = attribute(box("custos-ring", "ring"), "at", format_at(card.raised_at))
    attribute(whole, "limit", str(LIMIT_S[card.level]))
    with whole:
        icon("check" if card.state is State.ACKED else ICON_OF[card.kind])
    return whole


def _marks(card: Card, words: Words) -> None:
    if card.count > 1:
        text(words.say("card.count", n=card.count), "card-count")
    if card.late:
        chip(words.say("card.late"), Meaning.OPEN, "clock")
    if card.is_high_value and card.level is not Level.PASSAGE:
        chip(words.say("card.high_value"), Meaning.INFORMATION, "parcel")
    if card.state is State.ACKED:
        chip(words.say("card.acked"), Meaning.NO_DATA, "check")
    if card.moment is not None and is_simulated(card.moment.source):
        chip(words.say("scan.simulated"), Meaning.UNPROVEN)


def _where(card: Card, words: Words) -> None:
    """Few elements on purpose: each costs on every wall that is open."""
    parts = [] if card.site_name is None else [card.site_name]
    if card.moment is not None:
        parts += where_parts(card.moment, words)
        parts.append(words.say("short.list", version=card.moment.list_version))
    if card.value_cny is not None:
        parts.append(words.money(card.value_cny))
    parts.append(words.say("card.event", time=words.clock_time(card.last_at)))
    with box("p", "card-where"):
        text(card.site or words.say("card.site.none"), "card-site", "b")
        text(_APART.join(parts))


def where_parts(moment: Moment, words: Words) -> list[str]:
    """Place, step, person; a gap is named."""
    known = words.name("person", None) if moment.by is None else person(moment.by)
    who = moment.person or known
    place = words.name("place", None) if moment.place is None else moment.place
    return [place, words.name("step", moment.step), who]


def _draw_group(group: Group, words: Words, acts: CardActs) -> Element:
    newest = group.cards[0]
    whole = box("article", f"card card-group m-{MEANING_OF[newest.kind]} level-{newest.level}")
    attribute(whole, "tabindex", "0").on("click", lambda: acts.expand(group))
    with whole:
        ring(newest)
        with box("div", "card-body"):
            with box("div", "card-head"):
                text(words.name("kind", newest.kind), "card-kind", "h3")
                age(newest.raised_at, words.exact(newest.raised_at), "card-age")
            text(words.say("wall.group", n=len(group.cards)), "card-subject")
            with box("p", "card-where"):
                text(newest.site or words.say("card.site.none"), "card-site", "b")
                text(words.say("wall.group.open"), "card-link")
    return whole
