"""What scans tell of a unit, whatever the order in which they arrive. Pure.

A unit is what carries a label of its own and is put into other things: a parcel (its waybill), a
bag or a pallet (``bag:B-1``, ``pallet:P-1``). A vehicle or a flight (``vehicle:V-1``) only holds
units. Everything here is a fold over traces in the fold order of design section 5.

Source: HV-2.4, design sections 5 and 6.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from wire.events import ContainerKind
from wire.names import Step, is_name


class ParcelState(StrEnum):
    """Where a parcel stands on its way, as far as is recorded."""

    DECLARED = "declared"
    """Never scanned."""
    ACCEPTED = "accepted"
    AT_SITE = "at_site"
    IN_STORE = "in_store"
    UNDER_WAY = "under_way"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNED = "returned"
    """Given back to its sender."""
    LOST = "lost"
    """Counted as lost, and not scanned since."""
    FOUND = "found"
    """Scanned after it was counted as lost."""
    REPLACED = "replaced"
    """Goes on under a new waybill (HV-2.9)."""


OVER = frozenset({ParcelState.DELIVERED, ParcelState.RETURNED})
"""Nothing more is expected of these."""

UNIT_STEPS = frozenset({Step.LOAD, Step.UNLOAD, Step.ARRIVE, Step.DEPART, Step.HANDOVER})
"""A bag's or pallet's label at these steps means the unit itself and all in it, closed."""

PUT_STEPS = frozenset({Step.PACK, Step.LOAD, Step.DEPART})
"""Who is scanned at these steps with a container set is in it from then on."""
_TAKES_OUT = frozenset(
    {
        Step.UNLOAD,
        Step.ACCEPT,
        Step.STORE,
        Step.RETRIEVE,
        Step.OUT_FOR_DELIVERY,
        Step.DELIVER,
        Step.RETURN,
    }
)
_LABEL_KINDS = {"CX:BAG:": ContainerKind.BAG, "CX:PAL:": ContainerKind.PALLET}
_LABEL_CHARS = 7
_TRANSPORT = (f"{ContainerKind.VEHICLE}:", f"{ContainerKind.FLIGHT}:")
_STATE_AFTER = {
    Step.ACCEPT: ParcelState.ACCEPTED,
    Step.PACK: ParcelState.AT_SITE,
    Step.ARRIVE: ParcelState.AT_SITE,
    Step.SORT: ParcelState.AT_SITE,
    Step.UNLOAD: ParcelState.AT_SITE,
    Step.RETRIEVE: ParcelState.AT_SITE,
    Step.RETURN: ParcelState.AT_SITE,
    Step.STORE: ParcelState.IN_STORE,
    Step.LOAD: ParcelState.UNDER_WAY,
    Step.DEPART: ParcelState.UNDER_WAY,
    Step.OUT_FOR_DELIVERY: ParcelState.OUT_FOR_DELIVERY,
}


class Trace(Struct, frozen=True):
    """One recorded sign of a unit; ``at`` is event time, ``container`` a vehicle's or bag's unit.

    ``queued`` marks a scan that a handheld handed in later: it stands at its own time, whatever its
    place in the spool. ``is_scan`` is false for an act that names the parcel.
    """

    unit: str
    at: datetime
    received_at: datetime
    site: str
    edge: str
    spool: str
    seq: int
    step: Step | None
    container: str | None
    queued: bool = False
    is_scan: bool = True


class Sighting(Struct, frozen=True):
    """Where and when a unit was recorded, event time."""

    site: str
    at: datetime


class Stay(Struct, frozen=True):
    """A unit's time directly in a container; ``until`` null: it is in there still.

    ``site`` is where it was last recorded to be in there.
    """

    container: str
    site: str
    since: datetime
    until: datetime | None = None


class Standing(Struct, frozen=True):
    """What all traces of a unit tell together.

    ``last.at`` never goes back: it is the fold order's time. ``stay`` is the open one.
    """

    first: Sighting
    last: Sighting
    scans: int
    step: Step | None
    state: ParcelState
    returning: bool
    stay: Stay | None

    @property
    def is_over(self) -> bool:
        """Delivered, or given back."""
        return self.state in OVER


def container_unit(kind: ContainerKind, container_id: str) -> str:
    """The one text that stands for a container."""
    return f"{kind}:{container_id}"


def labelled_unit(text: str | None) -> str | None:
    """The bag or pallet that a command label names; null: it names none."""
    kind = None if text is None else _LABEL_KINDS.get(text[:_LABEL_CHARS])
    if kind is None or text is None or not is_name(text[_LABEL_CHARS:]):
        return None
    return container_unit(kind, text[_LABEL_CHARS:])


def kind_and_id(unit: str) -> tuple[ContainerKind, str]:
    """A container's kind and bare id."""
    kind, _, container_id = unit.partition(":")
    return ContainerKind(kind), container_id


def in_fold_order(traces: Iterable[Trace]) -> list[Trace]:
    """The traces in the fold order, each with the time at which it counts; each once.

    By time, arrival, site, edge, spool and seq; inside a spool always by seq, so a clock that was
    set back there does not turn things round (design section 5).
    """
    once = {(trace.spool, trace.seq): trace for trace in traces}
    newest: dict[str, Trace] = {}
    placed = []
    for key in sorted(once):
        trace = once[key]
        if not trace.queued:
            trace = newest[trace.spool] = _not_before(newest.get(trace.spool), trace)
        placed.append(trace)
    placed.sort(key=lambda t: (t.at, t.received_at, t.site, t.edge, t.spool, t.seq))
    return placed


def follows(known: Standing | None, traces: Sequence[Trace]) -> bool:
    """Say whether traces in fold order all come after what is folded already."""
    return known is None or traces[0].at > known.last.at


def fold(known: Standing | None, traces: Sequence[Trace]) -> Standing:
    """What a unit's traces tell, going on from what is known of earlier ones.

    Args:
        known: the fold of all earlier traces; null: there are none.
        traces: at least one, in fold order, all after ``known``.
    """
    for trace in traces:
        known = _fold_one(known, trace)
    if known is None:
        raise ValueError("nothing to fold")
    return known


def stays_of(traces: Sequence[Trace]) -> tuple[Stay, ...]:
    """Every stay of a unit directly in a container, oldest first; traces in fold order."""
    stays: list[Stay] = []
    known: Standing | None = None
    for trace in traces:
        before = None if known is None else known.stay
        known = _fold_one(known, trace)
        if before is not None and not _goes_on(before, known.stay):
            stays.append(replace(before, until=trace.at))
    if known is not None and known.stay is not None:
        stays.append(known.stay)
    return tuple(stays)


def _not_before(previous: Trace | None, trace: Trace) -> Trace:
    if previous is None or (previous.at <= trace.at and previous.received_at <= trace.received_at):
        return trace
    at, received_at = max(previous.at, trace.at), max(previous.received_at, trace.received_at)
    return replace(trace, at=at, received_at=received_at)


def _fold_one(known: Standing | None, trace: Trace) -> Standing:
    here = Sighting(trace.site, trace.at)
    if known is None:
        known = Standing(here, here, 0, None, ParcelState.AT_SITE, returning=False, stay=None)
    returning = trace.step is Step.RETURN or (known.returning and trace.step is not Step.ACCEPT)
    return Standing(
        first=known.first,
        last=here,
        scans=known.scans + trace.is_scan,
        step=trace.step,
        state=_state_after(known, trace, returning=returning),
        returning=returning,
        stay=_stay_after(known.stay, trace),
    )


def _state_after(known: Standing, trace: Trace, *, returning: bool) -> ParcelState:
    if trace.step is Step.DELIVER:
        return ParcelState.RETURNED if returning else ParcelState.DELIVERED
    if trace.step in _STATE_AFTER:
        return _STATE_AFTER[trace.step]
    # The other steps are evidence of place only (design section 6).
    if known.is_over or trace.site == known.last.site:
        return known.state
    return ParcelState.AT_SITE


def _stay_after(stay: Stay | None, trace: Trace) -> Stay | None:
    if trace.container is not None and trace.step in PUT_STEPS:
        if stay is not None and stay.container == trace.container:
            return replace(stay, site=trace.site)
        return Stay(trace.container, trace.site, trace.at)
    if stay is None or trace.step in _TAKES_OUT:
        return None
    if trace.step is Step.ARRIVE and stay.container.startswith(_TRANSPORT):
        return None
    # Recorded by itself elsewhere: nobody scans through a closed bag or a moving vehicle.
    return stay if trace.site == stay.site else None


def _goes_on(before: Stay, after: Stay | None) -> bool:
    return after is not None and (after.container, after.since) == (before.container, before.since)
