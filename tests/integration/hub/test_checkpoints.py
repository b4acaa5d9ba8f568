"""Copying SQLite's log back beside the commits (ADR 0039): it delays, loses and hides nothing."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection
from structlog.testing import capture_logs

from hub.db.checkpoints import Checkpoints
from hub.db.engine import Database, open_database, parse_url
from hub.failpoints import NO_FAIL_POINTS, FailPoint, parse_fail_points

ROWS = 200
BYTES = 4_000
BOUND_PAGES = 100
PAGE = 4096


@dataclass(frozen=True)
class Store:
    """A database of one table, and its two files."""

    url: URL
    database: Database

    def write(self) -> None:
        """Commit some hundred pages."""
        with self.database.writing() as tx:
            fill(tx)

    @property
    def log_bytes(self) -> int:
        return Path(f"{self.url.database}-wal").stat().st_size

    def rows_without_the_log(self, folder: Path) -> int:
        """What the database file holds by itself."""
        alone = URL.create("sqlite", database=str(folder / "alone.sqlite"))
        shutil.copy(str(self.url.database), str(alone.database))
        with closing(open_database(alone)) as database, database.reading() as tx:
            return int(tx.exec_driver_sql("SELECT count(*) FROM heap").scalar_one())


def fill(tx: Connection) -> None:
    tx.exec_driver_sql("INSERT INTO heap VALUES (?)", [(bytes(BYTES),)] * ROWS)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = parse_url(None, tmp_path)
    with closing(open_database(url)) as database:
        with database.writing() as tx:
            tx.exec_driver_sql("CREATE TABLE heap (bytes BLOB)")
        database.checkpoint()
        yield Store(url, database)


def test_what_is_committed_is_copied_back_while_somebody_else_writes(
    store: Store, tmp_path: Path
) -> None:
    store.write()
    with store.database.writing() as tx:
        fill(tx)
        Checkpoints(store.database, NO_FAIL_POINTS).step()
        assert store.rows_without_the_log(tmp_path) == ROWS
    Checkpoints(store.database, NO_FAIL_POINTS).step()
    assert store.rows_without_the_log(tmp_path) == 2 * ROWS


def test_a_reader_keeps_its_view_and_what_it_needs_is_copied_later(
    store: Store, tmp_path: Path
) -> None:
    checkpoints = Checkpoints(store.database, NO_FAIL_POINTS)
    store.write()
    with store.database.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM heap").scalar_one() == ROWS
        store.write()
        checkpoints.step()
        assert tx.exec_driver_sql("SELECT count(*) FROM heap").scalar_one() == ROWS
    checkpoints.step()
    assert store.rows_without_the_log(tmp_path) == 2 * ROWS


def test_the_log_begins_anew_once_it_is_copied(store: Store) -> None:
    checkpoints = Checkpoints(store.database, NO_FAIL_POINTS)
    store.write()
    checkpoints.step()
    once = store.log_bytes
    for _ in range(5):
        store.write()
        checkpoints.step()
    assert store.log_bytes < 2 * once
    store.write()
    store.write()
    assert store.log_bytes > 1.5 * once


def test_without_a_turn_a_commit_at_the_bound_copies_by_itself(store: Store) -> None:
    with closing(open_database(store.url, BOUND_PAGES)) as ingest:
        for _ in range(50):
            with ingest.writing() as tx:
                tx.exec_driver_sql("INSERT INTO heap VALUES (?)", [(bytes(BYTES),)] * 10)
    assert store.log_bytes < 2 * BOUND_PAGES * PAGE


def test_a_disk_that_refuses_is_told_once_until_it_is_over(store: Store, tmp_path: Path) -> None:
    armed = ",".join(f"{FailPoint.INGEST_BEFORE_CHECKPOINT}:{turn}:fail" for turn in (1, 2, 4))
    checkpoints = Checkpoints(store.database, parse_fail_points(armed))
    store.write()
    with capture_logs() as logs:
        checkpoints.step()
        checkpoints.step()
        assert store.rows_without_the_log(tmp_path) == 0
        checkpoints.step()
        assert store.rows_without_the_log(tmp_path) == ROWS
        checkpoints.step()
    assert [each["log_level"] for each in logs] == ["error", "error"]


def test_a_database_that_cannot_be_opened_is_a_refusing_disk(tmp_path: Path) -> None:
    database = open_database(parse_url(None, tmp_path / "nowhere"))
    with pytest.raises(OSError, match="unable to open"):
        database.checkpoint()
    database.close()


def test_turns_are_taken_until_told_to_stop(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.db.checkpoints.CHECKPOINT_S", 0.01)
    stop, done = threading.Event(), threading.Event()
    monkeypatch.setattr(store.database, "checkpoint", done.set)
    thread = threading.Thread(target=Checkpoints(store.database, NO_FAIL_POINTS).run, args=(stop,))
    thread.start()
    assert done.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
