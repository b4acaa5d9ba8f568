"""Look again at files of footage: is each still what was told of it? A little at a time.

The one that was found right longest ago is next, once a day at most. What is found is told once, as
a record like any other; footage cannot be mended, but nobody shall believe what was changed.
Source: design section 8 ("files are looked at again").
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from edge.video.footage import Kept
from edge.video.store import FootageStore
from wire.events import Damage

BYTES_PER_TURN = 4 * 1024 * 1024
"""At a turn each second a third of what 24 cameras of 4 Mbit/s record; a terabyte in three days."""
AGAIN_MS = 20 * 3_600_000
_READ_BYTES = 1024 * 1024


class FileChecker:
    """Reads files of footage in turns. Belongs to the thread that deletes them."""

    def __init__(
        self, folder: Path, store: FootageStore, tell: Callable[[Kept, Damage], None]
    ) -> None:
        """``tell`` puts on record what was found."""
        self._folder = folder
        self._store = store
        self._tell = tell
        self._file: Kept | None = None
        self._open: BinaryIO | None = None
        self._digest = hashlib.sha256()

    def turn(self, now_ms: int) -> None:
        """Read on, at most ``BYTES_PER_TURN``; ``now_ms`` is wall time.

        Raises:
            FootageError: the record cannot be read or written; the file is looked at again.
        """
        if self._file is None and not self._begin(now_ms):
            return
        assert self._file is not None
        self._read_on(self._file, now_ms)

    def close(self) -> None:
        """Let go of the open file."""
        self._end()

    def _begin(self, now_ms: int) -> bool:
        oldest = self._store.checked_longest_ago()
        if oldest is None or now_ms - oldest.at_ms < AGAIN_MS:
            return False
        self._file, self._digest = oldest.file, hashlib.sha256()
        return True

    def _read_on(self, file: Kept, now_ms: int) -> None:
        try:
            if self._open is None:
                self._open = (self._folder / file.camera / file.file).open("rb")
            is_done = self._read(self._open)
        except OSError:
            self._found(file, Damage.MISSING)
            return
        if not is_done:
            return
        found = self._digest.hexdigest()
        if found == file.sha256:
            self._store.found_right(file, now_ms)
            self._end()
        else:
            is_another = self._store.has_content(found)
            self._found(file, Damage.SWAPPED if is_another else Damage.CHANGED)

    def _read(self, file: BinaryIO) -> bool:
        for _ in range(BYTES_PER_TURN // _READ_BYTES):
            piece = file.read(_READ_BYTES)
            if not piece:
                return True
            self._digest.update(piece)
        return False

    def _found(self, file: Kept, damage: Damage) -> None:
        self._end()
        self._tell(file, damage)

    def _end(self) -> None:
        if self._open is not None:
            self._open.close()
        self._file = self._open = None
