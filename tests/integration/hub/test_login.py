"""Who comes in by a password, and who does not. Source: design section 4, HV-R1."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from hub.access import accounts
from hub.access.accounts import (
    SESSIONS_PER_ACCOUNT_MAX,
    change_account,
    find_account,
    make_token,
    start_session,
)
from hub.access.lockout import ACCOUNT_FREE_TRIES
from hub.access.rules import Role
from hub.access.session_cookie import SESSION_COOKIE
from hub.web.page import Html, markup
from tests.hub_parts import START, HubHome
from tests.integration.hub.login_parts import (
    ORIGIN,
    OWN,
    PASSWORD,
    add,
    hash_quickly,
    log_in,
    settle,
)
from tests.postgres_parts import on_both_databases
from tests.rest_parts import API, client_of, problem

pytestmark = pytest.mark.anyio

HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hash_quickly(monkeypatch)


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, **ORIGIN) as client:
        yield client


@on_both_databases
async def test_the_right_password_opens_a_session(
    hub: HubHome, app: FastAPI, browser: httpx.AsyncClient
) -> None:
    add(hub)
    answer = await log_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if SESSION_COOKIE in c).lower()
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    await settle(browser)
    me = (await browser.get(f"{API}/me")).json()
    assert me == {"name": "li", "role": "monitor", "sites": None}


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("li", "wrong"),
        ("li", ""),
        ("li", "x" * 5000),
        ("wang", PASSWORD),
        ("LI", PASSWORD),
        ("administrator", PASSWORD),
        ("", PASSWORD),
        ("li\0", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
async def test_anything_else_opens_nothing_and_says_the_same(
    hub: HubHome, browser: httpx.AsyncClient, name: str, password: str
) -> None:
    add(hub)
    answer = await log_in(browser, password, name)
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")
    assert hub.count("credential") == 1  # The admin token.


async def test_a_disabled_account_comes_in_by_nothing(
    hub: HubHome, app: FastAPI, browser: httpx.AsyncClient
) -> None:
    add(hub)
    await settle(browser)
    with hub.database.writing() as tx:
        token, _ = make_token(tx, "li", "report", START, hub.clock.random_bytes)
        change_account(tx, replace(find_account(tx, "li"), disabled=True))
    problem(await browser.get(f"{API}/me"), 401)
    assert (await log_in(browser, OWN)).status_code == 401
    async with client_of(app, Authorization=f"Bearer {token}") as program:
        problem(await program.get(f"{API}/me"), 401)


async def test_guessing_takes_ever_longer_and_nobody_learns_which_accounts_there_are(
    hub: HubHome, browser: httpx.AsyncClient
) -> None:
    add(hub)
    for name in ("li", "nobody"):
        statuses = [
            (await log_in(browser, "wrong", name)).status_code
            for _ in range(ACCOUNT_FREE_TRIES + 2)
        ]
        assert statuses == [401] * (ACCOUNT_FREE_TRIES + 1) + [429], name
    locked = await log_in(browser)
    assert locked.status_code == 429, "not even the right password is tried now"
    hub.clock.move(2)
    assert (await log_in(browser)).status_code == 303


async def test_a_login_of_another_site_is_refused(
    hub: HubHome, stranger: httpx.AsyncClient
) -> None:
    add(hub)
    data = {"name": "li", "password": PASSWORD}
    problem(await stranger.post("/login", data=data), 403)
    evil = {"Origin": "http://evil.example"}
    problem(await stranger.post("/login", data=data, headers=evil), 403)


@pytest.mark.parametrize(
    ("onward", "lands"),
    [
        ("/console/parcels/103000000001", "/console/parcels/103000000001"),
        ("//evil.example", "/console"),
        ("https://evil.example/console/", "/console"),
        ("/console/\\evil", "/console"),
        ("/console/\r\nSet-Cookie: a=b", "/console"),
        ("/console/" + "x" * 200, "/console"),
        ("", "/console"),
    ],
)
async def test_after_the_login_one_lands_in_the_console_and_nowhere_else(
    hub: HubHome, browser: httpx.AsyncClient, onward: str, lands: str
) -> None:
    add(hub)
    assert (await log_in(browser, onward=onward)).headers["location"] == lands


async def test_a_role_without_a_wall_lands_on_its_account(
    hub: HubHome, browser: httpx.AsyncClient
) -> None:
    add(hub, "li", Role.WAREHOUSE, "755A")
    assert (await log_in(browser)).headers["location"] == "/account"


async def test_each_login_is_a_new_session_and_the_browsers_old_one_ends(
    hub: HubHome, app: FastAPI, browser: httpx.AsyncClient
) -> None:
    add(hub)
    await log_in(browser)
    first = browser.cookies[SESSION_COOKIE]
    await log_in(browser)
    assert browser.cookies[SESSION_COOKIE] != first
    async with client_of(app, Cookie=f"{SESSION_COOKIE}={first}") as old:
        problem(await old.get("/account"), 401)


async def test_an_account_has_a_bounded_number_of_sessions(hub: HubHome) -> None:
    add(hub)
    with hub.database.writing() as tx:
        for _ in range(SESSIONS_PER_ACCOUNT_MAX + 3):
            hub.clock.move(1)
            newest = start_session(tx, "li", hub.clock.now(), hub.clock.random_bytes)
    assert hub.count("credential") == SESSIONS_PER_ACCOUNT_MAX + 1
    with hub.database.reading() as tx:
        assert accounts.caller_by_session(tx, newest, hub.clock.now()) is not None


async def test_logging_out_ends_this_session_and_all_browsers_all_of_them(
    hub: HubHome, app: FastAPI, browser: httpx.AsyncClient
) -> None:
    add(hub)
    await settle(browser)
    async with client_of(app, **ORIGIN) as other:
        await log_in(other, OWN)
        assert (await browser.post("/logout")).headers["location"] == "/login"
        problem(await browser.get(f"{API}/me"), 401)
        assert (await other.get(f"{API}/me")).status_code == 200
        await log_in(browser, OWN)
        await other.post("/account/sessions")
        for client in (browser, other):
            problem(await client.get(f"{API}/me"), 401)


@pytest.mark.parametrize(
    "body", [b"\xff", b"a=%ff", b"a", b"&".join(b"a=1" for _ in range(9)), b"a=" + b"x" * 9000]
)
async def test_what_is_no_form_is_a_problem(browser: httpx.AsyncClient, body: bytes) -> None:
    answer = await browser.post("/login", content=body)
    assert answer.status_code in (400, 413)


# ---------------------------------------------------------------- one's own account


async def test_a_password_that_somebody_else_set_must_be_changed_first(
    hub: HubHome, browser: httpx.AsyncClient
) -> None:
    add(hub)
    await log_in(browser)
    problem(await browser.get(f"{API}/alerts"), 403)
    problem(await browser.get(f"{API}/me"), 403)
    sent = await browser.get("/console", headers=HTML)
    assert (sent.status_code, sent.headers["location"]) == (303, "/account")
    assert "此密码由他人设置" in (await browser.get("/account")).text
    await settle(browser)
    assert (await browser.get(f"{API}/alerts")).status_code == 200


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"old": "wrong", "new": OWN, "again": OWN}, "当前密码不对"),
        ({"old": PASSWORD, "new": OWN, "again": OWN + "x"}, "两次输入的新密码不一样"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "新密码太短"),
        ({"old": PASSWORD, "new": "li" + OWN, "again": "li" + OWN}, "新密码不能包含账号名"),
        ({"old": PASSWORD, "new": "a" * 20, "again": "a" * 20}, "种类太少"),
        ({"old": PASSWORD, "new": "ab" * 101, "again": "ab" * 101}, "新密码太长"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "与当前密码相同"),
        ({}, "当前密码不对"),
    ],
)
async def test_a_bad_new_password_changes_nothing(
    hub: HubHome, browser: httpx.AsyncClient, form: dict[str, str], words: str
) -> None:
    add(hub)
    await log_in(browser)
    answer = await browser.post("/account/password", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    with hub.database.reading() as tx:
        account = find_account(tx, "li")
    assert (account.password_hash, account.must_change) == (f"hash of {PASSWORD}", True)


async def test_a_changed_password_ends_every_other_session(
    hub: HubHome, app: FastAPI, browser: httpx.AsyncClient
) -> None:
    add(hub)
    async with client_of(app, **ORIGIN) as thief:
        await log_in(thief)
        await settle(browser)
        problem(await thief.get("/account"), 401)
    assert (await browser.get(f"{API}/me")).status_code == 200
    assert (await log_in(browser, PASSWORD)).status_code == 401


async def test_a_person_keeps_language_and_look_for_the_next_login(
    hub: HubHome, app: FastAPI, browser: httpx.AsyncClient
) -> None:
    add(hub)
    await settle(browser)
    choice = {"language": "en", "theme": "light"}
    assert (await browser.post("/account/choice", data=choice)).status_code == 200
    async with client_of(app, **ORIGIN) as another:
        await log_in(another, OWN)
        assert another.cookies["custos_language"] == "en"
        page = (await another.get("/account")).text
    assert 'lang="en" data-theme="light"' in page
    assert "My account" in page


async def test_who_came_by_a_link_has_no_password_to_change(
    hub: HubHome, browser: httpx.AsyncClient
) -> None:
    with hub.database.writing() as tx:
        secret = accounts.make_console_link(tx, hub.clock.now(), hub.clock.random_bytes)
    await browser.get(f"/enter/{secret}")
    assert "没有自己的密码" in (await browser.get("/account")).text
    form = {"old": "x", "new": OWN, "again": OWN}
    problem(await browser.post("/account/password", data=form), 409)


async def test_a_page_runs_no_script_and_is_framed_by_nobody(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/login?lang=en")
    assert "Sign in" in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    # no-referrer would make browsers hide the Origin of the form.
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_the_account_stands_in_the_form_again_and_nothing_else_that_was_typed(
    browser: httpx.AsyncClient,
) -> None:
    assert 'value="li.lei"' in (await log_in(browser, OWN, "li.lei")).text
    for typed in ('"><script>alert(1)', OWN):
        page = (await log_in(browser, OWN, typed)).text
        assert OWN not in page
        assert "<script" not in page


def test_what_is_put_into_a_page_is_text() -> None:
    assert markup("<p>{words}</p>", words='"<b>&') == "<p>&quot;&lt;b&gt;&amp;</p>"
    assert markup("<p>{inner_html}</p>", inner_html=Html("<b>")) == "<p><b></p>"
