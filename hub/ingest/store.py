"""Tables and SQL of spools and events; no rule is decided here.

Events need no unique index: ``spool_head``, locked first, is the guard (design section 5).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    false,
    func,
    insert,
    select,
    text,
    update,
)

from hub.db.among import among, among_rows
from hub.db.asked import Asked
from hub.db.bulk import Bulk
from hub.db.schema import RowId, UtcDateTime, metadata
from hub.fact import Fact
from ledger.chain import ChainHead
from wire.limits import SPOOLS_PER_EDGE_MAX
from wire.lines import line_hash, read_checked

spool_head = Table(
    "spool_head",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("spool", String(32), nullable=False),
    Column("upto_seq", BigInteger, nullable=False),
    Column("head", String(64), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    # Its first line's word about the spool before it, and what ended it (hub.ingest.spool_store).
    Column("after_spool", String(32)),
    Column("after_seq", BigInteger),
    Column("after_head", String(64)),
    Column("is_ended", Boolean, nullable=False, server_default=false()),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String(64)),
    Column("closed_why", String(300)),
    UniqueConstraint("site", "edge", "spool"),
)
event = Table(
    "event",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("spool_id", BigInteger, ForeignKey("spool_head.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("waybill", String(64)),
    # Feedback only: the scan that it belongs to.
    Column("of_seq", BigInteger),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("doubted", Boolean, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Index(None, "spool_id", "seq"),
    Index(None, "received_at"),
    Index(
        "ix_event_waybill",
        "waybill",
        sqlite_where=text("waybill IS NOT NULL"),
        postgresql_where=text("waybill IS NOT NULL"),
    ),
    # Rare among scans: what a station says of itself is found without reading them.
    Index(
        "ix_event_station",
        "spool_id",
        "id",
        sqlite_where=text("kind = 'station'"),
        postgresql_where=text("kind = 'station'"),
    ),
    Index(
        "ix_event_feedback",
        "spool_id",
        "of_seq",
        sqlite_where=text("of_seq IS NOT NULL"),
        postgresql_where=text("of_seq IS NOT NULL"),
    ),
)

SpoolName = tuple[str, str, str]
"""A spool's site, edge and id (32 hex): only together do they name one."""

REPLACED_BY, REPLACED_WHY = "custos", "its edge's disk was replaced"
LOOK_BACK = 5_000
"""Events of a spool among which its last scan is looked for."""


@dataclass(frozen=True, slots=True)
class Spool:
    """A spool's row; ``head`` is what is stored of it.

    ``is_ended``: its last line says so. ``is_closed``: by a recorded act, nothing more is taken.
    """

    id: int
    head: ChainHead
    is_ended: bool = False
    is_closed: bool = False


class NewEvent(NamedTuple):
    """An event's row but for its id, its columns in their order."""

    spool_id: int
    seq: int
    kind: str
    waybill: str | None
    of_seq: int | None
    occurred_at: datetime
    received_at: datetime
    late: bool
    doubted: bool
    line: bytes


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as stored; ``id`` grows in the order of arrival."""

    id: int
    site: str
    edge: str
    spool_id: int
    seq: int
    occurred_at: datetime
    received_at: datetime
    late: bool
    doubted: bool
    line: bytes


def fact_of(stored: StoredEvent) -> Fact:
    """An event as the rooms receive it."""
    return Fact(read_checked(stored.line), stored.occurred_at, stored.received_at, stored.late)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to read; ``since`` is hub time: received at or after it; None: all sites."""

    waybill: str | None = None
    site: str | None = None
    sites: frozenset[str] | None = None
    since: datetime | None = None
    kind: str | None = None


# Built once: these run for each batch, and building costs as much as running.
_NAME = (spool_head.c.site, spool_head.c.edge, spool_head.c.spool)
_LOCK_SPOOLS = Asked(select(spool_head).where(among_rows(_NAME, "names")).with_for_update())
_MOVE_HEAD = (
    update(spool_head)
    .where(spool_head.c.id == bindparam("spool_id"))
    .values(upto_seq=bindparam("upto_seq"), head=bindparam("head"))
)
_ADD_EVENTS = Bulk(tuple(event.c[name] for name in NewEvent._fields))
_EVENTS = select(
    event.c.id,
    spool_head.c.site,
    spool_head.c.edge,
    event.c.spool_id,
    event.c.seq,
    event.c.occurred_at,
    event.c.received_at,
    event.c.late,
    event.c.doubted,
    event.c.line,
).join(spool_head, spool_head.c.id == event.c.spool_id)
_NTH = func.row_number().over(partition_by=event.c.waybill, order_by=event.c.id.desc())
_RANKED = (
    select(event.c.id, _NTH.label("nth"))
    .where(
        among(event.c.waybill, "waybills"),
        event.c.received_at <= bindparam("until"),
        event.c.kind == bindparam("kind"),
    )
    .subquery()
)
_NEWEST = Asked(
    _EVENTS.join(_RANKED, _RANKED.c.id == event.c.id)
    .where(_RANKED.c.nth <= bindparam("each_max"))
    .order_by(event.c.id)
)


# ---------------------------------------------------------------- spools


def lock_spools(tx: Connection, names: Collection[SpoolName]) -> dict[SpoolName, Spool]:
    """The rows of those spools that are known, locked until the transaction ends."""
    if not names:
        return {}
    found = {}
    for row in _LOCK_SPOOLS.rows(tx, names=names):
        head = ChainHead(row.upto_seq, row.head)
        spool = Spool(row.id, head, row.is_ended, row.closed_at is not None)
        found[row.site, row.edge, row.spool] = spool
    return found


def heads_of(tx: Connection, site: str, edge: str, spools: Sequence[str]) -> dict[str, ChainHead]:
    """How far those of an edge's spools are stored that are known."""
    mine = (spool_head.c.site == site) & (spool_head.c.edge == edge)
    rows = tx.execute(select(spool_head).where(mine & spool_head.c.spool.in_(spools)))
    return {row.spool: ChainHead(row.upto_seq, row.head) for row in rows}


def newest_spools(tx: Connection, site: str, edge: str) -> dict[str, ChainHead]:
    """An edge's newest spools, the newest first, at most ``SPOOLS_PER_EDGE_MAX``."""
    mine = (spool_head.c.site == site) & (spool_head.c.edge == edge)
    query = select(spool_head).where(mine).order_by(spool_head.c.id.desc())
    rows = tx.execute(query.limit(SPOOLS_PER_EDGE_MAX))
    return {row.spool: ChainHead(row.upto_seq, row.head) for row in rows}


def close_spools(tx: Connection, site: str, edge: str, now: datetime) -> dict[str, ChainHead]:
    """Take no more of an edge's spools; how far those are stored that it closed now."""
    mine = (spool_head.c.site == site) & (spool_head.c.edge == edge)
    open_ones = mine & spool_head.c.closed_at.is_(None)
    rows = tx.execute(select(spool_head).where(open_ones).order_by(spool_head.c.id)).all()
    closing = {"closed_at": now, "closed_by": REPLACED_BY, "closed_why": REPLACED_WHY}
    tx.execute(update(spool_head).where(open_ones).values(closing))
    return {row.spool: ChainHead(row.upto_seq, row.head) for row in rows}


def add_spool(
    tx: Connection, site: str, edge: str, spool: str, head: ChainHead, now: datetime
) -> int:
    """Begin a spool; return its row's id."""
    row = {
        "site": site,
        "edge": edge,
        "spool": spool,
        "upto_seq": head.seq,
        "head": head.head,
        "started_at": now,
    }
    added = tx.execute(insert(spool_head).values(row).returning(spool_head.c.id))
    return int(added.scalar_one())


def move_heads(tx: Connection, heads: Mapping[int, ChainHead]) -> None:
    """Spools, by their rows' ids, are stored up to here now."""
    if heads:
        rows = [{"spool_id": i, "upto_seq": h.seq, "head": h.head} for i, h in heads.items()]
        tx.execute(_MOVE_HEAD, rows)


def event_hashes(tx: Connection, spool_id: int, first_seq: int, last_seq: int) -> dict[int, str]:
    """The hashes of the events that are stored in a range of a spool."""
    mine = (event.c.spool_id == spool_id) & event.c.seq.between(first_seq, last_seq)
    rows = tx.execute(select(event.c.seq, event.c.line).where(mine))
    return {row.seq: line_hash(row.line) for row in rows}


# ---------------------------------------------------------------- events


def add_events(tx: Connection, rows: Sequence[NewEvent]) -> None:
    """Insert events in their order."""
    _ADD_EVENTS.write(tx, rows)


def page_of_events(
    tx: Connection, wanted: EventFilter, after_id: int, limit: int, *, newest_first: bool
) -> list[StoredEvent]:
    """Events in the order of their arrival, or the newest ones before ``after_id`` first."""
    query = _EVENTS
    if wanted.waybill is not None:
        query = query.where(event.c.waybill == wanted.waybill)
    if wanted.site is not None:
        query = query.where(spool_head.c.site == wanted.site)
    if wanted.sites is not None:
        query = query.where(spool_head.c.site.in_(sorted(wanted.sites)))
    if wanted.since is not None:
        query = query.where(event.c.received_at >= wanted.since)
    if wanted.kind is not None:
        query = query.where(event.c.kind == wanted.kind)
    if newest_first:
        query = query.order_by(event.c.id.desc())
        query = query.where(event.c.id < after_id) if after_id else query
    else:
        query = query.where(event.c.id > after_id).order_by(event.c.id)
    return [_stored(row) for row in tx.execute(query.limit(limit))]


def feedback_lines(
    tx: Connection, scans: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """The first feedback line of each scan that has one; scans are (spool row, seq)."""
    by_spool: dict[int, list[int]] = {}
    for spool_id, seq in scans:
        by_spool.setdefault(spool_id, []).append(seq)
    found: dict[tuple[int, int], bytes] = {}
    for spool_id, seqs in by_spool.items():
        mine = (event.c.spool_id == spool_id) & event.c.of_seq.in_(seqs)
        rows = tx.execute(select(event.c.of_seq, event.c.line).where(mine).order_by(event.c.id))
        for row in rows:
            found.setdefault((spool_id, row.of_seq), row.line)
    return found


def newest_of(
    tx: Connection, kind: str, waybills: Sequence[str], received_until: datetime, each_max: int
) -> list[StoredEvent]:
    """Each waybill's newest events of a kind in the order of arrival, at most ``each_max``."""
    asked = {"waybills": waybills, "until": received_until, "kind": kind, "each_max": each_max}
    return [_stored(row) for row in _NEWEST.rows(tx, **asked)]


def events_at(
    tx: Connection, site: str, edge: str, spool: str, seqs: Sequence[int]
) -> list[StoredEvent]:
    """Those events of a spool that are stored, in their order."""
    place = (spool_head.c.site == site) & (spool_head.c.edge == edge)
    mine = place & (spool_head.c.spool == spool) & event.c.seq.in_(seqs)
    return [_stored(row) for row in tx.execute(_EVENTS.where(mine).order_by(event.c.id))]


def was_scanned_at(tx: Connection, waybill: str, sites: frozenset[str]) -> bool:
    """Whether any event of a waybill comes from one of these sites."""
    query = select(event.c.id).join(spool_head, spool_head.c.id == event.c.spool_id)
    mine = (event.c.waybill == waybill) & spool_head.c.site.in_(sorted(sites))
    return tx.execute(query.where(mine).limit(1)).first() is not None


def newest_received_at(tx: Connection) -> datetime | None:
    """When the newest event arrived."""
    query = select(event.c.received_at).order_by(event.c.id.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def page_of_station_events(tx: Connection, site: str, edge: str, limit: int) -> list[StoredEvent]:
    """What a station said of itself, the newest first."""
    # Spelled out as text: a partial index serves only a condition that it can read.
    query = _EVENTS.where(text("event.kind = 'station'"))
    query = query.where(spool_head.c.site == site, spool_head.c.edge == edge)
    rows = tx.execute(query.order_by(event.c.id.desc()).limit(limit))
    return [_stored(row) for row in rows]


def newest_scans(tx: Connection) -> dict[tuple[str, str], datetime]:
    """When the newest scan of each edge was, event time, among its last ``LOOK_BACK`` events.

    An edge that did not scan for so long is not in it.
    """
    place = func.row_number().over(
        partition_by=(spool_head.c.site, spool_head.c.edge),
        # One that has ended may have come behind the one that is live.
        order_by=(spool_head.c.is_ended, spool_head.c.id.desc()),
    )
    newest = select(spool_head, place.label("place")).subquery()
    scan = (
        select(event.c.occurred_at)
        .where(
            event.c.spool_id == newest.c.id,
            event.c.seq > newest.c.upto_seq - LOOK_BACK,
            event.c.kind == "scan",
        )
        .order_by(event.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(newest.c.site, newest.c.edge, scan.label("at")).where(newest.c.place == 1)
    return {(row.site, row.edge): row.at for row in tx.execute(query) if row.at is not None}


def _stored(row: Row[*tuple[Any, ...]]) -> StoredEvent:
    return StoredEvent(*row)
