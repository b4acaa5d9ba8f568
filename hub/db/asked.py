"""Questions that every commit of the hot path asks: compiled once, and asked of the driver itself.

SQLAlchemy's way from a statement to its rows costs five times what SQLite needs to find them; some
thirty questions a commit are most of what a small group of messages costs. PostgreSQL's round
trips hide it: there SQLAlchemy asks. Source: design section 5, docs/adr/0037.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError

_Convert = Callable[[Any], Any]


class Asked:
    """A question with its values by name; one value has one place in it."""

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement
        self._made: _Made | None = None

    def rows(self, tx: Connection, **given: object) -> Sequence[Any]:
        """All rows, each with an attribute for each column.

        Raises:
            SQLAlchemyError: the database refused.
        """
        if tx.dialect.name != "sqlite":
            return tx.execute(self.statement, given).all()
        made = self._made
        if made is None:
            made = self._made = _make(self.statement, tx.dialect)
        return made.read(run_on_sqlite(tx, made.sql, made.values(given)).fetchall())


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement as SQLite takes it, and what its values and columns are turned into.

    ``places`` are the name, what stands there unless it is given, and the value's converter.
    """

    sql: str
    places: Sequence[tuple[str, object, _Convert | None]]
    row: Callable[[Iterable[Any]], Any]
    converters: Sequence[tuple[int, _Convert]]

    def values(self, given: dict[str, object]) -> list[object]:
        found = []
        for name, default, convert in self.places:
            value = given.get(name, default)
            found.append(value if convert is None else convert(value))
        return found

    def read(self, rows: list[tuple[object, ...]]) -> Sequence[Any]:
        if not rows:
            return []
        if self.converters:
            # Column by column: one call of a loop in C instead of one for each value.
            columns: list[Iterable[object]] = list(zip(*rows, strict=True))
            for n, convert in self.converters:
                columns[n] = map(convert, columns[n])
            rows = list(zip(*columns, strict=True))
        return list(map(self.row, rows))


def run_on_sqlite(tx: Connection, sql: str, values: Sequence[object], *, many: bool = False) -> Any:
    """Hand a statement to SQLite within the transaction; ``many``: values are rows of values.

    Raises:
        SQLAlchemyError: as every other statement's, for who tries again tells them apart.
    """
    connection: Any = tx.connection.dbapi_connection
    errors: type[Exception] = tx.dialect.loaded_dbapi.Error
    try:
        cursor = connection.cursor()
        (cursor.executemany if many else cursor.execute)(sql, values)
    except errors as error:
        raise DBAPIError.instance(sql, None, error, errors, dialect=tx.dialect) from error
    return cursor


def _make(statement: Select[Any], dialect: Dialect) -> _Made:
    compiled = statement.compile(dialect=dialect)
    columns = list(statement.selected_columns)
    named = namedtuple("Found", [column.key for column in columns])  # type: ignore[misc] # known when it runs
    places = []
    for name in compiled.positiontup or ():
        kind = compiled.binds[name].type.dialect_impl(dialect)
        places.append((name, compiled.params[name], kind.bind_processor(dialect)))
    found = [
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
    ]
    converters = [(n, each) for n, each in enumerate(found) if each is not None]
    return _Made(str(compiled), places, named._make, converters)
