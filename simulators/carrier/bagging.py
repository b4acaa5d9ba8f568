"""Transport bags: hubs make them for hubs further on, high-value parcels apart from others.

Pure. A branch does not bag (HV-2.3); a level-2 hub may sack, a level-1 hub bags (HV-2.4.1).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simulators.carrier.faults import Faults, needs_sure_scans, split_from
from simulators.carrier.floor import Floor
from simulators.carrier.moments import utc
from simulators.carrier.noise import Rates
from simulators.carrier.parcels import Bag, Fault, Parcel, Unit
from simulators.carrier.pulls import ScanBook
from simulators.carrier.timetable import SiteKind
from simulators.carrier.world import Lane, World

BAG_PARCELS_MAX = 12
BAG_TRIPS_MIN = 2
"""A bag is worth its while if it stays closed for so many trips."""

Group = tuple[tuple[str, ...], bool]
"""A bag's way, and whether it is for high-value parcels."""


@dataclass
class Bagging:
    """Makes the bags of a departure."""

    world: World
    rates: Rates
    floor: Floor
    faults: Faults
    book: ScanBook
    made: int = 0

    def bag(
        self, lane: Lane, by: str, units: Sequence[Unit], at: datetime
    ) -> tuple[list[Unit], list[Parcel], datetime]:
        """Put loose parcels into bags.

        Returns:
            The units that go on, parcels that were taken out of a bag and stay, and the end.
        """
        site = lane.origin
        going: list[Unit] = []
        staying: list[Parcel] = []
        groups: dict[Group, list[Parcel]] = defaultdict(list)
        for unit in units:
            way = self._bag_way(site, lane, unit)
            if isinstance(unit, Bag) or way is None:
                going.append(unit)
            else:
                groups[way, unit.high_value].append(unit)
        _mix(groups)
        for (way, _), parcels in groups.items():
            for first in range(0, len(parcels), BAG_PARCELS_MAX):
                some = parcels[first : first + BAG_PARCELS_MAX]
                bag, at = self._make(site, by, way, some, at)
                out = split_from(bag)
                for parcel in out:
                    self.faults.commit(parcel, at, site)
                    bag.parcels.remove(parcel)
                    self.faults.set_apart(parcel, at)
                staying += out
                going.append(bag)
        return going, staying, at

    def _bag_way(self, site: str, lane: Lane, unit: Unit) -> tuple[str, ...] | None:
        if isinstance(unit, Bag) or unit.is_loose:
            return None
        kind = self.world.site[site].kind
        if kind is SiteKind.BRANCH:
            return (site, lane.destination) if unit.fault is Fault.BRANCH_BAG else None
        if kind is SiteKind.LEVEL_2 and site not in self.rates.sacking_sites:
            return None
        way = unit.route[unit.route.index(site) :]
        hubs = way if self.world.site[way[-1]].kind is not SiteKind.BRANCH else way[:-1]
        return hubs if len(hubs) > BAG_TRIPS_MIN else None

    def _make(
        self, site: str, by: str, way: tuple[str, ...], parcels: Sequence[Parcel], at: datetime
    ) -> tuple[Bag, datetime]:
        self.made += 1
        bag = Bag(f"B{self.made:06d}", way, [])
        at = self.floor.pack(site, by, bag, parcels, at, sure=needs_sure_scans(parcels))
        # The end of a long row may be a bag of chosen ones alone: then nothing was mixed.
        is_mixed = any(not parcel.high_value for parcel in parcels)
        for parcel in parcels:
            if parcel.fault is Fault.BRANCH_BAG or (parcel.fault is Fault.MIXED_BAG and is_mixed):
                self.faults.commit(parcel, at, site)
        waybills = [parcel.waybill for parcel in bag.parcels]
        self.book.manifest(utc(at), bag.id, "bag", (way[0], way[-1]), waybills)
        return bag, at


def _mix(groups: dict[Group, list[Parcel]]) -> None:
    """Move chosen high-value parcels into the ordinary bag of their way, if there is one."""
    for (way, high_value), parcels in list(groups.items()):
        ordinary = groups.get((way, False))
        if not high_value or not ordinary:
            continue
        mixed = [parcel for parcel in parcels if parcel.fault is Fault.MIXED_BAG]
        ordinary += mixed
        parcels[:] = [parcel for parcel in parcels if parcel not in mixed]
        if not parcels:
            del groups[way, True]
