"""A hub is upgraded while its edges send, and rolled back: nothing lost, nothing doubled (P2).

The newer program is this one with one more migration; times are printed in seconds.
"""

import random
import time
from contextlib import ExitStack, closing
from pathlib import Path

import apsw
import pytest

from hub.db.upgrade import newest_schema
from tests.faults.newer_hub import NEWER, PAUSE_S, AnyHub, make_newer
from tests.faults.restored_hub import Drill, since
from tests.rig.programs import Broker, running

KILLS = 4


def schema_of(hub: AnyHub) -> tuple[str, bool, bool]:
    """The database's revision, and whether each half of the newer one is there."""
    path = str(hub.data_dir / "hub.sqlite")
    with closing(apsw.Connection(path)) as database:
        ((revision,),) = database.execute("SELECT version_num FROM alembic_version")
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
        columns = {row[1] for row in database.execute("PRAGMA table_info(spool_head)")}
    return str(revision), "newer" in tables, "newer" in columns


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_an_upgrade_that_is_killed_and_a_rollback_lose_nothing_that_edges_recorded(
    tmp_path: Path,
) -> None:
    rng = random.Random(3)
    broker = Broker(tmp_path)
    hub = AnyHub(tmp_path, broker.url, edges="token")
    newer = make_newer(tmp_path / "newer")
    older = newest_schema()
    with running(broker, hub), ExitStack() as stack:
        drill = Drill(tmp_path, broker, hub)
        drill.add_station(stack, "dock", "755100")
        (dock,) = drill.stations
        dock.work(20)
        drill.settle("all is at the hub before the upgrade")

        down_s = time.monotonic()
        hub.stop()
        hub.tree = newer
        dock.work(4)
        seen = set()
        for kill in range(KILLS):
            process = hub.newer("upgrade")
            # Each a little later: the first are over in the middle, the last when it has ended.
            time.sleep(0.3 + kill * PAUSE_S * rng.uniform(0.6, 0.9))
            process.kill()
            process.wait()
            found = schema_of(hub)
            assert found in ((older, False, False), (NEWER, True, True))
            seen.add(found[0])
            dock.work(2)
        hub.start()
        upgraded_s = since(down_s)
        assert schema_of(hub) == (NEWER, True, True)
        drill.settle("what came during the upgrade is there")
        dock.work(20)
        drill.settle("all is at the newer hub")
        before = drill.stored()

        hub.stop()
        hub.tree = None
        dock.work(4)
        refused = drill.call_hub()
        assert refused.returncode == 2
        assert refused.stderr.strip().splitlines()[-1].count("unknown to this version") == 1
        back_s = time.monotonic()
        kept = hub.data_dir / "before-upgrade"
        assert "--replace" in drill.call_hub("restore", str(kept)).stderr
        print(drill.must("restore", "--replace", str(kept)))
        hub.start()
        rolled_back_s = since(back_s)
        assert schema_of(hub)[0] == older
        drill.settle("the edges have brought everything again", 120)
        stored = drill.stored()
        assert {key: stored.get(key) for key in before} == before
        print(
            f"upgrade with {KILLS} kills: {upgraded_s} s down (schemas seen: {sorted(seen)}) · "
            f"rollback: {rolled_back_s} s until it serves, {since(back_s)} s until it has all again"
        )
