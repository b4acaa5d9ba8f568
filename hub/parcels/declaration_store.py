"""Tables and SQL of declarations: rows are only ever added; no rule is decided here."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    or_,
    select,
)

from hub.db.among import among
from hub.db.asked import Asked
from hub.db.schema import RowId, UtcDateTime, metadata
from hub.parcels.rules.acceptance import Refusal, SaidOnce
from hub.parcels.rules.parcel import Declaration, ReplaceReason
from wire.policy import GoodsClass

declaration = Table(
    "parcel_declaration",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("waybill", String(64), nullable=False),
    # Exact in whole numbers: SQLite has no decimals. Hundredths of a CNY (fen), grams, millimetres.
    Column("declared_value_fen", BigInteger),
    Column("weight_g", Integer),
    Column("size_mm", JSON),
    Column("pieces", Integer),
    Column("origin", String(32)),
    Column("destination", String(32)),
    Column("route", JSON),
    Column("accepted_at", UtcDateTime),
    # Sender and recipient, encrypted under the hub's body key.
    Column("people", LargeBinary),
    Column("reason", String(200)),
    Column("goods_class", String(16)),
    Column("declared_by", String(64), nullable=False),
    Column("declared_at", UtcDateTime, nullable=False),
    # Null: accepted.
    Column("refused_for", String(16)),
    # The waybill that the parcel had before, and why it has a new one.
    Column("replaces", String(64)),
    Column("replaces_reason", String(16)),
    # True, or null: without this service.
    Column("signed_return", Boolean),
    Index(None, "waybill", "id"),
    sqlite_autoincrement=True,
)
_REFUSED = declaration.c.refused_for.is_not(None)
Index(
    "ix_parcel_declaration_refused",
    declaration.c.waybill,
    sqlite_where=_REFUSED,
    postgresql_where=_REFUSED,
)
_REPLACES = declaration.c.replaces.is_not(None)
Index(
    "ix_parcel_declaration_replaces",
    declaration.c.replaces,
    sqlite_where=_REPLACES,
    postgresql_where=_REPLACES,
)
_FEN, _KG, _M = Decimal("0.01"), Decimal("0.001"), Decimal("0.001")

_newer = declaration.alias("newer")
# Built once: it runs for each batch, and building costs as much as running.
_STANDING_REFUSALS = Asked(
    select(declaration.c.waybill, declaration.c.refused_for).where(
        among(declaration.c.waybill, "waybills"),
        _REFUSED,
        # Where it goes can be said without the value; that does not mend a value that was refused.
        ~select(_newer.c.id)
        .where(
            _newer.c.waybill == declaration.c.waybill,
            _newer.c.id > declaration.c.id,
            or_(
                _newer.c.refused_for.is_not(None),
                _newer.c.declared_value_fen.is_not(None),
                declaration.c.declared_value_fen.is_(None),
            ),
        )
        .exists(),
    )
)


def add(
    tx: Connection,
    waybill: str,
    said: Declaration,
    who: str,
    now: datetime,
    refused_for: Refusal | None = None,
) -> int:
    """Keep what somebody declared, accepted or not; return the row's id."""
    row = {
        "waybill": waybill,
        "declared_value_fen": _whole(said.declared_value_cny, _FEN),
        "weight_g": _whole(said.weight_kg, _KG),
        "size_mm": None if said.size_m is None else [_whole(each, _M) for each in said.size_m],
        "pieces": said.pieces,
        "origin": said.origin,
        "destination": said.destination,
        "route": None if said.route is None else list(said.route),
        "accepted_at": said.accepted_at,
        "people": said.people,
        "reason": said.reason,
        "goods_class": said.goods_class,
        "declared_by": who,
        "declared_at": now,
        "refused_for": refused_for,
        "replaces": said.replaces,
        "replaces_reason": said.replaces_reason,
        "signed_return": said.signed_return or None,
    }
    added = tx.execute(insert(declaration).values(row).returning(declaration.c.id))
    return int(added.scalar_one())


def of_parcel(tx: Connection, waybill: str, limit: int) -> list[SaidOnce]:
    """What was declared of a parcel, accepted or not, newest first."""
    mine = select(declaration).where(declaration.c.waybill == waybill)
    rows = tx.execute(mine.order_by(declaration.c.id.desc()).limit(limit))
    return [
        SaidOnce(
            read(row),
            row.declared_by,
            row.declared_at,
            None if row.refused_for is None else Refusal(row.refused_for),
        )
        for row in rows
    ]


def refusals(tx: Connection, waybills: Iterable[str]) -> dict[str, Refusal]:
    """Those whose newest declaration, but for one without a value, was refused, and why."""
    rows = _STANDING_REFUSALS.rows(tx, waybills=waybills)
    return {row.waybill: Refusal(row.refused_for) for row in rows}


def read(row: Row[*tuple[Any, ...]]) -> Declaration:
    """A row's declaration."""
    size = row.size_mm
    return Declaration(
        declared_value_cny=_exact(row.declared_value_fen, _FEN),
        origin=row.origin,
        destination=row.destination,
        route=None if row.route is None else tuple(row.route),
        accepted_at=row.accepted_at,
        people=row.people,
        reason=row.reason,
        weight_kg=_exact(row.weight_g, _KG),
        size_m=None if size is None else (size[0] * _M, size[1] * _M, size[2] * _M),
        pieces=row.pieces,
        goods_class=_goods_class(row.goods_class),
        replaces=row.replaces,
        replaces_reason=None if row.replaces_reason is None else ReplaceReason(row.replaces_reason),
        signed_return=row.signed_return is not None,
    )


def goods_classes(
    tx: Connection, waybills: Iterable[str]
) -> dict[str, list[tuple[datetime, GoodsClass | None]]]:
    """What accepted declarations called goods, and when they said so, the oldest first."""
    mine = declaration.c.waybill.in_(list(waybills)) & ~_REFUSED
    columns = (declaration.c.waybill, declaration.c.declared_at, declaration.c.goods_class)
    found: dict[str, list[tuple[datetime, GoodsClass | None]]] = {}
    for row in tx.execute(select(*columns).where(mine).order_by(declaration.c.id)):
        said = (row.declared_at, _goods_class(row.goods_class))
        found.setdefault(row.waybill, []).append(said)
    return found


def value_in(fen: int) -> Decimal:
    """A stored amount in CNY."""
    return fen * _FEN


def _goods_class(stored: str | None) -> GoodsClass | None:
    return None if stored is None else GoodsClass(stored)


def _whole(value: Decimal | None, unit: Decimal) -> int | None:
    return None if value is None else int(value / unit)


def _exact(count: int | None, unit: Decimal) -> Decimal | None:
    return None if count is None else count * unit
