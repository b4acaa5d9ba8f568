"""How the routes of cameras and footage are asked for what is of a site."""

from hub.network import EMPTY
from hub.video.service import Stretch, hold_footage
from hub.video.store import logs
from tests.footage_index_parts import DOCK, at, camera, gap, segment
from tests.hub_parts import HubHome, SigningEdge
from tests.integration.hub.route_asks import WAYBILL, Ask, Case, listed, thing
from wire.events import CameraFact, Event
from wire.names import format_at

DAY = "2026-11-21"


def footage_of(site: str) -> list[Event]:
    """What a site's camera tells: a segment, a gap, and that it is lost."""
    own = {"site": site}
    lost = camera(CameraFact.LOST, 30, **own)
    return [segment(10, camera=f"{DOCK}-{site}", **own), gap(20, 10, **own), lost]


def furnish_footage(hub: HubHome, edge: SigningEdge, site: str) -> None:
    """A camera with footage and trouble, and a hold."""
    hub.take(edge.batch([edge.line(each) for each in footage_of(site)]), site=site)
    _hold(hub, site)
    _log(hub, site)


def _hold(hub: HubHome, site: str) -> int:
    asked = Stretch(at(0), at(60))
    who = f"li of {site}"
    with hub.database.writing() as tx:
        own = f"{DOCK}-{site}"
        made = hold_footage(tx, EMPTY, site, own, asked, WAYBILL[site], site, who, at(0))
    return made.id


def _clips(_hub: HubHome, site: str) -> Ask:
    times = f"from={format_at(at(0))}&to={format_at(at(60))}"
    return Ask(f"/api/v1/clips?camera={site}/{DOCK}-{site}&{times}")


def _hold_order(_hub: HubHome, site: str) -> Ask:
    times = {"since": format_at(at(0)), "until": format_at(at(60))}
    order = {"site": site, "camera": DOCK, "reason": "police", **times}
    return Ask("/api/v1/holds", json=order)


def _log(hub: HubHome, site: str) -> Ask:
    with hub.database.writing() as tx:
        if not logs.has(tx, site, DAY):
            logs.add(tx, logs.MadeLog(site, DAY, 0, at(0), at(9), None, None), f"log of {site}")
    return Ask(f"/api/v1/monitoring-logs/{site}/{DAY}")


VIDEO_CASES: dict[str, Case] = {
    "GET /api/v1/cameras": listed("/api/v1/cameras"),
    "GET /api/v1/clips": thing(_clips),
    "GET /api/v1/parcels/{waybill}/footage": thing(
        lambda _hub, site: Ask(f"/api/v1/parcels/{WAYBILL[site]}/footage")
    ),
    "GET /api/v1/monitoring-logs": listed("/api/v1/monitoring-logs"),
    "GET /api/v1/monitoring-logs/{site}/{period}": thing(_log),
    "GET /api/v1/holds": listed("/api/v1/holds"),
    "POST /api/v1/holds": thing(_hold_order),
    "DELETE /api/v1/holds/{hold_id}": thing(
        lambda hub, site: Ask(f"/api/v1/holds/{_hold(hub, site)}")
    ),
}
