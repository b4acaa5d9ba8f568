"""``custos-hub account``: make, list and change accounts on the hub's own machine.

A password is asked for, or read as one line where stdin is no terminal; never from the command
line, where everybody on the machine could read it.
"""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer

from hub.access.service import (
    AccountError,
    Role,
    add_account,
    change_account,
    find_account,
    hash_password,
    list_accounts,
    password_fault,
    set_password,
)
from hub.config import ConfigError
from hub.home import ConfigOption, open_home, sentences
from hub.telemetry import start_logging
from wire.names import is_name

PASSWORD_LINE_MAX = 1_000
ACCOUNTS_LISTED_MAX = 10_000
MADE_BY = "custos-hub"

accounts_app = typer.Typer(no_args_is_help=True, help="Accounts: who may come in.")


@accounts_app.command()
def add(
    context: typer.Context,
    name: str,
    role: Annotated[Role, typer.Option(help="what the account is for")],
    sites: Annotated[str, typer.Option(help="comma-separated; none: all sites")] = "",
    config: ConfigOption = None,
) -> None:
    """Make an account; its password must be changed at the first login."""
    start_logging("account")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        bound = _sites(sites)
        hashed = _new_password(name)
        now = home.clock.now()
        with _account_sentences(), home.database.writing() as tx:
            add_account(tx, name, role, bound, hashed, MADE_BY, now)
        typer.echo(f"{name} {role} {_sites_text(bound)}")


@accounts_app.command("list")
def list_(context: typer.Context, config: ConfigOption = None) -> None:
    """List the accounts."""
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        with home.database.reading() as tx:
            found = list_accounts(tx, "", ACCOUNTS_LISTED_MAX)
        for each in found:
            state = "disabled" if each.disabled else "enabled"
            typer.echo(f"{each.name} {each.role} {_sites_text(each.sites)} {state}")


@accounts_app.command()
def disable(context: typer.Context, name: str, config: ConfigOption = None) -> None:
    """Let an account in no more: its sessions end, its tokens do not count."""
    _set_disabled(context, name, config, disabled=True)


@accounts_app.command()
def enable(context: typer.Context, name: str, config: ConfigOption = None) -> None:
    """Let an account in again."""
    _set_disabled(context, name, config, disabled=False)


@accounts_app.command()
def password(context: typer.Context, name: str, config: ConfigOption = None) -> None:
    """Give an account another password; it must be changed at the next login."""
    start_logging("account")
    with sentences(), open_home(config or context.obj, exclusive=False) as home:
        with _account_sentences(), home.database.reading() as tx:
            find_account(tx, name)
        hashed = _new_password(name)
        with _account_sentences(), home.database.writing() as tx:
            set_password(tx, name, hashed, must_change=True)


def _set_disabled(
    context: typer.Context, name: str, config: ConfigOption, *, disabled: bool
) -> None:
    start_logging("account")
    with (
        sentences(),
        open_home(config or context.obj, exclusive=False) as home,
        _account_sentences(),
        home.database.writing() as tx,
    ):
        change_account(tx, replace(find_account(tx, name), disabled=disabled))


@contextmanager
def _account_sentences() -> Iterator[None]:
    try:
        yield
    except AccountError as error:
        raise ConfigError(str(error)) from error


def _new_password(name: str) -> str:
    text = _read_password()
    fault = password_fault(text, name)
    if fault is not None:
        raise ConfigError(f"password: {fault}")
    return hash_password(text)


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(PASSWORD_LINE_MAX).rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise ConfigError("password: the two differ")
    return first


def _sites(text: str) -> frozenset[str] | None:
    names = [name for name in text.split(",") if name]
    for name in names:
        if not is_name(name):
            raise ConfigError(f"--sites: {name!r} is no site: 1 to 32 of A-Z a-z 0-9 _ -")
    return frozenset(names) or None


def _sites_text(sites: frozenset[str] | None) -> str:
    return "all-sites" if sites is None else ",".join(sorted(sites))
