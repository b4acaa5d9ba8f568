"""The parcels' days: acceptance, trips, hubs, delivery, and what happens to the few.

Pure: one agenda of actions over one world. ``Floor`` does the work of each step; here stands who
does it when, and what goes otherwise than planned. Source: domain.md (A, B), design section 6.
"""

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from simulators.carrier.agenda import Agenda
from simulators.carrier.bagging import Bagging
from simulators.carrier.deliveries import Deliveries
from simulators.carrier.fates import Fates
from simulators.carrier.faults import Faults, alone_at_arrival, needs_sure_scans
from simulators.carrier.floor import IN, Floor
from simulators.carrier.moments import utc
from simulators.carrier.noise import Rates
from simulators.carrier.parcels import Bag, Parcel, Unit
from simulators.carrier.plan import homecoming
from simulators.carrier.pulls import ScanBook
from simulators.carrier.truth import How
from simulators.carrier.world import DAY, Lane, World

LATE_START = (math.log(4.0), 0.5)
"""Minutes that a trip starts after its plan, lognormal."""
DISRUPTION_SIGMA = 0.7


class Waiting(NamedTuple):
    """A unit that waits for its next departure since a moment."""

    since: datetime
    unit: Unit


@dataclass(frozen=True, slots=True)
class Trip:
    """What goes along a lane with one planned departure."""

    lane: Lane
    leaves_at: datetime
    units: list[Unit]
    sure: bool


@dataclass
class Journey:
    """Everything between the courier who accepts and the site that delivers."""

    world: World
    rates: Rates
    rng: random.Random
    floor: Floor
    agenda: Agenda
    fates: Fates
    faults: Faults
    bagging: Bagging
    deliveries: Deliveries
    book: ScanBook
    waiting: dict[tuple[str, str], list[Waiting]] = field(default_factory=lambda: defaultdict(list))
    """By site and next site."""

    # ------------------------------------------------------------ acceptance

    def accept(self, parcels: Sequence[Parcel]) -> None:
        """Note every acceptance, and each courier's homecomings with what they accepted."""
        rounds: dict[tuple[datetime, str], list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            self.agenda.note(parcel.accepted_at, partial(self._accept, parcel))
            back_at = homecoming(self.world, parcel.origin, parcel.accepted_at)
            rounds[back_at, parcel.courier].append(parcel)
        for (back_at, courier), accepted in rounds.items():
            at = back_at + timedelta(seconds=self.rng.randrange(300))
            self.agenda.note(utc(at), partial(self._come_home, courier, accepted))

    def _accept(self, parcel: Parcel, now: datetime) -> None:
        self.floor.accept(parcel, now, told=not self.faults.skips_acceptance(parcel, now))

    def _come_home(self, courier: str, accepted: list[Parcel], now: datetime) -> None:
        how = How.WITH_COURIER
        parcels = [
            parcel
            for parcel in accepted
            if not self.fates.strikes(parcel, parcel.accepted_at, now, how, lambda: now)
        ]
        if not parcels:
            return
        site = parcels[0].origin
        keeper = self.world.receiver_at(site, now)
        rest, at = self.faults.at_homecoming(site, courier, keeper, parcels, now)
        if rest and self.rng.random() < self.rates.second_form:
            at = self.floor.hand_over_on_two(site, courier, keeper, rest, at)
        elif rest:
            at = self.floor.hand_over(site, IN, courier, keeper, rest, at)
        self.rest(site, parcels, at)

    # ------------------------------------------------------------ waiting

    def rest(self, site: str, parcels: Sequence[Parcel], at: datetime) -> None:
        """Parcels are ready at a site: for delivery, or for their next departure."""
        tos = {parcel.waybill: self._next_stop(site, parcel, at) for parcel in parcels}
        stored = [each for each in parcels if self._is_stored(each, site, tos[each.waybill], at)]
        if stored:
            at = self.faults.store(site, self.world.receiver_at(site, at), stored, at)
        for parcel in parcels:
            parcel.since = at
            to = tos[parcel.waybill]
            if to is None:
                self.deliveries.wait(site, parcel)
            else:
                self.waiting[site, to].append(Waiting(at, parcel))

    def _next_stop(self, site: str, parcel: Parcel, at: datetime) -> str | None:
        """Where it goes from here; None: it is delivered from here."""
        if site == parcel.destination:
            return None
        if site not in parcel.route:
            parcel.route = self.world.route(site, parcel.destination)
        right = parcel.next_from(site)
        parcel.is_loose = False
        back = self.faults.sends_back(parcel, site)
        if back is not None:
            parcel.is_loose = True
            self.fates.stray(parcel, site, back, at)
            return back
        if parcel.strays_after is None:
            return right
        parcel.strays_after -= 1
        wrong = [to for to in self.world.neighbours[site] if to not in parcel.route]
        if parcel.strays_after >= 0 or not wrong:
            return right
        parcel.strays_after = None
        parcel.is_loose = True
        to = self.rng.choice(wrong)
        self.fates.stray(parcel, site, to, at)
        return to

    def _is_stored(self, parcel: Parcel, site: str, to: str | None, at: datetime) -> bool:
        if to is None:
            return True
        hours = self.world.timetable
        wait = self.world.leaving(site, to, at).at - at
        return wait > hours.store_after and not self.faults.leaves_lying(
            parcel, wait - hours.cut_off
        )

    # ------------------------------------------------------------ departures

    def open_day(self, day: date, now: datetime) -> None:
        """Note a local day's departures and deliveries; every site has its own midnight."""
        for lane in self.world.lanes:
            leaves_at = self.world.shift_end(lane.origin, lane.shift, day)
            self.agenda.note(
                utc(leaves_at - self.world.timetable.cut_off),
                partial(self._close, lane, utc(leaves_at)),
            )
        self.deliveries.open_day(day)
        if self.fates.open:
            self.agenda.note(now + DAY, partial(self.open_day, day + DAY))

    def _close(self, lane: Lane, leaves_at: datetime, now: datetime) -> None:
        """What is ready leaves: taken over by who works now, bagged at hubs, loaded."""
        units = self._gather(lane, now)
        if not units:
            return
        site, by = lane.origin, self.world.receiver_at(lane.origin, now)
        sure = needs_sure_scans(units)
        at = self.floor.take_over(site, by, units, now, sure)
        units, split, at = self.bagging.bag(lane, by, units, at)
        own, lane = lane, self.faults.choose_vehicle(lane, units)
        units, last = self.faults.loading_order(lane, units)
        at = self.floor.load(lane, by, units, at, sure or lane != own or bool(last))
        self.faults.note_vehicle(lane, own, units, at)
        self.faults.note_last(lane, last)
        self.faults.move_stopped(units, site, at)
        self.faults.move_lying(units, site, at)
        late_min = self.rng.lognormvariate(*LATE_START) if self.rates.late_sigma else 0.0
        leave = utc(max(at, leaves_at + timedelta(minutes=late_min)))
        units, left = self.faults.leave_apart(lane, units, at, leave)
        queue = self.waiting[site, lane.destination]
        queue += [Waiting(leave, parcel) for parcel in (*split, *left)]
        for parcel in (each for unit in units for each in unit.parcels):
            parcel.is_watched = False
        if units:
            self.agenda.note(leave, partial(self._leave, Trip(lane, leaves_at, units, sure)))

    def _gather(self, lane: Lane, now: datetime) -> list[Unit]:
        """What is there and not forgotten in a corner; thefts at the site show here."""
        site, to = lane.origin, lane.destination
        queue, self.waiting[site, to] = self.waiting[site, to], []
        units = []
        left = self.rates.left_on(self.world.local(site, now).date())
        for each in queue:
            due = partial(self.fates.due_at_site, each.unit, site, to, each.since)
            if each.since > now or self.rng.random() < left:
                self.waiting[site, to].append(each)
            elif self.fates.keeps_some(each.unit, each.since, now, How.AT_SITE, due):
                units.append(each.unit)
        return units

    def _leave(self, trip: Trip, now: datetime) -> None:
        lane = trip.lane
        by = self.faults.who_departs(lane, trip.units, now)
        at = self.floor.depart(lane, by, trip.units, now, trip.sure)
        waybills = [each.waybill for unit in trip.units for each in unit.parcels]
        kind = "flight" if lane.by_air else "vehicle"
        way = (lane.origin, lane.destination)
        self.book.manifest(at, lane.vehicle, kind, way, waybills)
        hours = lane.planned_h * self.rng.lognormvariate(-0.03, self.rates.late_sigma)
        if self.rng.random() < self.rates.disrupted:
            hours += self.rates.disrupted_h * self.rng.lognormvariate(0, DISRUPTION_SIGMA)
        self.agenda.note(utc(at + timedelta(hours=hours)), partial(self._arrive, trip, at))

    # ------------------------------------------------------------ arrivals

    def _arrive(self, trip: Trip, left_at: datetime, now: datetime) -> None:
        """Handed over by the driver, taken in by the receiver, bags for here opened."""
        lane, site = trip.lane, trip.lane.destination
        units = [unit for unit in trip.units if self._comes_along(unit, trip, left_at, now)]
        if not units:
            return
        by = self.world.receiver_at(site, now)
        alone = alone_at_arrival(units)
        handed = [unit for unit in units if unit not in alone]
        handed, at = self.faults.take_in(lane, handed, now)
        if handed:
            at = self.floor.hand_over(site, IN, lane.driver, by, handed, at, trip.sure)
            at = self.floor.arrive(lane, by, handed, at, trip.sure)
            self.faults.come_back(lane, handed, at)
        for parcel in alone:
            self.floor.pass_silently(site, parcel, by, at)
            at = self.floor.arrive(lane, by, [parcel], at, sure=True)
            parcel.fault = None
        parcels = [unit for unit in units if isinstance(unit, Parcel)]
        for bag in (unit for unit in units if isinstance(unit, Bag)):
            if bag.route[-1] == site:
                parcels += bag.parcels
                at = self.floor.unpack(site, by, bag, at)
            else:
                self.waiting[site, bag.next_from(site)].append(Waiting(at, bag))
        going_on = [parcel for parcel in parcels if parcel.destination != site]
        if going_on and site in self.world.hubs:
            at = self.floor.sort(site, going_on, at)
        if parcels:
            self.rest(site, parcels, at)

    def _comes_along(self, unit: Unit, trip: Trip, left_at: datetime, now: datetime) -> bool:
        due = partial(self.fates.due_on_way, unit, trip.lane, trip.leaves_at)
        if not self.fates.keeps_some(unit, left_at, now, How.ON_THE_WAY, due):
            return False
        arrives_at = trip.leaves_at + timedelta(hours=trip.lane.planned_h)
        return not self.fates.steals_bag(unit, left_at, now, arrives_at)
