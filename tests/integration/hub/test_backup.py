"""A backup is whole or none, and a restored hub is the backed-up one or does not start."""

import hashlib
import shutil
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from hub.access.service import make_console_link, make_enrol_secret, open_session
from hub.backup import contents
from hub.backup.disk import Disk
from hub.backup.making import Choice, keep_newest, whole_backups
from hub.backup.manifest import MANIFEST, MANIFEST_SUM, BackupError, encode_manifest, read_manifest
from hub.backup.restoring import Allowed, Target
from hub.db.engine import open_database
from hub.video import media_shelf
from hub.video.derived_shelf import FOLDER as DERIVED
from tests.backup_parts import (
    DyingDisk,
    KilledError,
    back_up,
    bring_back,
    keep,
    lines_at,
    place_in,
    put_footage,
    record,
    tree,
)
from tests.hub_parts import HubHome, SigningEdge
from tests.postgres_parts import PostgresServer, on_both_databases

REPLACE = Allowed(replace=True)


@pytest.fixture
def place(tmp_path: Path) -> Target:
    """An empty data directory."""
    return place_in(tmp_path / "restored")


@pytest.fixture
def kept(hub: HubHome, edge: SigningEdge, tmp_path: Path) -> Path:
    return keep(hub, edge, tmp_path / "backups")


def test_what_is_named_here_is_what_the_footage_room_calls_it() -> None:
    assert contents.FOOTAGE == media_shelf.FOLDER
    assert set(contents.FOOTAGE_SUFFIXES) == {media_shelf.FOOTAGE, media_shelf.PICTURE}
    assert media_shelf.MediaShelf(Path("x")).mark_path.name == contents.FOOTAGE_MARK
    assert DERIVED in contents._MADE_ANEW


def test_a_restored_hub_has_events_keys_and_footage_of_the_backup(
    hub: HubHome, kept: Path, place: Target
) -> None:
    before = lines_at(Target(hub.data_dir, hub.url))
    (hub.data_dir / "derived").mkdir()
    (hub.data_dir / "derived" / "copy.mp4").write_bytes(b"no evidence")
    back_up(hub, kept)
    bring_back(kept, place)
    assert lines_at(place) == before
    assert len(before) == 3
    found = tree(place.data_dir)
    wanted = {name for name in tree(hub.data_dir) if not name.startswith(("hub.sqlite", "derived"))}
    assert {name: found.get(name) for name in wanted} == {
        name: (hub.data_dir / name).read_bytes() for name in wanted
    }
    assert not any(name.startswith("derived") for name in found)
    assert (place.data_dir / "footage" / contents.FOOTAGE_MARK).is_dir()


@on_both_databases
def test_both_databases_come_back_and_what_was_there_stays_aside(
    hub: HubHome, edge: SigningEdge, tmp_path: Path
) -> None:
    lines = record(hub, edge, 2)
    back_up(hub, tmp_path / "backups")
    record(hub, edge, 2)
    hub.database.close()
    target = Target(hub.data_dir, hub.url)
    restored = bring_back(tmp_path / "backups", target, REPLACE)
    assert lines_at(target) == lines
    assert restored.aside is not None
    if hub.url.get_backend_name() == "postgresql":
        database = open_database(hub.url)
        with database.writing() as tx:
            aside = f'"{restored.aside.name}"'
            assert tx.execute(text(f"SELECT count(*) FROM {aside}.event")).scalar_one() == 4
            tx.execute(text(f"DROP SCHEMA {aside} CASCADE"))
        database.close()
    else:
        assert (restored.aside / "hub.sqlite").is_file()


def test_without_pg_dump_a_backup_of_postgresql_is_one_sentence(
    postgres: PostgresServer,
    hub: HubHome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    source = replace(hub, url=postgres.url("hub"), database=open_database(postgres.url("hub")))
    with closing(source.database), pytest.raises(BackupError, match="pg_dump is not installed"):
        back_up(source, tmp_path / "backups")
    assert whole_backups(tmp_path / "backups") == []


def test_only_its_owner_can_read_a_backup(kept: Path) -> None:
    for each in kept.rglob("*"):
        mode = stat.S_IMODE(each.stat().st_mode)
        assert mode == (0o700 if each.is_dir() else 0o600), each


def test_a_backup_without_keys_needs_those_of_its_hub(
    hub: HubHome, edge: SigningEdge, tmp_path: Path, place: Target
) -> None:
    lines = record(hub, edge)
    made = back_up(hub, tmp_path / "backups", Choice(keys=False))
    assert not any("key" in name or "token" in name for name in tree(made.folder))
    with pytest.raises(BackupError, match="holds no keys"):
        bring_back(tmp_path / "backups", place)
    place.data_dir.mkdir(exist_ok=True)
    for name in ("hub.key", "body.key", "ca.key", "mqtt.key"):
        shutil.copy(hub.data_dir / name, place.data_dir)
    with pytest.raises(BackupError, match="--replace"):
        bring_back(tmp_path / "backups", place)
    bring_back(tmp_path / "backups", place, REPLACE)
    assert lines_at(place) == lines


def test_who_was_logged_in_at_the_backup_is_not_after_the_restore(
    hub: HubHome, tmp_path: Path, place: Target
) -> None:
    random_bytes, now = hub.clock.random_bytes, hub.clock.now()
    with hub.database.writing() as tx:
        used = make_console_link(tx, now, random_bytes, 1.0)
        assert open_session(tx, used, now, random_bytes, 1.0) is not None
        link = make_console_link(tx, now, random_bytes, 1.0)
        make_enrol_secret(tx, "755A", "dock", now, random_bytes)
    back_up(hub, tmp_path / "backups")
    bring_back(tmp_path / "backups", place)
    database = open_database(place.url)
    with database.writing() as tx:
        assert open_session(tx, link, now, random_bytes, 1.0) is None
        kinds = tx.execute(text("SELECT kind FROM credential")).scalars().all()
        open_secrets = "SELECT count(*) FROM enrol_secret WHERE used_at IS NULL"
        assert tx.execute(text(open_secrets)).scalar_one() == 0
    database.close()
    assert kinds == ["bearer"]


# ---------------------------------------------------------------- footage


def test_footage_is_copied_once_and_each_backup_is_whole_without_the_others(
    hub: HubHome, kept: Path, place: Target
) -> None:
    hub.clock.move(86_400)
    second = put_footage(hub.data_dir, b"another film")
    back_up(hub, kept)
    older, newer = whole_backups(kept)
    name = next(each for each in tree(older) if each.endswith(".mp4"))
    assert (older / name).stat().st_ino == (newer / name).stat().st_ino
    assert (hub.data_dir / name).stat().st_ino != (newer / name).stat().st_ino
    keep_newest(kept, 1, Disk())
    assert whole_backups(kept) == [newer]
    bring_back(kept, place)
    assert {path.name for path in place.data_dir.rglob("*.mp4")} == {Path(name).name, second.name}


def test_footage_that_is_not_what_its_name_says_is_in_no_backup(
    hub: HubHome, edge: SigningEdge, tmp_path: Path
) -> None:
    put_footage(hub.data_dir, b"film").write_bytes(b"film, altered")
    right = put_footage(hub.data_dir, b"another")
    made = back_up(hub, tmp_path / "backups")
    assert made.left_out == 1
    assert [each.name for each in made.folder.rglob("*.mp4")] == [right.name]


def test_footage_that_rotted_in_the_backup_is_told_and_can_be_left_out(
    hub: HubHome, kept: Path, place: Target
) -> None:
    rotten = next(kept.rglob("*.mp4"))
    rotten.write_bytes(b"filn")
    with pytest.raises(BackupError, match=r"damaged: footage/.*--leave-out-damaged-footage"):
        bring_back(kept, place)
    assert contents.is_empty(place.data_dir)
    restored = bring_back(kept, place, Allowed(damaged_footage=True))
    assert [Path(each).name for each in restored.left_out] == [rotten.name]
    assert list(place.data_dir.rglob("*.mp4")) == []
    assert len(lines_at(place)) == 3


def test_what_was_staged_before_a_kill_is_not_copied_again(hub: HubHome, tmp_path: Path) -> None:
    put_footage(hub.data_dir, b"film")
    backups = tmp_path / "backups"
    disk = DyingDisk(10**9, after=False)
    back_up(hub, tmp_path / "trial", disk=disk)
    with pytest.raises(KilledError):
        back_up(hub, backups, disk=DyingDisk(disk.acts, after=False))
    (staged,) = backups.rglob("*.mp4")
    inode = staged.stat().st_ino
    back_up(hub, backups)
    (film,) = backups.rglob("*.mp4")
    assert film.stat().st_ino == inode


# ---------------------------------------------------------------- refusals


def _altered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_one_altered_byte_anywhere_is_refused_and_nothing_is_touched(
    hub: HubHome, kept: Path, place: Target
) -> None:
    (backup,) = whole_backups(kept)
    names = sorted(tree(backup))
    assert len(names) >= 8
    for name in names:
        good = (backup / name).read_bytes()
        _altered(backup / name)
        with pytest.raises(BackupError, match="damaged"):
            bring_back(backup, place)
        assert contents.is_empty(place.data_dir), name
        (backup / name).unlink()
        with pytest.raises(BackupError):
            bring_back(backup, place)
        assert contents.is_empty(place.data_dir), name
        (backup / name).write_bytes(good)
    bring_back(backup, place)


def _told_as(backup: Path, **fields: object) -> None:
    data, told = encode_manifest(msgspec.structs.replace(read_manifest(backup), **fields))
    (backup / MANIFEST).write_bytes(data)
    (backup / MANIFEST_SUM).write_bytes(told)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"custos_hub_backup": 2}, "newer version"),
        ({"schema": "9999"}, "newer version"),
        ({"database": "postgresql"}, "of a postgresql database"),
        ({"hub_key_sha256": "0" * 64}, "another hub"),
    ],
)
def test_a_newer_or_foreign_backup_is_one_sentence(
    hub: HubHome, kept: Path, fields: dict[str, object], sentence: str
) -> None:
    (backup,) = whole_backups(kept)
    _told_as(backup, **fields)
    before = tree(hub.data_dir)
    with pytest.raises(BackupError, match=sentence) as caught:
        bring_back(backup, Target(hub.data_dir, hub.url), REPLACE)
    assert "\n" not in str(caught.value)
    assert tree(hub.data_dir) == before


def test_a_folder_that_is_no_backup_is_one_sentence(tmp_path: Path, place: Target) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(BackupError, match="is no backup of a Custos hub"):
        bring_back(tmp_path / "photos", place)


def test_a_path_that_leads_out_of_the_backup_is_refused(
    hub: HubHome, kept: Path, place: Target
) -> None:
    (backup,) = whole_backups(kept)
    manifest = read_manifest(backup)
    data, _ = encode_manifest(manifest)
    hostile = data.replace(b"files/hub.key", b"../../hub.key")
    (backup / MANIFEST).write_bytes(hostile)
    told = f"{hashlib.sha256(hostile).hexdigest()}  {MANIFEST}\n"
    (backup / MANIFEST_SUM).write_text(told)
    with pytest.raises(BackupError, match="is no backup"):
        bring_back(backup, place)
    assert contents.is_empty(place.data_dir)


def test_a_hub_that_is_there_is_not_overwritten(hub: HubHome, kept: Path) -> None:
    before = tree(hub.data_dir)
    with pytest.raises(BackupError, match="--replace"):
        bring_back(kept, Target(hub.data_dir, hub.url))
    assert tree(hub.data_dir) == before


def test_two_backups_into_one_folder_do_not_meet(
    hub: HubHome, edge: SigningEdge, tmp_path: Path
) -> None:
    met: list[str] = []

    def now() -> object:
        with pytest.raises(BackupError, match="under way") as caught:
            back_up(hub, tmp_path / "backups")
        met.append(str(caught.value))
        return hub.clock.now()

    back_up(hub, tmp_path / "backups", now=now)
    assert len(met) == 1
