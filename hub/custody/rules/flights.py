"""HV-2.4.2 by air: high value is loaded first, and on one pallet. Pure.

A *departure* is what was loaded into one flight at one site until it left.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from hub.custody.rules.chain import Breach, BreachKind, Exit
from hub.custody.rules.records import Container, Record, in_order
from hub.custody.rules.siblings import lots_of
from hub.moves import DEPARTURE_MAX
from wire.events import ContainerKind
from wire.names import Step

_ABOARD = frozenset({Step.LOAD, Step.DEPART})


@dataclass(slots=True)
class Departure:
    """The loads and departs of one flight at one site, in their order.

    ``has_left``: a depart was scanned, or the flight was seen elsewhere.
    """

    flight: Container
    site: str
    scans: list[Record] = field(default_factory=list)
    has_left: bool = False

    @property
    def began_at(self) -> datetime:
        """When its first load, or where none was scanned its first depart, was recorded."""
        return self.scans[0].at

    def takes(self, scan: Record) -> bool:
        """Say whether a load or depart still belongs to it.

        A load after a depart is the next one's, and so is what comes hours after its last scan:
        then nobody scanned that it left.
        """
        is_next = self.has_left and scan.step is Step.LOAD
        is_far = scan.at - self.scans[-1].at > DEPARTURE_MAX
        return scan.site == self.site and not is_next and not is_far


def departures_of(flight: Container, log: Iterable[Record]) -> list[Departure]:
    """Read a flight's log: the scans of parcels, bags and pallets that name it."""
    found: list[Departure] = []
    for record in in_order(log):
        newest = found[-1] if found else None
        if newest is not None and record.site != newest.site:
            newest.has_left = True
        if record.step not in _ABOARD:
            continue
        if newest is None or not newest.takes(record):
            newest = Departure(flight, record.site)
            found.append(newest)
        newest.scans.append(record)
        newest.has_left = newest.has_left or record.step is Step.DEPART
    return found


def held_by(
    departure: Departure,
    logs: Mapping[Container, Sequence[Record]],
    exits: Mapping[Container, Mapping[str, Sequence[Exit]]],
) -> list[frozenset[str]]:
    """The parcels that each scan of a departure is about, as far as that was scanned.

    Args:
        departure: from :func:`departures_of`.
        logs: of each bag and pallet that was loaded.
        exits: of the same, by waybill: who was seen outside although put in.
    """
    return [
        frozenset({scan.waybill} if scan.waybill else ())
        if scan.unit is None
        else _contents(scan.unit, logs.get(scan.unit, ()), exits.get(scan.unit, {}), scan.at)
        for scan in departure.scans
    ]


def judge_departure(
    departure: Departure, held: Sequence[frozenset[str]], high_value: AbstractSet[str]
) -> list[Breach]:
    """The breaches of HV-2.4.2 in one departure.

    Args:
        departure: from :func:`departures_of`.
        held: the parcels of each of its scans, from :func:`held_by`.
        high_value: those of them that are of high value.
    """
    first: dict[str, Record] = {}
    late: list[Breach] = []
    is_ordinary_aboard = False
    for scan, parcels in zip(departure.scans, held, strict=True):
        high = sorted(each for each in parcels & high_value if each not in first)
        first.update(dict.fromkeys(high, scan))
        if scan.step is not Step.LOAD:
            continue
        if is_ordinary_aboard:
            kind = BreachKind.NOT_LOADED_FIRST
            late += [_breach(kind, waybill, scan, departure) for waybill in high]
        # Of a bag whose parcels nobody scanned nothing is known.
        is_ordinary_aboard |= bool(parcels) and parcels.isdisjoint(high_value)
    return late + _off_pallet(departure, first)


def _contents(
    unit: Container, log: Iterable[Record], exits: Mapping[str, Sequence[Exit]], at: datetime
) -> frozenset[str]:
    begun = [lot for lot in lots_of(unit, log) if lot.began_at <= at]
    if not begun:
        return frozenset()
    puts = begun[-1].puts
    out = {w for w, mine in exits.items() if any(each.put.line in puts for each in mine)}
    return frozenset(begun[-1].members.keys() - out)


def _off_pallet(departure: Departure, first: Mapping[str, Record]) -> list[Breach]:
    """Same pallet: who is on another than most, or on none; judged once the flight has left."""
    pallets = {waybill: _pallet_of(scan) for waybill, scan in first.items()}
    if not departure.has_left or not any(pallets.values()):
        return []
    counts = Counter(pallets.values())
    most = max(counts, key=lambda pallet: (counts[pallet], pallet is not None))
    return [
        _breach(BreachKind.PALLET_APART, waybill, first[waybill], departure)
        for waybill, pallet in pallets.items()
        if pallet != most
    ]


def _pallet_of(scan: Record) -> Container | None:
    is_pallet = scan.unit is not None and scan.unit.kind == ContainerKind.PALLET
    return scan.unit if is_pallet else None


def _breach(kind: BreachKind, waybill: str, scan: Record, departure: Departure) -> Breach:
    words = (departure.flight.id,)
    return Breach(kind, waybill, scan.at, scan.site, scan, words, scan.at)
