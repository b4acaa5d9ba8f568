"""SIGKILL of a process that records, 1,000 times: what it said was recorded is there (P1).

kill -9 alone cannot lose what the kernel holds (facts: test costs), so the mutant that
acknowledges before the commit is killed at a fail-point between the two: it must be caught.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.failpoints import Action, FailPoint
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from tests.faults.footage_faults import Figures
from tests.faults.hub_rounds import hits_in
from tests.faults.lives import SCANS_PER_LIFE_MAX, Live, lives
from tests.faults.spooling import SPOOL_ID, body_hash, waybills

KILLS = 1_000
MUTANT_KILLS = 20
LOSS = (FailPoint.BEFORE_LOSS, FailPoint.AFTER_LOSS)
CHANGE_OVER = (FailPoint.BEFORE_CHANGE_OVER, FailPoint.AFTER_CHANGE_OVER)


def _waybills_of(numbers: list[int]) -> set[str]:
    return {f"{755000000000 + number}" for number in numbers}


def kill_recorders(folder: Path, rng: random.Random, kills: int) -> dict[str, float]:
    """So many lives of the honest recorder, and some of the mutant; what either had promised."""
    first, promised, told_of = 0, list[int](), 0
    path = folder / "spool.sqlite"
    with lives() as live:
        for kill in range(kills):
            acks = rng.randrange(1, 8)
            told = live("honest", path, first, acks)
            assert len(told) >= acks
            promised += told
            told_of += len(told)
            first += SCANS_PER_LIFE_MAX
            if kill % 100 == 99:
                kept = waybills(path)
                assert _waybills_of(promised) <= set(kept)
                assert len(set(kept)) == len(kept)
                path = folder / f"spool-{kill}.sqlite"
                promised = []
        caught = sum(_is_caught(live, folder / f"early-{n}.sqlite") for n in range(MUTANT_KILLS))
    assert caught == MUTANT_KILLS
    return {"kills": kills, "promised": told_of, "mutants_caught": caught}


def _is_caught(live: Live, path: Path) -> bool:
    promised = _waybills_of(live("too early", path, 0, SCANS_PER_LIFE_MAX))
    return not promised <= set(waybills(path))


def change_over(folder: Path, rng: random.Random, lives_of_each: int) -> Figures:
    """Kills and failures at both ends of a change-over; whoever comes next goes on from it."""
    path, log = folder / "spools.sqlite", folder / "lives.log"
    first, promised = 0, list[int]()
    places = [(point, action) for point in CHANGE_OVER for action in Action] * lives_of_each
    rng.shuffle(places)
    with lives(log) as live:
        for point, action in places:
            armed = f"{point}:{rng.randrange(1, 5)}:{action}"
            promised += live("changing over", path, first, SCANS_PER_LIFE_MAX, armed)
            first += SCANS_PER_LIFE_MAX
            kept = waybills(path)
            assert _waybills_of(promised) <= set(kept), armed
            assert len(set(kept)) == len(kept), armed
    hits = hits_in(log)
    assert hits == dict.fromkeys(CHANGE_OVER, 2 * lives_of_each)
    return {"promised": len(promised), "hits": dict(hits)}


def lose(folder: Path, rng: random.Random, lives_of_each: int) -> Figures:
    """Kills and failures at both ends of noting what a restored hub needs again."""
    log = folder / "losses.log"
    places = [(point, action) for point in LOSS for action in Action] * lives_of_each
    rng.shuffle(places)
    owed_in_all = 0
    with lives(log) as live:
        for n, (point, action) in enumerate(places):
            path = folder / f"losses-{n}.sqlite"
            armed = f"{point}:{rng.randrange(1, 5)}:{action}"
            noted = live("restored hub", path, 0, SCANS_PER_LIFE_MAX, armed)
            Spool(path, SPOOL_ID).close()
            reader = SpoolReader(path)
            waiting = set(reader.bodies(1_000, 1_000_000))
            reader.close()
            owed = {body_hash(number) for number in range(max(noted, default=-1) + 1)}
            assert owed <= waiting, armed
            owed_in_all += len(owed)
    hits = hits_in(log)
    assert hits == dict.fromkeys(LOSS, 2 * lives_of_each)
    return {"owed": owed_in_all, "hits": dict(hits)}


def test_a_fault_while_a_restored_hub_is_noted_forgets_nothing_that_it_needs(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = lose(tmp_path, random.Random(20261123), 2)
    print(figures)
    assert figures["owed"] > 0
    record_property("fail_point_hits", figures["hits"])


def test_a_fault_at_a_change_over_loses_and_doubles_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = change_over(tmp_path, random.Random(20261123), 2)
    print(figures)
    record_property("fail_point_hits", figures["hits"])


@pytest.mark.timeout(180)
def test_a_thousand_kills_lose_no_acknowledged_scan_and_catch_who_acknowledges_too_early(
    tmp_path: Path,
) -> None:
    figures = kill_recorders(tmp_path, random.Random(20261122), KILLS)
    print(figures)
    assert figures["kills"] == KILLS
