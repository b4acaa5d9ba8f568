"""What custody needs beside a parcel's own scans: acts, and the logs of bags, pallets and vehicles.

A parcel's scans are read from the events themselves. ``custody_note`` holds what they do not tell:
under a waybill the acts that are about it, under a container (``bag:B-1``) its own scans and those
that name it. No rule is decided here.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
)

from hub.custody.rules.records import Container, Record
from hub.db.among import among
from hub.db.asked import Asked
from hub.db.schema import UtcDateTime, metadata

NOTES_READ_MAX = 2_000
"""The newest notes of one subject; of older ones nothing is told."""
LOG_READ_MAX = 5_000
"""A container's newest notes in one look at its lots."""
MEMBERS_READ_MAX = 500
"""Parcels that a bag's scan can speak for."""

custody_note = Table(
    "custody_note",
    metadata,
    Column("subject", String(100), primary_key=True),
    Column("occurred_at", UtcDateTime, primary_key=True),
    Column("site", String(32), primary_key=True),
    Column("edge", String(32), primary_key=True),
    Column("spool", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
    # Of a container's note: the parcel whose scan named it; null: its own scan, or an act.
    Column("waybill", String(64)),
    Column("note", LargeBinary, nullable=False),
    # One B-tree in the order in which notes are read.
    sqlite_with_rowid=False,
)

# Built once: it runs for each batch, and building costs as much as running.
_NTH = func.row_number().over(
    partition_by=custody_note.c.subject,
    order_by=(custody_note.c.occurred_at.desc(), custody_note.c.spool, custody_note.c.seq.desc()),
)
_RANKED = (
    select(custody_note.c.subject, custody_note.c.note, _NTH.label("nth"))
    .where(
        among(custody_note.c.subject, "subjects"),
        custody_note.c.waybill.is_(None),
        custody_note.c.received_at <= bindparam("until"),
    )
    .subquery()
)
_NOTES = Asked(
    select(_RANKED.c.subject, _RANKED.c.note).where(_RANKED.c.nth <= bindparam("each_max"))
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode


def key_of(container: Container) -> str:
    """A container as a note's subject; no waybill holds a colon."""
    return f"{container.kind}:{container.id}"


def add_notes(tx: Connection, notes: Iterable[tuple[str, Record]]) -> None:
    """Keep notes under their subjects; each line stands under a subject once."""
    rows = [
        {
            "subject": subject,
            "occurred_at": record.at,
            "site": record.site,
            "edge": record.edge,
            "spool": record.spool,
            "seq": record.seq,
            "received_at": record.received_at,
            "waybill": record.waybill if ":" in subject else None,
            "note": _encode(record),
        }
        for subject, record in notes
    ]
    if rows:
        tx.execute(insert(custody_note), rows)


def notes_of(
    tx: Connection, subjects: Sequence[str], received_until: datetime
) -> dict[str, list[Record]]:
    """Acts about parcels, and containers' own scans: of each the newest ``NOTES_READ_MAX``."""
    found: dict[str, list[Record]] = {}
    for row in _NOTES.rows(tx, subjects=subjects, until=received_until, each_max=NOTES_READ_MAX):
        found.setdefault(row.subject, []).append(_decode(row.note))
    return found


def log_of(tx: Connection, container: Container, since: datetime) -> list[Record]:
    """What a container's log holds from a moment on, the newest ``LOG_READ_MAX`` of it."""
    note = custody_note.c
    mine = (note.subject == key_of(container)) & (note.occurred_at >= since)
    query = select(note.note).where(mine).order_by(note.occurred_at.desc()).limit(LOG_READ_MAX)
    return [_decode(note) for note in tx.execute(query).scalars()]


def logs_of(
    tx: Connection, containers: Iterable[Container], since: datetime
) -> dict[Container, list[Record]]:
    """What the logs of several hold from a moment on, the newest ``LOG_READ_MAX`` of all."""
    keys = {key_of(each): each for each in containers}
    note = custody_note.c
    mine = note.subject.in_(list(keys)) & (note.occurred_at >= since)
    query = select(note.subject, note.note).where(mine).order_by(note.occurred_at.desc())
    found: dict[Container, list[Record]] = {}
    for row in tx.execute(query.limit(LOG_READ_MAX)):
        found.setdefault(keys[row.subject], []).append(_decode(row.note))
    return found


def members_of(tx: Connection, container: Container, since: datetime, until: datetime) -> list[str]:
    """The parcels whose scans named a container within a time, at most ``MEMBERS_READ_MAX``."""
    note = custody_note.c
    mine = (note.subject == key_of(container)) & note.waybill.is_not(None)
    within = note.occurred_at.between(since, until)
    query = select(note.waybill).where(mine, within).distinct().limit(MEMBERS_READ_MAX)
    return [str(waybill) for waybill in tx.execute(query).scalars()]
