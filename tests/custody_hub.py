"""A hub with the small carrier of ``custody_parts``: edges hand in lines by the minute."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.custody import service
from hub.custody.service import BreachKind, Chain, CustodyDuty, Judge
from tests import samples
from tests.hub_parts import START, HubHome, SigningEdge
from wire.badges import badge_sha256, pseudonym
from wire.events import Act, ActKind, Event, Scan
from wire.names import Result, Step, format_at

WAYBILL, SIBLING = "103000000001", "103000000002"
PLAIN = "755000000001"


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


@dataclass
class Carrier:
    """A hub with the small network; one edge at each site hands in lines by the minute."""

    hub: HubHome
    edges: dict[str, SigningEdge] = field(default_factory=dict)
    kept: list[bytes] = field(default_factory=list)

    def edge(self, site: str) -> SigningEdge:
        if site not in self.edges:
            spool = f"{len(self.edges) + 1:032x}"
            self.edges[site] = self.hub.enrol(SigningEdge(site=site, spool=spool))
        return self.edges[site]

    def by(self, site: str, badge: str | None) -> str | None:
        if badge is None:
            return None
        self.edge(site)
        with self.hub.database.reading() as tx:
            query = f"SELECT salt FROM site_salt WHERE site = '{site}'"
            salt = str(tx.exec_driver_sql(query).scalar_one())
        return pseudonym(badge_sha256(badge), salt)

    def scan(
        self, minute: float, step: Step, badge: str | None, site: str = "BRANCH", **more: Any
    ) -> Scan:
        own: dict[str, Any] = {
            "waybill": WAYBILL,
            "container": None,
            "container_kind": None,
            "place": None,
            "result": Result.HV,
            "step": step,
            "by": self.by(site, badge),
            "at": format_at(at(minute)),
        }
        return self.edge(site).scan(**{**own, **more})

    def act(self, minute: float, act: ActKind, site: str = "BRANCH", **more: Any) -> Act:
        for role in ("by", "giver", "receiver"):
            more[role] = self.by(site, more.get(role))
        stamp = {"at": format_at(at(minute)), "mono_ms": 1, "boot": samples.BOOT}
        clock = samples.ClockReading(offset_ms=0, error_ms=5)
        return Act(site=site, edge="dock", act=act, clock=clock, **stamp, **more)

    def hand_in(self, *events: Event, minute: float | None = None) -> None:
        """Send events; they are received at ``minute``, by default when the last one happened."""
        last = max(datetime.fromisoformat(event.at) for event in events)
        self.hub.clock.at = last if minute is None else at(minute)
        for event in events:
            edge = self.edge(event.site)
            self.hub.take(edge.batch([edge.line(event)]), site=event.site)

    def chain(self, minute: float, as_of: float | None = None, waybill: str = WAYBILL) -> Chain:
        self.hub.clock.at = at(minute)
        with self.hub.database.reading() as tx:
            then = None if as_of is None else at(as_of)
            chain = service.custody_of(tx, self.hub.chains(), waybill, at(minute), then)
        assert chain is not None
        return chain

    def turn(self, minute: float) -> None:
        """The clock's role has its turn."""
        self.hub.clock.at = at(minute)
        with self.hub.database.writing() as tx:
            CustodyDuty(Judge(self.hub.chains())).run(tx, at(minute))

    def breaches(self) -> list[BreachKind]:
        with self.hub.database.reading() as tx:
            return [each.breach.kind for each in service.list_breaches(tx)]


def told(chain: Chain) -> list[tuple[float, str | None, str]]:
    return [
        (
            (span.from_at - START) / timedelta(minutes=1),
            None if span.holder is None else span.holder.badge,
            str(span.standing),
        )
        for span in chain.spans
    ]
