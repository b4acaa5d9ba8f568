"""Files of footage and pictures on the hub's disk, named by what is in them.

A file has its name only once its content was found to be what the name says; what is still coming
is a ``.part`` beside it, which one request at a time may write. Every path is made of the hash
alone. Source: design section 8.

    ShelfError
    +- PartBusyError    another request writes this very file: ask again
    +- NoRoomError      the disk refuses, or has to be left to what matters more: ask again later
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "footage"
FOOTAGE: Final = ".mp4"
PICTURE: Final = ".jpg"
_PART: Final = ".part"
_DAMAGED: Final = ".damaged"
_MARK: Final = ".shelf"
"""A folder beside the files; an empty mount point has none: the disk is away, not its files."""
RESERVE_BYTES_MIN = 2 * 1024**3
RESERVE_SHARE = 0.05
"""So much of the disk is left free, since it may be the database's; of a small one at most half."""


class ShelfError(Exception):
    """Nothing was taken."""


class PartBusyError(ShelfError):
    """Another request is at it."""


class NoRoomError(ShelfError):
    """The disk does not take it."""


def path_of(data_dir: Path, sha256: str, suffix: str = FOOTAGE) -> Path:
    """Where a file lies, whether or not it is there; ``sha256`` is 64 hex digits."""
    return data_dir / FOLDER / sha256[:2] / f"{sha256}{suffix}"


@dataclass(slots=True)
class PartFile:
    """A file that is still coming, locked for this request; each act may raise OSError."""

    path: Path
    descriptor: int

    @property
    def size(self) -> int:
        """So long it is."""
        return os.fstat(self.descriptor).st_size

    def append(self, offset: int, raw: bytes) -> None:
        """Write behind its first ``offset`` bytes; on the disk when this returns."""
        os.ftruncate(self.descriptor, offset)
        view, at = memoryview(raw), offset
        while view:
            written = os.pwrite(self.descriptor, view, at)
            view, at = view[written:], at + written
        os.fsync(self.descriptor)

    def sha256(self) -> str:
        """What its content hashes to."""
        return hash_of(self.path)

    def take_name(self, suffix: str = FOOTAGE) -> None:
        """It is whole and right: it gets its name, on the disk when this returns."""
        self.path.replace(self.path.with_suffix(suffix))
        sync_folder(self.path.parent)

    def discard(self) -> None:
        """Throw it away."""
        self.path.unlink(missing_ok=True)
        sync_folder(self.path.parent)


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Bytes that are free; below ``reserve`` no footage is taken."""

    free: int
    reserve: int


class MediaShelf:
    """The files below one data directory."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is made before the first file."""
        self._data_dir = data_dir

    def path_of(self, sha256: str, suffix: str = FOOTAGE) -> Path:
        """Where a file lies, whether or not it is there."""
        return path_of(self._data_dir, sha256, suffix)

    @property
    def mark_path(self) -> Path:
        """What says that the files' folder is the one in which files were put."""
        return self._data_dir / FOLDER / _MARK

    def is_there(self) -> bool:
        """Say whether the disk with the files is: then one that is not at its name is missing."""
        try:
            return self.mark_path.is_dir()
        except OSError:
            return False

    def mark(self) -> None:
        """Files were put here: from now on one that is not at its name is missing.

        Raises:
            OSError: the disk refuses.
        """
        _make_folder(self.mark_path)

    def room(self) -> DiskRoom:
        """How much the disk has left.

        Raises:
            OSError: it does not say.
        """
        found = os.statvfs(self._data_dir)
        free, total = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
        reserve = min(max(RESERVE_BYTES_MIN, int(total * RESERVE_SHARE)), total // 2)
        return DiskRoom(free, reserve)

    def check_room(self, more: int = 0) -> None:
        """See whether the disk may take more, ``more`` bytes of it at once.

        Raises:
            NoRoomError: it may not.
        """
        room = self.room()
        if room.free - more < room.reserve:
            raise NoRoomError("the disk has no room left for footage")

    @contextmanager
    def open_part(self, sha256: str) -> Iterator[PartFile]:
        """Open, or begin, a file that is coming.

        Raises:
            PartBusyError: another request has it open.
            OSError: the disk refuses.
        """
        path = self.path_of(sha256, _PART)
        if not self.mark_path.parent.exists():
            self.mark()
        _make_folder(path.parent)
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PartBusyError("another request writes this file") from error
            if is_new:
                sync_folder(path.parent)
            yield PartFile(path, descriptor)
        finally:
            os.close(descriptor)

    def is_right(self, sha256: str) -> bool:
        """Say whether a named file is there with the content that its name says."""
        try:
            return hash_of(self.path_of(sha256)) == sha256
        except OSError:
            return False

    def put_picture(self, sha256: str, raw: bytes) -> None:
        """Keep a picture, on the disk when this returns; the same twice is one.

        Raises:
            PartBusyError: another request writes the same.
            OSError: the disk refuses.
        """
        with self.open_part(sha256) as coming:
            coming.append(0, raw)
            coming.take_name(PICTURE)

    def drop_picture(self, sha256: str) -> None:
        """Delete a picture that nobody has on record any more."""
        self.path_of(sha256, PICTURE).unlink(missing_ok=True)

    def drop_part(self, sha256: str) -> None:
        """Throw away what has come of a file that never will be whole."""
        self.path_of(sha256, _PART).unlink(missing_ok=True)

    def set_aside(self, sha256: str) -> None:
        """Take its name from a file whose content is another: it is kept for whoever asks how."""
        path = self.path_of(sha256)
        if path.exists():
            path.replace(path.with_suffix(_DAMAGED))
            sync_folder(path.parent)


def hash_of(path: Path) -> str:
    """What a file's content hashes to.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: the disk refuses.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)
