"""SIGKILL of a process that records, 1,000 times: what it said was recorded is there (P1).

kill -9 alone cannot lose what the kernel holds (facts: test costs), so the mutant that
acknowledges before the commit is killed at a fail-point between the two: it must be caught.
"""

import random
from pathlib import Path

import pytest

from tests.faults.lives import SCANS_PER_LIFE_MAX, lives
from tests.faults.spooling import waybills

KILLS = 1_000
MUTANT_KILLS = 20


def _waybills_of(numbers: list[int]) -> set[str]:
    return {f"{755000000000 + number}" for number in numbers}


@pytest.mark.timeout(180)
def test_a_thousand_kills_lose_no_acknowledged_scan(tmp_path: Path) -> None:
    rng = random.Random(20261122)
    first, promised, kills = 0, list[int](), 0
    path = tmp_path / "spool.sqlite"
    with lives() as live:
        for kill in range(KILLS):
            acks = rng.randrange(1, 8)
            told = live("honest", path, first, acks)
            assert len(told) >= acks
            promised += told
            first += SCANS_PER_LIFE_MAX
            kills += 1
            if kill % 100 == 99:
                kept = waybills(path)
                assert _waybills_of(promised) <= set(kept)
                assert len(set(kept)) == len(kept)
                path = tmp_path / f"spool-{kill}.sqlite"
                promised = []
    assert kills == KILLS


def test_a_mutant_that_acknowledges_before_the_commit_is_caught(tmp_path: Path) -> None:
    caught = 0
    with lives() as live:
        for kill in range(MUTANT_KILLS):
            path = tmp_path / f"{kill}.sqlite"
            promised = _waybills_of(live("too early", path, 0, SCANS_PER_LIFE_MAX))
            caught += not promised <= set(waybills(path))
    print(f"the mutant lost a promised scan in {caught} of {MUTANT_KILLS} kills")
    assert caught == MUTANT_KILLS
