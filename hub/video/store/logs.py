"""The monitoring logs that were made, with what became of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from hub.db.schema import UtcDateTime, metadata

monitoring_log = Table(
    "monitoring_log",
    metadata,
    Column("site", String(32), nullable=False),
    Column("period", String(10), nullable=False),
    Column("views", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    # When a mail server took it; null: not yet.
    Column("sent_at", UtcDateTime, index=True),
    # The timer; null once it has fired or the log was sent.
    Column("alarm_at", UtcDateTime),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("site", "period"),
)
_SHORT = [column for column in monitoring_log.c if column.name != "document"]


@dataclass(frozen=True, slots=True)
class MadeLog:
    """A row, but for its document."""

    site: str
    period: str
    views: int
    made_at: datetime
    due_at: datetime
    sent_at: datetime | None
    alarm_at: datetime | None


def has(tx: Connection, site: str, period: str) -> bool:
    """Say whether a log was made."""
    mine = (monitoring_log.c.site == site) & (monitoring_log.c.period == period)
    return tx.execute(select(monitoring_log.c.site).where(mine)).first() is not None


def last_day(tx: Connection, site: str, before: str) -> str:
    """The last local day before another whose log was made; empty: none was."""
    mine = monitoring_log.c
    # A month's name is shorter than a day's.
    days = (mine.site == site) & (func.length(mine.period) == len(before))
    query = select(func.max(mine.period)).where(days & (mine.period < before))
    return str(tx.execute(query).scalar_one() or "")


def add(tx: Connection, log: MadeLog, document: str) -> None:
    """Keep a log."""
    row = {column.name: getattr(log, column.name) for column in _SHORT}
    tx.execute(insert(monitoring_log).values(row | {"document": document}))


def change(tx: Connection, log: MadeLog, **changes: datetime | None) -> None:
    """Change some of a log's columns."""
    mine = (monitoring_log.c.site == log.site) & (monitoring_log.c.period == log.period)
    tx.execute(update(monitoring_log).where(mine).values(changes))


def unsent(tx: Connection, limit: int) -> list[MadeLog]:
    """Logs that no mail server has taken, the first due first."""
    query = select(*_SHORT).where(monitoring_log.c.sent_at.is_(None))
    return [MadeLog(*row) for row in tx.execute(query.order_by("due_at").limit(limit))]


def page(tx: Connection, sites: Iterable[str] | None, limit: int) -> list[MadeLog]:
    """Logs, the newest first."""
    query = select(*_SHORT)
    if sites is not None:
        query = query.where(monitoring_log.c.site.in_(list(sites)))
    query = query.order_by(monitoring_log.c.made_at.desc(), "site", "period")
    return [MadeLog(*row) for row in tx.execute(query.limit(limit))]


def document(tx: Connection, site: str, period: str) -> str | None:
    """A log's printable page."""
    mine = (monitoring_log.c.site == site) & (monitoring_log.c.period == period)
    found = tx.execute(select(monitoring_log.c.document).where(mine)).scalar_one_or_none()
    return None if found is None else str(found)
