"""The work on a site's floor: each step is scanned, or not, and changes who holds what.

Pure. ``Floor`` writes the pulls into the scan book and the truth beside it, in the terms of design
section 6: who answers for a parcel after the step, where it is, and in what. Source: HV-2.2.5 to
HV-2.8, design section 6.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simulators.carrier.build import AREA, CAGE, COUNTER, DOCK, SHELF
from simulators.carrier.parcels import Bag, Parcel, Unit
from simulators.carrier.pulls import MS, ScanBook, Scanned, Work
from simulators.carrier.truth import Breach, Holding, Truth
from simulators.carrier.world import Lane, World
from wire.names import Step
from wire.site_pack import Duty

IN, OUT, SORT, CAGE_DEVICE = "in-1", "out-1", "sort-1", "cage-1"
"""The fixed scanners of a site; every courier has a handheld besides."""
HANDOVER_RULE = "HV-2.2.6"


def handheld(badge: str) -> str:
    """The device that a courier carries."""
    return f"hht-{badge.rpartition('-')[2]}"


@dataclass(slots=True)
class Floor:
    """What people do with parcels at all sites."""

    world: World
    book: ScanBook
    truth: Truth
    rng: random.Random

    def accept(self, parcel: Parcel, at: datetime, told: bool = True) -> None:
        """The courier accepts a parcel at the counter or at the customer's (HV-2.2.5)."""
        site, courier = parcel.origin, parcel.courier
        turn = Scanned(at, told=False)
        if told:
            work = Work(site, handheld(courier), courier, Step.ACCEPT, COUNTER, sure=True)
            (turn,), _ = self.book.write(work, at, [parcel.label])
        parcel.holder = courier
        self._hold(parcel, turn, "accept", place=COUNTER)

    def hand_over(
        self,
        site: str,
        device: str,
        giver: str,
        receiver: str,
        units: Sequence[Unit],
        at: datetime,
        sure: bool = False,
    ) -> datetime:
        """Both badges, one device, as design section 6 has it; sometimes with a seal check."""
        work = Work(site, device, giver, Step.HANDOVER, receiver=receiver, sure=sure)
        seals = {
            unit.label: f"CX:SEAL:S{unit.label[3:]}"
            for unit in units
            if isinstance(unit, Parcel) and self.rng.random() < self.book.rates.seal_check
        }
        turns, end = self.book.write(work, at, [unit.label for unit in units], seals)
        for unit, turn in zip(units, turns, strict=True):
            self._pass_on(unit, site, receiver, Scanned(end, turn.told))
        return end

    def hand_over_on_two(
        self,
        site: str,
        giver: str,
        receiver: str,
        units: Sequence[Parcel],
        at: datetime,
    ) -> datetime:
        """The second form: the giver's scans on one device, the receiver's on another."""
        labels = [unit.label for unit in units]
        # Who hands over waits for the receiver's scanner: both sides scan in one go.
        at = self.book.ready_at(site, IN, at, 2 * len(labels))
        given = Work(site, handheld(giver), giver, Step.HANDOVER, sure=True)
        gone, end = self.book.write(given, at, labels)
        taken = Work(site, IN, receiver, Step.HANDOVER, sure=True)
        turns, end = self.book.write(taken, end, labels)
        for unit, before, turn in zip(units, gone, turns, strict=True):
            self._pass_on(unit, site, receiver, Scanned(turn.at, turn.told and before.told))
        return end

    def give_alone(
        self, site: str, giver: str, receiver: str, unit: Parcel, at: datetime
    ) -> datetime:
        """A handover that nobody confirms: the receiver's badge is missing."""
        work = Work(site, IN, giver, Step.HANDOVER, sure=True)
        (turn,), end = self.book.write(work, at, [unit.label])
        self._pass_on(unit, site, receiver, Scanned(turn.at, told=False))
        return end

    def refuse(self, site: str, giver: str, parcel: Parcel, reason: str, at: datetime) -> datetime:
        """The receiver refuses a parcel within the handover; the giver keeps it (HV-2.2.6)."""
        work = Work(site, IN, giver, Step.HANDOVER, sure=True)
        refusal = {parcel.label: f"CX:REFUSE:{reason}"}
        (turn,), end = self.book.write(work, at, [parcel.label], refusal)
        self._hold(parcel, turn, "refuse")
        self.book.type(end, site, IN, "exception", parcel.waybill, reason)
        return end

    def store(
        self, site: str, by: str, parcels: Sequence[Parcel], at: datetime, place: str = CAGE
    ) -> datetime:
        """Put parcels where they rest; the place's named keeper answers for them (HV-2.8)."""
        where = self.world.place[site, place]
        sure = place == SHELF
        work = Work(site, CAGE_DEVICE, by, Step.STORE, place, sure=sure)
        turns, end = self.book.write(work, at, [parcel.label for parcel in parcels])
        for parcel, turn in zip(parcels, turns, strict=True):
            parcel.holder = where.keeper or by
            told = turn.told and where.keeper is not None
            self._hold(parcel, Scanned(turn.at, told), "store", place=place)
        return end

    def retrieve(self, site: str, by: str, parcels: Sequence[Parcel], at: datetime) -> datetime:
        """Take parcels out of where they rested."""
        work = Work(site, CAGE_DEVICE, by, Step.RETRIEVE)
        turns, end = self.book.write(work, at, [parcel.label for parcel in parcels])
        for parcel, turn in zip(parcels, turns, strict=True):
            parcel.holder = by
            self._hold(parcel, turn, "retrieve")
        return end

    def take_over(
        self, site: str, by: str, units: Sequence[Unit], at: datetime, sure: bool = False
    ) -> datetime:
        """Whoever works now answers for the units: out of the cage, or from the one before."""
        stored = [each for each in units if isinstance(each, Parcel) and each.resting is not None]
        if stored:
            at = self.retrieve(site, by, stored, at)
        for giver in sorted({_holder(unit) for unit in units} - {by}):
            given = [unit for unit in units if _holder(unit) == giver]
            at = self.hand_over(site, IN, giver, by, given, at, sure)
        return at

    def pack(
        self, site: str, by: str, bag: Bag, parcels: Sequence[Parcel], at: datetime, sure: bool
    ) -> datetime:
        """Put parcels into a transport bag; who holds them stays."""
        place = DOCK if site in self.world.branches else AREA
        work = Work(site, SORT, by, Step.PACK, place, bag.label, sure=sure)
        turns, end = self.book.write(work, at, [parcel.label for parcel in parcels])
        for parcel, turn in zip(parcels, turns, strict=True):
            parcel.bag, parcel.is_bag_told = bag, turn.told
            bag.parcels.append(parcel)
            self._hold(parcel, turn, "pack", place)
        return end

    def unpack(self, site: str, by: str, bag: Bag, at: datetime) -> datetime:
        """Open a bag and take out what is in it."""
        work = Work(site, SORT, by, Step.UNLOAD, DOCK, bag.label)
        turns, end = self.book.write(work, at, [parcel.label for parcel in bag.parcels])
        for parcel, turn in zip(bag.parcels, turns, strict=True):
            take_out(parcel)
            self._hold(parcel, turn, "unload", DOCK)
        return end

    def load(
        self, lane: Lane, by: str, units: Sequence[Unit], at: datetime, sure: bool = False
    ) -> datetime:
        """Put units into what goes along a lane; the loader answers until a driver's badge."""
        work = Work(lane.origin, OUT, by, Step.LOAD, DOCK, lane.carrier_label, sure=sure)
        return self._move(work, units, at, "load", lane.vehicle, lane.origin)

    def depart(
        self, lane: Lane, by: str, units: Sequence[Unit], at: datetime, sure: bool = False
    ) -> datetime:
        """The driver takes it along; ``by`` is whose badge is scanned."""
        work = Work(lane.origin, OUT, by, Step.DEPART, DOCK, lane.carrier_label, sure=sure)
        turns, end = self.book.write(work, at, [unit.label for unit in units])
        for unit, turn in zip(units, turns, strict=True):
            told = turn.told and by == lane.driver
            self._set(
                unit, lane.origin, lane.vehicle, lane.driver, Scanned(turn.at, told), "depart"
            )
        return end

    def arrive(
        self, lane: Lane, by: str, units: Sequence[Unit], at: datetime, sure: bool = False
    ) -> datetime:
        """The receiver takes the units off the vehicle.

        Where that is scanned and the handover was not, nobody has confirmed it: a breach.
        """
        site = lane.destination
        work = Work(site, IN, by, Step.ARRIVE, DOCK, lane.carrier_label, sure=sure)
        silent = [each for unit in units for each in unit.parcels if not each.is_told]
        end = self._move(work, units, at, "arrive", None, site)
        for parcel in silent:
            if parcel.is_told and parcel.high_value:
                self.truth.breaches.append(
                    Breach(HANDOVER_RULE, parcel.waybill, end, site, "arrived_alone")
                )
        return end

    def sort(self, site: str, parcels: Sequence[Parcel], at: datetime) -> datetime:
        """A sorter sees each parcel: evidence of its place, no custody."""
        sorter = self.world.badges(site, Duty.WAREHOUSE_KEEPER)[0]
        work = Work(site, SORT, sorter, Step.SORT, AREA)
        return self.book.write(work, at, [parcel.label for parcel in parcels])[1]

    def take_out(
        self, courier: str, parcels: Sequence[Parcel], at: datetime, sure: bool = False
    ) -> datetime:
        """Out for delivery with the courier (HV-2.5)."""
        site = parcels[0].site
        work = Work(site, handheld(courier), courier, Step.OUT_FOR_DELIVERY, sure=sure)
        turns, end = self.book.write(work, at, [parcel.label for parcel in parcels])
        for parcel, turn in zip(parcels, turns, strict=True):
            self._hold(parcel, turn, "out_for_delivery")
        return end

    def deliver(self, parcel: Parcel, courier: str, at: datetime, signed: bool = True) -> datetime:
        """Scanned as soon as it is finished (HV-2.6.4); a high value's signer is typed (HV-2.6)."""
        device = handheld(courier)
        if parcel.is_forgotten:
            turn, end = Scanned(at, told=False), at
        else:
            work = Work(parcel.site, device, courier, Step.DELIVER, sure=True)
            (turn,), end = self.book.write(work, at, [parcel.label])
            if signed:
                signer = f"ID-{self.rng.randrange(10**8):08d}"
                if parcel.high_value:
                    self.book.type(end, parcel.site, device, "deliver", parcel.waybill, signer)
        parcel.holder = None
        self._hold(parcel, turn, "deliver")
        return turn.at

    def find(self, parcel: Parcel, site: str, by: str, step: Step, at: datetime) -> datetime:
        """Somebody comes upon a lost parcel and scans it: evidence of its place, no custody."""
        work = Work(site, IN, by, step, sure=True)
        (turn,), end = self.book.write(work, at, [parcel.label])
        parcel.site, parcel.holder = site, by
        self._hold(parcel, Scanned(turn.at, told=False), "found")
        return end

    def vanish(self, parcel: Parcel, at: datetime, why: str) -> None:
        """Nobody has the parcel any more, and nothing tells."""
        parcel.holder = None
        take_out(parcel)
        parcel.vehicle = None
        self._hold(parcel, Scanned(at, told=False), why)

    def take_off(self, parcel: Parcel, at: datetime) -> None:
        """Taken from its vehicle or bag without a scan; who held it holds it."""
        take_out(parcel)
        parcel.vehicle = None
        self._hold(parcel, Scanned(at + MS, told=False), "taken_off")

    def pass_silently(self, site: str, parcel: Parcel, receiver: str, at: datetime) -> None:
        """The parcel changes hands and nobody scans that."""
        self._pass_on(parcel, site, receiver, Scanned(at, told=False))

    def _move(
        self,
        work: Work,
        units: Sequence[Unit],
        at: datetime,
        why: str,
        vehicle: str | None,
        site: str,
    ) -> datetime:
        turns, end = self.book.write(work, at, [unit.label for unit in units])
        for unit, turn in zip(units, turns, strict=True):
            self._set(unit, site, vehicle, work.by, turn, why)
        return end

    def _set(
        self, unit: Unit, site: str, vehicle: str | None, holder: str, turn: Scanned, why: str
    ) -> None:
        for parcel in unit.parcels:
            parcel.site, parcel.vehicle, parcel.holder = site, vehicle, holder
            self._hold(parcel, _seen(unit, parcel, turn), why, DOCK)

    def _pass_on(self, unit: Unit, site: str, receiver: str, turn: Scanned) -> None:
        for parcel in unit.parcels:
            parcel.site, parcel.holder = site, receiver
            self._hold(parcel, _seen(unit, parcel, turn), "handover")

    def _hold(self, parcel: Parcel, turn: Scanned, why: str, place: str | None = None) -> None:
        parcel.resting = place if why == "store" else None
        # Packing tells what it is in; who holds it is known only if that was known before.
        parcel.is_told = turn.told and (parcel.is_told or why not in ("pack", "unload"))
        bag = parcel.bag.id if parcel.bag is not None else None
        rests = self.world.place.get((parcel.site, parcel.resting or ""))
        locked = None if rests is None else rests.container
        self.truth.hold(
            Holding(
                waybill=parcel.waybill,
                at=turn.at,
                holder=parcel.holder,
                site=parcel.site,
                place=place,
                container=parcel.vehicle or bag or locked,
                bag=bag,
                why=why,
                told=parcel.is_told,
            )
        )


def take_out(parcel: Parcel) -> None:
    """The parcel is in its bag no longer."""
    parcel.bag, parcel.is_bag_told = None, False


def _seen(unit: Unit, parcel: Parcel, turn: Scanned) -> Scanned:
    # A bag's scan speaks for a parcel only if that was scanned into it.
    return turn if unit is parcel else Scanned(turn.at, turn.told and parcel.is_bag_told)


def _holder(unit: Unit) -> str:
    holder = unit.parcels[0].holder
    assert holder is not None, "what is on the floor has a holder"
    return holder
