"""``python -m bench ingest``: how many events a second become durable facts, and at what delay.

A real hub with all roles on SQLite (FULL), mosquitto, 64 edges, 2 % high value: signatures, chain,
exactly once, rooms and alerts on, one batch in flight a spool. Three million events in batches of
50, then single events; delays at 10, 50 and 90 % of the maximum; start with all of it in the
database; memory; and a profile that names the largest costs. ``CUSTOS_BENCH_EVENTS`` shortens it.
Aims: see ``bench/peers_ingest.py`` for the rate; the last million at least 0.85 of the first; an
alert's p99 at half load under 10 ms.
"""

import os
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.alert import GUESS, MAX_S, PACED_S, SHARES, WARM_S, paced
from bench.batches import make_batches
from bench.feeder import Told
from bench.figures import Spread, fdatasync_ms, file_system, resident_mib
from bench.hub_under_load import EDGES, Loaded, loaded_hub
from bench.profile import largest_costs

EVENTS = 3_000_000
MILLION = 1_000_000
SINGLES = 60_000


def measure() -> dict[str, Any]:
    """Run it; returns the figures as JSON."""
    events = int(os.environ.get("CUSTOS_BENCH_EVENTS", EVENTS))
    build = Path("build").resolve()
    build.mkdir(exist_ok=True)
    figures: dict[str, Any] = {"disk": file_system(build)}
    with tempfile.TemporaryDirectory(prefix="bench-ingest-", dir=build) as name:
        folder = Path(name)
        sync = fdatasync_ms(folder)
        print(f"disk: {figures['disk']}, fdatasync of 4 KiB, ms  {sync}")
        room = int(GUESS[50] * (WARM_S + MAX_S + PACED_S * sum(SHARES)) * 1.5)
        files = make_batches(folder, events + room, EDGES, 50)
        figures["profile"] = largest_costs(folder, files)
        with loaded_hub(folder / "batches") as loaded:
            figures["batches of 50"] = _fill(loaded, files, events)
            figures["batches of 50"] |= paced(loaded, _names(files), 50, events // 50)
            figures["start with all events, s"] = _start_again(loaded)
        for path in files:
            path.unlink()
        files = make_batches(folder, SINGLES, EDGES, 1)
        with loaded_hub(folder / "singles") as loaded:
            told = loaded.feed(files=_names(files), batches=SINGLES)
            figures["single events"] = {"events_per_s": told.events / told.seconds}
            print(f"single events: {told.events / told.seconds:,.0f} events/s")
    return figures


def _fill(loaded: Loaded, files: list[Path], events: int) -> dict[str, Any]:
    told = loaded.feed(files=_names(files), batches=events // 50)
    assert told.refused == 0, told.refused
    rate, waits = told.events / told.seconds, Spread.of(told.waits_ms)
    first, last = _part(told, 0, MILLION), _part(told, told.events - MILLION, told.events)
    mib = resident_mib(loaded.hub.pid)
    size = (loaded.hub.data_dir / "hub.sqlite").stat().st_size / 2**20
    print(f"{told.events:,} events in {told.seconds:.0f} s: {rate:,.0f} events/s")
    print(f"  first million {first:,.0f}/s, last {last:,.0f}/s: {last / first:.2f} (aim 0.85)")
    print(f"  publish to receipt at full load, ms   {waits}")
    print(f"  hub {mib:,.0f} MiB resident, database {size:,.0f} MiB")
    return {
        "events_per_s": rate,
        "first_million_per_s": first,
        "last_million_per_s": last,
        "last_to_first": last / first,
        "full_load_ms": asdict(waits),
        "hub_mib": mib,
        "database_mib": size,
    }


def _part(told: Told, since: int, until: int) -> float:
    """Events/s between two counts, by the marks next to them; of all where there are too few."""
    marks = [mark for mark in told.marks if since <= mark[0] <= until]
    if len(marks) < 2:
        return told.events / told.seconds
    return (marks[-1][0] - marks[0][0]) / (marks[-1][1] - marks[0][1])


def _start_again(loaded: Loaded) -> float:
    loaded.hub.stop()
    began_s = time.monotonic()
    loaded.hub.start()
    took_s = time.monotonic() - began_s
    print(f"start with all of it in the database: {took_s:.1f} s to ready")
    return took_s


def _names(files: list[Path]) -> list[str]:
    return [str(each) for each in files]
