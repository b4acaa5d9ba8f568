"""Whose badge a pseudonym is: what the edges of a site write, read backwards. Pure.

A pseudonym is a keyed hash, so it is found by making those of all badges under the site's key.
That is done once for a site and kept, compactly and for a bounded number of sites.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from wire.badges import pseudonym

SITES_KEPT_MAX = 128
"""12 bytes a badge and site: 15 MB with 10,000 people. With more sites all are made anew."""

TokenMark = tuple[int, str, str]
"""A printed token in the order of printing: its number, its hash, whose it is."""


@dataclass(frozen=True, slots=True)
class _Badges:
    """All badges there are; ``newest`` is the last printed one among them."""

    hashes: tuple[str, ...]
    numbers: tuple[str, ...]
    newest: TokenMark | None


class _Site:
    """All pseudonyms of one site in their order, each with the place of its badge."""

    def __init__(self, salt: str, badges: _Badges) -> None:
        made = sorted((int(pseudonym(each, salt), 16), i) for i, each in enumerate(badges.hashes))
        self.badges = badges
        self._pseudonyms = array("Q", (number for number, _ in made))
        self._places = array("L", (place for _, place in made))

    def find(self, by: str) -> str | None:
        number = int(by, 16)
        at = bisect_left(self._pseudonyms, number)
        is_here = at < len(self._pseudonyms) and self._pseudonyms[at] == number
        return self.badges.numbers[self._places[at]] if is_here else None


class PseudonymIndex:
    """Badges by pseudonym.

    Threads share it without a lock: what it knows is replaced whole and never changed, so the worst
    that two of them can do is to make the same thing twice.
    """

    def __init__(self, badges: Sequence[tuple[str, str]]) -> None:
        """``badges``: hash (``wire.badges.badge_sha256``) and plain number of each."""
        self._plain = _Badges(tuple(h for h, _ in badges), tuple(n for _, n in badges), None)
        self._badges = self._plain
        self._sites: dict[str, _Site] = {}

    @property
    def newest(self) -> TokenMark | None:
        """The last token that was added; None: there is none."""
        return self._badges.newest

    def add_tokens(
        self, tokens: Sequence[tuple[str, str]], newest: TokenMark | None, *, anew: bool
    ) -> None:
        """Add printed tokens, up to ``newest``; ``anew``: instead of those that are here."""
        before = self._plain if anew else self._badges
        self._badges = _Badges(
            before.hashes + tuple(hashed for hashed, _ in tokens),
            before.numbers + tuple(number for _, number in tokens),
            newest,
        )

    def find(self, salt: str, by: str) -> str | None:
        """The badge (plain number) behind a pseudonym of the site with this salt."""
        badges, site = self._badges, self._sites.get(salt)
        if site is None or site.badges is not badges:
            site = _Site(salt, badges)
            if len(self._sites) >= SITES_KEPT_MAX:
                self._sites = {}
            self._sites[salt] = site
        return site.find(by)
