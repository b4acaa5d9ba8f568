"""A real PostgreSQL for tests: Debian's own server on a socket of ours, gone when they end.

It listens on no port and is nobody's service. Durability is switched off: what a power cut costs is
PostgreSQL's own promise, not tested here.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL

from hub.db.engine import parse_url
from tests.broker_parts import wait_for

on_both_databases = pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)
"""For tests of the fixture ``hub``: once on each kind of database."""

USER = "custos"
LOCK_TIMEOUT = "10s"
# A zone that is not UTC shows a time that lost its own on the way.
SETTINGS = {"fsync": "off", "timezone": "Asia/Shanghai", "listen_addresses": ""}


@dataclass(frozen=True)
class PostgresServer:
    """A running server; ``directory`` holds its socket, which only its owner and root can open."""

    directory: Path

    def url(self, database: str) -> URL:
        return parse_url(f"postgresql://{USER}@/{database}?host={self.directory}", self.directory)

    def create(self, database: str) -> None:
        self._run(f"CREATE DATABASE {database} TEMPLATE template0")

    def empty(self, database: str, tables: Sequence[str]) -> None:
        """Delete all rows and count from 1 again; ``tables`` come before those that name them.

        A third of what TRUNCATE takes, which makes every table's files anew. Fails after
        ``LOCK_TIMEOUT`` when a test has left a transaction open.
        """
        deletes = "; ".join(f"DELETE FROM {table}" for table in reversed(tables))
        self._run(
            f"BEGIN; LOCK TABLE {', '.join(tables)}; {deletes};"
            " SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'; COMMIT",
            database,
        )

    def drop(self, database: str) -> None:
        """Fails after some seconds when a test has left a connection open."""
        self._run(f"DROP DATABASE {database}")

    def cut(self, database: str) -> None:
        """Cut every connection to a database."""
        self._run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )

    def accepts(self) -> bool:
        try:
            self._run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, statement: str, database: str = "postgres") -> None:
        where = {"host": str(self.directory), "user": USER, "dbname": database}
        limit = f"-c lock_timeout={LOCK_TIMEOUT}"
        with psycopg.connect(**where, options=limit, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgresql() -> Iterator[PostgresServer]:
    """Make and start a server; stop and delete it afterwards."""
    # Not in pytest's directory: as root that is closed to the server's account, and a socket's path
    # has at most 107 bytes.
    directory = Path(tempfile.mkdtemp(prefix="custos-pg-"))
    # The server refuses to run as root; the account comes with Debian's package.
    account = {"user": "postgres", "group": "postgres", "extra_groups": []}
    run_as = account if os.geteuid() == 0 else {}
    try:
        if run_as:
            shutil.chown(directory, "postgres", "postgres")
        with (directory / "server.log").open("wb") as log:
            _initialise(directory / "data", run_as)
            process = subprocess.Popen(
                _server_command(directory), cwd=directory, stdout=log, stderr=log, **run_as
            )
        try:
            server = PostgresServer(directory)
            wait_for("PostgreSQL", lambda: process.poll() is not None or server.accepts())
            assert process.poll() is None, (directory / "server.log").read_text()
            yield server
        finally:
            _stop(process)
    finally:
        shutil.rmtree(directory)


def _initialise(data: Path, run_as: dict[str, Any]) -> None:
    command = [_program("initdb"), "--pgdata", str(data), "--username", USER, "--no-sync"]
    command += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C"]
    subprocess.run(command, cwd=data.parent, check=True, stdout=subprocess.DEVNULL, **run_as)


def _server_command(directory: Path) -> list[str]:
    settings = {**SETTINGS, "unix_socket_directories": str(directory)}
    command = [_program("postgres"), "-D", str(directory / "data")]
    return command + [f"--{name}={value}" for name, value in settings.items()]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    finally:
        process.kill()


def _program(name: str) -> str:
    """The newest version's; Debian keeps these out of PATH."""
    found = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return str(max(found, key=lambda path: int(path.parts[-3])))
