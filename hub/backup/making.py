"""Make a backup while the hub runs: staged under another name, and renamed when it is whole.

A kill leaves the backups that were there before, and what was staged; the next run goes on with
the footage of that. Source: docs/adr/0035.
"""

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from hub.backup import contents
from hub.backup.disk import Disk, Tell, hash_file
from hub.backup.manifest import (
    FILES_MAX,
    MANIFEST,
    MANIFEST_SUM,
    BackupError,
    DatabaseKind,
    FootageTold,
    KeptFile,
    Manifest,
    encode_manifest,
)
from hub.db.copying import CopyError, copy_sqlite, dump_postgresql
from hub.keys import read_public_key
from hub.version import custos_version
from ledger.keys import key_hash
from wire import WIRE_VERSION
from wire.names import format_at

PREFIX: Final = "backup-"
STAGING: Final = ".unfinished"
GOING: Final = ".deleting"
FILES: Final = "files"
FOOTAGE_LIST: Final = "footage.list"
DUMP: Final = {DatabaseKind.SQLITE: "hub.sqlite", DatabaseKind.POSTGRESQL: "hub.dump"}
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of what lies beside database and footage: keys and lists, no films."""
FOOTAGE_TURNS: Final = 2
"""Footage is copied before the database, which takes long the first time, and what came since
after it: so everything that the database calls stored is there."""
_LOCK: Final = ".lock"


@dataclass(frozen=True, slots=True)
class Source:
    """A hub to back up; ``schema`` is its database's revision."""

    data_dir: Path
    url: URL
    schema: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes in: a backup without keys can be kept where keys must not be."""

    keys: bool = True
    footage: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """A whole backup; ``left_out``: files of footage whose content is not what their name says."""

    folder: Path
    manifest: Manifest
    left_out: int


def make_backup(
    source: Source,
    target: Path,
    choice: Choice,
    now: Callable[[], datetime],
    tell: Tell,
    disk: Disk,
) -> Made:
    """Back a hub up into a folder of its own below ``target``.

    Raises:
        BackupError: nothing was added to the whole backups there.
    """
    if target.resolve().is_relative_to(source.data_dir.resolve() / contents.FOOTAGE):
        raise BackupError(f"{target} lies among the footage that is to be backed up")
    try:
        disk.make_folder(target)
        with _alone(target):
            return _Making(source, target, choice, now, tell, disk).run()
    except CopyError as error:
        raise BackupError(str(error)) from error
    except OSError as error:
        where = error.filename or target
        raise BackupError(f"cannot back up: {where}: {error.strerror or error}") from error


def whole_backups(target: Path) -> list[Path]:
    """The whole backups in a folder, the oldest first."""
    if not target.is_dir():
        return []
    found = [each for each in target.iterdir() if each.name.startswith(PREFIX)]
    return sorted(each for each in found if (each / MANIFEST).is_file())


def keep_newest(target: Path, kept: int, disk: Disk) -> None:
    """Delete the oldest backups beyond ``kept``; what a kill leaves of one is none.

    Raises:
        BackupError: the disk refuses.
    """
    try:
        disk.remove(target / GOING)
        for each in whole_backups(target)[: -max(1, kept)]:
            disk.rename(each, target / GOING)
            disk.remove(target / GOING)
    except OSError as error:
        raise BackupError(f"cannot delete an old backup: {error.strerror or error}") from error


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    descriptor = os.open(target / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"another backup into {target} is under way") from error
        yield
    finally:
        os.close(descriptor)


class _Making:
    def __init__(
        self,
        source: Source,
        target: Path,
        choice: Choice,
        now: Callable[[], datetime],
        tell: Tell,
        disk: Disk,
    ) -> None:
        self._source, self._target, self._choice = source, target, choice
        self._now, self._tell, self._disk = now, tell, disk
        self._staging = target / STAGING
        self._earlier = whole_backups(target)[-1:]
        self._left_out: set[str] = set()

    def run(self) -> Made:
        self._begin()
        turns = FOOTAGE_TURNS if self._choice.footage else 0
        if turns:
            self._copy_footage()
        taken_at = self._now()
        dump = self._copy_database()
        files = self._copy_files() if self._choice.keys else ()
        if turns:
            self._copy_footage()
        hub_key = read_public_key(self._source.data_dir)
        manifest = Manifest(
            version=custos_version(),
            wire_version=WIRE_VERSION,
            schema=self._source.schema,
            taken_at=format_at(taken_at),
            database=self._kind,
            hub_key_sha256=None if hub_key is None else key_hash(hub_key),
            dump=dump,
            files=files,
            has_keys=self._choice.keys,
            footage=self._list_footage() if turns else None,
        )
        data, told = encode_manifest(manifest)
        self._disk.write(self._staging / MANIFEST, data)
        self._disk.write(self._staging / MANIFEST_SUM, told)
        folder = self._target / self._name(taken_at)
        self._disk.rename(self._staging, folder)
        return Made(folder, manifest, len(self._left_out))

    @property
    def _kind(self) -> DatabaseKind:
        return DatabaseKind(self._source.url.get_backend_name())

    def _begin(self) -> None:
        """Only footage is left of a run that was cut short: it has its name once it is whole."""
        self._disk.make_folder(self._staging)
        for each in self._staging.iterdir():
            if each.name != contents.FOOTAGE or not self._choice.footage:
                self._disk.remove(each)
        for part in (self._staging / contents.FOOTAGE).glob("*/*.part"):
            self._disk.remove(part)

    def _name(self, taken_at: datetime) -> str:
        name = f"{PREFIX}{taken_at:%Y%m%dT%H%M%SZ}"
        taken = {each.name for each in whole_backups(self._target)}
        return next(each for n in range(1000) if (each := f"{name}-{n:03d}") not in taken)

    # ------------------------------------------------------------ database and files

    def _copy_database(self) -> KeptFile:
        path = self._staging / DUMP[self._kind]
        if self._kind is DatabaseKind.POSTGRESQL:
            dump_postgresql(self._source.url, path)
        else:
            database = Path(self._source.url.database or "")
            copy_sqlite(database, path, lambda done, all_: self._tell("database", done, all_))
        path.chmod(0o600)
        self._disk.sync(self._staging)
        return KeptFile(
            path=path.name, bytes=path.stat().st_size, sha256=hash_file(path, _uncounted)
        )

    def _copy_files(self) -> tuple[KeptFile, ...]:
        found: list[KeptFile] = []
        for path in contents.other_files(self._source.data_dir, self._source.url):
            if path.resolve().is_relative_to(self._target.resolve()):
                continue
            told = path.stat()
            if len(found) >= FILES_MAX or told.st_size > FILE_BYTES_MAX:
                raise BackupError(
                    f"{path} does not belong in the data_dir: a backup takes {FILES_MAX} files of "
                    f"{FILE_BYTES_MAX} bytes there; move it away"
                )
            name = Path(FILES) / path.relative_to(self._source.data_dir)
            target = self._staging / name
            self._disk.make_folder(target.parent)
            sha256 = self._disk.copy(path, target, _uncounted)
            self._disk.sync(target.parent)
            mode = stat.S_IMODE(told.st_mode)
            size = target.stat().st_size
            found.append(KeptFile(path=str(name), bytes=size, sha256=sha256, mode=mode))
        return tuple(found)

    # ------------------------------------------------------------ footage

    def _copy_footage(self) -> None:
        all_bytes = sum(_size(each) for each in self._missing())
        done, shelves = 0, set()

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._tell("footage", done, all_bytes)

        for each in self._missing():
            self._take(each, on_bytes)
            shelves.add(each.parent.name)
        for shelf in shelves:
            self._disk.sync(self._staging / contents.FOOTAGE / shelf)

    def _missing(self) -> Iterator[Path]:
        for each in contents.footage_files(self._source.data_dir / contents.FOOTAGE):
            is_here = self._place(self._staging, each).exists()
            if not is_here and each.name not in self._left_out:
                yield each

    def _take(self, file: Path, on_bytes: Callable[[int], None]) -> None:
        target = self._place(self._staging, file)
        self._disk.make_folder(target.parent)
        for earlier in self._earlier:
            if self._disk.link(self._place(earlier, file), target):
                on_bytes(target.stat().st_size)
                return
        try:
            sha256 = self._disk.copy(file, target, on_bytes)
        except FileNotFoundError:
            return  # Its time was over in this moment; the database says so, or will.
        if sha256 != target.name.partition(".")[0]:
            self._disk.remove(target)
            self._left_out.add(file.name)

    def _place(self, folder: Path, file: Path) -> Path:
        return folder / contents.FOOTAGE / file.parent.name / file.name

    def _list_footage(self) -> FootageTold:
        path = self._staging / FOOTAGE_LIST
        count, size = 0, 0
        digest = hashlib.sha256()
        with path.open("wb") as writing:
            for each in contents.footage_files(self._staging / contents.FOOTAGE):
                bytes_ = each.stat().st_size
                line = f"{each.parent.name}/{each.name} {bytes_}\n".encode()
                writing.write(line)
                digest.update(line)
                count, size = count + 1, size + bytes_
            writing.flush()
            os.fsync(writing.fileno())
        path.chmod(0o600)
        told = KeptFile(path=path.name, bytes=path.stat().st_size, sha256=digest.hexdigest())
        return FootageTold(files=count, bytes=size, list=told)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _uncounted(_count: int) -> None:
    """What is copied in a moment needs no progress."""
