"""What this room does because time passes. Source: HV-2.11.2."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from hub.missing import model_store
from hub.missing.second_look import SecondLooks
from hub.missing.service import judge_shifts, watch_shifts
from hub.missing.service.models import last_night
from hub.missing.watchman import Watchman
from hub.network import Network

SITES_EVERY = timedelta(minutes=1)
"""How often quiet sites are looked at, hub time."""
TRAINING_MAX = timedelta(hours=6)
"""A training that takes longer, hub time, is ended: it must not meet the next one."""
TRAINED = frozenset({0, 1})
"""Exit codes of a training that came to its end; 1: what it made was refused."""

_log = structlog.get_logger()


@dataclass
class SuspectDuty:
    """Raises suspicions whose deadline has passed, a bounded number at a turn."""

    watchman: Watchman
    name: str = "suspects"
    _sites_at: datetime | None = field(default=None, init=False)

    def run(self, tx: Connection, now: datetime) -> None:
        """Sites first: what waits for a silent one is no suspect."""
        if self._sites_at is None or now - self._sites_at >= SITES_EVERY:
            self._sites_at = now
            self.watchman.judge_sites(tx, now)
        self.watchman.judge_parcels(tx, now)


@dataclass(frozen=True, slots=True)
class LookDuty:
    """Looks again at suspicions that were doubtful, a bounded number at a turn."""

    looks: SecondLooks
    name = "second looks"

    def run(self, tx: Connection, now: datetime) -> None:
        """Each look once: what it came to and when the next is due are one transaction."""
        self.looks.look(tx, now)


@dataclass
class QueryDuty:
    """Tells of shifts in which nobody asked for their site's suspects."""

    network: Network
    name: str = "suspect queries"
    _is_watching: bool = field(default=False, init=False)

    def run(self, tx: Connection, now: datetime) -> None:
        """The network stays the same for as long as the program runs: it is read once."""
        if not self._is_watching:
            watch_shifts(tx, self.network, now)
            self._is_watching = True
        judge_shifts(tx, self.network, now)


class Training(Protocol):
    """A training that was started, as ``subprocess.Popen`` has it."""

    def poll(self) -> int | None:
        """Its exit code; ``None``: it works still."""

    def kill(self) -> None:
        """End it; what it has not written is not written."""


@dataclass
class TrainDuty:
    """Has a new model learned each night, beside the hub; one at a time.

    What a night did not bring, because the hub was down or the training was killed, the next turn
    does; one that was refused waits for the next night. ``start`` begins a training of what was
    recorded until a moment.
    """

    start: Callable[[datetime], Training]
    name: str = "train"
    _training: Training | None = field(default=None, init=False)
    _began_at: datetime | None = field(default=None, init=False)

    def run(self, tx: Connection, now: datetime) -> None:
        """Start one where none was made since the last night began."""
        if self._training is not None and self._began_at is not None:
            code = self._training.poll()
            if code is None and now - self._began_at < TRAINING_MAX:
                return
            if code is None:
                self._training.kill()
                _log.error("training took too long, ended", since=self._began_at)
            elif code not in TRAINED:
                _log.error("training failed", exit_code=code)
            self._training = None
        night = last_night(now)
        # A hub that never learned waits for its first night: it has nothing to learn from yet.
        tried_at = self._began_at = self._began_at or model_store.newest_at(tx) or now
        if tried_at < night:
            self._began_at = now
            self._training = self.start(now)
