"""Where the time of an event goes: the hub's intake in one process, looked at every millisecond.

Each look is counted once for every named part on the stack, so parts that lie in each other share:
the rooms' sum is the rooms', "statements" is what all of them spend in SQLAlchemy and SQLite.
"""

import signal
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from bench.batches import pen_of, read_batches, site_of
from bench.hub_under_load import EDGES
from hub.db.engine import INGEST_CHECKPOINT_PAGES, open_database, parse_url
from hub.db.upgrade import upgrade
from hub.ingest.intake import Incoming
from hub.ingest.worker import GROUP_MESSAGES_MAX
from tests.hub_parts import open_hub
from wire.topics import Channel, Topic

BATCHES = 2_000
EVERY_S = 0.001
PARTS = {
    ("ledger/keys.py", "is_signed_by"): "verify signatures",
    ("hub/ingest/rules.py", "classify"): "follow the chain",
    ("wire/lines.py", "parse_line"): "read lines",
    ("hub/ingest/store.py", "add_events"): "insert events",
    ("hub/parcels/project.py", "apply"): "room parcels",
    ("hub/custody/project.py", "apply"): "room custody",
    ("hub/wanted/project.py", "apply"): "room wanted",
    ("hub/missing/project.py", "apply"): "room missing",
    ("hub/incidents/project.py", "apply"): "room incidents",
    ("hub/video/project.py", "apply"): "room video",
    ("hub/alerts/project.py", "apply"): "room alerts",
    ("sqlalchemy/engine/base.py", "_execute_context"): "statements of all parts",
    ("sqlalchemy/engine/base.py", "_do_commit"): "commit",
}


def largest_costs(folder: Path, files: list[Path]) -> dict[str, Any]:
    """Take batches in, in groups as large as the hub's; return microseconds an event and shares."""
    home = folder / "profiled"
    home.mkdir()
    url = parse_url(None, home)
    database = open_database(url, INGEST_CHECKPOINT_PAGES)
    upgrade(url, database)
    database.close()
    batches = list(islice(read_batches(files), BATCHES))
    looks: Counter[str] = Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        looks["all"] += 1
        found = set()
        while frame is not None:
            name = frame.f_code.co_filename
            for (file, function), part in PARTS.items():
                if frame.f_code.co_name == function and name.endswith(file):
                    found.add(part)
            frame = frame.f_back
        looks.update(found)

    with open_hub(home, url) as hub:
        for edge in range(EDGES):
            hub.enrol(pen_of(edge))
        intake, before = hub.intake(), signal.signal(signal.SIGPROF, look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        began_s = time.perf_counter()
        for first in range(0, len(batches), GROUP_MESSAGES_MAX):
            # When they come, as they would: a time of another day would make each of them late.
            now = datetime.now(UTC)
            group = [
                Incoming(str(Topic(site_of(b.edge), "dock", Channel.EVENTS)), b.payload, now)
                for b in batches[first : first + GROUP_MESSAGES_MAX]
            ]
            with hub.database.writing() as tx:
                intake.take_group(tx, group)
        took_s = time.perf_counter() - began_s
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    events = sum(each.events for each in batches)
    each_us = took_s / events * 1e6
    print(f"one event costs the intake {each_us:.1f} us in groups of {GROUP_MESSAGES_MAX} batches:")
    shares = {part: looks[part] / looks["all"] for part in PARTS.values()}
    for part, share in sorted(shares.items(), key=lambda each: -each[1]):
        print(f"  {part:<26}{share * each_us:6.1f} us   {share:4.0%}")
    return {"us_per_event": each_us, "shares": shares}
