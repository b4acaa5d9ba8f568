"""Counts again, from the raw scans alone, every number that the evidence of a suspect tells.

Nothing of the rooms' own folding is used: what was heard is kept as it was heard, and read again
for each suspect. Taken over as it is, because other tests hold it: which scans are planned beyond
the next one (``test_plan``).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from hub.fact import Fact
from hub.network import Lane, Network, Shift
from wire.events import Act, ActKind, Scan
from wire.names import Step
from wire.policy import Policy

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SLOT = timedelta(minutes=15)
TOGETHER = 8 * HOUR
BAG_LIFE = 3 * DAY
LEAVING = {Step.LOAD, Step.DEPART, Step.OUT_FOR_DELIVERY}
PUT = {Step.PACK, Step.LOAD, Step.DEPART}
OUT_OF_BAG = PUT | {Step.UNLOAD, Step.STORE, Step.RETRIEVE, Step.OUT_FOR_DELIVERY}
WHOLE = {Step.LOAD, Step.UNLOAD, Step.ARRIVE, Step.DEPART, Step.HANDOVER}
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """A parcel was seen: by its own label, or (``own`` false) as part of its bag.

    ``expected``: its way had been told, and a scan of it or the clock's turn had come since.
    """

    at: datetime
    site: str
    step: Step | None
    container: str | None
    own: bool
    expected: bool = False

    @property
    def phase(self) -> str:
        if self.step is Step.DELIVER:
            return "delivered"
        return "out" if self.step in LEAVING else "in"


Due = tuple[str, str, datetime]
"""Where the next scan is due, in which phase, and by when."""


@dataclass
class Heard:
    """Everything that the hub has heard so far, in the order in which it did."""

    network: Network
    policy: Policy
    holidays: frozenset[date]
    routes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seen: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    put: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    """When, at which site, into what, and which label."""
    _expected: set[str] = field(default_factory=set)
    _bag: dict[str, tuple[str, str]] = field(default_factory=dict)
    _bag_at: dict[str, datetime] = field(default_factory=dict)

    def hear(self, facts: Sequence[Fact]) -> None:
        """Who lies in which bag is known as of the whole part, as in the hub's own intake."""
        for fact in facts:
            if isinstance(fact.event, Scan):
                self._note_put(fact.event, fact.occurred_at)
        for fact in facts:
            for waybill, seen in self._sightings(fact):
                self.seen[waybill].append(replace(seen, expected=waybill in self._expected))
                if waybill in self.routes:
                    self._expected.add(waybill)

    def turn(self) -> None:
        """The clock's turn is over: what was told of known parcels was taken into account."""
        self._expected |= self.routes.keys() & self.seen.keys()

    def _note_put(self, scan: Scan, at: datetime) -> None:
        into = None if scan.container is None else f"{scan.container_kind}:{scan.container}"
        if into is not None and scan.step in PUT:
            label = scan.waybill or str(scan.text).replace("CX:BAG:", "bag:")
            self.put.append((at, scan.site, into, label))
        if scan.waybill is None:
            return
        bag, where = self._bag.get(scan.waybill, (None, None))
        known_at = self._bag_at.get(scan.waybill, at)
        if at < known_at:
            return
        self._bag_at[scan.waybill] = at
        if bag is not None and (scan.step in OUT_OF_BAG or scan.site != where):
            del self._bag[scan.waybill]
        if scan.step is Step.PACK and into is not None:
            self._bag[scan.waybill] = (into, scan.site)

    def _sightings(self, fact: Fact) -> Iterator[tuple[str, Seen]]:
        event, at = fact.event, fact.occurred_at
        if isinstance(event, Act):
            if event.act is ActKind.DELIVER and event.waybill is not None:
                yield event.waybill, Seen(at, event.site, Step.DELIVER, None, True)
            return
        if not isinstance(event, Scan):
            return
        into = None if event.container is None else f"{event.container_kind}:{event.container}"
        if event.waybill is not None:
            yield event.waybill, Seen(at, event.site, event.step, into, True)
        elif event.step in WHOLE:
            bag = str(event.text).replace("CX:BAG:", "bag:")
            for waybill, (its, _) in sorted(self._bag.items()):
                if its == bag:
                    yield waybill, Seen(at, event.site, event.step, into, False)

    # ------------------------------------------------------------ one parcel

    def in_order(self, waybill: str) -> list[Seen]:
        """Those sightings that moved it on: none that was older than what was known."""
        found: list[Seen] = []
        for each in self.seen[waybill]:
            if not found or each.at >= found[-1].at:
                found.append(each)
        return found

    def next_due(self, waybill: str) -> Due | None:
        """Where it is due next, by the timetable.

        A parcel that was loaded leaves with its departure, if one was expected of it by then.
        """
        known: Due | None = None
        for each in self.in_order(waybill):
            known = known if each.expected else None
            if known is not None and each.step is not Step.STORE and self._stays(each, known):
                continue
            known = self._due_after(waybill, each, known)
        return known

    def _stays(self, seen: Seen, known: Due) -> bool:
        site, phase, by = known
        return seen.phase == "in" and phase == "out" and site == seen.site and by > seen.at

    def _due_after(self, waybill: str, seen: Seen, known: Due | None) -> Due | None:
        way = self.way_from(waybill, seen.site)
        if seen.phase == "delivered" or not way:
            return None
        if seen.phase == "in":
            ready = slot(slot(seen.at) + self.policy.missing.handle_min * HOUR / 60)
            if len(way) == 1:
                return seen.site, "out", self._goes_out(seen.site, ready)
            return seen.site, "out", self._departs(way[0], way[1], ready)
        at = seen.at
        if known is not None and known[:2] == (seen.site, "out") and len(way) > 1:
            at = known[2] if at < known[2] <= at + 2 * HOUR else at
        at = slot(at)
        if len(way) == 1:
            return seen.site, "delivered", self._workday(seen.site, self._evening(seen.site, at))
        hours = min(lane.planned_h for lane in self._lanes(way[0], way[1]))
        return way[1], "in", self._opens(way[1], slot(at + hours * HOUR))

    def way_from(self, waybill: str, site: str) -> tuple[str, ...]:
        route = self.routes.get(waybill, ())
        if any(each.step is Step.RETURN for each in self.in_order(waybill)):
            route = route[::-1]
        if not route:
            return ()
        if site in route:
            return route[len(route) - 1 - route[::-1].index(site) :]
        return self.network.route(site, route[-1]) or ()

    def _lanes(self, origin: str, destination: str) -> list[Lane]:
        return [
            each
            for each in self.network.lane
            if (each.origin, each.destination) == (origin, destination)
        ]

    def _departs(self, origin: str, destination: str, ready: datetime) -> datetime:
        """With the lane that is there first."""
        found = []
        for lane in self._lanes(origin, destination):
            leaves = ready
            for shift in self.network.shift:
                if (shift.site, shift.name) == (origin, lane.shift):
                    leaves = next(end for _, end in self._turns(shift, ready) if end >= ready)
            found.append((leaves + lane.planned_h * HOUR, leaves))
        return min(found)[1]

    def _turns(self, shift: Shift, about: datetime) -> Iterator[tuple[datetime, datetime]]:
        zone = self.network.zone_of(shift.site)
        start, end = time.fromisoformat(shift.starts), time.fromisoformat(shift.ends)
        first = about.astimezone(zone).date() - 2 * DAY
        for day in (first + n * DAY for n in range(5)):
            until = day + DAY if start >= end else day
            opens, closes = (
                datetime.combine(on, at, zone).astimezone(UTC)
                for on, at in ((day, start), (until, end))
            )
            yield opens, closes

    def _opens(self, site: str, at: datetime) -> datetime:
        found = [
            max(start, at)
            for shift in self.network.shift
            if shift.site == site
            for start, end in self._turns(shift, at)
            if end >= at
        ]
        return min(found, default=at)

    def _evening(self, site: str, at: datetime) -> datetime:
        zone, closes = self.network.zone_of(site), time.fromisoformat(self.policy.delivery.due_at)
        ends = datetime.combine(at.astimezone(zone).date(), closes, zone)
        return ends if at < ends else ends + DAY

    def _workday(self, site: str, at: datetime) -> datetime:
        local = at.astimezone(self.network.zone_of(site))
        while local.date() in self.holidays:
            local += DAY
        return local.astimezone(UTC)

    def _goes_out(self, site: str, ready: datetime) -> datetime:
        before = self.policy.missing.delivery_min * HOUR / 60
        return self._workday(site, self._evening(site, ready + before)) - before

    # ------------------------------------------------------------ its company

    def company(self, waybill: str, container: str, site: str) -> tuple[int, int, set[str], int]:
        """Of those put into a container at a site: all, seen since, where, and how many of those.

        Those of a parcel's own bag or vehicle; whoever was put in within eight hours of it, in a
        bag or not.
        """
        mine = [seen for seen in self.in_order(waybill) if seen.container == container]
        put = [seen.at for seen in mine if seen.site == site and seen.step in PUT]
        about = next(at for at in put if put[-1] - at <= TOGETHER)
        together = self._put_in(container, site, about) | {waybill}
        seen = {each for each in together if not self._is_inside(each, container, site, about)}
        come = {each for each in seen if self._came(each, container, site, about)}
        sites = {where for each in come for where in self._last_two(each)} - {site}
        return len(together), len(seen), sites, len(come)

    def _put_in(self, container: str, site: str, about: datetime) -> set[str]:
        found: set[str] = set()
        until = about + TOGETHER
        for at, where, into, label in self.put:
            if (where, into) != (site, container) or not about - TOGETHER <= at <= until:
                continue
            if not label.startswith("bag:"):
                found.add(label)
                continue
            since = about - TOGETHER - BAG_LIFE
            found |= {w for when, _, bag, w in self.put if bag == label and since <= when <= until}
        return found

    def _is_inside(self, waybill: str, container: str, site: str, about: datetime) -> bool:
        """It was not seen by itself since it was packed, or not at all since it left.

        It may have come back since, and go the same way again another day: that is another ride.
        """
        history = self.in_order(waybill)
        if container.startswith("bag:"):
            own = [seen for seen in history if seen.own]
            return (
                bool(own) and own[-1].step is Step.PACK and _is_put(own[-1], container, site, about)
            )
        last = history[-1]
        return last.phase == "out" and _is_put(last, container, site, about)

    def _came(self, waybill: str, container: str, site: str, about: datetime) -> bool:
        """It was seen at another site since it was put in, out of its bag by itself."""
        history = self.in_order(waybill)
        put = [seen.at for seen in history if _is_put(seen, container, site, about)]
        since = put[0] if put else history[-1].at - SLOT
        is_bag = container.startswith("bag:")
        return any(
            seen.site != site and seen.at > since and (seen.own or not is_bag) for seen in history
        )

    def _last_two(self, waybill: str) -> Iterable[str]:
        """Its newest site, and the one before."""
        sites = [seen.site for seen in self.in_order(waybill)]
        return list(dict.fromkeys(reversed(sites)))[:2]

    # ------------------------------------------------------------ what sites skip

    def reads(self, site: str, passing: str) -> tuple[int, int]:
        """Scans made, and scans owed, by a site: ``in``, ``out``, or ``out-last``."""
        made = skipped = 0
        for waybill in self.seen:
            for where, how, is_made in self._owed(waybill):
                if (where, how) == (site, passing):
                    made += is_made
                    skipped += not is_made
        return made, made + skipped

    def _owed(self, waybill: str) -> Iterator[tuple[str, str, bool]]:
        """Each scan that was owed between two others, made or not; one that came late was made."""
        last: Seen | None = None
        is_done = False
        found: list[tuple[str, str, bool]] = []
        for seen in self.seen[waybill]:
            if last is not None and seen.at < last.at:
                _take_back(found, seen)
                continue
            if last is not None and not is_done and seen.expected:
                found += self._between(waybill, last, seen)
            is_done = is_done or seen.phase == "delivered"
            last = seen
        yield from found

    def _between(self, waybill: str, before: Seen, after: Seen) -> list[tuple[str, str, bool]]:
        ahead = list(self._ahead(waybill, before))
        places = [(site, how.partition("-")[0]) for site, how in ahead]
        if (after.site, after.phase) not in places:
            return []
        hit = places.index((after.site, after.phase))
        owed = [(*each, place == hit) for place, each in enumerate(ahead[: hit + 1])]
        return [each for each in owed if each[1] != "delivered"]

    def _ahead(self, waybill: str, seen: Seen) -> Iterator[tuple[str, str]]:
        way = self.way_from(waybill, seen.site)
        if seen.phase == "in" and way:
            yield way[0], "out" if len(way) > 1 else "out-last"
        for place, site in enumerate(way[1:], 2):
            yield site, "in"
            yield site, "out" if place < len(way) else "out-last"
        if way:
            yield way[-1], "delivered"


def _is_put(seen: Seen, container: str, site: str, about: datetime) -> bool:
    is_there = (seen.container, seen.site) == (container, site)
    return is_there and abs(seen.at - about) <= TOGETHER


def _take_back(found: list[tuple[str, str, bool]], late: Seen) -> None:
    for place, (site, how, is_made) in enumerate(found):
        if not is_made and (site, how.partition("-")[0]) == (late.site, late.phase):
            found[place] = (site, how, True)
            return


def slot(at: datetime) -> datetime:
    """The next quarter of an hour."""
    over = (at - _EPOCH) % SLOT
    return at if not over else at + SLOT - over
