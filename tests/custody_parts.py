"""A small carrier and its scans, as custody's rules read them: ``day.scan(10, "sort", "KIM")``."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.custody.rules.chain import Breach, BreachKind, Chain, Ground, Subject
from hub.custody.rules.fold import fold
from hub.custody.rules.records import Container, Record
from hub.network import Network, Staff
from hub.network_file import parse_network
from tests.samples import POLICY
from wire.events import ActKind
from wire.names import Result, Step

WAYBILL = "103000000001"
NIGHT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)

NETWORK_TOML = """
[[region]]
code = "EAST"
name = "华东"
operations_contact = "ops@example.test"
claims_contact = "claims@example.test"

[[site]]
code = "BRANCH"
name = "分点部"
kind = "branch"
region = "EAST"

[[site]]
code = "HUB"
name = "中转场"
kind = "level-1"
region = "EAST"

[[site]]
code = "SECOND"
name = "二级中转场"
kind = "level-2"
region = "EAST"

[[site]]
code = "FAR"
name = "远处分点部"
kind = "branch"
region = "EAST"

[[place]]
site = "BRANCH"
id = "cage1"
kind = "cage"
keeper = "KEEPER"
container = "C-1"

[[place]]
site = "BRANCH"
id = "counter"
kind = "counter"

[[place]]
site = "BRANCH"
id = "area"
kind = "dedicated_area"
keeper = "KEEPER"

[[place]]
site = "BRANCH"
id = "area2"
kind = "dedicated_area"

[[place]]
site = "HUB"
id = "area9"
kind = "dedicated_area"
keeper = "HUBKEEPER"

[[place]]
site = "HUB"
id = "cage9"
kind = "cage"
keeper = "HUBKEEPER"
container = "C-9"

[[channel]]
site = "BRANCH"
camera = "cam1"
places = ["cage1", "area"]
role = "dedicated"
"""
DUTIES = {
    "KIM": "courier",
    "KEEPER": "designated_keeper",
    "LOADER": "warehouse_keeper",
    "DRIVER": "driver",
    "HUBKEEPER": "designated_keeper",
    "SORTER": "warehouse_keeper",
    "LIN": "dedicated_deliverer",
}
HOMES = {"KIM": "BRANCH"}
"""Where people are listed; all others at the hub."""


def small_network(more: str = "") -> Network:
    staff = "".join(
        f'[[staff]]\nbadge = "{badge}"\nname = "{badge.title()}"\nduty = "{duty}"\n'
        f'site = "{HOMES.get(badge, "HUB")}"\n'
        for badge, duty in DUTIES.items()
    )
    return parse_network((NETWORK_TOML + staff + more).encode())


NETWORK = small_network()


def pseudonym(site: str, badge: str) -> str:
    """Readable in a failing test; each site has its own, as with real salts."""
    return f"{site}:{badge}"


def people() -> dict[tuple[str, str], Staff]:
    return {
        (site, pseudonym(site, badge)): person
        for site in NETWORK.sites
        for badge, person in NETWORK.people.items()
    }


GROUND = Ground(NETWORK, POLICY.handover, POLICY.delivery, POLICY.storage, POLICY.vehicle, people())


def bag(name: str = "B-1") -> Container:
    return Container("bag", name)


def truck(name: str = "V-1") -> Container:
    return Container("vehicle", name)


@dataclass
class Day:
    """Records of one parcel; minutes count from ``NIGHT``, each edge has one spool."""

    site: str = "BRANCH"
    records: list[Record] = field(default_factory=list)
    seqs: dict[tuple[str, str], int] = field(default_factory=dict)

    def scan(self, minute: float, step: str | None, by: str | None = None, **more: Any) -> Record:
        return self._add(minute, more, step=None if step is None else Step(step), by=by)

    def act(self, minute: float, act: ActKind, **more: Any) -> Record:
        by = more.pop("by", None)
        return self._add(minute, more, act=act, by=by)

    def sighting(self, minute: float, camera: str = "belt", **more: Any) -> Record:
        """A camera read its label."""
        return self._add(minute, {"result": None, **more}, by=None, camera=camera)

    def handover(self, minute: float, giver: str, receiver: str, **more: Any) -> Record:
        """First form: giver's scan, then both badges' act a minute later."""
        scan = self.scan(minute, "handover", giver, **more)
        return self.act(
            minute + 1,
            ActKind.HANDOVER_ACCEPT,
            giver=giver,
            receiver=receiver,
            covers=(scan.seq,),
            by=receiver,
            **more,
        )

    def chain(self, at: float = 24 * 60, **subject: Any) -> Chain:
        plain = {"waybill": WAYBILL, "is_high_value": True}
        return fold(self.records, Subject(**{**plain, **subject}), GROUND, minute_of(at))

    def _add(self, minute: float, more: dict[str, Any], **own: Any) -> Record:
        site = more.pop("site", self.site)
        edge = more.pop("edge", "dock")
        seq = self.seqs.get((site, edge), 0) + 1
        self.seqs[site, edge] = seq
        for role in ("giver", "receiver"):
            if more.get(role) is not None:
                more[role] = pseudonym(site, more[role])
        own["by"] = None if own["by"] is None else pseudonym(site, own["by"])
        at = minute_of(minute)
        plain = {"received_at": at, "spool": f"{site}-{edge}", "result": Result.HV}
        record = Record(site=site, edge=edge, seq=seq, at=at, **{**plain, **own, **more})
        self.records.append(record)
        return record


def minute_of(minute: float) -> datetime:
    return NIGHT + timedelta(minutes=minute)


def told(chain: Chain) -> list[tuple[float, str | None, str]]:
    """The chain in short: from which minute, who (badge), how well proven."""
    return [
        (
            (span.from_at - NIGHT) / timedelta(minutes=1),
            None if span.holder is None else span.holder.badge or span.holder.by,
            str(span.standing),
        )
        for span in chain.spans
    ]


def gaps(chain: Chain) -> list[tuple[str, float, float | None]]:
    """Gaps in short: kind, from and until which minute."""
    return [
        (
            str(gap.kind),
            (gap.from_at - NIGHT) / timedelta(minutes=1),
            None if gap.to_at is None else (gap.to_at - NIGHT) / timedelta(minutes=1),
        )
        for gap in chain.gaps
    ]


def kinds(chain: Chain) -> list[BreachKind]:
    return [breach.kind for breach in chain.breaches]


def only_breach(chain: Chain) -> Breach:
    (breach,) = chain.breaches
    return breach
