"""What ends an outing of a deliverer: rooms that fold scans agree on it. Pure. Source: HV-2.6."""

from wire.names import Step

ENDS_OUTING = frozenset(
    {
        Step.ACCEPT,
        Step.PACK,
        Step.ARRIVE,
        Step.DEPART,
        Step.SORT,
        Step.LOAD,
        Step.UNLOAD,
        Step.STORE,
        Step.RETRIEVE,
        Step.DELIVER,
        Step.RETURN,
    }
)
"""Who is scanned at these is out no more; the others are seen, or handed over, on the way."""
