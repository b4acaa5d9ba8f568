"""apsw as SQLAlchemy asks for a driver, so that the hub's database runs on a VFS of ours.

The hub's own driver brings an SQLite of its own, in which no VFS can be registered from Python.
Only what the hub uses is here; a call that is missing fails loudly. Times, types and texts are
SQLAlchemy's own business.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import apsw

apilevel = "2.0"
paramstyle = "qmark"
threadsafety = 1
sqlite_version_info = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
sqlite_version = apsw.sqlite_lib_version()
PARSE_DECLTYPES, PARSE_COLNAMES = 1, 2
Binary = bytes


class Error(Exception):
    """Any."""


class DatabaseError(Error):
    """The database's."""


class OperationalError(DatabaseError):
    """Locked, full, gone."""


class IntegrityError(DatabaseError):
    """A constraint."""


class ProgrammingError(DatabaseError):
    """SQLAlchemy asks whether it was this one; it never is."""


class Connection:
    """One connection; ``vfs`` is the module's when it is opened."""

    isolation_level: str | None = ""
    total_changes = 0

    def __init__(self, path: str, timeout: float) -> None:
        self.inner = apsw.Connection(path, vfs=_VFS[-1] if _VFS else None)
        self.inner.set_busy_timeout(int(timeout * 1000))

    def cursor(self) -> "Cursor":
        return Cursor(self.inner)

    def commit(self) -> None:
        if self.inner.in_transaction:
            _run(lambda: self.inner.execute("COMMIT"))

    def rollback(self) -> None:
        if self.inner.in_transaction:
            _run(lambda: self.inner.execute("ROLLBACK"))

    def close(self) -> None:
        self.inner.close()

    def create_function(self, *_: Any, **__: Any) -> None:
        """SQLAlchemy offers a regular expression; nothing here asks for one."""


class Cursor:
    """Reads all rows at once."""

    arraysize = 1

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner = inner
        self._rows: list[tuple[Any, ...]] = []
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":
        before = self._inner.total_changes()
        self._rows, self.description = _run(lambda: self._all(statement, parameters))
        self.rowcount = self._inner.total_changes() - before
        self.lastrowid = self._inner.last_insert_rowid()
        return self

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> "Cursor":
        before = self._inner.total_changes()
        given = [tuple(map(_plain, row)) for row in rows]
        _run(lambda: self._inner.executemany(statement, given))
        self.rowcount = self._inner.total_changes() - before
        return self

    def _all(self, statement: str, parameters: Sequence[Any]) -> tuple[list[Any], Any]:
        cursor, columns = self._inner.cursor(), list[Any]()

        def describe(running: apsw.Cursor, _statement: str, _bindings: Any) -> bool:
            # Only here: a cursor that has given its last row tells no columns any more.
            columns.extend((name, *[None] * 6) for name, _ in running.get_description())
            return True

        cursor.exec_trace = describe
        cursor.execute(_INSTEAD.get(statement, statement), tuple(map(_plain, parameters)))
        return list(cursor), columns or None

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        self._rows = []


_VFS: list[str] = []
_INSTEAD: dict[str, str] = {}


def connect(path: str | Path, timeout: float, **_: Any) -> Connection:
    """Open a file on the VFS that was chosen; ``timeout`` in seconds."""
    return Connection(str(path), timeout)


def choose(vfs: str | None, instead: Mapping[str, str] | None = None) -> None:
    """From now on connections use this VFS, None: the system's own.

    A mutant's database runs other statements ``instead`` of the hub's.
    """
    _VFS[:] = [] if vfs is None else [vfs]
    _INSTEAD.clear()
    _INSTEAD.update(instead or {})


def _plain(value: Any) -> Any:
    # A StrEnum is a text to sqlite3, and a stranger to apsw.
    return str(value) if isinstance(value, str) else value


def _run(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except apsw.ConstraintError as error:
        raise IntegrityError(str(error)) from error
    except (apsw.BusyError, apsw.FullError, apsw.IOError, apsw.LockedError) as error:
        raise OperationalError(str(error)) from error
    except apsw.Error as error:
        raise DatabaseError(str(error)) from error
