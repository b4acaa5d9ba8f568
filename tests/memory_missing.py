"""The suspects' tables as dictionaries, so that whole weeks of a carrier pass in seconds.

The rooms' own code runs on it, projection and watchman as they are; only rows do not lie in a
database. ``test_missing_carrier`` holds it to what the real tables give.
"""

import dataclasses
import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import date, datetime

import pytest
from msgspec.structs import replace

from hub.evidence import SecondLook
from hub.fact import Fact
from hub.incidents.service import Suspicion, Told
from hub.missing import company, findings, judge, models, project, second_look, watchman
from hub.missing.rules.learned import Counts
from hub.missing.rules.plan import Stop
from hub.missing.rules.reads import Owed, Passing, Reads, Tally
from hub.missing.rules.suspicion import TOGETHER, Outage
from hub.missing.rules.watch import Ride
from hub.missing.store import OVERDUE_MAX, SIBLINGS_MAX, Watched
from hub.missing.suspect_store import Suspect
from hub.network import Network
from hub.parcels.rules.traces import PUT_STEPS, UNIT_STEPS
from hub.parcels.service import BAG_LIFE, Heading
from tests.memory_suspects import MemorySuspects
from wire.events import Act, ActKind, Scan
from wire.names import Step

HV_SERIES = "103"
LEAVES_BAG = PUT_STEPS | {Step.UNLOAD, Step.STORE, Step.RETRIEVE, Step.OUT_FOR_DELIVERY}
"""Scanned so by itself, a parcel lies in its bag no longer."""


class MemoryTables:
    """Stands for ``hub.missing.store`` and ``suspect_store``, and for what other rooms tell."""

    def __init__(self, network: Network) -> None:
        self.watches: dict[str, Watched] = {}
        self.learned: dict[str, Counts] = {}
        self.heard: dict[str, datetime] = {}
        self.outage_rows: list[Outage] = []
        self.opened: list[tuple[datetime, Suspicion]] = []
        self.ended: list[tuple[datetime, str]] = []
        self.closed: set[int] = set()
        self.on_raise: Callable[[str, Suspicion, datetime], None] | None = None
        self.on_look: Callable[[Suspect, SecondLook, datetime], None] | None = None
        self.looked: list[tuple[datetime, SecondLook]] = []
        self.told: list[tuple[datetime, int, Told]] = []
        self.suspects: dict[int, Suspect] = {}
        self.reads: dict[Owed, Tally] = {}
        self.models: list[bytes] = []
        """Learned models as they are stored; the last one counts, and its number is its place."""
        self.routes: dict[str, tuple[str, ...]] = {}
        self.bags: dict[str, set[str]] = defaultdict(set)
        self._bag_of: dict[str, tuple[str, str]] = {}
        self._put_in: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
        self._signs: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        """When and where each was scanned or delivered; a bag, where all in it were with it."""
        self._seen_at: dict[str, datetime] = {}
        self._network = network
        self._looks: list[tuple[datetime, int, int]] = []
        self._due: list[tuple[datetime, str]] = []
        self._by_site: dict[str, set[str]] = defaultdict(set)
        self._by_ride: dict[str, set[str]] = defaultdict(set)

    def fork(self) -> "MemoryTables":
        """Tables of their own that stand as these do now; rows are values and are shared."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, (dict, list, set)):
                setattr(other, name, _copied(value))
        return other

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Put these tables where the room reads and writes its own."""
        for module in (project, watchman, judge, company, findings, second_look):
            patch.setattr(module, "store", self)
        for module in (project, watchman, findings):
            patch.setattr(module, "read_store", _Reads(self))
        for module in (project, watchman, second_look):
            patch.setattr(module, "suspect_store", MemorySuspects(self))
        for module in (watchman, second_look):
            patch.setattr(module, "high_value_among", self.high_value_among)
            patch.setattr(module, "values_among", lambda *_: {})
        patch.setattr(project, "headings", self.headings)
        patch.setattr(watchman, "planned_routes", self.planned_routes)
        patch.setattr(models, "model_store", self)
        patch.setattr(project, "waybills_of", self.waybills_of)
        patch.setattr(project, "end_silence", self.end_silence)
        patch.setattr(company, "put_together", self.put_together)
        patch.setattr(watchman, "open_incident", self.open_incident)
        patch.setattr(second_look, "searched_among", lambda _tx, ids: frozenset(ids))
        patch.setattr(second_look, "note_look", self.note_look)
        patch.setattr(watchman, "stopped_among", lambda *_: frozenset())
        patch.setattr(watchman, "replaced_among", lambda *_: {})

    # ------------------------------------------------------------ other rooms

    def declare(self, waybill: str, origin: str, destination: str, now: datetime) -> None:
        route = self._network.route(origin, destination)
        assert route is not None
        self.routes[waybill] = route
        known = self.watches.get(waybill)
        if known is not None and known.suspect_id is None:
            self._put(replace(known, due_at=now))

    def see(self, facts: Iterable[Fact]) -> None:
        """What lies in which bag, as the parcels' room folds it."""
        for fact in facts:
            scan = fact.event
            if isinstance(scan, Act) and scan.waybill and scan.act is ActKind.DELIVER:
                self._signs[scan.waybill].append((fact.occurred_at, scan.site))
            if not isinstance(scan, Scan):
                continue
            if scan.waybill is not None or scan.step in UNIT_STEPS:
                unit = scan.waybill or (scan.text or "").replace("CX:BAG:", "bag:")
                self._signs[unit].append((fact.occurred_at, scan.site))
            if scan.container is not None and scan.step in PUT_STEPS:
                unit = scan.waybill or (scan.text or "").replace("CX:BAG:", "bag:")
                put = (fact.occurred_at, scan.site, unit)
                self._put_in[f"{scan.container_kind}:{scan.container}"].append(put)
            if scan.waybill is not None:
                self._see(scan.waybill, scan, fact.occurred_at)

    def _see(self, waybill: str, scan: Scan, at: datetime) -> None:
        if at < self._seen_at.get(waybill, at):
            return
        self._seen_at[waybill] = at
        bag, packed_at = self._bag_of.get(waybill, (None, None))
        if bag is not None and (scan.step in LEAVES_BAG or scan.site != packed_at):
            self.bags[bag].discard(waybill)
            del self._bag_of[waybill]
        if scan.step is Step.PACK:
            bag = f"CX:BAG:{scan.container}"
            self.bags[bag].add(waybill)
            self._bag_of[waybill] = (bag, scan.site)

    def put_together(
        self, _tx: object, container: str, site: str, since: datetime, until: datetime
    ) -> dict[str, datetime | None]:
        found: dict[str, datetime | None] = {}
        for unit, (put_at, seen_at) in self._put_and_seen(container, site, since, until).items():
            if not unit.startswith("bag:"):
                found[unit] = seen_at
                continue
            inside = self._put_and_seen(unit, None, since - BAG_LIFE, until)
            for each, (_, own_at) in inside.items():
                if own_at is None or own_at > put_at:
                    found[each] = _first(own_at, seen_at, found.get(each))
        return found

    def _put_and_seen(
        self, container: str, site: str | None, since: datetime, until: datetime
    ) -> dict[str, tuple[datetime, datetime | None]]:
        """When each was put in, and when it was seen at another site first after that."""
        found: dict[str, tuple[datetime, datetime | None]] = {}
        for at, where, unit in self._put_in[container]:
            if (site is None or where == site) and since <= at <= until:
                signs = self._signs[unit]
                seen_at = _first(*(when for when, there in signs if when > at and there != where))
                put_before, seen_before = found.get(unit, (at, None))
                found[unit] = min(at, put_before), _first(seen_at, seen_before)
        return found

    def waybills_of(self, _tx: object, scan: Scan) -> tuple[str, ...]:
        return tuple(sorted(self.bags.get(scan.text or "", ())))

    def headings(
        self, _tx: object, waybills: Iterable[str], _network: Network, _policy: object
    ) -> dict[str, Heading]:
        return {w: Heading(self.routes.get(w), w.startswith(HV_SERIES)) for w in waybills}

    def planned_routes(
        self, _tx: object, waybills: Iterable[str], _network: Network
    ) -> dict[str, tuple[str, ...]]:
        return {each: self.routes[each] for each in waybills if each in self.routes}

    def high_value_among(
        self, _tx: object, waybills: Iterable[str], _policy: object
    ) -> frozenset[str]:
        return frozenset(each for each in waybills if each.startswith(HV_SERIES))

    def open_incident(
        self, _tx: object, _search: object, suspicion: Suspicion, now: datetime
    ) -> int:
        self.opened.append((now, suspicion))
        return len(self.opened)

    def note_look(
        self, _tx: object, incident: int, _look: SecondLook, told: Iterable[Told], now: datetime
    ) -> None:
        self.told += [(now, incident, each) for each in told]

    def end_silence(self, _tx: object, _search: object, site: str, now: datetime) -> bool:
        self.ended.append((now, site))
        return True

    # ------------------------------------------------------------ hub.missing.model_store

    def live_id(self, _tx: object) -> int | None:
        return len(self.models) or None

    def tables_of(self, _tx: object, model_id: int) -> bytes | None:
        return self.models[model_id - 1]

    # ------------------------------------------------------------ hub.missing.store

    def known(self, _tx: object, waybills: Iterable[str]) -> dict[str, Watched]:
        return {each: self.watches[each] for each in waybills if each in self.watches}

    def put(self, _tx: object, watched: Iterable[Watched], _known: object = None) -> None:
        for each in watched:
            self._put(each)

    def due(self, _tx: object, now: datetime, limit: int) -> list[Watched]:
        found: dict[str, Watched] = {}
        while self._due and self._due[0][0] <= now and len(found) < limit:
            due_at, waybill = heapq.heappop(self._due)
            each = self.watches[waybill]
            if each.due_at == due_at:
                found[waybill] = each
        return list(found.values())

    def riders(self, _tx: object, ride: Ride) -> list[Watched]:
        return self._together(ride, "ride")

    def bagged(self, _tx: object, bag: Ride) -> list[Watched]:
        return self._together(bag, "bag")

    def waiting(self, _tx: object, stop: Stop) -> int:
        mine = (self.watches[waybill] for waybill in self._by_site[stop.site])
        asked = (None, stop.by, stop.phase)
        return sum((w.suspect_id, w.fold.stops[0].by, w.fold.stops[0].phase) == asked for w in mine)

    def overdue_at_quiet_sites(
        self, _tx: object, before: datetime, now: datetime
    ) -> dict[str, list[Watched]]:
        out = {each.site for each in self.outage_rows if each.until is None}
        found: dict[str, list[Watched]] = {}
        for site, last_at in self.heard.items():
            if last_at > before or site in out:
                continue
            late = [
                each
                for each in (self.watches[waybill] for waybill in self._by_site[site])
                if each.suspect_id is None and last_at < each.fold.stops[0].by <= now
            ]
            if late:
                late.sort(key=lambda each: each.fold.stops[0].by)
                found[site] = late[:OVERDUE_MAX]
        return found

    def put_off(self, _tx: object, site: str, until: datetime) -> None:
        for each in [self.watches[waybill] for waybill in self._by_site[site]]:
            if each.due_at is not None and each.due_at < until:
                self._put(replace(each, due_at=until))

    def rejudge(self, _tx: object, site: str, now: datetime) -> None:
        for each in [self.watches[waybill] for waybill in self._by_site[site]]:
            if each.due_at is not None and each.due_at > now:
                self._put(replace(each, due_at=now))

    def look_soon(self, _tx: object, bag: Ride, at: datetime) -> None:
        for each in self._together(bag, "bag"):
            if each.fold.is_in_bag and not each.suspect_id and each.due_at and each.due_at > at:
                self._put(replace(each, due_at=at))

    def counts_of(self, _tx: object, keys: Iterable[str]) -> dict[str, Counts]:
        return {key: self.learned[key] for key in keys if key in self.learned}

    def put_counts(self, _tx: object, counts: Mapping[str, Counts]) -> None:
        self.learned |= counts

    def hear_sites(self, _tx: object, newest: Mapping[str, datetime]) -> None:
        for site, at in newest.items():
            self.heard[site] = max(at, self.heard.get(site, at))

    def heard_at(self, _tx: object, site: str) -> datetime:
        return self.heard[site]

    def begin_outage(self, _tx: object, site: str, since: datetime) -> None:
        self.outage_rows.append(Outage(site, since, None))

    def end_outage(self, _tx: object, site: str, until: datetime) -> None:
        self.outage_rows = [
            dataclasses.replace(each, until=until)
            if each.site == site and each.until is None
            else each
            for each in self.outage_rows
        ]

    def forget_outages(self, _tx: object, before: datetime) -> None:
        self.outage_rows = [
            each for each in self.outage_rows if each.until is None or each.until >= before
        ]

    def outages(self, _tx: object, since: datetime) -> list[Outage]:
        return [each for each in self.outage_rows if each.until is None or each.until > since]

    def _together(self, ride: Ride, what: str) -> list[Watched]:
        found = []
        for waybill in sorted(self._by_ride[f"{what}/{ride.name}"]):
            other: Ride = getattr(self.watches[waybill].fold, what)
            if abs(other.at - ride.at) <= TOGETHER:
                found.append(self.watches[waybill])
        return found[:SIBLINGS_MAX]

    def _put(self, each: Watched) -> None:
        before = self.watches.get(each.waybill)
        self.watches[each.waybill] = each
        if each.due_at is not None and (before is None or before.due_at != each.due_at):
            heapq.heappush(self._due, (each.due_at, each.waybill))
        if before is not None and before.fold is each.fold:
            return
        _move(self._by_site, before, each, _site_of)
        _move(self._by_ride, before, each, lambda one: _ride_of(one, "ride"))
        _move(self._by_ride, before, each, lambda one: _ride_of(one, "bag"))

    def put_suspect(self, each: Suspect) -> None:
        self.suspects[each.id] = each
        if each.look_at is not None:
            heapq.heappush(self._looks, (each.look_at, each.incident, each.id))

    def due_looks(self, now: datetime, limit: int) -> list[Suspect]:
        found: dict[int, Suspect] = {}
        while self._looks and self._looks[0][0] <= now and len(found) < limit:
            look_at, _, which = heapq.heappop(self._looks)
            if self.suspects[which].look_at == look_at:
                found[which] = self.suspects[which]
        # Whoever is not written anew stays due, as in a table.
        for each in found.values():
            self.put_suspect(each)
        return list(found.values())


class _Reads:
    """Stands for ``hub.missing.read_store``."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def add(self, _tx: object, tallies: Mapping[Owed, Tally]) -> None:
        known = self._tables.reads
        for owed, more in tallies.items():
            before = known.get(owed, Tally())
            known[owed] = Tally(*(a + b for a, b in zip(before, more, strict=True)))

    def of_site(self, _tx: object, site: str, passing: Passing, since: date) -> Reads:
        mine = [
            tally
            for owed, tally in self._tables.reads.items()
            if (owed.site, owed.passing) == (site, passing) and owed.day >= since
        ]
        late = sum(each.late for each in mine)
        skipped = sum(each.skipped for each in mine)
        return Reads(sum(each.made for each in mine) + late, max(0, skipped - late))

    def forget(self, _tx: object, before: date) -> None:
        for owed in [each for each in self._tables.reads if each.day < before]:
            del self._tables.reads[owed]


def _first(*times: datetime | None) -> datetime | None:
    return min((each for each in times if each is not None), default=None)


def _copied(value: object) -> object:
    """A container of its own, and those within it; what lies in them is shared."""
    found = copy(value)
    if isinstance(found, dict):
        for key, inside in found.items():
            if isinstance(inside, (dict, list, set)):
                found[key] = copy(inside)
    return found


def _move(index: dict[str, set[str]], before: Watched | None, after: Watched, key: object) -> None:
    assert callable(key)
    old, new = None if before is None else key(before), key(after)
    if old == new:
        return
    if old is not None:
        index[old].discard(after.waybill)
    if new is not None:
        index[new].add(after.waybill)


def _site_of(each: Watched) -> str | None:
    return each.fold.stops[0].site if each.fold.stops else None


def _ride_of(each: Watched, what: str) -> str | None:
    ride = getattr(each.fold, what)
    return None if ride is None else f"{what}/{ride.name}"
