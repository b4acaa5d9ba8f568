"""Arriving scans and acts renew what is known of parcels, bags and pallets.

Source: HV-2.4, HV-2.9, design sections 5 and 6.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection

from hub.fact import Fact
from hub.incidents.service import Search
from hub.parcels import store, trace_store
from hub.parcels.forwarding import end_replaced
from hub.parcels.rules.traces import (
    UNIT_STEPS,
    Standing,
    Trace,
    container_unit,
    fold,
    follows,
    in_fold_order,
    labelled_unit,
)
from hub.wanted.service import drop_high_value, want_high_value
from wire.events import Act, ActKind, Scan
from wire.names import Step, is_name

_ACT_STEPS = {ActKind.DELIVER: Step.DELIVER, ActKind.SELF_CHECK: Step.INSPECT}


class ParcelProjection:
    """Keeps one row a unit; what arrives late is folded again from the unit's traces."""

    name = "parcels"

    def __init__(self, search: Search) -> None:
        self._search = search

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Fold events into their units: one read and two writes, however many events."""
        fresh: dict[str, dict[tuple[str, int], Trace]] = {}
        for fact in facts:
            trace = trace_of(fact)
            if trace is not None:
                fresh.setdefault(trace.unit, {})[trace.spool, trace.seq] = trace
        if not fresh:
            return
        known = trace_store.states_of(tx, fresh)
        folded: dict[str, Standing] = {}
        added: list[Trace] = []
        for unit, traces in fresh.items():
            folded[unit], new = _fold(tx, known.get(unit), list(traces.values()))
            added += new
        trace_store.add_traces(tx, added)
        trace_store.put_states(tx, folded)
        _renew_entries(tx, known, folded, now)
        begun = [u for u, each in folded.items() if u not in known or each.first != known[u].first]
        end_replaced(tx, begun, self._search, now)


def trace_of(fact: Fact) -> Trace | None:
    """What an event tells of a unit; null: nothing."""
    event = fact.event
    if isinstance(event, Act):
        is_sighting = event.act is not ActKind.SELF_CHECK or event.found is True
        if event.waybill is None or event.act not in _ACT_STEPS or not is_sighting:
            return None
        return _trace(fact, event.waybill, _ACT_STEPS[event.act], None, is_scan=False)
    if not isinstance(event, Scan):
        return None
    held = None
    if event.container is not None and event.container_kind is not None:
        # An id that no label of ours can carry names nothing.
        known = is_name(event.container)
        held = container_unit(event.container_kind, event.container) if known else None
    if event.waybill is not None:
        return _trace(fact, event.waybill, event.step, held, is_scan=True)
    unit = labelled_unit(event.text)
    if unit is None:
        return None
    if event.step in UNIT_STEPS and held != unit:
        return _trace(fact, unit, event.step, held, is_scan=True)
    # The label opened or closed the bag for what is scanned next; it moved nothing.
    return _trace(fact, unit, None, None, is_scan=True)


def _trace(
    fact: Fact, unit: str, step: Step | None, container: str | None, *, is_scan: bool
) -> Trace:
    event = fact.event
    return Trace(
        unit=unit,
        at=fact.occurred_at,
        received_at=fact.received_at,
        site=event.site,
        edge=event.edge,
        spool=event.spool,
        seq=event.seq,
        step=step,
        container=container,
        queued=isinstance(event, Scan) and event.queued is not None,
        is_scan=is_scan,
    )


def _fold(
    tx: Connection, known: Standing | None, fresh: list[Trace]
) -> tuple[Standing, Iterable[Trace]]:
    """Fold fresh traces in; return also those of them that are to be kept, as they came."""
    in_order = in_fold_order(fresh)
    if known is None or follows(known, in_order):
        return fold(known, in_order), fresh
    kept = trace_store.traces_of(tx, fresh[0].unit)
    places = {(trace.spool, trace.seq) for trace in kept}
    new = [trace for trace in fresh if (trace.spool, trace.seq) not in places]
    standing = fold(None, in_fold_order([*kept, *new]))
    if len(kept) >= trace_store.TRACES_READ_MAX:
        # Older traces were not read: what they told of the beginning stands.
        scans = known.scans + sum(trace.is_scan for trace in new)
        standing = replace(standing, first=known.first, scans=scans)
    return standing, new


def _renew_entries(
    tx: Connection, known: dict[str, Standing], folded: dict[str, Standing], now: datetime
) -> None:
    """High value by declared value stands on the wanted list until it is delivered (design 3)."""
    changed = [
        unit
        for unit, each in folded.items()
        if each.is_over != (unit in known and known[unit].is_over)
    ]
    for waybill in sorted(store.hv_by_value(tx, changed)) if changed else ():
        renew = drop_high_value if folded[waybill].is_over else want_high_value
        renew(tx, waybill, now)
