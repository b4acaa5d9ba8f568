"""Generalised linear models with penalties, by Newton's method. Pure.

Source: McCullagh and Nelder, Generalized Linear Models (1989), chapter 2; Eilers and Marx, Flexible
smoothing with B-splines and penalties (1996), for the penalty on neighbours.
"""

from collections.abc import Callable, Sequence

import numpy as np

from hub.missing.learning.silences import Floats

ITERATIONS_MAX = 25
STEP_MAX = 2.0
"""No coefficient moves further in one iteration: far from its end Newton's method leaps too far."""
STEP_MIN = 1e-3
"""Below this the coefficients stand."""
ETA_MAX = 30.0
ROWS_AT_ONCE = 16_384
_SPREAD_MIN = 1e-9

Link = Callable[[Floats], tuple[Floats, Floats]]
"""From the linear predictor to the mean and its variance."""


def logistic(eta: Floats) -> tuple[Floats, Floats]:
    """Of what happens or does not."""
    mean = 1.0 / (1.0 + np.exp(-eta))
    return mean, mean * (1.0 - mean)


def poisson(eta: Floats) -> tuple[Floats, Floats]:
    """Of amounts from nought on whose spread grows with their mean."""
    mean = np.exp(eta)
    return mean, mean


def solve(
    design: Floats,
    target: Floats,
    offset: Floats,
    penalty: Floats,
    link: Link,
    start: Floats,
    cases: Floats | float = 1.0,
) -> Floats:
    """The coefficients that make ``target`` likeliest, less half of b' P b.

    Args:
        design: one row an observation, one column a coefficient.
        target: what was seen, summed up over the row's cases.
        offset: is added to each row's predictor.
        penalty: P, symmetric.
        link: of the family.
        start: the coefficients to begin with.
        cases: how many alike observations each row stands for.
    """
    found, many = start, np.broadcast_to(np.asarray(cases, dtype=np.float64), len(design))
    for _ in range(ITERATIONS_MAX):
        eta = np.clip(design @ found + offset, -ETA_MAX, ETA_MAX)
        mean, spread = link(eta)
        slope = design.T @ (target - many * mean) - penalty @ found
        curve = _squares(design, many * (spread + _SPREAD_MIN)) + penalty
        step = np.clip(np.linalg.solve(curve, slope), -STEP_MAX, STEP_MAX)
        found = found + step
        if np.abs(step).max() < STEP_MIN:
            break
    return found


def _squares(design: Floats, weight: Floats) -> Floats:
    """D' W D, some rows at a time: a past of a year would not stand in memory twice."""
    size = design.shape[1]
    found = np.zeros((size, size))
    for begin in range(0, len(design), ROWS_AT_ONCE):
        some = slice(begin, begin + ROWS_AT_ONCE)
        found += (design[some] * weight[some, None]).T @ design[some]
    return found


def hats(values: Floats, knots: Sequence[float] | Floats) -> Floats:
    """How near each value is to each knot, 0 to 1: a straight line between any two neighbours."""
    at = np.asarray(knots, dtype=np.float64)
    inside = np.clip(values, at[0], at[-1])
    left = np.clip(np.searchsorted(at, inside, "right") - 1, 0, len(at) - 2)
    share = (inside - at[left]) / (at[left + 1] - at[left])
    found = np.zeros((len(values), len(at)))
    rows = np.arange(len(values))
    found[rows, left] = 1.0 - share
    found[rows, left + 1] = share
    return found


def neighbours(count: int) -> Floats:
    """A penalty on differing from the next one."""
    steps = np.diff(np.eye(count), axis=0)
    return np.asarray(steps.T @ steps)


def warp(hours: Floats) -> Floats:
    """Hours on a scale on which an hour counts less the more there are."""
    return np.asarray(np.sign(hours) * np.log1p(np.abs(hours)))
