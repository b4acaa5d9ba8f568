"""Tables and SQL of suspects: one row a suspected parcel, kept for good; no rule is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    bindparam,
    insert,
    or_,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.incidents.service import Kind, Suspicion

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
    Column("incident", BigInteger, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False, index=True),
    Column("closed_at", UtcDateTime, index=True),
    sqlite_autoincrement=True,
)


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


_CLOSE = update(suspect).where(suspect.c.id == bindparam("which")).values(closed_at=bindparam("at"))


def add(
    tx: Connection,
    suspicion: Suspicion,
    waybill: str,
    incident: int,
    now: datetime,
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
        "incident": incident,
        "raised_at": now,
    }
    return int(tx.execute(insert(suspect).values(row).returning(suspect.c.id)).scalar_one())


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
) -> list[Suspect]:
    """Suspects, newest first: those of now, or all that were suspect between two moments."""
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
    if before_id is not None:
        query = query.where(suspect.c.id < before_id)
    rows = tx.execute(query.order_by(suspect.c.id.desc()).limit(limit))
    return [_suspect(row) for row in rows]


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
        incident=row.incident,
        raised_at=row.raised_at,
        closed_at=row.closed_at,
    )
