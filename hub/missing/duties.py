"""What this room does because time passes. Source: HV-2.11.2."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.missing.service import judge_shifts, watch_shifts
from hub.missing.watchman import Watchman
from hub.network import Network

SITES_EVERY = timedelta(minutes=1)
"""How often quiet sites are looked at, hub time."""


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
