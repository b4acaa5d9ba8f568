"""What ``custos-hub train`` tells the person who calls."""

import os
import sys
from datetime import datetime

import typer

from hub.config import ConfigError
from hub.missing.service.models import Trained
from hub.training import ONE_THREAD
from wire.names import parse_at

LEFT_ALONE_EXIT_CODE = 70
NICENESS = 10
"""It works for minutes and nobody waits for it: the hub's own roles go first."""


def go_last() -> None:
    """Leave the machine to the hub's roles: one core, and after them.

    Called before what counts is imported, which asks but once how many cores it may use.
    """
    os.nice(NICENESS)
    os.environ |= ONE_THREAD


def moment(text: str) -> datetime:
    """Read an option that names a moment.

    Raises:
        ConfigError: it is none.
    """
    try:
        return parse_at(text)
    except ValueError as error:
        raise ConfigError(f"until: {error}") from error


def end_with_stdin() -> None:
    """End this program when who started it is gone: what it has not written is not written."""
    sys.stdin.buffer.read()
    os._exit(LEFT_ALONE_EXIT_CODE)


def tell_trained(done: Trained) -> bool:
    """Say what came of a training to the person who calls.

    Returns:
        Whether the new model counts.
    """
    report = done.report
    if done.taken_back is not None:
        typer.echo(f"the model that counted was taken back: {done.taken_back[1]}")
    if done.reason is not None:
        typer.echo(f"refused: {done.reason[1]}")
        stays = "the model before it goes on" if done.has_model else "tier T0 goes on"
        typer.echo(stays)
        return False
    typer.echo(
        f"learned from {report.parcels} parcels, {report.silences} silences, "
        f"{report.from_day} to {report.until_day}"
    )
    typer.echo(
        f"the week after, {report.judged} parcels: {report.per_1000:.1f} false alarms in 1,000 "
        f"(budget {report.false_per_1000:g}), tier T0 "
        f"{1_000 * report.before_suspected / max(1, report.judged):.1f}"
    )
    if report.delays is not None and report.before is not None:
        typer.echo(
            f"a loss would be told after {report.delays.mean_h:.1f} h on average, by tier T0 after "
            f"{report.before.mean_h:.1f} h"
        )
    typer.echo("it counts from now on")
    return True


def tell_read(read: int, expected: int) -> None:
    """One line a page of some hundred parcels: a person sees that it goes on."""
    typer.echo(f"read {read} of {expected} parcels", err=True)
