"""What vehicles and flights were known as, and since when: rows are only ever added (HV-X8).

The network file tells of today only. What it said when a load came in must outlive its changes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, insert, select

from hub.custody.note_store import key_of
from hub.custody.rules.records import Container
from hub.db.schema import UtcDateTime, metadata

Kinds = list[tuple[datetime, str | None]]

custody_carrier = Table(
    "custody_carrier",
    metadata,
    Column("container", String(100), primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    # Null: the carrier lists none of them any more.
    Column("kind", String(32)),
)


def kinds_of(tx: Connection, containers: Iterable[Container]) -> dict[Container, Kinds]:
    """What these were known as, the oldest first; nothing where none was ever listed."""
    keys = {key_of(each): each for each in containers}
    carrier = custody_carrier.c
    query = select(custody_carrier).where(carrier.container.in_(list(keys)))
    found: dict[Container, Kinds] = {}
    for row in tx.execute(query.order_by(carrier.container, carrier.since)):
        found.setdefault(keys[row.container], []).append((row.since, row.kind))
    return found


def note_kinds(tx: Connection, seen: Mapping[Container, tuple[datetime, str | None]]) -> None:
    """Keep what containers are known as from a moment on, where that is new."""
    known = kinds_of(tx, seen)
    rows = [
        {"container": key_of(container), "since": since, "kind": kind}
        for container, (since, kind) in seen.items()
        if _newest(known.get(container, [])) != kind
    ]
    if rows:
        tx.execute(insert(custody_carrier), rows)


def _newest(kinds: Kinds) -> str | None:
    return kinds[-1][1] if kinds else None
