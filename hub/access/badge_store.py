"""Table and SQL of the badge tokens; a token is never here, only its hash."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, func, insert, select, update

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.pseudonyms import TokenMark

staff_badge = Table(
    "staff_badge",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("badge", String(64), nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("revoked_by", String(64)),
    Index(None, "badge", "id"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class BadgeToken:
    """One printed badge: whose (plain number), and until when it counted."""

    id: int
    badge: str
    token_sha256: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None


_MARKS = select(staff_badge.c.id, staff_badge.c.token_sha256, staff_badge.c.badge)
_COLUMNS = tuple(column for column in staff_badge.c if column.name != "revoked_by")


def newest(tx: Connection) -> TokenMark | None:
    """Which token was printed last."""
    row = tx.execute(_MARKS.order_by(staff_badge.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.id, row.token_sha256, row.badge)


def has(tx: Connection, mark: TokenMark) -> bool:
    """Whether this very token is here."""
    row = tx.execute(_MARKS.where(staff_badge.c.id == mark[0])).one_or_none()
    return row is not None and (row.id, row.token_sha256, row.badge) == mark


def after(tx: Connection, last_id: int) -> list[BadgeToken]:
    """Tokens that were printed after one, in their order."""
    query = select(*_COLUMNS).where(staff_badge.c.id > last_id).order_by(staff_badge.c.id)
    return [BadgeToken(*row) for row in tx.execute(query)]


def newest_of(tx: Connection, badges: list[str]) -> dict[str, BadgeToken]:
    """The newest token of each of these badges that ever had one, revoked or not."""
    newest_ids = (
        select(func.max(staff_badge.c.id))
        .where(staff_badge.c.badge.in_(badges))
        .group_by(staff_badge.c.badge)
    )
    rows = tx.execute(select(*_COLUMNS).where(staff_badge.c.id.in_(newest_ids)))
    return {row.badge: BadgeToken(*row) for row in rows}


def add(tx: Connection, badge: str, token_sha256: str, who: str, now: datetime) -> None:
    """Keep a new token's hash."""
    row = {"badge": badge, "token_sha256": token_sha256, "made_at": now, "made_by": who}
    tx.execute(insert(staff_badge).values(row))


def revoke(tx: Connection, badge: str, who: str, now: datetime) -> bool:
    """End the tokens of a badge; say whether there was one that counted."""
    mine = (staff_badge.c.badge == badge) & staff_badge.c.revoked_at.is_(None)
    changes = {"revoked_at": now, "revoked_by": who}
    return bool(tx.execute(update(staff_badge).where(mine).values(changes)).rowcount)
