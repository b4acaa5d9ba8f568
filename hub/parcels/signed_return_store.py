"""Tables and SQL of signed returns: copies of the signed paper, and timers; no rule is here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.parcels.rules.traces import Sighting

signed_copy = Table(
    "signed_copy",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("waybill", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("name", String(120), nullable=False),
    Column("note", String(1000), nullable=False),
    # People stand in it: encrypted under the hub's body key.
    Column("encrypted", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(64), nullable=False),
    # Null: nobody has checked it.
    Column("checked_at", UtcDateTime),
    Column("checked_by", String(64)),
    Column("accepted", Boolean),
    Column("check_note", String(1000)),
    UniqueConstraint("waybill", "sha256"),
)
signed_return = Table(
    "signed_return",
    metadata,
    # Delivered, asked for, and without an accepted copy.
    Column("waybill", String(64), primary_key=True),
    Column("site", String(32), nullable=False),
    Column("delivered_at", UtcDateTime, nullable=False),
    # The timer; null once it has fired.
    Column("alarm_at", UtcDateTime, index=True),
)


@dataclass(frozen=True, slots=True)
class Check:
    """What a person said of a copy."""

    at: datetime
    by: str
    accepted: bool
    note: str


@dataclass(frozen=True, slots=True)
class SignedCopy:
    """A copy of the signed paper; ``check`` null: nobody has looked at it."""

    sha256: str
    name: str
    note: str
    at: datetime
    who: str
    check: Check | None


@dataclass(frozen=True, slots=True)
class Awaited:
    """A delivered parcel that waits for an accepted copy; a row of the table."""

    waybill: str
    site: str
    delivered_at: datetime
    alarm_at: datetime | None


def add_copy(tx: Connection, waybill: str, copy: SignedCopy, encrypted: bytes) -> None:
    """Keep a copy that nobody has checked yet."""
    row = {
        "waybill": waybill,
        "sha256": copy.sha256,
        "name": copy.name,
        "note": copy.note,
        "encrypted": encrypted,
        "at": copy.at,
        "who": copy.who,
    }
    tx.execute(insert(signed_copy).values(row))


def copies_of(tx: Connection, waybill: str) -> tuple[SignedCopy, ...]:
    """A parcel's copies, oldest first."""
    found = signed_copy.c
    columns = (found.sha256, found.name, found.note, found.at, found.who)
    checks = (found.checked_at, found.checked_by, found.accepted, found.check_note)
    query = select(*columns, *checks).where(found.waybill == waybill).order_by(found.id)
    return tuple(
        SignedCopy(*row[:5], None if row.checked_at is None else Check(*row[5:]))
        for row in tx.execute(query)
    )


def content_of(tx: Connection, waybill: str, sha256: str) -> bytes | None:
    """One copy's encrypted content."""
    found = signed_copy.c
    mine = (found.waybill == waybill) & (found.sha256 == sha256)
    return tx.execute(select(found.encrypted).where(mine)).scalar_one_or_none()


def set_check(tx: Connection, waybill: str, sha256: str, check: Check) -> None:
    """A person has looked at a copy."""
    mine = (signed_copy.c.waybill == waybill) & (signed_copy.c.sha256 == sha256)
    row = {
        "checked_at": check.at,
        "checked_by": check.by,
        "accepted": check.accepted,
        "check_note": check.note,
    }
    tx.execute(update(signed_copy).where(mine).values(row))


def find(tx: Connection, waybill: str) -> Awaited | None:
    """The wait for a parcel's copy, if there is one."""
    query = select(signed_return).where(signed_return.c.waybill == waybill)
    row = tx.execute(query).one_or_none()
    return None if row is None else Awaited(*row)


def add(tx: Connection, waybill: str, delivered: Sighting, alarm_at: datetime) -> None:
    """Wait for a parcel's copy."""
    row = {
        "waybill": waybill,
        "site": delivered.site,
        "delivered_at": delivered.at,
        "alarm_at": alarm_at,
    }
    tx.execute(insert(signed_return).values(row))


def remove(tx: Connection, waybill: str) -> None:
    """Wait no more."""
    tx.execute(delete(signed_return).where(signed_return.c.waybill == waybill))


def due(tx: Connection, now: datetime, limit: int) -> list[Awaited]:
    """Those whose timer has run out."""
    alarm_at = signed_return.c.alarm_at
    query = select(signed_return).where(alarm_at <= now).order_by(alarm_at).limit(limit)
    return [Awaited(*row) for row in tx.execute(query)]


def end_timer(tx: Connection, waybill: str) -> None:
    """The timer has fired."""
    mine = signed_return.c.waybill == waybill
    tx.execute(update(signed_return).where(mine).values(alarm_at=None))
