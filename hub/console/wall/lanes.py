"""The wall's columns: a heading with its count, cards, or what will stand there."""

from collections.abc import Iterable

from hub.console.markup import box, icon, text
from hub.console.rules import Group, Queue
from hub.console.views import Card
from hub.console.wall.cards import Faces
from hub.console.wall.column import CardActs, Column
from hub.console.wording import Words


class Lane:
    """One column of the wall; ``name`` picks its words and its look."""

    def __init__(
        self, name: str, empty_icon: str, words: Words, faces: Faces, acts: CardActs
    ) -> None:
        self._name = name
        self._words = words
        with box("section", f"pane lane lane-{name}"):
            with box("header", "lane-head"):
                text(words.say(f"wall.{name}"), "", "h2")
                self._count = text("", "lane-count figure")
                text(words.say(f"wall.{name}.about"), "label")
            with box("div", "empty") as self._empty:
                icon(empty_icon)
                self._why_empty = text("", "empty-word", "p")
                self._what_comes = text("", "", "p")
            self._column = Column(words, faces, acts)

    def show(
        self,
        queue: Queue,
        chosen: int | None,
        fresh: frozenset[int],
        expanded: frozenset[int],
        *,
        is_filtered: bool,
    ) -> None:
        """Draw the cards, bursts grouped unless one of ``expanded`` is in them."""
        self._count.set_text(str(queue.waiting))
        self._empty.set_visibility(not queue.items)
        say = self._words.say
        self._why_empty.set_text(
            say("wall.filtered.empty") if is_filtered else say(f"wall.{self._name}.empty")
        )
        self._what_comes.set_text("" if is_filtered else say(f"wall.{self._name}.empty.why"))
        items = _unfolded(queue.items, expanded) if expanded else queue.items
        self._column.show(items, queue.count, chosen, fresh)


def _unfolded(items: Iterable[Card | Group], expanded: frozenset[int]) -> list[Card | Group]:
    found: list[Card | Group] = []
    for item in items:
        if isinstance(item, Group) and not expanded.isdisjoint(card.id for card in item.cards):
            found.extend(item.cards)
        else:
            found.append(item)
    return found
