"""Tables and SQL of what scans tell of parcels, bags and pallets; no rule is decided here.

``unit_trace`` keeps every sign, small; ``unit_state`` is its fold. A late sign reads the traces
again, all others go on from the state.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    bindparam,
    func,
    or_,
    select,
    text,
)

from hub.db.among import among
from hub.db.asked import Asked
from hub.db.bulk import Bulk
from hub.db.schema import UtcDateTime, metadata
from hub.parcels.rules.traces import (
    PUT_STEPS,
    UNIT_STEPS,
    ParcelState,
    Sighting,
    Standing,
    Stay,
    Trace,
)
from wire.names import Step

TRACES_READ_MAX = 2_000
"""A unit's newest signs that are folded again when a late one comes."""
CONTENTS_READ_MAX = 5_000
"""Units in one container."""

unit_trace = Table(
    "unit_trace",
    metadata,
    Column("unit", String(72), primary_key=True),
    Column("spool", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("site", String(32), nullable=False),
    Column("edge", String(32), nullable=False),
    Column("step", String(16)),
    Column("container", String(48)),
    Column("queued", Boolean, nullable=False),
    Column("is_scan", Boolean, nullable=False),
    Index(
        "ix_unit_trace_container_at",
        "container",
        "at",
        sqlite_where=text("container IS NOT NULL"),
        postgresql_where=text("container IS NOT NULL"),
    ),
    # One B-tree in the order in which traces are read again, instead of two.
    sqlite_with_rowid=False,
)
_WAITING = "state IN ('in_store', 'out_for_delivery')"
"""Few of all units: those in store, and those with their deliverer."""
unit_state = Table(
    "unit_state",
    metadata,
    Column("unit", String(72), primary_key=True),
    Column("first_site", String(32), nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_site", String(32), nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("scans", Integer, nullable=False),
    Column("step", String(16)),
    Column("state", String(16), nullable=False),
    Column("is_return", Boolean, nullable=False),
    # The open stay: what the unit is directly in now.
    Column("container", String(48)),
    Column("stay_site", String(32)),
    Column("stay_since", UtcDateTime),
    Index(
        "ix_unit_state_container",
        "container",
        sqlite_where=text("container IS NOT NULL"),
        postgresql_where=text("container IS NOT NULL"),
    ),
    Index(
        "ix_unit_state_waiting",
        "last_site",
        "last_at",
        sqlite_where=text(_WAITING),
        postgresql_where=text(_WAITING),
    ),
)

# Built once: these run for each batch, and building costs as much as running.
_STATES = Asked(select(unit_state).where(among(unit_state.c.unit, "units")))
_TRACES = Asked(
    select(unit_trace)
    .where(unit_trace.c.unit == bindparam("which"))
    .order_by(unit_trace.c.at.desc(), unit_trace.c.spool, unit_trace.c.seq.desc())
    .limit(TRACES_READ_MAX)
)
_TRACES_AMONG = Asked(select(unit_trace).where(among(unit_trace.c.unit, "units")))
_ABOUT = (bindparam("since", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime()))
_PUT = (
    select(
        unit_trace.c.container,
        unit_trace.c.unit,
        unit_trace.c.site,
        func.min(unit_trace.c.at).label("put_at"),
    )
    .where(
        among(unit_trace.c.container, "containers"),
        unit_trace.c.at.between(*_ABOUT),
        among(unit_trace.c.step, "put_steps"),
    )
    .group_by(unit_trace.c.container, unit_trace.c.unit, unit_trace.c.site)
    .order_by(unit_trace.c.unit)
    .limit(CONTENTS_READ_MAX)
)


def _and_seen(put: Select[Any]) -> Asked:
    """Each unit's signs are read once, however often it was put in."""
    was, seen = put.subquery("put"), unit_trace.alias("seen")
    seen_at = select(func.min(seen.c.at)).where(
        seen.c.unit == was.c.unit,
        seen.c.at > was.c.put_at,
        seen.c.site != was.c.site,
        # A bag's label at other steps moves nothing of what is in it.
        or_(seen.c.unit.not_like("%:%"), among(seen.c.step, "unit_steps")),
    )
    query = select(was.c.container, was.c.unit, was.c.put_at)
    return Asked(query.add_columns(seen_at.scalar_subquery().label("seen_at")))


_PUT_ANYWHERE = _and_seen(_PUT)
_PUT_AT_SITE = _and_seen(_PUT.where(unit_trace.c.site == bindparam("site")))
_ADD_TRACES = Bulk(tuple(unit_trace.c))
_PUT_STATES = Bulk(tuple(unit_state.c), key=(unit_state.c.unit,))
_STEPS = {step.value: step for step in Step}
_STATE_NAMES = {state.value: state for state in ParcelState}


def states_of(tx: Connection, units: Iterable[str]) -> dict[str, Standing]:
    """What is folded of those units that were ever recorded."""
    return {row.unit: _standing(row) for row in _STATES.rows(tx, units=units)}


def state_of(tx: Connection, unit: str) -> Standing | None:
    """What is folded of one unit."""
    return states_of(tx, [unit]).get(unit)


def waiting(
    tx: Connection, state: ParcelState, sites: frozenset[str] | None, limit: int
) -> dict[str, Sighting]:
    """Parcels in store or out for delivery, the longest first, with where they were seen last."""
    state_ = unit_state.c
    # The literal texts let the planner see that the small index answers.
    mine = (text(_WAITING), state_.state == state, state_.unit.not_like("%:%"))
    query = select(state_.unit, state_.last_site, state_.last_at).where(*mine)
    if sites is not None:
        query = query.where(state_.last_site.in_(sorted(sites)))
    rows = tx.execute(query.order_by(state_.last_at).limit(limit))
    return {row.unit: Sighting(row.last_site, row.last_at) for row in rows}


def traces_of(tx: Connection, unit: str) -> list[Trace]:
    """A unit's newest traces, at most ``TRACES_READ_MAX``, in no order that counts."""
    return [_trace(row) for row in _TRACES.rows(tx, which=unit)]


def traces_among(tx: Connection, units: Iterable[str]) -> dict[str, list[Trace]]:
    """The traces of several units, each one's in no order that counts."""
    found: dict[str, list[Trace]] = {}
    for row in _TRACES_AMONG.rows(tx, units=units):
        found.setdefault(row.unit, []).append(_trace(row))
    return found


def count_seen_since(tx: Connection, since: datetime) -> int:
    """How many parcels were recorded since a moment, event time."""
    state_ = unit_state.c
    query = select(func.count()).where(state_.last_at >= since, state_.unit.not_like("%:%"))
    return tx.execute(query).scalar_one()


def seen_since(tx: Connection, since: datetime, after: str, limit: int) -> list[str]:
    """The next waybills that were recorded since a moment, event time."""
    state_ = unit_state.c
    mine = (state_.unit > after, state_.last_at >= since, state_.unit.not_like("%:%"))
    query = select(state_.unit).where(*mine).order_by(state_.unit).limit(limit)
    return list(tx.execute(query).scalars())


def units_in(tx: Connection, container: str) -> list[str]:
    """What lies directly in a container now, at most ``CONTENTS_READ_MAX``."""
    query = select(unit_state.c.unit).where(unit_state.c.container == container)
    return list(tx.execute(query.order_by(unit_state.c.unit).limit(CONTENTS_READ_MAX)).scalars())


def put_in(
    tx: Connection,
    container: str,
    site: str | None,
    since: datetime,
    until: datetime | None = None,
) -> list[str]:
    """The units that were put into a container since a time; at one site, or anywhere."""
    mine = (unit_trace.c.container == container) & (unit_trace.c.at >= since)
    if until is not None:
        mine &= unit_trace.c.at <= until
    mine &= unit_trace.c.step.in_(PUT_STEPS)
    if site is not None:
        mine &= unit_trace.c.site == site
    query = select(unit_trace.c.unit).distinct().where(mine).order_by(unit_trace.c.unit)
    return list(tx.execute(query.limit(CONTENTS_READ_MAX)).scalars())


def put_and_seen(
    tx: Connection,
    containers: Iterable[str],
    since: datetime,
    until: datetime,
    site: str | None = None,
) -> Sequence[Any]:
    """The units that were put into containers between two times; at one site, or anywhere.

    Returns:
        Rows of ``container``, ``unit``, ``put_at``, and ``seen_at``, when it was seen at another
        site first after that, ``None``: not yet; at most ``CONTENTS_READ_MAX``.
    """
    asked = _PUT_ANYWHERE if site is None else _PUT_AT_SITE
    return asked.rows(
        tx,
        containers=containers,
        since=since,
        until=until,
        site=site,
        put_steps=PUT_STEPS,
        unit_steps=UNIT_STEPS,
    )


def recorded_at(
    tx: Connection, units: Iterable[str], site: str, since: datetime, step: Step | None = None
) -> frozenset[str]:
    """Those units that were recorded at a site since a time, at a step or at any."""
    mine = unit_trace.c.unit.in_(list(units)) & (unit_trace.c.site == site)
    mine &= unit_trace.c.at >= since
    if step is not None:
        mine &= unit_trace.c.step == step
    return frozenset(tx.execute(select(unit_trace.c.unit).where(mine).distinct()).scalars())


def newest_at(tx: Connection, unit: str, site: str) -> datetime | None:
    """When a unit was recorded at a site last; null: never."""
    mine = (unit_trace.c.unit == unit) & (unit_trace.c.site == site)
    query = select(unit_trace.c.at).where(mine).order_by(unit_trace.c.at.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def add_traces(tx: Connection, traces: Iterable[Trace]) -> None:
    """Keep traces that are not kept yet."""
    _ADD_TRACES.write(
        tx,
        [
            (
                each.unit,
                each.spool,
                each.seq,
                each.at,
                each.received_at,
                each.site,
                each.edge,
                None if each.step is None else each.step.value,
                each.container,
                each.queued,
                each.is_scan,
            )
            for each in traces
        ],
    )


def put_states(tx: Connection, states: Mapping[str, Standing]) -> None:
    """Write what is folded of units, of new ones and of known ones."""
    _PUT_STATES.write(tx, [_row(unit, each) for unit, each in states.items()])


def _row(unit: str, standing: Standing) -> tuple[object, ...]:
    stay = standing.stay
    return (
        unit,
        standing.first.site,
        standing.first.at,
        standing.last.site,
        standing.last.at,
        standing.scans,
        None if standing.step is None else standing.step.value,
        standing.state.value,
        standing.returning,
        None if stay is None else stay.container,
        None if stay is None else stay.site,
        None if stay is None else stay.since,
    )


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    stay = None
    if row.container is not None:
        stay = Stay(row.container, row.stay_site, row.stay_since)
    return Standing(
        first=Sighting(row.first_site, row.first_at),
        last=Sighting(row.last_site, row.last_at),
        scans=row.scans,
        step=None if row.step is None else _STEPS[row.step],
        state=_STATE_NAMES[row.state],
        returning=row.is_return,
        stay=stay,
    )


def _trace(row: Row[*tuple[Any, ...]]) -> Trace:
    return Trace(
        unit=row.unit,
        at=row.at,
        received_at=row.received_at,
        site=row.site,
        edge=row.edge,
        spool=row.spool,
        seq=row.seq,
        step=None if row.step is None else _STEPS[row.step],
        container=row.container,
        queued=row.queued,
        is_scan=row.is_scan,
    )
