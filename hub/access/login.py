"""Login, logout and a person's own account: plain forms, sessions in a cookie.

Source: design section 4. The gate has checked the Origin of every form before it comes here.
"""

from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from prometheus_client import Counter

from hub.access import accounts
from hub.access.account_store import Account
from hub.access.grants import may
from hub.access.lockout import Lockouts
from hub.access.login_page import account_page, login_page
from hub.access.rules import Caller, PasswordFault, is_account_name, password_fault
from hub.access.session_cookie import CONSOLE_PATH, SESSION_COOKIE, safe_path, set_session_cookie
from hub.access.words import say
from hub.web.choice import (
    LANGUAGE_COOKIE,
    THEME_COOKIE,
    YEAR_S,
    Language,
    Theme,
    chosen,
    language_of,
    theme_of,
)
from hub.web.context import CalledBy, Hub, HubContext
from hub.web.form import read_form
from hub.web.problems import ProblemError

_log = structlog.get_logger()
_logins = Counter("custos_hub_logins", "Tries to sign in, by how they ended", ["outcome"])

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not let in: the message's key, the status, how long to wait."""

    key: str
    status: int
    wait_s: int = 0


@router.get("/login")
def show_login(request: Request) -> HTMLResponse:
    """Ask who it is."""
    return login_page(language_of(request), theme_of(request), HTTPStatus.OK, CONSOLE_PATH)


@router.post("/login")
async def log_in(request: Request, hub: Hub) -> Response:
    """Check name and password; a session, or the form again with the reason."""
    form = await read_form(request)
    lockouts: Lockouts = request.app.state.lockouts
    return await run_in_threadpool(_log_in, request, hub, lockouts, form, _peer(request))


@router.post("/logout")
def log_out(request: Request, hub: Hub) -> Response:
    """End this session."""
    with hub.database.writing() as tx:
        accounts.end_session(tx, request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return response


@router.get("/account")
def show_account(request: Request, hub: Hub, caller: CalledBy) -> HTMLResponse:
    """Who one is here, and what one may change of it."""
    with hub.database.reading() as tx:
        account = accounts.account_named(tx, caller.name)
    return account_page(caller, account, language_of(request), theme_of(request))


@router.post("/account/password")
async def change_password(request: Request, hub: Hub, caller: CalledBy) -> Response:
    """Change one's own password; all other sessions end."""
    form = await read_form(request)
    lockouts: Lockouts = request.app.state.lockouts
    return await run_in_threadpool(_change_password, request, hub, caller, lockouts, form)


@router.post("/account/choice")
async def keep_choice(request: Request, hub: Hub, caller: CalledBy) -> Response:
    """Keep one's language and theme."""
    form = await read_form(request)
    return await run_in_threadpool(_keep_choice, hub, caller, form)


@router.post("/account/sessions")
def end_sessions(hub: Hub, caller: CalledBy) -> Response:
    """End all of one's sessions, this one too."""
    with hub.database.writing() as tx:
        accounts.end_sessions(tx, caller.name)
    return RedirectResponse("/login", HTTPStatus.SEE_OTHER)


def _log_in(
    request: Request, hub: HubContext, lockouts: Lockouts, form: dict[str, str], peer: str
) -> Response:
    name = form.get("name", "").strip()
    account = None
    if is_account_name(name):
        with hub.database.reading() as tx:
            account = accounts.account_named(tx, name)
    stored = None if account is None or account.disabled else account.password_hash
    refusal = _refusal(hub, lockouts, name, peer, stored, form.get("password", ""))
    if account is None or refusal is not None:
        _logins.labels("refused").inc()
        # What was typed as a name may be a password: neither is logged.
        _log.warning("login refused", peer=peer)
        return _try_again(request, form, refusal or Refusal("login.wrong", 401))
    _logins.labels("opened").inc()
    _log.info("login", account=account.name, peer=peer)
    # A page of the console that was asked for, else the wall, where the role has one.
    onward = safe_path(form.get("onward", ""))
    if onward == CONSOLE_PATH and not may(account.role, f"GET {CONSOLE_PATH}"):
        onward = "/account"
    response = RedirectResponse(onward, HTTPStatus.SEE_OTHER)
    _give_session(response, request, hub, account.name)
    _set_choice_cookies(response, account.language, account.theme)
    return response


def _refusal(
    hub: HubContext, lockouts: Lockouts, name: str, peer: str, stored: str | None, password: str
) -> Refusal | None:
    """Why a password is not believed; None: it is right. Each wrong one makes the next wait."""
    from hub.access import passwords  # argon2 costs the hub's start; a login can wait for it

    now_s = hub.clock.mono_ns() / 1e9
    wait_s = lockouts.wait_s(name, peer, now_s)
    if wait_s > 0:
        return Refusal("login.wait", 429, ceil(wait_s))
    try:
        fits = passwords.is_password(stored, password)
    except passwords.BusyError:
        return Refusal("login.busy", 503)
    if not fits:
        lockouts.record_failure(name, peer, now_s)
        return Refusal("login.wrong", 401)
    lockouts.record_success(name)
    return None


def _try_again(request: Request, form: dict[str, str], refusal: Refusal) -> Response:
    language, theme = language_of(request), theme_of(request)
    problem = say(refusal.key, language, seconds=refusal.wait_s)
    onward = safe_path(form.get("onward", ""))
    name = form.get("name", "").strip()
    # Who typed a password into the wrong field does not see it on the screen.
    name = name if is_account_name(name) else ""
    return login_page(language, theme, refusal.status, onward, name, problem)


def _give_session(response: Response, request: Request, hub: HubContext, name: str) -> None:
    """A new session instead of the one that the browser brought along."""
    with hub.database.writing() as tx:
        accounts.end_session(tx, request.cookies.get(SESSION_COOKIE, ""))
        session = accounts.start_session(
            tx, name, hub.clock.now(), hub.clock.random_bytes, hub.clock.rate
        )
    set_session_cookie(response, session)


def _change_password(
    request: Request, hub: HubContext, caller: Caller, lockouts: Lockouts, form: dict[str, str]
) -> Response:
    account, language = _own_account(hub, caller), language_of(request)
    old, new = form.get("old", ""), form.get("new", "")
    refusal = _refusal(hub, lockouts, account.name, _peer(request), account.password_hash, old)
    if refusal is not None:
        key = "password.wrong" if refusal.key == "login.wrong" else refusal.key
        problem = say(key, language, seconds=refusal.wait_s)
        return account_page(caller, account, language, theme_of(request), problem=problem)
    fault = _new_fault(old, new, form.get("again", ""), account.name)
    if fault is not None:
        problem = say(f"password.{fault}", language)
        return account_page(caller, account, language, theme_of(request), problem=problem)
    return _take_password(request, hub, caller, account.name, new)


def _take_password(
    request: Request, hub: HubContext, caller: Caller, name: str, password: str
) -> Response:
    from hub.access import passwords  # as in _refusal

    language, theme = language_of(request), theme_of(request)
    try:
        hashed = passwords.hash_password(password)
    except passwords.BusyError as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "busy: try again") from error
    with hub.database.writing() as tx:
        accounts.set_password(tx, name, hashed, must_change=False)
        changed = accounts.find_account(tx, name)
    _log.info("password changed", account=name)
    done = say("password.done", language)
    response = account_page(caller, changed, language, theme, done=done)
    _give_session(response, request, hub, name)
    return response


def _new_fault(old: str, new: str, again: str, name: str) -> str | None:
    if new != again:
        return "differs"
    return PasswordFault.SAME if new == old else password_fault(new, name)


def _keep_choice(hub: HubContext, caller: Caller, form: dict[str, str]) -> Response:
    account = _own_account(hub, caller)
    language = chosen(form.get("language"), Language.ZH)
    theme = chosen(form.get("theme"), Theme.DARK)
    with hub.database.writing() as tx:
        accounts.set_choice(tx, account.name, language, theme)
    done = say("choice.done", language)
    response = account_page(caller, account, language, theme, done=done)
    _set_choice_cookies(response, language, theme)
    return response


def _set_choice_cookies(response: Response, language: str, theme: str) -> None:
    for name, value in ((LANGUAGE_COOKIE, language), (THEME_COOKIE, theme)):
        # Not httponly: the console's own switch writes them, too.
        response.set_cookie(name, value, max_age=YEAR_S, path="/", samesite="lax")


def _own_account(hub: HubContext, caller: Caller) -> Account:
    with hub.database.reading() as tx:
        account = accounts.account_named(tx, caller.name)
    if account is None:
        raise ProblemError(HTTPStatus.CONFLICT, "there is no account behind a console link")
    return account


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
