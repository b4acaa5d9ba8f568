"""The demo's carrier: three branches around one level-2 hub, and one theft a day.

Pure. Parcels travel in hours, so that sixty-fold time shows a whole day in under half an hour. The
theft happens at the hub between two trips; its parcel turns up at a third site once both sites
have looked for it. Source: HV-2.11.2.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from simulators.carrier.build import AREA, CAGE, DOCK, Size, build_world
from simulators.carrier.day import Setting, simulate
from simulators.carrier.floor import CAGE_DEVICE, IN, OUT, SORT, handheld
from simulators.carrier.noise import QUIET
from simulators.carrier.parcels import Doom, Parcel, TurnsUp
from simulators.carrier.pulls import Doing
from simulators.carrier.timetable import BRISK
from simulators.carrier.truth import Fate, FateKind
from simulators.carrier.world import Channel, World

FIRST_DAY = date(2026, 11, 23)
"""No holiday is near it."""
STARTS = time(8, 1)
"""Programs take some seconds to start, each a minute here; this is early in every site's shift, so
that none ends before its suspects can be asked for."""
HOUR = timedelta(hours=1)
LATE_OPENING = timedelta(minutes=20)
"""So long after the full hour the day still opens with it; what is overdue then is done at once."""
FIRST_PICKUP_AFTER = timedelta(minutes=12)
LAST_PICKUP = time(23, 30)
SIZE = Size(regions=1, level_2_per_region=1, branches_per_level_2=3)
DAYS = 3
PARCELS_PER_DAY = 150
PARCELS_PER_DAY_MIN, PARCELS_PER_DAY_MAX = 30, 500
"""With fewer a day may have none that is worth a theft; more nobody can scan in time."""
HUB, FROM, TO, THIRD = "755X1", "755A", "755B", "755C"
EDGE_SITES = (FROM, HUB, TO, THIRD)
HUB_STOCK = 3
"""The chance at which a parcel lies at its first hub: after courier, branch and trip."""
TURNS_UP_AFTER = timedelta(hours=2, minutes=25)
"""After its next scan was due: an hour until it is suspected, an hour's search, and a while."""
DOCK_1, DOCK_2 = "dock-1", "dock-2"
DESK = "desk-1"
"""A scanner that the day's work does not need: whoever answers a search signs on here."""
CLOCK_SLACK = timedelta(minutes=6)
"""Programs that start one after the other keep hours that differ by some seconds of ours."""
_DEVICES = {IN: DOCK_1, OUT: DOCK_1, SORT: DOCK_2, CAGE_DEVICE: DOCK_2}
CHANNELS = (
    Channel(HUB, "belt", (AREA,), "belt"),
    Channel(HUB, "dock", (DOCK,), "handover"),
    Channel(HUB, "cage", (DOCK, AREA, CAGE), "dedicated"),
)
"""The cameras that the demo has."""
_NOISE = replace(
    QUIET,
    skip_pct=(1.0, 3.0),
    late_sigma=(0.05, 0.1),
    absent_pct=(4.0, 4.0),
    second_form_pct=(20.0, 20.0),
    seal_check_pct=(20.0, 20.0),
)

POLICY = """\
# Five seconds on the way are five minutes here.
[late]
late_s = 300

# The demo's parcels travel in hours and its trips are on time: an hour behind plan is much.
[missing]
late_min = 10
false_per_1000 = 150
silent_max_min = 60
handle_min = 10
delivery_min = 120

# Half an hour is half a minute here, and a busy machine may take that between two scans.
[session]
idle_min = 120
"""


@dataclass(frozen=True, slots=True)
class Theft:
    """What an onlooker should look at: a parcel that is stolen, missed, searched and found."""

    waybill: str
    site: str
    previous_site: str
    third_site: str
    stolen_at: datetime
    found_at: datetime


@dataclass(frozen=True, slots=True)
class DemoDays:
    """What is played, and the thefts in it, in order of time."""

    doings: Sequence[Doing]
    thefts: Sequence[Theft]


def make_world(seed: int) -> World:
    """The demo's world: what its programs are told before the days are drawn.

    The hub's channel is three cameras; which of them see its area matters to no parcel's fate.
    """
    world = build_world(random.Random(seed), SIZE, BRISK, ())
    others = tuple(each for each in world.channels if each.site != HUB)
    return replace(world, channels=(*others, *CHANNELS))


def starts_at(world: World) -> datetime:
    """What the programs' clocks say when the first of them starts."""
    return world.moment(FROM, FIRST_DAY, STARTS)


def opens_at(ready_at: datetime) -> datetime:
    """The full hour at which the first day opens, once everything is ready."""
    latest = ready_at + HOUR - LATE_OPENING
    return latest.replace(minute=0, second=0, microsecond=0)


def gate_people(world: World) -> tuple[tuple[str, str], ...]:
    """Badge and name of the two who stand at the gate."""
    staff = [(each.badge, each.name) for each in world.people if each.site == FROM]
    return tuple(staff[:2])


def devices_of(world: World, site: str) -> tuple[str, ...]:
    """The scanners that the days and a search need at a site."""
    couriers = world.couriers(site)
    return (DOCK_1, DOCK_2, *(handheld(badge) for badge in couriers), DESK)


def make_days(seed: int, opening: datetime, parcels_per_day: int = PARCELS_PER_DAY) -> DemoDays:
    """The demo's days in the world of the same seed; ``opening`` is a full hour of the first."""
    world = make_world(seed)
    script = _Script(world, opening)
    setting = Setting(
        size=SIZE,
        timetable=replace(BRISK, pickups=(script.opens, LAST_PICKUP)),
        holidays=(),
        first_day=world.local(FROM, opening).date(),
        script=script.steal_daily,
        devices=_DEVICES,
        clock_slack=CLOCK_SLACK,
    )
    days = simulate(seed, DAYS * parcels_per_day, _NOISE, DAYS, setting)
    thefts = [_theft(fate) for fate in days.truth.vanished()]
    return DemoDays(days.doings, sorted(thefts, key=lambda theft: theft.stolen_at))


@dataclass(frozen=True, slots=True)
class _Script:
    """What is not left to the dice: the first high-value parcel that goes through the hub."""

    world: World
    opening: datetime

    @property
    def opens(self) -> time:
        """The local time at which each day begins."""
        return self.world.local(FROM, self.opening).time()

    def steal_daily(self, world: World, parcels: Sequence[Parcel]) -> None:
        """Doom one parcel of each day; it is the first, so that nobody has to wait for it."""
        robbed: set[date] = set()
        for parcel in parcels:
            day = world.local(parcel.origin, parcel.accepted_at).date()
            if day not in robbed and parcel.high_value and parcel.origin == FROM:
                robbed.add(day)
                parcel.destination, parcel.route = TO, world.route(FROM, TO)
                parcel.accepted_at = world.moment(FROM, day, self.opens) + FIRST_PICKUP_AFTER
                parcel.doom = Doom(FateKind.STOLEN, HUB_STOCK, TurnsUp(THIRD, TURNS_UP_AFTER))


def _theft(fate: Fate) -> Theft:
    assert fate.found_at is not None, "the script lets it turn up"
    return Theft(fate.waybill, HUB, FROM, THIRD, fate.at, fate.found_at)
