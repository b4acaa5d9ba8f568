"""``custos-hub backup``, ``restore`` and ``upgrade``, and what they tell the person who calls."""

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from hub.access.service import end_logins
from hub.backup.disk import Disk, Tell
from hub.backup.making import Choice, Made, Source, keep_newest, make_backup
from hub.backup.manifest import BackupError
from hub.backup.restoring import Allowed, Restored, Target, find_backup
from hub.backup.restoring import restore as bring_back
from hub.clock import SystemClock
from hub.config import ConfigError, Settings, load_settings
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import schema_of
from hub.home import ConfigOption, check_restored, hold_data_dir, open_home, read_clock, sentences
from hub.telemetry import start_logging
from wire.names import parse_at

RECEIPTED_KEPT_DAYS = 7
"""So long an edge keeps what the hub has receipted (promise P2), unless its spool is crowded."""
TELL_EVERY_NS = 2_000_000_000
_GIB = 1024**3

NOT_BROUGHT_BACK = """\
What edges recorded since then comes again by itself. What people entered at the hub since then
does not; enter it again, or look at it:
- parcels' values, routes and manifests, and what else came in over REST;
- wanted and stop entries, holds of footage, answers to alerts and incidents;
- accounts, passwords, tokens and badges: one that was revoked since then counts again.
Everybody has to log in anew, an enrolment token that was printed before is void, and a mail that
left since then may leave once more."""


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="holds one backup beside another")],
    config: ConfigOption = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="no key files: nobody can read bodies from it")
    ] = False,
    without_footage: Annotated[
        bool, typer.Option("--without-footage", help="database and keys alone")
    ] = False,
    keep: Annotated[
        int | None, typer.Option(min=1, max=1000, help="delete the oldest beyond so many")
    ] = None,
) -> None:
    """Back the hub up into DIR while it runs."""
    start_logging("backup")
    with sentences():
        settings = load_settings(config or context.obj)
        clock = SystemClock(read_clock(settings))
        choice = Choice(keys=not without_keys, footage=not without_footage)
        tell = _teller(clock)
        began_ns = clock.mono_ns()
        made = make_backup(_source(settings), folder, choice, clock.now, tell, Disk())
        if keep is not None:
            keep_newest(folder, keep, Disk())
        took_s = (clock.mono_ns() - began_ns) / 1e9
        typer.echo(_told_of_backup(made, took_s))


def restore(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="a backup; or where several lie: the newest")
    ],
    config: ConfigOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="move aside what is there")] = False,
    leave_out_damaged_footage: Annotated[
        bool, typer.Option("--leave-out-damaged-footage", help="edges are asked for it anew")
    ] = False,
) -> None:
    """Bring the hub back from a backup; it must not run."""
    start_logging("restore")
    with sentences():
        settings = load_settings(config or context.obj)
        clock = SystemClock(read_clock(settings))
        now, began_ns = clock.now(), clock.mono_ns()
        with hold_data_dir(settings.data_dir, exclusive=True):
            restored = bring_back(
                find_backup(folder),
                Target(settings.data_dir, parse_url(settings.database, settings.data_dir)),
                Allowed(replace, leave_out_damaged_footage),
                now,
                _forget(now),
                _teller(clock),
                Disk(),
            )
        took_s = (clock.mono_ns() - began_ns) / 1e9
        typer.echo(_told_of_restore(restored, now, took_s))


def upgrade(
    context: typer.Context,
    config: ConfigOption = None,
    without_backup: Annotated[
        bool, typer.Option("--without-backup", help="keep nothing: there is no way back then")
    ] = False,
) -> None:
    """Bring the database to this version's schema; a start of the hub does the same."""
    start_logging("upgrade")
    keeps = not without_backup
    with sentences(), open_home(config or context.obj, exclusive=True, keeps_before_upgrade=keeps):
        typer.echo("up to date")


def _source(settings: Settings) -> Source:
    url = parse_url(settings.database, settings.data_dir)
    if not settings.data_dir.is_dir():
        raise ConfigError(f"data_dir: there is no hub in {settings.data_dir}")
    check_restored(settings.data_dir)
    database = open_database(url)
    try:
        schema = schema_of(url, database)
    finally:
        database.close()
    if schema is None:
        raise BackupError(f"there is no hub in {settings.data_dir} yet: nothing to back up")
    return Source(settings.data_dir, url, schema)


def _forget(now: datetime) -> Callable[[Connection], None]:
    return lambda tx: end_logins(tx, now)


def _told_of_backup(made: Made, took_s: float) -> str:
    manifest = made.manifest
    lines = [
        str(made.folder),
        f"as of {manifest.taken_at}, database {manifest.dump.bytes} bytes, took {took_s:.1f} s",
    ]
    if manifest.footage is not None:
        lines.append(f"footage: {manifest.footage.files} files, {manifest.footage.bytes} bytes")
    if made.left_out:
        lines.append(f"left out: {made.left_out} files of footage that are not what they were")
    if manifest.has_keys:
        lines.append("it holds the hub's keys: whoever has it can speak as this hub")
    return "\n".join(lines)


def _told_of_restore(restored: Restored, now: datetime, took_s: float) -> str:
    taken_at = parse_at(restored.manifest.taken_at)
    age_s = (now - taken_at).total_seconds()
    lines = [
        f"restored from {restored.backup} in {took_s:.1f} s",
        f"as of {restored.manifest.taken_at}, {age_s:.0f} s ago (RPO)",
    ]
    if restored.aside is not None:
        lines.append(f"what was there before lies in {restored.aside}")
    if restored.left_out:
        lines.append(f"left out: {len(restored.left_out)} damaged files of footage")
    if age_s > RECEIPTED_KEPT_DAYS * 86_400:
        lines.append(
            f"older than the {RECEIPTED_KEPT_DAYS} days for which edges keep what the hub has "
            "receipted: they cannot bring all of it again, and say so on their stations"
        )
    return "\n".join([*lines, NOT_BROUGHT_BACK])


def _teller(clock: SystemClock) -> Tell:
    """Progress on stderr, every other second: on a pipe it is a log, on a terminal one line."""
    told_ns = clock.mono_ns()
    end = "\r" if sys.stderr.isatty() else os.linesep

    def tell(what: str, done: int, all_bytes: int) -> None:
        nonlocal told_ns
        if clock.mono_ns() - told_ns < TELL_EVERY_NS:
            return
        told_ns = clock.mono_ns()
        share = 100 * done // max(1, all_bytes)
        sys.stderr.write(f"{what}: {share} % of {all_bytes / _GIB:.1f} GiB{end}")
        sys.stderr.flush()

    return tell
