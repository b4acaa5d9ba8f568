"""A database is the old one or the new one, whenever an upgrade is cut off; and the way back."""

import json
import os
import random
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

import pytest
from alembic import command
from sqlalchemy import URL, text
from structlog.testing import capture_logs

from hub.backup import before_upgrade
from hub.backup.before_upgrade import KEPT, keep_before_upgrade
from hub.backup.disk import Disk
from hub.backup.making import whole_backups
from hub.backup.manifest import BackupError, read_manifest
from hub.backup.restoring import Allowed, Target
from hub.db import upgrade as upgrading
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import newest_schema, schema_of
from hub.keys import load_keys
from tests.backup_parts import bring_back
from tests.hub_parts import START, SetClock
from tests.postgres_parts import PostgresServer
from tests.rig import warm

OLD = "0002"
EVENTS = 3_000
MICROSECONDS = int(START.timestamp() * 1_000_000)


def make_old(url: URL, revision: str = OLD, events: int = EVENTS) -> None:
    """A database as an older version left it, with scans in it."""
    database = open_database(url)
    with database.writing() as tx:
        config = upgrading._alembic_config()
        config.attributes["connection"] = tx
        command.upgrade(config, revision)
        at = MICROSECONDS if url.get_backend_name() == "sqlite" else START
        spool = "INSERT INTO spool_head VALUES (1, '755A', 'dock', :spool, :n, '', :at)"
        tx.execute(text(spool), {"spool": "ab" * 16, "n": events, "at": at})
        row = (
            "INSERT INTO event VALUES (:n, 1, :n, 'scan', :waybill, NULL, :at, :at, false, false,"
            " :line)"
        )
        line = json.dumps({"step": "arrive"}).encode()
        rows = [
            {"n": n, "waybill": f"{755000000000 + n}", "at": at, "line": line}
            for n in range(1, events + 1)
        ]
        if rows:
            tx.execute(text(row), rows)
    database.close()


def revision_of(url: URL) -> str | None:
    database = open_database(url)
    try:
        return schema_of(url, database)
    finally:
        database.close()


def tables_of(url: URL) -> int:
    """How many tables there are: another number in the middle of an upgrade than at its ends."""
    where = "sqlite_master WHERE type = 'table'"
    if url.get_backend_name() == "postgresql":
        where = "pg_tables WHERE schemaname = 'public'"
    database = open_database(url)
    with database.reading() as tx:
        count = int(tx.execute(text(f"SELECT count(*) FROM {where}")).scalar_one())
    database.close()
    return count


def configure(folder: Path, url: URL) -> Path:
    config = folder / "hub.toml"
    database = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)
    config.write_text(f'data_dir = "{folder / "hub"}"\ndatabase = "{database}"\n')
    return config


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 12), ("postgresql", 5)])
def test_a_kill_in_the_middle_of_an_upgrade_leaves_the_old_schema_or_the_new(
    tmp_path: Path, kind: str, kills: int, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "hub").mkdir()
    url = parse_url(None, tmp_path / "hub")
    server: PostgresServer | None = None
    if kind == "postgresql":
        server = request.getfixturevalue("postgres")
        server.create("upgraded")
        url = server.url("upgraded")
    config = configure(tmp_path, url)
    rng = random.Random(9)
    try:
        make_old(url)
        old_tables, seen = tables_of(url), dict[str, int]()
        for _ in range(kills):
            if kind == "sqlite" and seen.get(str(newest_schema())):
                for path in (tmp_path / "hub").glob("hub.sqlite*"):
                    path.unlink()
                make_old(url)
            arguments = ["--config", str(config), "upgrade"]
            with (tmp_path / "log").open("ab") as log:
                process = warm.launch(
                    "hub", arguments, env=dict(os.environ), stdout=log.fileno(), stderr=log.fileno()
                )
            with suppress(TimeoutExpired):
                process.wait(rng.uniform(0.1, 1.2))
            process.kill()
            process.wait()
            revision = revision_of(url)
            assert revision in (OLD, newest_schema())
            assert (tables_of(url) == old_tables) == (revision == OLD)
            seen[str(revision)] = seen.get(str(revision), 0) + 1
        found = warm.run("hub", "--config", str(config), "upgrade")
        assert (found.returncode, found.stdout) == (0, "up to date\n"), found.stderr
        assert revision_of(url) == newest_schema()
        database = open_database(url)
        with database.reading() as tx:
            traces = tx.execute(text("SELECT count(*) FROM unit_trace")).scalar_one()
        database.close()
        assert traces == EVENTS
        print(f"{kind}: after each of {kills} kills: {seen}")
    finally:
        if server is not None:
            server.drop("upgraded")


def keep(data_dir: Path, clock: SetClock) -> list[Path]:
    url = parse_url(None, data_dir)
    database = open_database(url)
    keep_before_upgrade(data_dir, url, database, clock)
    database.close()
    return whole_backups(data_dir / "before-upgrade")


def test_what_was_there_before_an_upgrade_comes_back_by_a_restore(tmp_path: Path) -> None:
    url = parse_url(None, tmp_path)
    make_old(url, "0029", 3)
    load_keys(tmp_path, SetClock().random_bytes)
    (kept,) = keep(tmp_path, SetClock())
    assert read_manifest(kept).schema == "0029"
    assert not any("key" in each.name for each in kept.rglob("*"))
    database = open_database(url)
    upgrading.upgrade(url, database)
    database.close()
    keys = (tmp_path / "hub.key").read_bytes()
    bring_back(tmp_path / "before-upgrade", Target(tmp_path, url), Allowed(replace=True))
    assert revision_of(url) == "0029"
    assert (tmp_path / "hub.key").read_bytes() == keys


def test_only_the_newest_are_kept_and_none_where_nothing_is_upgraded(tmp_path: Path) -> None:
    url, clock = parse_url(None, tmp_path), SetClock()
    assert keep(tmp_path, clock) == []
    make_old(url, "0029", 0)
    for _ in range(KEPT + 2):
        clock.move(1)
        kept = keep(tmp_path, clock)
    assert len(kept) == KEPT
    database = open_database(url)
    upgrading.upgrade(url, database)
    database.close()
    clock.move(1)
    assert keep(tmp_path, clock) == kept


def test_without_room_for_the_way_back_nothing_is_upgraded_unless_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk(Disk):
        def write(self, path: Path, data: bytes) -> None:
            raise OSError(28, "No space left on device", str(path))

    url = parse_url(None, tmp_path)
    make_old(url, "0029", 0)
    monkeypatch.setattr(before_upgrade, "Disk", FullDisk)
    with pytest.raises(BackupError, match=r"not upgraded.*No space left.*--without-backup"):
        keep(tmp_path, SetClock())
    assert revision_of(url) == "0029"


def test_a_postgresql_without_pg_dump_is_upgraded_with_a_warning(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.create("undumped")
    url = postgres.url("undumped")
    make_old(url, "0029", 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    database = open_database(url)
    with capture_logs() as logs:
        keep_before_upgrade(tmp_path, url, database, SetClock())
    database.close()
    postgres.drop("undumped")
    assert [(each["log_level"], each["schema"]) for each in logs] == [("warning", "0029")]
    assert whole_backups(tmp_path / "before-upgrade") == []
