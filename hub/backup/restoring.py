"""Bring a hub back from a backup: everything is looked at first, and no half of it ever starts.

Checked, staged beside what is there, put in place. From before the first file is written until the
last one is in its place ``restore.unfinished`` lies in the data directory, and no hub starts
there; the same call again goes on. What was there before is moved aside, never deleted.
Source: docs/adr/0035.
"""

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import URL, Connection

from hub.backup import contents
from hub.backup.contents import STAGING, UNFINISHED_RESTORE
from hub.backup.disk import Disk, Tell, hash_file
from hub.backup.making import FILES, whole_backups
from hub.backup.manifest import (
    MANIFEST,
    BackupError,
    DatabaseKind,
    KeptFile,
    Manifest,
    read_manifest,
)
from hub.db.copying import CopyError, is_postgresql_empty, put_postgresql
from hub.db.engine import DatabaseError, open_database
from hub.db.upgrade import is_known, schema_of
from hub.keys import KeyFileError, read_public_key
from ledger.keys import key_hash


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: a hub's data directory and its database."""

    data_dir: Path
    url: URL


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the caller said may happen.

    ``replace``: what is there is moved aside. ``damaged_footage``: footage that is not what its
    name says is left out, and edges are asked for it anew.
    """

    replace: bool = False
    damaged_footage: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back; ``aside``: where what was there before lies; ``left_out``: footage."""

    backup: Path
    manifest: Manifest
    aside: Path | None
    left_out: tuple[str, ...]


def find_backup(given: Path) -> Path:
    """A backup: the folder itself, or the newest whole one in it.

    Raises:
        BackupError: there is none.
    """
    if (given / MANIFEST).is_file():
        return given
    found = whole_backups(given)
    if not found:
        raise BackupError(f"{given} is no backup of a Custos hub, and holds none that is whole")
    return found[-1]


def restore(
    backup: Path,
    target: Target,
    allowed: Allowed,
    now: datetime,
    forget: Callable[[Connection], None],
    tell: Tell,
    disk: Disk,
) -> Restored:
    """Bring a backup back; the caller holds the data directory, so that no hub runs in it.

    ``forget`` ends in the restored database what must not come back to life.

    Raises:
        BackupError: the backup or the place is not fit, and nothing was changed; or the disk
            refused in the middle: then no hub starts until the same call has ended well.
    """
    try:
        return _Restoring(backup, target, allowed, now, forget, tell, disk).run()
    except (CopyError, DatabaseError, KeyFileError) as error:
        raise BackupError(str(error)) from error
    except OSError as error:
        where = error.filename or target.data_dir
        raise BackupError(f"cannot restore: {where}: {error.strerror or error}") from error


class _Restoring:
    def __init__(
        self,
        backup: Path,
        target: Target,
        allowed: Allowed,
        now: datetime,
        forget: Callable[[Connection], None],
        tell: Tell,
        disk: Disk,
    ) -> None:
        self._backup, self._target, self._allowed = backup, target, allowed
        self._forget, self._tell, self._disk = forget, tell, disk
        self._manifest = read_manifest(backup)
        self._staging = target.data_dir / STAGING
        self._marker = target.data_dir / UNFINISHED_RESTORE
        self._aside = target.data_dir / f"{contents.REPLACED}{now:%Y%m%dT%H%M%S%fZ}"
        self._left_out: list[str] = []

    def run(self) -> Restored:
        self._check_fit()
        self._check_place()
        self._check_content()
        was_empty = contents.is_empty(self._target.data_dir) or self._marker.exists()
        self._disk.make_folder(self._target.data_dir)
        self._disk.write(self._marker, f"{self._backup}\n".encode())
        try:
            self._stage()
        except (OSError, BackupError):
            if not was_empty:  # what was there stands untouched, and may start again
                self._disk.remove(self._marker)
            raise
        self._put_in_place()
        self._disk.remove(self._staging)
        self._disk.remove(self._marker)
        aside = self._aside if self._aside.exists() else None
        return Restored(self._backup, self._manifest, aside, tuple(self._left_out))

    # ------------------------------------------------------------ before anything is changed

    def _check_fit(self) -> None:
        manifest, kind = self._manifest, self._target.url.get_backend_name()
        if not is_known(manifest.schema):
            raise BackupError(
                f"the backup {self._backup} was made by a newer version of Custos "
                f"({manifest.version}): its schema {manifest.schema} is unknown to this one"
            )
        if manifest.database != kind:
            raise BackupError(
                f"the backup {self._backup} is of a {manifest.database} database, and hub.toml "
                f"names a {kind} one"
            )

    def _check_place(self) -> None:
        is_empty = contents.is_empty(self._target.data_dir) and self._is_database_empty()
        if not (is_empty or self._allowed.replace or self._marker.exists()):
            raise BackupError(
                f"{self._target.data_dir} or its database is not empty: --replace moves what is "
                "there aside"
            )
        here = read_public_key(self._target.data_dir)
        told = self._manifest.hub_key_sha256
        if here is not None and told is not None and key_hash(here) != told:
            raise BackupError(
                f"the backup {self._backup} is of another hub than the one in "
                f"{self._target.data_dir}: their keys differ"
            )
        if here is None and not self._manifest.has_keys:
            raise BackupError(
                f"the backup {self._backup} holds no keys: first put those of this hub into "
                f"{self._target.data_dir}"
            )

    def _is_database_empty(self) -> bool:
        if self._manifest.database is DatabaseKind.POSTGRESQL:
            return is_postgresql_empty(self._target.url)
        return not any(each.exists() for each in contents.database_files(self._target.url))

    def _check_content(self) -> None:
        manifest, footage = self._manifest, self._manifest.footage
        files = [manifest.dump, *manifest.files, *([] if footage is None else [footage.list])]
        all_bytes = sum(each.bytes for each in files) + (0 if footage is None else footage.bytes)
        done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._tell("check", done, all_bytes)

        for each in files:
            if self._hash_of(self._backup / each.path, on_bytes) != each.sha256:
                raise BackupError(f"the backup {self._backup} is damaged: {each.path}")
        for name in self._footage():
            found = self._hash_of(self._backup / contents.FOOTAGE / name, on_bytes)
            if found == PurePosixPath(name).name.partition(".")[0]:
                continue
            if not self._allowed.damaged_footage:
                raise BackupError(
                    f"the backup {self._backup} is damaged: {contents.FOOTAGE}/{name}; "
                    "--leave-out-damaged-footage brings back all else"
                )
            self._left_out.append(name)

    def _hash_of(self, path: Path, on_bytes: Callable[[int], None]) -> str | None:
        try:
            return hash_file(path, on_bytes)
        except OSError:
            return None

    def _footage(self) -> Iterator[str]:
        """The names below ``footage``, as the list tells them; its own hash was checked."""
        if self._manifest.footage is None:
            return
        with (self._backup / self._manifest.footage.list.path).open() as lines:
            for line in lines:
                name = line.split()[0]
                shelf, _, file = name.partition("/")
                if not contents.is_footage(file, shelf) or len(shelf) != 2:
                    raise BackupError(f"the backup {self._backup} is damaged: its list of footage")
                yield name

    # ------------------------------------------------------------ beside what is there

    def _stage(self) -> None:
        self._disk.remove(self._staging)
        self._disk.make_folder(self._staging)
        dump = self._manifest.dump
        for each in (dump, *self._manifest.files):
            target = self._staging / each.path
            self._disk.make_folder(target.parent)
            self._check_copied(self._disk.copy(self._backup / each.path, target, _uncounted), each)
            target.chmod(each.mode)
            self._disk.sync(target.parent)
        if self._manifest.database is DatabaseKind.SQLITE:
            self._forget_in(URL.create("sqlite", database=str(self._staging / dump.path)))
        self._bring_footage()

    def _check_copied(self, sha256: str, file: KeptFile) -> None:
        if sha256 != file.sha256:
            raise BackupError(f"the backup {self._backup} changed while it was read: {file.path}")

    def _forget_in(self, url: URL) -> None:
        database = open_database(url)
        try:
            schema_of(url, database)
            with database.writing() as tx:
                self._forget(tx)
        finally:
            database.close()

    def _bring_footage(self) -> None:
        """Add what is missing: what has its name already is what its name says, now as before."""
        footage = self._manifest.footage
        if footage is None:
            return
        folder = self._target.data_dir / contents.FOOTAGE
        done, shelves = 0, {folder}

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._tell("footage", done, footage.bytes)

        # Without its mark the folder is one whose disk is away, and none of its files is missed.
        self._disk.make_folder(folder / contents.FOOTAGE_MARK)
        left_out = set(self._left_out)
        for name in self._footage():
            target = folder / name
            if target.exists() or name in left_out:
                continue
            self._disk.make_folder(target.parent)
            shelves.add(target.parent)
            self._disk.copy(self._backup / contents.FOOTAGE / name, target, on_bytes)
        for shelf in shelves:
            self._disk.sync(shelf)

    # ------------------------------------------------------------ in its place

    def _put_in_place(self) -> None:
        if self._manifest.database is DatabaseKind.POSTGRESQL:
            put_postgresql(
                self._target.url, self._staging / self._manifest.dump.path, self._aside.name
            )
            self._forget_in(self._target.url)
        else:
            files = contents.database_files(self._target.url)
            for each in files:
                self._move_aside(each)
            self._disk.make_folder(files[0].parent)
            self._bring(self._staging / self._manifest.dump.path, files[0])
        for kept in self._manifest.files:
            path = self._target.data_dir / PurePosixPath(kept.path).relative_to(FILES)
            self._move_aside(path)
            self._disk.make_folder(path.parent)
            self._bring(self._staging / kept.path, path)

    def _move_aside(self, path: Path) -> None:
        if not path.exists():
            return
        # Only ever beside itself: a rename is all or nothing, a copy to another disk is not.
        is_ours = path.is_relative_to(self._target.data_dir)
        aside = self._aside if is_ours else path.parent / self._aside.name
        place = aside / path.relative_to(self._target.data_dir if is_ours else path.parent)
        self._disk.make_folder(place.parent)
        self._disk.rename(path, place)

    def _bring(self, staged: Path, path: Path) -> None:
        try:
            self._disk.rename(staged, path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # The database lies on another disk than the data directory.
            self._disk.copy(staged, path, _uncounted)
            self._disk.sync(path.parent)


def _uncounted(_count: int) -> None:
    """What is copied in a moment needs no progress."""
