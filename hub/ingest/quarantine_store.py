"""Tables and SQL of what could not be used: unreadable lines, refused messages, failed projections.

Raw bytes are kept as received (P4); no rule is decided here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    func,
    insert,
    select,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.ingest.store import spool_head
from wire.lines import line_hash

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("what", String(8), nullable=False, index=True),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("spool_id", BigInteger, ForeignKey("spool_head.id")),
    Column("seq", BigInteger),
    Column("reason", String(300), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Index(None, "spool_id", "seq"),
)
projection_error = Table(
    "projection_error",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("room", String(16), nullable=False),
    Column("spool_id", BigInteger, ForeignKey("spool_head.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("error", String(500), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)


class Quarantined(StrEnum):
    """``line``: unreadable inside a good chain. ``message``: refused as a whole."""

    LINE = "line"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """Raw bytes that are no event."""

    id: int
    what: Quarantined
    site: str
    edge: str
    spool: str | None
    seq: int | None
    reason: str
    received_at: datetime
    raw: bytes


@dataclass(frozen=True, slots=True)
class QuarantinedHead:
    """What is known of quarantined bytes without reading them; ``size`` is how many they are."""

    id: int
    what: Quarantined
    site: str
    edge: str
    seq: int | None
    reason: str
    sha256: str
    received_at: datetime
    size: int


def line_hashes(tx: Connection, spool_id: int, first_seq: int, last_seq: int) -> dict[int, str]:
    """The hashes of the unreadable lines in a range of a spool."""
    mine = (quarantine.c.spool_id == spool_id) & quarantine.c.seq.between(first_seq, last_seq)
    rows = tx.execute(select(quarantine.c.seq, quarantine.c.sha256).where(mine))
    return {row.seq: row.sha256 for row in rows}


def add_quarantined(
    tx: Connection,
    what: Quarantined,
    site: str,
    edge: str,
    reason: str,
    raw: bytes,
    now: datetime,
    place: tuple[int, int] | None = None,
) -> None:
    """Keep raw bytes; ``place`` is the (spool row, seq) of an unreadable line."""
    row = {
        "what": what,
        "site": site,
        "edge": edge,
        "spool_id": place[0] if place else None,
        "seq": place[1] if place else None,
        "reason": _plain(reason)[:300],
        "sha256": line_hash(raw),
        "received_at": now,
        "raw": raw,
    }
    tx.execute(insert(quarantine).values(row))


def has_message(tx: Connection, raw: bytes) -> bool:
    """Whether this very message is in quarantine already."""
    mine = (quarantine.c.sha256 == line_hash(raw)) & (quarantine.c.what == Quarantined.MESSAGE)
    return tx.execute(select(quarantine.c.id).where(mine).limit(1)).first() is not None


def count_messages(tx: Connection) -> int:
    """How many messages are in quarantine."""
    mine = quarantine.c.what == Quarantined.MESSAGE
    return tx.execute(select(func.count()).select_from(quarantine).where(mine)).scalar_one()


def page_of_quarantine(
    tx: Connection, after_id: int, limit: int, sites: frozenset[str] | None
) -> list[QuarantinedItem]:
    """Quarantine in the order of arrival; ``sites`` None: of all."""
    query = (
        select(quarantine, spool_head.c.spool)
        .outerjoin(spool_head, spool_head.c.id == quarantine.c.spool_id)
        .where(quarantine.c.id > after_id)
        .order_by(quarantine.c.id)
        .limit(limit)
    )
    if sites is not None:
        query = query.where(quarantine.c.site.in_(sorted(sites)))
    return [
        QuarantinedItem(
            row.id,
            Quarantined(row.what),
            row.site,
            row.edge,
            row.spool,
            row.seq,
            row.reason,
            row.received_at,
            row.raw,
        )
        for row in tx.execute(query)
    ]


def newest_heads(
    tx: Connection, before_id: int | None, limit: int, sites: frozenset[str] | None
) -> list[QuarantinedHead]:
    """Quarantine, the newest first, without its bytes; ``sites`` None: of all."""
    columns = quarantine.c
    query = select(
        columns.id,
        columns.what,
        columns.site,
        columns.edge,
        columns.seq,
        columns.reason,
        columns.sha256,
        columns.received_at,
        func.length(columns.raw).label("size"),
    )
    if before_id is not None:
        query = query.where(columns.id < before_id)
    if sites is not None:
        query = query.where(columns.site.in_(sorted(sites)))
    rows = tx.execute(query.order_by(columns.id.desc()).limit(limit))
    return [QuarantinedHead(row.id, Quarantined(row.what), *row[2:]) for row in rows]


def raw_of(tx: Connection, item_id: int, sites: frozenset[str] | None) -> bytes | None:
    """One item's bytes as received."""
    query = select(quarantine.c.raw).where(quarantine.c.id == item_id)
    if sites is not None:
        query = query.where(quarantine.c.site.in_(sorted(sites)))
    return tx.execute(query).scalar_one_or_none()


def add_projection_error(
    tx: Connection, room: str, place: tuple[int, int], error: str, now: datetime
) -> None:
    """An event is stored, but a room could not work on it; ``place`` is (spool row, seq)."""
    row = {
        "room": room,
        "spool_id": place[0],
        "seq": place[1],
        "error": _plain(error)[:500],
        "at": now,
    }
    tx.execute(insert(projection_error).values(row))


def _plain(text: str) -> str:
    # PostgreSQL keeps no NUL in a text, and these sentences quote hostile bytes.
    return text.replace("\0", "")
