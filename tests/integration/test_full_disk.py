"""A full disk: the scanner says "not recorded", and the next scan works once there is room.

The real edge runs on a tmpfs of a few MiB. Where mounting is not allowed, the same is shown on
the spool alone, whose VFS answers SQLITE_FULL (tests/faults/test_spool_disk.py): never skipped.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.cable import SimulatedScanner
from tests.rig.programs import Edge, Hub, running, wait_until
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
    link = tmp_path / "scanner"
    with (
        small_disk(tmp_path / "edge-dock") as mounted,
        SimulatedScanner.on_pty(link, "honeywell") as scanner,
    ):
        if not mounted:
            from tests.faults.test_spool_disk import fill_the_disk_of_a_spool

            fill_the_disk_of_a_spool(tmp_path)
            return
        edge = Edge(tmp_path, hub, "mqtt://127.0.0.1:1", {"dock-1": (str(link), "honeywell")})
        with running(edge):
            first = wait_until(lambda: scanner.scan("755500000000", timeout_s=1), "a first answer")
            assert first.signal is Signal.OK

            ballast = edge.data_dir / "ballast"
            with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
                while True:
                    file.write(bytes(4096))
            heard = []
            for number in range(600):
                answer = scanner.scan(f"{755500000001 + number}", timeout_s=2)
                heard.append(answer.signal if answer else None)
                if heard[-1] is Signal.NOT_RECORDED:
                    break
            assert heard[-1] is Signal.NOT_RECORDED
            assert set(heard[:-1]) <= {Signal.OK}
            recorded = 1 + len(heard) - 1

            ballast.unlink()
            healed = scanner.scan("755599999999", timeout_s=5)
            assert healed is not None
            assert healed.signal is Signal.OK
            recorded += 1
            edge.stop()
        assert _scans_in(edge.data_dir / "spool.sqlite") == recorded


def _scans_in(spool: Path) -> int:
    import apsw

    store = apsw.Connection(f"file:{spool}?mode=ro", flags=apsw.SQLITE_OPEN_URI | 1)
    try:
        lines = [bytes(row[0]) for row in store.execute("SELECT line FROM line")]
    finally:
        store.close()
    return sum(line.startswith(b'{"kind":"scan"') for line in lines)
