"""A column of cards that redraws only what changed, and hears what a person does on them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from hub.console.keyed import KeyedList, Row
from hub.console.markup import box, text
from hub.console.rules import CARDS_MAX, Group
from hub.console.views import Card
from hub.console.wall.cards import Face, Faces
from hub.console.wording import Words


@dataclass(frozen=True, slots=True)
class CardActs:
    """What a person can do on a card."""

    choose: Callable[[Card], Awaitable[None]]
    acknowledge: Callable[[Card], Awaitable[None]]
    expand: Callable[[Group], None]


class Column:
    """Cards in order, the first ``CARDS_MAX`` drawn and the others counted."""

    def __init__(self, words: Words, faces: Faces, acts: CardActs) -> None:
        self._words = words
        self._faces = faces
        self._acts = acts
        self._shown: dict[str, Card | Group] = {}
        holder = box("div", "cards")
        # One listener each for all cards: what is on a card tells them by name, see grown.js.
        holder.on("choose", self._choose, ["detail"])
        holder.on("acknowledge", self._acknowledge, ["detail"])
        self._list = KeyedList(holder)
        self._more = text("", "more", "p")

    def show(
        self, items: Sequence[Card | Group], count: int, chosen: int | None, fresh: frozenset[int]
    ) -> None:
        """Draw what changed; a card that is ``fresh`` and was not drawn before slides in.

        Args:
            items: in their order; more than ``CARDS_MAX`` are not drawn.
            count: how many cards all the items are.
            chosen: the chosen card's id.
            fresh: ids of the cards that are new to everybody.
        """
        known, shown = self._shown.keys(), {_key(item): item for item in items[:CARDS_MAX]}
        rows = [
            self._row(
                key, item, chosen, is_new=key not in known and not fresh.isdisjoint(_ids(item))
            )
            for key, item in shown.items()
        ]
        self._list.show(rows)
        self._shown = shown
        rest = count - sum(len(_ids(item)) for item in shown.values())
        self._more.set_text(self._words.say("wall.more", n=rest) if rest else "")

    def _row(self, key: str, item: Card | Group, chosen: int | None, *, is_new: bool) -> Row:
        face = self._faces.of(item)
        is_card = isinstance(item, Card)
        is_chosen = is_card and key == str(chosen)

        def draw() -> Element:
            more = (" is-chosen" if is_chosen else "") + (" card-new" if is_new else "")
            return _draw(face, more, key, is_card=is_card)

        return Row(key, (face, is_chosen), draw)

    async def _choose(self, event: GenericEventArguments) -> None:
        item = named(self._shown, event.args)
        if isinstance(item, Group):
            self._acts.expand(item)
        elif item is not None:
            await self._acts.choose(item)

    async def _acknowledge(self, event: GenericEventArguments) -> None:
        item = named(self._shown, event.args)
        if isinstance(item, Card):
            await self._acts.acknowledge(item)


def named(shown: Mapping[str, Card | Group], args: object) -> Card | Group | None:
    """What a browser's event names, if it stands here; a browser could name anything."""
    key = args.get("detail") if isinstance(args, dict) else None
    return shown.get(key) if isinstance(key, str) else None


def _key(item: Card | Group) -> str:
    return item.key if isinstance(item, Group) else str(item.id)


def _ids(item: Card | Group) -> list[int]:
    return [card.id for card in item.cards] if isinstance(item, Group) else [item.id]


def _draw(face: Face, more_classes: str, key: str, *, is_card: bool) -> Element:
    whole = box("custos-card", face.classes + more_classes)
    attributes = {"role": "article", "tabindex": "0", "of": key, "shows": face.shows}
    whole.props.update(attributes | ({"data-card": key} if is_card else {}))
    return whole
