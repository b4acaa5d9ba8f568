"""Each time a parcel went out for delivery, and what came of it. Pure. Source: HV-2.6, CS-D1."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hub.moves import ENDS_OUTING
from hub.parcels.rules.traces import ParcelState, Sighting, Standing, Trace, fold
from wire.names import Step


class Outcome(StrEnum):
    """What came of an attempt; ``open``: it is out still, as far as is recorded."""

    DELIVERED = "delivered"
    CAME_BACK = "came_back"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver; ``n`` counts from 1, times are event times."""

    n: int
    out_at: datetime
    site: str
    ended_at: datetime | None = None
    outcome: Outcome = Outcome.OPEN

    @property
    def is_free(self) -> bool:
        """The second delivery, and each later one, costs nothing (CS-D1)."""
        return self.n > 1


def attempts_of(traces: Sequence[Trace]) -> tuple[Attempt, ...]:
    """A parcel's attempts, oldest first; its traces in fold order.

    Each scan out for delivery begins one, also where no scan showed that the last one came back.
    """
    found: list[Attempt] = []
    for trace in traces:
        is_out = trace.step is Step.OUT_FOR_DELIVERY
        ends = is_out or trace.step in ENDS_OUTING
        if ends and found and found[-1].outcome is Outcome.OPEN:
            is_delivered = trace.step is Step.DELIVER
            outcome = Outcome.DELIVERED if is_delivered else Outcome.CAME_BACK
            found[-1] = replace(found[-1], ended_at=trace.at, outcome=outcome)
        if is_out:
            found.append(Attempt(len(found) + 1, trace.at, trace.site))
    return tuple(found)


def delivery_of(traces: Sequence[Trace]) -> Sighting | None:
    """Where and when a parcel was delivered; null: it is not, or it came back since.

    What is recorded of it afterwards, the signer's ID too, does not move the moment.
    """
    found: Sighting | None = None
    known: Standing | None = None
    for trace in traces:
        known = fold(known, [trace])
        if known.state is not ParcelState.DELIVERED:
            found = None
        elif found is None:
            found = Sighting(trace.site, trace.at)
    return found
