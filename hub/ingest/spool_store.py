"""SQL of what is told of spools beside their lines: whom one follows, its end, its closing.

The columns stand in ``hub.ingest.store.spool_head``; no rule is decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from hub.ingest.heads import StoredSpool
from hub.ingest.store import event, event_hashes, spool_head
from ledger.chain import ChainHead
from wire.limits import SPOOLS_PER_EDGE_MAX
from wire.lines import read_checked
from wire.messages import SpoolHead
from wire.names import parse_at


@dataclass(frozen=True, slots=True)
class Closing:
    """By whom a spool was closed, when, and in which words."""

    at: datetime
    by: str
    why: str


def newest(tx: Connection, site: str, edge: str) -> list[tuple[StoredSpool, Closing | None]]:
    """An edge's newest spools, the newest first, at most ``SPOOLS_PER_EDGE_MAX``."""
    columns = spool_head.c
    query = select(spool_head).where(columns.site == site, columns.edge == edge)
    rows = tx.execute(query.order_by(columns.id.desc()).limit(SPOOLS_PER_EDGE_MAX))
    return [(_spool(row), _closing(row)) for row in rows]


def find(tx: Connection, site: str, edge: str, spools: Sequence[str]) -> dict[str, StoredSpool]:
    """Those of an edge's spools that are known, by name."""
    columns = spool_head.c
    query = select(spool_head).where(
        columns.site == site, columns.edge == edge, columns.spool.in_(spools)
    )
    return {row.spool: _spool(row) for row in tx.execute(query)}


def followers(tx: Connection, site: str, edge: str, spool: str) -> list[StoredSpool]:
    """The spools whose first line says that they follow this one; more than one is a lie."""
    columns = spool_head.c
    query = select(spool_head).where(
        columns.site == site, columns.edge == edge, columns.after_spool == spool
    )
    return [_spool(row) for row in tx.execute(query.limit(SPOOLS_PER_EDGE_MAX))]


def hash_at(tx: Connection, spool_id: int, seq: int) -> str | None:
    """The hash of a stored event's line."""
    return event_hashes(tx, spool_id, seq, seq).get(seq)


def times_at(tx: Connection, spool_id: int, seq: int) -> tuple[datetime, datetime] | None:
    """When a line was recorded, by its edge's clock, and received; None: no event is there."""
    place = (event.c.spool_id == spool_id) & (event.c.seq == seq)
    row = tx.execute(select(event.c.line, event.c.received_at).where(place)).first()
    return None if row is None else (parse_at(read_checked(row.line).at), row.received_at)


def note_link(tx: Connection, spool_id: int, after: SpoolHead) -> None:
    """A spool's first line names where the one before it ended."""
    row = {"after_spool": after.spool, "after_seq": after.seq, "after_head": after.head}
    tx.execute(update(spool_head).where(spool_head.c.id == spool_id).values(row))


def note_end(tx: Connection, spool_id: int) -> None:
    """A spool says that it ends here."""
    tx.execute(update(spool_head).where(spool_head.c.id == spool_id).values(is_ended=True))


def close(tx: Connection, spool_id: int, closing: Closing) -> None:
    """Take no more of a spool."""
    row = {"closed_at": closing.at, "closed_by": closing.by, "closed_why": closing.why}
    tx.execute(update(spool_head).where(spool_head.c.id == spool_id).values(row))


def _spool(row: Row[Any]) -> StoredSpool:
    after = None
    if row.after_spool is not None:
        after = SpoolHead(spool=row.after_spool, seq=row.after_seq, head=row.after_head)
    return StoredSpool(
        row.id,
        row.spool,
        ChainHead(row.upto_seq, row.head),
        after,
        row.is_ended,
        row.closed_at is not None,
    )


def _closing(row: Row[Any]) -> Closing | None:
    if row.closed_at is None:
        return None
    return Closing(row.closed_at, row.closed_by, row.closed_why)
