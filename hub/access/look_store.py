"""Table and SQL of the looks at personal data; rows are added and read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, insert, select

from hub.access.rules import Role
from hub.db.schema import RowId, UtcDateTime, metadata

look = Table(
    "look",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("what", String(32), nullable=False),
    Column("about", String(128), nullable=False),
    Column("reason", String(300), nullable=False),
    Index(None, "about", "id"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody saw personal data unmasked: what of which waybill or event, and why."""

    id: int
    at: datetime
    who: str
    role: Role
    what: str
    about: str
    reason: str


def add_looks(tx: Connection, looks: Sequence[dict[str, object]]) -> None:
    """Add rows; the keys are the columns' names."""
    if looks:
        tx.execute(insert(look), looks)


def page_of_looks(
    tx: Connection, about: str | None, who: str | None, before_id: int | None, limit: int
) -> list[Look]:
    """Looks, newest first."""
    query = select(look).order_by(look.c.id.desc()).limit(limit)
    if about is not None:
        query = query.where(look.c.about == about)
    if who is not None:
        query = query.where(look.c.who == who)
    if before_id is not None:
        query = query.where(look.c.id < before_id)
    return [
        Look(row.id, row.at, row.who, Role(row.role), row.what, row.about, row.reason)
        for row in tx.execute(query)
    ]
