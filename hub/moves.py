"""What rooms that fold scans agree on: which steps end an outing, what is one departure. Pure.

Source: HV-2.4, HV-2.6.
"""

from datetime import timedelta

from wire.names import Step

DEPARTURE_MAX = timedelta(hours=2)
"""How long after the scan before it a scan may still belong to the same departure."""

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
