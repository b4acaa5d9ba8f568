"""A full disk: the scanner says "not recorded", and the next scan works once there is room.

The real edge runs on a tmpfs of a few MiB. Where mounting is not allowed, the same is shown on
the spool alone, whose VFS answers SQLITE_FULL (tests/faults/test_spool_disk.py): never skipped.
"""

from pathlib import Path

import pytest

from tests.rig.house import plugged_scanner, scan
from tests.rig.programs import Edge, Hub, running
from tests.rig.small_disk import clear_disk, fill_disk, small_disk
from wire.names import Signal

DISK_MIB = 4


@pytest.mark.timeout(120)
def test_a_full_disk_is_answered_not_recorded_and_heals(tmp_path: Path) -> None:
    hub = Hub(tmp_path, "mqtt://127.0.0.1:1")
    with (
        small_disk(tmp_path / "edge-dock", DISK_MIB) as mounted,
        plugged_scanner(tmp_path) as scanner,
    ):
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

            fill_disk(edge.data_dir)
            heard = []
            for number in range(600):
                heard.append(scan(scanner, f"{755500000001 + number}"))
                if heard[-1] is Signal.NOT_RECORDED:
                    break
            assert heard[-1] is Signal.NOT_RECORDED
            assert set(heard[:-1]) <= {Signal.OK}

            clear_disk(edge.data_dir)
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
