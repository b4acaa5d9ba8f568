"""An SQLite database as files: its disk, its log, and whether others have committed."""

import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOM_BYTES_MIN = 8 * 1024 * 1024
"""With less on its disk an SQLite database may not take the next group with its log."""
COPYING = ("PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0")
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class Files:
    """The same database as its engines', asked by connections that do nothing else."""

    def __init__(self, path: Path, module: ModuleType) -> None:
        self._path = path.absolute()
        self._module = module
        self._connection: Any = None
        self._copying: Any = None

    def has_room(self) -> bool:
        """Say whether the disk takes the next group with its log.

        Raises:
            OSError: the disk does not say.
        """
        found = os.statvfs(self._path.parent)
        return found.f_bavail * found.f_frsize >= ROOM_BYTES_MIN

    def commits(self) -> int | None:
        """``PRAGMA data_version``; None while the database cannot be asked at once."""
        try:
            if self._connection is None:
                self._connection = self._connect(())
            return int(self._connection.cursor().execute("PRAGMA data_version").fetchone()[0])
        except self._module.Error:
            return None

    def checkpoint(self) -> None:
        """Copy the log back as far as no reader needs it; commits go on meanwhile (PASSIVE).

        Raises:
            OSError: the disk refuses.
        """
        try:
            if self._copying is None:
                self._copying = self._connect(COPYING)
            self._copying.cursor().execute(CHECKPOINT).fetchone()
        except self._module.Error as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Close the connections there are; like the engines', the next question opens them."""
        for each in (self._connection, self._copying):
            if each is not None:
                each.close()
        self._connection = self._copying = None

    def _connect(self, pragmas: Sequence[str]) -> Any:
        connection = self._module.connect(
            self._path, timeout=0, isolation_level=None, check_same_thread=False
        )
        for pragma in pragmas:
            connection.cursor().execute(pragma)
        return connection
