"""What footage this edge keeps, and what of it has not become a line of the spool yet.

A file and its line are two disks' worth of truth: the row here is written first, with the event
that shall become its line. An event leaves the table only when the spool has it, and after a crash
what both have is told by comparing (P2). One thread owns this. Source: design section 8.

    FootageError    the disk refused: nothing changed, try again
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import apsw
import msgspec
from msgspec.structs import replace

from edge.seams import LinePlace
from edge.video.footage import Checked, Covered, Hold, Kept, Recorded, Shift
from edge.video.footage_schema import FootageError, open_footage
from wire.events import UNSEALED_SEQ, UNSEALED_SPOOL, Camera, ClockReading, Segment
from wire.names import ZERO_HEAD, parse_at

__all__ = ["FILE_NAME", "FootageError", "FootageEvent", "FootageStore", "Waiting", "find_lined"]

FILE_NAME = "footage.sqlite"
PICTURES_WAITING_MAX = 20_000
"""Named stills that wait to be sent; beyond it the oldest are not sent, but stay here."""

_ADD = """
INSERT INTO segment (camera, began_ms, ended_ms, sha256, bytes, file, checked_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_COLUMNS = """
camera, began_ms, ended_ms, sha256, bytes, file, coalesce(earlier_ms, 0), coalesce(later_ms, 0)
"""
_PLACE = "UPDATE segment SET earlier_ms = ?, later_ms = ? WHERE earlier_ms IS NULL"
_OLDEST = f"SELECT id, {_COLUMNS} FROM segment WHERE id > ? AND NOT doomed ORDER BY id LIMIT ?"
_CHECKED = f"""
SELECT checked_ms, {_COLUMNS} FROM segment
WHERE damage IS NULL AND NOT doomed ORDER BY checked_ms LIMIT 1
"""
_SINCE = """
SELECT camera, sum(bytes), min(began_ms) FROM segment WHERE ended_ms > ? GROUP BY camera
"""
_PICTURE = "INSERT OR IGNORE INTO picture (sha256, camera, at_ms) VALUES (?, ?, ?)"
_FEWER_PICTURES = "DELETE FROM picture WHERE id <= (SELECT max(id) FROM picture) - ?"
_DOOMED = f"SELECT {_COLUMNS} FROM segment WHERE doomed ORDER BY id LIMIT ?"

FootageEvent = Camera | Segment
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[FootageEvent] = msgspec.json.Decoder(FootageEvent)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that shall become a line."""

    id: int
    event: FootageEvent


class FootageStore:
    """The one connection. Not for sharing between threads."""

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        """Open the store, or make it.

        Raises:
            FootageError: no database, not ours, or a newer program's.
        """
        self._connection = open_footage(path, vfs)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    # ------------------------------------------------------------ what happened

    def add(self, event: FootageEvent, covered: Covered | None = None, *kept: Kept) -> None:
        """Make an event durable, with the file that it tells of; the spool gets it later.

        A picture that it names waits to be sent.

        Raises:
            FootageError: nothing was added.
        """
        with self._writing() as tx:
            tx.execute("INSERT INTO waiting (event) VALUES (?)", (_encoder.encode(event),))
            if covered is not None:
                row = (event.device, covered.at_ms, covered.mono_ms, covered.boot)
                tx.execute("INSERT OR REPLACE INTO covered VALUES (?, ?, ?, ?)", row)
            for each in kept:
                file = (each.camera, each.began_ms, each.ended_ms, each.sha256, each.bytes)
                tx.execute(_ADD, (*file, each.file, each.ended_ms))
            if isinstance(event, Camera) and event.picture is not None:
                at_ms = round(parse_at(event.at).timestamp() * 1000)
                tx.execute(_PICTURE, (event.picture, event.device, at_ms))
                tx.execute(_FEWER_PICTURES, (PICTURES_WAITING_MAX,))

    def covered(self) -> dict[str, Covered]:
        """Until when each camera's time is on record."""
        rows = self._read("SELECT camera, at_ms, mono_ms, boot FROM covered")
        return {camera: Covered(*rest) for camera, *rest in rows}

    def learn(self, camera: str, kept: bytes) -> None:
        """Put by what was learned of a camera's view.

        Raises:
            FootageError: the disk refuses; what was put by before stays.
        """
        with self._writing() as tx:
            tx.execute("INSERT OR REPLACE INTO learned VALUES (?, ?)", (camera, kept))

    def learned(self, camera: str) -> bytes | None:
        """What was learned of a camera's view."""
        rows = self._read("SELECT kept FROM learned WHERE camera = ?", (camera,))
        return bytes(rows[0][0]) if rows else None

    def has(self, camera: str, file: str) -> bool:
        """Say whether a file is on record."""
        rows = self._read("SELECT 1 FROM segment WHERE (camera, file) = (?, ?)", (camera, file))
        return bool(rows)

    def recorded_since(self, at_ms: int) -> dict[str, Recorded]:
        """What each camera recorded since a moment, as this edge had it."""
        rows = self._read(_SINCE, (at_ms,))
        return {camera: Recorded(size, began_ms) for camera, size, began_ms in rows}

    def kept_bytes(self) -> int:
        """How much all footage takes; looks at every row."""
        return int(self._read("SELECT coalesce(sum(bytes), 0) FROM segment")[0][0])

    # ------------------------------------------------------------ what may go

    def oldest(self, after_id: int, limit: int) -> dict[int, Kept]:
        """What was recorded first after row ``after_id``, by row and in that order."""
        rows = self._read(_OLDEST, (after_id, limit))
        return {row_id: Kept(*rest) for row_id, *rest in rows}

    def hold_only(self, holds: Sequence[Hold]) -> None:
        """Keep this footage whatever happens, and let go of all that was held before.

        Raises:
            FootageError: what was held is held on.
        """
        with self._writing() as tx:
            tx.execute("DELETE FROM hold")
            rows = [astuple(hold) for hold in holds]
            tx.executemany("INSERT OR REPLACE INTO hold VALUES (?, ?, ?, ?)", rows)

    def holds(self) -> list[Hold]:
        """All holds."""
        return [Hold(*row) for row in self._read("SELECT * FROM hold ORDER BY id, camera")]

    def ordered(self) -> frozenset[str]:
        """The hashes of files that the hub waits for."""
        return frozenset(row[0] for row in self._read("SELECT sha256 FROM upload"))

    def doom(self, files: Sequence[Kept], event: FootageEvent) -> None:
        """Put on record that files are deleted; their rows stay until they are.

        The hub is told of those that it has ordered.

        Raises:
            FootageError: nothing was put on record; they stay.
        """
        with self._writing() as tx:
            tx.execute("INSERT INTO waiting (event) VALUES (?)", (_encoder.encode(event),))
            names = [(each.camera, each.file) for each in files]
            tx.executemany("UPDATE segment SET doomed = 1 WHERE (camera, file) = (?, ?)", names)
            hashes = [(each.sha256,) for each in files]
            tx.executemany("UPDATE upload SET gone = 'deleted' WHERE sha256 = ?", hashes)

    def doomed(self, limit: int) -> list[Kept]:
        """Files whose deletion is on record and that may still be there."""
        return [Kept(*row) for row in self._read(_DOOMED, (limit,))]

    def deleted(self, files: Iterable[Kept]) -> None:
        """These files are gone from the disk.

        Raises:
            FootageError: their rows stay, and they are deleted again.
        """
        with self._writing() as tx:
            names = [(each.camera, each.file) for each in files]
            tx.executemany("DELETE FROM segment WHERE (camera, file) = (?, ?)", names)

    # ------------------------------------------------------------ looked at again

    def checked_longest_ago(self) -> Checked | None:
        """The file whose content was found right longest ago; damaged ones are told already."""
        rows = self._read(_CHECKED)
        return Checked(rows[0][0], Kept(*rows[0][1:])) if rows else None

    def found_right(self, file: Kept, at_ms: int) -> None:
        """A file is what it was.

        Raises:
            FootageError: it will be looked at again.
        """
        with self._writing() as tx:
            place = (at_ms, file.camera, file.file)
            tx.execute("UPDATE segment SET checked_ms = ? WHERE (camera, file) = (?, ?)", place)

    def found_damaged(self, file: Kept, damage: str, event: FootageEvent) -> None:
        """A file is not what it was: told once.

        Raises:
            FootageError: nothing is told; it will be looked at again.
        """
        with self._writing() as tx:
            tx.execute("INSERT INTO waiting (event) VALUES (?)", (_encoder.encode(event),))
            place = (damage, file.camera, file.file)
            tx.execute("UPDATE segment SET damage = ? WHERE (camera, file) = (?, ?)", place)

    def has_content(self, sha256: str) -> bool:
        """Say whether any file on record should have this content."""
        return bool(self._read("SELECT 1 FROM segment WHERE sha256 = ?", (sha256,)))

    # ------------------------------------------------------------ on the way to the spool

    def waiting(self, limit: int) -> list[Waiting]:
        """Events that the spool has not, oldest first."""
        rows = self._read("SELECT id, event FROM waiting ORDER BY id LIMIT ?", (limit,))
        return [Waiting(each, _decoder.decode(event)) for each, event in rows]

    def lined(self, ids: Iterable[int], spool: str, seq: int, shift: Shift | None = None) -> None:
        """The spool has these events, the last of them at ``seq``.

        ``shift`` is that of all files since it was told last; None: nobody knows.

        Raises:
            FootageError: they wait on; the next start finds them in the spool.
        """
        with self._writing() as tx:
            tx.executemany("DELETE FROM waiting WHERE id = ?", [(each,) for each in ids])
            tx.execute("DELETE FROM lined")
            tx.execute("INSERT INTO lined VALUES (?, ?)", (spool, seq))
            if shift is not None:
                tx.execute(_PLACE, (max(0, -shift.least_ms), max(0, shift.most_ms)))

    def last_line(self) -> LinePlace | None:
        """The last line that is known to be from here; None: none is."""
        rows = self._read("SELECT spool, seq FROM lined")
        return LinePlace(*rows[0]) if rows else None

    # ------------------------------------------------------------ inside

    @contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        try:
            with self._connection:
                yield self._connection
        except apsw.Error as error:
            raise FootageError(f"not recorded: {error}") from error

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return list(self._connection.execute(query, values))
        except apsw.Error as error:
            raise FootageError(f"not readable: {error}") from error


def find_lined(waiting: Sequence[Waiting], lines: Iterable[FootageEvent]) -> list[int]:
    """Which events are lines already: the spool had them and the crash came before the answer.

    A line differs from its event in its place in the spool and in what the clock was known to be.
    """
    there = {_bare(each) for each in lines}
    return [each.id for each in waiting if _bare(each.event) in there]


def _bare(event: FootageEvent) -> bytes:
    return _encoder.encode(
        replace(event, spool=UNSEALED_SPOOL, seq=UNSEALED_SEQ, prev=ZERO_HEAD, clock=ClockReading())
    )
