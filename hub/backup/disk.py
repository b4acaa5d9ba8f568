"""Everything that a backup or a restore does to a disk.

Each act is durable when it returns, but for the name of what was copied or linked: that needs one
:meth:`Disk.sync` of its folder. One class, so that a test can end the program before and after each
act. Source: P2 ("failed" and "failed after it happened").
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

PIECE_BYTES = 1024 * 1024
SYNC_EVERY_BYTES = 16 * 1024 * 1024
"""Never more than this waits in the kernel: a scan's commit must not stand behind gigabytes."""
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700

Tell = Callable[[str, int, int], None]
"""Progress: of what, so many bytes of so many."""


class Disk:
    """Acts on files and folders; each may raise OSError."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only we may enter, unless it is there."""
        if not folder.is_dir():
            self.make_folder(folder.parent)
            folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            self.sync(folder.parent)

    def write(self, path: Path, data: bytes) -> None:
        """Write a file of ours alone."""
        with open(path, "wb", opener=_private) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.sync(path.parent)

    def copy(self, source: Path, target: Path, on_bytes: Callable[[int], None]) -> str:
        """Copy a file and return the SHA-256 of what was copied; whole or not under its name."""
        part = target.with_name(target.name + ".part")
        found, unsynced = hashlib.sha256(), 0
        with source.open("rb") as reading, open(part, "wb", opener=_private) as writing:
            while piece := reading.read(PIECE_BYTES):
                found.update(piece)
                writing.write(piece)
                on_bytes(len(piece))
                unsynced += len(piece)
                if unsynced >= SYNC_EVERY_BYTES:
                    sync_file(writing.fileno())
                    unsynced = 0
            writing.flush()
            os.fsync(writing.fileno())
        part.replace(target)
        return found.hexdigest()

    def link(self, source: Path, target: Path) -> bool:
        """Give a file one more name; ``False`` where this disk does not do that."""
        try:
            os.link(source, target)
        except OSError:
            return False
        return True

    def rename(self, source: Path, target: Path) -> None:
        """Give a file or folder another name."""
        source.replace(target)
        self.sync(target.parent)
        if source.parent != target.parent:
            self.sync(source.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, or a folder with all in it, if it is there."""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        self.sync(path.parent)

    def sync(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_file(descriptor: int) -> None:
    """Wait until what was written is on the disk."""
    os.fdatasync(descriptor)


def hash_file(path: Path, on_bytes: Callable[[int], None]) -> str:
    """The SHA-256 of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            found.update(piece)
            on_bytes(len(piece))
    return found.hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, PRIVATE_FILE)
