"""An edge's disk: it can refuse, lie about a sync, and lose power between any two writes.

What survives a power cut is what ``tests.faults.power`` says of disks; here it lies beneath an
SQLite VFS that refuses when the day says so. Files lie in memory (tmpfs), so nothing waits for the
machine's own disk.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from tests.faults.power import PowerDisk


class Disk:
    """One machine's disk, with the spool's files in ``folder``."""

    def __init__(self, name: str, folder: Path, rng: random.Random) -> None:
        self.folder = folder
        self.is_full = False
        self.syncs_fail: bool | None = None
        """True: a sync fails, and has not happened; False: it fails, and has; None: none fails."""
        self.reads_fail = False
        self.is_dead = False
        self._rng = rng
        self._power = PowerDisk(f"power-{name}")
        self._vfs = _FaultyVFS(f"disk-{name}", self._power.name, self)
        self._ops_left: int | None = None

    @property
    def vfs(self) -> str:
        """What SQLite has to be opened with."""
        return self._vfs.name

    @property
    def is_sick(self) -> bool:
        """Say whether the disk refuses anything now."""
        return self.is_full or self.reads_fail or self.syncs_fail is not None or self.is_dead

    def fail_after(self, ops: int) -> None:
        """Let the power go with the so-manieth write or sync from now."""
        self._ops_left = ops

    def heal(self) -> None:
        """Refuse nothing any more."""
        self.is_full = self.reads_fail = False
        self.syncs_fail = None
        if not self.is_dead:
            self._ops_left = None

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Read what is really there, whatever the disk refuses to the program."""
        kept, self.reads_fail = self.reads_fail, False
        yield
        self.reads_fail = kept

    def lose_power(self) -> None:
        """Keep what the disk had, and of what it was only told to write, any part.

        Nothing must have the files open.
        """
        for file in self.folder.glob("spool.sqlite*"):
            file.unlink()
        self._power.restore(len(self._power.log), self.folder, self._rng)
        self._power.log.clear()
        for file in sorted(self.folder.glob("spool.sqlite*")):
            self._power.remember(file)
        self.is_dead, self._ops_left = False, None

    def copy(self) -> dict[str, bytes]:
        """What lies on the disk now."""
        files = sorted(self.folder.glob("spool.sqlite*"))
        return {file.name: file.read_bytes() for file in files if not file.name.endswith("-shm")}

    def put_back(self, copy: dict[str, bytes]) -> None:
        """The disk is as it was when it was copied. Nothing must have the files open."""
        for file in self.folder.glob("spool.sqlite*"):
            file.unlink()
        self._power.log.clear()
        for name, content in copy.items():
            (self.folder / name).write_bytes(content)
            self._power.remember(self.folder / name)

    def close(self) -> None:
        """End this disk; nothing has its files open."""
        self._vfs.unregister()
        self._power.close()

    def count(self) -> None:
        """Something is about to reach the disk.

        Raises:
            apsw.IOError: there is no power any more.
        """
        if self._ops_left is not None and not self.is_dead:
            self._ops_left -= 1
            self.is_dead = self._ops_left < 0
        if self.is_dead:
            raise apsw.IOError("no power")


class _FaultyVFS(apsw.VFS):
    def __init__(self, name: str, base: str, disk: Disk) -> None:
        self.name, self._base, self._disk = name, base, disk
        super().__init__(name, base)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _FaultyFile(self._base, name, flags, self._disk)


class _FaultyFile(apsw.VFSFile):
    def __init__(self, base: str, name: Any, flags: list[int], disk: Disk) -> None:
        super().__init__(base, name, flags)
        self._disk = disk

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's name
        if self._disk.reads_fail:
            raise apsw.IOError("the disk cannot be read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.count()
        if self._disk.is_full:
            raise apsw.FullError("the disk is full")
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.count()
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.count()
        if self._disk.syncs_fail is True:
            raise apsw.IOError("the disk did not sync")
        super().xSync(flags)
        if self._disk.syncs_fail is False:
            raise apsw.IOError("the disk synced, and says that it did not")
