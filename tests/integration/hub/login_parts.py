"""An account with a password that hashes quickly, and how to log in with it."""

import httpx
import pytest

from hub.access import passwords
from hub.access.accounts import add_account
from hub.access.rules import Role
from tests.hub_parts import HubHome

PASSWORD = "correct horse battery"
OWN = "staple of my own choice"
ORIGIN = {"Origin": "http://hub"}


def hash_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real hashes take 150 ms each, on purpose; test_passwords.py has them."""
    monkeypatch.setattr(passwords, "hash_password", lambda text: f"hash of {text}")
    monkeypatch.setattr(passwords, "is_password", lambda stored, text: stored == f"hash of {text}")


def add(hub: HubHome, name: str = "li", role: Role = Role.MONITOR, *sites: str) -> None:
    with hub.database.writing() as tx:
        bound = frozenset(sites) or None
        add_account(tx, name, role, bound, f"hash of {PASSWORD}", "test", hub.clock.now())


async def log_in(
    client: httpx.AsyncClient, password: str = PASSWORD, name: str = "li", **fields: str
) -> httpx.Response:
    return await client.post("/login", data={"name": name, "password": password, **fields})


async def settle(client: httpx.AsyncClient) -> None:
    """Log in and choose a password of one's own."""
    await log_in(client)
    form = {"old": PASSWORD, "new": OWN, "again": OWN}
    assert (await client.post("/account/password", data=form)).status_code == 200
