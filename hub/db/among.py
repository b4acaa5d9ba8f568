"""``column IN (…)`` with one parameter, however many texts there are.

SQLAlchemy's own IN writes a statement with a parameter for each value: with thousands of waybills,
asked for a dozen times a commit, writing it cost more than finding the rows.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeDecorator, TypeEngine

_encode = msgspec.json.Encoder().encode


class _Texts(TypeDecorator[Iterable[str]]):
    """Texts as one parameter: a JSON array on SQLite, ``text[]`` elsewhere."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(Text()))

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> object:
        texts = [str(each) for each in value or ()]
        return _encode(texts).decode() if dialect.name == "sqlite" else texts


class _Rows(TypeDecorator[Iterable[Sequence[str]]]):
    """Rows of texts as one parameter: a JSON array of arrays."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[Sequence[str]] | None, _dialect: Dialect) -> str:
        return _encode(list(value or ())).decode()


class _Among(FunctionElement[bool]):
    """The column and the parameter, as the two databases write it."""

    name = "among"
    # Not Boolean, though it is one: SQLAlchemy would write "… = 1" behind it for SQLite, which
    # then looks at every row instead of at its index.
    type = NULLTYPE  # type: ignore[assignment] # see above
    inherit_cache = True


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, texts = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, texts = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} = ANY({texts})"


def among(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Say whether a text column is among the texts that are given under ``name`` at execution."""
    return _Among(column, bindparam(name, type_=_Texts()))


class _AmongRows(FunctionElement[bool]):
    """The columns and, last, the parameter."""

    name = "among_rows"
    type = NULLTYPE  # type: ignore[assignment] # as above
    inherit_cache = True


@compiles(_AmongRows, "sqlite")
def _among_rows_sqlite(element: _AmongRows, compiler: SQLCompiler, **kw: Any) -> str:
    *columns, rows = (compiler.process(each, **kw) for each in element.clauses)
    fields = ", ".join(f"value ->> {n}" for n in range(len(columns)))
    return f"({', '.join(columns)}) IN (SELECT {fields} FROM json_each({rows}))"


@compiles(_AmongRows, "postgresql")
def _among_rows_postgresql(element: _AmongRows, compiler: SQLCompiler, **kw: Any) -> str:
    *columns, rows = (compiler.process(each, **kw) for each in element.clauses)
    fields = ", ".join(f"among ->> {n}" for n in range(len(columns)))
    listed = f"jsonb_array_elements(CAST({rows} AS jsonb)) AS among"
    return f"({', '.join(columns)}) IN (SELECT {fields} FROM {listed})"


def among_rows(columns: Sequence[ColumnElement[str]], name: str) -> ColumnElement[bool]:
    """Say whether text columns together are among the rows that are given under ``name``."""
    return _AmongRows(*columns, bindparam(name, type_=_Rows()))
