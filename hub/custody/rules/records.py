"""What custody reads of an event line, and in which order lines count. Pure.

Source: design section 5 ("Fold order").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from msgspec import Struct
from msgspec.structs import replace

from wire.events import ActKind, ContainerKind
from wire.names import Result, Step
from wire.policy import GoodsClass

UNIT_KINDS = frozenset({ContainerKind.BAG, ContainerKind.PALLET})
"""Containers that move as a whole: scanning their label means all in them."""
CARRIER_KINDS = frozenset({ContainerKind.VEHICLE, ContainerKind.FLIGHT})
UNIT_STEPS = frozenset({Step.LOAD, Step.UNLOAD, Step.ARRIVE, Step.DEPART, Step.HANDOVER})
"""Steps at which a bag's label is a scan of the bag and not the choice of a container."""

Line = tuple[str, str, str, int]
"""A line's place in the world: site, edge, spool, seq."""


@dataclass(frozen=True, slots=True)
class Container:
    """A bag, vehicle, flight or pallet; ``store`` is the lockable one of a place (HV-2.8)."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Carriage:
    """What was on record of a vehicle or flight, and of the goods, when a load came in (HV-X8).

    ``kind`` is that of the network's list, or ``unlisted``; null: the carrier listed none of them.
    ``goods`` null: no class of goods was declared.
    """

    kind: str | None
    goods: GoodsClass | None


class Record(Struct, frozen=True):
    """One event line, as far as custody reads it; the four first fields say where it stands.

    ``at`` is event time. ``step`` belongs to scans, ``act`` to acts. With a ``unit`` it is about
    that bag or pallet and all in it. ``covers`` are the scans of the same spool that an act is
    about, as far as they concern this parcel or unit. ``signed``: a signer's ID came with it;
    ``found``: a self-check found the parcel.
    ``queue`` and ``place_in_queue`` belong to a scan that a handheld handed in later. ``detail`` is
    a seal's number or a reason. ``carriage`` belongs to what goes into a vehicle or flight.
    ``camera`` read the label: neither step nor act, and nobody did it.
    """

    site: str
    edge: str
    spool: str
    seq: int
    at: datetime
    received_at: datetime
    step: Step | None = None
    act: ActKind | None = None
    waybill: str | None = None
    unit: Container | None = None
    by: str | None = None
    place: str | None = None
    container: Container | None = None
    result: Result | None = None
    giver: str | None = None
    receiver: str | None = None
    covers: tuple[int, ...] = ()
    signed: bool = False
    found: bool = False
    detail: str | None = None
    queue: str | None = None
    place_in_queue: int = 0
    late: bool = False
    simulated: bool = False
    carriage: Carriage | None = None
    camera: str | None = None

    @property
    def cause(self) -> str:
        """Its step or act, as spans name what opened and closed them."""
        return str(self.act or self.step or ("scan" if self.camera is None else "sighting"))

    @property
    def line(self) -> Line:
        """Where the line stands."""
        return self.site, self.edge, self.spool, self.seq


def in_order(records: Iterable[Record]) -> list[Record]:
    """Records in the one order in which they count, each once.

    One line may be two records: an act about the parcel itself and about the bag beside it.

    By time, time of receipt, site, edge, spool and seq; inside a spool always by seq, so a line
    whose clock ran back stands at the time of the one before it. A handheld's queued scans stand at
    their own times, in the order of their queue; so do each camera's sightings, which may have
    waited for the spool.
    """
    streams: dict[tuple[str, ...], list[Record]] = {}
    for record in {(each.line, each.unit): each for each in records}.values():
        streams.setdefault(_stream_of(record), []).append(record)
    placed: list[tuple[tuple[datetime, datetime], Line, str, Record]] = []
    for stream in streams.values():
        stream.sort(key=lambda each: (each.place_in_queue, each.seq))
        when = (stream[0].at, stream[0].received_at)
        for record in stream:
            when = max(when, (record.at, record.received_at))
            unit = "" if record.unit is None else record.unit.id
            placed.append((when, record.line, unit, record))
    placed.sort(key=itemgetter(0, 1, 2))
    return [
        record if record.at == when[0] else replace(record, at=when[0])
        for when, _, _, record in placed
    ]


def _stream_of(record: Record) -> tuple[str, ...]:
    if record.queue is not None:
        return (record.queue,)
    spool = (record.site, record.edge, record.spool)
    return spool if record.camera is None else (*spool, record.camera)
