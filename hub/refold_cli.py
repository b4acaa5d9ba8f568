"""What ``custos-hub refold`` does, and what it tells the person who calls."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from hub.heartbeat import Role
from hub.home import Home
from hub.roles import RoleContext

if TYPE_CHECKING:
    from hub.ingest.service import Projection, Refolded

TOLD_MAX = 20
"""Failures that are told one by one; more are counted."""


def refold_all(
    home: Home, make_projections: "Callable[[RoleContext], Sequence[Projection]]"
) -> bool:
    """Let rooms work once more on what they failed on, and say what came of it.

    Returns:
        Whether nothing fails any more.
    """
    tried = _refold_all(home, make_projections(_context_of(home)))
    failed = [each for each in tried if each.error is not None]
    for each in failed[:TOLD_MAX]:
        place = each.unfolded
        typer.echo(f"{place.room}: {place.site}/{place.edge} line {place.seq}: {each.error}")
    typer.echo(f"{len(tried) - len(failed)} worked on now, {len(failed)} still fail")
    return not failed


def _refold_all(home: Home, projections: "Sequence[Projection]") -> "list[Refolded]":
    # Not before: rooms count, and a hub says where before it imports them.
    from hub.ingest.service import refold_next

    found: list[Refolded] = []
    while True:
        after_id = found[-1].unfolded.id if found else 0
        # A commit for each: the hub's own work comes in between.
        with home.database.writing() as tx:
            tried = refold_next(tx, projections, after_id, home.clock.now())
        if tried is None:
            return found
        found.append(tried)


def _context_of(home: Home) -> RoleContext:
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
