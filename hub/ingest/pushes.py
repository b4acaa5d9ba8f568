"""When to push to edges: list, packs and orders at once after a change, a list head each minute.

Source: design section 3 ("Nothing is retained").
"""

from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from hub.access.service import heard_edges, list_edges
from hub.clock import Clock
from hub.ingest import states
from hub.ingest.commands import HEAD_EVERY_S, CommandDesk
from hub.ingest.intake import Outgoing
from hub.packs.service import newest_change, packs_after
from hub.video.service import Order, newest_order, orders_after
from hub.wanted.service import list_version
from wire.topics import Channel, Topic

ORDERS_PER_TURN_MAX = 500


class Pusher(Protocol):
    """Finds what edges must hear without having asked."""

    def due(self, tx: Connection, listening_since: datetime | None, clock: Clock) -> list[Outgoing]:
        """The commands that are to be sent now."""


class PackPusher:
    """Tells a site's edges of its newer pack; a lost push is made good by the next state."""

    def __init__(self, commands: CommandDesk) -> None:
        self._commands = commands
        self._change: int | None = None

    def due(self, tx: Connection, listening_since: datetime | None, clock: Clock) -> list[Outgoing]:
        """A head to each edge of the sites whose packs have changed since the last turn."""
        if listening_since is None:
            return []
        newest = newest_change(tx)
        earlier, self._change = self._change, newest
        # Edges send their states when they connect: what was made before needs no push.
        if earlier is None or newest == earlier:
            return []
        versions, now = packs_after(tx, earlier), clock.now()
        return [
            Outgoing(
                Topic(edge.site, edge.edge, Channel.CMD),
                self._commands.pack_head(edge.site, edge.edge, versions[edge.site], now),
            )
            for edge in heard_edges(tx)
            if edge.site in versions
        ]


class FootagePusher:
    """Tells edges what they are to send; a lost push is made good by the edge's next state."""

    def __init__(self, commands: CommandDesk) -> None:
        self._commands = commands
        self._pushed: int | None = None

    def due(self, tx: Connection, listening_since: datetime | None, clock: Clock) -> list[Outgoing]:
        """The orders made since the last turn, the oldest first; those beyond the bound follow."""
        if listening_since is None:
            return []
        if self._pushed is None:
            # Edges send their states when they connect: what was made before needs no push.
            self._pushed = newest_order(tx)
        new = orders_after(tx, self._pushed, ORDERS_PER_TURN_MAX)
        orders: dict[tuple[str, str], list[Order]] = {}
        for each in new:
            orders.setdefault((each.site, each.edge), []).append(each)
            self._pushed = each.order_no
        now = clock.now()
        everyone = list_edges(tx) if orders else []
        revoked = {(edge.site, edge.edge) for edge in everyone if edge.revoked_at is not None}
        return [
            Outgoing(Topic(site, edge, Channel.CMD), command)
            for (site, edge), mine in orders.items()
            if (site, edge) not in revoked
            for command in self._commands.footage_orders(site, edge, mine, now)
        ]


class WantedPusher:
    """Remembers what was pushed last; a lost push is made good by the edge's next state."""

    def __init__(self, commands: CommandDesk) -> None:
        self._commands = commands
        self._pushed_version = -1
        self._head_due_ns = 0
        self._connection_since: datetime | None = None

    def due(self, tx: Connection, listening_since: datetime | None, clock: Clock) -> list[Outgoing]:
        """The commands that are to be sent now, to each enrolled edge."""
        if listening_since is None:
            self._connection_since = None
            return []
        version, mono_ns = list_version(tx), clock.mono_ns()
        if listening_since != self._connection_since:
            # A new connection: whatever was pushed before may be lost.
            self._connection_since = listening_since
            self._pushed_version = -1
        if version == self._pushed_version and mono_ns < self._head_due_ns:
            return []
        earlier, self._pushed_version = self._pushed_version, version
        self._head_due_ns = mono_ns + int(HEAD_EVERY_S * 1e9 / clock.rate)
        if version == earlier:
            return self._heads(tx, clock.now())
        return self._changes(tx, earlier, clock.now())

    def _changes(self, tx: Connection, earlier: int, now: datetime) -> list[Outgoing]:
        known = states.every_state(tx)
        outgoing = []
        for edge in heard_edges(tx):
            state = known.get((edge.site, edge.edge))
            have = state.state.wanted if state is not None else None
            if have is not None and have.version < earlier:
                # The state was written before the last push, which the edge has taken since.
                have = msgspec.structs.replace(have, version=earlier)
            command = self._commands.missing_for(tx, edge.site, edge.edge, have, now)
            if command is not None:
                topic = Topic(edge.site, edge.edge, Channel.CMD)
                outgoing.append(Outgoing(topic, command))
        return outgoing

    def _heads(self, tx: Connection, now: datetime) -> list[Outgoing]:
        return [
            Outgoing(
                Topic(edge.site, edge.edge, Channel.CMD),
                self._commands.head_for(tx, edge.site, edge.edge, now),
            )
            for edge in heard_edges(tx)
        ]
