"""Tables and SQL of suspects: one row a suspected parcel, kept for good; no rule is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Row,
    String,
    Table,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.evidence import Evidence
from hub.incidents.service import Kind, Suspicion
from hub.missing.rules.worth import Value, ValueBasis, rank_of, trail_since

suspect = Table(
    "missing_suspect",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(8), nullable=False),
    # The waybill, or the ride whose parcels are all silent.
    Column("subject", String(120), nullable=False),
    Column("waybill", String(64), nullable=False, index=True),
    Column("high_value", Boolean, nullable=False),
    Column("site", String(32), nullable=False),
    Column("previous_site", String(32)),
    Column("since", UtcDateTime, nullable=False),
    Column("expected_site", String(32)),
    Column("expected_by", UtcDateTime),
    Column("p_lost", Float),
    Column("tier", String(8), nullable=False),
    Column("reasons_zh", JSON, nullable=False),
    Column("reasons_en", JSON, nullable=False),
    # Why, as values (hub.evidence); null: older than these, or no parcel's silence.
    Column("evidence", JSON(none_as_null=True)),
    # What it is worth, where that figure comes from, and its place among all (rules.worth); null:
    # older than these.
    Column("value_fen", BigInteger),
    Column("value_basis", String(12)),
    Column("rank", Float),
    Column("incident", BigInteger, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False, index=True),
    Column("closed_at", UtcDateTime, index=True),
    sqlite_autoincrement=True,
)


FEN_PER_CNY = 100


class Order(StrEnum):
    """In which order suspects are listed."""

    NEWEST = "newest"
    WORTH = "worth"
    """What acting now is worth, the most first (rules.worth)."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One suspected parcel; ``closed_at`` null: it is suspect now."""

    id: int
    kind: Kind
    subject: str
    waybill: str
    high_value: bool
    site: str
    previous_site: str | None
    since: datetime
    expected_site: str | None
    expected_by: datetime | None
    p_lost: float | None
    tier: str
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]
    incident: int
    raised_at: datetime
    closed_at: datetime | None
    evidence: Evidence | None = None
    value: Value | None = None

    @property
    def trail_at(self) -> datetime:
        """Since when its trail grows cold."""
        return trail_since(self.expected_by, self.raised_at)


_UNRANKED = -1e9
"""Older than ranks: after all others."""
_RANK = func.coalesce(suspect.c.rank, _UNRANKED)
# Built once: a silent vehicle adds hundreds of rows.
_ADD = insert(suspect).returning(suspect.c.id)
_CLOSE = update(suspect).where(suspect.c.id == bindparam("which")).values(closed_at=bindparam("at"))


def add(
    tx: Connection,
    suspicion: Suspicion,
    waybill: str,
    incident: int,
    now: datetime,
    value: Value,
    *,
    high_value: bool,
) -> int:
    """Keep that a parcel is suspect; return the row's id."""
    row = {
        "kind": suspicion.kind,
        "subject": suspicion.subject,
        "waybill": waybill,
        "high_value": high_value,
        "site": suspicion.site,
        "previous_site": suspicion.previous_site,
        "since": suspicion.since,
        "expected_site": suspicion.expected_site,
        "expected_by": suspicion.expected_by,
        "p_lost": suspicion.p_lost,
        "tier": suspicion.tier,
        "reasons_zh": list(suspicion.reasons_zh),
        "reasons_en": list(suspicion.reasons_en),
        "evidence": msgspec.to_builtins(suspicion.evidence),
        "incident": incident,
        "raised_at": now,
        **_worth(suspicion.p_lost, value, trail_since(suspicion.expected_by, now)),
    }
    return int(tx.execute(_ADD, row).scalar_one())


def revalue(tx: Connection, waybill: str, value: Value) -> None:
    """A value was declared: those suspicions of the parcel that are open count with it."""
    mine = and_(suspect.c.waybill == waybill, suspect.c.closed_at.is_(None))
    for row in tx.execute(select(suspect).where(mine)).all():
        trail_at = trail_since(row.expected_by, row.raised_at)
        changed = _worth(row.p_lost, value, trail_at)
        tx.execute(update(suspect).where(suspect.c.id == row.id).values(changed))


def _worth(p_lost: float | None, value: Value, trail_at: datetime) -> dict[str, object]:
    return {
        "value_fen": int(value.cny * FEN_PER_CNY),
        "value_basis": value.basis,
        "rank": rank_of(p_lost, value, trail_at),
    }


def close(tx: Connection, ids: Iterable[int], now: datetime) -> None:
    """These were scanned: found, and suspect no more."""
    rows = [{"which": each, "at": now} for each in ids]
    if rows:
        tx.execute(_CLOSE, rows)


def page(
    tx: Connection,
    *,
    sites: frozenset[str] | None,
    between: tuple[datetime, datetime] | None,
    high_value: bool | None,
    before_id: int | None,
    limit: int,
    order: Order = Order.NEWEST,
) -> list[Suspect]:
    """Suspects in an order: those of now, or all that were suspect between two moments.

    ``before_id``: those that come after this one.
    """
    query = select(suspect)
    if between is None:
        query = query.where(suspect.c.closed_at.is_(None))
    else:
        start, end = between
        lasted = or_(suspect.c.closed_at.is_(None), suspect.c.closed_at >= start)
        query = query.where(suspect.c.raised_at < end, lasted)
    if sites is not None:
        query = query.where(suspect.c.site.in_(sorted(sites)))
    if high_value is not None:
        query = query.where(suspect.c.high_value == high_value)
    by_worth = order is Order.WORTH
    if before_id is not None and by_worth:
        last = select(_RANK).where(suspect.c.id == before_id).scalar_subquery()
        query = query.where(or_(last > _RANK, and_(last == _RANK, suspect.c.id < before_id)))
    elif before_id is not None:
        query = query.where(suspect.c.id < before_id)
    places = (_RANK.desc(), suspect.c.id.desc()) if by_worth else (suspect.c.id.desc(),)
    return [_suspect(row) for row in tx.execute(query.order_by(*places).limit(limit))]


def _suspect(row: Row[*tuple[Any, ...]]) -> Suspect:
    return Suspect(
        id=row.id,
        kind=Kind(row.kind),
        subject=row.subject,
        waybill=row.waybill,
        high_value=row.high_value,
        site=row.site,
        previous_site=row.previous_site,
        since=row.since,
        expected_site=row.expected_site,
        expected_by=row.expected_by,
        p_lost=row.p_lost,
        tier=row.tier,
        reasons_zh=tuple(row.reasons_zh),
        reasons_en=tuple(row.reasons_en),
        evidence=msgspec.convert(row.evidence, Evidence | None),
        incident=row.incident,
        raised_at=row.raised_at,
        closed_at=row.closed_at,
        value=_value(row),
    )


def _value(row: Row[*tuple[Any, ...]]) -> Value | None:
    if row.value_fen is None:
        return None
    return Value(Decimal(row.value_fen) / FEN_PER_CNY, ValueBasis(row.value_basis))
