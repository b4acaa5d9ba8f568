"""Tables and SQL of the incidents; no rule is decided here."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    and_,
    insert,
    or_,
    select,
    update,
)

from hub.db.among import among
from hub.db.asked import Asked
from hub.db.schema import RowId, UtcDateTime, metadata
from hub.evidence import Evidence, SecondLook
from hub.incidents.rules import OPEN, Claim, Incident, Kind, State, Suspicion
from wire.events import Act

incident = Table(
    "incident",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("subject", String(128), nullable=False),
    # kind and subject while the search is on, null once it is over: one search each.
    Column("open_key", String(140), unique=True),
    Column("state", String(12), nullable=False),
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
    # The newest look since; null: there was none.
    Column("look", JSON(none_as_null=True)),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "state", "id"),
    Index(None, "subject"),
    sqlite_autoincrement=True,
)
incident_parcel = Table(
    "incident_parcel",
    metadata,
    Column("incident_id", BigInteger, ForeignKey("incident.id"), nullable=False),
    Column("waybill", String(64), nullable=False),
    Column("seen_at", UtcDateTime),
    PrimaryKeyConstraint("incident_id", "waybill"),
    Index(None, "waybill"),
)

incident_report = Table(
    "incident_report",
    metadata,
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("spool", String(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("waybill", String(64), nullable=False),
    PrimaryKeyConstraint("site", "edge", "spool", "seq", "waybill"),
)

# Built once: it runs for each batch, and building costs as much as running.
_AWAITING = Asked(
    select(incident_parcel.c.incident_id, incident_parcel.c.waybill, incident.c.since)
    .join(incident, incident.c.id == incident_parcel.c.incident_id)
    .where(
        among(incident_parcel.c.waybill, "waybills"),
        incident_parcel.c.seen_at.is_(None),
        incident.c.state != State.FOUND,
    )
    .order_by(incident_parcel.c.incident_id)
)


def add(tx: Connection, suspicion: Suspicion, now: datetime) -> int:
    """Insert an incident in its first state; return its id."""
    row = {
        "kind": suspicion.kind,
        "subject": suspicion.subject,
        "open_key": open_key(suspicion.kind, suspicion.subject),
        "state": State.SELF_CHECK,
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
        "opened_at": now,
        "changed_at": now,
    }
    added = tx.execute(insert(incident).values(row).returning(incident.c.id))
    incident_id = int(added.scalar_one())
    parcels = [{"incident_id": incident_id, "waybill": each} for each in suspicion.waybills]
    if parcels:
        tx.execute(insert(incident_parcel), parcels)
    return incident_id


def open_key(kind: Kind, subject: str) -> str:
    """What is unique among the searches that are on."""
    return f"{kind}/{subject}"


def find(tx: Connection, incident_id: int) -> Incident | None:
    """One incident."""
    found = _read(tx, incident.c.id == incident_id, 1)
    return found[0] if found else None


def find_open(tx: Connection, kind: Kind, subject: str) -> Incident | None:
    """The search that is on for a subject."""
    found = _read(tx, incident.c.open_key == open_key(kind, subject), 1)
    return found[0] if found else None


def find_newest(tx: Connection, kind: str, subject: str) -> int | None:
    """The id of the newest incident about a subject, open or over."""
    mine = (incident.c.subject == subject) & (incident.c.kind == kind)
    query = select(incident.c.id).where(mine).order_by(incident.c.id.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def page(
    tx: Connection,
    states: Collection[State] | None,
    sites: Collection[str] | None,
    waybill: str | None,
    before_id: int | None,
    limit: int,
) -> list[Incident]:
    """Incidents, newest first; ``sites``: those that one of these sites searches for."""
    where = incident.c.id > 0
    if states is not None:
        where &= incident.c.state.in_(states)
    if sites is not None:
        where &= or_(incident.c.site.in_(sites), incident.c.previous_site.in_(sites))
    if waybill is not None:
        mine = select(incident_parcel.c.incident_id).where(incident_parcel.c.waybill == waybill)
        where &= incident.c.id.in_(mine)
    if before_id is not None:
        where &= incident.c.id < before_id
    return _read(tx, where, limit)


def awaiting(tx: Connection, waybills: Iterable[str]) -> list[tuple[int, str, datetime]]:
    """Searches whose parcel was not seen yet: id, waybill, and the last scan before.

    A lost one is among them: any scan finds it.
    """
    rows = _AWAITING.rows(tx, waybills=waybills)
    return [(row.incident_id, row.waybill, row.since) for row in rows]


def add_report(tx: Connection, act: Act, waybill: str) -> bool:
    """Remember that a line's report of a parcel was taken; False: it was before."""
    line = {"site": act.site, "edge": act.edge, "spool": act.spool, "seq": act.seq}
    row = {**line, "waybill": waybill}
    mine = and_(*(incident_report.c[name] == value for name, value in row.items()))
    if tx.execute(select(incident_report.c.seq).where(mine)).first() is not None:
        return False
    tx.execute(insert(incident_report).values(row))
    return True


def claims_on(tx: Connection, waybills: Collection[str]) -> dict[str, list[Claim]]:
    """What all incidents that are not over for good have to do with these parcels, by waybill."""
    mine = incident_parcel.c.waybill.in_(waybills) & (incident.c.state != State.FOUND)
    rows = tx.execute(
        select(incident_parcel, incident.c.state, incident.c.site, incident.c.previous_site)
        .join(incident, incident.c.id == incident_parcel.c.incident_id)
        .where(mine)
        .order_by(incident_parcel.c.incident_id)
    )
    claims: dict[str, list[Claim]] = {}
    for row in rows:
        sites = tuple(each for each in (row.site, row.previous_site) if each is not None)
        claim = Claim(row.incident_id, State(row.state), sites, row.seen_at is not None)
        claims.setdefault(row.waybill, []).append(claim)
    return claims


def set_seen(tx: Connection, incident_id: int, waybill: str, at: datetime) -> None:
    """A scan showed this parcel."""
    mine = (incident_parcel.c.incident_id == incident_id) & (incident_parcel.c.waybill == waybill)
    tx.execute(update(incident_parcel).where(mine).values(seen_at=at))


def set_state(tx: Connection, incident_id: int, state: State, now: datetime, *, over: bool) -> None:
    """Move an incident; ``over``: its subject may be searched for anew."""
    row: dict[str, object] = {"state": state, "changed_at": now}
    if over:
        row["open_key"] = None
    tx.execute(update(incident).where(incident.c.id == incident_id).values(row))


def set_look(tx: Connection, incident_id: int, look: SecondLook) -> None:
    """Keep the newest look at what is searched for."""
    row = {"look": msgspec.to_builtins(look)}
    tx.execute(update(incident).where(incident.c.id == incident_id).values(row))


def open_among(tx: Connection, incident_ids: Collection[int]) -> frozenset[int]:
    """Those of these incidents that are not over."""
    mine = incident.c.id.in_(incident_ids) & incident.c.state.in_(OPEN)
    return frozenset(tx.execute(select(incident.c.id).where(mine)).scalars())


def _read(tx: Connection, where: Any, limit: int) -> list[Incident]:
    rows = tx.execute(
        select(incident).where(where).order_by(incident.c.id.desc()).limit(limit)
    ).all()
    parcels: dict[int, list[Row[*tuple[Any, ...]]]] = {row.id: [] for row in rows}
    if parcels:
        mine = incident_parcel.c.incident_id.in_(parcels)
        found = tx.execute(select(incident_parcel).where(mine).order_by(incident_parcel.c.waybill))
        for each in found:
            parcels[each.incident_id].append(each)
    return [_incident(row, parcels[row.id]) for row in rows]


def _incident(row: Row[*tuple[Any, ...]], parcels: list[Row[*tuple[Any, ...]]]) -> Incident:
    suspicion = Suspicion(
        kind=Kind(row.kind),
        subject=row.subject,
        waybills=tuple(each.waybill for each in parcels),
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
    )
    unseen = tuple(each.waybill for each in parcels if each.seen_at is None)
    state, opened_at = State(row.state), row.opened_at
    look = msgspec.convert(row.look, SecondLook | None)
    return Incident(row.id, suspicion, state, opened_at, row.changed_at, unseen, look)
