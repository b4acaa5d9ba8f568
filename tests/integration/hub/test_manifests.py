"""What somebody says is aboard, beside what was scanned. Source: interface (REST), HV-2.4."""

import httpx
import pytest
from fastapi import FastAPI

from hub.access.rules import Role
from hub.parcels.rules.manifests import MANIFEST_WAYBILLS_MAX
from tests.hub_parts import HubHome
from tests.integration.hub.parcel_parts import IN_BAG, IN_TRUCK, label, scan, tell
from tests.integration.hub.route_cases import make_account
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem
from wire.names import Step

pytestmark = pytest.mark.anyio

LISTED = ["755000000001", "755000000002", "755000000003"]
ORDER = {"kind": "vehicle", "from": "755W", "to": "020R", "waybills": LISTED}
URL = f"{API}/manifests/V-1"


@on_both_databases
async def test_a_manifest_tells_missing_and_extra_parcels_those_in_bags_included(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(
        hub,
        scan(0, "755W", Step.PACK, LISTED[0], **IN_BAG),
        scan(0, "755W", Step.PACK, "755999999999", **IN_BAG),
        label(5, "755W", Step.LOAD, "CX:BAG:B-1", **IN_TRUCK),
        scan(6, "755W", Step.LOAD, LISTED[1], **IN_TRUCK),
        # Loaded at another stop of the same truck: not this manifest's.
        scan(60, "769X", Step.LOAD, "755888888888", **IN_TRUCK),
        scan(99, "020R", Step.ARRIVE, LISTED[1]),
    )
    put = await admin.put(URL, json=ORDER)
    assert put.status_code == 200
    got = (await admin.get(URL)).json()
    assert got == put.json()
    assert (got["kind"], got["from"], got["to"]) == ("vehicle", "755W", "020R")
    assert got["waybills"] == LISTED
    assert got["missing"] == [LISTED[2]]
    assert got["extra"] == ["755999999999"]
    assert got["arrived"] == [LISTED[1]]


async def test_another_trip_of_the_same_truck_and_bag_is_not_compared(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    two_days_ago = -2 * 24 * 60
    tell(hub, scan(two_days_ago, "755W", Step.LOAD, LISTED[0], **IN_TRUCK))
    # The bag's parcels of today never were in the truck: the bag left it two days ago.
    tell(hub, label(two_days_ago, "755W", Step.LOAD, "CX:BAG:B-1", **IN_TRUCK))
    tell(hub, label(two_days_ago + 9, "020R", Step.UNLOAD, "CX:BAG:B-1", **IN_TRUCK))
    tell(hub, scan(-9, "755W", Step.PACK, LISTED[1], **IN_BAG))
    got = (await admin.put(URL, json=ORDER)).json()
    assert (got["aboard"], got["missing"]) == ([], LISTED)


@on_both_databases
async def test_a_newer_manifest_replaces_the_older_and_a_parcel_names_it(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    await admin.put(URL, json=ORDER)
    await admin.put(URL, json={**ORDER, "waybills": [LISTED[2], LISTED[2]]})
    assert (await admin.get(URL)).json()["waybills"] == [LISTED[2]]
    tell(hub, *[scan(0, "755W", Step.SORT, each) for each in LISTED])
    named = [(await admin.get(f"{API}/parcels/{each}")).json()["manifest"] for each in LISTED]
    assert named == [None, None, {"id": "V-1", "kind": "vehicle", "from": "755W", "to": "020R"}]


async def test_a_dispatch_manifest_is_compared_with_the_depart_scans(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    tell(hub, scan(1, "755W", Step.DEPART, LISTED[0]), scan(1, "755W", Step.SORT, LISTED[1]))
    got = (await admin.put(URL, json={**ORDER, "kind": "dispatch"})).json()
    assert (got["aboard"], got["extra"]) == ([LISTED[0]], [])


async def test_another_site_s_manifest_is_not_replaced(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    await admin.put(URL, json=ORDER)
    before = (await admin.get(URL)).json()
    token = make_account(hub, "keeper", Role.WAREHOUSE, "769X")
    async with client_of(app, Authorization=f"Bearer {token}") as keeper:
        problem(await keeper.put(URL, json=ORDER), 403)
        problem(await keeper.put(URL, json={**ORDER, "from": "769X"}), 403)
    assert (await admin.get(URL)).json() == before


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "ship"},
        {"from": "a b"},
        {"to": None},
        {"waybills": ["a b"]},
        {"waybills": ["1"] * (MANIFEST_WAYBILLS_MAX + 1)},
        {"note": "x"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_wrong_manifest_is_refused_and_changes_nothing(
    admin: httpx.AsyncClient, change: dict[str, object]
) -> None:
    problem(await admin.put(URL, json={**ORDER, **change}), 422)
    problem(await admin.get(URL), 404)
