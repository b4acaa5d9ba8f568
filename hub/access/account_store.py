"""Tables and SQL of accounts, and of the tokens and sessions by which they come in; no rule here.

Tokens, links and sessions are long random secrets, of which only the hash is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Row,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from hub.access.rules import ADMINISTRATOR, Caller, Role
from hub.db.schema import UtcDateTime, metadata

account = Table(
    "account",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("role", String(16), nullable=False),
    # Null: all sites.
    Column("sites", JSON(none_as_null=True)),
    Column("language", String(2), nullable=False),
    Column("theme", String(5), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
credential = Table(
    "credential",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("name", String(64), nullable=False, index=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, index=True),
    Column("used", Boolean, nullable=False),
    # Of sessions: when something was last asked in it. Of tokens: what it is for.
    Column("used_at", UtcDateTime),
    Column("purpose", String(64)),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a program that may come in; ``sites`` None: all of them."""

    name: str
    role: Role
    sites: frozenset[str] | None
    language: str
    theme: str
    password_hash: str
    must_change: bool
    disabled: bool
    made_by: str
    made_at: datetime

    @property
    def caller(self) -> Caller:
        """As whom its requests are made."""
        return Caller(self.name, self.role, self.sites)


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, link or session that is neither used up nor of a disabled account."""

    secret_hash: str
    caller: Caller
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    purpose: str | None
    must_change: bool


# Built once: it runs for each request, and building costs as much as running.
_FIND_CREDENTIAL = (
    select(
        credential,
        account.c.name.label("account"),
        account.c.role,
        account.c.sites,
        account.c.must_change,
        account.c.disabled,
    )
    .select_from(credential.outerjoin(account, account.c.name == credential.c.name))
    .where(
        credential.c.secret_hash == bindparam("secret_hash"),
        credential.c.kind == bindparam("kind"),
        credential.c.used.is_(False),
    )
)


# ---------------------------------------------------------------- accounts


def find_account(tx: Connection, name: str) -> Account | None:
    """One account, disabled or not."""
    row = tx.execute(select(account).where(account.c.name == name)).one_or_none()
    return None if row is None else _account(row)


def page_of_accounts(tx: Connection, after_name: str, limit: int) -> list[Account]:
    """Accounts in the order of their names."""
    query = select(account).where(account.c.name > after_name).order_by(account.c.name)
    return [_account(row) for row in tx.execute(query.limit(limit))]


def count_accounts(tx: Connection) -> int:
    """How many accounts there are."""
    return tx.execute(select(func.count()).select_from(account)).scalar_one()


def add_account(tx: Connection, added: Account) -> None:
    """Insert an account."""
    row = {
        "name": added.name,
        "role": added.role,
        "sites": sites_value(added.sites),
        "language": added.language,
        "theme": added.theme,
        "password_hash": added.password_hash,
        "must_change": added.must_change,
        "disabled": added.disabled,
        "made_by": added.made_by,
        "made_at": added.made_at,
    }
    tx.execute(insert(account).values(row))


def change_account(tx: Connection, name: str, changes: Mapping[str, object]) -> None:
    """Set columns of an account."""
    tx.execute(update(account).where(account.c.name == name).values(dict(changes)))


def sites_value(sites: frozenset[str] | None) -> list[str] | None:
    """An account's sites as the column holds them."""
    return None if sites is None else sorted(sites)


# ---------------------------------------------------------------- credentials


def add_credential(
    tx: Connection,
    secret_hash: str,
    kind: str,
    name: str,
    now: datetime,
    expires_at: datetime | None,
    purpose: str | None = None,
) -> None:
    """Keep a credential's hash."""
    row = {
        "secret_hash": secret_hash,
        "kind": kind,
        "name": name,
        "made_at": now,
        "expires_at": expires_at,
        "used": False,
        "used_at": None,
        "purpose": purpose,
    }
    tx.execute(insert(credential).values(row))


def find_credential(
    tx: Connection, secret_hash: str, kind: str, now: datetime
) -> Credential | None:
    """A credential of a kind that is not used up, not expired and not of a disabled account."""
    asked = {"secret_hash": secret_hash, "kind": kind}
    row = tx.execute(_FIND_CREDENTIAL, asked).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    if row.name == ADMINISTRATOR:
        caller = Caller(ADMINISTRATOR, Role.ADMINISTRATOR, None)
    elif row.account is None or row.disabled:
        return None
    else:
        caller = Caller(row.name, Role(row.role), _sites(row.sites))
    return Credential(
        secret_hash,
        caller,
        row.made_at,
        row.expires_at,
        row.used_at,
        row.purpose,
        bool(row.must_change),
    )


def tokens_of(tx: Connection, kind: str, name: str) -> list[Row[tuple[str, str | None, datetime]]]:
    """Hash, purpose and making of somebody's credentials of a kind, oldest first."""
    mine = and_(credential.c.kind == kind, credential.c.name == name)
    columns = (credential.c.secret_hash, credential.c.purpose, credential.c.made_at)
    return list(tx.execute(select(*columns).where(mine).order_by(credential.c.made_at)))


def use_credential(tx: Connection, secret_hash: str) -> None:
    """A one-use credential has been used."""
    mine = credential.c.secret_hash == secret_hash
    tx.execute(update(credential).where(mine).values(used=True))


def touch_credential(tx: Connection, secret_hash: str, now: datetime) -> None:
    """Something was asked in a session."""
    mine = credential.c.secret_hash == secret_hash
    tx.execute(update(credential).where(mine).values(used_at=now))


def has_credential(tx: Connection, secret_hash: str) -> bool:
    """Whether a credential with this hash is known, whatever its state."""
    query = select(credential.c.kind).where(credential.c.secret_hash == secret_hash)
    return tx.execute(query).one_or_none() is not None


def drop_credential(tx: Connection, kind: str, secret_hash: str) -> bool:
    """Forget one credential; say whether it was there."""
    mine = and_(credential.c.kind == kind, credential.c.secret_hash == secret_hash)
    return bool(tx.execute(delete(credential).where(mine)).rowcount)


def drop_credentials(tx: Connection, kind: str, name: str) -> None:
    """Forget somebody's credentials of one kind."""
    mine = and_(credential.c.kind == kind, credential.c.name == name)
    tx.execute(delete(credential).where(mine))


def drop_short_lived(tx: Connection) -> None:
    """Forget all links and sessions; bearer tokens, which never expire, stay."""
    tx.execute(delete(credential).where(credential.c.expires_at.is_not(None)))


def prune_credentials(tx: Connection, now: datetime) -> None:
    """Forget what has expired."""
    tx.execute(delete(credential).where(credential.c.expires_at <= now))


def _account(row: Row[*tuple[Any, ...]]) -> Account:
    return Account(
        **dict(row._mapping) | {"role": Role(row.role), "sites": _sites(row.sites)},
    )


def _sites(stored: list[str] | None) -> frozenset[str] | None:
    return None if stored is None else frozenset(stored)
