"""Parts for tests of backup and restore: a hub with something in it, and a disk that dies."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from hub.access.service import end_logins
from hub.backup.disk import Disk
from hub.backup.making import Choice, Made, Source, make_backup
from hub.backup.restoring import Allowed, Restored, Target, find_backup, restore
from hub.db.engine import open_database, parse_url
from hub.db.upgrade import schema_of
from hub.ingest.service import EventFilter, events
from hub.keys import load_keys
from tests.hub_parts import START, HubHome, SigningEdge

ACTS = ("make_folder", "write", "copy", "link", "rename", "remove", "sync")


class KilledError(BaseException):
    """The program ended here."""


class DyingDisk(Disk):
    """Ends the program at its act number ``dies_at``, before or after that has happened."""

    def __init__(self, dies_at: int, *, after: bool) -> None:
        self.acts, self._dies_at, self._after = 0, dies_at, after
        self._depth = 0
        for name in ACTS:
            setattr(self, name, self._watched(getattr(self, name)))

    def _watched(self, act: Callable[..., object]) -> Callable[..., object]:
        def watched(*arguments: object) -> object:
            if self._depth:
                return act(*arguments)
            self.acts += 1
            if self.acts == self._dies_at and not self._after:
                raise KilledError
            self._depth += 1
            try:
                found = act(*arguments)
            finally:
                self._depth -= 1
            if self.acts == self._dies_at:
                raise KilledError
            return found

        return watched


def silent(_what: str, _done: int, _all: int) -> None:
    """Progress that nobody watches."""


def back_up(
    hub: HubHome,
    folder: Path,
    choice: Choice | None = None,
    disk: Disk | None = None,
    now: Callable[[], datetime] | None = None,
) -> Made:
    """Back a test's hub up."""
    schema = schema_of(hub.url, hub.database)
    assert schema is not None
    return make_backup(
        Source(hub.data_dir, hub.url, schema),
        folder,
        choice or Choice(),
        now or hub.clock.now,
        silent,
        disk or Disk(),
    )


def bring_back(
    folder: Path, target: Target, allowed: Allowed | None = None, disk: Disk | None = None
) -> Restored:
    """Restore the newest backup of a folder."""
    return restore(
        find_backup(folder),
        target,
        allowed or Allowed(),
        START,
        lambda tx: end_logins(tx, START),
        silent,
        disk or Disk(),
    )


def put_footage(data_dir: Path, content: bytes, suffix: str = ".mp4") -> Path:
    """A file of footage under its right name."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = data_dir / "footage" / sha256[:2] / f"{sha256}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    (data_dir / "footage" / ".shelf").mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def record(hub: HubHome, edge: SigningEdge, count: int = 1) -> list[bytes]:
    """Scans that the hub takes in; their lines."""
    lines = [edge.line(edge.scan(f"{755000000000 + edge.seq}")) for _ in range(count)]
    hub.take(edge.batch(lines))
    return lines


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder with what is in them."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def place_in(folder: Path) -> Target:
    """A data directory of its own, on SQLite; nothing is made."""
    return Target(folder, parse_url(None, folder))


def keep(hub: HubHome, edge: SigningEdge, folder: Path) -> Path:
    """A folder with one backup: three scans, keys, one file of footage and one picture."""
    record(hub, edge, 3)
    put_footage(hub.data_dir, b"film")
    put_footage(hub.data_dir, b"still", ".jpg")
    (hub.data_dir / "tls").mkdir()
    (hub.data_dir / "tls" / "ca.key").write_bytes(b"a key that somebody put there")
    back_up(hub, folder)
    return folder


def lines_at(target: Target) -> list[bytes]:
    """The lines of a hub that does not run."""
    database = open_database(target.url)
    cipher = load_keys(target.data_dir, lambda _: b"").bodies
    try:
        with database.reading() as tx:
            found = events(tx, EventFilter(), cipher, limit=1000)
    finally:
        database.close()
    return [each.stored.line for each in found]
