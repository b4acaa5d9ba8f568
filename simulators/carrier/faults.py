"""Wrong work: a few parcels on which each rule is broken once, and the truth told of it.

Pure. What is broken here is scanned whole, so that it can be found; a breach enters the truth
only once it was done. Source: HV-2.2.2.2, HV-2.2.5, HV-2.2.6, HV-2.3, HV-2.4, HV-2.5, HV-2.6,
HV-2.8, HV-2.9, HV-3, HV-X8, design section 6 (the table's "if missing").
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.carrier.build import CAGE, SHELF
from simulators.carrier.floor import IN, Floor
from simulators.carrier.moments import utc
from simulators.carrier.parcels import HV_ABOVE_CNY, ROAD_FAULTS, Bag, Fault, Parcel, Unit
from simulators.carrier.pulls import ScanBook
from simulators.carrier.truth import Breach, Truth
from simulators.carrier.world import Lane, World
from wire.site_pack import Duty

RULES = {
    Fault.BRANCH_BAG: "HV-2.3",
    Fault.LEFT_APART: "HV-2.4.2",
    Fault.BAG_SPLIT: "HV-2.4.2",
    Fault.MIXED_BAG: "HV-2.4.1",
    Fault.BAD_STORE: "HV-2.8",
    Fault.STOP_MOVED: "HV-3",
    Fault.NO_SIGNER: "HV-2.6",
    Fault.ONE_SIDED: "HV-2.2.6",
    Fault.LOW_VALUE: "HV-2.2.2.2",
    Fault.SENT_BACK: "HV-2.9",
    Fault.HALF_CLOSED: "HV-X8",
    Fault.UNLISTED: "HV-X8",
    Fault.WRONG_RECEIVER: "HV-2.4.1",
    Fault.WRONG_DELIVERER: "HV-2.5",
    Fault.LOADED_LAST: "HV-2.4.2",
}
"""What each kind breaks. ``ARRIVED_ALONE`` breaks HV-2.2.6, as every arrival whose handover was not
scanned does (``Floor.arrive``), and what lies unstored, for whatever reason, breaks HV-2.8
(``move_lying``); the others leave gaps, or are right work after trouble."""
LEFT_LYING = ("HV-2.8", "left_lying")
NO_CAMERA = ("HV-2.8", "no_camera")
"""A site without any camera where high-value parcels rest: one standing breach (ours)."""
OPEN_FOR = timedelta(minutes=35)
"""A handover that nobody confirms is seen as open only if nothing is scanned for half an hour."""
LYING_FOR = timedelta(hours=6)
"""What lies so long until it is loaded should have been stored, whatever a carrier's policy."""
STOP_AFTER = timedelta(minutes=5)
RELEASE_AFTER = timedelta(hours=1)
REFUSED_FOR = timedelta(minutes=20)
ORDINARY = 2
"""The rank at loading a flight of what holds nothing of high value."""


@dataclass
class Faults:
    """Does the wrong work and writes it down."""

    world: World
    rng: random.Random
    floor: Floor
    book: ScanBook
    truth: Truth

    def commit(self, parcel: Parcel, at: datetime, site: str) -> None:
        """The parcel's fault was done; from here on it is worked properly."""
        assert parcel.fault is not None, "only a chosen parcel's rule is broken"
        rule = RULES[parcel.fault]
        self.truth.breaches.append(Breach(rule, parcel.waybill, utc(at), site, parcel.fault.value))
        parcel.fault = None

    def skips_acceptance(self, parcel: Parcel, now: datetime) -> bool:
        """Say whether nobody scans the acceptance; a value below the series' is scanned."""
        if parcel.fault is Fault.LOW_VALUE:
            self.commit(parcel, now, parcel.origin)
        return parcel.fault is Fault.NO_ACCEPTANCE

    def at_homecoming(
        self, site: str, courier: str, keeper: str, parcels: Sequence[Parcel], at: datetime
    ) -> tuple[list[Parcel], datetime]:
        """Handovers that one side leaves unconfirmed, or refuses; returns the others."""
        rest = []
        for parcel in parcels:
            if parcel.fault is Fault.ONE_SIDED and self._lies_for_long(parcel, site, at):
                at = self.floor.give_alone(site, courier, keeper, parcel, at)
                parcel.is_left_lying = True
                self.commit(parcel, at, site)
            elif parcel.fault is Fault.REFUSED:
                parcel.fault = None
                end = self.floor.refuse(site, courier, parcel, "damaged", at)
                again = max(at, end) + REFUSED_FOR
                at = self.floor.hand_over(site, IN, courier, keeper, [parcel], again, sure=True)
            else:
                rest.append(parcel)
        return rest, at

    def _lies_for_long(self, parcel: Parcel, site: str, at: datetime) -> bool:
        leaving = self.world.leaving(site, parcel.next_from(site), at)
        return leaving.at - self.world.timetable.cut_off - at > OPEN_FOR

    def leaves_lying(self, parcel: Parcel, wait: timedelta) -> bool:
        """Say whether nobody stores a parcel although its departure is so far away."""
        if parcel.fault is Fault.LEFT_LYING and parcel.is_told and wait > LYING_FOR:
            parcel.fault = None
            parcel.is_left_lying = True
        return parcel.is_left_lying

    def move_lying(self, units: Sequence[Unit], site: str, at: datetime) -> None:
        """What nobody stored goes on: a breach where it lay for long and its leaving is scanned."""
        rule, what = LEFT_LYING
        for parcel in (each for unit in units for each in unit.parcels if each.is_left_lying):
            parcel.is_left_lying = False
            is_seen = parcel.is_told if parcel.bag is None else parcel.is_bag_told
            if is_seen and at - parcel.since > LYING_FOR:
                self.truth.breaches.append(Breach(rule, parcel.waybill, utc(at), site, what))

    def store(self, site: str, keeper: str, parcels: Sequence[Parcel], at: datetime) -> datetime:
        """Put parcels into the cage; a few where nothing protects them, a few are stopped."""
        bad = [parcel for parcel in parcels if parcel.fault is Fault.BAD_STORE]
        good = [parcel for parcel in parcels if parcel.fault is not Fault.BAD_STORE]
        if any(parcel.high_value for parcel in parcels):
            self._note_blind(site, at)
        for parcel in bad:
            self.commit(parcel, at, site)
            at = self.floor.store(site, keeper, [parcel], at, SHELF)
        if good:
            at = self.floor.store(site, keeper, good, at, CAGE)
        for parcel in good:
            # At the destination the next move is the courier's: here only departures are stopped.
            if parcel.fault is Fault.STOP_MOVED and site != parcel.destination:
                self._stop(parcel, at)
        return at

    def _note_blind(self, site: str, at: datetime) -> None:
        if site in self.world.seen_sites:
            return
        rule, what = NO_CAMERA
        if not any(each.what == what and each.site == site for each in self.truth.breaches):
            self.truth.breaches.append(Breach(rule, None, at, site, what))

    def _stop(self, parcel: Parcel, at: datetime) -> None:
        parcel.is_stopped = True
        order: dict[str, object] = {
            "result": "stop",
            "reason": "包装破损待查 packing damaged, being examined",
            "banner_zh": "禁止流转",
            "banner_en": "STOP",
        }
        self.book.call(utc(at + STOP_AFTER), "PUT", f"wanted/{parcel.waybill}", order)

    def move_stopped(self, units: Sequence[Unit], site: str, at: datetime) -> None:
        """What was stopped and is bagged or loaded all the same; released when somebody noticed."""
        for parcel in (each for unit in units for each in unit.parcels if each.is_stopped):
            parcel.is_stopped = False
            self.commit(parcel, at, site)
            self.book.call(utc(at + RELEASE_AFTER), "DELETE", f"wanted/{parcel.waybill}", None)

    def choose_vehicle(self, lane: Lane, units: Sequence[Unit]) -> Lane:
        """What goes along a road lane: its own vehicle, or for a chosen parcel a wrong one."""
        faults = {each.fault for unit in units for each in unit.parcels}
        if lane.by_air or faults.isdisjoint(ROAD_FAULTS):
            return lane
        return lane.unlisted if Fault.UNLISTED in faults else lane.half_closed

    def note_vehicle(self, lane: Lane, own: Lane, units: Sequence[Unit], at: datetime) -> None:
        """Who was loaded into a wrong vehicle: everybody in an unlisted one, else electronics."""
        if lane == own:
            return
        fault = Fault.UNLISTED if lane == own.unlisted else Fault.HALF_CLOSED
        for parcel in (each for unit in units for each in unit.parcels):
            if parcel.fault in ROAD_FAULTS:
                parcel.fault = None
            # A declaration that was refused said nothing of its goods.
            is_known = parcel.is_electronics and parcel.value_cny > HV_ABOVE_CNY
            is_wrong = parcel.high_value and (is_known or fault is Fault.UNLISTED)
            if is_wrong and parcel.is_told:
                said = Breach(RULES[fault], parcel.waybill, utc(at), lane.origin, fault.value)
                self.truth.breaches.append(said)

    def loading_order(self, lane: Lane, units: list[Unit]) -> tuple[list[Unit], list[Unit]]:
        """By air high value goes first (HV-2.4.2), but for what a chosen parcel is in.

        Returns:
            All units in the order in which they are loaded, and those that wrongly come last.
        """
        if not lane.by_air:
            return units, []
        is_any_ordinary = any(_is_known_ordinary(unit) for unit in units)
        last = [unit for unit in units if is_any_ordinary and _is_loaded_last(unit)]
        return [*sorted((unit for unit in units if unit not in last), key=_rank), *last], last

    def note_last(self, lane: Lane, last: Sequence[Unit]) -> None:
        """What was loaded last although it is of high value."""
        for parcel in (each for unit in last for each in unit.parcels):
            if parcel.fault is Fault.LOADED_LAST:
                parcel.fault = None
            if parcel.high_value and parcel.is_told:
                what = Fault.LOADED_LAST
                at = self.truth.holdings[parcel.waybill][-1].at
                said = Breach(RULES[what], parcel.waybill, at, lane.origin, what.value)
                self.truth.breaches.append(said)

    def who_departs(self, lane: Lane, units: Sequence[Unit], at: datetime) -> str:
        """Whose badge the departure is scanned with: the driver's, or somebody forgot him."""
        chosen = [each for unit in units for each in unit.parcels if each.fault is Fault.NO_DRIVER]
        for parcel in chosen:
            parcel.fault = None
        return self.world.receiver_at(lane.origin, at) if chosen else lane.driver

    def sends_back(self, parcel: Parcel, site: str) -> str | None:
        """Where a parcel goes back to from the first hub on its way; None: it goes on."""
        is_turned = parcel.fault is Fault.SENT_BACK and parcel.route[1] == site
        return parcel.route[0] if is_turned else None

    def come_back(self, lane: Lane, units: Sequence[Unit], at: datetime) -> None:
        """What was sent back has arrived, without any return."""
        for unit in units:
            if not isinstance(unit, Parcel) or unit.fault is not Fault.SENT_BACK:
                continue
            if lane.destination == unit.route[0]:
                self.commit(unit, at, lane.destination)

    def take_in(
        self, lane: Lane, units: Sequence[Unit], at: datetime
    ) -> tuple[list[Unit], datetime]:
        """At a hub somebody else than the receiver takes in a few parcels; returns the others."""
        site = lane.destination
        rest: list[Unit] = []
        for unit in units:
            is_chosen = isinstance(unit, Parcel) and unit.fault is Fault.WRONG_RECEIVER
            if not isinstance(unit, Parcel) or not is_chosen or site not in self.world.hubs:
                rest.append(unit)
                continue
            by = self.world.badges(site, Duty.WAREHOUSE_KEEPER)[0]
            at = self.floor.hand_over(site, IN, lane.driver, by, [unit], at, sure=True)
            at = self.floor.arrive(lane, by, [unit], at, sure=True)
            self.commit(unit, at, site)
        return rest, at

    def rounds(self, site: str, parcels: Sequence[Parcel]) -> list[tuple[str, list[Parcel]]]:
        """Who delivers which parcels: the couriers in turn, a few are a hub keeper's."""
        chosen = [each for each in parcels if each.fault is Fault.WRONG_DELIVERER]
        rest = [each for each in parcels if each.fault is not Fault.WRONG_DELIVERER]
        couriers = self.world.couriers(site)
        shares = [(who, rest[nth :: len(couriers)]) for nth, who in enumerate(couriers)]
        if chosen:
            shares.append((self.world.badges(site, Duty.WAREHOUSE_KEEPER)[0], chosen))
        return [(who, own) for who, own in shares if own]

    def take_out(self, who: str, parcels: Sequence[Parcel], at: datetime) -> datetime:
        """Out for delivery with whoever takes them."""
        chosen = [each for each in parcels if each.fault is Fault.WRONG_DELIVERER]
        at = self.floor.take_out(who, parcels, at, sure=bool(chosen))
        for parcel in chosen:
            self.commit(parcel, at, parcel.site)
        return at

    def leave_apart(
        self, lane: Lane, units: Sequence[Unit], at: datetime, leave: datetime
    ) -> tuple[list[Unit], list[Parcel]]:
        """Take loaded parcels off again: their siblings leave without them (HV-2.4)."""
        left = [each for each in units if isinstance(each, Parcel) and self._stays(each, units)]
        for parcel in left:
            self.commit(parcel, leave, lane.origin)
            self.set_apart(parcel, at)
        return [unit for unit in units if unit not in left], left

    def set_apart(self, parcel: Parcel, at: datetime) -> None:
        """Taken from its vehicle or bag, and nobody scans that; its next scans are sure."""
        parcel.is_watched = parcel.is_loose = True
        parcel.since = at
        self.floor.take_off(parcel, at)

    def _stays(self, parcel: Parcel, units: Sequence[Unit]) -> bool:
        siblings = [each for unit in units for each in unit.parcels if each.high_value]
        others = [each for each in siblings if each.fault is not Fault.LEFT_APART]
        return parcel.fault is Fault.LEFT_APART and bool(others)


def _rank(unit: Unit) -> int:
    """All of high value, some of it, none of it."""
    high = [parcel.high_value for parcel in unit.parcels]
    return 0 if all(high) else 1 if any(high) else ORDINARY


def _is_known_ordinary(unit: Unit) -> bool:
    told = [isinstance(unit, Parcel) or parcel.is_bag_told for parcel in unit.parcels]
    return _rank(unit) == ORDINARY and any(told)


def _is_loaded_last(unit: Unit) -> bool:
    return any(parcel.fault is Fault.LOADED_LAST for parcel in unit.parcels)


def needs_sure_scans(units: Sequence[Unit]) -> bool:
    """Say whether a rule is about to be broken with these: then the scans are made."""
    loud = {
        Fault.LEFT_APART,
        Fault.BAG_SPLIT,
        Fault.MIXED_BAG,
        Fault.BRANCH_BAG,
        Fault.SENT_BACK,
    }
    return any(
        each.is_watched or each.is_stopped or each.fault in loud
        for unit in units
        for each in unit.parcels
    )


def alone_at_arrival(units: Sequence[Unit]) -> list[Parcel]:
    """Parcels that the receiver takes without a handover."""
    return [
        unit for unit in units if isinstance(unit, Parcel) and unit.fault is Fault.ARRIVED_ALONE
    ]


def split_from(bag: Bag) -> list[Parcel]:
    """Parcels that are taken out of a bag again after it was closed, if others stay in it."""
    chosen = [each for each in bag.parcels if each.fault is Fault.BAG_SPLIT]
    return chosen if len(chosen) < len(bag.parcels) else []
