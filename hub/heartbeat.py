"""Each role says every second that it lives; health and the wall read it. The table stands here."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Connection, Integer, String, Table, delete, insert, select

from hub.db.schema import UtcDateTime, metadata

BEAT_S = 1.0
SILENT_S = 10.0
"""A role that has not beaten for so long (real time) is down."""


class Role(StrEnum):
    """The hub's processes."""

    INGEST = "ingest"
    WEB = "web"
    CLOCK = "clock"
    SIGNER = "signer"


role_heartbeat = Table(
    "role_heartbeat",
    metadata,
    Column("role", String(16), primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
    # Ingest only: since when it has been listening to the broker; null while it is not.
    Column("listening_since", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A role's newest sign of life."""

    role: Role
    pid: int
    started_at: datetime
    beat_at: datetime
    listening_since: datetime | None


def begin(tx: Connection, role: Role, now: datetime) -> None:
    """A role has started."""
    tx.execute(delete(role_heartbeat).where(role_heartbeat.c.role == role))
    row = {"role": role, "pid": os.getpid(), "started_at": now, "beat_at": now}
    tx.execute(insert(role_heartbeat).values(row))


def beat(
    tx: Connection, role: Role, now: datetime, listening_since: datetime | None = None
) -> None:
    """A role lives."""
    row = {"beat_at": now, "listening_since": listening_since}
    tx.execute(role_heartbeat.update().where(role_heartbeat.c.role == role).values(row))


def heartbeats(tx: Connection) -> dict[Role, Heartbeat]:
    """The newest sign of life of each role that ever started."""
    rows = tx.execute(select(role_heartbeat))
    return {
        Role(row.role): Heartbeat(
            Role(row.role), row.pid, row.started_at, row.beat_at, row.listening_since
        )
        for row in rows
    }


def is_alive(heartbeat: Heartbeat | None, now: datetime, clock_rate: float) -> bool:
    """Say whether a role has beaten lately; ``clock_rate`` is the test clock's, else 1."""
    if heartbeat is None:
        return False
    return now - heartbeat.beat_at <= timedelta(seconds=SILENT_S * clock_rate)
