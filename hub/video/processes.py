"""The processes that read footage: one for each job, and none outlives its time or its hub.

BusyError          none can be started now: ask again
UnmakeableError    it cannot be made of these masters; ``why`` says whose fault it is
"""

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import msgspec
from prometheus_client import Counter

from hub.video.jobs import Failed, Job, Made, Why
from hub.video.media_shelf import NoRoomError

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


class Processes:
    """Starts :mod:`hub.video.derive`; for any number of threads."""

    def __init__(self) -> None:
        """Nothing runs before the first job."""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_over = False

    def work(self, job: Job, target: IO[bytes]) -> Made:
        """Have a job done into ``target``, an open file.

        Raises:
            WorkshopError, NoRoomError: it was not done.
        """
        process = self._start(target.fileno())
        try:
            with process:
                try:
                    said, _ = process.communicate(msgspec.json.encode(job), job.limits.seconds)
                    answer = msgspec.json.decode(said, type=Made | Failed)
                except subprocess.TimeoutExpired:
                    answer = Failed(Why.BROKEN, f"it took longer than {job.limits.seconds} s")
                except msgspec.DecodeError:
                    answer = Failed(Why.BROKEN, "this footage cannot be read")
                finally:
                    process.kill()
        finally:
            with self._lock:
                self._running.discard(process)
        return self._made(answer)

    def close(self) -> None:
        """End what runs, and start no more: the hub stops."""
        with self._lock:
            self._is_over = True
            for each in self._running:
                each.kill()

    def _start(self, fd: int) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._is_over:
                raise BusyError("the hub is stopping")
            try:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "hub.video.derive"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    # Its own surroundings: nothing of the hub's settings, and this very code.
                    env={"PYTHONPATH": str(_CODE), "LC_ALL": "C.UTF-8"},
                    cwd="/",
                    pass_fds=(fd,),
                )
            except OSError as error:
                raise BusyError("the hub cannot start another process: ask again") from error
            self._running.add(process)
            return process

    def _made(self, answer: Made | Failed) -> Made:
        if isinstance(answer, Failed) and self._is_over:
            raise BusyError("the hub is stopping")
        _outcomes.labels("made" if isinstance(answer, Made) else answer.why).inc()
        if isinstance(answer, Made):
            return answer
        if answer.why is Why.DISK:
            raise NoRoomError("the hub's disk does not take it")
        raise UnmakeableError(answer.why, answer.detail)
