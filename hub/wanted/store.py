"""Tables and SQL of the wanted list; no rule is decided here."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from hub.db.among import among
from hub.db.asked import Asked
from hub.db.schema import RowId, UtcDateTime, metadata
from hub.wanted.rules import Change
from wire.names import parse_at
from wire.wanted import WantedEntry, WantedRule

CHANGES_KEPT_MAX = 2_000
"""An edge that is further behind fetches the snapshot."""
CHANGES_READ_MAX = 200

_LIST_ID = 1

wanted_list = Table(
    "wanted_list",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", RowId, nullable=False),
    Column("rules", LargeBinary, nullable=False),
)
wanted_entry = Table(
    "wanted_entry",
    metadata,
    Column("waybill", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, index=True),
    Column("entry", LargeBinary, nullable=False),
    # A person's entry under an incident's stop: it comes back when the parcel is released.
    Column("beneath", LargeBinary),
    Column("put_at", UtcDateTime, nullable=False),
)
wanted_change = Table(
    "wanted_change",
    metadata,
    Column("version", RowId, primary_key=True, autoincrement=False),
    # Null: the rules changed. An entry id without an entry: it was removed.
    Column("entry_id", String(32)),
    Column("entry", LargeBinary),
)

# Built once: these run for each batch, and building costs as much as running.
_VERSION = Asked(select(wanted_list.c.version))
_FIND_ALL = Asked(select(wanted_entry).where(among(wanted_entry.c.waybill, "waybills")))

_encode = msgspec.json.Encoder().encode
_entry_decoder = msgspec.json.Decoder(WantedEntry)
_rules_decoder = msgspec.json.Decoder(tuple[WantedRule, ...])


def version(tx: Connection) -> int:
    """The list's version, 0 before the first."""
    rows = _VERSION.rows(tx)
    return rows[0].version if rows else 0


def rules(tx: Connection) -> tuple[WantedRule, ...]:
    """The series rules in force."""
    stored = tx.execute(select(wanted_list.c.rules)).scalar_one_or_none()
    return () if stored is None else _rules_decoder.decode(stored)


def set_rules(tx: Connection, new_rules: tuple[WantedRule, ...]) -> int:
    """Replace the rules in a new version of the list; return it."""
    now_version = version(tx)
    row = {"version": now_version, "rules": _encode(new_rules)}
    if tx.execute(update(wanted_list).values(row)).rowcount == 0:
        tx.execute(insert(wanted_list).values(row | {"id": _LIST_ID}))
    return _add_change(tx, None, None)


def skip_to(tx: Connection, new_version: int) -> int:
    """Number on from a higher version; what lies between is no known change. Return it."""
    tx.execute(update(wanted_list).values(version=new_version - 1))
    return _add_change(tx, None, None)


def find(tx: Connection, waybill: str) -> WantedEntry | None:
    """A waybill's entry, expired or not."""
    query = select(wanted_entry.c.entry).where(wanted_entry.c.waybill == waybill)
    stored = tx.execute(query).scalar_one_or_none()
    return None if stored is None else _entry_decoder.decode(stored)


def find_all(tx: Connection, waybills: Iterable[str]) -> dict[str, WantedEntry]:
    """The entries of some waybills."""
    rows = _FIND_ALL.rows(tx, waybills=waybills)
    return {row.waybill: _entry_decoder.decode(row.entry) for row in rows}


def count_and_bytes(tx: Connection) -> tuple[int, int]:
    """How many entries there are, and how long they are as JSON together."""
    # What lies beneath an entry comes back some day: its room is kept.
    beneath = func.coalesce(func.length(wanted_entry.c.beneath), 0)
    length = func.coalesce(func.sum(func.length(wanted_entry.c.entry) + beneath), 0)
    row = tx.execute(select(func.count(), length).select_from(wanted_entry)).one()
    return int(row[0]), int(row[1])


def bytes_of(entry: WantedEntry) -> int:
    """How long an entry is as JSON."""
    return len(_encode(entry))


def every(tx: Connection) -> list[WantedEntry]:
    """All entries; the room's service bounds how many there can be."""
    return [_entry_decoder.decode(row.entry) for row in tx.execute(select(wanted_entry.c.entry))]


def page(tx: Connection, after_waybill: str, limit: int, prefix: str) -> list[WantedEntry]:
    """Entries in the order of their waybills that begin with ``prefix``."""
    query = select(wanted_entry.c.entry).where(wanted_entry.c.waybill > after_waybill)
    if prefix:
        query = query.where(wanted_entry.c.waybill.startswith(prefix, autoescape=True))
    rows = tx.execute(query.order_by(wanted_entry.c.waybill).limit(limit))
    return [_entry_decoder.decode(row.entry) for row in rows]


def put(tx: Connection, entry: WantedEntry, now: datetime) -> int:
    """Insert or replace a waybill's entry in a new version; return it."""
    row = {
        "entry": _encode(entry),
        "expires_at": None if entry.expires_at is None else parse_at(entry.expires_at),
        "put_at": now,
    }
    mine = wanted_entry.c.waybill == entry.waybill
    if tx.execute(update(wanted_entry).where(mine).values(row)).rowcount == 0:
        tx.execute(insert(wanted_entry).values(row | {"waybill": entry.waybill}))
    return _add_change(tx, entry.id, entry)


def keep_beneath(tx: Connection, entry: WantedEntry) -> None:
    """Keep an entry beneath the one that has taken its place."""
    mine = wanted_entry.c.waybill == entry.waybill
    tx.execute(update(wanted_entry).where(mine).values(beneath=_encode(entry)))


def take_beneath(tx: Connection, waybill: str) -> WantedEntry | None:
    """What lies beneath a waybill's entry, and from now on no more."""
    mine = wanted_entry.c.waybill == waybill
    stored = tx.execute(select(wanted_entry.c.beneath).where(mine)).scalar_one_or_none()
    if stored is None:
        return None
    tx.execute(update(wanted_entry).where(mine).values(beneath=None))
    return _entry_decoder.decode(stored)


def remove(tx: Connection, entry: WantedEntry) -> int:
    """Delete an entry in a new version; return it."""
    tx.execute(delete(wanted_entry).where(wanted_entry.c.waybill == entry.waybill))
    return _add_change(tx, entry.id, None)


def expired(tx: Connection, now: datetime, limit: int) -> list[WantedEntry]:
    """Entries whose time is over; one that expires now is."""
    rows = tx.execute(
        select(wanted_entry.c.entry)
        .where(wanted_entry.c.expires_at <= now)
        .order_by(wanted_entry.c.expires_at)
        .limit(limit)
    )
    return [_entry_decoder.decode(row.entry) for row in rows]


def changes_after(tx: Connection, from_version: int) -> list[Change]:
    """The changes after a version in their order, at most ``CHANGES_READ_MAX``."""
    rows = tx.execute(
        select(wanted_change)
        .where(wanted_change.c.version > from_version)
        .order_by(wanted_change.c.version)
        .limit(CHANGES_READ_MAX)
    )
    return [
        Change(
            row.version,
            row.entry_id,
            None if row.entry is None else _entry_decoder.decode(row.entry),
        )
        for row in rows
    ]


def _add_change(tx: Connection, entry_id: str | None, entry: WantedEntry | None) -> int:
    new_version = version(tx) + 1
    tx.execute(update(wanted_list).values(version=new_version))
    row = {
        "version": new_version,
        "entry_id": entry_id,
        "entry": None if entry is None else _encode(entry),
    }
    tx.execute(insert(wanted_change).values(row))
    oldest_kept = new_version - CHANGES_KEPT_MAX
    tx.execute(delete(wanted_change).where(wanted_change.c.version <= oldest_kept))
    return new_version
