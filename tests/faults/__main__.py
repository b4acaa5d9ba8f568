"""The long fault runs: ``make faults [SEEDS=50] [MINUTES=60]``.

Prints a JSON line for each run and appends it to ``build/faults.jsonl``; what stands there already
is not run again, so that it can be stopped and gone on with. Exits with 1 when a run failed.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.faults import footage_faults
from tests.faults.footage_faults import CannotMountError, Fault
from tests.faults.fuzz_targets import FUZZ_FAULTS
from tests.faults.wire_faults import REPLAYED, replay_frames

DONE = Path("build/faults.jsonl")
FAULTS: dict[str, Fault] = {
    **footage_faults.FAULTS,
    **FUZZ_FAULTS,
    "replay frames": lambda folder, _rng: replay_frames(folder, REPLAYED),
}
ONCE = frozenset({"replay frames"})
"""Long, and the same whatever the seed."""
SEEDS = 50
MINUTES = 60


def main() -> int:
    """Run each fault with the seeds 1 to ``SEEDS`` until the time is over."""
    # As Ctrl-C does: what a run has started must not outlive it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    seeds = int(os.environ.get("SEEDS") or SEEDS)
    ends_at = time.monotonic() + 60 * float(os.environ.get("MINUTES") or MINUTES)
    DONE.parent.mkdir(exist_ok=True)
    done = _done()
    wanted = [
        (name, seed)
        for seed in range(1, seeds + 1)
        for name in FAULTS
        if seed == 1 or name not in ONCE
    ]
    for name, seed in wanted:
        if (name, seed) not in done and time.monotonic() < ends_at:
            done[name, seed] = _run(name, seed)
    states = [done.get(each, "not run") for each in wanted]
    counts = {state: states.count(state) for state in sorted(set(states))}
    print(json.dumps({"wanted": len(wanted), **counts}))
    return 1 if "failed" in counts else 0


def _run(name: str, seed: int) -> str:
    began_s = time.monotonic()
    told: dict[str, object] = {"fault": name, "seed": seed}
    with tempfile.TemporaryDirectory() as folder:
        try:
            told |= FAULTS[name](Path(folder), random.Random(seed))
            told["state"] = "held"
        except CannotMountError:
            told["state"] = "impossible here"
        except Exception as error:  # noqa: BLE001  one failed run must not end the others
            traceback.print_exc()
            told |= {"state": "failed", "error": f"{type(error).__name__}: {error}"[:500]}
    told["took_s"] = round(time.monotonic() - began_s, 1)
    line = json.dumps(told)
    print(line, flush=True)
    with DONE.open("a") as file:
        file.write(line + "\n")
    return str(told["state"])


def _done() -> dict[tuple[str, int], str]:
    lines = DONE.read_text().splitlines() if DONE.exists() else []
    rows = [json.loads(line) for line in lines]
    return {(row["fault"], row["seed"]): row["state"] for row in rows}


if __name__ == "__main__":
    sys.exit(main())
