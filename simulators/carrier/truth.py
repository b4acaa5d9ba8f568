"""What really happened on the simulated days, beside what was scanned.

Pure. One JSON object a line, so that tests and people can read it. Source: design sections 6, 7.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from simulators.carrier.noise import Outage
from wire.names import format_at


class Holding(NamedTuple):
    """From ``at`` on, until the parcel's next holding, this is the truth.

    ``holder`` is a badge or nobody. ``container`` is what the parcel moves in now (vehicle or
    flight), else its bag, else the locked container it rests in. ``why`` is the step, or accepted
    words such as stolen, lost, found. ``told`` says whether the scans that show this were made:
    only then can a chain of custody know it.
    """

    waybill: str
    at: datetime
    holder: str | None
    site: str
    place: str | None
    container: str | None
    bag: str | None
    why: str
    told: bool


class FateKind(StrEnum):
    """How a parcel's days ended."""

    DELIVERED = "delivered"
    STOLEN = "stolen"
    LOST = "lost"
    """Also where it was found and delivered later."""


class How(StrEnum):
    """How a parcel left everybody's hands."""

    SIGNED = "signed"
    WITH_COURIER = "with_courier"
    AT_SITE = "at_site"
    """Stolen out of a cage or from a dock, or left behind there."""
    ON_THE_WAY = "on_the_way"
    """Stolen from a vehicle, or left in one."""
    FROM_BAG = "from_bag"
    """The bag went on without it."""
    WHOLE_BAG = "whole_bag"


class Diversion(NamedTuple):
    """A parcel that was sent to the wrong neighbour."""

    waybill: str
    at: datetime
    site: str
    to: str


@dataclass(slots=True)
class Fate:
    """The end of one parcel.

    For one stolen or lost: ``at`` and ``site`` (on the way: where it had left) of the moment it
    vanished, ``how``, and ``due_at``, the planned time of the next scan of it by lane and shift
    (inside a bag: of the bag's opening). ``told`` is false where a delivery was never scanned.
    """

    waybill: str
    high_value: bool
    kind: FateKind
    at: datetime
    site: str
    how: How
    due_at: datetime | None = None
    found_at: datetime | None = None
    delivered_at: datetime | None = None
    told: bool = True


class Breach(NamedTuple):
    """Wrong work that was done and scanned; ``waybill`` is None for a site's standing breach.

    A parcel that vanished breaks no rule any more, although its bag goes on as if it were there.
    """

    rule: str
    waybill: str | None
    at: datetime
    site: str
    what: str


class PlannedVisit(NamedTuple):
    """A site on a parcel's way as lanes and shifts plan it at acceptance."""

    site: str
    arrives_at: datetime
    leaves_at: datetime | None


@dataclass(slots=True)
class Truth:
    """All of it; holdings are in time order for each parcel."""

    holdings: dict[str, list[Holding]] = field(default_factory=dict)
    fates: dict[str, Fate] = field(default_factory=dict)
    plans: dict[str, tuple[PlannedVisit, ...]] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    diversions: list[Diversion] = field(default_factory=list)
    outages: tuple[Outage, ...] = ()

    def hold(self, holding: Holding) -> None:
        """Something changed for a parcel."""
        self.holdings.setdefault(holding.waybill, []).append(holding)

    def vanished(self) -> Iterator[Fate]:
        """The stolen and the lost."""
        return (fate for fate in self.fates.values() if fate.kind is not FateKind.DELIVERED)

    def lines(self) -> Iterator[str]:
        """Everything as JSON lines with a ``kind`` each."""
        for holdings in self.holdings.values():
            for holding in holdings:
                yield _line("holding", holding._asdict())
        for fate in self.fates.values():
            # The field is called fate here: ``kind`` names the line's.
            row = asdict(fate)
            yield _line("fate", {"fate": row.pop("kind"), **row})
        for waybill, visits in self.plans.items():
            plan = [visit._asdict() for visit in visits]
            yield _line("plan", {"waybill": waybill, "visits": plan})
        for breach in self.breaches:
            yield _line("breach", breach._asdict())
        for diversion in self.diversions:
            yield _line("diversion", diversion._asdict())
        for outage in self.outages:
            row = asdict(outage)
            yield _line("outage", {"outage": row.pop("kind"), **row})


def _line(kind: str, row: dict[str, object]) -> str:
    return json.dumps({"kind": kind, **row}, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return format_at(value) if isinstance(value, datetime) else str(value)
