"""The recorded ways of parcels, some at a time: what a model of missing parcels is taught with.

The caller owns the transaction; pages are small, so that nobody waits for a long read.
Source: design section 7.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.network import Network
from hub.parcels import store, trace_store
from hub.parcels.rules.traces import UNIT_STEPS, Stay, Trace, in_fold_order, stays_of
from hub.parcels.rules.track import planned_route
from wire.names import Step

WAYS_PAGE_MAX = 500
"""Parcels of one page."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A scan of a parcel, or of the closed bag or pallet that it lay in (``is_own`` false)."""

    site: str
    step: Step | None
    at: datetime
    container: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class RecordedWay:
    """One parcel: its signs, its route as declared, and whether it counts as lost."""

    waybill: str
    signs: Sequence[Sign]
    route: tuple[str, ...] | None
    is_lost: bool


def count_seen_since(tx: Connection, since: datetime) -> int:
    """How many parcels were recorded since a moment, event time."""
    return trace_store.count_seen_since(tx, since)


def recorded_ways(
    tx: Connection, network: Network, since: datetime, after: str
) -> list[RecordedWay]:
    """The next parcels by waybill that were recorded since then, at most ``WAYS_PAGE_MAX``."""
    waybills = trace_store.seen_since(tx, since, after, WAYS_PAGE_MAX)
    declared = {each.waybill: each for each in store.find_declared(tx, waybills)}
    traces = trace_store.traces_among(tx, waybills)
    stays = {waybill: stays_of(in_fold_order(traces.get(waybill, ()))) for waybill in waybills}
    units = {stay.container for some in stays.values() for stay in some}
    closed = trace_store.traces_among(tx, units)
    found = []
    for waybill in waybills:
        parcel = declared.get(waybill)
        route = None if parcel is None else planned_route(parcel, network)
        signs = [_sign(trace, is_own=True) for trace in traces.get(waybill, ())]
        signs += _with_its_bag(stays[waybill], closed)
        is_lost = parcel is not None and parcel.lost_at is not None
        found.append(RecordedWay(waybill, sorted(signs, key=lambda s: s.at), route, is_lost))
    return found


def _with_its_bag(stays: Iterable[Stay], closed: Mapping[str, Sequence[Trace]]) -> list[Sign]:
    """The scans of a bag's own label while a parcel lay in it."""
    return [
        _sign(trace, is_own=False)
        for stay in stays
        for trace in closed.get(stay.container, ())
        if trace.step in UNIT_STEPS
        and stay.since <= trace.at
        and (stay.until is None or trace.at < stay.until)
    ]


def _sign(trace: Trace, *, is_own: bool) -> Sign:
    return Sign(trace.site, trace.step, trace.at, trace.container, is_own)
