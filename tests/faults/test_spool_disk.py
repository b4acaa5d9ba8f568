"""A disk that refuses: nothing is promised, nothing is half there, and it heals.

In both forms: the write failed, and the sync failed after the write had happened.
"""

from pathlib import Path
from typing import Any

import apsw
import pytest

from edge.seams import SpoolError
from edge.spool import Spool
from tests.faults.spooling import SPOOL_ID, scan, waybills


class RefusingDisk(apsw.VFS):
    """A file system that answers "full" to writes, or an error after a sync that happened."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_full = False
        self.syncs_fail = False
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _RefusingFile(name, flags, self)


class _RefusingFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: RefusingDisk) -> None:
        super().__init__("", name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        if self._disk.is_full:
            raise apsw.FullError("no space left on the device")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        if self._disk.syncs_fail:
            raise apsw.IOError("the sync came back with an error")


def fill_the_disk_of_a_spool(directory: Path) -> None:
    """A full disk refuses, leaves the spool as it was, and the next scan works once there is room.

    Raises:
        AssertionError: it did not.
    """
    disk = RefusingDisk("full-disk")
    path = directory / "spool.sqlite"
    try:
        spool = Spool(path, SPOOL_ID, vfs=disk.name)
        spool.append([scan(0)], {}, {})
        before = spool.head
        disk.is_full = True
        with pytest.raises(SpoolError, match="not recorded") as refused:
            spool.append([scan(1)], {}, {})
        assert refused.value.is_full
        assert spool.head == before
        disk.is_full = False
        spool.append([scan(2)], {}, {})
        spool.close()
    finally:
        disk.unregister()
    assert waybills(path) == [scan(0).waybill, scan(2).waybill]


def test_a_full_disk_refuses_and_heals(tmp_path: Path) -> None:
    fill_the_disk_of_a_spool(tmp_path)


def test_a_commit_that_failed_after_it_had_happened_leaves_one_unbroken_chain(
    tmp_path: Path,
) -> None:
    disk = RefusingDisk("failing-sync")
    path = tmp_path / "spool.sqlite"
    try:
        spool = Spool(path, SPOOL_ID, vfs=disk.name)
        spool.append([scan(0)], {}, {})
        disk.syncs_fail = True
        with pytest.raises(SpoolError, match="not recorded"):
            spool.append([scan(1)], {}, {})
        disk.syncs_fail = False
        sealed = spool.append([scan(2)], {}, {})
        assert sealed[0].seq == spool.head.seq
        spool.close()
    finally:
        disk.unregister()
    # Whether scan 1 is there is the disk's affair: the person was told "not recorded" and scans
    # again. What must hold is that every line follows the one before it.
    assert waybills(path) in (
        [scan(0).waybill, scan(2).waybill],
        [scan(0).waybill, scan(1).waybill, scan(2).waybill],
    )
