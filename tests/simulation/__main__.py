"""Many simulated site-days: ``python -m tests.simulation --seeds 1000 --from 1 --jobs 2``.

Prints a JSON line for each seed that failed, and at the end what all days were; every day is
appended to ``build/simulation.jsonl`` and is not lived again, so that a run can be stopped and gone
on with (``--anew`` begins from nothing). Exits with 1 if a day failed, or a kind of fault, a place
at which programs are killed, or a tone never came.
"""

import argparse
import json
import multiprocessing
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.faults import KINDS, POINTS
from tests.simulation.many import Told, begin, live

DONE = Path("build/simulation.jsonl")
SECONDS_TOLD = 900


def main() -> int:
    """Live through the days that were asked for, and tell of all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1000, help="how many days")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--anew", action="store_true", help="forget the days before")
    asked = parser.parse_args()
    # As Ctrl-C does: the days under way are ended, and their folders in memory with them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    DONE.parent.mkdir(exist_ok=True)
    if asked.anew:
        DONE.unlink(missing_ok=True)
    done = _done()
    wanted = range(asked.first, asked.first + asked.seeds)
    missing = [seed for seed in wanted if seed not in done]
    began_s = time.monotonic()
    with DONE.open("a") as file:
        for told in _live(missing, asked.jobs):
            done[int(str(told["seed"]))] = told
            line = json.dumps(told, ensure_ascii=False)
            file.write(line + "\n")
            file.flush()
            if "error" in told:
                print(line, flush=True)
    took_s = time.monotonic() - began_s
    summary, is_good = _sum_up([done[seed] for seed in wanted])
    if missing:
        summary["took_s"] = round(took_s, 1)
        summary["site_days_per_15_min"] = round(len(missing) / took_s * SECONDS_TOLD)
        summary["jobs"] = asked.jobs
    print(json.dumps(summary, ensure_ascii=False))
    return 0 if is_good else 1


def _live(seeds: list[int], jobs: int) -> Iterator[Told]:
    if jobs == 1:
        begin()
        yield from map(live, seeds)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, spawn, begin) as pool:
        try:
            yield from pool.map(live, seeds)
        finally:
            pool.shutdown(cancel_futures=True)


def _done() -> dict[int, Told]:
    lines = DONE.read_text().splitlines() if DONE.exists() else []
    rows = [json.loads(line) for line in lines]
    return {row["seed"]: row for row in rows if "error" not in row}


def _sum_up(days: list[Told]) -> tuple[Told, bool]:
    failed = [day["seed"] for day in days if "error" in day]
    counted = {
        name: sum((Counter(day.get(name)) for day in days), Counter[str]())
        for name in ("faults", "hits", "tones")
    }
    never = [kind for kind in KINDS if not counted["faults"][kind]]
    never += [point for point in POINTS if not counted["hits"][point]]
    summary: Told = {
        "site_days": len(days),
        "failed": failed,
        "never": never,
        **{name: sum(_count(day, name) for day in days) for name in ("scans", "lines", "spools")},
        "fault_count": counted["faults"].total(),
        "cpu_s_mean": round(sum(float(str(day.get("cpu_s", 0))) for day in days) / len(days), 2),
        **{name: dict(sorted(counter.items())) for name, counter in counted.items()},
    }
    return summary, not failed and not never


def _count(day: Told, name: str) -> int:
    return int(str(day.get(name, 0)))


if __name__ == "__main__":
    sys.exit(main())
