"""Tables and SQL of the alerts; no rule is decided here."""

from collections.abc import Iterable, Sequence
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
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)

from hub.alerts.rules import LEVEL_OF, Act, AlertKind, AlertState, Finding, Level, Visit
from hub.alerts.texts import texts_of
from hub.db.among import among
from hub.db.asked import Asked
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


@dataclass(frozen=True, slots=True)
class Told:
    """A visit as its passage tells it: how many scans, and whether one of them came late."""

    visit: Visit
    count: int
    late: bool


_COLUMNS = tuple(column for column in alert.c if column.name != "open_key")

# Built once: these run for each batch, and building costs as much as running.
_ADD = insert(alert).returning(alert.c.id)
_ADD_IN_ORDER = insert(alert).returning(alert.c.id, sort_by_parameter_order=True)
_RECORD = insert(alert_history)
_RENEW = (
    update(alert)
    .where(alert.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in ("count", "late", "first_at", "last_at")})
)
_CLOSE = (
    update(alert)
    .where(alert.c.id == bindparam("which"))
    .values(state=AlertState.CLOSED, open_key=None, closed_at=bindparam("closed_at"))
)
_NTH = func.row_number().over(
    partition_by=alert.c.waybill, order_by=(alert.c.first_at.desc(), alert.c.id.desc())
)
_RANKED = (
    select(
        alert.c.id,
        alert.c.waybill,
        alert.c.site,
        alert.c.state,
        alert.c.first_at,
        alert.c.last_at,
        alert.c.late,
        alert.c.count.label("times"),
        _NTH.label("nth"),
    )
    .where(among(alert.c.waybill, "waybills"), alert.c.kind == AlertKind.HV_PASSAGE)
    .subquery()
)
_PASSAGES = Asked(select(_RANKED).where(_RANKED.c.nth <= bindparam("each_max")))


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
    state, at = AlertState.CLOSED if over else AlertState.OPEN, finding.happened_at
    visit = Visit(0, finding.site or "", at, at, state)
    row = _new_row(finding, level, texts, Told(visit, 1, late=finding.late), now)
    return int(tx.execute(_ADD, row).scalar_one())


def add_told(tx: Connection, told: Sequence[tuple[Finding, Told]], now: datetime) -> list[int]:
    """Insert alerts as they are by now; return their ids in the same order."""
    rows = [
        _new_row(finding, LEVEL_OF[finding.kind], texts_of(finding), each, now)
        for finding, each in told
    ]
    return list(tx.execute(_ADD_IN_ORDER, rows).scalars()) if rows else []


def _new_row(
    finding: Finding, level: Level, texts: tuple[str, str], told: Told, now: datetime
) -> dict[str, object]:
    visit = told.visit
    is_over = visit.state is AlertState.CLOSED
    return {
        "kind": finding.kind,
        "level": level,
        "state": visit.state,
        "subject": finding.subject,
        "open_key": None if is_over else open_key(finding.kind, finding.subject),
        "waybill": finding.waybill,
        "site": finding.site,
        "raised_at": now,
        "first_at": visit.first_at,
        "last_at": visit.last_at,
        "closed_at": now if is_over else None,
        "late": told.late,
        "count": told.count,
        "text_zh": texts[0],
        "text_en": texts[1],
    }


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


def restate(
    tx: Connection, found: Alert, newest: Finding, first_at: datetime, texts: tuple[str, str]
) -> bool:
    """Let an alert say the findings that are left; say whether that changed it."""
    text_zh, text_en = texts
    changes = {
        "first_at": first_at,
        "last_at": newest.happened_at,
        "site": newest.site,
        "text_zh": text_zh,
        "text_en": text_en,
    }
    if all(getattr(found, name) == value for name, value in changes.items()):
        return False
    tx.execute(update(alert).where(alert.c.id == found.id).values(changes))
    return True


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


def passages(tx: Connection, waybills: Iterable[str]) -> dict[str, list[Told]]:
    """Parcels' newest visits, at most ``VISITS_READ_MAX`` of each, in no order that counts."""
    found: dict[str, list[Told]] = {}
    for row in _PASSAGES.rows(tx, waybills=waybills, each_max=VISITS_READ_MAX):
        visit = Visit(row.id, row.site, row.first_at, row.last_at, AlertState(row.state))
        found.setdefault(row.waybill, []).append(Told(visit, row.times, late=row.late))
    return found


def renew(tx: Connection, told: Sequence[tuple[Told, bool]], now: datetime) -> None:
    """Write how passages stand by now; ``True``: it has just been closed."""
    rows = [
        {
            "which": each.visit.alert_id,
            "count": each.count,
            "late": each.late,
            "first_at": each.visit.first_at,
            "last_at": each.visit.last_at,
        }
        for each, _ in told
    ]
    closed = [
        {"which": each.visit.alert_id, "closed_at": now} for each, is_closed in told if is_closed
    ]
    if rows:
        tx.execute(_RENEW, rows)
    if closed:
        tx.execute(_CLOSE, closed)


def record_all(tx: Connection, acts: Iterable[tuple[int, Act]], who: str, now: datetime) -> None:
    """Write what happened into alerts' histories; acts are (alert id, what)."""
    rows = [
        {"alert_id": alert_id, "at": now, "act": act, "who": who, "reason": None}
        for alert_id, act in acts
    ]
    if rows:
        tx.execute(_RECORD, rows)


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
