"""Tables and SQL of what custody found: watched parcels, breaches, gaps. Decides no rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from hub.custody.rules.chain import Breach, BreachKind, Exit, Gap, GapKind
from hub.db.among import among
from hub.db.asked import Asked
from hub.db.schema import RowId, UtcDateTime, metadata

custody_watch = Table(
    "custody_watch",
    metadata,
    Column("waybill", String(64), primary_key=True),
    # When the chain changes next although nothing is recorded.
    Column("due_at", UtcDateTime, index=True),
)
custody_breach = Table(
    "custody_breach",
    metadata,
    Column("id", RowId, primary_key=True),
    # The waybill, container, flight's departures or site whose records are judged together.
    Column("scope", String(100), nullable=False),
    # Of a container's breach: when its lot began.
    Column("lot_at", UtcDateTime),
    Column("kind", String(32), nullable=False),
    Column("waybill", String(64), index=True),
    Column("site", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("breach", LargeBinary, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    # When people are told; null: they have been, or need not be.
    Column("tell_at", UtcDateTime, index=True),
    Index(None, "scope", "withdrawn_at"),
    Index(None, "site", "id"),
)
custody_gap = Table(
    "custody_gap",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("waybill", String(64), nullable=False, index=True),
    Column("site", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_at", UtcDateTime, index=True),
)
custody_exit = Table(
    "custody_exit",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("waybill", String(64), nullable=False, index=True),
    Column("container", String(100), nullable=False, index=True),
    Column("found", LargeBinary, nullable=False),
)

# Built once: these run for each batch, and building costs as much as running.
_WATCHED = Asked(select(custody_watch).where(among(custody_watch.c.waybill, "waybills")))
_MOVE_DUE = update(custody_watch).where(custody_watch.c.waybill == bindparam("which"))
_STANDING = Asked(
    select(custody_breach)
    .where(among(custody_breach.c.scope, "scopes"), custody_breach.c.withdrawn_at.is_(None))
    .order_by(custody_breach.c.id)
)
_GAPS = Asked(select(custody_gap).where(among(custody_gap.c.waybill, "waybills")))
_DROP_GAPS = delete(custody_gap).where(among(custody_gap.c.waybill, "waybills"))
_EXITS = Asked(
    select(custody_exit)
    .where(among(custody_exit.c.waybill, "waybills"))
    .order_by(custody_exit.c.id)
)

_GapRow = tuple[str, str, datetime, datetime | None]

_encode = msgspec.json.Encoder().encode
_breach_of = msgspec.json.Decoder(Breach).decode
_exit_of = msgspec.json.Decoder(Exit).decode


@dataclass(frozen=True, slots=True)
class FoundBreach:
    """A breach as it is kept; ``withdrawn_at``: later records showed that it was none.

    ``lot_at`` belongs to those of containers: when the lot began.
    """

    id: int
    breach: Breach
    lot_at: datetime | None
    found_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class NobodyGap:
    """A stretch of nobody's time of one parcel."""

    waybill: str
    site: str
    kind: GapKind
    from_at: datetime
    to_at: datetime | None


# ---------------------------------------------------------------- watched parcels


def watched(tx: Connection, waybills: Iterable[str]) -> dict[str, datetime | None]:
    """Those that are watched, with when they are due."""
    rows = _WATCHED.rows(tx, waybills=waybills)
    return {row.waybill: row.due_at for row in rows}


def watch(tx: Connection, due: Mapping[str, datetime | None], known: Iterable[str]) -> None:
    """Watch parcels from now on, or move when they are due."""
    old = set(known)
    new_rows = [{"waybill": waybill, "due_at": due[waybill]} for waybill in due.keys() - old]
    if new_rows:
        tx.execute(insert(custody_watch), new_rows)
    moved = [{"which": waybill, "due_at": due[waybill]} for waybill in due.keys() & old]
    if moved:
        tx.execute(_MOVE_DUE, moved)


def due(tx: Connection, now: datetime, limit: int) -> list[str]:
    """Parcels whose chain changes by now."""
    query = select(custody_watch.c.waybill).where(custody_watch.c.due_at <= now)
    return list(tx.execute(query.order_by(custody_watch.c.due_at).limit(limit)).scalars())


# ---------------------------------------------------------------- breaches


def standing(tx: Connection, scopes: Sequence[str]) -> dict[str, list[FoundBreach]]:
    """The breaches of scopes that were not withdrawn."""
    found: dict[str, list[FoundBreach]] = {}
    for row in _STANDING.rows(tx, scopes=scopes):
        found.setdefault(row.scope, []).append(_found(row))
    return found


def add_breach(
    tx: Connection,
    scope: str,
    breach: Breach,
    now: datetime,
    tell_at: datetime | None,
    lot_at: datetime | None = None,
) -> None:
    """Keep a breach; ``tell_at`` null: people have been told."""
    row = {
        "scope": scope,
        "lot_at": lot_at,
        "kind": breach.kind,
        "waybill": breach.waybill,
        "site": breach.site,
        "at": breach.at,
        "breach": _encode(breach),
        "found_at": now,
        "tell_at": tell_at,
    }
    tx.execute(insert(custody_breach).values(row))


def withdraw(tx: Connection, found: FoundBreach, now: datetime) -> None:
    """It was none after all; what was believed stays in the table."""
    mine = custody_breach.c.id == found.id
    tx.execute(update(custody_breach).where(mine).values(withdrawn_at=now, tell_at=None))


def told_span(
    tx: Connection, kind: BreachKind, waybill: str | None, site: str
) -> tuple[Breach, Breach] | None:
    """The earliest and the latest breach of a kind that stand and that people were told of.

    Those of a parcel, or without one of a site. None: there is none.
    """
    breach = custody_breach.c
    same = (
        breach.waybill == waybill if waybill else breach.waybill.is_(None) & (breach.site == site)
    )
    stands = breach.withdrawn_at.is_(None) & breach.tell_at.is_(None)
    query = select(breach.breach).where(breach.kind == kind, same, stands).limit(1)
    first = tx.execute(query.order_by(breach.at, breach.id)).scalar_one_or_none()
    if first is None:
        return None
    last = tx.execute(query.order_by(breach.at.desc(), breach.id.desc())).scalar_one()
    return _breach_of(first), _breach_of(last)


def untold(tx: Connection, now: datetime, limit: int) -> list[FoundBreach]:
    """Breaches of which people must be told by now."""
    query = select(custody_breach).where(custody_breach.c.tell_at <= now)
    return [
        _found(row) for row in tx.execute(query.order_by(custody_breach.c.tell_at).limit(limit))
    ]


def set_told(tx: Connection, ids: Sequence[int]) -> None:
    """People have been told."""
    tx.execute(update(custody_breach).where(custody_breach.c.id.in_(ids)).values(tell_at=None))


def page_of_breaches(
    tx: Connection,
    sites: frozenset[str] | None,
    since: datetime | None,
    before_id: int | None,
    limit: int,
) -> list[FoundBreach]:
    """Breaches that stand, the newest found first; ``since`` is event time."""
    breach = custody_breach.c
    query = select(custody_breach).where(breach.withdrawn_at.is_(None))
    if sites is not None:
        query = query.where(breach.site.in_(sorted(sites)))
    if since is not None:
        query = query.where(breach.at >= since)
    if before_id is not None:
        query = query.where(breach.id < before_id)
    return [_found(row) for row in tx.execute(query.order_by(breach.id.desc()).limit(limit))]


def breaches_of(tx: Connection, waybill: str, as_of: datetime) -> list[FoundBreach]:
    """A parcel's breaches as they stood then."""
    breach = custody_breach.c
    stood = or_(breach.withdrawn_at.is_(None), breach.withdrawn_at > as_of)
    query = select(custody_breach).where(breach.waybill == waybill, breach.found_at <= as_of, stood)
    return [_found(row) for row in tx.execute(query.order_by(breach.at, breach.id))]


# ---------------------------------------------------------------- gaps and exits


def replace_gaps(tx: Connection, gaps: Mapping[str, Iterable[Gap]]) -> None:
    """Keep nobody's stretches of parcels as they are known now; written only where they differ."""
    known: dict[str, set[_GapRow]] = {}
    for row in _GAPS.rows(tx, waybills=gaps):
        known.setdefault(row.waybill, set()).add((row.site, row.kind, row.from_at, row.to_at))
    changed: list[str] = []
    rows: list[dict[str, object]] = []
    for waybill, found in gaps.items():
        wanted: set[_GapRow] = {
            (gap.site, gap.kind, gap.from_at, gap.to_at) for gap in found if gap.is_nobodys
        }
        if wanted == known.get(waybill, set()):
            continue
        changed.append(waybill)
        names = ("site", "kind", "from_at", "to_at")
        rows += [{"waybill": waybill, **dict(zip(names, each, strict=True))} for each in wanted]
    if changed:
        tx.execute(_DROP_GAPS, {"waybills": changed})
    if rows:
        tx.execute(insert(custody_gap), rows)


def gaps_since(
    tx: Connection, sites: frozenset[str] | None, since: datetime
) -> Iterable[NobodyGap]:
    """Nobody's stretches that last, or ended after a moment."""
    gap = custody_gap.c
    query = select(custody_gap).where(or_(gap.to_at.is_(None), gap.to_at > since))
    if sites is not None:
        query = query.where(gap.site.in_(sorted(sites)))
    for row in tx.execute(query):
        yield NobodyGap(row.waybill, row.site, GapKind(row.kind), row.from_at, row.to_at)


def replace_exits(tx: Connection, exits: Mapping[str, Sequence[Exit]]) -> set[str]:
    """Keep where parcels were seen although they had been put into something.

    Returns:
        The parcels of which something new is known.
    """
    known: dict[str, list[bytes]] = {}
    for row in _EXITS.rows(tx, waybills=exits):
        known.setdefault(row.waybill, []).append(row.found)
    changed = set()
    for waybill, found in exits.items():
        lines = [_encode(each) for each in found]
        if lines == known.get(waybill, []):
            continue
        changed.add(waybill)
        tx.execute(delete(custody_exit).where(custody_exit.c.waybill == waybill))
        rows = [
            {"waybill": waybill, "container": f"{e.container.kind}:{e.container.id}", "found": line}
            for e, line in zip(found, lines, strict=True)
        ]
        if rows:
            tx.execute(insert(custody_exit), rows)
    return changed


def exits_from(tx: Connection, containers: Sequence[str]) -> dict[str, dict[str, list[Exit]]]:
    """The exits from containers, by container and waybill."""
    query = select(custody_exit).where(custody_exit.c.container.in_(containers))
    found: dict[str, dict[str, list[Exit]]] = {}
    for row in tx.execute(query.order_by(custody_exit.c.id)):
        of_container = found.setdefault(row.container, {})
        of_container.setdefault(row.waybill, []).append(_exit_of(row.found))
    return found


def _found(row: Row[*tuple[Any, ...]]) -> FoundBreach:
    return FoundBreach(row.id, _breach_of(row.breach), row.lot_at, row.found_at, row.withdrawn_at)
