"""Every route x role x site: nothing is answered that is not granted. Source: HV-R1, CS-P1."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from hub.access import grants
from hub.access.gate import Gate
from hub.access.grants import GRANTS, OPEN
from hub.access.rules import Role
from hub.app import create_app
from hub.network import Network
from tests.hub_parts import BEARER, HubHome
from tests.integration.hub.route_asks import HERE, THERE, Ask, Kind
from tests.integration.hub.route_cases import CASES, NETWORK, furnish, make_account
from tests.rest_parts import client_of, problem

pytestmark = pytest.mark.anyio

REFUSED = (401, 403, 404, 500)
NOT_IN_SCHEMA = {
    "GET /api/v1/openapi.json",
    "GET /enter/{secret}",
    "GET /login",
    "POST /login",
    "POST /logout",
    "GET /account",
    "POST /account/password",
    "POST /account/choice",
    "POST /account/sessions",
    "GET /console/labels",
    "POST /console/labels/badge",
    "WS /api/v1/live",
}
PAGES = {route for route in GRANTS if route.startswith("GET /console")} - NOT_IN_SCHEMA
"""The console checks its own table when it starts; here they are asked of the gate alone."""


@pytest.fixture
def network() -> Network:
    """Somebody at each of both sites."""
    return NETWORK


def test_the_table_holds_the_applications_routes_and_no_other(app: FastAPI) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, item in app.openapi()["paths"].items()
        for method in item
    }
    assert {*GRANTS, *OPEN} - PAGES == described | NOT_IN_SCHEMA


def test_every_granted_route_has_its_case() -> None:
    assert CASES.keys() == GRANTS.keys() - PAGES - {"WS /api/v1/live"}


def test_a_hub_with_a_route_that_nobody_is_granted_does_not_start(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = {route: roles for route, roles in GRANTS.items() if route != "GET /api/v1/events"}
    monkeypatch.setattr(grants, "GRANTS", less)
    with pytest.raises(RuntimeError, match="GET /api/v1/events"):
        create_app(hub.web())


# ---------------------------------------------------------------- route x role


@pytest.fixture
async def gate(hub: HubHome) -> AsyncIterator[httpx.AsyncClient]:
    """The gate alone, in front of something that answers every request."""
    everything = FastAPI(openapi_url=None)

    @everything.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    def answer(path: str) -> str:
        return path

    everything.add_middleware(Gate, hub=hub.web())
    async with client_of(everything) as client:
        yield client


@pytest.mark.parametrize("role", Role)
async def test_a_role_is_served_what_the_table_grants_it(
    hub: HubHome, gate: httpx.AsyncClient, role: Role
) -> None:
    token = make_account(hub, "li", role)
    for route, roles in GRANTS.items():
        method, _, path = route.partition(" ")
        if method == "WS":
            continue
        asked = re.sub(r"\{[a-z0-9_]+\}", "1", path)
        headers = {"Authorization": f"Bearer {token}"}
        answer = await gate.request(method, asked, headers=headers)
        if role in roles:
            assert answer.status_code == 200, route
        else:
            problem(answer, 403)
        problem(await gate.request(method, asked), 401)


@pytest.mark.parametrize("path", ["/api/v1/new", "/console/new", "/", "/api/v1/parcels"])
async def test_what_does_not_stand_in_the_table_is_served_to_nobody(
    gate: httpx.AsyncClient, path: str
) -> None:
    problem(await gate.get(path, headers=BEARER), 404)


async def test_another_method_than_the_tables_is_refused(gate: httpx.AsyncClient) -> None:
    answer = await gate.patch("/api/v1/wanted/1", headers=BEARER)
    problem(answer, 405)
    assert answer.headers["allow"] == "DELETE, GET, PUT"


async def test_a_person_whose_role_a_page_is_not_for_is_told_so_as_a_page(
    hub: HubHome, gate: httpx.AsyncClient
) -> None:
    token = make_account(hub, "li", Role.WAREHOUSE)
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    answer = await gate.get("/console", headers=headers)
    assert (answer.status_code, "您的角色（仓库）" in answer.text) == (403, True)


async def test_every_signed_in_role_gets_what_pages_are_made_of(
    hub: HubHome, gate: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {make_account(hub, 'li', Role.WAREHOUSE)}"}
    for path in ("/console/static/tokens.css", "/console/_nicegui/3/x.js"):
        assert (await gate.get(path, headers=headers)).status_code == 200
        problem(await gate.get(path), 401)


# ---------------------------------------------------------------- route x role x site


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
async def test_a_caller_bound_to_a_site_gets_nothing_of_another(
    hub: HubHome, app: FastAPI, role: Role
) -> None:
    # No administrator is bound to sites.
    furnish(hub)
    token = make_account(hub, "li", role, HERE)
    async with client_of(app, Authorization=f"Bearer {token}") as client:
        for route, case in CASES.items():
            for site in (HERE, THERE):
                answer = await send(client, route, case.make(hub, site))
                if role not in GRANTS[route]:
                    problem(answer, 403)
                elif case.kind is Kind.THING and site == THERE:
                    assert answer.status_code in (403, 404), (route, answer.text)
                    assert answer.headers["content-type"] == "application/problem+json"
                else:
                    assert answer.status_code not in REFUSED, (route, answer.text)
                if case.kind is Kind.LIST and answer.status_code == 200:
                    assert HERE in answer.text, (route, answer.text)
                    assert THERE not in answer.text, (route, answer.text)


async def test_who_is_bound_to_no_site_gets_both(hub: HubHome, app: FastAPI) -> None:
    furnish(hub)
    async with client_of(app, **BEARER) as client:
        for route, case in CASES.items():
            answers = [await send(client, route, case.make(hub, site)) for site in (HERE, THERE)]
            assert all(each.status_code not in REFUSED for each in answers), (route, answers)
            if case.kind is Kind.LIST:
                assert HERE in answers[0].text, route
                assert THERE in answers[0].text, route


async def send(client: httpx.AsyncClient, route: str, ask: Ask) -> httpx.Response:
    method = route.partition(" ")[0]
    return await client.request(method, ask.path, json=ask.json, data=ask.form)


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/incidents"])
async def test_a_site_that_is_named_and_not_ones_own_is_refused_not_empty(
    hub: HubHome, app: FastAPI, path: str
) -> None:
    token = make_account(hub, "li", Role.SUPERVISOR, HERE)
    async with client_of(app, Authorization=f"Bearer {token}") as client:
        assert (await client.get(path, params={"site": HERE})).status_code == 200
        assert THERE in problem(await client.get(path, params={"site": THERE}), 403)


async def test_an_entry_that_counts_everywhere_is_set_by_nobody_bound_to_a_site(
    hub: HubHome, app: FastAPI
) -> None:
    hub.put_wanted("103000000009")
    token = make_account(hub, "li", Role.SUPERVISOR, HERE)
    order = {"result": "stop", "reason": "lost", "scope": [HERE]}
    async with client_of(app, Authorization=f"Bearer {token}") as client:
        path = "/api/v1/wanted/103000000009"
        assert (await client.get(path)).status_code == 200
        problem(await client.put(path, json=order), 403)
        problem(await client.delete(path), 403)
        problem(await client.put("/api/v1/wanted/1", json=order | {"scope": None}), 403)
    assert hub.count("wanted_entry") == 1


async def test_a_parcel_that_was_scanned_at_ones_site_is_ones_business(
    hub: HubHome, app: FastAPI
) -> None:
    furnish(hub)
    token = make_account(hub, "li", Role.WAREHOUSE, HERE)
    async with client_of(app, Authorization=f"Bearer {token}") as client:
        assert (await client.get("/api/v1/parcels/103000000001")).status_code == 200
        problem(await client.get("/api/v1/parcels/103000000002"), 404)
