"""Parts for tests of incidents: a suspicion, the clock's turn, a scan that finds."""

from datetime import timedelta

from hub.alerts.service import AlertKind, AlertState
from hub.app import make_duties
from hub.incidents.service import Dossier, Kind, Suspicion, open_incident, read_dossier
from hub.timers import Timers
from tests.hub_parts import START, HubHome, SigningEdge
from wire.names import format_at

WAYBILL = "103000000001"
OTHER = "103000000002"


def suspicion(**fields: object) -> Suspicion:
    plain: dict[str, object] = {
        "kind": Kind.PARCEL,
        "subject": WAYBILL,
        "waybills": (WAYBILL,),
        "site": "021W",
        "previous_site": "755W",
        "since": START - timedelta(hours=30),
        "expected_site": "021W",
        "expected_by": START - timedelta(hours=5),
        "p_lost": None,
        "tier": "T0",
        "reasons_zh": ("晚点 5 小时",),
        "reasons_en": ("5 hours behind plan",),
    }
    return Suspicion(**{**plain, **fields})


def begin(hub: HubHome, **fields: object) -> int:
    with hub.database.writing() as tx:
        return open_incident(tx, hub.search(), suspicion(**fields), hub.clock.now())


def turn(hub: HubHome, hours: float = 0) -> None:
    hub.clock.move(hours * 3600)
    Timers(hub.database, make_duties(hub.role)).turn(hub.clock.now(), hub.clock.mono_ns())


def dossier(hub: HubHome, incident_id: int) -> Dossier:
    with hub.database.reading() as tx:
        return read_dossier(tx, incident_id)


def acts(found: Dossier) -> list[str]:
    return [line.act.value for line in found.history]


def scan(hub: HubHome, waybill: str = WAYBILL, site: str = "755A", **fields: object) -> None:
    edge = hub.enrol(SigningEdge(site=site, edge="dock"))
    at = format_at(hub.clock.now())
    line = edge.line(edge.scan(waybill, **{"at": at, **fields}))
    hub.take(edge.batch([line]), site=site)


def open_alerts(hub: HubHome, kind: AlertKind) -> list[str]:
    return [each.subject for each in hub.alerts(kind) if each.state is not AlertState.CLOSED]
