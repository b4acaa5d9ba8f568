"""Simulated site-days in each test run: those that once went wrong, and one that was never lived.

The long version is ``make simulate``.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.simulation.day import Kinds, run_day
from tests.simulation.many import CRITICAL
from tests.simulation.mutants import CREDULOUS, MUTANTS, credulous_hub
from tests.simulation.template import remove_template

REGRESSIONS = Path(__file__).parent / "regressions.txt"
SEEDS_MAX = 6
"""A mutant that so many days let live is one that nobody would find."""
KNOWN = 1


def regressions() -> list[int]:
    """The seeds of the file."""
    lines = (line.partition("#")[0].split() for line in REGRESSIONS.read_text().splitlines())
    return [int(words[0]) for words in lines if words]


@pytest.fixture(scope="module", autouse=True)
def _house() -> Iterator[None]:
    kept = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    yield
    structlog.configure(**kept)
    remove_template()


@pytest.mark.parametrize("seed", regressions())
def test_a_day_that_once_went_wrong_goes_well(seed: int) -> None:
    run_day(seed)


def test_a_day_that_was_never_lived_before_goes_well() -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    report = run_day(seed)
    print(f"{report.scans} scans, {report.faults.total()} faults: {dict(report.faults)}")
    assert report.scans > 100
    assert report.faults.total() > 10


def test_a_seed_is_one_history_whatever_the_program_hashes_by() -> None:
    told = run_day(KNOWN)
    code = f"from tests.simulation.many import begin, live; begin(); print(live({KNOWN})['trace'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [told.trace]


def died(kinds: Kinds, seeds: int = SEEDS_MAX) -> AssertionError | None:
    """What the first day that noticed says."""
    for seed in range(1, seeds + 1):
        try:
            run_day(seed, kinds)
        except AssertionError as error:
            print(f"seed {seed}: {error}")
            return error
    return None


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_found(name: str) -> None:
    assert died(MUTANTS[name]) is not None


def test_a_hub_that_follows_no_chain_is_found() -> None:
    with credulous_hub():
        assert died(CREDULOUS) is not None
