"""Tables and SQL of suspects: one row a suspected parcel, kept for good; no rule is decided."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    Index,
    Integer,
    Row,
    String,
    Table,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata
from hub.evidence import Evidence, SecondLook
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
    # The newest look after the first alert, which the columns above tell of, how many there were,
    # and when the next is; null: there was none, and there will be none.
    Column("look", JSON(none_as_null=True)),
    Column("looks", Integer, nullable=False, server_default="0"),
    Column("look_at", UtcDateTime),
    Column("incident", BigInteger, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False, index=True),
    Column("closed_at", UtcDateTime, index=True),
    Index(
        None,
        "look_at",
        sqlite_where=text("look_at IS NOT NULL"),
        postgresql_where=text("look_at IS NOT NULL"),
    ),
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
    """One suspected parcel; ``closed_at`` null: it is suspect now.

    All is as the first alert told it, but ``look``, the newest of ``looks`` looks since, what
    :attr:`newest` gives, and how long its trail is; ``look_at`` null: it is not looked at again.
    """

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
    look: SecondLook | None = None
    looks: int = 0
    look_at: datetime | None = None

    @property
    def newest(self) -> "Suspect":
        """As the newest look tells it; as the first alert did where there was none."""
        return self if self.look is None else replace(self, **self.look.told)

    @property
    def is_explained(self) -> bool:
        """Its silence is explained for now; it is searched for all the same."""
        return self.look is not None and self.look.verdict.is_explained

    @property
    def trail_at(self) -> datetime:
        """Since when its trail grows cold."""
        return trail_since(self.newest.expected_by, self.raised_at)


_WORTH = ("value_fen", "value_basis", "rank")
_UNRANKED = -1e9
"""Older than ranks: after all others."""
_RANK = func.coalesce(suspect.c.rank, _UNRANKED)
# Built once: a silent vehicle adds hundreds of rows.
_ADD = insert(suspect).returning(suspect.c.id)
_CLOSE = (
    update(suspect)
    .where(suspect.c.id == bindparam("which"))
    .values(closed_at=bindparam("at"), look_at=None)
)
_DUE_LOOKS = (
    select(suspect)
    .where(suspect.c.look_at <= bindparam("now"))
    .order_by(suspect.c.look_at, suspect.c.incident, suspect.c.id)
    .limit(bindparam("limit"))
)
# Who was found meanwhile stays found, and is not looked at again.
_OPEN_ONE = and_(suspect.c.id == bindparam("which"), suspect.c.closed_at.is_(None))
_PUT_LOOK = (
    update(suspect)
    .where(_OPEN_ONE)
    .values({name: bindparam(f"its_{name}") for name in ("look", "looks", "look_at", *_WORTH)})
)
_END_LOOKS = update(suspect).where(suspect.c.id == bindparam("which")).values(look_at=None)


def add(
    tx: Connection,
    suspicion: Suspicion,
    waybill: str,
    incident: int,
    now: datetime,
    value: Value,
    *,
    high_value: bool,
    look_at: datetime | None = None,
) -> int:
    """Keep that a parcel is suspect, and when it is looked at again; return the row's id."""
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
        "look_at": look_at,
        **_worth(suspicion.p_lost, value, trail_since(suspicion.expected_by, now)),
    }
    return int(tx.execute(_ADD, row).scalar_one())


def revalue(tx: Connection, waybill: str, value: Value) -> None:
    """A value was declared: those suspicions of the parcel that are open count with it."""
    mine = and_(suspect.c.waybill == waybill, suspect.c.closed_at.is_(None))
    for row in tx.execute(select(suspect).where(mine)).all():
        changed = _worth_of(_suspect(row), value)
        tx.execute(update(suspect).where(suspect.c.id == row.id).values(changed))


def due_looks(tx: Connection, now: datetime, limit: int) -> list[Suspect]:
    """Those that are to be looked at again, the longest waiting first, of one search together."""
    return [_suspect(row) for row in tx.execute(_DUE_LOOKS, {"now": now, "limit": limit})]


def put_looks(tx: Connection, looked_at: Iterable[tuple[Suspect, Value]]) -> None:
    """Write what a look came to, and what acting on each is worth by that."""
    rows = [_look_row(each, value) for each, value in looked_at]
    if rows:
        tx.execute(_PUT_LOOK, rows)


def end_looks(tx: Connection, ids: Iterable[int]) -> None:
    """These are not looked at again."""
    rows = [{"which": each} for each in ids]
    if rows:
        tx.execute(_END_LOOKS, rows)


def _look_row(each: Suspect, value: Value) -> dict[str, object]:
    row = {"look": msgspec.to_builtins(each.look), "looks": each.looks, "look_at": each.look_at}
    return {"which": each.id} | {
        f"its_{name}": found for name, found in (row | _worth_of(each, value)).items()
    }


def _worth_of(each: Suspect, value: Value) -> dict[str, object]:
    return _worth(each.newest.p_lost, value, each.trail_at, is_explained=each.is_explained)


def _worth(
    p_lost: float | None, value: Value, trail_at: datetime, *, is_explained: bool = False
) -> dict[str, object]:
    rank = rank_of(p_lost, value, trail_at, is_explained=is_explained)
    found = int(value.cny * FEN_PER_CNY), value.basis, rank
    return dict(zip(_WORTH, found, strict=True))


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
        look=msgspec.convert(row.look, SecondLook | None),
        looks=row.looks,
        look_at=row.look_at,
    )


def _value(row: Row[*tuple[Any, ...]]) -> Value | None:
    if row.value_fen is None:
        return None
    return Value(Decimal(row.value_fen) / FEN_PER_CNY, ValueBasis(row.value_basis))
