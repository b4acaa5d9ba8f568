"""HV-2.4: what was packed together, and what left apart from the rest of its bag or pallet. Pure.

A *packing* is what was put into one bag at one site until the bag moved or was opened. Whether a
sibling is of high value is read from its own scan: its series, or the scanner's answer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.custody.rules.chain import Breach, BreachKind, Exit
from hub.custody.rules.records import CARRIER_KINDS, Container, Record, in_order
from wire.names import Result, Step

_WATCHED = frozenset({Result.HV, Result.WANTED, Result.STOP})
_LEAVING = frozenset({Step.LOAD, Step.DEPART})


@dataclass(slots=True)
class Packing:
    """Who was packed when; ``left_in`` is the first vehicle or flight that the bag went into."""

    unit: Container
    site: str
    since: datetime
    members: dict[str, Record] = field(default_factory=dict)
    left_in: Container | None = None
    until: datetime | None = None


def packings_of(unit: Container, log: Iterable[Record]) -> list[Packing]:
    """Read a bag's log: pack and unload scans of parcels, and scans of the bag itself."""
    found: list[Packing] = []
    is_open = False
    for record in in_order(log):
        if record.unit is not None or record.step is not Step.PACK:
            is_open = False
            _note_leaving(found, record)
        elif record.waybill is not None:
            if not is_open or found[-1].site != record.site:
                if found:
                    found[-1].until = record.at
                found.append(Packing(unit, record.site, record.at))
                is_open = True
            found[-1].members.setdefault(record.waybill, record)
    return found


def judge_packing(
    packing: Packing, exits: Mapping[str, Sequence[Exit]], series_hv: Sequence[str]
) -> list[Breach]:
    """The breaches of HV-2.4 in one packing.

    Args:
        packing: from :func:`packings_of`.
        exits: by waybill, the loads by which members left a bag.
        series_hv: the prefixes of high-value waybills.
    """
    high = {
        waybill: record
        for waybill, record in packing.members.items()
        if waybill.startswith(tuple(series_hv)) or record.result in _WATCHED
    }
    others = [record for waybill, record in packing.members.items() if waybill not in high]
    return _mixed(packing, high, others) + _apart(packing, high, exits)


def _note_leaving(found: list[Packing], record: Record) -> None:
    packing = found[-1] if found else None
    if packing is None or packing.left_in is not None or packing.site != record.site:
        return
    if record.unit is not None and record.step in _LEAVING and _carries(record.container):
        packing.left_in = record.container


def _mixed(packing: Packing, high: Mapping[str, Record], others: list[Record]) -> list[Breach]:
    """High-value parcels are bagged apart (HV-2.4.1)."""
    if not others:
        return []
    first_other = min(others, key=lambda record: (record.at, record.line))
    return [
        _breach(
            BreachKind.BAGGED_WITH_OTHERS,
            waybill,
            max(record, first_other, key=lambda each: (each.at, each.line)),
            packing.unit.id,
        )
        for waybill, record in high.items()
    ]


def _apart(
    packing: Packing, high: Mapping[str, Record], exits: Mapping[str, Sequence[Exit]]
) -> list[Breach]:
    """One flow, same shift, same vehicle or pallet: who leaves in another is suspicious."""
    own: dict[str, Record] = {}
    for waybill in high:
        for each in exits.get(waybill, ()):
            if _belongs(packing, each):
                own.setdefault(waybill, each.evidence)
    went: dict[str, Container | None] = {
        waybill: own[waybill].container if waybill in own else packing.left_in for waybill in high
    }
    counts = Counter(container for container in went.values() if container is not None)
    if len(counts) < 2:
        return []
    most = max(counts.values())
    with_the_rest = {container for container, count in counts.items() if count == most}
    if packing.left_in in with_the_rest:
        with_the_rest = {packing.left_in}
    elif len(with_the_rest) > 1:
        with_the_rest = set()
    return [
        _breach(BreachKind.LEFT_SIBLINGS, waybill, record, packing.unit.id)
        for waybill, record in own.items()
        if record.container not in with_the_rest
    ]


def _belongs(packing: Packing, exit_: Exit) -> bool:
    record = exit_.evidence
    if exit_.unit != packing.unit or record.site != packing.site or record.at < packing.since:
        return False
    return packing.until is None or record.at < packing.until


def _carries(container: Container | None) -> bool:
    return container is not None and container.kind in CARRIER_KINDS


def _breach(kind: BreachKind, waybill: str, record: Record, bag: str) -> Breach:
    return Breach(kind, waybill, record.at, record.site, record, (bag,), record.at)
