"""Accounts, and the tokens, links and sessions by which they come in.

The caller owns the transaction, and has hashed passwords before it opened one: that takes a while.
Source: design section 4, HV-R1.

    AccountError            the sentence says why
    +- UnknownAccountError  no account has this name
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from hub.access import account_store
from hub.access.account_store import Account, Credential
from hub.access.rules import (
    ADMINISTRATOR,
    CONSOLE_LINK_LIFE,
    SECRET_BYTES,
    SESSION_LIFE,
    SESSION_TOUCH,
    SITES_PER_ACCOUNT_MAX,
    Role,
    is_account_name,
    is_session_over,
    secret_hash,
)

ACCOUNTS_MAX = 10_000
TOKENS_PER_ACCOUNT_MAX = 16
SESSIONS_PER_ACCOUNT_MAX = 32
"""The oldest one ends where another is opened: a forgotten browser is no reason to keep out."""

_BEARER = "bearer"
_LINK = "link"
_SESSION = "session"

RandomBytes = Callable[[int], bytes]


class AccountError(Exception):
    """An account cannot be made or changed so; the sentence says why."""


class UnknownAccountError(AccountError):
    """No account has this name."""


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token as it may be shown: never the token itself."""

    id: str
    purpose: str
    made_at: datetime


# ---------------------------------------------------------------- accounts


def add_account(
    tx: Connection,
    name: str,
    role: Role,
    sites: frozenset[str] | None,
    password_hash: str,
    made_by: str,
    now: datetime,
) -> Account:
    """Make an account whose password must be changed at the first login.

    Raises:
        AccountError: no name, or a taken one; too many sites, or accounts.
    """
    if not is_account_name(name):
        raise AccountError(f"{name!r} is no account name: 2 to 32 of a-z 0-9 . _ -, not reserved")
    _check_sites(role, sites)
    if account_store.find_account(tx, name) is not None:
        raise AccountError(f"there is an account {name} already")
    if account_store.count_accounts(tx) >= ACCOUNTS_MAX:
        raise AccountError(f"there are {ACCOUNTS_MAX} accounts already")
    added = Account(name, role, sites, "zh", "dark", password_hash, True, False, made_by, now)
    account_store.add_account(tx, added)
    return added


def change_account(tx: Connection, changed: Account) -> None:
    """Store an account's role, sites and whether it is disabled; it counts from the next request.

    Raises:
        AccountError: too many sites, or any for an administrator.
    """
    _check_sites(changed.role, changed.sites)
    changes = {
        "role": changed.role,
        "sites": account_store.sites_value(changed.sites),
        "disabled": changed.disabled,
    }
    account_store.change_account(tx, changed.name, changes)
    if changed.disabled:
        end_sessions(tx, changed.name)


def hash_password(password: str) -> str:
    """What is stored of a password; takes a while, so before any transaction.

    Raises:
        BusyError: too many are being hashed at this moment (hub.access.passwords).
    """
    from hub.access import passwords  # argon2 costs each program's start, and few need it

    return passwords.hash_password(password)


def set_password(tx: Connection, name: str, password_hash: str, *, must_change: bool) -> None:
    """Give an account another password and end its sessions; whoever has the old one is out.

    Raises:
        UnknownAccountError: no such account.
    """
    find_account(tx, name)
    changes = {"password_hash": password_hash, "must_change": must_change}
    account_store.change_account(tx, name, changes)
    end_sessions(tx, name)


def set_choice(tx: Connection, name: str, language: str, theme: str) -> None:
    """Keep a person's language and theme for the next login."""
    account_store.change_account(tx, name, {"language": language, "theme": theme})


def find_account(tx: Connection, name: str) -> Account:
    """One account.

    Raises:
        UnknownAccountError: no such account.
    """
    found = account_store.find_account(tx, name)
    if found is None:
        raise UnknownAccountError(f"there is no account {name}")
    return found


def account_named(tx: Connection, name: str) -> Account | None:
    """One account, if there is one of this name."""
    return account_store.find_account(tx, name)


def list_accounts(tx: Connection, after_name: str, limit: int) -> list[Account]:
    """Accounts in the order of their names, from after one ("": from the first)."""
    return account_store.page_of_accounts(tx, after_name, limit)


def _check_sites(role: Role, sites: frozenset[str] | None) -> None:
    if role is Role.ADMINISTRATOR and sites is not None:
        # Who makes accounts can make one that is bound to nothing.
        raise AccountError("an administrator is bound to no sites")
    if sites is not None and len(sites) > SITES_PER_ACCOUNT_MAX:
        raise AccountError(f"an account can be bound to {SITES_PER_ACCOUNT_MAX} sites at most")


# ---------------------------------------------------------------- tokens


def adopt_admin_token(tx: Connection, token: str, now: datetime) -> None:
    """Make the token in ``admin.token`` the one that counts; an earlier one counts no more."""
    if not account_store.has_credential(tx, secret_hash(token)):
        account_store.drop_credentials(tx, _BEARER, ADMINISTRATOR)
        account_store.add_credential(tx, secret_hash(token), _BEARER, ADMINISTRATOR, now, None)


def make_token(
    tx: Connection, name: str, purpose: str, now: datetime, random_bytes: RandomBytes
) -> tuple[str, Token]:
    """A bearer token for a program that works as an account; it is shown this once.

    Raises:
        UnknownAccountError: no such account.
        AccountError: it has ``TOKENS_PER_ACCOUNT_MAX`` already.
    """
    find_account(tx, name)
    if len(list_tokens(tx, name)) >= TOKENS_PER_ACCOUNT_MAX:
        raise AccountError(f"{name} has {TOKENS_PER_ACCOUNT_MAX} tokens already: revoke one")
    token = random_bytes(SECRET_BYTES).hex()
    account_store.add_credential(tx, secret_hash(token), _BEARER, name, now, None, purpose)
    return token, Token(secret_hash(token), purpose, now)


def list_tokens(tx: Connection, name: str) -> list[Token]:
    """An account's bearer tokens, oldest first."""
    rows = account_store.tokens_of(tx, _BEARER, name)
    return [Token(row.secret_hash, row.purpose or "", row.made_at) for row in rows]


def revoke_token(tx: Connection, name: str, token_id: str) -> bool:
    """End one token of an account; say whether there was such a one."""
    if token_id not in {token.id for token in list_tokens(tx, name)}:
        return False
    return account_store.drop_credential(tx, _BEARER, token_id)


def caller_by_token(tx: Connection, token: str, now: datetime) -> Credential | None:
    """Who shows this bearer token."""
    found = account_store.find_credential(tx, secret_hash(token), _BEARER, now)
    return None if found is None else replace(found, caller=replace(found.caller, by_token=True))


# ---------------------------------------------------------------- links and sessions


def make_console_link(
    tx: Connection, now: datetime, random_bytes: RandomBytes, rate: float = 1.0
) -> str:
    """The secret of a link that opens the console once, within ``CONSOLE_LINK_LIFE``."""
    secret = random_bytes(SECRET_BYTES).hex()
    expires_at = now + CONSOLE_LINK_LIFE * rate
    hashed = secret_hash(secret)
    account_store.add_credential(tx, hashed, _LINK, ADMINISTRATOR, now, expires_at)
    return secret


def open_session(
    tx: Connection, link_secret: str, now: datetime, random_bytes: RandomBytes, rate: float = 1.0
) -> str | None:
    """Use a console link up; return the secret of a session of ``SESSION_LIFE``.

    ``None``, and nothing changed, where the link is unknown, used or expired.
    """
    found = account_store.find_credential(tx, secret_hash(link_secret), _LINK, now)
    if found is None:
        return None
    account_store.use_credential(tx, found.secret_hash)
    return start_session(tx, found.caller.name, now, random_bytes, rate)


def start_session(
    tx: Connection, name: str, now: datetime, random_bytes: RandomBytes, rate: float = 1.0
) -> str:
    """Begin a session of somebody who has shown who they are; return its secret."""
    held = account_store.tokens_of(tx, _SESSION, name)
    for row in held[: max(0, len(held) + 1 - SESSIONS_PER_ACCOUNT_MAX)]:
        account_store.drop_credential(tx, _SESSION, row.secret_hash)
    session = random_bytes(SECRET_BYTES).hex()
    expires_at = now + SESSION_LIFE * rate
    account_store.add_credential(tx, secret_hash(session), _SESSION, name, now, expires_at)
    return session


def caller_by_session(
    tx: Connection, session: str, now: datetime, rate: float = 1.0
) -> Credential | None:
    """Whose session this is, if it has not ended by age or idleness."""
    found = account_store.find_credential(tx, secret_hash(session), _SESSION, now)
    if found is None or is_session_over(found.made_at, found.used_at, now, rate):
        return None
    return found


def is_touch_due(found: Credential, now: datetime, rate: float = 1.0) -> bool:
    """Say whether a session's use should be written down again."""
    return now - (found.used_at or found.made_at) >= SESSION_TOUCH * rate


def touch_session(tx: Connection, found: Credential, now: datetime) -> None:
    """Something was asked in a session: its idleness begins anew."""
    account_store.touch_credential(tx, found.secret_hash, now)


def end_session(tx: Connection, session: str) -> None:
    """End the session with this secret, if there is one."""
    account_store.drop_credential(tx, _SESSION, secret_hash(session))


def end_sessions(tx: Connection, name: str) -> None:
    """End all of an account's sessions."""
    account_store.drop_credentials(tx, _SESSION, name)


def forget_expired(tx: Connection, now: datetime) -> None:
    """Delete links and sessions whose time is over."""
    account_store.prune_credentials(tx, now)
