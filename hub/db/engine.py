"""Open the database: one writing connection a role, its own reading ones, the same on both kinds.

SQLite is the embedded default, PostgreSQL what two hosts need; the code above is the same.
Source: design section 5, facts.md ("SQLite, spool").

    DatabaseError      one sentence; the program ends with exit 2
"""

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from hub.db.files import Files
from hub.db.server import Server

SQLITE_MIN = (3, 51, 3)
"""Older ones have the WAL-reset bug: two connections, a write and a checkpoint race (facts)."""
BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another role's; writing transactions last milliseconds."""
BUSY_POLL_MS = 1
READERS_MAX = 8
POOL_TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 5
INGEST_CHECKPOINT_PAGES = 16_000
"""So long (64 MiB) gets the log before a commit of ingest's copies it back by itself: a bound, for
``hub/db/checkpoints.py`` does so beside the commits."""
WRITER_CACHE_KIB = 64 * 1024
"""Pages that a writing connection keeps, at most: with a million parcels open, what is not kept is
read again for each scan. SQLite's own 2 MiB hold less than a commit touches then."""
_WRITER_LOCK = 0x437573746F73  # "Custos"


class DatabaseError(Exception):
    """The database cannot be used; the sentence says why and what to do."""


class Beside(Protocol):
    """What a database does besides its transactions; each kind in its own way."""

    def has_room(self) -> bool:
        """Say whether its disk takes more."""

    def commits(self) -> int | None:
        """A number that changes when somebody commits."""

    def checkpoint(self) -> None:
        """Copy its log back."""

    def close(self) -> None:
        """Close what was opened."""


class Database:
    """A writing engine with one connection and a reading one with a few."""

    def __init__(self, write: Engine, read: Engine, beside: Beside) -> None:
        self._write = write
        self._read = read
        self._beside = beside

    def has_room(self) -> bool:
        """Say whether the disk takes more; what another program keeps is that one's affair.

        Raises:
            OSError: the disk does not say.
        """
        return self._beside.has_room()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may change rows: committed at the end, rolled back by an exception.

        Only one is open at a time, on SQLite by ``BEGIN IMMEDIATE`` and on PostgreSQL by a lock,
        so the outbox's ids are in commit order and whoever reads it in that order misses nothing.
        """
        with self._write.begin() as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view that cannot change anything and holds up no writer."""
        with self._read.begin() as tx:
            yield tx

    def commits(self) -> int | None:
        """A number that is another one as soon as there may be news; asking costs microseconds.

        One thread asks. None: it cannot be told now (no database, or one that does not answer).
        """
        return self._beside.commits()

    def checkpoint(self) -> None:
        """Copy what SQLite's log holds back into its database, while others read and write.

        One thread does so. What another program keeps is that one's affair.

        Raises:
            OSError: the disk refuses; what was committed stays in the log.
        """
        self._beside.checkpoint()

    def close(self) -> None:
        """Close every connection."""
        self._write.dispose()
        self._read.dispose()
        self._beside.close()


def parse_url(database: str | None, data_dir: Path) -> URL:
    """The database that the configuration names; without one, SQLite in ``data_dir``.

    Raises:
        DatabaseError: not a database URL, or of a kind that Custos does not know.
    """
    if database is None:
        return URL.create("sqlite", database=str(data_dir / "hub.sqlite"))
    try:
        url = make_url(database)
    except ArgumentError as error:
        raise DatabaseError("database: this is no database URL") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite")
    raise DatabaseError("database: must be sqlite:///<file> or postgresql://<host>/<name>")


def open_database(url: URL, checkpoint_pages: int = 0) -> Database:
    """Open both engines; nothing is connected before the first transaction.

    Args:
        url: from :func:`parse_url`.
        checkpoint_pages: the WAL is copied back after this many pages; 0 in every role but ingest,
            so that no reader's connection ever pays for it.

    Raises:
        DatabaseError: no SQLite that is new enough.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, checkpoint_pages)
    return _open_postgresql(url)


def sqlite_module() -> ModuleType:
    """The newest SQLite there is: the pysqlite3 wheel, else Python's own.

    Raises:
        DatabaseError: both are older than ``SQLITE_MIN`` or missing.
    """
    newest = (0, 0, 0)
    for name in ("pysqlite3.dbapi2", "sqlite3.dbapi2"):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        newest = max(newest, module.sqlite_version_info)
        if module.sqlite_version_info >= SQLITE_MIN:
            return module
    raise DatabaseError(
        f"SQLite {_dotted(newest)} is too old: Custos needs {_dotted(SQLITE_MIN)} or newer, "
        "since older ones can corrupt a database in WAL mode; install the pysqlite3 wheel"
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _open_sqlite(url: URL, checkpoint_pages: int) -> Database:
    module = sqlite_module()
    writing = (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        f"PRAGMA wal_autocheckpoint={checkpoint_pages}",
        "PRAGMA foreign_keys=ON",
        f"PRAGMA cache_size=-{WRITER_CACHE_KIB}",
        # After these, which may have to wait for others: how a transaction waits see below.
        "PRAGMA busy_timeout=0",
    )
    reading = ("PRAGMA query_only=ON", "PRAGMA wal_autocheckpoint=0")
    return Database(
        _sqlite_engine(url, module, writing, _begin_writing, 1),
        _sqlite_engine(url, module, reading, _begin_reading, READERS_MAX),
        Files(Path(str(url.database)), module),
    )


def _sqlite_engine(
    url: URL,
    module: ModuleType,
    pragmas: tuple[str, ...],
    begin: Callable[[Connection], None],
    connections: int,
) -> Engine:
    engine = create_engine(
        url,
        module=module,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: object, _record: object) -> None:
        # The driver must not open transactions by itself: it would do so too late, and as readers.
        connection.isolation_level = None  # type: ignore[attr-defined] # DBAPI has no types
        cursor = connection.cursor()  # type: ignore[attr-defined] # DBAPI has no types
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine, "begin", begin)
    return engine


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    # Looking again by ourselves: SQLite looks ever more seldom, at last ten times a second, and
    # beside a role that commits group after group the others waited for seconds (docs/adr/0040).
    begin = "BEGIN IMMEDIATE"
    cursor = connection.connection.cursor()
    refused: type[Exception] = connection.dialect.loaded_dbapi.OperationalError
    pause = threading.Event()
    for _ in range(0, BUSY_TIMEOUT_MS, BUSY_POLL_MS):
        try:
            cursor.execute(begin)
        except refused as error:
            if "locked" not in str(error):
                break
            pause.wait(BUSY_POLL_MS / 1000)
        else:
            return
    # Once more as SQLAlchemy's, for who tries again knows its failures.
    connection.exec_driver_sql(begin)


def _open_postgresql(url: URL) -> Database:
    limits = {"connect_timeout": CONNECT_TIMEOUT_S}

    def engine(connections: int) -> Engine:
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=True,
            connect_args=limits,
        )

    write, read = engine(1), engine(READERS_MAX)

    @event.listens_for(write, "connect")
    @event.listens_for(read, "connect")
    def speak_utc(connection: object, _record: object) -> None:
        # In a zone east of UTC the last hours of 9999 come back as the year 10000: no datetime.
        with connection.cursor() as cursor:  # type: ignore[attr-defined] # DBAPI has no types
            cursor.execute("SET TIME ZONE 'UTC'")
        connection.commit()  # type: ignore[attr-defined] # DBAPI has no types

    @event.listens_for(write, "begin")
    def lock_writers(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})

    @event.listens_for(read, "begin")
    def read_only(connection: Connection) -> None:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))

    def connect() -> Any:
        arguments, named = write.dialect.create_connect_args(url)
        return write.dialect.loaded_dbapi.connect(*arguments, **named, **limits)

    return Database(write, read, Server(connect, write.dialect.loaded_dbapi.Error))
