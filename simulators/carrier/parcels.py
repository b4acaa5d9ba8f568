"""The parcels of the simulated days: drawn orders, and what happens to a few of them.

Pure. High-value waybills are of the series ``103`` (HV-2.11.1), with a declared value in the first
period's band (HV-1.2.2); the others are ordinary.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from simulators.carrier.moments import utc
from simulators.carrier.noise import OutageKind, Rates
from simulators.carrier.timetable import SiteKind
from simulators.carrier.truth import FateKind
from simulators.carrier.world import DAY, World
from wire.site_pack import Duty

HV_ABOVE_CNY = 20_000
"""A high-value waybill of less is refused (HV-2.2.2.2)."""
ELECTRONICS_ENDS = "369"
"""Last digits of the waybills whose goods are electronics."""
ORDINARY_SHARE = 0.1
TO_LEVEL_2_SHARE = 0.08
"""Parcels whose dedicated deliverer starts from the level-2 hub itself (HV-2.5)."""


class Fault(StrEnum):
    """A kind of wrong work; the rule it breaks stands in :mod:`simulators.carrier.journey`."""

    BRANCH_BAG = "branch_bag"
    LEFT_APART = "left_apart"
    BAG_SPLIT = "bag_split"
    MIXED_BAG = "mixed_bag"
    BAD_STORE = "bad_store"
    STOP_MOVED = "stop_moved"
    NO_SIGNER = "no_signer"
    ONE_SIDED = "one_sided"
    ARRIVED_ALONE = "arrived_alone"
    NO_ACCEPTANCE = "no_acceptance"
    LOW_VALUE = "low_value"
    NO_DRIVER = "no_driver"
    """The keeper scans the departure, the driver's badge is missing: nobody holds from there."""
    SENT_BACK = "sent_back"
    """From its first hub back to its origin, and nobody says that it is a return."""
    REFUSED = "refused"
    """Right work: the receiver refuses, an exception follows, the second handover holds."""
    HALF_CLOSED = "half_closed"
    """Electronics leave in a half-closed truck."""
    UNLISTED = "unlisted"
    """Everything leaves in a vehicle that stands on no list."""
    LEFT_LYING = "left_lying"
    """It waits for hours and nobody stores it."""
    WRONG_RECEIVER = "wrong_receiver"
    WRONG_DELIVERER = "wrong_deliverer"
    """One of a level-2 hub's keepers takes it out for delivery."""
    LOADED_LAST = "loaded_last"
    """Into a flight behind the ordinary parcels."""


ROAD_FAULTS = (Fault.HALF_CLOSED, Fault.UNLISTED)


@dataclass(frozen=True, slots=True)
class TurnsUp:
    """Where a vanished parcel is found, and how long after its next scan was due."""

    site: str
    after: timedelta


@dataclass(slots=True)
class Doom:
    """How a parcel will vanish: at the chance after so many others.

    With ``turns_up`` it is found there; otherwise only some of the lost are, where they were lost.
    """

    kind: FateKind
    chances_left: int
    turns_up: TurnsUp | None = None


@dataclass(slots=True, eq=False)
class Parcel:
    """One parcel as it is now; ``route`` is changed where it strays."""

    waybill: str
    high_value: bool
    value_cny: int
    origin: str
    destination: str
    courier: str
    accepted_at: datetime
    route: tuple[str, ...]
    doom: Doom | None = None
    fault: Fault | None = None
    strays_after: int | None = None
    is_forgotten: bool = False
    holder: str | None = None
    site: str = ""
    resting: str | None = None
    vehicle: str | None = None
    bag: "Bag | None" = None
    is_bag_told: bool = False
    is_told: bool = False
    """Whether its scans so far tell who holds it now."""
    is_loose: bool = False
    """Sent astray or taken out of its bag: it is not bagged at this site."""
    is_watched: bool = False
    """Its next departure is scanned whole, so that what was done to it can be seen."""
    is_stopped: bool = False
    is_left_lying: bool = False
    """Nobody stores it at this site, although it waits."""
    since: datetime = field(init=False)
    """When it came to rest where it is, or was taken along."""

    def __post_init__(self) -> None:
        self.since = self.accepted_at
        self.site = self.origin

    @property
    def label(self) -> str:
        """What a scanner reads on it."""
        return self.waybill

    @property
    def is_electronics(self) -> bool:
        """Whether its goods are electronics (HV-X8)."""
        return self.waybill[-1] in ELECTRONICS_ENDS

    @property
    def parcels(self) -> list["Parcel"]:
        """Itself: a parcel is a unit of one."""
        return [self]

    def next_from(self, site: str) -> str:
        """The next site of its route."""
        return self.route[self.route.index(site) + 1]


@dataclass(slots=True, eq=False)
class Bag:
    """A transport bag on its way to be opened at ``route[-1]``."""

    id: str
    route: tuple[str, ...]
    parcels: list[Parcel]

    @property
    def label(self) -> str:
        """What a scanner reads on it."""
        return f"CX:BAG:{self.id}"

    def next_from(self, site: str) -> str:
        """The next site of its route."""
        return self.route[self.route.index(site) + 1]


Unit = Parcel | Bag


def draw_parcels(
    rng: random.Random, world: World, rates: Rates, count: int, first_day: date, days: int
) -> list[Parcel]:
    """Draw the parcels of all days, with the fates and faults of the few, in order of time."""
    workdays = [day for n in range(days) if world.is_working_day(day := first_day + n * DAY)]
    if rates.peak_day is not None:
        workdays += [rates.peak_day] * (rates.peak_times - 1)
    parcels = []
    for number in range(count):
        parcel = _draw(rng, world, number, workdays)
        while not _is_served(parcel, world, rates):
            parcel = _draw(rng, world, number, workdays)
        parcels.append(parcel)
    parcels.sort(key=lambda parcel: (parcel.accepted_at, parcel.waybill))
    _doom(rng, rates, parcels)
    _spoil(rng, world, rates, parcels)
    return parcels


def _draw(rng: random.Random, world: World, number: int, workdays: Sequence[date]) -> Parcel:
    origin = rng.choice(world.branches)
    to_hub = rng.random() < TO_LEVEL_2_SHARE
    ends = _level_2(world) if to_hub else world.branches
    destination = rng.choice([site for site in ends if site != origin])
    high_value = rng.random() >= ORDINARY_SHARE
    return Parcel(
        waybill=_waybill(rng, number, high_value),
        high_value=high_value,
        value_cny=rng.randrange(20_001, 50_001) if high_value else rng.randrange(20_001),
        origin=origin,
        destination=destination,
        courier=rng.choice(world.badges(origin, Duty.COURIER)),
        accepted_at=_pickup(rng, world, origin, rng.choice(workdays)),
        route=world.route(origin, destination),
    )


def _is_served(parcel: Parcel, world: World, rates: Rates) -> bool:
    """Say whether both ends are open on the day of acceptance."""
    day = world.local(parcel.origin, parcel.accepted_at).date()
    return all(rates.is_open(site, day) for site in (parcel.origin, parcel.destination))


def _waybill(rng: random.Random, number: int, high_value: bool) -> str:
    # The serial keeps them apart, the last digits do not tell how many there are.
    return f"{'103' if high_value else '755'}{number:06d}{rng.randrange(1000):03d}"


def _pickup(rng: random.Random, world: World, site: str, day: date) -> datetime:
    first, last = (world.moment(site, day, clock) for clock in world.timetable.pickups)
    share = rng.triangular(0, 1, world.timetable.pickup_peak)
    return utc(first + (last - first) * share)


def _doom(rng: random.Random, rates: Rates, parcels: list[Parcel]) -> None:
    for parcel in parcels:
        chances = 2 * len(parcel.route) + 1
        dice = rng.random()
        if dice < rates.stolen:
            parcel.doom = Doom(FateKind.STOLEN, rng.randrange(chances))
        elif dice < rates.stolen + rates.lost:
            parcel.doom = Doom(FateKind.LOST, rng.randrange(1, chances - 1))
        elif rng.random() < rates.forgotten:
            parcel.is_forgotten = True
        elif rng.random() < rates.astray and len(parcel.route) > 2:
            parcel.strays_after = rng.randrange(len(parcel.route) - 2)


def _spoil(rng: random.Random, world: World, rates: Rates, parcels: list[Parcel]) -> None:
    dark = {each.site for each in rates.outages if each.kind is OutageKind.POWER}
    sound = [each for each in parcels if _is_sound(each) and dark.isdisjoint(each.route)]
    for fault in Fault:
        fitting = [each for each in sound if each.fault is None and _fits(each, fault, world)]
        for parcel in rng.sample(fitting, k=min(len(fitting), rates.faults)):
            parcel.fault = fault
            if fault is Fault.LOW_VALUE:
                parcel.value_cny = rng.randrange(5_000, HV_ABOVE_CNY + 1)


def _fits(parcel: Parcel, fault: Fault, world: World) -> bool:
    match fault:
        case Fault.HALF_CLOSED:
            return parcel.is_electronics
        case Fault.WRONG_DELIVERER:
            return parcel.destination in _level_2(world)
        case Fault.LOADED_LAST:
            return any(world.lanes_between[trip][0].by_air for trip in pairwise(parcel.route))
        case _:
            return True


def _level_2(world: World) -> list[str]:
    return [site.code for site in world.sites if site.kind is SiteKind.LEVEL_2]


def _is_sound(parcel: Parcel) -> bool:
    return (
        parcel.high_value
        and parcel.doom is None
        and parcel.strays_after is None
        and not parcel.is_forgotten
    )
