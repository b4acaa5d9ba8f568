"""Whose footage is asked for: every event that moves custody. Pure. Source: design section 6."""

from wire.events import Act, ActKind, Event, Scan
from wire.names import Step

_OF_PLACE_ALONE = frozenset({Step.SORT, Step.INSPECT, Step.COUNT})
_ACTS = frozenset(
    {
        ActKind.HANDOVER_ACCEPT,
        ActKind.HANDOVER_REFUSE,
        ActKind.SEAL_CHECK,
        ActKind.EXCEPTION,
        ActKind.DELIVER,
    }
)


def asked_of(event: Event) -> tuple[str | None, ...]:
    """The waybill of an event that moves custody, null where its scans tell it; else nothing."""
    if isinstance(event, Scan):
        moves = event.waybill is not None and event.step not in (None, *_OF_PLACE_ALONE)
        return (event.waybill,) if moves else ()
    if isinstance(event, Act):
        return (event.waybill,) if event.act in _ACTS else ()
    return ()
