"""Delivery: couriers take what waits at its destination, and come back with what nobody took.

Pure. No statutory holiday has a delivery (HV-1.2.6), all is done by 18:00 (HV-2.6), a second
attempt follows the next round (CS-D1).
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from simulators.carrier.agenda import Agenda
from simulators.carrier.fates import Fates
from simulators.carrier.faults import Faults
from simulators.carrier.floor import IN, OUT, Floor
from simulators.carrier.moments import utc
from simulators.carrier.noise import Rates
from simulators.carrier.parcels import Fault, Parcel
from simulators.carrier.plan import next_round
from simulators.carrier.timetable import SiteKind
from simulators.carrier.truth import How
from simulators.carrier.world import World

ROUND_PARCELS_MAX = 8
"""What one courier takes along."""
START = timedelta(minutes=30)
BACK = timedelta(minutes=5)


@dataclass
class Deliveries:
    """The last part of each parcel's way."""

    world: World
    rates: Rates
    rng: random.Random
    floor: Floor
    agenda: Agenda
    fates: Fates
    faults: Faults
    waiting: dict[str, list[Parcel]] = field(default_factory=lambda: defaultdict(list))

    def wait(self, site: str, parcel: Parcel) -> None:
        """A parcel is where it will be delivered from."""
        self.waiting[site].append(parcel)

    def open_day(self, day: date) -> None:
        """Note a local day's rounds at every site that delivers."""
        if not self.world.is_working_day(day):
            return
        for site in self.world.sites:
            if site.kind in (SiteKind.BRANCH, SiteKind.LEVEL_2):
                for leaves, ends in self.world.timetable.rounds:
                    leave = utc(self.world.moment(site.code, day, leaves))
                    end = utc(self.world.moment(site.code, day, ends))
                    self.agenda.note(leave, partial(self._go_out, site.code, end))

    def _go_out(self, site: str, ends_at: datetime, now: datetime) -> None:
        most = len(self.world.couriers(site)) * ROUND_PARCELS_MAX
        parcels = self._gather(site, now, most)
        if not parcels:
            return
        keeper = self.world.receiver_at(site, now)
        at = self.floor.take_over(site, keeper, parcels, now)
        for courier, own in self.faults.rounds(site, parcels):
            at = self.floor.hand_over(site, OUT, keeper, courier, own, at)
            self._deliver_all(courier, own, self.faults.take_out(courier, own, at), ends_at)

    def _gather(self, site: str, now: datetime, most: int) -> list[Parcel]:
        ready: list[Parcel] = []
        later: list[Parcel] = []
        for parcel in self.waiting[site]:
            due = partial(next_round, self.world, site, parcel.since)
            if parcel.since > now or len(ready) == most:
                later.append(parcel)
            elif not self.fates.strikes(parcel, parcel.since, now, How.AT_SITE, due):
                ready.append(parcel)
        self.waiting[site] = later
        return ready

    def _deliver_all(
        self, courier: str, parcels: list[Parcel], at: datetime, ends_at: datetime
    ) -> None:
        start = at + START
        each = max(ends_at - start, timedelta()) / len(parcels)
        left: list[Parcel] = []
        for number, parcel in enumerate(parcels):
            parcel.since = at
            moment = utc(start + each * (number + self.rng.uniform(0.1, 0.9)))
            self.agenda.note(moment, partial(self._deliver, parcel, courier, ends_at, left))
        self.agenda.note(ends_at + BACK, partial(self._come_back, courier, left))

    def _deliver(
        self, parcel: Parcel, courier: str, ends_at: datetime, left: list[Parcel], now: datetime
    ) -> None:
        if self.fates.strikes(parcel, parcel.since, now, How.WITH_COURIER, lambda: ends_at):
            return
        if self.rng.random() < self.rates.absent:
            left.append(parcel)
            return
        is_signed = parcel.fault is not Fault.NO_SIGNER
        at = self.floor.deliver(parcel, courier, now, is_signed)
        if not is_signed:
            self.faults.commit(parcel, at, parcel.site)
        self.fates.deliver(parcel, at)

    def _come_back(self, courier: str, left: list[Parcel], now: datetime) -> None:
        """What nobody opened to goes back to the cage."""
        if not left:
            return
        site = left[0].site
        keeper = self.world.receiver_at(site, now)
        at = self.floor.hand_over(site, IN, courier, keeper, left, now)
        at = self.floor.store(site, keeper, left, at)
        for parcel in left:
            parcel.since = at
            self.wait(site, parcel)
