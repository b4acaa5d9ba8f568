"""Copy a database while others write into it, and put a copy back. Source: docs/adr/0035.

SQLite: the backup API inside one reading transaction, in small steps that are each on the disk
before the next, so that a commit beside it waits for at most one step. PostgreSQL: its own pg_dump
and pg_restore, which read, and write, in one transaction.

    CopyError      one sentence; nothing was copied, or nothing put back
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from hub.db.engine import BUSY_TIMEOUT_MS, CONNECT_TIMEOUT_S, sqlite_module

STEP_PAGES = 1024
"""4 MiB of an SQLite database at once."""
_ERROR_CHARS_MAX = 300


class CopyError(Exception):
    """The database was not copied, or not put back; the sentence says why."""


def copy_sqlite(source: Path, target: Path, tell: Callable[[int, int], None]) -> None:
    """Copy a database as it is at this moment, and check the copy's structure.

    ``tell`` gets the bytes that are copied, and how many there are. Meanwhile the WAL is not reset:
    it grows by what is written during the copy.

    Raises:
        CopyError: unreadable, damaged, or the disk refuses.
    """
    module = sqlite_module()
    try:
        with (
            closing(_connect(f"{source.resolve().as_uri()}?mode=ro")) as reading,
            closing(_connect(target.resolve().as_uri())) as writing,
        ):
            page_bytes = reading.execute("PRAGMA page_size").fetchone()[0]
            # With a transaction open the copy never begins anew because somebody wrote.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            writing.execute("PRAGMA synchronous=OFF")

            def on_step(_status: int, remaining: int, total: int) -> None:
                _sync(target)
                tell((total - remaining) * page_bytes, total * page_bytes)

            reading.backup(writing, pages=STEP_PAGES, progress=on_step, sleep=0)
            reading.execute("ROLLBACK")
            (found,) = writing.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise CopyError(f"database: {source} is damaged: {found}"[:_ERROR_CHARS_MAX])
    except (module.Error, OSError) as error:
        raise CopyError(f"database: {source} cannot be copied: {error}") from error
    _sync(target)


def _connect(uri: str):  # type: ignore[no-untyped-def] # two modules, neither with types
    module = sqlite_module()
    return module.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------- PostgreSQL


def is_there(url: URL) -> bool:
    """Say whether what copies this kind of database is installed."""
    return url.get_backend_name() == "sqlite" or shutil.which("pg_dump") is not None


def dump_postgresql(url: URL, target: Path) -> None:
    """Dump a database as it is at this moment; no writer waits.

    Raises:
        CopyError: pg_dump is not there, or refuses.
    """
    _run("pg_dump", url, "--format=custom", "--schema=public", f"--file={target}")
    _sync(target)


def put_postgresql(url: URL, dump: Path, aside: str) -> None:
    """Put a dump back, in one transaction; what was there stays in a schema named ``aside``.

    Raises:
        CopyError: pg_restore is not there, or refuses; or the database cannot be reached.
    """
    _find("pg_restore")
    _move_aside(url, aside)
    options = ("--single-transaction", "--exit-on-error", "--schema=public", "--no-owner")
    _run("pg_restore", url, *options, "--no-privileges", str(dump))


def is_postgresql_empty(url: URL) -> bool:
    """Say whether the database holds nothing.

    Raises:
        CopyError: it cannot be reached.
    """
    engine = create_engine(url, connect_args={"connect_timeout": CONNECT_TIMEOUT_S})
    try:
        with engine.connect() as tx:
            return not inspect(tx).get_table_names()
    except SQLAlchemyError as error:
        raise CopyError(f"database: cannot be used: {_first_line(str(error))}") from error
    finally:
        engine.dispose()


def _move_aside(url: URL, aside: str) -> None:
    if is_postgresql_empty(url):
        return
    engine = create_engine(url, connect_args={"connect_timeout": CONNECT_TIMEOUT_S})
    try:
        with engine.begin() as tx:
            tx.execute(text(f'ALTER SCHEMA public RENAME TO "{aside}"'))
            tx.execute(text("CREATE SCHEMA public"))
    except SQLAlchemyError as error:
        raise CopyError(f"database: cannot be used: {_first_line(str(error))}") from error
    finally:
        engine.dispose()


def _run(program: str, url: URL, *arguments: str) -> None:
    path = _find(program)
    # The password goes by the environment: a command line can be read by everybody.
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, "PGCONNECT_TIMEOUT": str(CONNECT_TIMEOUT_S)}
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    found = subprocess.run(
        [path, f"--dbname={plain}", "--no-password", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if found.returncode != 0:
        raise CopyError(f"database: {program} refuses: {_first_line(found.stderr)}")


def _find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise CopyError(
            f"database: {program} is not installed: it comes with PostgreSQL's client programs"
        )
    return path


def _first_line(told: str) -> str:
    lines = told.strip().splitlines()
    return lines[0][:_ERROR_CHARS_MAX] if lines else "it does not say why"
