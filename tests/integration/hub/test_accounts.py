"""Accounts as administrators make, change and end them. Source: design section 4, HV-R1."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from hub.access import accounts
from hub.access.accounts import (
    TOKENS_PER_ACCOUNT_MAX,
    AccountError,
    add_account,
)
from hub.access.rules import SITES_PER_ACCOUNT_MAX, Role
from tests.hub_parts import START, HubHome
from tests.integration.hub.login_parts import (
    ORIGIN,
    OWN,
    PASSWORD,
    add,
    hash_quickly,
    log_in,
)
from tests.integration.hub.route_cases import NO_HASH, make_account
from tests.rest_parts import API, client_of, problem

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hash_quickly(monkeypatch)


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **ORIGIN) as client:
        yield client


async def test_an_administrator_makes_changes_and_disables_accounts(
    hub: HubHome, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    order = {"name": "han", "role": "supervisor", "sites": ["755A"], "password": PASSWORD}
    made = await admin.post(f"{API}/accounts", json=order)
    assert made.status_code == 201
    assert made.json() | {"made_at": None} == {
        "name": "han",
        "role": "supervisor",
        "sites": ["755A"],
        "disabled": False,
        "must_change": True,
        "made_by": "administrator",
        "made_at": None,
    }
    assert PASSWORD not in made.text
    problem(await admin.post(f"{API}/accounts", json=order), 409)
    path = f"{API}/accounts/han"
    changed = (await admin.patch(path, json={"role": "auditor", "sites": None})).json()
    assert (changed["role"], changed["sites"], changed["disabled"]) == ("auditor", None, False)
    assert (await admin.patch(path, json={})).json() == changed
    assert (await log_in(browser, name="han")).status_code == 303
    assert (await admin.delete(f"{path}/sessions")).status_code == 204
    problem(await browser.get("/account"), 401)
    assert (await admin.put(f"{path}/password", json={"password": OWN})).status_code == 204
    assert (await log_in(browser, OWN, name="han")).status_code == 303
    await admin.patch(path, json={"disabled": True})
    problem(await browser.get("/account"), 401)
    assert [each["name"] for each in (await admin.get(f"{API}/accounts")).json()["items"]] == [
        "han"
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"password": "short"}, 422),
        ({"password": "han" + OWN}, 422),
        ({"name": "administrator"}, 409),
        ({"name": "H"}, 422),
        ({"role": "root"}, 422),
        ({"sites": []}, 422),
        ({"sites": ["a b"]}, 422),
        ({"sites": [f"s{n}" for n in range(SITES_PER_ACCOUNT_MAX + 1)]}, 422),
        ({"role": "administrator"}, 409),
        ({"surplus": 1}, 422),
    ],
)
async def test_a_wrong_account_is_refused_and_changes_nothing(
    hub: HubHome, admin: httpx.AsyncClient, change: dict[str, object], status: int
) -> None:
    order = {"name": "han", "role": "supervisor", "sites": ["755A"], "password": PASSWORD}
    told = problem(await admin.post(f"{API}/accounts", json=order | change), status)
    assert PASSWORD not in told
    assert hub.count("account") == 0


async def test_what_is_not_there_cannot_be_changed(admin: httpx.AsyncClient) -> None:
    path = f"{API}/accounts/nobody"
    for answer in (
        await admin.get(path),
        await admin.patch(path, json={"disabled": True}),
        await admin.put(f"{path}/password", json={"password": PASSWORD}),
        await admin.delete(f"{path}/sessions"),
        await admin.get(f"{path}/tokens"),
        await admin.post(f"{path}/tokens", json={"purpose": "report"}),
        await admin.delete(f"{path}/tokens/{'0' * 64}"),
    ):
        problem(answer, 404)


async def test_a_token_is_shown_once_and_can_be_revoked(
    hub: HubHome, app: FastAPI, admin: httpx.AsyncClient
) -> None:
    add(hub)
    path = f"{API}/accounts/li/tokens"
    made = (await admin.post(path, json={"purpose": "report"})).json()
    (listed,) = (await admin.get(path)).json()["items"]
    assert (listed["id"], listed["purpose"]) == (made["id"], "report")
    assert made["token"] not in (await admin.get(path)).text
    async with client_of(app, Authorization=f"Bearer {made['token']}") as program:
        assert (await program.get(f"{API}/me")).json()["name"] == "li"
        assert (await admin.delete(f"{path}/{made['id']}")).status_code == 204
        problem(await program.get(f"{API}/me"), 401)
    problem(await admin.delete(f"{path}/{made['id']}"), 404)


async def test_a_token_of_another_account_is_not_revoked_by_mistake(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    for name in ("li", "han"):
        make_account(hub, name, Role.MONITOR)
    (token,) = (await admin.get(f"{API}/accounts/li/tokens")).json()["items"]
    problem(await admin.delete(f"{API}/accounts/han/tokens/{token['id']}"), 404)
    assert hub.count("credential") == 3


async def test_an_account_has_a_bounded_number_of_tokens(
    hub: HubHome, admin: httpx.AsyncClient
) -> None:
    add(hub)
    path = f"{API}/accounts/li/tokens"
    answers = [
        (await admin.post(path, json={"purpose": "report"})).status_code
        for _ in range(TOKENS_PER_ACCOUNT_MAX + 1)
    ]
    assert answers == [201] * TOKENS_PER_ACCOUNT_MAX + [409]


def test_there_is_a_bounded_number_of_accounts(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "ACCOUNTS_MAX", 1)
    add(hub, "li")
    with hub.database.writing() as tx, pytest.raises(AccountError, match="accounts already"):
        add_account(tx, "han", Role.MONITOR, None, NO_HASH, "test", START)
