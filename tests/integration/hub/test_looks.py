"""Personal data is shown to who says why, and every look is a record. Source: CS-P1."""

import httpx
import pytest
from fastapi import FastAPI

from hub.access.looks import MayNotUnmaskError, record_look
from hub.access.rules import UNMASKING_ROLES, Caller, Role
from tests.hub_parts import START, HubHome
from tests.integration.hub.route_cases import make_account
from tests.rest_parts import API, client_of, problem

pytestmark = pytest.mark.anyio

PATH = f"{API}/parcels/103000000001"
PEOPLE = {"sender": {"name": "王小明", "phone": "13912341234"}, "recipient": "李雷"}


# A test without the event loop must not ask for it: hence async, every one.
@pytest.fixture(autouse=True)
async def _declared(admin: httpx.AsyncClient) -> None:
    assert (await admin.put(PATH, json=PEOPLE)).status_code == 200


async def test_people_are_masked_unless_somebody_says_why(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    masked = (await admin.get(PATH)).json()
    assert masked["sender"] == {"name": "王**", "phone": "139****1234"}
    assert masked["recipient"] == "李**"
    assert hub.count("look") == 0
    shown = (await admin.get(PATH, params={"unmask": "call before delivery"})).json()
    assert {"sender": shown["sender"], "recipient": shown["recipient"]} == PEOPLE


async def test_an_auditor_reads_who_looked_at_what_and_why(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    await admin.get(PATH, params={"unmask": "call before delivery"})
    await admin.get(PATH, params={"unmask": "police"})
    token = make_account(hub, "au", Role.AUDITOR)
    async with client_of(app, Authorization=f"Bearer {token}") as auditor:
        newest = (await auditor.get(f"{API}/looks?about=103000000001&limit=1")).json()
        (look,) = newest["items"]
        assert (look["who"], look["role"]) == ("administrator", "administrator")
        assert (look["what"], look["about"], look["reason"]) == ("people", "103000000001", "police")
        older = await auditor.get(f"{API}/looks?cursor={newest['next']}")
        assert [each["reason"] for each in older.json()["items"]] == ["call before delivery"]
        assert (await auditor.get(f"{API}/looks?who=nobody")).json()["items"] == []


@pytest.mark.parametrize("reason", ["", "x", "y" * 301, "a\nb", "a\0b"])
async def test_a_reason_that_says_nothing_shows_nothing(
    hub: HubHome, admin: httpx.AsyncClient, reason: str
) -> None:
    problem(await admin.get(PATH, params={"unmask": reason}), 422)
    assert hub.count("look") == 0


async def test_a_parcel_that_is_not_there_leaves_no_look(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    problem(await admin.get(f"{API}/parcels/999999999999", params={"unmask": "police"}), 404)
    assert hub.count("look") == 0


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
@pytest.mark.parametrize("path", [PATH, f"{API}/events"])
async def test_a_role_that_may_not_see_people_leaves_no_look(
    hub: HubHome, app: FastAPI, role: Role, path: str
) -> None:
    token = make_account(hub, "li", role)
    async with client_of(app, Authorization=f"Bearer {token}") as client:
        answer = await client.get(path, params={"unmask": "curious"})
    if role in UNMASKING_ROLES:
        assert answer.status_code == 200
    else:
        problem(answer, 403)
        assert hub.count("look") == 0


async def test_a_room_cannot_record_a_look_of_who_may_not(hub: HubHome) -> None:
    caller = Caller("li", Role.MONITOR, None)
    with hub.database.writing() as tx, pytest.raises(MayNotUnmaskError):
        record_look(tx, caller, "people", "1", START, reason="curious")
    assert hub.count("look") == 0
