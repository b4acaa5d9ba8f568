"""Which footage must stay, for what, and who said so: rows are ended, never deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, insert, select, update

from hub.db.schema import RowId, UtcDateTime, metadata

footage_hold = Table(
    "footage_hold",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("site", String(32), nullable=False),
    Column("camera", String(32), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("waybill", String(64)),
    Column("reason", String(256), nullable=False),
    Column("held_by", String(64), nullable=False),
    Column("held_at", UtcDateTime, nullable=False),
    # Null: it holds.
    Column("ended_by", String(64)),
    Column("ended_at", UtcDateTime),
    Index(None, "site", "ended_at"),
)


@dataclass(frozen=True, slots=True)
class FootageHold:
    """A row: ``camera``'s footage from ``since`` to ``until`` stays, whatever its days say."""

    id: int
    site: str
    camera: str
    since: datetime
    until: datetime
    waybill: str | None
    reason: str
    held_by: str
    held_at: datetime
    ended_by: str | None
    ended_at: datetime | None


def add(tx: Connection, row: dict[str, object]) -> FootageHold:
    """Keep a hold; ``row`` holds its columns but the id."""
    query = insert(footage_hold).values(row).returning(*footage_hold.c)
    return FootageHold(*tx.execute(query).one())


def find(tx: Connection, hold_id: int) -> FootageHold | None:
    """One hold, also one that ended."""
    row = tx.execute(select(footage_hold).where(footage_hold.c.id == hold_id)).one_or_none()
    return None if row is None else FootageHold(*row)


def end(tx: Connection, hold_id: int, who: str, at: datetime) -> None:
    """A hold ends."""
    mine = footage_hold.c.id == hold_id
    tx.execute(update(footage_hold).where(mine).values(ended_by=who, ended_at=at))


def standing(tx: Connection, sites: Iterable[str] | None, limit: int) -> list[FootageHold]:
    """Holds that stand, the oldest first."""
    mine = footage_hold.c
    query = select(footage_hold).where(mine.ended_at.is_(None))
    if sites is not None:
        query = query.where(mine.site.in_(list(sites)))
    return [FootageHold(*row) for row in tx.execute(query.order_by(mine.id).limit(limit))]
