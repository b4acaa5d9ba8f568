"""The table and SQL of what could not be read: unreadable lines and refused messages.

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
    update,
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
    # Somebody asked to read it again; what came of the last try; who worked it off, in which words.
    Column("asked_at", UtcDateTime),
    Column("asked_by", String(64)),
    Column("tried", String(300)),
    Column("done_at", UtcDateTime),
    Column("done_by", String(64)),
    Column("done_why", String(300)),
    Index(None, "spool_id", "seq"),
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
    is_asked: bool
    tried: str | None
    done_at: datetime | None
    done_by: str | None
    done_why: str | None


@dataclass(frozen=True, slots=True)
class QuarantinedHead:
    """What is known of quarantined bytes without reading them; ``size`` is how many they are.

    ``is_asked``: they are to be read again; ``tried`` says why the last try did not help. ``done``:
    nobody has to look any more.
    """

    id: int
    what: Quarantined
    site: str
    edge: str
    seq: int | None
    reason: str
    sha256: str
    received_at: datetime
    is_asked: bool
    tried: str | None
    done_at: datetime | None
    done_by: str | None
    done_why: str | None
    size: int


@dataclass(frozen=True, slots=True)
class AskedItem:
    """Quarantined bytes that are to be read again; ``place`` is an unreadable line's."""

    id: int
    what: Quarantined
    site: str
    edge: str
    spool: str | None
    place: tuple[int, int] | None
    asked_by: str
    raw: bytes


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
        "reason": plain(reason)[:300],
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
            row.asked_at is not None,
            row.tried,
            row.done_at,
            row.done_by,
            row.done_why,
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
        columns.asked_at.is_not(None),
        columns.tried,
        columns.done_at,
        columns.done_by,
        columns.done_why,
        func.length(columns.raw).label("size"),
    )
    if before_id is not None:
        query = query.where(columns.id < before_id)
    if sites is not None:
        query = query.where(columns.site.in_(sorted(sites)))
    rows = tx.execute(query.order_by(columns.id.desc()).limit(limit))
    return [QuarantinedHead(row.id, Quarantined(row.what), *row[2:]) for row in rows]


def open_item(tx: Connection, item_id: int, sites: frozenset[str] | None) -> bool | None:
    """Whether an item still waits for somebody; None: there is none, or it is of another site."""
    query = select(quarantine.c.done_at).where(quarantine.c.id == item_id)
    if sites is not None:
        query = query.where(quarantine.c.site.in_(sorted(sites)))
    row = tx.execute(query).one_or_none()
    return None if row is None else row.done_at is None


def ask_again(tx: Connection, item_id: int, who: str, now: datetime) -> None:
    """Somebody wants it read again; ingest does it."""
    row = {"asked_at": now, "asked_by": who}
    tx.execute(update(quarantine).where(quarantine.c.id == item_id).values(row))


def asked(tx: Connection, limit: int) -> list[AskedItem]:
    """What is to be read again, the oldest first."""
    query = (
        select(quarantine, spool_head.c.spool)
        .outerjoin(spool_head, spool_head.c.id == quarantine.c.spool_id)
        .where(quarantine.c.asked_at.is_not(None))
        .order_by(quarantine.c.id)
        .limit(limit)
    )
    return [
        AskedItem(
            row.id,
            Quarantined(row.what),
            row.site,
            row.edge,
            row.spool,
            None if row.spool_id is None else (row.spool_id, row.seq),
            row.asked_by,
            row.raw,
        )
        for row in tx.execute(query)
    ]


def note_tried(tx: Connection, item_id: int, tried: str) -> None:
    """It was read again in vain; it waits for somebody to ask anew."""
    row = {"asked_at": None, "asked_by": None, "tried": plain(tried)[:300]}
    tx.execute(update(quarantine).where(quarantine.c.id == item_id).values(row))


def work_off(tx: Connection, item_id: int, who: str, why: str, now: datetime) -> None:
    """Nobody has to look at it any more; its bytes stay."""
    row = {"asked_at": None, "asked_by": None, "done_at": now, "done_by": who, "done_why": why}
    tx.execute(update(quarantine).where(quarantine.c.id == item_id).values(row))


def raw_of(tx: Connection, item_id: int, sites: frozenset[str] | None) -> bytes | None:
    """One item's bytes as received."""
    query = select(quarantine.c.raw).where(quarantine.c.id == item_id)
    if sites is not None:
        query = query.where(quarantine.c.site.in_(sorted(sites)))
    return tx.execute(query).scalar_one_or_none()


def plain(text: str) -> str:
    """A text that both databases take."""
    # PostgreSQL keeps no NUL in a text, and these sentences quote hostile bytes.
    return text.replace("\0", "")
