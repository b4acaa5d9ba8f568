"""A kill at any act of a backup or a restore, a full disk, and writers beside it."""

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.backup import contents
from hub.backup.disk import Disk
from hub.backup.making import whole_backups
from hub.backup.manifest import BackupError
from hub.backup.restoring import Allowed, Target
from hub.db.engine import sqlite_module
from tests.backup_parts import (
    DyingDisk,
    KilledError,
    back_up,
    bring_back,
    keep,
    lines_at,
    place_in,
    put_footage,
    tree,
)
from tests.hub_parts import HubHome, SigningEdge

REPLACE = Allowed(replace=True)


@pytest.fixture
def place(tmp_path: Path) -> Target:
    """An empty data directory."""
    return place_in(tmp_path / "restored")


@pytest.fixture
def kept(hub: HubHome, edge: SigningEdge, tmp_path: Path) -> Path:
    return keep(hub, edge, tmp_path / "backups")


@pytest.mark.parametrize("after", [False, True], ids=["failed", "failed after it happened"])
def test_a_kill_at_any_act_leaves_a_whole_backup_or_none(
    hub: HubHome, kept: Path, tmp_path: Path, place: Target, *, after: bool
) -> None:
    (first,) = whole_backups(kept)
    before = tree(first)
    put_footage(hub.data_dir, b"a second film")
    died = 0
    while True:
        hub.clock.move(1)
        disk = DyingDisk(died + 1, after=after)
        try:
            back_up(hub, kept, disk=disk)
        except KilledError:
            died += 1
        else:
            break
        for each in whole_backups(kept):
            if each != first:  # the last act had happened
                bring_back(each, place)
                shutil.rmtree(place.data_dir)
                shutil.rmtree(each)
        assert tree(first) == before
    assert died >= disk.acts > 10
    bring_back(kept, place)


@pytest.mark.parametrize("was_there", [False, True], ids=["empty", "replaced"])
@pytest.mark.parametrize("after", [False, True], ids=["failed", "failed after it happened"])
def test_a_kill_at_any_act_of_a_restore_leaves_no_half_hub_that_starts(
    hub: HubHome, kept: Path, tmp_path: Path, *, was_there: bool, after: bool
) -> None:
    old = tmp_path / "old"
    shutil.copytree(hub.data_dir, old)
    sqlite = sqlite_module()
    with closing(sqlite.connect(old / "hub.sqlite")) as marked:
        marked.execute("PRAGMA user_version = 7")
        marked.commit()
    died, states = 0, set[str]()
    while True:
        target = place_in(tmp_path / f"{died}")
        if was_there:
            shutil.copytree(old, target.data_dir)
        disk = DyingDisk(died + 1, after=after)
        try:
            bring_back(kept, target, REPLACE, disk)
        except KilledError:
            died += 1
        else:
            break
        states.add(_state(target))
        bring_back(kept, target, REPLACE)
        assert _state(target) == "restored"
        shutil.rmtree(target.data_dir)
    assert died == disk.acts
    assert states <= {"closed", "restored", "old" if was_there else "nothing"}
    assert "closed" in states


def _state(target: Target) -> str:
    """What a hub that starts here would be."""
    if (target.data_dir / contents.UNFINISHED_RESTORE).exists():
        return "closed"
    if contents.is_empty(target.data_dir):
        return "nothing"
    assert len(lines_at(target)) == 3
    assert (target.data_dir / "tls" / "ca.key").is_file()
    with closing(sqlite_module().connect(target.data_dir / "hub.sqlite")) as found:
        is_old = found.execute("PRAGMA user_version").fetchone() == (7,)
    return "old" if is_old else "restored"


def test_a_disk_that_is_full_in_the_middle_leaves_the_hub_that_was_there(
    hub: HubHome, kept: Path
) -> None:
    class FullDisk(Disk):
        def copy(self, source: Path, target: Path, on_bytes: Callable[[int], None]) -> str:
            raise OSError(28, "No space left on device", str(target))

    with pytest.raises(BackupError, match="No space left"):
        bring_back(kept, Target(hub.data_dir, hub.url), REPLACE, FullDisk())
    assert not (hub.data_dir / contents.UNFINISHED_RESTORE).exists()
    assert len(lines_at(Target(hub.data_dir, hub.url))) == 3
    with pytest.raises(BackupError, match="No space left"):
        back_up(hub, kept.parent / "other", disk=FullDisk())
    assert whole_backups(kept.parent / "other") == []


# ---------------------------------------------------------------- beside writers


def test_a_backup_is_one_moment_of_a_database_that_others_write_into(
    hub: HubHome, tmp_path: Path, place: Target
) -> None:
    """Two tables that change together: a copy of two moments would tell them apart."""
    with hub.database.writing() as tx:
        tx.execute(text("CREATE TABLE one (n INTEGER, filler BLOB)"))
        tx.execute(text("CREATE TABLE two (n INTEGER)"))
        for n in range(2_000):
            tx.execute(text("INSERT INTO one VALUES (:n, zeroblob(8000))"), {"n": n})
            tx.execute(text("INSERT INTO two VALUES (:n)"), {"n": n})
    stop, commits = threading.Event(), 0

    def write() -> None:
        nonlocal commits
        while not stop.is_set():
            with hub.database.writing() as tx:
                tx.execute(text("UPDATE one SET n = n + 1"))
                tx.execute(text("UPDATE two SET n = n + 1"))
            commits += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        before = commits
        for _ in range(3):
            back_up(hub, tmp_path / "backups")
        during = commits - before
    finally:
        stop.set()
        writer.join()
    assert during > 0
    for each in whole_backups(tmp_path / "backups"):
        with closing(sqlite_module().connect(each / "hub.sqlite")) as found:
            told = "SELECT (SELECT sum(n) FROM one), (SELECT sum(n) FROM two)"
            one, two = found.execute(told).fetchone()
            assert one == two
            assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_damaged_database_is_told_at_the_backup(hub: HubHome, tmp_path: Path) -> None:
    root = "SELECT rootpage FROM sqlite_master WHERE name = 'event'"
    with hub.database.reading() as tx:
        page = tx.execute(text(root)).scalar_one()
    hub.database.close()
    with (hub.data_dir / "hub.sqlite").open("r+b") as file:
        os.pwrite(file.fileno(), b"\xff" * 4096, (page - 1) * 4096)
    with pytest.raises(BackupError, match=r"damaged|malformed"):
        back_up(hub, tmp_path / "backups")
    assert whole_backups(tmp_path / "backups") == []
