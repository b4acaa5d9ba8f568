"""Routes of accounts and their tokens, all but ``me`` the administrators'. Source: HV-R1."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from hub.access import accounts
from hub.access.account_store import Account
from hub.access.accounts import AccountError, Token, UnknownAccountError
from hub.access.rules import SITES_PER_ACCOUNT_MAX, Role, password_fault
from hub.access.words import say
from hub.web.choice import Language
from hub.web.context import ITEMS_DEFAULT, CalledBy, Hub, HubContext, Limit, at_text
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["accounts"])

_NAME = r"^[a-z0-9][a-z0-9._-]{1,31}$"
_log = structlog.get_logger()

AccountName = Annotated[str, Path(pattern=_NAME)]
_SiteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
_Sites = Annotated[list[_SiteName], Field(min_length=1, max_length=SITES_PER_ACCOUNT_MAX)] | None
_Password = Annotated[str, Field(max_length=1000)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AccountOrder(_Order):
    """A new account; ``sites`` null: all. The password must be changed at the first login."""

    name: str = Field(pattern=_NAME)
    role: Role
    sites: _Sites = None
    password: _Password


class AccountChange(_Order):
    """What is not named stays as it is, whatever the default here; ``sites`` null: all."""

    role: Role = Role.WAREHOUSE
    sites: _Sites = None
    disabled: bool = False


class PasswordOrder(_Order):
    """Another password; it must be changed at the next login."""

    password: _Password


class TokenOrder(_Order):
    """What a token is for, so that whoever revokes one knows what stops."""

    purpose: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")


class Me(BaseModel):
    """Who makes this request; ``sites`` null: all of them."""

    name: str
    role: Role
    sites: list[str] | None


class AccountItem(Me):
    """An account as administrators see it."""

    disabled: bool
    must_change: bool
    made_by: str
    made_at: str | None


class AccountPage(BaseModel):
    """Accounts in the order of their names; ``next`` is the cursor of the next page."""

    items: list[AccountItem]
    next: str | None


class TokenItem(BaseModel):
    """A bearer token without its secret."""

    id: str
    purpose: str
    made_at: str | None


class NewToken(TokenItem):
    """A new bearer token; ``token`` is shown this once."""

    token: str


class TokenList(BaseModel):
    """An account's tokens, oldest first."""

    items: list[TokenItem]


@router.get("/me")
def get_me(caller: CalledBy) -> Me:
    """Who makes this request."""
    sites = None if caller.sites is None else sorted(caller.sites)
    return Me(name=caller.name, role=caller.role, sites=sites)


@router.get("/accounts")
def list_accounts(
    hub: Hub,
    limit: Limit = ITEMS_DEFAULT,
    cursor: Annotated[str | None, Query(pattern=_NAME)] = None,
) -> AccountPage:
    """Accounts in the order of their names."""
    with hub.database.reading() as tx:
        found = accounts.list_accounts(tx, cursor or "", limit)
    more = found[-1].name if len(found) == limit else None
    return AccountPage(items=[_item(each) for each in found], next=more)


@router.post("/accounts", status_code=HTTPStatus.CREATED)
def add_account(order: AccountOrder, hub: Hub, caller: CalledBy) -> AccountItem:
    """Make an account."""
    hashed = _hash_password(order.password, order.name)
    sites = None if order.sites is None else frozenset(order.sites)
    now = hub.clock.now()
    try:
        with hub.database.writing() as tx:
            added = accounts.add_account(
                tx, order.name, order.role, sites, hashed, caller.name, now
            )
    except AccountError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    _log.info("account made", account=order.name, role=order.role, by=caller.name)
    return _item(added)


@router.get("/accounts/{name}")
def get_account(name: AccountName, hub: Hub) -> AccountItem:
    """One account."""
    return _item(_find(hub, name))


@router.patch("/accounts/{name}")
def change_account(
    name: AccountName, change: AccountChange, hub: Hub, caller: CalledBy
) -> AccountItem:
    """Change an account's role, sites, or whether it may come in; it counts at once."""
    changes = change.model_dump(exclude_unset=True)
    if changes.get("sites") is not None:
        changes["sites"] = frozenset(changes["sites"])
    try:
        with hub.database.writing() as tx:
            changed = replace(accounts.find_account(tx, name), **changes)
            accounts.change_account(tx, changed)
    except UnknownAccountError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    except AccountError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    _log.info("account changed", account=name, what=sorted(changes), by=caller.name)
    return _item(changed)


@router.put("/accounts/{name}/password", status_code=HTTPStatus.NO_CONTENT)
def set_password(name: AccountName, order: PasswordOrder, hub: Hub, caller: CalledBy) -> None:
    """Give an account another password; its sessions end."""
    _find(hub, name)
    hashed = _hash_password(order.password, name)
    with hub.database.writing() as tx:
        accounts.set_password(tx, name, hashed, must_change=True)
    _log.info("password set", account=name, by=caller.name)


@router.delete("/accounts/{name}/sessions", status_code=HTTPStatus.NO_CONTENT)
def end_sessions(name: AccountName, hub: Hub, caller: CalledBy) -> None:
    """End all of an account's sessions; its tokens stay."""
    _find(hub, name)
    with hub.database.writing() as tx:
        accounts.end_sessions(tx, name)
    _log.info("sessions ended", account=name, by=caller.name)


@router.get("/accounts/{name}/tokens")
def list_tokens(name: AccountName, hub: Hub) -> TokenList:
    """An account's bearer tokens."""
    _find(hub, name)
    with hub.database.reading() as tx:
        return TokenList(items=[_token_item(each) for each in accounts.list_tokens(tx, name)])


@router.post("/accounts/{name}/tokens", status_code=HTTPStatus.CREATED)
def make_token(name: AccountName, order: TokenOrder, hub: Hub, caller: CalledBy) -> NewToken:
    """Make a bearer token for a program that works as this account."""
    now = hub.clock.now()
    try:
        with hub.database.writing() as tx:
            token, made = accounts.make_token(tx, name, order.purpose, now, hub.clock.random_bytes)
    except UnknownAccountError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    except AccountError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    _log.info("token made", account=name, token_id=made.id, by=caller.name)
    return NewToken(**_token_item(made).model_dump(), token=token)


@router.delete("/accounts/{name}/tokens/{token_id}", status_code=HTTPStatus.NO_CONTENT)
def revoke_token(
    name: AccountName,
    token_id: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    hub: Hub,
    caller: CalledBy,
) -> None:
    """End one token."""
    with hub.database.writing() as tx:
        was_there = accounts.revoke_token(tx, name, token_id)
    if not was_there:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{name} has no such token")
    _log.info("token revoked", account=name, token_id=token_id, by=caller.name)


def _find(hub: HubContext, name: str) -> Account:
    try:
        with hub.database.reading() as tx:
            return accounts.find_account(tx, name)
    except UnknownAccountError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error


def _hash_password(password: str, name: str) -> str:
    from hub.access import passwords  # argon2 costs the hub's start; a new password can wait

    fault = password_fault(password, name)
    if fault is not None:
        sentence = say(f"password.{fault}", Language.EN)
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)
    try:
        return passwords.hash_password(password)
    except passwords.BusyError as error:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "busy: try again") from error


def _item(account: Account) -> AccountItem:
    return AccountItem(
        name=account.name,
        role=account.role,
        sites=None if account.sites is None else sorted(account.sites),
        disabled=account.disabled,
        must_change=account.must_change,
        made_by=account.made_by,
        made_at=at_text(account.made_at),
    )


def _token_item(token: Token) -> TokenItem:
    return TokenItem(id=token.id, purpose=token.purpose, made_at=at_text(token.made_at))
