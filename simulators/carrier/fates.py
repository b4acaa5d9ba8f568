"""What becomes of parcels: stolen, lost and perhaps found, sent astray, delivered.

Pure. A doomed parcel has so many chances to vanish (with the courier, at each site, on each trip);
at its chance it is gone from then on, and the truth says how, where, and when its next scan was
due. Source: design section 7 ("Words").
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from simulators.carrier.agenda import Agenda
from simulators.carrier.floor import Floor
from simulators.carrier.moments import utc
from simulators.carrier.noise import Rates
from simulators.carrier.parcels import Bag, Parcel, Unit
from simulators.carrier.plan import HANDLING, arrival
from simulators.carrier.truth import Diversion, Fate, FateKind, How, Truth
from simulators.carrier.world import Lane, World
from wire.names import Step

FOUND_AFTER_H = (20.0, 120.0)
BAG_THEFT_SHARE = 0.01
BAG_THEFT_PARCELS_MIN = 3

Resume = Callable[[str, Sequence[Parcel], datetime], None]


@dataclass
class Fates:
    """Ends parcels' days and counts those that go on; ``resume`` takes back found ones."""

    world: World
    rates: Rates
    rng: random.Random
    floor: Floor
    agenda: Agenda
    truth: Truth
    open: int
    resume: Resume | None = None
    bags_stolen: int = 0

    def deliver(self, parcel: Parcel, at: datetime) -> None:
        """The parcel reached its recipient."""
        self.open -= 1
        known = self.truth.fates.get(parcel.waybill)
        if known is not None:
            known.delivered_at = at
            return
        told = not parcel.is_forgotten
        self.truth.fates[parcel.waybill] = Fate(
            waybill=parcel.waybill,
            high_value=parcel.high_value,
            kind=FateKind.DELIVERED,
            at=at,
            site=parcel.site,
            how=How.SIGNED,
            delivered_at=at,
            told=told,
        )

    def stray(self, parcel: Parcel, site: str, to: str, at: datetime) -> None:
        """The parcel was put to the wrong departure."""
        self.truth.diversions.append(Diversion(parcel.waybill, at, site, to))

    def keeps_some(
        self, unit: Unit, start: datetime, end: datetime, how: How, due: Callable[[], datetime]
    ) -> bool:
        """Give each parcel of a unit its chance to vanish; say whether any is left."""
        gone = [each for each in list(unit.parcels) if self.strikes(each, start, end, how, due)]
        return bool(unit.parcels) if isinstance(unit, Bag) else not gone

    def strikes(
        self, parcel: Parcel, start: datetime, end: datetime, how: How, due: Callable[[], datetime]
    ) -> bool:
        """One chance to vanish between two moments; ``due`` tells its next scan's planned time."""
        doom = parcel.doom
        if doom is None:
            return False
        if doom.chances_left > 0:
            doom.chances_left -= 1
            return False
        due_at = due()
        self._vanish(parcel, doom.kind, self._moment(start, end), how, due_at)
        if doom.turns_up is not None:
            self._find_later(parcel, how, doom.turns_up.site, due_at + doom.turns_up.after)
        elif doom.kind is FateKind.LOST and self.rng.random() < self.rates.found:
            hours = self.rng.uniform(*FOUND_AFTER_H)
            at = self.truth.fates[parcel.waybill].at + timedelta(hours=hours)
            self._find_later(parcel, how, parcel.site, at)
        return True

    def steals_bag(self, unit: Unit, start: datetime, end: datetime, due_at: datetime) -> bool:
        """Now and then a whole bag goes; ``due_at`` is its planned arrival."""
        if self.bags_stolen >= self.rates.whole_bags or isinstance(unit, Parcel):
            return False
        is_worth = len(unit.parcels) >= BAG_THEFT_PARCELS_MIN and all(
            each.high_value and each.doom is None and each.fault is None for each in unit.parcels
        )
        if not is_worth or self.rng.random() >= BAG_THEFT_SHARE:
            return False
        self.bags_stolen += 1
        at = self._moment(start, end)
        for parcel in list(unit.parcels):
            self._vanish(parcel, FateKind.STOLEN, at, How.WHOLE_BAG, due_at)
        return True

    def due_at_site(self, unit: Unit, site: str, to: str, ready_at: datetime) -> datetime:
        """The planned time of the next scan of what waits: its departure, or its bag's opening."""
        if isinstance(unit, Bag):
            way = unit.route[unit.route.index(site) :]
            return arrival(self.world, way, ready_at) + HANDLING
        return self.world.leaving(site, to, ready_at).at

    def due_on_way(self, unit: Unit, lane: Lane, leaves_at: datetime) -> datetime:
        """The same of what is aboard: its arrival, or its bag's opening."""
        there = leaves_at + timedelta(hours=lane.planned_h)
        if isinstance(unit, Bag):
            way = unit.route[unit.route.index(lane.destination) :]
            ready_at = there + HANDLING
            return arrival(self.world, way, ready_at) + HANDLING if len(way) > 1 else ready_at
        return there

    def _vanish(
        self, parcel: Parcel, kind: FateKind, at: datetime, how: How, due_at: datetime
    ) -> None:
        self.open -= 1
        if parcel.bag is not None:
            parcel.bag.parcels.remove(parcel)
            how = How.FROM_BAG if how is not How.WHOLE_BAG else how
        self.truth.fates[parcel.waybill] = Fate(
            waybill=parcel.waybill,
            high_value=parcel.high_value,
            kind=kind,
            at=at,
            site=parcel.site,
            how=how,
            due_at=utc(due_at),
        )
        self.floor.vanish(parcel, at, kind.value)
        parcel.doom = None

    def _find_later(self, parcel: Parcel, how: How, site: str, at: datetime) -> None:
        self.open += 1
        self.truth.fates[parcel.waybill].found_at = utc(at)
        self.agenda.note(utc(at), partial(self._find, parcel, how, site))

    def _find(self, parcel: Parcel, how: How, site: str, now: datetime) -> None:
        """A stocktaking comes upon it, or whoever cleans the vehicle."""
        keeper = self.world.receiver_at(site, now)
        step = Step.INSPECT if how is How.ON_THE_WAY else Step.COUNT
        at = self.floor.find(parcel, site, keeper, step, now)
        assert self.resume is not None, "set before the days begin"
        self.resume(site, [parcel], at)

    def _moment(self, start: datetime, end: datetime) -> datetime:
        # Strictly between: the scans at both ends are others' moments.
        return utc(start + (end - start) * self.rng.uniform(0.05, 0.95))
