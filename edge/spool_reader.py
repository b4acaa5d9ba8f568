"""Reading the spools from another thread than its writer's: the publisher, and body delivery.

Source: design section 3 ("Batch").
"""

from collections.abc import Iterator
from pathlib import Path

import apsw

from edge.seams import KeptSpool, LinePlace
from edge.spool_schema import place_of, read_spools, recorded_at, seq_of
from wire.bodies import PrivateBody
from wire.messages import SpoolHead, encode
from wire.names import ZERO_HEAD

BUSY_MS_MAX = 1000
SPOOLS_MAX = 1 << 20
"""No edge ever has so many in its life."""
_NEWEST = """
SELECT live.n, live.id, newest.place, newest.head
FROM (SELECT n, id FROM spool ORDER BY n DESC LIMIT 1) AS live
LEFT JOIN (SELECT place, head FROM line ORDER BY place DESC LIMIT 1) AS newest
"""


class SpoolReader:
    """A read-only connection; each thread opens its own."""

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs)
        self._connection.set_busy_timeout(BUSY_MS_MAX)
        self._numbers: dict[str, int] = {}

    def spools(self) -> list[KeptSpool]:
        """Every spool that is kept, the live one last."""
        found = read_spools(self._connection)
        self._numbers = {spool.id: spool.n for spool in found}
        return found

    def newest(self) -> SpoolHead:
        """The live spool and its newest durable line."""
        # One statement: else a change-over between two would mix two spools.
        n, spool, place, head = next(self._connection.execute(_NEWEST))
        if place is None or place < place_of(n, 0):
            return SpoolHead(spool=spool, seq=0, head=ZERO_HEAD)
        return SpoolHead(spool=spool, seq=seq_of(place), head=head)

    def head_at(self, spool: str, seq: int) -> str | None:
        """The hash of a line; None if it was forgotten or never was."""
        n = self._number(spool)
        if n is None:
            return None
        rows: list[tuple[str]] = list(
            self._connection.execute("SELECT head FROM line WHERE place = ?", (place_of(n, seq),))
        )
        return rows[0][0] if rows else None

    def recorded_at(self, spool: str, seq: int) -> str | None:
        """The wire time of a line; None if it was forgotten or never was."""
        n = self._number(spool)
        return None if n is None else recorded_at(self._connection, place_of(n, seq))

    def unsent(self, spool: str, after_seq: int, events_max: int, bytes_max: int) -> list[bytes]:
        """The lines of a spool after ``after_seq`` without LF, in order.

        At most ``events_max``, and at most ``bytes_max`` bytes counting a LF for each.
        """
        n = self._number(spool)
        if n is None:
            return []
        after, until = place_of(n, after_seq), place_of(n + 1, 0)
        return [line for _, line in self._after(after, until, events_max, bytes_max)]

    def pages(
        self, after: LinePlace | None, events_max: int, bytes_max: int
    ) -> Iterator[list[bytes]]:
        """All lines of all spools after that one, a page at a time as :meth:`unsent` bounds it.

        A spool forgets its oldest lines: the first may be any that came later. None, or a line of
        a spool that is forgotten: from the oldest that is kept.
        """
        n = None if after is None else self._number(after.spool)
        place = 0 if n is None or after is None else place_of(n, after.seq)
        while rows := self._after(place, place_of(SPOOLS_MAX, 0), events_max, bytes_max):
            yield [line for _, line in rows]
            place, _ = rows[-1]

    def _number(self, spool: str) -> int | None:
        if spool not in self._numbers:
            self.spools()
        return self._numbers.get(spool)

    def _after(
        self, place: int, until: int, events_max: int, bytes_max: int
    ) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        size = 0
        rows: Iterator[tuple[int, bytes]] = self._connection.execute(
            "SELECT place, line FROM line WHERE place > ? AND place < ? ORDER BY place LIMIT ?",
            (place, until, events_max),
        )
        for row in rows:
            size += len(row[1]) + 1
            if size > bytes_max:
                break
            found.append(row)
        return found

    def last_lines(self, count: int) -> list[bytes]:
        """The newest ``count`` lines, oldest first, of whichever spool."""
        rows: list[tuple[bytes]] = list(
            self._connection.execute("SELECT line FROM line ORDER BY place DESC LIMIT ?", (count,))
        )
        return [line for (line,) in reversed(rows)]

    def bodies(self, count_max: int, bytes_max: int) -> dict[str, PrivateBody]:
        """Private bodies that the hub has not acknowledged, by hash, oldest first.

        At most ``count_max``, and at most ``bytes_max`` bytes as lines with their LF.
        """
        found: dict[str, PrivateBody] = {}
        size = 0
        rows = self._connection.execute(
            "SELECT sha256, salt, body FROM body ORDER BY rowid LIMIT ?", (count_max,)
        )
        for sha256, salt, text in rows:
            body = PrivateBody(salt=salt, body=text)
            size += len(encode(body)) + 1
            if size > bytes_max:
                break
            found[sha256] = body
        return found

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
