"""Converted copies that were made before, so that nobody waits for the same one twice.

They lie in a folder of their own under names of their own, beside no master: whoever looks after
masters never meets one. All of it may be deleted at any time. Source: docs/adr/0030.
"""

import os
import shutil
from pathlib import Path
from typing import IO, Final

from hub.video.media_shelf import sync_folder

FOLDER: Final = "derived"
DERIVED_BYTES_MAX = 4 * 1024**3
"""Of all copies: some hours of 720p. Beyond it those go that were used longest ago."""
_COPY: Final = ".h264-copy.mp4"
_PART: Final = ".part"


class DerivedShelf:
    """The copies below one data directory; who writes is one at a time."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is made before the first copy."""
        self.folder = data_dir / FOLDER

    def sweep(self) -> None:
        """Delete what a kill left unfinished.

        Raises:
            OSError: the disk refuses.
        """
        for each in self.folder.glob(f"*{_PART}"):
            each.unlink(missing_ok=True)

    def find(self, sha256: str) -> Path | None:
        """The copy of a master, which counts as used now; None: there is none."""
        path = self._path(sha256)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def put(self, sha256: str, made: IO[bytes]) -> Path:
        """Keep a copy, on the disk under its name when this returns; old ones may go for it.

        Raises:
            OSError: the disk refuses; nothing has its name.
        """
        path = self._path(sha256)
        part = path.with_suffix(_PART)
        try:
            with part.open("wb") as file:
                shutil.copyfileobj(made, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        sync_folder(self.folder)
        self._trim(path)
        return path

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}{_COPY}"

    def _trim(self, newest: Path) -> None:
        """Let those go that were used longest ago, never the one that somebody waits for."""
        found = [(each.stat(), each) for each in self.folder.glob(f"*{_COPY}")]
        total = sum(stat.st_size for stat, _ in found)
        for stat, path in sorted(found, key=lambda each: each[0].st_mtime_ns):
            if total <= DERIVED_BYTES_MAX:
                break
            if path != newest:
                path.unlink(missing_ok=True)
                total -= stat.st_size
