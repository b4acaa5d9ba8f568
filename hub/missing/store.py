"""Tables and SQL of watched parcels, sites and what is learned; no rule is decided here.

A watched parcel is one row: its fold as MessagePack, and beside it the few columns that are asked
for. As JSON with names a million of them took 1.2 GB.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)

from hub.db.among import among
from hub.db.asked import Asked
from hub.db.bulk import Bulk
from hub.db.schema import UtcDateTime, metadata
from hub.missing.rules.learned import NOTHING, Counts
from hub.missing.rules.plan import Stop
from hub.missing.rules.suspicion import TOGETHER, Outage
from hub.missing.rules.watch import Ride, Watch

SIBLINGS_MAX = 2_000
"""Parcels of one ride that are looked at."""
OVERDUE_MAX = 2_000
"""Parcels that silent sites are judged by at a time."""

watch = Table(
    "missing_watch",
    metadata,
    Column("waybill", String(64), primary_key=True),
    Column("fold", LargeBinary, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("expected_site", String(32)),
    Column("expected_by", UtcDateTime),
    # When it is judged next; null: nothing is expected, or it is suspect already.
    Column("due_at", UtcDateTime, index=True),
    Column("ride", String(120)),
    Column("ride_at", UtcDateTime),
    Column("bag", String(120)),
    Column("bag_at", UtcDateTime),
    Column("suspect_id", BigInteger),
    # One for three: each is renewed at each scan. Who asks by ``due_at`` reads a site's entries.
    Index(None, "expected_site", "expected_by", "due_at"),
    Index(
        None,
        "ride",
        "ride_at",
        sqlite_where=text("ride IS NOT NULL"),
        postgresql_where=text("ride IS NOT NULL"),
    ),
    Index(
        None,
        "bag",
        "bag_at",
        sqlite_where=text("bag IS NOT NULL"),
        postgresql_where=text("bag IS NOT NULL"),
    ),
)
learned = Table(
    "missing_learned",
    metadata,
    Column("key", String(80), primary_key=True),
    Column("counts", LargeBinary, nullable=False),
)
site_heard = Table(
    "missing_site",
    metadata,
    Column("site", String(32), primary_key=True),
    # Event time of its newest scan; what was due later and is not here makes a site silent.
    Column("last_at", UtcDateTime, nullable=False, index=True),
)
outage = Table(
    "missing_outage",
    metadata,
    Column("site", String(32), primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("until", UtcDateTime, index=True),
)

_encoder = msgspec.json.Encoder()
_watch_encoder = msgspec.msgpack.Encoder()
_watch_decoder = msgspec.msgpack.Decoder(Watch)
_counts_decoder = msgspec.json.Decoder(Counts)

# Built once: these run for each batch, and building costs as much as running.
_WATCHED = select(watch.c.waybill, watch.c.fold, watch.c.suspect_id, watch.c.due_at)
_KNOWN = Asked(_WATCHED.where(among(watch.c.waybill, "waybills")))
_TOGETHER = ("ride", "ride_at", "bag", "bag_at")
_ITS_OWN = tuple(column for column in watch.c if column.name not in _TOGETHER)
_PUT = Bulk((*_ITS_OWN, *(watch.c[name] for name in _TOGETHER)), key=(watch.c.waybill,))
# Who writes a column writes its indexes, though the value be the same.
_PUT_OWN = Bulk(_ITS_OWN, key=(watch.c.waybill,))
_COUNTS = Asked(select(learned).where(among(learned.c.key, "keys")))
_PUT_COUNTS = Bulk(tuple(learned.c), key=(learned.c.key,))
_HEARD = Asked(select(site_heard).where(among(site_heard.c.site, "sites")))
_HEAR = Bulk(tuple(site_heard.c), key=(site_heard.c.site,))
_IS_OUT = select(outage.c.site).where(outage.c.until.is_(None))
_OVERDUE = (
    _WATCHED.add_columns(watch.c.expected_site)
    .join(site_heard, site_heard.c.site == watch.c.expected_site)
    .where(
        site_heard.c.last_at <= bindparam("before"),
        site_heard.c.site.not_in(_IS_OUT),
        watch.c.expected_by > site_heard.c.last_at,
        watch.c.expected_by <= bindparam("now"),
        watch.c.suspect_id.is_(None),
    )
    .order_by(watch.c.expected_site, watch.c.expected_by)
    .limit(bindparam("limit"))
)
_DUE = (
    _WATCHED.where(watch.c.due_at <= bindparam("now"))
    .order_by(watch.c.due_at)
    .limit(bindparam("limit"))
)
_ABOUT = (bindparam("since", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime()))
_RIDERS, _BAGGED = (
    Asked(
        _WATCHED.where(name == bindparam("name"), at.between(*_ABOUT))
        .order_by(watch.c.waybill)
        .limit(SIBLINGS_MAX)
    )
    for name, at in ((watch.c.ride, watch.c.ride_at), (watch.c.bag, watch.c.bag_at))
)
_LOOK_AT = update(watch).where(watch.c.waybill == bindparam("which")).values(due_at=bindparam("at"))
_OUTAGES = Asked(
    select(outage).where(or_(outage.c.until.is_(None), outage.c.until > bindparam("since")))
)


class Watched(msgspec.Struct, frozen=True):
    """A watched parcel as stored; ``suspect_id`` names the suspicion that is open about it."""

    waybill: str
    fold: Watch
    suspect_id: int | None = None
    due_at: datetime | None = None


# ---------------------------------------------------------------- parcels


def known(tx: Connection, waybills: Iterable[str]) -> dict[str, Watched]:
    """Those parcels that are watched already."""
    rows = _KNOWN.rows(tx, waybills=waybills)
    return {row.waybill: _watched(row) for row in rows}


def put(
    tx: Connection, watched: Iterable[Watched], known: Mapping[str, Watched] | None = None
) -> None:
    """Write what is known now of parcels, of new ones and of known ones.

    ``known``: as they are stored; whoever gives it spares the database what did not change.
    """
    whole, own = [], []
    for each in watched:
        before = None if known is None else known.get(each.waybill)
        if before is not None and _travels_alike(before.fold, each.fold):
            own.append(_own(each))
        else:
            whole.append((*_own(each), *_company(each.fold)))
    _PUT.write(tx, whole)
    _PUT_OWN.write(tx, own)


def due(tx: Connection, now: datetime, limit: int) -> list[Watched]:
    """Parcels that are to be judged now, the longest waiting first."""
    return [_watched(row) for row in tx.execute(_DUE, {"now": now, "limit": limit})]


def upcoming(tx: Connection, sites: frozenset[str] | None, limit: int) -> list[Watched]:
    """Parcels that will be judged, the next first; ``sites``: those that are expected there."""
    query = _WATCHED.where(watch.c.due_at.is_not(None))
    if sites is not None:
        query = query.where(watch.c.expected_site.in_(sorted(sites)))
    return [_watched(row) for row in tx.execute(query.order_by(watch.c.due_at).limit(limit))]


def riders(tx: Connection, ride: Ride) -> list[Watched]:
    """What left in the same vehicle at about the same time, at most ``SIBLINGS_MAX``."""
    return _together(tx, _RIDERS, ride)


def bagged(tx: Connection, bag: Ride) -> list[Watched]:
    """What was packed into the same bag at about the same time, at most ``SIBLINGS_MAX``."""
    return _together(tx, _BAGGED, bag)


def waiting(tx: Connection, stop: Stop) -> int:
    """How many that are no suspects wait for this departure, at most ``SIBLINGS_MAX``."""
    mine = and_(watch.c.expected_site == stop.site, watch.c.expected_by == stop.by)
    query = select(watch.c.fold).where(mine, watch.c.suspect_id.is_(None)).limit(SIBLINGS_MAX)
    # What is expected here by then may be on its way here, too.
    folds = [_watch_decoder.decode(row.fold) for row in tx.execute(query)]
    return sum(fold.stops[0].phase is stop.phase for fold in folds)


def _together(tx: Connection, asked: Asked, ride: Ride) -> list[Watched]:
    since, until = ride.at - TOGETHER, ride.at + TOGETHER
    return [_watched(row) for row in asked.rows(tx, name=ride.name, since=since, until=until)]


def overdue_at_quiet_sites(
    tx: Connection, before: datetime, now: datetime
) -> dict[str, list[Watched]]:
    """By site: what should have been scanned where nothing was since ``before``, as yet no outage.

    Only what was due since the site's newest scan, at most ``OVERDUE_MAX`` in all.
    """
    found: dict[str, list[Watched]] = {}
    for row in tx.execute(_OVERDUE, {"before": before, "now": now, "limit": OVERDUE_MAX}):
        found.setdefault(row.expected_site, []).append(_watched(row))
    return found


def heard_at(tx: Connection, site: str) -> datetime:
    """Event time of a site's newest scan.

    Raises:
        ValueError: it was never heard of.
    """
    (row,) = _HEARD.rows(tx, sites=[site])
    found: datetime = row.last_at
    return found


def put_off(tx: Connection, site: str, until: datetime) -> None:
    """Judge nothing that a site should scan before ``until``."""
    mine = and_(watch.c.expected_site == site, watch.c.due_at < until)
    tx.execute(update(watch).where(mine).values(due_at=until))


def rejudge(tx: Connection, site: str, now: datetime) -> None:
    """Look again at every parcel that a site should scan, now that more is known of the site."""
    mine = and_(watch.c.expected_site == site, watch.c.due_at > now)
    tx.execute(update(watch).where(mine).values(due_at=now))


def judge_again(tx: Connection, waybill: str, now: datetime) -> None:
    """Look again at one parcel, if it is watched and not suspect already."""
    mine = and_(watch.c.waybill == waybill, watch.c.suspect_id.is_(None))
    tx.execute(update(watch).where(mine).values(due_at=now))


def look_soon(tx: Connection, bag: Ride, at: datetime) -> None:
    """Look at what lies in a bag at ``at``, if not before, and if it is no suspect already."""
    mine = and_(watch.c.bag == bag.name, watch.c.due_at > at, watch.c.suspect_id.is_(None))
    about = watch.c.bag_at.between(bag.at - TOGETHER, bag.at + TOGETHER)
    query = select(watch.c.waybill, watch.c.fold).where(mine, about).limit(SIBLINGS_MAX)
    # Of those that came out of it, too, it was the last bag.
    inside = [r.waybill for r in tx.execute(query) if _watch_decoder.decode(r.fold).is_in_bag]
    if inside:
        tx.execute(_LOOK_AT, [{"which": waybill, "at": at} for waybill in inside])


def _own(each: Watched) -> tuple[object, ...]:
    fold = each.fold
    stop = fold.stops[0] if fold.stops else None
    return (
        each.waybill,
        _watch_encoder.encode(fold),
        fold.last.at,
        None if stop is None else stop.site,
        None if stop is None else stop.by,
        each.due_at,
        each.suspect_id,
    )


def _travels_alike(before: Watch, after: Watch) -> bool:
    return before.ride == after.ride and before.bag == after.bag


def _company(fold: Watch) -> tuple[object, ...]:
    ride, bag = fold.ride, fold.bag
    return (
        None if ride is None else ride.name,
        None if ride is None else ride.at,
        None if bag is None else bag.name,
        None if bag is None else bag.at,
    )


def _watched(row: Row[*tuple[Any, ...]]) -> Watched:
    return Watched(row.waybill, _watch_decoder.decode(row.fold), row.suspect_id, row.due_at)


# ---------------------------------------------------------------- what is learned


def counts_of(tx: Connection, keys: Iterable[str]) -> dict[str, Counts]:
    """What is learned under these keys; those without a past are left out."""
    rows = _COUNTS.rows(tx, keys=keys)
    # A release with other edges begins anew rather than misread what an older one counted.
    found = {row.key: _counts_decoder.decode(row.counts) for row in rows}
    return {key: counts for key, counts in found.items() if len(counts) == len(NOTHING)}


def put_counts(tx: Connection, counts: Mapping[str, Counts]) -> None:
    """Write what is learned."""
    _PUT_COUNTS.write(tx, [(key, _encoder.encode(each)) for key, each in counts.items()])


# ---------------------------------------------------------------- sites


def hear_sites(tx: Connection, newest: Mapping[str, datetime]) -> None:
    """Sites were heard of: keep each one's newest scan, event time."""
    stored = {row.site: row.last_at for row in _HEARD.rows(tx, sites=newest)}
    later = [(s, at) for s, at in newest.items() if s not in stored or at > stored[s]]
    _HEAR.write(tx, later)


def begin_outage(tx: Connection, site: str, since: datetime) -> None:
    """A site is silent."""
    tx.execute(insert(outage).values(site=site, since=since, until=None))


def end_outage(tx: Connection, site: str, until: datetime) -> None:
    """A silent site was heard of again."""
    open_ = and_(outage.c.site == site, outage.c.until.is_(None))
    tx.execute(update(outage).where(open_).values(until=until))


def outages(tx: Connection, since: datetime) -> list[Outage]:
    """Open outages, and those that ended after ``since``."""
    rows = _OUTAGES.rows(tx, since=since)
    return [Outage(row.site, row.since, row.until) for row in rows]


def forget_outages(tx: Connection, before: datetime) -> None:
    """Delete outages that ended long ago."""
    tx.execute(delete(outage).where(outage.c.until < before))
