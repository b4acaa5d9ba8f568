"""Everything that can fail, at once; ``make faults`` does it for longer and with more seeds."""

import random
from pathlib import Path

import pytest

from tests.faults.all_at_once import LONG, SHORT, draw, run_seed

SEED = 1


@pytest.mark.timeout(240)
def test_everything_at_once_loses_doubles_and_reorders_nothing(tmp_path: Path) -> None:
    print("seed", SEED, run_seed(tmp_path, random.Random(SEED), SHORT))


def test_a_seed_draws_the_same_turns_again_and_another_one_others() -> None:
    targets = {name: {"kill": lambda _rng: None, "stop": lambda _rng: None} for name in "abc"}
    first, again, other = (draw(random.Random(n), targets, LONG) for n in (1, 1, 2))
    assert first == again != other
    assert {turn.target for turn in first} == set(targets)
    assert all(turn.at_s + turn.for_s <= LONG.span_s + 0.01 for turn in first)
