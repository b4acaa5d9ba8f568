"""Who stands behind the pseudonyms of records; asked once for each, since a badge's never change.

``by`` stays a pseudonym in storage; the person is found when custody is folded or shown.
Source: design section 3 ("Personal data never stands in a line").
"""

from collections.abc import Callable, Iterable
from threading import Lock

from sqlalchemy import Connection

from hub.custody.rules.records import Record
from hub.network import Staff

PEOPLE_KEPT_MAX = 20_000
"""Pseudonyms whose person is remembered; when they are more, all are asked for again."""

PersonOf = Callable[[Connection, str, str], Staff | None]
"""Finds the person behind a pseudonym of a site."""


class People:
    """Remembers the persons behind pseudonyms; the web role asks from several threads."""

    def __init__(self, person_of: PersonOf) -> None:
        self._person_of = person_of
        self._known: dict[tuple[str, str], Staff | None] = {}
        self._lock = Lock()

    def behind(self, tx: Connection, records: Iterable[Record]) -> dict[tuple[str, str], Staff]:
        """Everyone whom these records name, by site and pseudonym."""
        asked = {
            (record.site, by)
            for record in records
            for by in (record.by, record.giver, record.receiver)
            if by is not None
        }
        with self._lock:
            known = {pair: self._known[pair] for pair in asked if pair in self._known}
        fresh = {pair: self._person_of(tx, *pair) for pair in asked - known.keys()}
        if fresh:
            self._remember(fresh)
        return {pair: each for pair, each in (known | fresh).items() if each is not None}

    def _remember(self, fresh: dict[tuple[str, str], Staff | None]) -> None:
        with self._lock:
            if len(self._known) + len(fresh) > PEOPLE_KEPT_MAX:
                self._known.clear()
            self._known |= fresh
