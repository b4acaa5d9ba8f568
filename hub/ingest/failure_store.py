"""The table and SQL of what rooms could not work on: the event is stored, its effect is missing.

Source: design section 5 ("A projection failing on one event").
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.ingest.quarantine_store import plain
from hub.ingest.store import spool_head

ERROR_MAX = 500

projection_error = Table(
    "projection_error",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("room", String(16), nullable=False),
    Column("spool_id", BigInteger, ForeignKey("spool_head.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("error", String(ERROR_MAX), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Since when its room has worked on it after all.
    Column("folded_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class Unfolded:
    """An event that a room could not work on yet, by its place in a spool."""

    id: int
    room: str
    site: str
    edge: str
    spool: str
    seq: int


def add(tx: Connection, room: str, place: tuple[int, int], error: str, now: datetime) -> None:
    """A room could not work on an event; ``place`` is its (spool row, seq)."""
    row = {
        "room": room,
        "spool_id": place[0],
        "seq": place[1],
        "error": plain(error)[:ERROR_MAX],
        "at": now,
    }
    tx.execute(insert(projection_error).values(row))


def next_unfolded(tx: Connection, after_id: int) -> Unfolded | None:
    """The oldest failure behind another one whose event its room has not worked on since."""
    mine = (projection_error.c.id > after_id) & projection_error.c.folded_at.is_(None)
    query = (
        select(
            projection_error.c.id,
            projection_error.c.room,
            spool_head.c.site,
            spool_head.c.edge,
            spool_head.c.spool,
            projection_error.c.seq,
        )
        .join(spool_head, spool_head.c.id == projection_error.c.spool_id)
        .where(mine)
        .order_by(projection_error.c.id)
    )
    row = tx.execute(query.limit(1)).one_or_none()
    return None if row is None else Unfolded(*row)


def note_folded(tx: Connection, failure_id: int, now: datetime) -> None:
    """The room has worked on this event after all; that it failed first stays on record."""
    mine = projection_error.c.id == failure_id
    tx.execute(update(projection_error).where(mine).values(folded_at=now))


def note_failed_again(tx: Connection, failure_id: int, error: str) -> None:
    """The room fails on it still, perhaps for another reason."""
    mine = projection_error.c.id == failure_id
    tx.execute(update(projection_error).where(mine).values(error=plain(error)[:ERROR_MAX]))


def is_behind(tx: Connection, room: str) -> bool:
    """Whether there is an event that a room has not worked on."""
    mine = (projection_error.c.room == room) & projection_error.c.folded_at.is_(None)
    return tx.execute(select(projection_error.c.id).where(mine).limit(1)).first() is not None
