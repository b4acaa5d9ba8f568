"""HV-X8 in the hub: what was on record of vehicle and goods at a load outlives later changes."""

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from hub.alerts.service import AlertKind, AlertState, Level
from hub.app import create_app
from hub.custody.service import BreachKind, Carriage
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration
from tests.custody_hub import WAYBILL, Carrier, at
from tests.custody_parts import small_network
from tests.hub_parts import BEARER, HubHome, open_hub
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of
from wire.events import ContainerKind
from wire.names import Step
from wire.policy import GoodsClass

ABOARD = {"container": "V-1", "container_kind": ContainerKind.VEHICLE}
FLOWN = {"container": "F-1", "container_kind": ContainerKind.FLIGHT}
LIST = """
[[vehicle]]
id = "V-1"
kind = "half_closed_box_locked"
[[flight]]
id = "F-1"
kind = "scheduled"
"""


@pytest.fixture
def listing(hub: HubHome) -> Iterator[Carrier]:
    hub.database.close()
    with open_hub(hub.data_dir, hub.url, small_network(LIST)) as home:
        yield Carrier(home)


def declare(carrier: Carrier, goods: GoodsClass | None, minute: float) -> None:
    said = Declaration(Decimal(30_000), "BRANCH", "FAR", None, None, None, goods_class=goods)
    with carrier.hub.database.writing() as tx:
        declare_parcel(tx, WAYBILL, said, "li", carrier.hub.role.policy, at(minute))


async def custody(carrier: Carrier) -> dict[str, object]:
    async with client_of(create_app(carrier.hub.web()), **BEARER) as client:
        answer = await client.get(f"{API}/parcels/{WAYBILL}/custody")
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def carriages(answer: dict[str, object]) -> list[object]:
    spans = answer["spans"]
    assert isinstance(spans, list)
    return [each["carriage"] for span in spans for each in span["evidence"] if each["carriage"]]


@on_both_databases
@pytest.mark.anyio
async def test_electronics_in_a_half_closed_truck_are_a_breach_and_the_entry_says_both(
    listing: Carrier,
) -> None:
    declare(listing, GoodsClass.ELECTRONICS, -5)
    listing.hand_in(listing.scan(0, Step.ACCEPT, "KEEPER"))
    listing.hand_in(listing.scan(10, Step.LOAD, "LOADER", **ABOARD))
    listing.hand_in(listing.scan(12, Step.DEPART, "DRIVER", **ABOARD))
    assert listing.breaches() == [BreachKind.VEHICLE_KIND]
    (alert,) = listing.hub.alerts(AlertKind.VEHICLE_KIND)
    assert (alert.level, alert.state, alert.waybill) == (Level.WARN, AlertState.OPEN, WAYBILL)
    assert "半封闭上锁厢式货车" in alert.text_zh
    assert "half-closed locked box truck, electronics" in alert.text_en
    # Declared otherwise afterwards: what was on record at the load stands.
    declare(listing, GoodsClass.OTHER, 20)
    listing.hand_in(listing.scan(100, Step.SORT, "SORTER", "HUB"))
    assert listing.breaches() == [BreachKind.VEHICLE_KIND]
    into = {"kind": "vehicle", "id": "V-1"}
    entry = {"container": into, "kind": "half_closed_box_locked", "goods_class": "electronics"}
    assert carriages(await custody(listing)) == [entry, entry]


def test_another_network_file_changes_nothing_that_was_loaded_before_it(hub: HubHome) -> None:
    hub.database.close()
    found: list[Carriage | None] = []
    edges: Carrier | None = None
    for minute, listed in ((0, ""), (10, LIST), (20, LIST.replace("V-1", "V-2")), (30, "")):
        with open_hub(hub.data_dir, hub.url, small_network(listed)) as home:
            home.clock.at = at(minute)
            carrier = Carrier(home) if edges is None else Carrier(home, edges.edges)
            carrier.hand_in(carrier.scan(minute, Step.LOAD, "LOADER", **ABOARD))
            records = [each for span in carrier.chain(40).spans for each in span.evidence]
            found = [record.carriage for record in records]
            told, edges = carrier.breaches(), carrier
    kinds = [None if each is None else each.kind for each in found]
    assert kinds == [None, "half_closed_box_locked", "unlisted", None]
    assert told == [BreachKind.VEHICLE_UNLISTED]


@pytest.mark.anyio
async def test_a_scheduled_flight_is_shown_and_allowed(listing: Carrier) -> None:
    listing.hand_in(listing.scan(10, Step.DEPART, "DRIVER", **FLOWN))
    assert listing.breaches() == []
    shown = {"container": {"kind": "flight", "id": "F-1"}, "kind": "scheduled"}
    assert carriages(await custody(listing)) == [{**shown, "goods_class": None}]


@pytest.mark.anyio
async def test_goods_are_declared_over_rest_and_each_declaration_stays_on_record(
    admin: httpx.AsyncClient,
) -> None:
    url = f"{API}/parcels/{WAYBILL}"
    for goods in ("electronics", None):
        put = await admin.put(url, json={"declared_value_cny": "30000.00", "goods_class": goods})
        assert (put.status_code, put.json()["goods_class"]) == (200, goods)
    said = (await admin.get(url)).json()["declarations"]
    assert [each["goods_class"] for each in said] == [None, "electronics"]
    wrong = await admin.put(url, json={"goods_class": "jewels"})
    assert wrong.status_code == 422
    assert len((await admin.get(url)).json()["declarations"]) == 2
