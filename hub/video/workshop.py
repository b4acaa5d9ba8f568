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
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec
from prometheus_client import Counter

from hub.video.jobs import CutJob, Failed, Limits, Made, Master, Why
from hub.video.media_shelf import MediaShelf, NoRoomError

FOLDER: Final = "derived"
CLIPS_AT_ONCE = 4
"""So many are cut or on their way to somebody; each has at most ``CLIP_BYTES_MAX`` of the disk."""
CLIP_BYTES_MAX = 1024**3
"""Fifteen minutes of 8 Mbit/s fit."""
CUT_S_MAX = 60
WAIT_S = 5.0
RETRY_AFTER_S = 5
_OWN_BYTES = 1024 * 1024
"""So much longer than its pictures a clip may be: its tables, and what it says of itself."""
_CUT_NICENESS = 5
_CODE = Path(__file__).parents[2]

_outcomes = Counter("custos_hub_derivatives", "Derivatives by what became of them", ["outcome"])


class WorkshopError(Exception):
    """Nothing was made; the sentence says why."""


class BusyError(WorkshopError):
    """It may be made later."""


class UnmakeableError(WorkshopError):
    """It cannot be made of this."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail)
        self.why = why


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
        self._clips = threading.BoundedSemaphore(CLIPS_AT_ONCE)

    def cut(self, order: Cut) -> CutFile:
        """Cut a clip; whoever gets it must close it.

        Raises:
            WorkshopError, NoRoomError: nothing was made.
        """
        if not self._clips.acquire(timeout=WAIT_S):
            raise BusyError("as many clips as may be are being taken: try again")
        try:
            file = self._open(order.bytes)
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
                made = _work(job, file)
                size, sha256 = file.seek(0, 2), _hash_of(file)
            except BaseException:
                file.close()
                raise
        except BaseException:
            self._clips.release()
            raise
        return CutFile(file, size, sha256, made, self._clips.release)

    def _open(self, more: int) -> IO[bytes]:
        """An open file without a name, for which there is room."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._shelf.check_room(more)
            return tempfile.TemporaryFile(dir=self._folder)
        except OSError as error:
            raise NoRoomError("the hub's disk does not take it") from error


def _work(job: CutJob, target: IO[bytes]) -> Made:
    """Have a job done by a process of its own, which outlives neither its time nor its answer."""
    command = [sys.executable, "-P", "-m", "hub.video.derive"]
    try:
        done = subprocess.run(
            command,
            input=msgspec.json.encode(job),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Its own surroundings: nothing of the hub's settings, and this very code.
            env={"PYTHONPATH": str(_CODE), "LC_ALL": "C.UTF-8"},
            cwd="/",
            pass_fds=(target.fileno(),),
            timeout=job.limits.seconds,
            check=False,
        )
        answer = msgspec.json.decode(done.stdout, type=Made | Failed)
    except subprocess.TimeoutExpired:
        answer = Failed(Why.BROKEN, f"it took longer than {job.limits.seconds} s")
    except msgspec.DecodeError:
        answer = Failed(Why.BROKEN, "this footage cannot be read")
    except OSError as error:
        raise BusyError("the hub cannot start another process: try again") from error
    if isinstance(answer, Made):
        _outcomes.labels("made").inc()
        return answer
    _outcomes.labels(answer.why).inc()
    if answer.why is Why.DISK:
        raise NoRoomError("the hub's disk does not take it")
    raise UnmakeableError(answer.why, answer.detail)


def _hash_of(file: IO[bytes]) -> str:
    """What an open file hashes to; it stands at its begin afterwards."""
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it reads
    file.seek(0)
    return found
