"""HV-2.4: what was packed or loaded together, and what left apart from the rest. Pure.

A *lot* is what was put into one container at one site until that left or was opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from hub.custody.rules.chain import Breach, BreachKind, Exit
from hub.custody.rules.records import UNIT_KINDS, Container, Line, Record, in_order
from hub.moves import DEPARTURE_MAX
from wire.names import Step

_PUTTING = frozenset({Step.PACK, Step.LOAD})
_MOVING = frozenset({Step.LOAD, Step.DEPART})


@dataclass(slots=True)
class Lot:
    """Who was put into a container at one site, by which lines.

    ``left_at`` is the last scan of its departure from there, ``left_in`` what a bag was loaded
    into. ``carries_units``: a vehicle also took whole bags.
    """

    container: Container
    site: str
    began_at: datetime
    members: dict[str, Record] = field(default_factory=dict)
    puts: set[Line] = field(default_factory=set)
    carries_units: bool = False
    loaded: Record | None = None
    left_at: datetime | None = None
    is_open: bool = True
    is_gone: bool = False

    @property
    def left_in(self) -> Container | None:
        """The vehicle or flight that a bag or pallet was loaded into."""
        return None if self.loaded is None else self.loaded.container


def lots_of(container: Container, log: Iterable[Record]) -> list[Lot]:
    """Read a container's log: the scans that name it, and a bag's or pallet's own."""
    lots: list[Lot] = []
    for record in in_order(log):
        newest = lots[-1] if lots else None
        if record.unit == container:
            _move(newest, record)
        elif record.step in _PUTTING:
            if newest is None or not newest.is_open or newest.site != record.site:
                newest = Lot(container, record.site, record.at)
                lots.append(newest)
            if record.waybill is not None:
                newest.members.setdefault(record.waybill, record)
                newest.puts.add(record.line)
            newest.carries_units = newest.carries_units or record.unit is not None
        elif newest is not None:
            newest.is_open = False
            _leave(newest, record)
    return lots


def judge_lot(
    lot: Lot, exits: Mapping[str, Sequence[Exit]], high_value: AbstractSet[str]
) -> list[Breach]:
    """The breaches of HV-2.4 in one lot.

    Args:
        lot: from :func:`lots_of`.
        exits: by waybill, where members were seen by themselves although they were put in.
        high_value: those of the members that are of high value. A scanner's answer does not say
            so: an ordinary parcel may be wanted or stopped, too.
    """
    high = {waybill: record for waybill, record in lot.members.items() if waybill in high_value}
    others = [record for waybill, record in lot.members.items() if waybill not in high]
    mixed = _mixed(lot, high, others) if lot.container.kind in UNIT_KINDS else []
    return mixed + _apart(lot, high, exits)


def _leave(lot: Lot, record: Record) -> None:
    """A scan of one that is in a vehicle: its departure lasts until the last one, or it is gone."""
    if record.site != lot.site:
        lot.is_gone = True
    elif record.step is Step.DEPART and not lot.is_gone:
        begun_at = lot.left_at or record.at
        # Later than that it is the next trip, whose loads nobody scanned.
        if record.at - begun_at <= DEPARTURE_MAX:
            lot.left_at = record.at


def _move(lot: Lot | None, record: Record) -> None:
    """A scan of the bag or pallet itself ends its packing, and may show that it left."""
    if lot is None:
        return
    lot.is_open = False
    if record.site != lot.site:
        # Its departure was not scanned, but it is elsewhere.
        if lot.left_at is None and lot.loaded is not None:
            lot.left_at = lot.loaded.at
    elif record.step is Step.LOAD:
        lot.loaded = lot.loaded or record
    elif record.step is Step.DEPART:
        lot.loaded = lot.loaded or record
        lot.left_at = lot.left_at or record.at


def _mixed(lot: Lot, high: Mapping[str, Record], others: list[Record]) -> list[Breach]:
    """High-value parcels are bagged apart (HV-2.4.1)."""
    if not others:
        return []
    first_other = min(others, key=lambda record: (record.at, record.line))
    return [
        _breach(
            BreachKind.BAGGED_WITH_OTHERS,
            waybill,
            max(record, first_other, key=lambda each: (each.at, each.line)),
            lot,
        )
        for waybill, record in high.items()
    ]


def _apart(
    lot: Lot, high: Mapping[str, Record], exits: Mapping[str, Sequence[Exit]]
) -> list[Breach]:
    """One flow, same shift, same vehicle or pallet: who leaves apart is suspicious (HV-2.4.2)."""
    left = {}
    for waybill in high:
        mine = (each for each in exits.get(waybill, ()) if each.put.line in lot.puts)
        seen = next((each.evidence for each in mine if _stayed(lot, each.evidence)), None)
        if seen is not None:
            left[waybill] = seen
    if len(left) == len(high) and not lot.carries_units:
        return []
    return [
        _breach(BreachKind.LEFT_SIBLINGS, waybill, record, lot) for waybill, record in left.items()
    ]


def _stayed(lot: Lot, seen: Record) -> bool:
    """Whether this scan shows that its parcel did not leave with the lot."""
    if lot.left_at is not None and seen.at > lot.left_at:
        return True
    if lot.loaded is None or seen.step not in _MOVING or seen.container is None:
        return False
    return seen.at > lot.loaded.at and seen.container != lot.left_in


def _breach(kind: BreachKind, waybill: str, record: Record, lot: Lot) -> Breach:
    return Breach(kind, waybill, record.at, record.site, record, (lot.container.id,), record.at)
