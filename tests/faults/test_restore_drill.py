"""A hub restored from yesterday refills from its edges: nothing lost, nothing doubled (P2).

RPO and RTO are printed in seconds. What people typed at the hub since the backup is the RPO.
"""

import time
from pathlib import Path

import pytest

from tests.faults.restored_hub import bodies_named, open_drill, since
from tests.rig.house import scan
from tests.rig.programs import http_status, wait_until
from wire.names import Signal

NOTE = "dented at one corner"


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_hub_restored_from_yesterday_has_again_all_that_edges_recorded(tmp_path: Path) -> None:
    with open_drill(tmp_path) as (drill, stack):
        hub = drill.hub
        drill.add_station(stack, "dock", "755100", films=True)
        (dock,) = drill.stations
        dock.work(30)
        hub.call("PUT", "wanted/755900000001", {"result": "wanted", "reason": "before"})
        drill.settle("all is at the hub before the backup")

        began_s = time.monotonic()
        print(drill.must("backup", str(drill.backups)))
        backup_s, taken_s = since(began_s), began_s
        in_backup = set(drill.stored())

        dock.work(40)
        dock.complain("755100000001", NOTE)
        drill.add_station(stack, "gate", "755200")
        gate = drill.stations[1]
        gate.work(20)
        for number in range(2, 5):
            entry = {"result": "wanted", "reason": "after the backup"}
            hub.call("PUT", f"wanted/75590000000{number}", entry)
        drill.settle("all is at the hub before its loss")
        before = drill.stored()
        assert len(before.keys() - in_backup) > 60
        assert len(bodies_named(before)) >= 20

        lost_s = time.monotonic()
        drill.lose_hub()
        dock.work(8)
        gate.work(8)
        began_s = time.monotonic()
        print(drill.must("restore", str(drill.backups)))
        restore_s = since(began_s)
        hub.start()
        served_s = since(lost_s)
        drill.settle("the edges have brought everything again", 120)
        refilled_s = since(lost_s)

        stored = drill.stored()
        assert {key: stored.get(key) for key in before} == before
        assert bodies_named(stored) <= drill.bodies_at_hub()
        notes = [
            each["private"]["note"]
            for each in hub.events("kind=act&unmask=a-drill-of-the-restore")
            if each["private"]
        ]
        assert notes == [NOTE]
        assert http_status(f"{hub.url}/readyz") == 200

        # A list that the hub has forgotten is outgrown: what is wanted from now on is heard.
        hub.call("PUT", "wanted/755100999999", {"result": "wanted", "reason": "from now on"})

        def is_heard() -> bool:
            dock.scans += 1
            return scan(dock.scanner, "755100999999") is Signal.WANTED

        wait_until(is_heard, "the restored hub's list counts at the station", 60, pause_s=1)
        for station in drill.stations:
            wait_until(lambda s=station: s.edge.page()["link"]["problem"] is None, "no alarm", 60)
        drill.settle("and nothing came twice")
        print(
            f"backup {backup_s} s · RPO {lost_s - taken_s:.1f} s of what people typed, 0 lines of "
            f"{len(before)} · restore {restore_s} s · RTO {served_s} s until it serves, "
            f"{refilled_s} s until it has all again"
        )
