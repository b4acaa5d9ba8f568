"""What the hot path writes is what SQLAlchemy itself would have written."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from hub.db.among import among, among_rows
from hub.db.asked import Asked
from hub.db.bulk import COPY_ROWS_MIN, Bulk
from hub.db.schema import RowId, UtcDateTime
from tests.hub_parts import HubHome
from tests.postgres_parts import on_both_databases

pytestmark = on_both_databases

thing = Table(
    "bulk_thing",
    MetaData(),
    Column("id", RowId, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("count", BigInteger),
    Column("at", UtcDateTime),
    Column("is_late", Boolean),
    Column("raw", LargeBinary),
)
NAMED = (thing.c.name, thing.c.count, thing.c.at, thing.c.is_late, thing.c.raw)
AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
HOSTILE = (
    "tab\there",
    "line\nfeed",
    "back\\slash",
    "\\N",
    "\\.",
    "'quote\"",
    '{"a":[1]}',
    "快件",
    "",
)


@pytest.fixture
def tx(hub: HubHome) -> Iterator[Connection]:
    with hub.database.writing() as open_tx:
        thing.create(open_tx)
        yield open_tx
        thing.drop(open_tx)


def rows(count: int) -> list[tuple[Any, ...]]:
    """Rows in which every kind of value stands, and each kind's null."""
    east = timezone(timedelta(hours=8))
    return [
        (
            f"{HOSTILE[n % len(HOSTILE)]}{n}",
            None if n % 3 == 0 else 2**53 - n,
            None if n % 4 == 0 else (AT + timedelta(seconds=n)).astimezone(east),
            None if n % 5 == 0 else n % 2 == 0,
            None if n % 6 == 0 else bytes(range(n % 256)),
        )
        for n in range(count)
    ]


def stored(tx: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row)[1:] for row in tx.execute(select(thing).order_by(thing.c.id))]


@pytest.mark.parametrize("count", [1, COPY_ROWS_MIN - 1, COPY_ROWS_MIN, 500])
def test_rows_are_written_in_order_as_sqlalchemy_would(tx: Connection, count: int) -> None:
    names = [column.name for column in NAMED]
    tx.execute(insert(thing), [dict(zip(names, row, strict=True)) for row in rows(count)])
    expected = stored(tx)
    tx.execute(thing.delete())
    Bulk(NAMED).write(tx, rows(count))
    assert stored(tx) == expected
    assert len(expected) == count


def test_no_rows_are_nothing(tx: Connection) -> None:
    Bulk(NAMED).write(tx, [])
    assert stored(tx) == []


def test_with_a_key_known_rows_are_renewed_and_new_ones_added(tx: Connection) -> None:
    keyed = Bulk((thing.c.name, thing.c.count), key=(thing.c.name,))
    keyed.write(tx, [("a", 1), ("b", 2)])
    keyed.write(tx, [("b", 3), ("c", 4)])
    found = tx.execute(select(thing.c.name, thing.c.count).order_by(thing.c.name)).all()
    assert [tuple(row) for row in found] == [("a", 1), ("b", 3), ("c", 4)]


def test_counts_are_added_to_what_stands_and_the_rest_is_renewed(tx: Connection) -> None:
    columns = (thing.c.name, thing.c.count, thing.c.is_late)
    counting = Bulk(columns, key=(thing.c.name,), added=(thing.c.count,))
    counting.write(tx, [("a", 1, False), ("b", 2, False)])
    counting.write(tx, [("b", 3, True), ("c", 4, True)])
    found = tx.execute(select(*columns).order_by(thing.c.name)).all()
    assert [tuple(row) for row in found] == [("a", 1, False), ("b", 5, True), ("c", 4, True)]


def test_a_time_without_a_zone_is_refused(tx: Connection) -> None:
    naive = AT.replace(tzinfo=None)
    with pytest.raises((ValueError, StatementError), match="without a zone"):
        Bulk((thing.c.name, thing.c.at)).write(tx, [("a", naive)] * COPY_ROWS_MIN)


def test_a_row_that_the_database_refuses_is_said(hub: HubHome) -> None:
    with hub.database.writing() as tx:
        thing.create(tx)
        with pytest.raises(IntegrityError), tx.begin_nested():
            Bulk((thing.c.name,)).write(tx, [("twice",)] * COPY_ROWS_MIN)
        assert tx.execute(select(func.count()).select_from(thing)).scalar_one() == 0
        thing.drop(tx)


def test_a_row_of_another_length_is_refused(tx: Connection) -> None:
    with pytest.raises(ValueError, match="zip"):
        Bulk((thing.c.name, thing.c.count)).write(tx, [("a", 1), ("b",)])


def test_texts_are_found_among_any_number_of_them(tx: Connection) -> None:
    Bulk(NAMED).write(tx, rows(200))
    wanted = [row[0] for row in rows(200)[::2]]
    asked = select(thing.c.name).where(among(thing.c.name, "names"))
    assert set(
        tx.execute(asked, {"names": [*wanted, *(f"no-{n}" for n in range(50_000))]}).scalars()
    ) == set(wanted)
    assert tx.execute(asked, {"names": []}).all() == []


def test_rows_of_texts_are_found_by_all_of_their_columns(tx: Connection) -> None:
    Bulk(NAMED).write(tx, rows(10))
    first, second, *others = (row[0] for row in rows(10))
    asked = select(thing.c.name).where(among_rows((thing.c.name, thing.c.name), "pairs"))
    pairs = [(first, second), *((each, each) for each in (*others, "nothing"))]
    assert set(tx.execute(asked, {"pairs": pairs}).scalars()) == set(others)
    assert tx.execute(asked, {"pairs": []}).all() == []


@pytest.mark.parametrize("count", [0, 1, 100])
def test_what_is_asked_of_the_driver_is_what_sqlalchemy_finds(tx: Connection, count: int) -> None:
    Bulk(NAMED).write(tx, rows(count))
    since = AT + timedelta(seconds=5)
    statement = (
        select(*NAMED, func.length(thing.c.name).label("size"))
        .where(thing.c.at >= bindparam("since"), thing.c.name != "line\nfeed1")
        .order_by(thing.c.id)
    )
    asked = Asked(statement)
    expected = [dict(row._mapping) for row in tx.execute(statement, {"since": since})]
    for _ in range(2):
        found = asked.rows(tx, since=since)
        assert [
            {name: row[n] for n, name in enumerate(each)}
            for row, each in zip(found, expected, strict=True)
        ] == expected
    assert all(row.at >= since for row in asked.rows(tx, since=since))
    assert bool(expected) == (count == 100)


def test_what_the_database_refuses_to_answer_is_said_as_everywhere(hub: HubHome) -> None:
    asked = Asked(select(thing.c.name))
    with hub.database.reading() as tx, pytest.raises(DBAPIError):
        asked.rows(tx)
