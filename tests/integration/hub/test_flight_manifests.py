"""HV-2.4.2: a flight's dispatch data is registered in time after it took high-value parcels."""

from datetime import timedelta

import httpx
import pytest

from hub.alerts.service import AlertKind, AlertState, Level
from hub.network import EMPTY
from hub.parcels.flights import FlightDuty, FlightProjection
from hub.parcels.project import ParcelProjection
from hub.parcels.rules.manifests import REMARKS_MAX
from tests.hub_parts import START, HubHome
from tests.integration.hub.parcel_parts import IN_BAG, fact, label, scan
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API
from tests.samples import POLICY
from wire.events import ContainerKind, Scan
from wire.names import Step

pytestmark = pytest.mark.anyio

HIGH, OTHER, PLAIN = "103000000001", "103000000002", "755000000001"
FLOWN = {"container": "F-1", "container_kind": ContainerKind.FLIGHT}
FLIGHT_MIN = POLICY.manifest.flight_min
ORDER = {"kind": "flight", "from": "755W", "to": "021W", "waybills": [HIGH]}
URL = f"{API}/manifests/F-1"


def tell(hub: HubHome, *events: Scan) -> None:
    """Parcels first, as in the hub: what a bag holds is known when it departs."""
    facts = [fact(each) for each in events]
    with hub.database.writing() as tx:
        for projection in (ParcelProjection(hub.search()), FlightProjection(POLICY)):
            projection.apply(tx, facts, hub.clock.now())


def turn(hub: HubHome, minute: float) -> list[tuple[AlertState, Level]]:
    """The clock's role has its turn; the alerts as they stand then."""
    hub.clock.at = START + timedelta(minutes=minute)
    with hub.database.writing() as tx:
        FlightDuty(EMPTY).run(tx, hub.clock.now())
    return states(hub)


def states(hub: HubHome) -> list[tuple[AlertState, Level]]:
    return [(each.state, each.level) for each in hub.alerts(AlertKind.FLIGHT_UNREGISTERED)]


@on_both_databases
async def test_a_departure_without_a_manifest_is_one_alert_that_closes_when_it_comes(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, scan(-5, "755W", Step.PACK, OTHER, **IN_BAG))
    tell(hub, label(0, "755W", Step.DEPART, "CX:BAG:B-1", **FLOWN))
    tell(hub, scan(10, "755W", Step.DEPART, HIGH, **FLOWN))
    assert turn(hub, 10 + FLIGHT_MIN - 1) == []
    assert turn(hub, 10 + FLIGHT_MIN) == turn(hub, 500) == [(AlertState.OPEN, Level.WARN)]
    (alert,) = hub.alerts(AlertKind.FLIGHT_UNREGISTERED)
    assert (alert.site, alert.count) == ("755W", 1)
    assert "F-1" in alert.text_zh
    assert "F-1" in alert.text_en
    # Of another flight, and of another trip of this one: neither is what is missing.
    await admin.put(f"{API}/manifests/F-2", json=ORDER)
    await admin.put(URL, json={**ORDER, "waybills": [PLAIN]})
    assert states(hub) == [(AlertState.OPEN, Level.WARN)]
    put = await admin.put(URL, json={**ORDER, "waybills": [OTHER], "remarks": "晚点 20 分钟"})
    assert (put.status_code, put.json()["remarks"]) == (200, "晚点 20 分钟")
    assert [state for state, _ in states(hub)] == [AlertState.CLOSED]
    assert (await admin.get(URL)).json()["remarks"] == "晚点 20 分钟"


async def test_a_manifest_in_time_or_before_the_departure_is_no_alert_but_the_next_day_is(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await admin.put(URL, json=ORDER)
    tell(hub, scan(30, "755W", Step.DEPART, HIGH, **FLOWN))
    assert turn(hub, 300) == []
    tell(hub, scan(24 * 60, "755W", Step.DEPART, OTHER, **FLOWN))
    assert len(turn(hub, 24 * 60 + FLIGHT_MIN)) == 1
    await admin.put(URL, json={**ORDER, "waybills": [OTHER]})
    assert [state for state, _ in turn(hub, 25 * 60 + FLIGHT_MIN)] == [AlertState.CLOSED]


async def test_a_flight_with_ordinary_parcels_alone_and_a_truck_need_none(hub: HubHome) -> None:
    tell(hub, scan(0, "755W", Step.DEPART, PLAIN, **FLOWN))
    in_truck = {"container": "F-1", "container_kind": ContainerKind.VEHICLE}
    tell(hub, scan(1, "755W", Step.DEPART, HIGH, **in_truck))
    tell(hub, scan(2, "755W", Step.LOAD, HIGH, **FLOWN))
    assert turn(hub, 500) == []


@pytest.mark.parametrize("remarks", ["", "x" * (REMARKS_MAX + 1), "two\nlines", "\u202ebackwards"])
async def test_remarks_are_short_and_printable(admin: httpx.AsyncClient, remarks: str) -> None:
    refused = await admin.put(URL, json={**ORDER, "remarks": remarks})
    assert refused.status_code == 422
    assert (await admin.get(URL)).status_code == 404
    full = "x" * REMARKS_MAX
    assert (await admin.put(URL, json={**ORDER, "remarks": full})).json()["remarks"] == full
