"""The table of the long fault runs: who has found one more way to break the house adds a row.

A run gets a folder of its own and a seeded random; what it returns are its figures (counts are
added up over the seeds, and so are those one level below; of what has a unit the largest is told),
and what it raises is a failure.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.heartbeat import Role
from tests.faults import all_at_once, footage_faults, slow_runs
from tests.faults.edge_rounds import play_edge_rounds
from tests.faults.fuzz_targets import FUZZ_FAULTS
from tests.faults.house_rounds import hang, play_house
from tests.faults.hub_rounds import play_rounds
from tests.faults.test_hub_power_cuts import cut_the_hub
from tests.faults.test_spool_kills import change_over, kill_recorders, lose
from tests.faults.test_spool_power_cuts import cut_the_spool
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
    LongRun("spool kills", 10, lambda folder, rng: kill_recorders(folder, rng, 1_000)),
    LongRun("change-over", 10, lambda folder, rng: change_over(folder, rng, 25)),
    LongRun("losses", 10, lambda folder, rng: lose(folder, rng, 25)),
    LongRun("hub faults", 25, lambda folder, rng: play_rounds(folder, rng, 1)),
    LongRun("edge kills", 17, lambda folder, rng: play_edge_rounds(folder, rng, 30)),
    LongRun("house", 20, play_house),
    LongRun("hung ingest and web", 1, lambda folder, _rng: hang(folder, (Role.INGEST, Role.WEB))),
    LongRun("hung clock and signer", 1, lambda at, _rng: hang(at, (Role.CLOCK, Role.SIGNER))),
    LongRun("spool power cuts", 10, cut_the_spool),
    LongRun("hub power cuts", 10, cut_the_hub),
    LongRun("all at once", ALL_AT_ONCE_SEEDS, all_at_once.run_seed),
    LongRun("closed wire", 5, slow_runs.closed_wire_fails),
    LongRun("half-open", 2, slow_runs.half_open_until_noticed),
    LongRun("deaf listeners", 1, slow_runs.deaf_until_dropped),
    LongRun("replay frames", 1, lambda folder, _rng: replay_frames(folder, REPLAYED)),
)
