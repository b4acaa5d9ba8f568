"""Reading the spool from another thread than its writer's: the publisher, and body delivery.

Source: design section 3 ("Batch").
"""

from collections.abc import Iterator
from pathlib import Path

import apsw

from edge.spool_schema import read_head, recorded_at
from ledger.chain import ChainHead
from wire.messages import PrivateBody, encode

BUSY_MS_MAX = 1000


class SpoolReader:
    """A read-only connection; each thread opens its own."""

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs)
        self._connection.set_busy_timeout(BUSY_MS_MAX)

    def head(self) -> ChainHead:
        """The newest durable line's place and hash."""
        return read_head(self._connection)

    def head_at(self, seq: int) -> str | None:
        """The hash of line ``seq``; None if it was forgotten or never was."""
        rows: list[tuple[str]] = list(
            self._connection.execute("SELECT head FROM line WHERE seq = ?", (seq,))
        )
        return rows[0][0] if rows else None

    def recorded_at(self, seq: int) -> str | None:
        """The wire time of line ``seq``; None if it was forgotten or never was."""
        return recorded_at(self._connection, seq)

    def unsent(self, after_seq: int, events_max: int, bytes_max: int) -> list[bytes]:
        """The lines after ``after_seq`` without LF, in order.

        At most ``events_max``, and at most ``bytes_max`` bytes counting a LF for each.
        """
        return [line for _, line in self._after(after_seq, events_max, bytes_max)]

    def pages(self, after_seq: int, events_max: int, bytes_max: int) -> Iterator[list[bytes]]:
        """All lines after ``after_seq``, a page at a time as :meth:`unsent` bounds it.

        A spool forgets its oldest lines: the first may be any that came later.
        """
        while rows := self._after(after_seq, events_max, bytes_max):
            yield [line for _, line in rows]
            after_seq, _ = rows[-1]

    def _after(self, seq: int, events_max: int, bytes_max: int) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        size = 0
        rows: Iterator[tuple[int, bytes]] = self._connection.execute(
            "SELECT seq, line FROM line WHERE seq > ? ORDER BY seq LIMIT ?", (seq, events_max)
        )
        for row in rows:
            size += len(row[1]) + 1
            if size > bytes_max:
                break
            found.append(row)
        return found

    def last_lines(self, count: int) -> list[bytes]:
        """The newest ``count`` lines, oldest first."""
        rows: list[tuple[bytes]] = list(
            self._connection.execute("SELECT line FROM line ORDER BY seq DESC LIMIT ?", (count,))
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
