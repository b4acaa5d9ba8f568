"""Make each site's pack anew when something in it has changed, and tell the newest one.

The caller owns the transaction. Source: design section 3 ("site pack").
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.access.service import list_edges
from hub.network import Network, Staff
from hub.packs import store
from hub.packs.rules import footage_days, make_pack
from hub.packs.store import StoredPack
from wire.policy import Policy
from wire.site_pack import PackHold, SelfCheckTask, pack_bytes

__all__ = [
    "PackDuty",
    "StoredPack",
    "find_pack",
    "footage_days",
    "newest_change",
    "outgrow_pack",
    "pack_versions",
    "packs_after",
    "renew_packs",
]

PACKS_PER_TURN_MAX = 50
OUTGROW_MAX = 1_000_000

People = Callable[[Connection, str], Mapping[str, Staff]]
"""Who works at a site, by the pseudonym of each badge that may be scanned there."""
Tasks = Callable[[Connection, str], Sequence[SelfCheckTask]]
"""The open self-checks of a site."""
Holds = Callable[[Connection, str], Sequence[PackHold]]
"""The footage of a site that must stay."""


@dataclass(slots=True)
class PackDuty:
    """Keeps the packs of the sites that have edges; at its first turn it looks at all of them."""

    network: Network
    policy: Policy
    people: People
    tasks: Tasks
    holds: Holds
    name = "packs"
    _has_begun: bool = False

    def run(self, tx: Connection, now: datetime) -> None:
        """Make at most ``PACKS_PER_TURN_MAX`` packs; network and policy change only at a start."""
        known = store.versions(tx)
        if not self._has_begun:
            store.set_stale(tx, known)
            self._has_begun = True
        new = sorted({edge.site for edge in list_edges(tx)} - known.keys())
        for site in [*new, *store.stale(tx, PACKS_PER_TURN_MAX)][:PACKS_PER_TURN_MAX]:
            self._renew(tx, site, now)

    def _renew(self, tx: Connection, site: str, now: datetime) -> None:
        known = store.find(tx, site)
        version = 0 if known is None else known.version
        people, tasks = self.people(tx, site), self.tasks(tx, site)
        holds = self.holds(tx, site)

        def data_of(number: int) -> bytes:
            pack = make_pack(site, number, self.network, self.policy, people, tasks, holds)
            return pack_bytes(pack)

        if known is not None and data_of(version) == known.data:
            store.set_fresh(tx, site)
        else:
            store.put(tx, site, version + 1, data_of(version + 1), now)


def renew_packs(tx: Connection, sites: Sequence[str]) -> None:
    """Something in these sites' packs has changed; the next turn of the clock makes them anew."""
    store.set_stale(tx, sites)


def outgrow_pack(tx: Connection, site: str, held_version: int) -> None:
    """Make a site's pack newer than one that an edge holds of this hub's earlier life.

    An edge takes no lower version: a restored hub would never be listened to again. A version more
    than ``OUTGROW_MAX`` above our own is not believed, else one lie would use up all numbers.
    """
    known = store.find(tx, site)
    if known is not None and known.version < held_version <= known.version + OUTGROW_MAX:
        store.set_version(tx, site, held_version)


def find_pack(tx: Connection, site: str) -> StoredPack | None:
    """A site's newest pack."""
    return store.find(tx, site)


def pack_versions(tx: Connection) -> dict[str, int]:
    """The newest version of each site's pack; a site without one is not in it."""
    return store.versions(tx)


def newest_change(tx: Connection) -> int:
    """The newest change of any pack: what to ask ``packs_after`` for next."""
    return store.newest_change(tx)


def packs_after(tx: Connection, change: int) -> dict[str, int]:
    """The newest version of each site's pack that has changed since."""
    return store.changed_after(tx, change)
