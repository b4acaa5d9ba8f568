"""Read event lines as custody's records. Pure. Source: interface ("Labels"), design section 3."""

from hub.custody.rules.records import CARRIER_KINDS, UNIT_STEPS, Container, Record
from hub.fact import Fact, is_simulated
from wire.events import Act, ActKind, Camera, ContainerKind, Scan
from wire.names import Step, is_name

_UNIT_LABELS = {"CX:BAG:": ContainerKind.BAG, "CX:PAL:": ContainerKind.PALLET}
_CHOOSING = frozenset({Step.LOAD, Step.UNLOAD})
"""Here a bag's label chooses the container until a vehicle or flight is chosen."""


def container_of(scan: Scan) -> Container | None:
    """The bag, vehicle, flight or pallet that the scanner's session named."""
    if scan.container is None or scan.container_kind is None:
        return None
    return Container(scan.container_kind, scan.container)


def unit_of(scan: Scan) -> Container | None:
    """The bag or pallet whose label this scan is, where that means the whole of it."""
    if scan.waybill is not None or scan.text is None or scan.step not in UNIT_STEPS:
        return None
    kind = _UNIT_LABELS.get(scan.text[:7])
    if kind is None or not is_name(scan.text[7:]):
        return None
    if scan.step in _CHOOSING and scan.container_kind not in CARRIER_KINDS:
        return None
    return Container(kind, scan.text[7:])


def read_scan(fact: Fact, scan: Scan) -> Record:
    """A scan of a waybill or of a whole bag or pallet."""
    queued = scan.queued
    return Record(
        scan.site,
        scan.edge,
        scan.spool,
        scan.seq,
        fact.occurred_at,
        fact.received_at,
        step=scan.step,
        waybill=scan.waybill,
        unit=unit_of(scan),
        by=scan.by,
        place=scan.place,
        container=container_of(scan),
        result=scan.result,
        queue=None if queued is None else queued.queue,
        place_in_queue=0 if queued is None else queued.n,
        late=fact.late,
        simulated=is_simulated(scan.source),
    )


def read_act(
    fact: Fact, act: Act, waybill: str | None, unit: Container | None, covers: tuple[int, ...]
) -> Record:
    """An act as far as it concerns one parcel or unit; ``covers`` are its scans among the act's."""
    return Record(
        act.site,
        act.edge,
        act.spool,
        act.seq,
        fact.occurred_at,
        fact.received_at,
        act=act.act,
        waybill=waybill,
        unit=unit,
        by=act.by,
        place=act.place,
        giver=act.giver,
        receiver=act.receiver,
        covers=covers,
        signed=act.act is ActKind.DELIVER and act.body is not None,
        found=act.found is True,
        detail=act.seal or act.reason,
        late=fact.late,
        simulated=is_simulated(act.source),
    )


def read_sighting(fact: Fact, seen: Camera) -> Record:
    """A camera read a waybill's label: evidence of place, by nobody."""
    return Record(
        seen.site,
        seen.edge,
        seen.spool,
        seen.seq,
        fact.occurred_at,
        fact.received_at,
        waybill=seen.waybill,
        late=fact.late,
        simulated=is_simulated(seen.source),
        camera=seen.device,
    )
