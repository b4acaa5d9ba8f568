"""Build a world from dice: regions with their hubs and branches, people, lanes and cameras.

Pure. The shape is a tree with its level-1 hubs joined by air or trunk road: a branch hands to its
level-2 hub, that to its level-1 hub, and down again on the other side. Source: domain.md
(glossary), HV-2.3, HV-2.4, HV-2.5, HV-2.8, HV-2.11.3.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from simulators.carrier.timetable import SiteKind, Timetable
from simulators.carrier.world import (
    Channel,
    Lane,
    Person,
    Place,
    Region,
    Shift,
    Site,
    World,
)
from wire.site_pack import Duty

DRAGON_BOAT_2026 = date(2026, 6, 19)
"""The one statutory holiday within weeks of it."""

DOCK, COUNTER, AREA, CAGE, SHELF = "D1", "COUNTER", "AREA", "CAGE", "SHELF"
"""Each site's places; ``SHELF`` has no keeper, nothing to lock and no camera (HV-2.8)."""
COURIERS_PER_BRANCH = 3
_HUB_DUTIES = (*[Duty.DESIGNATED_KEEPER] * 2, *[Duty.WAREHOUSE_KEEPER] * 2)

_REGIONS = (
    Region("755", "深圳", "Shenzhen"),
    Region("021", "上海", "Shanghai"),
    Region("010", "北京", "Beijing"),
    Region("991", "乌鲁木齐", "Urumqi"),
    Region("028", "成都", "Chengdu"),
)
_ZONES = {"991": "Asia/Urumqi"}
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
_GIVEN = "伟芳娜敏静强磊洋勇艳杰娟涛明超霞平刚桂英"


@dataclass(frozen=True, slots=True)
class Size:
    """How large the carrier is."""

    regions: int = 3
    level_2_per_region: int = 2
    branches_per_level_2: int = 4


MEDIUM = Size()


def build_world(
    rng: random.Random, size: Size, timetable: Timetable, holidays: Iterable[date]
) -> World:
    """Build a world; one region may keep another clock than the others."""
    sites = tuple(_sites(size))
    lanes = tuple(_lanes(rng, sites, timetable))
    people = tuple(_people(rng, sites, lanes))
    blind = rng.choice([site.code for site in sites if site.kind is SiteKind.BRANCH])
    regions = {site.region for site in sites}
    return World(
        regions=tuple(region for region in _REGIONS if region.code in regions),
        sites=sites,
        places=tuple(place for site in sites for place in _places(site, people)),
        people=people,
        shifts=tuple(
            Shift(site.code, name, starts, ends)
            for site in sites
            for name, (starts, ends) in timetable.shifts[site.kind].items()
        ),
        lanes=lanes,
        channels=tuple(
            Channel(site.code, "cam-1", (DOCK, AREA, CAGE), "dedicated")
            for site in sites
            if site.code != blind and site.kind is not SiteKind.DISPATCH
        ),
        timetable=timetable,
        holidays=frozenset(holidays),
    )


def _sites(size: Size) -> Iterator[Site]:
    for region in _REGIONS[: size.regions]:
        code, zone = region.code, _ZONES.get(region.code, "Asia/Shanghai")
        top = f"{code}W"
        centre = f"{code}R"
        name = region.name_zh
        yield Site(centre, f"{name}二级调度中心", SiteKind.DISPATCH, code, None, zone)
        yield Site(top, f"{name}一级中转场", SiteKind.LEVEL_1, code, centre, zone)
        letters = iter("ABCDEFGHIJKLMNOPQ")
        for second in range(size.level_2_per_region):
            hub = f"{code}X{second + 1}"
            label = f"{name}第{second + 1}二级中转场"
            yield Site(hub, label, SiteKind.LEVEL_2, code, top, zone)
            for _ in range(size.branches_per_level_2):
                letter = next(letters)
                label = f"{name}{letter}分点部"
                yield Site(f"{code}{letter}", label, SiteKind.BRANCH, code, hub, zone)


def _people(rng: random.Random, sites: Iterable[Site], lanes: Iterable[Lane]) -> Iterator[Person]:
    for site in sites:
        for number, duty in enumerate(_duties(site.kind), start=1):
            yield Person(f"{site.code}-{number:02d}", _name(rng), duty, site.code)
    for badge, home in sorted({(lane.driver, lane.origin) for lane in lanes}):
        yield Person(badge, _name(rng), Duty.DRIVER, home)


def _duties(kind: SiteKind) -> list[Duty]:
    always = [Duty.SITE_SUPERVISOR, Duty.MONITORING_STAFF]
    match kind:
        case SiteKind.DISPATCH:
            return [*always, Duty.DISPATCHER, Duty.DISPATCHER]
        case SiteKind.BRANCH:
            return [*always, Duty.DESIGNATED_KEEPER, *[Duty.COURIER] * COURIERS_PER_BRANCH]
        case SiteKind.LEVEL_2:
            return [*always, *_HUB_DUTIES, *[Duty.DEDICATED_DELIVERER] * 2]
        case SiteKind.LEVEL_1:
            return [*always, *_HUB_DUTIES]


def _name(rng: random.Random) -> str:
    return rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=rng.randint(1, 2)))


def _places(site: Site, people: Iterable[Person]) -> Iterator[Place]:
    if site.kind is SiteKind.DISPATCH:
        return
    keeper = next(
        person.badge
        for person in people
        if person.site == site.code and person.duty is Duty.DESIGNATED_KEEPER
    )
    yield Place(site.code, DOCK, "dock")
    yield Place(site.code, AREA, "dedicated_area", keeper)
    yield Place(site.code, CAGE, "cage", keeper, f"{site.code}-C1")
    yield Place(site.code, SHELF, "store")
    if site.kind is SiteKind.BRANCH:
        yield Place(site.code, COUNTER, "counter")


def _lanes(rng: random.Random, sites: tuple[Site, ...], hours: Timetable) -> Iterator[Lane]:
    top_shifts = hours.shifts[SiteKind.LEVEL_1]
    for site in sites:
        above = site.superior
        if site.kind is SiteKind.BRANCH and above is not None:
            planned_h = rng.choice(hours.branch_h)
            yield from _lanes_of(site.code, above, planned_h, hours.shifts[SiteKind.BRANCH])
            yield from _lanes_of(above, site.code, planned_h, hours.down)
        elif site.kind is SiteKind.LEVEL_2 and above is not None:
            planned_h = rng.choice(hours.trunk_h)
            yield from _lanes_of(site.code, above, planned_h, hours.up)
            yield from _lanes_of(above, site.code, planned_h, top_shifts)
    tops = [site.code for site in sites if site.kind is SiteKind.LEVEL_1]
    pairs = [(one, other) for one in tops for other in tops if one < other]
    for number, (one, other) in enumerate(pairs):
        by_air = number % 3 != 2
        planned_h = rng.choice(hours.air_h if by_air else hours.road_h)
        yield from _lanes_of(one, other, planned_h, top_shifts, by_air)
        yield from _lanes_of(other, one, planned_h, top_shifts, by_air)


def _lanes_of(
    origin: str, destination: str, hours: float, shifts: Iterable[str], by_air: bool = False
) -> Iterator[Lane]:
    """One lane a shift, each with a vehicle (or flight) and a driver of its own."""
    for shift in shifts:
        way = f"{destination}-{shift}"
        vehicle = f"{'F' if by_air else 'V'}-{origin}-{way}"
        yield Lane(origin, destination, hours, shift, vehicle, f"{origin}-D-{way}", by_air)
