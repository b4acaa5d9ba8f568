"""Tables and SQL of the alerts; no rule is decided here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    func,
    insert,
    select,
    text,
    update,
)

from hub.alerts.rules import Act, AlertKind, AlertState, Finding, Level, Visit
from hub.db.schema import RowId, UtcDateTime, metadata

VISITS_READ_MAX = 64
"""A parcel's newest visits that a late scan is placed among."""
HISTORY_READ_MAX = 200

alert = Table(
    "alert",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("level", String(8), nullable=False),
    Column("state", String(8), nullable=False),
    Column("subject", String(128), nullable=False),
    # kind and subject while open or acknowledged, null once closed: one open alert each.
    Column("open_key", String(200), unique=True),
    Column("waybill", String(64)),
    Column("site", String(32)),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("late", Boolean, nullable=False),
    Column("count", Integer, nullable=False),
    Column("text_zh", String(600), nullable=False),
    Column("text_en", String(600), nullable=False),
    Index(None, "state", "id"),
    Index(None, "waybill", "first_at"),
    # Of stations, devices and the hub itself: few among the parcels'.
    Index(
        "ix_alert_subject",
        "subject",
        sqlite_where=text("waybill IS NULL"),
        postgresql_where=text("waybill IS NULL"),
    ),
    sqlite_autoincrement=True,
)

alert_history = Table(
    "alert_history",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("alert_id", BigInteger, ForeignKey("alert.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("act", String(8), nullable=False),
    Column("who", String(64), nullable=False),
    Column("reason", String(500)),
)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert; ``raised_at`` is hub time, ``first_at`` and ``last_at`` event time."""

    id: int
    kind: AlertKind
    level: Level
    state: AlertState
    subject: str
    waybill: str | None
    site: str | None
    raised_at: datetime
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None
    late: bool
    count: int
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What was done to an alert, by whom, and why."""

    at: datetime
    act: Act
    who: str
    reason: str | None


_COLUMNS = tuple(column for column in alert.c if column.name != "open_key")


def add(
    tx: Connection,
    finding: Finding,
    level: Level,
    texts: tuple[str, str],
    now: datetime,
    *,
    over: bool,
) -> int:
    """Insert an alert, open or (``over``) closed already; return its id."""
    row = {
        "kind": finding.kind,
        "level": level,
        "state": AlertState.CLOSED if over else AlertState.OPEN,
        "subject": finding.subject,
        "open_key": None if over else open_key(finding.kind, finding.subject),
        "waybill": finding.waybill,
        "site": finding.site,
        "raised_at": now,
        "first_at": finding.happened_at,
        "last_at": finding.happened_at,
        "closed_at": now if over else None,
        "late": finding.late,
        "count": 1,
        "text_zh": texts[0],
        "text_en": texts[1],
    }
    added = tx.execute(insert(alert).values(row).returning(alert.c.id))
    return int(added.scalar_one())


def open_key(kind: AlertKind, subject: str) -> str:
    """What is unique among the alerts that are not closed."""
    return f"{kind}/{subject}"


def find(tx: Connection, alert_id: int) -> Alert | None:
    """One alert, whatever its state."""
    row = tx.execute(select(*_COLUMNS).where(alert.c.id == alert_id)).one_or_none()
    return None if row is None else _alert(row)


def find_unclosed(tx: Connection, kind: AlertKind, subject: str) -> Alert | None:
    """The one alert of a kind and subject that is not closed."""
    key = open_key(kind, subject)
    row = tx.execute(select(*_COLUMNS).where(alert.c.open_key == key)).one_or_none()
    return None if row is None else _alert(row)


def count_again(tx: Connection, found: Alert, finding: Finding, texts: tuple[str, str]) -> None:
    """Count one more finding; the newest says where, an older one leaves the words alone."""
    changes: dict[str, object] = {
        "count": alert.c.count + 1,
        "late": found.late or finding.late,
        "first_at": min(found.first_at, finding.happened_at),
    }
    if finding.happened_at >= found.last_at:
        changes |= {
            "last_at": finding.happened_at,
            "site": finding.site,
            "text_zh": texts[0],
            "text_en": texts[1],
        }
    tx.execute(update(alert).where(alert.c.id == found.id).values(changes))


def set_state(tx: Connection, alert_id: int, state: AlertState, now: datetime) -> None:
    """Move an alert; closing frees its key for the next one."""
    changes: dict[str, object] = {"state": state}
    if state is AlertState.CLOSED:
        changes |= {"open_key": None, "closed_at": now}
    tx.execute(update(alert).where(alert.c.id == alert_id).values(changes))


def record(
    tx: Connection, alert_id: int, act: Act, who: str, reason: str | None, now: datetime
) -> None:
    """Write what happened into the alert's history."""
    row = {"alert_id": alert_id, "at": now, "act": act, "who": who, "reason": reason}
    tx.execute(insert(alert_history).values(row))


def history(tx: Connection, alert_id: int) -> list[HistoryEntry]:
    """An alert's history, oldest first, at most ``HISTORY_READ_MAX``."""
    rows = tx.execute(
        select(alert_history)
        .where(alert_history.c.alert_id == alert_id)
        .order_by(alert_history.c.id)
        .limit(HISTORY_READ_MAX)
    )
    return [HistoryEntry(row.at, Act(row.act), row.who, row.reason) for row in rows]


def page(
    tx: Connection,
    state: AlertState | None,
    level: Level | None,
    waybill: str | None,
    sites: frozenset[str] | None,
    before_id: int | None,
    limit: int,
) -> list[Alert]:
    """Alerts, newest first; ``sites`` None: of all, and those that are of none."""
    query = select(*_COLUMNS).order_by(alert.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(alert.c.state == state)
    if level is not None:
        query = query.where(alert.c.level == level)
    if waybill is not None:
        query = query.where(alert.c.waybill == waybill)
    if sites is not None:
        query = query.where(alert.c.site.in_(sorted(sites)))
    if before_id is not None:
        query = query.where(alert.c.id < before_id)
    return [_alert(row) for row in tx.execute(query)]


def about_station(tx: Connection, station: str, limit: int) -> list[Alert]:
    """Alerts about ``site/edge`` or one of its devices, the newest first."""
    mine = (alert.c.subject == station) | alert.c.subject.startswith(f"{station}/", autoescape=True)
    query = select(*_COLUMNS).where(alert.c.waybill.is_(None), mine)
    return [_alert(row) for row in tx.execute(query.order_by(alert.c.id.desc()).limit(limit))]


def by_ids(tx: Connection, ids: list[int]) -> list[Alert]:
    """Those alerts that exist, in id order."""
    rows = tx.execute(select(*_COLUMNS).where(alert.c.id.in_(ids)).order_by(alert.c.id))
    return [_alert(row) for row in rows]


def count_unclosed(tx: Connection) -> dict[tuple[AlertKind, str | None, AlertState], int]:
    """How many alerts of a kind stand at a site in a state; closed ones are not counted."""
    keys = (alert.c.kind, alert.c.site, alert.c.state)
    rows = tx.execute(
        select(*keys, func.count()).where(alert.c.state != AlertState.CLOSED).group_by(*keys)
    )
    return {(AlertKind(kind), site, AlertState(state)): n for kind, site, state, n in rows}


def visits(tx: Connection, waybill: str) -> list[Visit]:
    """A parcel's newest visits, in the order of their first scans."""
    rows = tx.execute(
        select(alert.c.id, alert.c.site, alert.c.first_at, alert.c.last_at, alert.c.state)
        .where(alert.c.waybill == waybill, alert.c.kind == AlertKind.HV_PASSAGE)
        .order_by(alert.c.first_at.desc(), alert.c.id.desc())
        .limit(VISITS_READ_MAX)
    ).all()
    return [
        Visit(row.id, row.site, row.first_at, row.last_at, AlertState(row.state))
        for row in reversed(rows)
    ]


def _alert(row: Row[*tuple[Any, ...]]) -> Alert:
    fields = dict(row._mapping)
    return Alert(
        **fields
        | {
            "kind": AlertKind(row.kind),
            "level": Level(row.level),
            "state": AlertState(row.state),
        }
    )
