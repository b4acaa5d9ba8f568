"""Tables and SQL of parcels; no rule is decided here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db.among import among
from hub.db.asked import Asked
from hub.db.schema import UtcDateTime, metadata
from hub.parcels import declaration_store
from hub.parcels.declaration_store import declaration
from hub.parcels.rules.parcel import Parcel
from hub.parcels.rules.traces import Standing

parcel = Table(
    "parcel",
    metadata,
    Column("waybill", String(64), primary_key=True),
    # The newest that was accepted; null: nothing was.
    Column("declaration_id", BigInteger, ForeignKey("parcel_declaration.id")),
    # High value by what was declared, on a waybill of no HV series.
    Column("hv_by_value", Boolean, nullable=False),
    # When a person declared it lost.
    Column("lost_at", UtcDateTime),
    # Its newest sign by then; null: there was none.
    Column("silent_since", UtcDateTime),
)

# Built once: these run for each batch, and building costs as much as running.
_HV_BY_VALUE = Asked(
    select(parcel.c.waybill).where(among(parcel.c.waybill, "waybills"), parcel.c.hv_by_value)
)
_KNOWN = Asked(
    select(
        declaration,
        parcel.c.waybill.label("number"),
        parcel.c.declaration_id,
        parcel.c.lost_at,
        parcel.c.silent_since,
    )
    .join_from(parcel, declaration, isouter=True)
    .where(among(parcel.c.waybill, "waybills"))
)
_ENDS = Asked(
    select(
        parcel.c.waybill,
        parcel.c.hv_by_value,
        declaration.c.route,
        declaration.c.origin,
        declaration.c.destination,
    )
    .join_from(parcel, declaration, isouter=True)
    .where(among(parcel.c.waybill, "waybills"))
)
_VALUES = Asked(
    select(parcel.c.waybill, declaration.c.declared_value_fen)
    .join_from(parcel, declaration)
    .where(
        among(parcel.c.waybill, "waybills"),
        declaration.c.declared_value_fen.is_not(None),
    )
)

_WITH_SIGNED_RETURN = Asked(
    select(parcel.c.waybill)
    .join_from(parcel, declaration)
    .where(
        among(parcel.c.waybill, "waybills"),
        declaration.c.signed_return.is_not(None),
    )
)


def find(tx: Connection, waybill: str, seen: Standing | None) -> Parcel | None:
    """One parcel with what its traces tell, if anything is known of it."""
    rows = _KNOWN.rows(tx, waybills=[waybill])
    if not rows:
        return None if seen is None else Parcel(waybill, seen=seen)
    return _parcel(rows[0], seen)


def find_declared(tx: Connection, waybills: Iterable[str]) -> list[Parcel]:
    """Those parcels that have a row, without what scans tell of them."""
    return [_parcel(row, None) for row in _KNOWN.rows(tx, waybills=waybills)]


class Ends(NamedTuple):
    """What of a parcel's row and its declaration tells its way, and whether it is high value."""

    waybill: str
    hv_by_value: bool
    route: Sequence[str] | None
    origin: str | None
    destination: str | None


def find_ends(tx: Connection, waybills: Iterable[str]) -> list[Ends]:
    """Of those parcels that have a row."""
    return [Ends(*row) for row in _ENDS.rows(tx, waybills=waybills)]


def set_declared(tx: Connection, waybill: str, declaration_id: int, *, hv_by_value: bool) -> None:
    """From now on this declaration counts."""
    _put(tx, waybill, {"declaration_id": declaration_id, "hv_by_value": hv_by_value})


def set_lost(
    tx: Connection, waybill: str, lost_at: datetime, silent_since: datetime | None
) -> None:
    """The parcel counts as lost."""
    _put(tx, waybill, {"lost_at": lost_at, "silent_since": silent_since})


def values_of(tx: Connection, waybills: Iterable[str]) -> dict[str, Decimal]:
    """The values in CNY that were declared and accepted."""
    rows = _VALUES.rows(tx, waybills=waybills)
    return {row.waybill: declaration_store.value_in(row.declared_value_fen) for row in rows}


def hv_by_value(tx: Connection, waybills: Iterable[str]) -> frozenset[str]:
    """Those that are high value by what was declared, outside the HV series."""
    rows = _HV_BY_VALUE.rows(tx, waybills=waybills)
    return frozenset(row.waybill for row in rows)


def with_signed_return(tx: Connection, waybills: Iterable[str]) -> frozenset[str]:
    """Those whose declaration that counts has the signed return (HV-1.2.8)."""
    rows = _WITH_SIGNED_RETURN.rows(tx, waybills=waybills)
    return frozenset(row.waybill for row in rows)


def _put(tx: Connection, waybill: str, row: Mapping[str, object]) -> None:
    changed = tx.execute(update(parcel).where(parcel.c.waybill == waybill).values(row))
    if changed.rowcount == 0:
        tx.execute(insert(parcel).values({"hv_by_value": False, **row, "waybill": waybill}))


def _parcel(row: Row[*tuple[Any, ...]], seen: Standing | None) -> Parcel:
    return Parcel(
        waybill=row.number,
        declaration=None if row.declaration_id is None else declaration_store.read(row),
        declared_by=row.declared_by,
        declared_at=row.declared_at,
        lost_at=row.lost_at,
        silent_since=row.silent_since,
        seen=seen,
    )
