"""Copy SQLite's log back into its database beside the writers, so that no commit waits for it.

Source: docs/adr/0039.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import Counter, Histogram

from hub.db.engine import Database
from hub.failpoints import FailPoint, FailPoints

CHECKPOINT_S = 0.1
"""Between two turns: a commit that finds the log at its bound copies what this one left."""

_log = structlog.get_logger()
_checkpoints = Histogram("custos_hub_checkpoint_seconds", "Copying the log back, beside commits")
_failures = Counter("custos_hub_checkpoint_failures", "Times the disk refused a copy of the log")


class Checkpoints:
    """The turns of that work; one that fails is tried again, and the log holds what it holds."""

    def __init__(self, database: Database, fail_points: FailPoints) -> None:
        self._database = database
        self._fail_points = fail_points
        self._is_failing = False

    def run(self, stop: threading.Event) -> None:
        """Take turn after turn until told to stop."""
        while not stop.wait(CHECKPOINT_S):
            self.step()

    def step(self) -> None:
        """One turn; the first failure in a row is told."""
        try:
            self._fail_points.hit(FailPoint.INGEST_BEFORE_CHECKPOINT)
            with _checkpoints.time():
                self._database.checkpoint()
            self._fail_points.hit(FailPoint.INGEST_CHECKPOINTED)
        except OSError as error:
            _failures.inc()
            if not self._is_failing:
                _log.error("cannot copy hub.sqlite-wal back, trying again", reason=str(error))
            self._is_failing = True
        else:
            self._is_failing = False


@contextmanager
def checkpoints_beside(database: Database, fail_points: FailPoints) -> Iterator[None]:
    """Let a thread take its turns meanwhile."""
    stop = threading.Event()
    checkpoints = Checkpoints(database, fail_points)
    thread = threading.Thread(target=checkpoints.run, args=(stop,), name="checkpoints", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
