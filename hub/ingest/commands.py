"""What an edge lacks of wanted list and site pack, and what it is to send, as commands.

No clock and no random: both are arguments. The list's hash is remembered per version, since it
costs reading the whole list. Source: design section 3 ("Nothing is retained").
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.ingest.heads import StoredSpool
from hub.packs.service import find_pack
from hub.video.service import Order, open_orders
from hub.wanted.service import current_list, current_rules, delta_since, list_version
from wire.limits import ORDER_FILES_MAX
from wire.messages import (
    AnyCommand,
    FootageOrder,
    PackHead,
    SpoolClose,
    State,
    WantedDelta,
    WantedFetch,
    WantedHead,
)
from wire.names import format_at, parse_at
from wire.wanted import ListHead, list_sha256

HEAD_EVERY_S = 60
"""A fresh head for every edge, also without a change: the list's age can be trusted."""
COMMAND_LIFE = timedelta(minutes=5)
FILES_PER_STATE_MAX = 4 * ORDER_FILES_MAX
"""So many open orders an edge is told again after a state; the next ones after the next."""


class CommandDesk:
    """Makes the commands for single edges."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._hashed: tuple[int, str] = (-1, "")

    def missing_for(
        self, tx: Connection, site: str, edge: str, have: ListHead | None, now: datetime
    ) -> AnyCommand | None:
        """What an edge needs that holds ``have``; ``None`` when it is up to date."""
        version = list_version(tx)
        if have is None or have.version == 0:
            return self._fetch(site, edge, version, now)
        head = self._head(tx, version, now)
        if have.version < version:
            return self._delta(tx, site, edge, have.version, head, now)
        if have.version > version or have.list_sha256 != head.list_sha256:
            # No fetch: it would not take what is not newer. Its next state makes the list newer.
            return None
        if now - parse_at(have.head_at) >= timedelta(seconds=HEAD_EVERY_S):
            return self.head_for(tx, site, edge, now)
        return None

    def is_overtaken_by(self, tx: Connection, have: ListHead, now: datetime) -> bool:
        """Whether an edge holds a list that this one could never follow: a restored hub's fate."""
        version = list_version(tx)
        if have.version != version:
            return have.version > version
        return have.list_sha256 != self._head(tx, version, now).list_sha256

    def pack_for(
        self, tx: Connection, site: str, edge: str, have_version: int, now: datetime
    ) -> PackHead | None:
        """What an edge needs that holds this version of its site's pack; ``None``: nothing."""
        pack = find_pack(tx, site)
        if pack is None or pack.version <= have_version:
            return None
        return self.pack_head(site, edge, pack.version, now)

    def pack_head(self, site: str, edge: str, version: int, now: datetime) -> PackHead:
        """Tell an edge that its site's pack has this version now."""
        return PackHead(
            site=site, edge=edge, id=self._id(), expires_at=_expiry(now), version=version
        )

    def spool_close(self, state: State, closed: StoredSpool, now: datetime) -> SpoolClose:
        """Tell an edge that one of its spools was closed, by whoever may accept a gap."""
        return SpoolClose(
            site=state.site,
            edge=state.edge,
            id=self._id(),
            expires_at=_expiry(now),
            spool=closed.spool,
            upto_seq=closed.head.seq,
        )

    def footage_for(
        self, tx: Connection, site: str, edge: str, now: datetime
    ) -> list[FootageOrder]:
        """What an edge has still to send: it may never have heard of it."""
        orders = open_orders(tx, site, edge, FILES_PER_STATE_MAX)
        return self.footage_orders(site, edge, orders, now)

    def footage_orders(
        self, site: str, edge: str, orders: Sequence[Order], now: datetime
    ) -> list[FootageOrder]:
        """Tell an edge to send these files, as many commands as it takes, the urgent first."""
        return [
            FootageOrder(
                site=site,
                edge=edge,
                id=self._id(),
                expires_at=_expiry(now),
                files=tuple(files[first : first + ORDER_FILES_MAX]),
                is_urgent=is_urgent,
            )
            for is_urgent in (True, False)
            for files in [[each.sha256 for each in orders if each.is_urgent == is_urgent]]
            for first in range(0, len(files), ORDER_FILES_MAX)
        ]

    def head_for(self, tx: Connection, site: str, edge: str, now: datetime) -> WantedHead:
        """A head made now, so that the edge can tell its list's age."""
        head = self._head(tx, list_version(tx), now)
        return WantedHead(site=site, edge=edge, id=self._id(), expires_at=_expiry(now), head=head)

    def _delta(
        self, tx: Connection, site: str, edge: str, from_version: int, head: ListHead, now: datetime
    ) -> WantedDelta | WantedFetch:
        delta = delta_since(tx, from_version)
        if delta is None:
            return self._fetch(site, edge, head.version, now)
        return WantedDelta(
            site=site,
            edge=edge,
            id=self._id(),
            expires_at=_expiry(now),
            from_version=delta.from_version,
            put=delta.put,
            remove=delta.remove,
            rules=current_rules(tx) if delta.rules_changed else None,
            head=head,
        )

    def _fetch(self, site: str, edge: str, version: int, now: datetime) -> WantedFetch:
        return WantedFetch(
            site=site, edge=edge, id=self._id(), expires_at=_expiry(now), version=version
        )

    def _head(self, tx: Connection, version: int, now: datetime) -> ListHead:
        if self._hashed[0] != version:
            self._hashed = (version, list_sha256(current_list(tx)))
        return ListHead(version=version, list_sha256=self._hashed[1], head_at=format_at(now))

    def _id(self) -> str:
        return self._random_bytes(16).hex()


def _expiry(now: datetime) -> str:
    return format_at(now + COMMAND_LIFE)
