"""What past silences teach: lanes, risk, curves, deadlines; and what a budget allows."""

from dataclasses import replace

import numpy as np
import pytest

from hub.missing.learning.deadlines import PRICES_H, alarmed, price_for, wait_h
from hub.missing.learning.glm import hats, logistic, neighbours, poisson, solve
from hub.missing.learning.hazard import GRID_H, learn_hazard
from hub.missing.learning.lanes import learn_lanes
from hub.missing.learning.model import learn_model
from hub.missing.learning.score import RISK_MAX, RISK_MIN, _design, learn_score
from hub.missing.learning.silences import Recipe, Silences, folds_of

RECIPE = Recipe(
    keys=("all", "lane"),
    weights=(10.0, 10.0),
    knots={"plan_h": (0, 5, 10)},
    by_kind=frozenset({"plan_h"}),
    clip_h=48.0,
)
LANES = 20


def silences(seed: int, count: int, late_share: float = 0.2) -> Silences:
    """Two a parcel; the second half of the lanes is late by hours now and then."""
    rng = np.random.default_rng(seed)
    lane = rng.integers(LANES, size=count)
    plan_h = rng.uniform(0, 10, count)
    late_h = rng.exponential(0.2, count)
    is_bad = (lane >= LANES // 2) & (rng.random(count) < late_share)
    late_h += np.where(is_bad, rng.exponential(20, count), 0)
    return Silences(
        parcel=np.arange(count) // 2,
        group=np.arange(count) // 4,
        hours=plan_h + late_h,
        plan_h=plan_h,
        is_open=np.zeros(count, dtype=np.bool_),
        kind=np.zeros(count, dtype=np.int64),
        keys={"all": np.zeros(count, dtype=np.int64), "lane": lane},
        figures={"plan_h": plan_h},
    )


def test_between_two_knots_an_effect_is_a_straight_line_and_beyond_them_it_stays() -> None:
    near = hats(np.array([-3.0, 0.0, 2.5, 5.0, 10.0, 99.0]), (0, 5, 10))
    assert near.tolist() == [
        [1, 0, 0],
        [1, 0, 0],
        [0.5, 0.5, 0],
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 1],
    ]


@pytest.mark.parametrize(("link", "truth"), [(logistic, (-1.0, 0.5)), (poisson, (0.3, 0.2))])
def test_the_coefficients_that_made_the_data_are_found(link, truth) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    design = np.stack([np.ones(20_000), rng.normal(size=20_000)], axis=1)
    mean, _ = link(design @ np.array(truth))
    seen = rng.poisson(mean) if link is poisson else (rng.random(20_000) < mean)
    nothing = np.zeros(20_000)
    found = solve(design, seen.astype(float), nothing, 1e-6 * np.eye(2), link, np.zeros(2))
    assert found == pytest.approx(truth, abs=0.06)
    held = solve(design, seen.astype(float), nothing, 1e9 * np.eye(2), link, np.zeros(2))
    assert np.abs(held).max() < 1e-3


def test_neighbours_cost_what_they_differ_by() -> None:
    penalty = neighbours(3)
    assert np.array([1, 1, 1]) @ penalty @ np.array([1, 1, 1]) == 0
    assert np.array([0, 1, 3]) @ penalty @ np.array([0, 1, 3]) == 5


def test_a_lane_is_believed_the_more_the_more_it_has_seen() -> None:
    past = silences(1, 4_000)
    lanes = learn_lanes(past, RECIPE)
    late = lanes.usual_h(past)
    good, bad = late[past.keys["lane"] < LANES // 2], late[past.keys["lane"] >= LANES // 2]
    assert good.max() < bad.min()
    new = past.where(np.arange(len(past)) < 1)
    new.keys["lane"][:] = 99
    assert lanes.usual_h(new)[0] == pytest.approx(lanes.mean_h)


def test_a_silence_is_not_judged_by_its_own_group() -> None:
    past = silences(1, 4_000)
    alone = past.keys["lane"].copy()
    alone[:4] = 50  # the only silences of their lane are of one group
    past.keys["lane"][:] = alone
    lanes = learn_lanes(past, RECIPE)
    without = lanes.usual_without_own_h(past)
    others = past.where(np.arange(len(past)) >= 4)
    expected = learn_lanes(others, RECIPE)
    assert without[:4] == pytest.approx(
        np.full(4, expected.levels[0].sums[0] / len(others)), rel=0.1
    )


def test_a_risk_read_off_lines_is_the_one_that_was_learned() -> None:
    past = silences(1, 3_000)
    kind = (np.arange(3_000) % 3).astype(np.int64)
    past = replace(past, kind=kind)
    score = learn_score(past, RECIPE, 3)
    learned = _design(past, score.lanes.usual_h(past), RECIPE, 3) @ score.effects
    assert score.risk(past) == pytest.approx(np.clip(learned, RISK_MIN, RISK_MAX))


def test_curves_fall_and_higher_risk_lies_above() -> None:
    past = silences(1, 6_000)
    score = learn_score(past, RECIPE, 1)
    risk = score.risk(past)
    curves = learn_hazard(past, risk, 1)
    low, high = np.quantile(risk, [0.1, 0.9])
    survival = curves.survival(np.array([low, high]), np.zeros(2, dtype=np.int64))
    assert (np.diff(survival, axis=1) <= 0).all()
    assert survival.min() >= 0
    assert survival.max() <= 1
    four = int(np.searchsorted(GRID_H, 4))
    assert survival[1, four] > 3 * survival[0, four]
    is_bad = risk >= high
    assert survival[1, four] == pytest.approx((past.late_h[is_bad] > 4).mean(), rel=0.3)


def test_what_has_not_ended_counts_for_as_long_as_it_has_lasted() -> None:
    whole = silences(1, 6_000)
    cut_h = 2.0
    is_cut = whole.late_h > cut_h
    hours = np.where(is_cut, whole.plan_h + cut_h, whole.hours)
    past = Silences(
        whole.parcel, whole.group, hours, whole.plan_h, is_cut, whole.kind, whole.keys,
        whole.figures,
    )  # fmt: skip
    risk = np.zeros(len(past))
    kind = np.zeros(1, dtype=np.int64)
    open_, ended = (
        learn_hazard(each, risk, 1).survival(np.zeros(1), kind)[0] for each in (past, whole)
    )
    one = int(np.searchsorted(GRID_H, 1))
    assert open_[one] == pytest.approx(ended[one], rel=0.1)
    assert open_[np.searchsorted(GRID_H, 30)] > 0


def test_a_flat_curve_is_not_waited_for_and_a_dearer_alarm_waits_longer() -> None:
    flat = np.where(GRID_H < 1, 1.0, np.where(GRID_H < 24, 0.01, 0.001))[None, :]
    assert wait_h(flat, 100.0)[0] == 1.0
    assert wait_h(flat, 1e5)[0] == 24.0
    waits = [wait_h(flat, float(price))[0] for price in PRICES_H]
    assert waits == sorted(waits)
    assert wait_h(np.zeros((1, len(GRID_H))), 30.0)[0] == GRID_H[0]


def test_a_price_keeps_the_budget_of_parcels_that_the_model_has_not_seen() -> None:
    past, coming = silences(1, 8_000), silences(2, 8_000)
    model = learn_model(past, RECIPE, 1, (5, 20), seed=1)
    for budget in (5, 20):
        due_h = model.deadlines(coming, budget)
        false = 1_000 * alarmed(coming.parcel, coming.hours, due_h) / (len(coming) / 2)
        assert false < 2 * budget
        assert false > budget / 4
    strict, loose = (model.deadlines(coming, budget) for budget in (5, 20))
    assert strict.mean() > loose.mean()
    is_good = coming.keys["lane"] < LANES // 2
    waits = strict - coming.plan_h
    assert waits[is_good].mean() < waits[~is_good].mean() / 2


def test_too_few_parcels_for_a_budget_get_the_most_careful_price() -> None:
    few = silences(1, 40)
    assert price_for(few.parcel, few.hours, lambda _: [few.hours], 1) == PRICES_H[-1]


def test_a_group_is_in_one_fold() -> None:
    group = np.repeat(np.arange(50), 3)
    part = folds_of(group, seed=1)
    assert all(len(set(part[group == each])) == 1 for each in range(50))
    assert np.bincount(part).tolist() == [30] * 5
