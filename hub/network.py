"""The carrier's network: regions, sites, places, lanes, shifts, staff and camera channels.

Read once at the start (:mod:`hub.network_file`). Without a file it is empty, and edges and scanners
that it does not name still work. Source: interface (network.toml).
"""

import heapq
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from hub.pseudonyms import PseudonymIndex
from wire.badges import badge_sha256
from wire.events import ContainerKind
from wire.names import END, ClockTime, Name
from wire.policy import VehicleKind
from wire.site_pack import Duty, PackText

SITES_MAX = 5_000
STAFF_MAX = 100_000
LANES_MAX = 50_000
CHANNELS_MAX = 50_000
VEHICLES_MAX = 20_000
FLIGHTS_MAX = 20_000
CONTACTS_MAX = 8
PLACES_PER_CHANNEL_MAX = 32
PLANNED_H_MAX = 30 * 24
DEFAULT_TIMEZONE = "Asia/Shanghai"
STORAGE_KINDS = frozenset({"cage", "store"})
"""Places where what cannot go on may rest (HV-2.8)."""
DEDICATED_KIND = "dedicated_area"
"""The camera-covered area of HV-2.11.3."""
DEDICATED_ROLE = "dedicated"
"""The channel that sees all of a site's dedicated area (HV-2.11.3)."""
COUNTER_KIND = "counter"
"""Where customers hand parcels in (HV-2.2)."""
UNLISTED = "unlisted"
"""The kind of a vehicle or flight that is not on the carrier's list, where there is one."""

T = TypeVar("T")

Badge = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}" + END)]
Contact = Annotated[str, Meta(pattern=r"^[^\s@]{1,64}@[^\s@]{1,190}" + END)]
Hours = Annotated[float, Meta(gt=0, le=PLANNED_H_MAX)]


class SiteKind(StrEnum):
    """What a site is (domain: glossary)."""

    BRANCH = "branch"
    LEVEL_2 = "level-2"
    LEVEL_1 = "level-1"
    DISPATCH = "dispatch"


HUB_KINDS = frozenset({SiteKind.LEVEL_1, SiteKind.LEVEL_2})
"""Where parcels change vehicles."""


class FlightKind(StrEnum):
    """What a flight is (HV-2.4.2: dedicated; where that is impossible, scheduled)."""

    DEDICATED = "dedicated"
    SCHEDULED = "scheduled"


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Region(_Row, frozen=True, kw_only=True):
    """Whom a region's sites report to (HV-2.11.2, HV-3a)."""

    code: Name
    name: PackText
    operations_contact: Contact
    claims_contact: Contact


class Site(_Row, frozen=True, kw_only=True):
    """One site; ``superior`` is the site above it, ``contacts`` are e-mail addresses."""

    code: Name
    name: PackText
    kind: SiteKind
    region: Name
    superior: Name | None = None
    contacts: Annotated[tuple[Contact, ...], Meta(max_length=CONTACTS_MAX)] = ()
    timezone: PackText = DEFAULT_TIMEZONE


class Place(_Row, frozen=True, kw_only=True):
    """A place of a site; ``keeper`` is a badge, ``container`` the lockable one (HV-2.8)."""

    site: Name
    id: Name
    kind: Name
    keeper: Badge | None = None
    container: Name | None = None


class Lane(_Row, frozen=True, kw_only=True, rename={"origin": "from", "destination": "to"}):
    """A way that parcels go: so many planned hours, leaving with a shift of the origin."""

    origin: Name
    destination: Name
    planned_h: Hours
    shift: Name | None = None


class Shift(_Row, frozen=True, kw_only=True, rename={"starts": "from", "ends": "to"}):
    """A working window in the site's local time; it may cross midnight."""

    site: Name
    name: Name
    starts: ClockTime
    ends: ClockTime


class Staff(_Row, frozen=True, kw_only=True):
    """A person; ``badge`` is the plain number, scanned until a token is printed."""

    badge: Badge
    name: PackText
    duty: Duty
    site: Name


class Channel(_Row, frozen=True, kw_only=True):
    """What a camera sees, and what for; ``name`` is the channel's on the recorder (HV-2.11.3).

    ``view`` names what it is aimed at: another name than before, and its edge learns it anew.
    """

    site: Name
    camera: Name
    view: Name | None = None
    name: PackText | None = None
    places: Annotated[tuple[Name, ...], Meta(max_length=PLACES_PER_CHANNEL_MAX)]
    role: Name


class Vehicle(_Row, frozen=True, kw_only=True):
    """A road vehicle by its label ``CX:VEH:<id>`` (HV-X8)."""

    id: Name
    kind: VehicleKind


class Flight(_Row, frozen=True, kw_only=True):
    """A flight by its label ``CX:FLT:<id>`` (HV-2.4.2)."""

    id: Name
    kind: FlightKind


class Network(_Row, frozen=True, kw_only=True, dict=True):
    """The whole file; look things up by its methods."""

    region: tuple[Region, ...] = ()
    site: Annotated[tuple[Site, ...], Meta(max_length=SITES_MAX)] = ()
    place: tuple[Place, ...] = ()
    lane: Annotated[tuple[Lane, ...], Meta(max_length=LANES_MAX)] = ()
    shift: tuple[Shift, ...] = ()
    staff: Annotated[tuple[Staff, ...], Meta(max_length=STAFF_MAX)] = ()
    channel: Annotated[tuple[Channel, ...], Meta(max_length=CHANNELS_MAX)] = ()
    vehicle: Annotated[tuple[Vehicle, ...], Meta(max_length=VEHICLES_MAX)] = ()
    flight: Annotated[tuple[Flight, ...], Meta(max_length=FLIGHTS_MAX)] = ()

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Sites by code."""
        return {site.code: site for site in self.site}

    @cached_property
    def people(self) -> dict[str, Staff]:
        """Staff by badge."""
        return {person.badge: person for person in self.staff}

    @cached_property
    def places(self) -> dict[tuple[str, str], Place]:
        """Places by site and id."""
        return {(place.site, place.id): place for place in self.place}

    @cached_property
    def lanes_from(self) -> dict[str, tuple[Lane, ...]]:
        """Lanes by origin."""
        return _grouped((lane.origin, lane) for lane in self.lane)

    @cached_property
    def shifts_of(self) -> dict[str, tuple[Shift, ...]]:
        """Shifts by site."""
        return _grouped((shift.site, shift) for shift in self.shift)

    @cached_property
    def regions(self) -> dict[str, Region]:
        """Regions by code."""
        return {region.code: region for region in self.region}

    @cached_property
    def _routes(self) -> dict[tuple[str, str], tuple[str, ...] | None]:
        return {}

    @cached_property
    def pseudonyms(self) -> PseudonymIndex:
        """Whose badge a pseudonym is; printed tokens are added to it as they come."""
        return PseudonymIndex([(badge_sha256(each.badge), each.badge) for each in self.staff])

    def region_of(self, site: str) -> Region | None:
        """The region of a site; None for a site that the network does not name."""
        found = self.sites.get(site)
        return None if found is None else self.regions[found.region]

    def zone_of(self, site: str) -> ZoneInfo:
        """A site's zone: dates, cut-offs and shifts are local to it (design section 5)."""
        found = self.sites.get(site)
        return ZoneInfo(DEFAULT_TIMEZONE if found is None else found.timezone)

    def carrier_kind(self, kind: str, id_: str) -> str | None:
        """A vehicle's or flight's kind; None: the carrier lists none of them at all."""
        listed = self._carriers.get(kind)
        return None if not listed else listed.get(id_, UNLISTED)

    @cached_property
    def _carriers(self) -> dict[str, dict[str, str]]:
        return {
            ContainerKind.VEHICLE: {each.id: each.kind for each in self.vehicle},
            ContainerKind.FLIGHT: {each.id: each.kind for each in self.flight},
        }

    def is_camera_covered(self, site: str, place: str) -> bool:
        """Say whether any channel sees a place (HV-2.8)."""
        return (site, place) in self._covered

    def has_cameras(self, site: str) -> bool:
        """Say whether a site has any camera channel (HV-2.8)."""
        return site in self._filmed

    @cached_property
    def channels_of(self) -> dict[str, tuple[Channel, ...]]:
        """Camera channels by site."""
        return _grouped((channel.site, channel) for channel in self.channel)

    def channels_seeing(self, site: str, place: str | None) -> list[Channel]:
        """The channels that see a place; where no place is named any of the site's may."""
        channels = self.channels_of.get(site, ())
        return [each for each in channels if place is None or place in each.places]

    @cached_property
    def _filmed(self) -> frozenset[str]:
        return frozenset(each.site for each in self.channel)

    @cached_property
    def _covered(self) -> frozenset[tuple[str, str]]:
        return frozenset((each.site, place) for each in self.channel for place in each.places)

    def lane_between(self, origin: str, destination: str) -> Lane | None:
        """The quickest lane between two neighbours."""
        lanes = [
            each for each in self.lanes_from.get(origin, ()) if each.destination == destination
        ]
        return min(lanes, key=lambda lane: lane.planned_h, default=None)

    def route(self, origin: str, destination: str) -> tuple[str, ...] | None:
        """The sites of the quickest way by planned hours, both ends included; None: no way."""
        asked = (origin, destination)
        if asked not in self._routes:
            self._routes[asked] = _quickest(self.lanes_from, origin, destination)
        return self._routes[asked]


EMPTY = Network()


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for key, row in pairs:
        found.setdefault(key, []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


def _quickest(
    lanes_from: dict[str, tuple[Lane, ...]], origin: str, destination: str
) -> tuple[str, ...] | None:
    waiting: list[tuple[float, tuple[str, ...]]] = [(0.0, (origin,))]
    done: set[str] = set()
    while waiting:
        hours, way = heapq.heappop(waiting)
        here = way[-1]
        if here == destination:
            return way
        if here in done:
            continue
        done.add(here)
        for lane in lanes_from.get(here, ()):
            if lane.destination not in done:
                heapq.heappush(waiting, (hours + lane.planned_h, (*way, lane.destination)))
    return None
