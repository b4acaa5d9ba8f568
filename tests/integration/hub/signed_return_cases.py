"""How the routes of signed returns are asked."""

from hub.keys import NONCE_BYTES
from hub.parcels.declaring import declare_parcel
from hub.parcels.project import ParcelProjection
from hub.parcels.service import Declaration
from hub.parcels.signed_returns import Paper, upload
from tests.hub_parts import START, HubHome
from tests.integration.hub.parcel_parts import fact, scan
from tests.integration.hub.route_asks import WAYBILL, Ask, Case, thing
from wire.names import Step

DOCUMENT = {"name": "a", "content_b64": "", "note": "n"}


def _signed_return(hub: HubHome, site: str) -> Ask:
    """A parcel that was delivered, and has the service."""
    waybill = WAYBILL[site]
    declaration = Declaration(None, site, site, None, None, None, signed_return=True)
    with hub.database.writing() as tx:
        declare_parcel(tx, waybill, declaration, "li", hub.role.policy, START)
        delivered = [fact(scan(0, site, Step.DELIVER, waybill))]
        ParcelProjection(hub.search()).apply(tx, delivered, START)
    return Ask(f"/api/v1/parcels/{waybill}/signed-returns", json=DOCUMENT)


def _signed_copy(hub: HubHome, site: str, after: str = "?unmask=police") -> Ask:
    path = _signed_return(hub, site).path
    nonce = hub.clock.random_bytes(NONCE_BYTES)
    paper = Paper("a", site.encode(), "n")
    with hub.database.writing() as tx:
        copy = upload(tx, WAYBILL[site], paper, hub.keys.bodies, nonce, "li", START)
    return Ask(f"{path}/{copy.sha256}{after}", json={"accepted": True, "note": "n"})


SIGNED_RETURN_CASES: dict[str, Case] = {
    "POST /api/v1/parcels/{waybill}/signed-returns": thing(_signed_return),
    "GET /api/v1/parcels/{waybill}/signed-returns/{sha256}": thing(
        lambda hub, site: Ask(_signed_copy(hub, site).path)
    ),
    "POST /api/v1/parcels/{waybill}/signed-returns/{sha256}/check": thing(
        lambda hub, site: _signed_copy(hub, site, "/check")
    ),
}
