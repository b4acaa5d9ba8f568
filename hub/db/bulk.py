"""Many rows into one table, as the database takes them fastest.

The hot path's rows are tuples in the order of the columns: SQLAlchemy's own bulk insert builds a
dictionary and looks at each key of it for each row, which costs more than the database does.
Source: design section 5 ("COPY on the hot path").
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Dialect
from sqlalchemy.exc import DBAPIError

from hub.db.asked import run_on_sqlite

COPY_ROWS_MIN = 20
"""On PostgreSQL fewer rows are inserted: COPY's own round trips cost more."""

Row = tuple[object, ...]


class Bulk:
    """Writes rows of some columns of a table; with a ``key``, known rows are renewed.

    Columns that are ``added`` are counts: a known row keeps its own, and what is written more.
    """

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        key: Sequence[Column[Any]] = (),
        added: Sequence[Column[Any]] = (),
    ) -> None:
        self._table = columns[0].table.name
        self._columns = tuple(columns)
        self._key = frozenset(column.name for column in key)
        self._added = frozenset(column.name for column in added)
        self._made: dict[str, _Made] = {}

    def write(self, tx: Connection, rows: Sequence[Row]) -> None:
        """Write rows in their order; ids that the database gives grow in it.

        Raises:
            SQLAlchemyError: the database refused; nothing of the transaction counts.
        """
        if not rows:
            return
        made = self._made.get(tx.dialect.name)
        if made is None:
            made = self._made[tx.dialect.name] = self._make(tx.dialect)
        ready = made.ready(rows)
        if made.copy is not None and len(rows) >= COPY_ROWS_MIN:
            _copy(tx, made.copy, ready)
        elif tx.dialect.name == "sqlite":
            run_on_sqlite(tx, made.insert, ready, many=True)
        else:
            tx.exec_driver_sql(made.insert, ready)

    def _make(self, dialect: Dialect) -> "_Made":
        names = [column.name for column in self._columns]
        listed, is_sqlite = ", ".join(names), dialect.name == "sqlite"
        marks = ", ".join(["?" if is_sqlite else "%s"] * len(names))
        # Table and columns are ours; every value is a parameter.
        insert = f"INSERT INTO {self._table} ({listed}) VALUES ({marks})"
        if self._key:
            renewed = ", ".join(self._renewed(n) for n in names if n not in self._key)
            insert += f" ON CONFLICT ({', '.join(sorted(self._key))}) DO UPDATE SET {renewed}"
        can_copy = not is_sqlite and not self._key
        copy = f"COPY {self._table} ({listed}) FROM STDIN" if can_copy else None
        found = [
            column.type.dialect_impl(dialect).bind_processor(dialect) for column in self._columns
        ]
        return _Made(insert, copy, [(n, each) for n, each in enumerate(found) if each is not None])

    def _renewed(self, name: str) -> str:
        known = f"{self._table}.{name} + " if name in self._added else ""
        return f"{name} = {known}excluded.{name}"


@dataclass(frozen=True, slots=True)
class _Made:
    """What a dialect takes: the statements, and what each column's values are turned into."""

    insert: str
    copy: str | None
    converters: list[tuple[int, Callable[[Any], object]]]

    def ready(self, rows: Sequence[Row]) -> list[Row]:
        # Column by column: one call of a loop in C instead of one for each value.
        columns: list[Iterable[object]] = list(zip(*rows, strict=True))
        for n, convert in self.converters:
            columns[n] = map(convert, columns[n])
        return list(zip(*columns, strict=True))


def _copy(tx: Connection, statement: str, rows: Iterable[Row]) -> None:
    connection: Any = tx.connection.dbapi_connection
    errors: type[Exception] = tx.dialect.loaded_dbapi.Error
    try:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors as error:
        # As every other statement's: whoever tries again tells a lost connection from a bad row.
        raise DBAPIError.instance(statement, None, error, errors, dialect=tx.dialect) from error
