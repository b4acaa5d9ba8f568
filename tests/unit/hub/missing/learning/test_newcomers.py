"""What is said of a lane that nobody has seen before: as much as is true of such lanes."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hub.missing.learning.model import Model, learn_model, survival_at
from hub.missing.learning.silences import Recipe, Silences

LANES = 400
RECIPE = Recipe(("all", "lane"), (10.0, 10.0), {"plan_h": (0, 5, 10)}, frozenset(), 48.0)
HOURS = (2.0, 6.0, 12.0, 24.0)


def silences(seed: int, first: int, count: int = 12_000) -> Silences:
    """Two a parcel, in ``LANES`` lanes from ``first`` on, which are late unlike often and long."""
    lanes = np.random.default_rng(99)
    share, slow_h = lanes.beta(0.5, 2, 2 * LANES), lanes.exponential(10, 2 * LANES)
    rng = np.random.default_rng(seed)
    lane = first + rng.integers(LANES, size=count)
    late_h = rng.exponential(0.2, count)
    late_h += np.where(rng.random(count) < share[lane], rng.exponential(slow_h[lane]), 0)
    nothing = np.zeros(count, dtype=np.int64)
    return Silences(
        parcel=np.arange(count) // 2,
        group=np.arange(count) // 4,
        hours=late_h,
        plan_h=np.zeros(count),
        is_open=nothing.astype(np.bool_),
        kind=nothing,
        keys={"all": nothing, "lane": lane},
        figures={"plan_h": np.zeros(count)},
    )


@cache
def learned(newcomer: str) -> Model:
    recipe = replace(RECIPE, newcomer=newcomer)
    return learn_model(silences(1, first=0, count=8_000), recipe, 1, [5], seed=1)


def told_over_true(newcomer: str, coming: Silences) -> list[float]:
    model = learned(newcomer)
    survival = model.survival(coming)
    told = [survival_at(coming, survival, hours).mean() for hours in HOURS]
    true = [(coming.hours > hours).mean() for hours in HOURS]
    return [one / other for one, other in zip(told, true, strict=True)]


@pytest.mark.parametrize("first", [0, LANES], ids=["known", "new"])
def test_as_many_outlast_an_hour_as_were_said_to(first: int) -> None:
    assert told_over_true("lane", silences(2, first)) == pytest.approx([1.0] * 4, rel=0.15)


def test_without_lanes_held_back_a_new_one_is_taken_for_one_that_is_known_to_be_middling() -> None:
    ratios = told_over_true("", silences(2, LANES))
    assert max(ratios) - min(ratios) > 0.3
