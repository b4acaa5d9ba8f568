"""News for the other roles: written in the transaction that made it, read by tailing.

A role remembers the last id it saw and asks for what is newer every ``POLL_S``, and where it can be
seen cheaply that somebody has committed, at once (:class:`Bell`). Ids are in commit order, because
only one transaction writes at a time. Source: design section 5.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, func, insert, select

from hub.db.engine import Database
from hub.db.schema import RowId, UtcDateTime, metadata
from hub.db.server import CHANNEL

POLL_S = 0.05
LOOKS = 25
"""How often a bell looks within ``POLL_S`` whether there may be news."""
NEWS_PER_READ_MAX = 500
NEWS_KEPT_MAX = 10_000
"""Older news is pruned; a role that was away longer reads the tables themselves."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("topic", String(16), nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)


class NewsTopic(StrEnum):
    """What the news is about; ``subject_id`` says which one."""

    ALERT = "alert"
    """An alert is new or has changed; the subject is its id."""
    WANTED = "wanted"
    """The wanted list has changed; the subject is its version."""


@dataclass(frozen=True, slots=True)
class News:
    """One row: read the subject itself for its content."""

    id: int
    topic: NewsTopic
    subject_id: int


def tell(tx: Connection, topic: NewsTopic, subject_ids: Iterable[int], now: datetime) -> None:
    """Add news; it is there when ``tx`` commits, and never was when it does not."""
    rows = [{"topic": topic, "subject_id": each, "at": now} for each in subject_ids]
    if rows:
        tx.execute(insert(outbox), rows)
        if tx.dialect.name == "postgresql":
            tx.exec_driver_sql(f"NOTIFY {CHANNEL}")


def newest_id(tx: Connection) -> int:
    """The id of the newest news, 0 while there is none: where a reader begins."""
    return tx.execute(select(func.max(outbox.c.id))).scalar_one() or 0


def news_after(tx: Connection, last_id: int) -> list[News]:
    """News younger than ``last_id``, oldest first, at most ``NEWS_PER_READ_MAX``."""
    rows = tx.execute(
        select(outbox.c.id, outbox.c.topic, outbox.c.subject_id)
        .where(outbox.c.id > last_id)
        .order_by(outbox.c.id)
        .limit(NEWS_PER_READ_MAX)
    )
    return [News(row.id, NewsTopic(row.topic), row.subject_id) for row in rows]


def prune(tx: Connection) -> None:
    """Forget all but the newest ``NEWS_KEPT_MAX``."""
    tx.execute(delete(outbox).where(outbox.c.id <= newest_id(tx) - NEWS_KEPT_MAX))


class Bell:
    """Rings when there may be news since it rang last, or when ``POLL_S`` is over."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heard: int | None = None

    async def rings(self) -> None:
        """Wait for it. Read after it rang, and nothing is missed."""
        for _ in range(LOOKS):
            commits = self._database.commits()
            if commits is not None and commits != self._heard:
                self._heard = commits
                return
            await asyncio.sleep(POLL_S / LOOKS)
