"""The simulated carrier's world: sites, places, people, lanes and shifts, as values.

Pure. What a hub may know of it is written by :mod:`simulators.carrier.network_text`; the plan
(when does a parcel leave and arrive) is asked here. Source: domain.md (glossary), interface.md
(network.toml).
"""

import heapq
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from simulators.carrier.moments import utc
from simulators.carrier.timetable import SiteKind, Timetable
from wire.site_pack import Duty

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Region:
    """A region with its Chinese and English name."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Site:
    """One site; ``zone`` is its time zone's name."""

    code: str
    name: str
    kind: SiteKind
    region: str
    superior: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a site; ``keeper`` is a badge, ``container`` what can be locked there."""

    site: str
    id: str
    kind: str
    keeper: str | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff; ``badge`` is what their ``CX:BY:`` label holds."""

    badge: str
    name: str
    duty: Duty
    site: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A working window in local time; ``ends`` at or before ``starts`` is the next day."""

    site: str
    name: str
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Lane:
    """A way with what leaves at its shift's end: a vehicle with its driver, or a flight."""

    origin: str
    destination: str
    planned_h: float
    shift: str
    vehicle: str
    driver: str
    by_air: bool

    @property
    def carrier_label(self) -> str:
        """The label of what goes there."""
        return f"CX:{'FLT' if self.by_air else 'VEH'}:{self.vehicle}"

    @property
    def half_closed(self) -> "Lane":
        """The same trip in a half-closed box truck, which electronics may not travel in (HV-X8)."""
        return replace(self, vehicle=f"{self.vehicle}-H")

    @property
    def unlisted(self) -> "Lane":
        """The same trip in a vehicle that stands on no list (HV-X8)."""
        return replace(self, vehicle=f"{self.vehicle}-X")


@dataclass(frozen=True, slots=True)
class Channel:
    """What a camera sees."""

    site: str
    camera: str
    places: tuple[str, ...]
    role: str

    @property
    def name(self) -> str:
        """What it is called on the recorder; the dedicated one as HV-2.11.3 asks."""
        is_dedicated = self.role == "dedicated"
        return f"{self.site}特殊安全产品(高价值)快件监控通道" if is_dedicated else self.camera


@dataclass(frozen=True, slots=True)
class Leaving:
    """One planned departure: the lane, when it leaves and when it should be there."""

    lane: Lane
    at: datetime

    @property
    def due_at(self) -> datetime:
        """The planned arrival."""
        return self.at + timedelta(hours=self.lane.planned_h)


@dataclass(frozen=True)
class World:
    """The whole carrier; ``holidays`` are days without pickup and delivery (HV-1.2.6)."""

    regions: tuple[Region, ...]
    sites: tuple[Site, ...]
    places: tuple[Place, ...]
    people: tuple[Person, ...]
    shifts: tuple[Shift, ...]
    lanes: tuple[Lane, ...]
    channels: tuple[Channel, ...]
    timetable: Timetable
    holidays: frozenset[date]

    @cached_property
    def site(self) -> dict[str, Site]:
        """Sites by code."""
        return {each.code: each for each in self.sites}

    @cached_property
    def branches(self) -> tuple[str, ...]:
        """The codes of the branches."""
        return tuple(each.code for each in self.sites if each.kind is SiteKind.BRANCH)

    @cached_property
    def seen_sites(self) -> frozenset[str]:
        """Sites with a camera."""
        return frozenset(channel.site for channel in self.channels)

    @cached_property
    def hubs(self) -> tuple[str, ...]:
        """The codes of the transfer sites of both levels."""
        wanted = (SiteKind.LEVEL_1, SiteKind.LEVEL_2)
        return tuple(each.code for each in self.sites if each.kind in wanted)

    @cached_property
    def _staff(self) -> dict[tuple[str, Duty], tuple[str, ...]]:
        found: dict[tuple[str, Duty], list[str]] = defaultdict(list)
        for person in self.people:
            found[person.site, person.duty].append(person.badge)
        return {key: tuple(badges) for key, badges in found.items()}

    def badges(self, site: str, duty: Duty) -> tuple[str, ...]:
        """The badges of a site's people with a duty."""
        return self._staff.get((site, duty), ())

    def couriers(self, site: str) -> tuple[str, ...]:
        """Who delivers from a site."""
        return self.badges(site, Duty.COURIER) or self.badges(site, Duty.DEDICATED_DELIVERER)

    def receiver_at(self, site: str, at: datetime) -> str:
        """Who keeps and receives at a site now: hubs change at 07:00 and 19:00 local time."""
        badges = self.badges(site, Duty.DESIGNATED_KEEPER)
        is_day = 7 <= self.local(site, at).hour < 19
        return badges[0] if is_day or len(badges) == 1 else badges[1]

    @cached_property
    def place(self) -> dict[tuple[str, str], Place]:
        """Places by site and id."""
        return {(each.site, each.id): each for each in self.places}

    @cached_property
    def shift(self) -> dict[tuple[str, str], Shift]:
        """Shifts by site and name."""
        return {(each.site, each.name): each for each in self.shifts}

    @cached_property
    def lanes_between(self) -> dict[tuple[str, str], tuple[Lane, ...]]:
        """All shifts' lanes by both ends."""
        found: dict[tuple[str, str], list[Lane]] = defaultdict(list)
        for lane in self.lanes:
            found[lane.origin, lane.destination].append(lane)
        return {key: tuple(lanes) for key, lanes in found.items()}

    @cached_property
    def neighbours(self) -> dict[str, tuple[str, ...]]:
        """Where the lanes of a site go."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for lane in self.lanes:
            found[lane.origin][lane.destination] = None
        return {site: tuple(ends) for site, ends in found.items()}

    @cached_property
    def _zones(self) -> dict[str, ZoneInfo]:
        return {each.code: ZoneInfo(each.zone) for each in self.sites}

    def local(self, site: str, at: datetime) -> datetime:
        """A moment in a site's local time."""
        return at.astimezone(self._zones[site])

    def moment(self, site: str, day: date, clock: time) -> datetime:
        """A local time of a site's day, in UTC."""
        return utc(datetime.combine(day, clock, self._zones[site]))

    def shift_end(self, site: str, name: str, day: date) -> datetime:
        """When the shift that begins on this local day ends."""
        shift = self.shift[site, name]
        return self.moment(site, day + DAY if shift.ends <= shift.starts else day, shift.ends)

    def next_shift_end(self, site: str, at: datetime) -> datetime:
        """The first end of a shift of this site from now on."""
        asked = (site, at.date())
        if asked not in self._ends:
            names = [shift.name for shift in self.shifts if shift.site == site]
            days = _days_around(at)
            self._ends[asked] = sorted(
                self.shift_end(site, name, d) for name in names for d in days
            )
        ends = self._ends[asked]
        return ends[bisect_left(ends, at)]

    def leaving(self, site: str, to: str, ready_at: datetime) -> Leaving:
        """The first planned departure that takes what is ready then."""
        asked = (site, to, ready_at.date())
        if asked not in self._leavings:
            days = _days_around(ready_at)
            found = [
                Leaving(lane, self.shift_end(site, lane.shift, day))
                for lane in self.lanes_between[site, to]
                for day in days
            ]
            self._leavings[asked] = sorted(found, key=_leaves_at)
        leavings = self._leavings[asked]
        return leavings[bisect_left(leavings, ready_at + self.timetable.cut_off, key=_leaves_at)]

    @cached_property
    def _ends(self) -> dict[tuple[str, date], list[datetime]]:
        return {}

    @cached_property
    def _leavings(self) -> dict[tuple[str, str, date], list[Leaving]]:
        return {}

    def is_working_day(self, day: date) -> bool:
        """Say whether parcels are collected and delivered on a day (HV-1.2.6)."""
        return day not in self.holidays

    @cached_property
    def _routes(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {}

    def route(self, origin: str, destination: str) -> tuple[str, ...]:
        """The quickest way by planned hours, both ends included."""
        asked = (origin, destination)
        if asked not in self._routes:
            self._routes[asked] = self._quickest(origin, destination)
        return self._routes[asked]

    def _quickest(self, origin: str, destination: str) -> tuple[str, ...]:
        waiting: list[tuple[float, tuple[str, ...]]] = [(0.0, (origin,))]
        done: set[str] = set()
        while waiting:
            hours, way = heapq.heappop(waiting)
            if way[-1] == destination:
                return way
            if way[-1] in done:
                continue
            done.add(way[-1])
            for to in self.neighbours.get(way[-1], ()):
                lane = min(self.lanes_between[way[-1], to], key=lambda each: each.planned_h)
                heapq.heappush(waiting, (hours + lane.planned_h, (*way, to)))
        raise ValueError(f"no lanes lead from {origin} to {destination}")


def _leaves_at(leaving: Leaving) -> datetime:
    return leaving.at


def _days_around(at: datetime) -> list[date]:
    # Whatever the zone: a shift that began yesterday may still go on, another begins tomorrow.
    return [at.date() + days * DAY for days in (-2, -1, 0, 1, 2)]
