"""HV-X8: what a vehicle was known to be, and what goods were declared, when a load came in. Pure.

A later list of vehicles, or a later declaration, does not change what was on record at a load.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from hub.custody.rules.chain import BreachKind, Chain
from hub.custody.rules.records import CARRIER_KINDS, Carriage, Container, Record
from hub.network import UNLISTED
from wire.events import ContainerKind
from wire.names import Step
from wire.policy import GoodsClass, VehiclePolicy

T = TypeVar("T")
_LOADING = frozenset({Step.LOAD, Step.DEPART})


def carrier_of(record: Record) -> Container | None:
    """The vehicle or flight that a load or departure names."""
    container = record.container
    if container is None or record.step not in _LOADING or container.kind not in CARRIER_KINDS:
        return None
    return container


def with_carriage(
    record: Record,
    kinds: Sequence[tuple[datetime, str | None]],
    goods: Sequence[tuple[datetime, GoodsClass | None]],
) -> Record:
    """The same load with what was on record when it came in.

    Args:
        record: a load or departure, see :func:`carrier_of`.
        kinds: what its vehicle was known as, and since when, the oldest first.
        goods: what the parcel's goods were declared as, and since when.
    """
    at = record.received_at
    return replace(record, carriage=Carriage(_known(kinds, at), _known(goods, at)))


def judge_vehicle(record: Record, policy: VehiclePolicy) -> BreachKind | None:
    """What a load into a road vehicle is against (HV-X8); None: nothing, or nobody can say.

    A carrier that lists no vehicles is not judged: their kinds are not recorded. Goods that nobody
    declared count as ordinary ones.
    """
    carrier, carriage = carrier_of(record), record.carriage
    if carrier is None or carrier.kind != ContainerKind.VEHICLE or carriage is None:
        return None
    if carriage.kind is None:
        return None
    if carriage.kind == UNLISTED:
        return BreachKind.VEHICLE_UNLISTED
    is_electronics = carriage.goods is GoodsClass.ELECTRONICS
    allowed = policy.electronics_kinds if is_electronics else policy.kinds
    return None if carriage.kind in allowed else BreachKind.VEHICLE_KIND


def loads_of(chain: Chain) -> tuple[Record, ...]:
    """A parcel's loads in their order: of one trip the first scan that names the vehicle."""
    found: list[Record] = []
    for record in (each for span in chain.spans for each in span.evidence):
        if record.carriage is not None and not (found and _is_same_trip(found[-1], record)):
            found.append(record)
    return tuple(found)


def _is_same_trip(one: Record, next_: Record) -> bool:
    is_again = one.step is Step.DEPART and next_.step is Step.LOAD
    return (one.site, one.container) == (next_.site, next_.container) and not is_again


def _known(history: Sequence[tuple[datetime, T | None]], at: datetime) -> T | None:
    return next((said for since, said in reversed(history) if since <= at), None)
