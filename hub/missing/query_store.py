"""Tables and SQL of who asked for suspects, and of the shifts that must; no rule is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Index,
    Integer,
    Row,
    String,
    Table,
    and_,
    delete,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata

query = Table(
    "missing_query",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("who", String(64), nullable=False),
    # What was asked for; null: any.
    Column("site", String(32)),
    Column("day", Date),
    Column("high_value", Boolean),
    Column("found", Integer, nullable=False),
    # A program asked, and no person.
    Column("by_token", Boolean, nullable=False),
    Index(None, "site", "asked_at"),
    Index(None, "asked_at"),
    sqlite_autoincrement=True,
)
shift_end = Table(
    "missing_shift",
    metadata,
    Column("site", String(32), primary_key=True),
    Column("shift", String(32), primary_key=True),
    # When its present turn ends, and is judged.
    Column("ends_at", UtcDateTime, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Query:
    """Somebody asked for suspects; ``day`` is a local date, ``found`` how many were shown.

    ``by_token``: a program asked, with a bearer token.
    """

    id: int
    asked_at: datetime
    who: str
    site: str | None
    day: date | None
    high_value: bool | None
    found: int
    by_token: bool


@dataclass(frozen=True, slots=True)
class ShiftEnd:
    """A shift's turn that will be judged when it ends."""

    site: str
    shift: str
    ends_at: datetime


# ---------------------------------------------------------------- queries


def add(
    tx: Connection,
    site: str | None,
    day: date | None,
    high_value: bool | None,
    who: str,
    found: int,
    now: datetime,
    *,
    by_token: bool,
) -> None:
    """Keep that somebody asked."""
    row = {"site": site, "day": day, "high_value": high_value, "found": found}
    tx.execute(insert(query).values(row | {"who": who, "asked_at": now, "by_token": by_token}))


def page(
    tx: Connection,
    sites: frozenset[str] | None,
    between: tuple[datetime, datetime] | None,
    before_id: int | None,
    limit: int,
) -> list[Query]:
    """Queries, newest first."""
    wanted = select(query)
    if sites is not None:
        wanted = wanted.where(query.c.site.in_(sorted(sites)))
    if between is not None:
        wanted = wanted.where(query.c.asked_at >= between[0], query.c.asked_at < between[1])
    if before_id is not None:
        wanted = wanted.where(query.c.id < before_id)
    rows = tx.execute(wanted.order_by(query.c.id.desc()).limit(limit))
    return [_query(row) for row in rows]


def persons_newest_in(
    tx: Connection, site: str, start: datetime, end: datetime, days: Iterable[date]
) -> Query | None:
    """The last query that a person made of a site's suspects, within a time.

    Of those of now, or of one of these days; a query of what is not high value alone is none.
    """
    when = and_(query.c.asked_at >= start, query.c.asked_at <= end)
    what = query.c.day.is_(None) | query.c.day.in_(list(days))
    whole = query.c.high_value.is_(None) | query.c.high_value
    return _persons_newest(tx, and_(query.c.site == site, when, what, whole))


def persons_newest(tx: Connection, site: str) -> Query | None:
    """The last query of a site that a person made."""
    return _persons_newest(tx, query.c.site == site)


def _persons_newest(tx: Connection, which: ColumnElement[bool]) -> Query | None:
    wanted = select(query).where(which, query.c.by_token.is_(False))
    row = tx.execute(wanted.order_by(query.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _query(row)


# ---------------------------------------------------------------- shifts


def every_shift_end(tx: Connection) -> dict[tuple[str, str], datetime]:
    """All shifts that are watched, by site and name."""
    return {(row.site, row.shift): row.ends_at for row in tx.execute(select(shift_end))}


def ended_shifts(tx: Connection, now: datetime, limit: int) -> list[ShiftEnd]:
    """Turns that have ended and are not judged yet, the oldest first."""
    wanted = select(shift_end).where(shift_end.c.ends_at <= now)
    rows = tx.execute(wanted.order_by(shift_end.c.ends_at).limit(limit))
    return [ShiftEnd(row.site, row.shift, row.ends_at) for row in rows]


def put_shift_end(tx: Connection, site: str, shift: str, ends_at: datetime) -> None:
    """Watch a shift's next turn."""
    mine = and_(shift_end.c.site == site, shift_end.c.shift == shift)
    changed = tx.execute(update(shift_end).where(mine).values(ends_at=ends_at))
    if changed.rowcount == 0:
        tx.execute(insert(shift_end).values(site=site, shift=shift, ends_at=ends_at))


def drop_shift(tx: Connection, site: str, shift: str) -> None:
    """A shift is no longer worked."""
    tx.execute(delete(shift_end).where(shift_end.c.site == site, shift_end.c.shift == shift))


def _query(row: Row[*tuple[Any, ...]]) -> Query:
    return Query(
        row.id, row.asked_at, row.who, row.site, row.day, row.high_value, row.found, row.by_token
    )
