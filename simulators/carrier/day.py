"""Simulate a carrier's days: one seed gives one world, its pulls and calls, and the truth.

Pure. ``simulate(seed)`` is all that a test needs; the rest of this package is its parts.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from simulators.carrier.agenda import Agenda
from simulators.carrier.bagging import Bagging
from simulators.carrier.build import DRAGON_BOAT_2026, MEDIUM, Size, build_world
from simulators.carrier.deliveries import Deliveries
from simulators.carrier.fates import Fates
from simulators.carrier.faults import Faults
from simulators.carrier.floor import Floor
from simulators.carrier.journey import Journey
from simulators.carrier.noise import Noise, Rates, draw_rates
from simulators.carrier.parcels import Parcel, draw_parcels
from simulators.carrier.plan import planned_visits
from simulators.carrier.pulls import Call, Doing, Pull, ScanBook, Typed
from simulators.carrier.timetable import USUAL, Timetable
from simulators.carrier.truth import Truth
from simulators.carrier.world import World
from wire.names import format_at

FIRST_DAY = date(2026, 6, 15)
"""A Monday; the Dragon Boat holiday falls on the Friday of that week."""
PARCELS_PER_DAY = 500
DECLARED_AFTER = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class CarrierDays:
    """What one seed gave.

    ``doings`` are in order of time; ``rates`` were drawn, ``skipped`` of ``turns`` scans were
    realised.
    """

    seed: int
    world: World
    rates: Rates
    doings: Sequence[Doing]
    truth: Truth
    turns: int
    skipped: int

    def pulls(self) -> Iterator[Pull]:
        """The trigger pulls alone."""
        return (each for each in self.doings if isinstance(each, Pull))

    def calls(self) -> Iterator[Call]:
        """The REST calls alone."""
        return (each for each in self.doings if isinstance(each, Call))

    def typed(self) -> Iterator[Typed]:
        """What was typed on station pages alone."""
        return (each for each in self.doings if isinstance(each, Typed))

    def lines(self) -> Iterator[str]:
        """Drawn and realised rates for a person to read."""
        yield f"seed {self.seed}"
        yield from self.rates.lines()
        share = self.skipped / max(1, self.turns)
        yield f"{self.turns} scans were due, {share:.1%} of them were not made"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a carrier works; the rest is drawn.

    ``script`` may change single parcels before the days begin. ``devices`` lets one scanner do the
    work of several, ``clock_slack`` is how far clocks may be apart (both for real programs). In
    the first ``calm_days`` nothing befalls whole sites (``noise.draw_rates``).
    """

    size: Size = MEDIUM
    timetable: Timetable = USUAL
    holidays: tuple[date, ...] = (DRAGON_BOAT_2026,)
    first_day: date = FIRST_DAY
    script: Callable[[World, Sequence[Parcel]], None] | None = None
    devices: Mapping[str, str] = field(default_factory=dict)
    clock_slack: timedelta = timedelta()
    calm_days: int = 0


def simulate(
    seed: int,
    parcels: int = 5_000,
    noise: Noise | None = None,
    days: int | None = None,
    setting: Setting | None = None,
) -> CarrierDays:
    """Simulate the days on which so many parcels are accepted, until the last has its fate.

    Args:
        seed: everything is drawn from it.
        parcels: high-value and ordinary ones together.
        noise: what goes wrong; the shipped ranges by default.
        days: days with acceptances; by default as many as 500 parcels a day need.
        setting: another carrier than the usual one.
    """
    rng = random.Random(seed)
    at = setting or Setting()
    days = days or -(-parcels // PARCELS_PER_DAY)
    world = build_world(rng, at.size, at.timetable, at.holidays)
    rates = draw_rates(rng, noise or Noise(), world, at.first_day, days, at.calm_days)
    drawn = draw_parcels(rng, world, rates, parcels, at.first_day, days)
    if at.script is not None:
        at.script(world, drawn)
    truth = Truth(outages=rates.outages)
    book = ScanBook(world, rng, rates, at.devices, at.clock_slack)
    journey, agenda = _assemble(world, rates, rng, book, truth, len(drawn))
    for parcel in drawn:
        truth.plans[parcel.waybill] = planned_visits(world, parcel.route, parcel.accepted_at)
        _declare(rng, book, parcel)
    journey.accept(drawn)
    midnight = world.moment(world.sites[0].code, at.first_day, time())
    agenda.note(midnight, lambda now: journey.open_day(at.first_day, now))
    agenda.run()
    book.doings.sort(key=_order)
    return CarrierDays(seed, world, rates, book.doings, truth, book.turns, book.skipped)


def _assemble(
    world: World, rates: Rates, rng: random.Random, book: ScanBook, truth: Truth, parcels: int
) -> tuple[Journey, Agenda]:
    agenda = Agenda()
    floor = Floor(world, book, truth, rng)
    faults = Faults(world, rng, floor, book, truth)
    fates = Fates(world, rates, rng, floor, agenda, truth, parcels)
    deliveries = Deliveries(world, rates, rng, floor, agenda, fates, faults)
    bagging = Bagging(world, rates, floor, faults, book)
    journey = Journey(world, rates, rng, floor, agenda, fates, faults, bagging, deliveries, book)
    fates.resume = journey.rest
    return journey, agenda


def _declare(rng: random.Random, book: ScanBook, parcel: Parcel) -> None:
    """The carrier's order system tells the hub what the sender declared."""
    body: dict[str, object] = {
        "declared_value_cny": f"{parcel.value_cny}.00",
        "origin": parcel.origin,
        "destination": parcel.destination,
        "goods_class": "electronics" if parcel.is_electronics else "other",
        "accepted_at": format_at(parcel.accepted_at),
        "sender": {"name": _person(rng), "phone": _phone(rng)},
        "recipient": {"name": _person(rng), "phone": _phone(rng), "address": _address(rng)},
    }
    book.call(parcel.accepted_at + DECLARED_AFTER, "PUT", f"parcels/{parcel.waybill}", body)


def _person(rng: random.Random) -> str:
    return rng.choice("王李张刘陈杨赵黄周吴") + rng.choice(["先生", "女士"])


def _address(rng: random.Random) -> str:
    return f"{rng.choice(['人民', '解放', '中山', '和平', '建设'])}路{rng.randrange(1, 300)}号"


def _phone(rng: random.Random) -> str:
    return f"13{rng.randrange(10**9):09d}"


def _order(doing: Doing) -> tuple[datetime, str]:
    # The sort is stable: what one device does keeps its order.
    return doing.at, "" if isinstance(doing, Call) else doing.site
