"""A full disk: the scanner says "not recorded", and the next scan works once there is room.

The real edge runs on a tmpfs of a few MiB. Where mounting is not allowed, the same is shown on
the spool alone, whose VFS answers SQLITE_FULL (tests/faults/test_spool_disk.py): never skipped.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rig.house import plugged_scanner, scan
from tests.rig.programs import Edge, Hub, running
from wire.names import Signal

DISK_MIB = 4


@contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """Mount a small file system; False where this machine does not allow it."""
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(directory)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.mark.timeout(120)
def test_a_full_disk_is_answered_not_recorded_and_heals(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "mqtt://127.0.0.1:1")
    with small_disk(tmp_path / "edge-dock") as mounted, plugged_scanner(tmp_path) as scanner:
        if not mounted:
            from tests.faults.test_spool_disk import fill_the_disk_of_a_spool

            fill_the_disk_of_a_spool(tmp_path)
            return
        edge = Edge(
            tmp_path, hub, "mqtt://127.0.0.1:1", {"dock-1": (scanner.cable.url, "honeywell")}
        )
        with running(edge):
            edge.wait_scanners()
            assert scan(scanner, "755500000000") is Signal.OK

            ballast = edge.data_dir / "ballast"
            with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
                while True:
                    file.write(bytes(4096))
            heard = []
            for number in range(600):
                heard.append(scan(scanner, f"{755500000001 + number}"))
                if heard[-1] is Signal.NOT_RECORDED:
                    break
            assert heard[-1] is Signal.NOT_RECORDED
            assert set(heard[:-1]) <= {Signal.OK}

            ballast.unlink()
            assert scan(scanner, "755599999999") is Signal.OK
            edge.stop()
        # The first, those before the refusal, and the one after it; the refused one is not there.
        assert _scans_in(edge.data_dir / "spool.sqlite") == 1 + (len(heard) - 1) + 1


def _scans_in(spool: Path) -> int:
    import apsw

    store = apsw.Connection(f"file:{spool}?mode=ro", flags=apsw.SQLITE_OPEN_URI | 1)
    try:
        lines = [bytes(row[0]) for row in store.execute("SELECT line FROM line")]
    finally:
        store.close()
    return sum(line.startswith(b'{"kind":"scan"') for line in lines)
