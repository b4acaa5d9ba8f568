"""The table of the long fault runs: who has found one more way to break the house adds a row.

A run gets a folder of its own and a seeded random; what it returns are its figures (numbers are
added up over the seeds, and so are those one level below), and what it raises is a failure.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.faults import all_at_once, footage_faults, slow_runs
from tests.faults.fuzz_targets import FUZZ_FAULTS
from tests.faults.wire_faults import REPLAYED, replay_frames

Run = Callable[[Path, random.Random], Mapping[str, object]]

ALL_AT_ONCE_SEEDS = 20
FOOTAGE_SEEDS = 50
FUZZ_SEEDS = 50
"""Of twelve seconds each: ten minutes a target."""


@dataclass(frozen=True, slots=True)
class LongRun:
    """One row; ``seeds`` is how often it is run, each time with the next seed from 1 on."""

    name: str
    seeds: int
    run: Run


LONG_RUNS: tuple[LongRun, ...] = (
    *(LongRun(name, FOOTAGE_SEEDS, run) for name, run in footage_faults.FAULTS.items()),
    *(LongRun(name, FUZZ_SEEDS, run) for name, run in FUZZ_FAULTS.items()),
    LongRun("all at once", ALL_AT_ONCE_SEEDS, all_at_once.run_seed),
    LongRun("half-open", 2, slow_runs.half_open_until_noticed),
    LongRun("deaf listeners", 1, slow_runs.deaf_until_dropped),
    LongRun("replay frames", 1, lambda folder, _rng: replay_frames(folder, REPLAYED)),
)
