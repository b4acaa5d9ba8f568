"""A disk that refuses, as an SQLite VFS: full, or failing to sync, when the test says so."""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw


class SickDisk(apsw.VFS):
    """Passes everything to the real disk until ``is_full`` or ``sync_fails`` is set."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_full = False
        self.sync_fails = False
        self.sync_fails_after = False
        super().__init__(name, base="")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "_SickFile":  # noqa: N802  SQLite's name
        return _SickFile(self, name, flags)


class _SickFile(apsw.VFSFile):
    def __init__(
        self, disk: SickDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        self._disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802  SQLite's name
        if self._disk.is_full:
            raise apsw.FullError("the disk is full")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802  SQLite's name
        if self._disk.sync_fails:
            raise apsw.IOError("the disk did not sync")
        super().xSync(flags)
        if self._disk.sync_fails_after:
            raise apsw.IOError("the disk synced and said it did not")


@contextmanager
def sick_disk(name: str) -> Iterator[SickDisk]:
    """A registered VFS for one test."""
    disk = SickDisk(name)
    try:
        yield disk
    finally:
        disk.unregister()
