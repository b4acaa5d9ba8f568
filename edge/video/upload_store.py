"""What the hub has ordered and has not got, as the thread that sends it sees it.

The same database as the keeper's, over a connection of its own: the keeper says what is gone, this
one what was sent. Source: design section 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from edge.video.footage_schema import FootageError, open_footage

UPLOADS_MAX = 10_000
"""Orders that wait here; the hub tells of the others again and again."""
URGENT_MORE_MAX = 1_000
"""What somebody waits to see finds room also behind as many orders as that."""
_COUNT = "SELECT count(*) FROM upload"
_ORDER = """
INSERT INTO upload (sha256, urgent) VALUES (?, ?)
ON CONFLICT (sha256) DO UPDATE SET urgent = max(urgent, excluded.urgent)
"""
_NEXT = """
SELECT upload.sha256, upload.gone, camera, file, bytes, damage FROM upload
LEFT JOIN segment ON segment.sha256 = upload.sha256 AND NOT doomed
ORDER BY urgent DESC, upload.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """An ordered file, below its camera's folder; ``gone`` says why it cannot be sent."""

    sha256: str
    gone: str | None
    camera: str
    file: str
    bytes: int


@dataclass(frozen=True, slots=True)
class WaitingPicture:
    """A still that an event names; ``at_ms`` is wall time as this edge had it."""

    sha256: str
    camera: str
    at_ms: int


class UploadStore:
    """One connection; for one thread after the other."""

    def __init__(self, path: Path) -> None:
        """Open the record of the footage.

        Raises:
            FootageError: it cannot be used.
        """
        self._connection = open_footage(path)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def order(self, sha256s: Sequence[str], *, is_urgent: bool) -> int:
        """Remember that the hub wants these files; how many of them there is no room for.

        What is ordered already is urgent from now on, if it is this time.

        Raises:
            FootageError: none is remembered.
        """
        bound = UPLOADS_MAX + (URGENT_MORE_MAX if is_urgent else 0)
        room = max(0, bound - int(self._read(_COUNT)[0][0]))
        taken = [(each, int(is_urgent)) for each in sha256s[:room]]
        self._write(_ORDER, taken)
        return len(sha256s) - len(taken)

    def next_upload(self) -> Upload | None:
        """The oldest urgent order, or the oldest of all.

        Raises:
            FootageError: the disk does not say.
        """
        rows = self._read(_NEXT)
        if not rows:
            return None
        sha256, gone, camera, file, size, damage = rows[0]
        if camera is None:
            return Upload(sha256, gone or "not_kept", "", "", 0)
        return Upload(sha256, gone or damage, camera, file, size)

    def done(self, sha256: str) -> None:
        """The hub has a file, or was told that it is gone.

        Raises:
            FootageError: it is sent again.
        """
        self._write("DELETE FROM upload WHERE sha256 = ?", [(sha256,)])

    def suspect(self, sha256: str) -> None:
        """A file is not what it was: the keeper shall look at it next.

        Raises:
            FootageError: it looks at it when its time comes.
        """
        self._write("UPDATE segment SET checked_ms = 0 WHERE sha256 = ?", [(sha256,)])

    def next_picture(self) -> WaitingPicture | None:
        """The oldest still that the hub has not got.

        Raises:
            FootageError: the disk does not say.
        """
        rows = self._read("SELECT sha256, camera, at_ms FROM picture ORDER BY id LIMIT 1")
        return WaitingPicture(*rows[0]) if rows else None

    def pictures_again(self, pictures: Sequence[WaitingPicture]) -> None:
        """The hub has lost these stills; what waits already waits on.

        Raises:
            FootageError: none of them waits.
        """
        rows = [(each.sha256, each.camera, each.at_ms) for each in pictures]
        self._write("INSERT OR IGNORE INTO picture (sha256, camera, at_ms) VALUES (?, ?, ?)", rows)

    def picture_done(self, sha256: str) -> None:
        """The hub has a still, or it is not here any more.

        Raises:
            FootageError: it is sent again.
        """
        self._write("DELETE FROM picture WHERE sha256 = ?", [(sha256,)])

    def _read(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return list(self._connection.execute(query))
        except apsw.Error as error:
            raise FootageError(f"not readable: {error}") from error

    def _write(self, query: str, rows: Sequence[tuple[str | int, ...]]) -> None:
        try:
            with self._connection:
                self._connection.executemany(query, rows)
        except apsw.Error as error:
            raise FootageError(f"not recorded: {error}") from error
