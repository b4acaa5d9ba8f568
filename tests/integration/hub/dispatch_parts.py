"""A branch, two dispatch centres, and what tests of the register do with them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import httpx

from hub.alerts.service import AlertKind, AlertState
from hub.dispatch.project import DispatchProjection
from hub.dispatch.service import DispatchDuty
from hub.mail.service import receipts_about
from hub.network import Lane, Network, Region, Shift, Site, SiteKind
from hub.parcels.project import ParcelProjection
from tests.hub_parts import HubHome
from tests.integration.hub.parcel_parts import fact, scan
from tests.rest_parts import API
from wire.events import Event, Scan
from wire.names import Step, format_at

ONE, TWO, THREE = "103000000001", "103000000002", "103000000003"
URL = f"{API}/dispatch"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
"""12:00 at the branch."""


def make_site(code: str, kind: SiteKind, superior: str | None = None, *contacts: str) -> Site:
    return Site(
        code=code, name=code, kind=kind, region="south", superior=superior, contacts=contacts
    )


NETWORK = Network(
    region=(Region(code="south", name="南", operations_contact="o@o", claims_contact="c@c"),),
    site=(
        make_site("755A", SiteKind.BRANCH, "755D"),
        make_site("755D", SiteKind.DISPATCH, None, "centre@755d.example"),
        make_site("755B", SiteKind.BRANCH, "755D"),
        make_site("020A", SiteKind.BRANCH, "020D"),
        make_site("020D", SiteKind.DISPATCH, None, "centre@020d.example"),
        make_site("010A", SiteKind.BRANCH, "010D"),
        make_site("010D", SiteKind.DISPATCH),
        make_site("755W", SiteKind.LEVEL_2, "755D"),
    ),
    lane=(Lane(origin="755A", destination="020A", planned_h=9),),
    shift=(
        Shift(site="755A", name="day", starts="08:00", ends="18:00"),
        Shift(site="755W", name="day", starts="08:00", ends="18:00"),
    ),
)


def left(waybill: str, at: datetime = NOON, site: str = "755A", **fields: object) -> Scan:
    return scan(0, site, Step.DEPART, waybill, at=format_at(at), **fields)


def tell(hub: HubHome, *events: Event) -> None:
    with hub.database.writing() as tx:
        facts = [fact(each) for each in events]
        ParcelProjection(hub.search()).apply(tx, facts, hub.clock.now())
        DispatchProjection(hub.role.policy, hub.role.network).apply(tx, facts, hub.clock.now())


def work(hub: HubHome, at: datetime) -> None:
    """The clock's turn at a time."""
    hub.clock.at = at
    with hub.database.writing() as tx:
        DispatchDuty(hub.role.network).run(tx, at)


def mails(hub: HubHome, list_id: int = 1) -> list[tuple[str, ...]]:
    with hub.database.reading() as tx:
        return [each.to for each in receipts_about(tx, f"dispatch/{list_id}")]


def told(hub: HubHome, kind: AlertKind) -> list[tuple[AlertState, str | None, int]]:
    return [(each.state, each.site, each.count) for each in hub.alerts(kind)]


async def declare(admin: httpx.AsyncClient, waybill: str, destination: str) -> None:
    person = {"name": "王芳", "address": "天河路 1 号", "phone": "13900001234"}
    body = {"declared_value_cny": "30000", "destination": destination, "recipient": person}
    assert (await admin.put(f"{API}/parcels/{waybill}", json=body)).status_code == 200


async def whole(admin: httpx.AsyncClient) -> dict[str, object]:
    answer = await admin.get(f"{URL}/1")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def waybills(found: dict[str, object]) -> Sequence[str]:
    return [each["waybill"] for each in found["entries"]]  # type: ignore[attr-defined] # JSON
