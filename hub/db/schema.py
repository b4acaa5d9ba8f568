"""The one metadata that every room's tables hang on, and the column types they share.

Rooms define their tables in their own ``store.py``; ``db/migrations`` creates them.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

RowId = BigInteger().with_variant(Integer, "sqlite")
"""A growing id; SQLite only counts up by itself in an INTEGER column."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time with microseconds.

    SQLite has no time type and SQLAlchemy's own drops the zone there (facts), so SQLite holds
    microseconds since 1970: exact, and in the right order. PostgreSQL holds ``timestamptz``.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BIGINT on SQLite, timestamptz elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Refuse a time without a zone: nobody could say later when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is never stored")
        if dialect.name == "sqlite":
            return (value - _EPOCH) // _MICROSECOND
        return value.astimezone(UTC)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Aware UTC again; ``dialect`` decided the stored form."""
        if isinstance(value, int):
            return _EPOCH + value * _MICROSECOND
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        if value is None:
            return None
        raise TypeError(f"a {dialect.name} time came back as {type(value).__name__}")
