"""The long fault runs: ``make faults [MINUTES=60] [SEEDS=50] [ONLY=kills]``.

Prints a JSON line for each run and appends it to ``build/faults.jsonl``; what stands there already
is not run again, so that it can be stopped and gone on with. ``build/faults.json`` sums up what has
been run. Exits with 1 when a run failed.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.footage_faults import CannotMountError
from tests.faults.long_runs import LONG_RUNS, LongRun

DONE = Path("build/faults.jsonl")
SUMMARY = Path("build/faults.json")
MINUTES = 60
UNITS = ("_s", "_ms", "_mib")
HELD, FAILED, IMPOSSIBLE = "held", "failed", "impossible here"

Row = dict[str, Any]


def main() -> int:
    """Run each row of the table seed after seed until the time is over.

    A failed seed is not tried again either: take its line out of the file once it is mended.
    """
    # As Ctrl-C does: what a run has started must not outlive it. No SystemExit: Hypothesis takes
    # that for a finding, and goes on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ends_at = time.monotonic() + 60 * float(os.environ.get("MINUTES") or MINUTES)
    seeds_max = int(os.environ.get("SEEDS") or 2**31)
    runs = [each for each in LONG_RUNS if os.environ.get("ONLY", "") in each.name]
    DONE.parent.mkdir(exist_ok=True)
    rows = {(row["fault"], row["seed"]): row for row in _done()}
    for run, seed in in_turns(runs, seeds_max):
        if time.monotonic() >= ends_at:
            break
        if (run.name, seed) not in rows:
            rows[run.name, seed] = _run(run, seed)
    SUMMARY.write_text(json.dumps(summed(LONG_RUNS, rows.values()), indent=1) + "\n")
    summary = summed(runs, rows.values())
    for each in summary:
        print(json.dumps(each))
    return 1 if any(each[FAILED] for each in summary) else 0


def in_turns(runs: Sequence[LongRun], seeds_max: int) -> Iterable[tuple[LongRun, int]]:
    """Every run with its first seed, then every run with its second: none waits for another."""
    for seed in range(1, 1 + min(seeds_max, max((each.seeds for each in runs), default=0))):
        yield from ((each, seed) for each in runs if seed <= each.seeds)


def summed(runs: Sequence[LongRun], rows: Iterable[Row]) -> list[Row]:
    """What became of each run: how many of its seeds held or failed, and its figures together."""
    known = list(rows)
    found = []
    for run in runs:
        mine = [row for row in known if row["fault"] == run.name]
        states = Counter(row["state"] for row in mine)
        told = {
            "fault": run.name,
            "wanted": run.seeds,
            HELD: states[HELD],
            FAILED: states[FAILED],
            "failed_seeds": [row["seed"] for row in mine if row["state"] == FAILED],
            "took_s": round(sum(row["took_s"] for row in mine)),
            "figures": added(row.get("figures", {}) for row in mine),
        }
        found.append(told | ({IMPOSSIBLE: states[IMPOSSIBLE]} if states[IMPOSSIBLE] else {}))
    return found


def added(figures: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts summed by name, also those one mapping below; of what has a unit, the largest.

    A rate is told by its own row alone.
    """
    total: dict[str, Any] = {}
    for each in figures:
        for name, value in each.items():
            if isinstance(value, Mapping):
                total[name] = added([total.get(name, {}), value])
            elif isinstance(value, int | float) and "_per_" not in name:
                before = total.get(name, 0)
                total[name] = max(before, value) if name.endswith(UNITS) else before + value
    return total


def _run(run: LongRun, seed: int) -> Row:
    began_s = time.monotonic()
    row: Row = {"fault": run.name, "seed": seed}
    with tempfile.TemporaryDirectory() as folder:
        try:
            row["figures"] = run.run(Path(folder), random.Random(seed))
            row["state"] = HELD
        except CannotMountError:
            row["state"] = IMPOSSIBLE
        except Exception as error:  # noqa: BLE001  one failed run must not end the others
            traceback.print_exc()
            row |= {"state": FAILED, "error": f"{type(error).__name__}: {error}"[:500]}
    row["took_s"] = round(time.monotonic() - began_s, 1)
    line = json.dumps(row)
    print(line, flush=True)
    with DONE.open("a") as file:
        file.write(line + "\n")
    return row


def _done() -> list[Row]:
    rows: list[Row] = []
    text = DONE.read_text() if DONE.exists() else ""
    if text and not text.endswith("\n"):
        DONE.write_text(text + "\n")
    for line in text.splitlines():
        # A line that was cut off is of a run that was not told of: it is run again.
        with suppress(ValueError):
            rows.append(json.loads(line))
    return rows


if __name__ == "__main__":
    sys.exit(main())
