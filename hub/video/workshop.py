"""Where derivatives of footage are made: copies to look at or to take away, never evidence.

Each is made by a process of its own (:mod:`hub.video.derive`), so the hub itself reads no footage.
It writes into a file that has no name, which is nobody's once it is closed or the hub is killed.
Source: design section 8, docs/adr/0030.

    WorkshopError
    +- BusyError         as many as may be are under way: ask again after ``RETRY_AFTER_S``
    +- NoRoomError       the disk does not take it (:mod:`hub.video.media_shelf`)
    +- UnmakeableError   it cannot be made of these masters; ``why`` says whose fault it is
"""

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hub.video.derived_shelf import FOLDER, DerivedShelf
from hub.video.jobs import ConvertJob, CutJob, Limits, Made, Master
from hub.video.media_shelf import MediaShelf, NoRoomError
from hub.video.processes import BusyError, Processes, UnmakeableError, WorkshopError

__all__ = [
    "CLIPS_AT_ONCE",
    "CLIP_BYTES_MAX",
    "FOLDER",
    "RETRY_AFTER_S",
    "BusyError",
    "Cut",
    "CutFile",
    "UnmakeableError",
    "Workshop",
    "WorkshopError",
]

CLIPS_AT_ONCE = 4
"""So many are cut or on their way to somebody; each has at most ``CLIP_BYTES_MAX`` of the disk."""
CLIPS_WAITING_MAX = 8
"""For one of those to be taken; each holds one of the web's forty threads."""
CLIP_BYTES_MAX = 1024**3
"""Fifteen minutes of 8 Mbit/s fit."""
CUT_S_MAX = 60
CONVERSIONS_AT_ONCE = 1
"""Of a processor's cores one, and that only while nobody else needs it."""
CONVERSIONS_WAITING_MAX = 8
"""Beside those under way; each holds one of the web's forty threads."""
CONVERT_S_MAX = 120
COPY_BYTES_MAX = 128 * 1024**2
WAIT_S = 5.0
CONVERT_WAIT_S = 15.0
RETRY_AFTER_S = 5
_OWN_BYTES = 1024 * 1024
"""So much longer than its pictures a clip may be: its tables, and what it says of itself."""
_CUT_NICENESS = 5
_CONVERT_NICENESS = 19


@dataclass(frozen=True, slots=True)
class Cut:
    """What to cut out of which masters; times in ms of the pictures' own time."""

    masters: tuple[Master, ...]
    since_ms: int
    until_ms: int
    bytes: int
    words: dict[str, str]


@dataclass(slots=True)
class CutFile:
    """A clip, whole; it is gone once it is closed. For one thread at a time."""

    file: IO[bytes]
    bytes: int
    sha256: str
    made: Made
    _let_go: Callable[[], None]

    def close(self) -> None:
        """Give its place on the disk back; the same twice is one."""
        if not self.file.closed:
            self.file.close()
            self._let_go()


class Workshop:
    """Makes derivatives below one data directory; for any number of threads."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is made before the first order."""
        self._folder = data_dir / FOLDER
        self._shelf = MediaShelf(data_dir)
        self._derived = DerivedShelf(data_dir)
        self._processes = Processes()
        self._lock = threading.Lock()
        self._promised = 0
        """So many bytes may those that are being made take of the disk."""
        self._clips = threading.BoundedSemaphore(CLIPS_AT_ONCE)
        self._clips_waiting = threading.BoundedSemaphore(CLIPS_WAITING_MAX)
        self._conversions = threading.BoundedSemaphore(CONVERSIONS_AT_ONCE)
        self._waiting = threading.BoundedSemaphore(CONVERSIONS_AT_ONCE + CONVERSIONS_WAITING_MAX)

    def sweep(self) -> None:
        """Delete what a hub that was killed left unfinished.

        Raises:
            OSError: the disk refuses.
        """
        self._derived.sweep()

    def close(self) -> None:
        """End what is under way, and make nothing more: the hub stops."""
        self._processes.close()

    def cut(self, order: Cut) -> CutFile:
        """Cut a clip; whoever gets it must close it.

        Raises:
            WorkshopError, NoRoomError: nothing was made.
        """
        self._await_place()
        try:
            with self._room_for(order.bytes):
                return self._cut(order)
        except BaseException:
            self._clips.release()
            raise

    def _await_place(self) -> None:
        busy = "as many clips as may be are being taken: try again"
        if not self._clips_waiting.acquire(blocking=False):
            raise BusyError(busy)
        try:
            if not self._clips.acquire(timeout=WAIT_S):
                raise BusyError(busy)
        finally:
            self._clips_waiting.release()

    def _cut(self, order: Cut) -> CutFile:
        file = self._open()
        try:
            limits = Limits(CUT_S_MAX, order.bytes + _OWN_BYTES, _CUT_NICENESS)
            job = CutJob(
                file.fileno(),
                order.masters,
                order.since_ms,
                order.until_ms,
                order.words,
                limits,
            )
            made = self._processes.work(job, file)
            size, sha256 = file.seek(0, 2), _hash_of(file)
        except BaseException:
            file.close()
            raise
        return CutFile(file, size, sha256, made, self._clips.release)

    def converted(self, master: Master) -> Path:
        """A master coded as H.264, of at most 720p: as it was made before, or made now.

        Raises:
            WorkshopError, NoRoomError: there is none.
        """
        found = self._derived.find(master.sha256)
        if found is not None:
            return found
        with self._turn():
            # Anew: who was before may have waited for the very same.
            return self._derived.find(master.sha256) or self._convert(master)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        busy = "another copy is being made: ask again"
        if not self._waiting.acquire(blocking=False):
            raise BusyError(busy)
        try:
            if not self._conversions.acquire(timeout=CONVERT_WAIT_S):
                raise BusyError(busy)
            try:
                yield
            finally:
                self._conversions.release()
        finally:
            self._waiting.release()

    def _convert(self, master: Master) -> Path:
        with self._room_for(COPY_BYTES_MAX), self._open() as file:
            words = {
                "title": "CONVERTED COPY, NOT EVIDENCE / 转码副本，非证据",
                "comment": f"Evidence is the recorded file / 证据为原始文件 {master.sha256}",
            }
            limits = Limits(CONVERT_S_MAX, COPY_BYTES_MAX, _CONVERT_NICENESS)
            self._processes.work(ConvertJob(file.fileno(), master, words, limits), file)
            file.seek(0)
            try:
                return self._derived.put(master.sha256, file)
            except OSError as error:
                raise NoRoomError("the hub's disk does not take it") from error

    @contextmanager
    def _room_for(self, more: int) -> Iterator[None]:
        """While a file is made, nobody counts on the room that it may yet take."""
        with self._lock:
            try:
                self._shelf.check_room(self._promised + more)
            except OSError as error:
                raise NoRoomError("the hub's disk does not take it") from error
            self._promised += more
        try:
            yield
        finally:
            with self._lock:
                self._promised -= more

    def _open(self) -> IO[bytes]:
        """An open file without a name."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=self._folder)
        except OSError as error:
            raise NoRoomError("the hub's disk does not take it") from error


def _hash_of(file: IO[bytes]) -> str:
    """What an open file hashes to; it stands at its begin afterwards."""
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it reads
    file.seek(0)
    return found
