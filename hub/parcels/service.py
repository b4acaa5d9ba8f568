"""Tell what is known of parcels: declared, recorded, aboard of what.

The caller owns the transaction. Declaring is :mod:`hub.parcels.declaring`'s, because it also puts
wanted entries, and the wanted list asks here.

Source: HV-2.2.2.2, HV-2.4, design sections 5 to 7.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from hub.access.service import Caller
from hub.ingest.service import was_scanned_at
from hub.keys import BodyCipher
from hub.network import Network
from hub.parcels import (
    declaration_store,
    link_store,
    manifest_store,
    signed_return_store,
    store,
    trace_store,
)
from hub.parcels.rules.acceptance import (
    RULE_OF,
    Refusal,
    SaidOnce,
    is_high_value,
    is_in_series,
    is_series_misused,
)
from hub.parcels.rules.attempts import Attempt, Outcome, attempts_of
from hub.parcels.rules.containers import NESTING_MAX, Aboard, chain_of, is_closed
from hub.parcels.rules.manifests import Manifest, ManifestKind
from hub.parcels.rules.parcel import Declaration, Link, Parcel, ReplaceReason, Size
from hub.parcels.rules.traces import (
    ParcelState,
    Sighting,
    Standing,
    Stay,
    container_unit,
    in_fold_order,
    kind_and_id,
    labelled_unit,
    stays_of,
)
from hub.parcels.rules.track import Track, planned_route, route_between, track
from hub.parcels.signed_return_store import SignedCopy
from hub.parcels.ways import WAYS_PAGE_MAX, RecordedWay, Sign, count_seen_since, recorded_ways
from wire.events import ContainerKind, Scan
from wire.policy import GoodsClass, Policy

__all__ = [
    "RULE_OF",
    "WAYS_PAGE_MAX",
    "Aboard",
    "Attempt",
    "Declaration",
    "Link",
    "Manifest",
    "ManifestKind",
    "Outcome",
    "Parcel",
    "ParcelState",
    "RecordedWay",
    "Refusal",
    "ReplaceReason",
    "SaidOnce",
    "Sighting",
    "Sign",
    "SignedCopy",
    "Size",
    "Standing",
    "Track",
    "count_seen_since",
    "is_high_value",
    "planned_route",
    "recorded_ways",
]

DECLARATIONS_SHOWN_MAX = 50
"""A parcel's newest declarations."""
BAG_LIFE = timedelta(days=3)
"""A bag is packed and opened within this; its label may come again afterwards."""


class _People(msgspec.Struct, frozen=True):
    """The part of a declaration's people that other rooms ask for."""

    recipient: dict[str, str] | str | None = None


def find_parcel(tx: Connection, waybill: str) -> Parcel | None:
    """One parcel, if it was declared or ever recorded."""
    known = store.find(tx, waybill, trace_store.state_of(tx, waybill))
    if known is None:
        return None
    replaces = link_store.of_new(tx, [waybill]).get(waybill)
    replaced_by = link_store.of_old(tx, [waybill]).get(waybill)
    return replace(known, replaces=replaces, replaced_by=replaced_by)


def replaced_among(tx: Connection, waybills: Iterable[str]) -> dict[str, Link]:
    """Those that go on under a new waybill, which was recorded since (HV-2.9)."""
    found = link_store.of_old(tx, waybills)
    return {old: link for old, link in found.items() if link.first is not None}


def may_see(tx: Connection, caller: Caller, waybill: str) -> bool:
    """Say whether a parcel is a caller's business: bound for, or scanned at, one of their sites."""
    if caller.sites is None:
        return True
    parcel = find_parcel(tx, waybill)
    declared = None if parcel is None else parcel.declaration
    if declared is not None:
        named = {declared.origin, declared.destination, *(declared.route or ())}
        if caller.sees_any(named):
            return True
    return was_scanned_at(tx, waybill, caller.sites)


def recipient_in(parcel: Parcel, cipher: BodyCipher) -> dict[str, str] | str | None:
    """A parcel's declared recipient: personal data, see CS-P1."""
    stored = None if parcel.declaration is None else parcel.declaration.people
    plain = None if stored is None else cipher.decrypt(stored, f"people/{parcel.waybill}")
    return None if plain is None else msgspec.json.decode(plain, type=_People).recipient


def last_seen(tx: Connection, waybill: str) -> Sighting | None:
    """The newest sign of a parcel by event time."""
    seen = trace_store.state_of(tx, waybill)
    return None if seen is None else seen.last


def first_sites(tx: Connection, waybills: Iterable[str]) -> dict[str, str]:
    """Where those of these parcels that were ever recorded were recorded first."""
    found = trace_store.states_of(tx, waybills)
    return {waybill: each.first.site for waybill, each in found.items()}


def last_at(tx: Connection, waybill: str, site: str) -> datetime | None:
    """When a parcel was recorded at a site last; null: never."""
    return trace_store.newest_at(tx, waybill, site)


def in_store(tx: Connection, sites: frozenset[str] | None, limit: int) -> dict[str, Sighting]:
    """Parcels that rest in a store, the longest first; ``sites`` null: of all (HV-2.8)."""
    return _waiting(tx, ParcelState.IN_STORE, sites, limit)


def out_for_delivery(
    tx: Connection, sites: frozenset[str] | None, limit: int
) -> dict[str, Sighting]:
    """Parcels that their deliverers have taken, the longest first (HV-2.6)."""
    return _waiting(tx, ParcelState.OUT_FOR_DELIVERY, sites, limit)


def high_value_among(tx: Connection, waybills: Iterable[str], policy: Policy) -> frozenset[str]:
    """Those that are high value by series or by declared value (HV-1.2.1, HV-2.11.1)."""
    asked = set(waybills)
    in_series = frozenset(waybill for waybill in asked if is_in_series(waybill, policy))
    others = asked - in_series
    return in_series | store.hv_by_value(tx, others) if others else in_series


def undeclared_among(tx: Connection, waybills: Iterable[str]) -> frozenset[str]:
    """Those of which no declaration was accepted: nothing to check a scan against (HV-2.4.1)."""
    asked = frozenset(waybills)
    known = store.find_declared(tx, asked)
    return asked - {parcel.waybill for parcel in known if parcel.declaration is not None}


def high_value_by_declaration(tx: Connection, waybills: Iterable[str]) -> frozenset[str]:
    """Those that are high value by what was declared alone, on a waybill of no HV series."""
    return store.hv_by_value(tx, waybills)


def values_among(tx: Connection, waybills: Iterable[str]) -> dict[str, Decimal]:
    """The values in CNY that were declared and accepted; who declared none is left out."""
    return store.values_of(tx, waybills)


def refusals_among(tx: Connection, waybills: Iterable[str], policy: Policy) -> dict[str, Refusal]:
    """Those that must not travel as they were declared last, and what against.

    Source: HV-1.2.1, HV-1.2.2, HV-2.2.2.2.
    """
    asked = set(waybills)
    found = declaration_store.refusals(tx, asked)
    in_series = [each for each in asked - found.keys() if is_in_series(each, policy)]
    if in_series:
        # A policy may have changed since the value was accepted.
        for waybill, value in store.values_of(tx, in_series).items():
            if is_series_misused(waybill, value, policy):
                found[waybill] = Refusal.SERIES_MISUSED
    return found


def goods_classes(
    tx: Connection, waybills: Iterable[str]
) -> dict[str, list[tuple[datetime, GoodsClass | None]]]:
    """What was declared of goods, and when, the oldest first; refused declarations said nothing."""
    return declaration_store.goods_classes(tx, waybills)


def declarations_of(tx: Connection, waybill: str) -> list[SaidOnce]:
    """What was declared of a parcel, accepted or not, newest first; at most the newest few."""
    return declaration_store.of_parcel(tx, waybill, DECLARATIONS_SHOWN_MAX)


def planned_routes(
    tx: Connection, waybills: Iterable[str], network: Network
) -> dict[str, tuple[str, ...]]:
    """The planned routes of those parcels of which one can be told (see ``planned_route``)."""
    routes = {each.waybill: _route_of(each, network) for each in store.find_ends(tx, waybills)}
    return {waybill: route for waybill, route in routes.items() if route is not None}


class Heading(NamedTuple):
    """Where a parcel is to go, ``None``: nobody knows, and whether it is high value."""

    route: tuple[str, ...] | None
    high_value: bool


def headings(
    tx: Connection, waybills: Iterable[str], network: Network, policy: Policy
) -> dict[str, Heading]:
    """As :func:`planned_routes` and :func:`high_value_among` say of each, asked for at once."""
    found = {each: Heading(None, is_in_series(each, policy)) for each in waybills}
    for ends in store.find_ends(tx, found):
        is_high = ends.hv_by_value or found[ends.waybill].high_value
        found[ends.waybill] = Heading(_route_of(ends, network), is_high)
    return found


def _route_of(ends: store.Ends, network: Network) -> tuple[str, ...] | None:
    route = None if ends.route is None else tuple(ends.route)
    return route_between(route, ends.origin, ends.destination, network)


def on_their_way(tx: Connection, waybills: Iterable[str]) -> frozenset[str]:
    """Those of which more is expected: not delivered, given back or replaced; never scanned is."""
    asked = frozenset(waybills)
    seen = trace_store.states_of(tx, asked)
    over = {waybill for waybill, standing in seen.items() if standing.is_over}
    return asked - over - replaced_among(tx, asked).keys()


def belongs_on_list(tx: Connection, waybill: str) -> bool:
    """Say whether a parcel is high value by declared value, of no HV series, and under way yet."""
    if not store.hv_by_value(tx, [waybill]) or replaced_among(tx, [waybill]):
        return False
    seen = trace_store.state_of(tx, waybill)
    return seen is None or not seen.is_over


def note_lost(tx: Connection, waybill: str, lost_at: datetime) -> None:
    """A parcel counts as lost; any sign from after its last one finds it again."""
    seen = trace_store.state_of(tx, waybill)
    store.set_lost(tx, waybill, lost_at, None if seen is None else seen.last.at)


def track_of(tx: Connection, parcel: Parcel, network: Network) -> Track:
    """Where a parcel stands on its route, by its own label or by what it lies in."""
    return track(parcel, _around(tx, parcel.seen), network)


def contents(tx: Connection, kind: ContainerKind, container_id: str) -> tuple[str, ...]:
    """The waybills aboard a container now, those in bags and on pallets in it included."""
    found: list[str] = []
    seen: set[str] = set()
    level = [container_unit(kind, container_id)]
    for _ in range(NESTING_MAX):
        seen.update(level)
        units = [unit for container in level for unit in trace_store.units_in(tx, container)]
        found += [unit for unit in units if ":" not in unit]
        level = [unit for unit in units if ":" in unit and unit not in seen]
    return tuple(sorted(found))


def put_together(
    tx: Connection, container: str, site: str, since: datetime, until: datetime
) -> dict[str, datetime | None]:
    """The parcels that were put into a container at a site between two times, in a bag or not.

    Of a bag that was put in, those that were packed into it up to ``BAG_LIFE`` before, and were not
    seen elsewhere by themselves until then.

    Returns:
        When each was seen at another site first since it was put in, by itself or with its bag;
        ``None``: not yet.
    """
    put = trace_store.put_and_seen(tx, [container], since, until, site)
    found = {each.unit: each.seen_at for each in put if ":" not in each.unit}
    bags = {each.unit: each for each in put if ":" in each.unit}
    inside = trace_store.put_and_seen(tx, bags, since - BAG_LIFE, until) if bags else []
    for each in inside:
        bag = bags[each.container]
        if ":" in each.unit or (each.seen_at is not None and each.seen_at <= bag.put_at):
            continue
        seen = [at for at in (each.seen_at, bag.seen_at, found.get(each.unit)) if at is not None]
        found[each.unit] = min(seen, default=None)
    return found


def waybills_of(tx: Connection, scan: Scan) -> tuple[str, ...]:
    """The parcels that a scan is about: its own, or all in the bag or pallet that it names."""
    if scan.waybill is not None:
        return (scan.waybill,)
    unit = labelled_unit(scan.text)
    return () if unit is None else contents(tx, *kind_and_id(unit))


def containers_of(tx: Connection, waybill: str) -> tuple[Aboard, ...]:
    """What a parcel was aboard of, newest first; a bag comes before the vehicle it lay in."""
    stays: dict[str, tuple[Stay, ...]] = {}
    level = {waybill}
    for _ in range(NESTING_MAX):
        for unit in level:
            stays[unit] = stays_of(in_fold_order(trace_store.traces_of(tx, unit)))
        level = {stay.container for unit in level for stay in stays[unit]} - stays.keys()
    return chain_of(waybill, stays)


def attempts_to_deliver(tx: Connection, waybill: str) -> tuple[Attempt, ...]:
    """Each time a parcel went out for delivery, oldest first (CS-D1)."""
    return attempts_of(in_fold_order(trace_store.traces_of(tx, waybill)))


def signed_copies(tx: Connection, waybill: str) -> tuple[SignedCopy, ...]:
    """The copies of a parcel's signed paper, oldest first (HV-1.2.8)."""
    return signed_return_store.copies_of(tx, waybill)


def put_manifest(tx: Connection, manifest: Manifest) -> None:
    """Keep what somebody says is aboard; it replaces the manifest with its id."""
    manifest_store.put(tx, manifest)


def find_manifest(tx: Connection, manifest_id: str) -> Manifest | None:
    """What somebody said is aboard."""
    return manifest_store.find(tx, manifest_id)


def manifest_of(tx: Connection, waybill: str) -> Manifest | None:
    """The newest manifest that lists a parcel."""
    found = manifest_store.newest_listing(tx, waybill)
    return None if found is None else manifest_store.find(tx, found)


def is_container_closed(tx: Connection, kind: ContainerKind, container_id: str) -> bool | None:
    """Say whether a bag or pallet is closed, as far as its own label tells; null: nothing does."""
    standing = trace_store.state_of(tx, container_unit(kind, container_id))
    return None if standing is None else is_closed(standing)


def _waiting(
    tx: Connection, state: ParcelState, sites: frozenset[str] | None, limit: int
) -> dict[str, Sighting]:
    found = trace_store.waiting(tx, state, sites, limit)
    replaced = replaced_among(tx, found)
    return {waybill: seen for waybill, seen in found.items() if waybill not in replaced}


def _around(tx: Connection, inner: Standing | None) -> list[Standing]:
    found: list[Standing] = []
    while inner is not None and inner.stay is not None and len(found) < NESTING_MAX:
        inner = trace_store.state_of(tx, inner.stay.container)
        if inner is not None:
            found.append(inner)
    return found
