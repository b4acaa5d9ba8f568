"""The database opens, upgrades, and refuses what is not its own. Source: design section 5."""

import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, MetaData, Table, insert, select
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.app import make_projections
from hub.db import engine, outbox
from hub.db.engine import DatabaseError, open_database, parse_url, sqlite_module
from hub.db.outbox import NewsTopic
from hub.db.schema import UtcDateTime, metadata
from hub.db.upgrade import check, upgrade
from tests.hub_parts import START, HubHome
from tests.postgres_parts import on_both_databases

WORK_S, GAP_S = 0.1, 0.003
TURNS, TURN_S_MAX = 6, 0.3
"""On the average; a bare transaction behind it would wait for ``WORK_S`` at most."""

assert make_projections  # hub.app knows every room, and with it every table.


def upgrade_at(path: Path) -> None:
    url = parse_url(f"sqlite:///{path}", path.parent)
    database = open_database(url)
    try:
        upgrade(url, database)
    finally:
        database.close()


def refused(path: Path) -> str:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(DatabaseError) as caught:
        upgrade_at(path)
    if before is not None:
        assert path.read_bytes() == before
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def plain_sqlite(path: Path, *statements: str) -> None:
    connection = sqlite_module().connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@on_both_databases
def test_the_migrations_make_exactly_the_tables_that_the_code_knows(hub: HubHome) -> None:
    with hub.database.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    upgrade_at(tmp_path / "hub.sqlite")
    upgrade_at(tmp_path / "hub.sqlite")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    path.write_text("a shopping list")
    assert "not an SQLite database" in refused(path)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").mkdir()
    assert "not a file" in refused(tmp_path / "hub.sqlite")


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    plain_sqlite(path, "CREATE TABLE recipe (name TEXT)")
    assert "not Custos's" in refused(path)


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    upgrade_at(path)
    plain_sqlite(path, "UPDATE alembic_version SET version_num = '9999'")
    for leftover in ("-wal", "-shm"):
        Path(f"{path}{leftover}").unlink(missing_ok=True)
    with pytest.raises(DatabaseError, match="9999"):
        upgrade_at(path)


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    assert "database:" in refused(path)


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    path.touch()
    upgrade_at(path)


def test_a_database_says_whether_its_disk_takes_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(parse_url(None, tmp_path))
    assert database.has_room()
    monkeypatch.setattr("hub.db.files.ROOM_BYTES_MIN", 2**62)
    assert not database.has_room()
    database.close()
    elsewhere = open_database(parse_url("postgresql://nobody@127.0.0.1:1/none", tmp_path))
    assert elsewhere.has_room()


def test_an_unreachable_server_is_one_sentence(tmp_path: Path) -> None:
    url = parse_url("postgresql://hub@127.0.0.1:1/custos", tmp_path)
    database = open_database(url)
    try:
        with pytest.raises(DatabaseError, match="cannot be used"):
            upgrade(url, database)
    finally:
        database.close()


@pytest.mark.parametrize("text", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_another_kind_of_database_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DatabaseError, match="database:"):
        parse_url(text, tmp_path)


def test_too_old_an_sqlite_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SQLITE_MIN", (99, 0, 0))
    with pytest.raises(DatabaseError, match=r"too old: Custos needs 99\.0\.0"):
        open_database(parse_url(None, tmp_path))


def test_looking_says_what_is_there_and_changes_nothing(tmp_path: Path) -> None:
    url = parse_url(None, tmp_path)
    database = open_database(url)
    try:
        assert "will be made" in check(url, database)
        assert list(tmp_path.iterdir()) == []
        upgrade(url, database)
        assert check(url, database) == "up to date"
    finally:
        database.close()


@on_both_databases
def test_readers_cannot_write(hub: HubHome) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), hub.database.reading() as tx:
        outbox.tell(tx, NewsTopic.ALERT, [1], START)


def test_commits_are_durable_and_only_ingest_copies_the_log_back(hub: HubHome) -> None:
    def pragma(tx: Connection, name: str) -> object:
        return tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()

    with hub.database.writing() as tx:
        assert pragma(tx, "synchronous") == 2
        assert pragma(tx, "journal_mode") == "wal"
        assert pragma(tx, "wal_autocheckpoint") == 0
    url = parse_url(None, hub.data_dir)
    ingest = open_database(url, engine.INGEST_CHECKPOINT_PAGES)
    with ingest.writing() as tx:
        assert pragma(tx, "wal_autocheckpoint") == engine.INGEST_CHECKPOINT_PAGES
    ingest.close()


@on_both_databases
def test_an_exception_leaves_no_half_transaction(hub: HubHome) -> None:
    before = hub.count("outbox")
    with pytest.raises(RuntimeError, match="midway"), hub.database.writing() as tx:
        outbox.tell(tx, NewsTopic.ALERT, [1], START)
        raise RuntimeError("midway")
    assert hub.count("outbox") == before


# ---------------------------------------------------------------- types and outbox

_times = Table("times", MetaData(), Column("at", UtcDateTime))


@on_both_databases
def test_times_come_back_in_utc_to_the_microsecond_and_sort(hub: HubHome) -> None:
    moments = [
        datetime(1969, 7, 20, 20, 17, 40, 1, tzinfo=UTC),
        datetime(2026, 11, 22, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8))),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]
    with hub.database.writing() as tx:
        _times.create(tx)
        tx.execute(insert(_times), [{"at": at} for at in reversed(moments)])
        found = tx.execute(select(_times.c.at).order_by(_times.c.at)).scalars().all()
        _times.drop(tx)
    assert list(found) == moments
    assert all(at.tzinfo is UTC for at in found)


@on_both_databases
def test_a_time_without_a_zone_is_never_stored(hub: HubHome) -> None:
    naive = datetime(2026, 11, 22)
    with pytest.raises(Exception, match="without a zone"), hub.database.writing() as tx:
        _times.create(tx)
        tx.execute(insert(_times), {"at": naive})


@on_both_databases
def test_news_is_read_in_order_and_pruned_to_its_bound(hub: HubHome) -> None:
    with hub.database.writing() as tx:
        last = outbox.newest_id(tx)
        outbox.tell(tx, NewsTopic.ALERT, range(outbox.NEWS_KEPT_MAX + 5), START)
        outbox.prune(tx)
    with hub.database.reading() as tx:
        news = outbox.news_after(tx, last)
        assert len(news) == outbox.NEWS_PER_READ_MAX
        assert [each.id for each in news] == sorted(each.id for each in news)
        assert outbox.newest_id(tx) - outbox.NEWS_KEPT_MAX == news[0].id - 1
    assert hub.count("outbox") == outbox.NEWS_KEPT_MAX


def test_who_commits_group_after_group_leaves_others_their_turn(hub: HubHome) -> None:
    """As ingest does at full load: it works for long, and lets go for a moment."""
    waits_s: list[float] = []
    done = threading.Event()

    def commit_on_and_on() -> None:
        with closing(open_database(hub.url)) as ingest:
            while not done.wait(GAP_S):
                with ingest.writing() as tx:
                    outbox.tell(tx, NewsTopic.ALERT, [1], START)
                    done.wait(WORK_S)

    busy = threading.Thread(target=commit_on_and_on)
    busy.start()
    for _ in range(TURNS):
        done.wait(WORK_S / 3)
        began_s = time.monotonic()
        with hub.database.writing() as tx:
            waits_s.append(time.monotonic() - began_s)
            outbox.tell(tx, NewsTopic.ALERT, [2], START)
    done.set()
    busy.join()
    print(f"waited {sum(waits_s):.3f} s for {TURNS} turns, at most {max(waits_s):.3f} s")
    assert sum(waits_s) < TURNS * TURN_S_MAX


def test_a_writer_gives_up_on_another_one_in_the_end(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)
    with closing(open_database(hub.url)) as other, other.writing():
        began_s = time.monotonic()
        with pytest.raises(OperationalError, match="locked"), hub.database.writing():
            raise AssertionError("two writers")
        assert time.monotonic() - began_s >= 0.05
