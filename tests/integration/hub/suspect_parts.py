"""A hub that watches parcels, for tests of suspects: scans go in, hours pass, suspects come out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.app import make_duties, make_projections
from hub.fact import Fact
from hub.incidents.service import Incident, Kind, list_incidents
from hub.ingest.projecting import Projection
from hub.missing.duties import LookDuty, QueryDuty, SuspectDuty
from hub.missing.service import Asked, Suspect, list_suspects
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration
from hub.timers import Duty
from tests import samples
from tests.hub_parts import HubHome
from tests.missing_parts import HOUR, ROUTE
from wire.events import Act, ActKind, ContainerKind, Event
from wire.names import Step, format_at

HV = "103000000001"
ORDINARY = "755000000001"
CLOCK = samples.ClockReading(offset_ms=0, error_ms=5)
_KINDS = {
    "BAG": ContainerKind.BAG,
    "PAL": ContainerKind.PALLET,
    "VEH": ContainerKind.VEHICLE,
    "FLT": ContainerKind.FLIGHT,
}


@dataclass
class Watching:
    """Drives the real projections and duties of one hub in its own database.

    ``looks_again`` false: the figures stay those of the first alerts.
    """

    hub: HubHome
    projections: list[Projection] = field(init=False)
    duties: list[Duty] = field(init=False)
    seq: int = 0
    looks_again: bool = False

    def __post_init__(self) -> None:
        self.projections = make_projections(self.hub.role)
        self.restart()

    def restart(self) -> None:
        """The clock role starts anew: what it remembers stands in the database alone."""
        kinds = (SuspectDuty, QueryDuty, *((LookDuty,) if self.looks_again else ()))
        self.duties = [each for each in make_duties(self.hub.role) if isinstance(each, kinds)]

    def declare(self, *waybills: str, route: tuple[str, ...] = ROUTE) -> None:
        for waybill in waybills:
            declared = Declaration(None, route[0], route[-1], route, None, None)
            with self.hub.database.writing() as tx:
                now = self.hub.clock.now()
                declare_parcel(tx, waybill, declared, "li", self.hub.role.policy, now)

    def scan(
        self, waybills: str | Iterable[str], site: str, step: Step, at: datetime, into: str = ""
    ) -> None:
        """Scans of parcels, received when they are made; ``into`` is ``VEH:V-1`` or the like."""
        self.receive([self.fact(w, site, step, at, into) for w in _listed(waybills)], at)

    def fact(self, code: str, site: str, step: Step, at: datetime, into: str = "") -> Fact:
        kind, _, name = into.partition(":")
        self.seq += 1
        return _fact(
            samples.scan(
                site=site,
                seq=self.seq,
                at=format_at(at),
                clock=CLOCK,
                waybill=None if code.startswith("CX:") else code,
                text=code,
                step=step,
                container=name or None,
                container_kind=_KINDS[kind] if into else None,
            ),
            at,
        )

    def act(self, kind: ActKind, site: str, at: datetime, **fields: object) -> None:
        self.seq += 1
        stamp = {"edge": "dock", "mono_ms": 1, "boot": samples.BOOT, "clock": CLOCK}
        spool = {"spool": samples.SPOOL, "seq": self.seq}
        act = Act(site=site, at=format_at(at), act=kind, **stamp, **spool, **fields)  # type: ignore[arg-type]  # a test's
        self.receive([_fact(act, at)], at)

    def receive(self, facts: list[Fact], now: datetime) -> None:
        """The hub's intake stores events and lets its rooms work on them, in one transaction."""
        self.hub.clock.at = now
        with self.hub.database.writing() as tx:
            for projection in self.projections:
                projection.apply(tx, facts, now)

    def turn(self, now: datetime) -> None:
        """The clock role works on what is due."""
        self.hub.clock.at = now
        for duty in self.duties:
            with self.hub.database.writing() as tx:
                duty.run(tx, now)

    def watch(self, start: datetime, hours: float, every: timedelta = 3 * HOUR) -> None:
        """Turn after turn for so many hours."""
        now = start
        while now < start + hours * HOUR:
            now += every
            self.turn(now)

    def suspects(self, **asked: object) -> list[Suspect]:
        with self.hub.database.reading() as tx:
            return list_suspects(tx, self.hub.role.network, Asked(**asked))  # type: ignore[arg-type]  # a test's

    def incidents(self, kind: Kind) -> list[Incident]:
        with self.hub.database.reading() as tx:
            found = list_incidents(tx, limit=1000)
        return [each for each in found if each.suspicion.kind is kind]


def _listed(waybills: str | Iterable[str]) -> list[str]:
    return [waybills] if isinstance(waybills, str) else list(waybills)


def _fact(event: Event, at: datetime) -> Fact:
    return Fact(event, at, at, late=False)
