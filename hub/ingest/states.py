"""What edges say of themselves: the last state of each, and its scanners. The tables stand here.

Source: design section 3 ("Nothing is retained").
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from hub.alerts.service import AlertKind, close_alert
from hub.db.schema import RowId, UtcDateTime, metadata
from wire.messages import Gone, State, encode

BOOTS_KEPT_MAX = 256
"""Program runs of an edge whose highest ``n`` is remembered, so that no old state comes again."""

edge_state = Table(
    "edge_state",
    metadata,
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("state", LargeBinary, nullable=False),
    PrimaryKeyConstraint("site", "edge"),
)
edge_boot = Table(
    "edge_boot",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("boot", String(32), nullable=False, index=True),
    Column("n", BigInteger, nullable=False),
    # When its first state came; null for those from before this was written down.
    Column("first_heard_at", UtcDateTime),
)

_decoder = msgspec.json.Decoder(State)


@dataclass(frozen=True, slots=True)
class EdgeState:
    """An edge's newest state; ``connected`` is false once its last will has come."""

    state: State
    received_at: datetime
    connected: bool


def note_state(tx: Connection, state: State, now: datetime) -> bool:
    """Keep an edge's newest state; say whether it was one.

    Within a boot ``n`` grows: an older or repeated state changes nothing.
    """
    if not _advance(tx, state, now):
        return False
    row = {"received_at": now, "connected": True, "state": encode(state)}
    mine = (edge_state.c.site == state.site) & (edge_state.c.edge == state.edge)
    if tx.execute(update(edge_state).where(mine).values(row)).rowcount == 0:
        identity = {"site": state.site, "edge": state.edge}
        tx.execute(insert(edge_state).values(row | identity))
    close_alert(tx, AlertKind.EDGE_SILENT, f"{state.site}/{state.edge}", now)
    for device in state.devices:
        if device.connected:
            # Its edge may have ended before it could tell that the device is back.
            close_alert(tx, AlertKind.DEVICE_LOST, f"{state.site}/{state.edge}/{device.id}", now)
    return True


def note_gone(tx: Connection, gone: Gone) -> None:
    """The connection that this will was made for has ended; another one stays as it is."""
    known = find_state(tx, gone.site, gone.edge)
    if known is None:
        return
    if (known.state.boot, known.state.connection) == (gone.boot, gone.connection):
        mine = (edge_state.c.site == gone.site) & (edge_state.c.edge == gone.edge)
        tx.execute(update(edge_state).where(mine).values(connected=False))


def find_state(tx: Connection, site: str, edge: str) -> EdgeState | None:
    """An edge's newest state."""
    mine = (edge_state.c.site == site) & (edge_state.c.edge == edge)
    row = tx.execute(select(edge_state).where(mine)).one_or_none()
    return None if row is None else _edge_state(row)


def every_state(tx: Connection) -> dict[tuple[str, str], EdgeState]:
    """The newest state of each edge, by site and name."""
    return {(row.site, row.edge): _edge_state(row) for row in tx.execute(select(edge_state))}


def _edge_state(row: Row[*tuple[Any, ...]]) -> EdgeState:
    return EdgeState(_decoder.decode(row.state), row.received_at, row.connected)


def runs(tx: Connection, site: str, edge: str, limit: int) -> list[datetime]:
    """When the newest runs of an edge's program were first heard of, the newest first."""
    columns = edge_boot.c
    mine = (columns.site == site) & (columns.edge == edge) & columns.first_heard_at.is_not(None)
    query = select(columns.first_heard_at).where(mine).order_by(columns.id.desc()).limit(limit)
    return list(tx.execute(query).scalars())


def _advance(tx: Connection, state: State, now: datetime) -> bool:
    mine = (edge_boot.c.site == state.site) & (edge_boot.c.edge == state.edge)
    this_boot = mine & (edge_boot.c.boot == state.boot)
    known = tx.execute(select(edge_boot.c.n).where(this_boot)).scalar_one_or_none()
    if known is not None:
        if state.n <= known:
            return False
        tx.execute(update(edge_boot).where(this_boot).values(n=state.n))
        return True
    row = {
        "site": state.site,
        "edge": state.edge,
        "boot": state.boot,
        "n": state.n,
        "first_heard_at": now,
    }
    tx.execute(insert(edge_boot).values(row))
    kept = select(edge_boot.c.id).where(mine).order_by(edge_boot.c.id.desc()).limit(BOOTS_KEPT_MAX)
    tx.execute(delete(edge_boot).where(mine & edge_boot.c.id.not_in(kept)))
    return True
