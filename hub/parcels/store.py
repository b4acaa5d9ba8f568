"""Tables and SQL of what is declared of parcels; no rule is decided here."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from hub.db.schema import UtcDateTime, metadata
from hub.parcels.rules.parcel import Declaration, Parcel
from hub.parcels.rules.traces import Standing

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
    Column("reason", String(200)),
    # High value by what was declared, on a waybill of no HV series.
    Column("hv_by_value", Boolean, nullable=False),
    Column("declared_by", String(64)),
    Column("declared_at", UtcDateTime),
    # When a person declared it lost.
    Column("lost_at", UtcDateTime),
    # Its newest sign by then; null: there was none.
    Column("silent_since", UtcDateTime),
)
# The newest declaration of a waybill that the rules refused: a scan of it is a breach all the same.
parcel_refusal = Table(
    "parcel_refusal",
    metadata,
    Column("waybill", String(64), primary_key=True),
    Column("declared_value_fen", BigInteger, nullable=False),
    Column("rule", String(16), nullable=False),
    Column("refused_by", String(64), nullable=False),
    Column("refused_at", UtcDateTime, nullable=False),
)
_FEN = Decimal("0.01")

# Built once: these run for each batch, and building costs as much as running.
_HV_BY_VALUE = select(parcel.c.waybill).where(
    parcel.c.waybill.in_(bindparam("waybills", expanding=True)), parcel.c.hv_by_value
)


def find(tx: Connection, waybill: str, seen: Standing | None) -> Parcel | None:
    """One parcel with what its traces tell, if anything is known of it."""
    row = tx.execute(select(parcel).where(parcel.c.waybill == waybill)).one_or_none()
    if row is None:
        return None if seen is None else Parcel(waybill, seen=seen)
    return Parcel(
        waybill=waybill,
        declaration=_declaration(row),
        declared_by=row.declared_by,
        declared_at=row.declared_at,
        lost_at=row.lost_at,
        silent_since=row.silent_since,
        seen=seen,
    )


def find_declared(tx: Connection, waybills: Iterable[str]) -> list[Parcel]:
    """Those parcels that have a row, without what scans tell of them."""
    rows = tx.execute(select(parcel).where(parcel.c.waybill.in_(list(waybills))))
    return [
        Parcel(row.waybill, _declaration(row), row.declared_by, row.declared_at, row.lost_at, None)
        for row in rows
    ]


def declare(
    tx: Connection,
    waybill: str,
    declaration: Declaration,
    who: str,
    now: datetime,
    *,
    hv_by_value: bool,
) -> None:
    """Write what was declared; a value that was accepted makes an earlier refusal be forgotten."""
    row = {
        "declared_value_fen": _to_fen(declaration.declared_value_cny),
        "origin": declaration.origin,
        "destination": declaration.destination,
        "route": None if declaration.route is None else list(declaration.route),
        "accepted_at": declaration.accepted_at,
        "people": declaration.people,
        "reason": declaration.reason,
        "hv_by_value": hv_by_value,
        "declared_by": who,
        "declared_at": now,
    }
    _put(tx, waybill, row)
    if declaration.declared_value_cny is not None:
        tx.execute(delete(parcel_refusal).where(parcel_refusal.c.waybill == waybill))


def set_lost(
    tx: Connection, waybill: str, lost_at: datetime, silent_since: datetime | None
) -> None:
    """The parcel counts as lost."""
    _put(tx, waybill, {"lost_at": lost_at, "silent_since": silent_since})


def refuse(
    tx: Connection, waybill: str, value_cny: Decimal, rule: str, who: str, now: datetime
) -> None:
    """Keep that a declaration was refused."""
    row = {
        "declared_value_fen": _to_fen(value_cny),
        "rule": rule,
        "refused_by": who,
        "refused_at": now,
    }
    mine = parcel_refusal.c.waybill == waybill
    if tx.execute(update(parcel_refusal).where(mine).values(row)).rowcount == 0:
        tx.execute(insert(parcel_refusal).values(row | {"waybill": waybill}))


def values_of(tx: Connection, waybills: Iterable[str]) -> dict[str, Decimal]:
    """The values in CNY that were declared, or tried in a declaration that was refused."""
    found: dict[str, Decimal] = {}
    for table in (parcel, parcel_refusal):
        mine = table.c.waybill.in_(list(waybills)) & table.c.declared_value_fen.is_not(None)
        rows = tx.execute(select(table.c.waybill, table.c.declared_value_fen).where(mine))
        found |= {row.waybill: Decimal(row.declared_value_fen) * _FEN for row in rows}
    return found


def hv_by_value(tx: Connection, waybills: Iterable[str]) -> frozenset[str]:
    """Those that are high value by what was declared, outside the HV series."""
    rows = tx.execute(_HV_BY_VALUE, {"waybills": list(waybills)})
    return frozenset(row.waybill for row in rows)


def _put(tx: Connection, waybill: str, row: Mapping[str, object]) -> None:
    changed = tx.execute(update(parcel).where(parcel.c.waybill == waybill).values(row))
    if changed.rowcount == 0:
        tx.execute(insert(parcel).values({"hv_by_value": False, **row, "waybill": waybill}))


def _to_fen(value_cny: Decimal | None) -> int | None:
    return None if value_cny is None else int(value_cny / _FEN)


def _declaration(row: Row[*tuple[Any, ...]]) -> Declaration | None:
    if row.declared_at is None:
        return None
    fen = row.declared_value_fen
    return Declaration(
        declared_value_cny=None if fen is None else Decimal(fen) * _FEN,
        origin=row.origin,
        destination=row.destination,
        route=None if row.route is None else tuple(row.route),
        accepted_at=row.accepted_at,
        people=row.people,
        reason=row.reason,
    )
