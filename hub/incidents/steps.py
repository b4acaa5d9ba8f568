"""What happens to an incident, step by step: its history, its timers, its documents.

The tables stand here; no rule is decided here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    LargeBinary,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.incidents.rules import Act, Deadline, Timer

HISTORY_READ_MAX = 500
ATTACHMENTS_READ_MAX = 50

incident_timer = Table(
    "incident_timer",
    metadata,
    Column("incident_id", BigInteger, ForeignKey("incident.id"), nullable=False),
    Column("timer", String(12), nullable=False),
    # Whose time it is: each site that has to follow up has its own; "" is the search's.
    Column("site", String(32), nullable=False),
    # Null once it has fired.
    Column("due_at", UtcDateTime, index=True),
    Column("fired_at", UtcDateTime),
    PrimaryKeyConstraint("incident_id", "timer", "site"),
)
incident_history = Table(
    "incident_history",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("incident_id", BigInteger, ForeignKey("incident.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("act", String(12), nullable=False),
    Column("who", String(64), nullable=False),
    Column("site", String(32)),
    Column("note", String(2000)),
)
incident_attachment = Table(
    "incident_attachment",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("incident_id", BigInteger, ForeignKey("incident.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(64), nullable=False),
    Column("name", String(120), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("encrypted", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to an incident; ``who`` is an account, a badge, or custos."""

    at: datetime
    act: Act
    who: str
    site: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer; ``due_at`` None: it has fired; ``site`` None: it is the search's own."""

    incident_id: int
    timer: Timer
    site: str | None
    due_at: datetime | None
    fired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A filed document; its content is read on its own."""

    id: int
    at: datetime
    who: str
    name: str
    sha256: str


def record(
    tx: Connection,
    incident_id: int,
    act: Act,
    who: str,
    now: datetime,
    site: str | None = None,
    note: str | None = None,
) -> int:
    """Add a line to an incident's history; return the line's id."""
    row = {
        "incident_id": incident_id,
        "at": now,
        "act": act,
        "who": who,
        "site": site,
        "note": note,
    }
    added = tx.execute(insert(incident_history).values(row).returning(incident_history.c.id))
    return int(added.scalar_one())


def history(tx: Connection, incident_id: int) -> list[HistoryLine]:
    """What happened to an incident, oldest first."""
    rows = tx.execute(
        select(incident_history)
        .where(incident_history.c.incident_id == incident_id)
        .order_by(incident_history.c.id)
        .limit(HISTORY_READ_MAX)
    )
    return [HistoryLine(row.at, Act(row.act), row.who, row.site, row.note) for row in rows]


def was_done(tx: Connection, incident_id: int, act: Act, site: str | None = None) -> bool:
    """Say whether an act stands in an incident's history; ``site``: only of this one."""
    columns = incident_history.c
    mine = (columns.incident_id == incident_id) & (columns.act == act)
    if site is not None:
        mine &= columns.site == site
    return tx.execute(select(columns.id).where(mine).limit(1)).first() is not None


# ---------------------------------------------------------------- timers


def set_timer(tx: Connection, incident_id: int, deadline: Deadline) -> None:
    """Set a timer, or set it anew."""
    mine = _of(incident_id, deadline.timer, deadline.site)
    row = {"due_at": deadline.due_at, "fired_at": None}
    if tx.execute(update(incident_timer).where(mine).values(row)).rowcount == 0:
        identity = {
            "incident_id": incident_id,
            "timer": deadline.timer,
            "site": deadline.site or "",
        }
        tx.execute(insert(incident_timer).values(row | identity))


def end_timers(tx: Connection, incident_id: int, timers: Collection[Timer]) -> None:
    """What they waited for has come: those of these that have not fired never will."""
    columns = incident_timer.c
    mine = (columns.incident_id == incident_id) & columns.timer.in_(timers)
    tx.execute(delete(incident_timer).where(mine & columns.due_at.is_not(None)))


def end_follow_up(tx: Connection, incident_id: int, site: str) -> None:
    """A site has followed up: its timer ends, no other site's does."""
    mine = _of(incident_id, Timer.FOLLOW_UP, site)
    tx.execute(delete(incident_timer).where(mine & incident_timer.c.due_at.is_not(None)))


def due_timers(tx: Connection, now: datetime, limit: int) -> list[TimerRow]:
    """Timers that are due, the earliest first."""
    rows = tx.execute(
        select(incident_timer)
        .where(incident_timer.c.due_at <= now)
        .order_by(incident_timer.c.due_at, incident_timer.c.incident_id)
        .limit(limit)
    )
    return [_timer(row) for row in rows]


def set_fired(tx: Connection, row: TimerRow, now: datetime) -> None:
    """A timer has fired: it never will again."""
    mine = _of(row.incident_id, row.timer, row.site)
    tx.execute(update(incident_timer).where(mine).values(due_at=None, fired_at=now))


def timers(tx: Connection, incident_id: int) -> list[TimerRow]:
    """An incident's timers, fired ones too."""
    mine = incident_timer.c.incident_id == incident_id
    return [_timer(row) for row in tx.execute(select(incident_timer).where(mine))]


def running_timers(tx: Connection, incident_ids: Collection[int]) -> list[TimerRow]:
    """Those timers of some incidents that have not fired, the earliest first."""
    columns = incident_timer.c
    mine = columns.incident_id.in_(incident_ids) & columns.due_at.is_not(None)
    rows = tx.execute(select(incident_timer).where(mine).order_by(columns.due_at))
    return [_timer(row) for row in rows]


# ---------------------------------------------------------------- attachments


def add_attachment(
    tx: Connection,
    incident_id: int,
    who: str,
    name: str,
    sha256: str,
    encrypted: bytes,
    now: datetime,
) -> int:
    """File a document; return its id."""
    row = {
        "incident_id": incident_id,
        "at": now,
        "who": who,
        "name": name,
        "sha256": sha256,
        "encrypted": encrypted,
    }
    added = tx.execute(insert(incident_attachment).values(row).returning(incident_attachment.c.id))
    return int(added.scalar_one())


def attachments(tx: Connection, incident_id: int) -> list[Attachment]:
    """What was filed, oldest first."""
    columns = incident_attachment.c
    rows = tx.execute(
        select(columns.id, columns.at, columns.who, columns.name, columns.sha256)
        .where(columns.incident_id == incident_id)
        .order_by(columns.id)
        .limit(ATTACHMENTS_READ_MAX)
    )
    return [Attachment(row.id, row.at, row.who, row.name, row.sha256) for row in rows]


def attachment(tx: Connection, incident_id: int, sha256: str) -> bytes | None:
    """One document's encrypted content."""
    columns = incident_attachment.c
    mine = (columns.incident_id == incident_id) & (columns.sha256 == sha256)
    found = tx.execute(select(columns.encrypted).where(mine).order_by(columns.id).limit(1))
    return found.scalar_one_or_none()


def _timer(row: Row[*tuple[Any, ...]]) -> TimerRow:
    site = row.site or None
    return TimerRow(row.incident_id, Timer(row.timer), site, row.due_at, row.fired_at)


def _of(incident_id: int, timer: Timer, site: str | None) -> ColumnElement[bool]:
    columns = incident_timer.c
    return (
        (columns.incident_id == incident_id)
        & (columns.timer == timer)
        & (columns.site == (site or ""))
    )
