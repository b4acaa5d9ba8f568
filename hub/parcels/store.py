"""Tables and SQL of the parcels; no rule is decided here."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from hub.db.schema import UtcDateTime, metadata
from hub.parcels.rules import Declaration, Parcel, Seen, Sighting

parcel = Table(
    "parcel",
    metadata,
    Column("waybill", String(64), primary_key=True),
    # Money is exact: SQLite has no decimals, so hundredths of a CNY (fen) in whole numbers.
    Column("declared_value_fen", BigInteger),
    Column("origin", String(32)),
    Column("destination", String(32)),
    Column("route", JSON),
    Column("accepted_at", UtcDateTime),
    # Sender and recipient, encrypted under the hub's body key.
    Column("people", LargeBinary),
    Column("declared_by", String(64)),
    Column("declared_at", UtcDateTime),
    Column("first_site", String(32)),
    Column("first_at", UtcDateTime),
    Column("last_site", String(32)),
    Column("last_at", UtcDateTime),
    Column("scans", Integer, nullable=False),
)
_FEN = Decimal("0.01")

# Built once: these run for each batch, and building costs as much as running.
_SEEN_OF = select(
    parcel.c.waybill,
    parcel.c.first_site,
    parcel.c.first_at,
    parcel.c.last_site,
    parcel.c.last_at,
    parcel.c.scans,
).where(parcel.c.waybill.in_(bindparam("waybills", expanding=True)))
_ADD_SEEN = insert(parcel)
_UPDATE_SEEN = update(parcel).where(parcel.c.waybill == bindparam("which"))


def find(tx: Connection, waybill: str) -> Parcel | None:
    """One parcel, if anything is known of it."""
    row = tx.execute(select(parcel).where(parcel.c.waybill == waybill)).one_or_none()
    return None if row is None else _parcel(row)


def declare(
    tx: Connection, waybill: str, declaration: Declaration, who: str, now: datetime
) -> None:
    """Write what was declared; where it was seen stays as it is."""
    value = declaration.declared_value_cny
    row = {
        "declared_value_fen": None if value is None else int(value / _FEN),
        "origin": declaration.origin,
        "destination": declaration.destination,
        "route": None if declaration.route is None else list(declaration.route),
        "accepted_at": declaration.accepted_at,
        "people": declaration.people,
        "declared_by": who,
        "declared_at": now,
    }
    changed = tx.execute(update(parcel).where(parcel.c.waybill == waybill).values(row))
    if changed.rowcount == 0:
        tx.execute(insert(parcel).values(row | {"waybill": waybill, "scans": 0}))


def seen_of(tx: Connection, waybills: Iterable[str]) -> dict[str, Seen | None]:
    """What is known of those parcels that have a row; ``None``: declared, never scanned."""
    rows = tx.execute(_SEEN_OF, {"waybills": list(waybills)})
    return {row.waybill: _seen(row) for row in rows}


def add_seen(tx: Connection, seen: Mapping[str, Seen]) -> None:
    """Insert parcels that were scanned before anything was declared of them."""
    if seen:
        rows = [{"waybill": waybill} | _seen_row(each) for waybill, each in seen.items()]
        tx.execute(_ADD_SEEN, rows)


def update_seen(tx: Connection, seen: Mapping[str, Seen]) -> None:
    """Renew where parcels were seen."""
    if seen:
        rows = [{"which": waybill} | _seen_row(each) for waybill, each in seen.items()]
        tx.execute(_UPDATE_SEEN, rows)


def _seen_row(seen: Seen) -> dict[str, object]:
    return {
        "first_site": seen.first.site,
        "first_at": seen.first.at,
        "last_site": seen.last.site,
        "last_at": seen.last.at,
        "scans": seen.scans,
    }


def _seen(row: Row[*tuple[Any, ...]]) -> Seen | None:
    if row.first_site is None:
        return None
    return Seen(
        Sighting(row.first_site, row.first_at), Sighting(row.last_site, row.last_at), row.scans
    )


def _parcel(row: Row[*tuple[Any, ...]]) -> Parcel:
    declaration = None
    if row.declared_at is not None:
        fen = row.declared_value_fen
        declaration = Declaration(
            declared_value_cny=None if fen is None else Decimal(fen) * _FEN,
            origin=row.origin,
            destination=row.destination,
            route=None if row.route is None else tuple(row.route),
            accepted_at=row.accepted_at,
            people=row.people,
        )
    return Parcel(row.waybill, declaration, row.declared_by, row.declared_at, _seen(row))
