"""A list that redraws only what changed: an element that stays keeps its state.

What is drawn anew keeps the focus by its key, see ``static/focus.js``.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from nicegui.element import Element

from hub.console.markup import attribute


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be: ``key`` says which, ``looks`` what it shows, ``draw`` makes it anew."""

    key: str
    looks: Hashable
    draw: Callable[[], Element]


class KeyedList:
    """Keeps the children of one element in the order of the rows it is shown."""

    def __init__(self, holder: Element) -> None:
        self._holder = holder
        self._drawn: dict[str, tuple[Hashable, Element]] = {}

    def show(self, rows: Sequence[Row]) -> None:
        """Draw new and changed rows, delete those that are gone, put all in order."""
        for gone in self._drawn.keys() - {row.key for row in rows}:
            self._drawn.pop(gone)[1].delete()
        for place, row in enumerate(rows):
            element = self._element(row)
            if self._holder.default_slot.children.index(element) != place:
                element.move(self._holder, place)

    def _element(self, row: Row) -> Element:
        old = self._drawn.get(row.key)
        if old is not None and old[0] == row.looks:
            return old[1]
        if old is not None:
            old[1].delete()
        with self._holder:
            element = attribute(row.draw(), "data-key", row.key)
        self._drawn[row.key] = (row.looks, element)
        return element
