"""A lane that opened after the hub learned its model is judged as such lanes are."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from msgspec.structs import replace

from hub.missing.learning.fitting import fit
from hub.missing.learning.rows import rows_of
from hub.missing.rules.figures import Calendar
from hub.missing.rules.learned_scorer import LearnedScorer, LoadedModel
from hub.missing.rules.past import Ending, PastSilence
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.scoring import Silence
from hub.missing.rules.tables import EVERY, Tables
from tests.small_models import HOUR, tables, underneath

LANES = 40
KNOWN, NEW = range(LANES), range(LANES, 2 * LANES)
DAYS = 14
SLOW_EVERY = 10
"""Of ten lanes nine are always on time, and one is always six hours late, and more."""
ON_TIME_H, SLOW_H, SLOWER_H = 0.3, 6.0, 2.0
BEGIN = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOURS = np.array([1.0, 3.0, 5.0, 8.0])
SEEDS = (1, 2, 3)


def arrival(lane: int, at: datetime) -> Silence:
    by = at + 3 * HOUR
    stop = Stop("755W", Phase.IN, by, by, origin=f"{lane:03d}A", reach_h=4)
    return Silence((stop,), 4, rests_on_holidays=False, lead_h=3)


def late_h(lane: int, rng: np.random.Generator) -> float:
    is_slow = lane % SLOW_EVERY == 0
    return SLOW_H + rng.exponential(SLOWER_H) if is_slow else rng.exponential(ON_TIME_H)


def past(seed: int, lanes: range) -> list[PastSilence]:
    """Two parcels a day in each lane."""
    rng = np.random.default_rng(seed)
    found = []
    for nth in range(2 * DAYS * len(lanes)):
        lane, since = lanes[nth % len(lanes)], BEGIN + timedelta(days=nth // len(lanes) // 2)
        silence, late = arrival(lane, since), timedelta(hours=late_h(lane, rng))
        until = silence.stops[0].by + late
        found.append(PastSilence(str(nth), silence, since, until, Ending.EXPECTED, 0, late))
    return found


def calendar() -> Calendar:
    return Calendar(lambda _site: UTC, lambda _day: False)


@cache
def learned(seed: int) -> Tables:
    rows = rows_of(past(seed, KNOWN), calendar())
    assert rows is not None
    found = fit(rows, seed)
    return tables(
        kinds=found.kinds, newcomers=found.newcomers, usual=found.usual, elsewhere={EVERY: 0.0}
    )


def told(model: Tables, lanes: range) -> np.ndarray:
    """S of a silence in each lane, so many hours after its plan."""
    scorer = LearnedScorer(LoadedModel(model, calendar()), underneath())
    odds = scorer.survival([arrival(lane, BEGIN) for lane in lanes], steady=False)
    return odds[:, np.isin(scorer.steps_h, HOURS)]


def was(lanes: range) -> np.ndarray:
    """Which share of them was later than that."""
    rng = np.random.default_rng(99)
    came = np.array([[late_h(lane, rng) for _ in range(200)] for lane in lanes])
    return (came[..., None] > HOURS).mean(axis=(0, 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_of_new_lanes_as_many_scans_are_late_as_was_said(seed: int) -> None:
    assert told(learned(seed), NEW).mean(axis=0) == pytest.approx(was(NEW), abs=0.03)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_lanes_dropped_in_training_it_is_sure_of_a_loss_too_early(seed: int) -> None:
    said = told(replace(learned(seed), newcomers={}), NEW).mean(axis=0)
    assert (said[HOURS >= 5] < 0.5 * was(NEW)[HOURS >= 5]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_known_lane_is_judged_by_its_own_past_alone(seed: int) -> None:
    model = learned(seed)
    odds = told(model, KNOWN)
    assert (odds == told(replace(model, newcomers={}), KNOWN)).all()
    is_slow = np.array([lane % SLOW_EVERY == 0 for lane in KNOWN])
    at_5h = odds[:, HOURS == 5]
    assert at_5h[is_slow].min() > 0.8
    assert at_5h[~is_slow].max() < 0.02


def test_a_past_of_one_day_at_one_site_is_learned_from_all_the_same() -> None:
    """Nothing of it can be judged by what did not see it."""
    rows = rows_of(past(1, KNOWN)[:LANES], calendar())
    assert rows is not None
    found = fit(rows, seed=1)
    assert found.kinds.keys() == found.newcomers.keys() == {"in-4h:*"}
