"""What ``custos-hub refold`` does, and what it tells the person who calls."""

import threading
from collections.abc import Iterable

import typer

from hub.heartbeat import Role
from hub.home import Home
from hub.roles import RoleContext

TOLD_MAX = 20
"""Failures that are told one by one; more are counted."""


def tell_refolded(tried: Iterable[tuple[str, str | None]]) -> bool:
    """Say what came of the events that rooms had failed on: of each where, and what still fails.

    Returns:
        Whether nothing fails any more.
    """
    folded = failed = 0
    for place, error in tried:
        if error is None:
            folded += 1
            continue
        failed += 1
        if failed <= TOLD_MAX:
            typer.echo(f"{place}: {error}")
    typer.echo(f"{folded} worked on now, {failed} still fail")
    return not failed


def context_of(home: Home) -> RoleContext:
    """The hub as its rooms know it, for a program that is no role."""
    return RoleContext(
        role=Role.INGEST,
        settings=home.settings,
        policy=home.policy,
        own_policy_keys=home.own_policy_keys,
        network=home.network,
        clock=home.clock,
        database=home.database,
        keys=home.keys,
        stop=threading.Event(),
        listen_fd=None,
    )
