"""What all walls share: what stands on them, and what their cards show, is worked out once."""

from collections.abc import Mapping

from hub.console.rules import Filter, Wall, wall_of
from hub.console.views import Card
from hub.console.wall.cards import Faces
from hub.console.wording import Words
from hub.web.choice import Language

WALLS_MAX = 100
"""Walls kept of one moment; with more ways to look at it, all are worked out anew."""


class Shared:
    """One for all pages; the walls are those of the newest cards that were asked about."""

    def __init__(self, words: Mapping[Language, Words]) -> None:
        self.faces = {language: Faces(each) for language, each in words.items()}
        self._cards: Mapping[int, Card] = {}
        self._walls: dict[tuple[frozenset[str] | None, Filter], Wall] = {}

    def wall(
        self, cards: Mapping[int, Card], sites: frozenset[str] | None, narrowed: Filter
    ) -> Wall:
        """The wall as ``rules.wall_of`` says; the very same object while nothing changes.

        Args:
            cards: the feed's newest; other cards are another mapping, never the same one changed.
            sites: whose cards may be seen; None: all of them.
            narrowed: what the columns are narrowed to.
        """
        if cards is not self._cards or len(self._walls) >= WALLS_MAX:
            self._cards, self._walls = cards, {}
        found = self._walls.get((sites, narrowed))
        if found is None:
            found = self._walls[sites, narrowed] = wall_of(cards, sites, narrowed)
        return found
