"""One figure for each silence: how late such a one may be expected to end. Pure.

A Poisson model of the hours late: the usual lateness of its lane, and what the recipe's figures add
to that. Only the order of silences matters here; the hours come from ``hazard``.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hub.missing.learning.glm import hats, neighbours, poisson, solve
from hub.missing.learning.lanes import Lanes, clipped_late_h, learn_lanes
from hub.missing.learning.silences import Floats, Recipe, Silences

SMOOTH = 100.0
"""How much it costs to differ from the next knot, in silences as late as the mean."""
RIDGE = 5.0
"""How much any effect costs, likewise."""
FREE = 1e-3
"""What the mean, and the usual lateness of the lane, cost: next to nothing."""
USUAL_MIN_H = 0.01
RISK_MIN, RISK_MAX = -4.6, 6.0
"""A hundredth of an hour and four hundred hours, as logarithms."""


@dataclass(frozen=True)
class Score:
    """Gives each silence its risk: the logarithm of the hours late that may be expected."""

    lanes: Lanes
    kinds: int
    effects: Floats

    def risk(self, silences: Silences) -> Floats:
        """From ``RISK_MIN`` to ``RISK_MAX``."""
        usual = np.log(np.maximum(self.lanes.usual_h(silences), USUAL_MIN_H))
        risk = np.zeros(len(silences))
        for kind, lines in enumerate(self.lines):
            rows = np.flatnonzero(silences.kind == kind)
            if len(rows):
                risk[rows] = lines.intercept + lines.slope * usual[rows]
                for name, heights in lines.heights.items():
                    knots = self.lanes.recipe.knots[name]
                    risk[rows] += np.interp(silences.figures[name][rows], knots, heights)
        return np.clip(risk, RISK_MIN, RISK_MAX)

    @cached_property
    def lines(self) -> tuple["Lines", ...]:
        """One for each kind."""
        return tuple(_lines(self, kind) for kind in range(self.kinds))


@dataclass(frozen=True)
class Lines:
    """What makes one kind's risk: the same as a row of the design times the effects, but quick.

    ``slope``: of the logarithm of the lane's usual lateness. ``heights``: of each figure's effect
    at its knots.
    """

    intercept: float
    slope: float
    heights: dict[str, Floats]


def _lines(score: Score, kind: int) -> Lines:
    effects, recipe, kinds = score.effects, score.lanes.recipe, score.kinds
    intercept, slope = (
        float(effects[part] + (effects[2 * kind + part] if kind else 0.0)) for part in (0, 1)
    )
    heights, at = {}, 2 * kinds
    for name, knots in recipe.knots.items():
        own = kinds if name in recipe.by_kind else 1
        parts = effects[at : at + own * len(knots)].reshape(own, len(knots))
        heights[name] = parts[0] + (parts[kind] if kind and own > 1 else 0.0)
        at += own * len(knots)
    return Lines(intercept, slope, heights)


def learn_score(silences: Silences, recipe: Recipe, kinds: int) -> Score:
    """Learn lanes and effects; the effects are learned beside lanes that do not know the silence.

    Args:
        silences: the past.
        recipe: what of it is looked at.
        kinds: how many kinds of silence there are.
    """
    lanes = learn_lanes(silences, recipe)
    late_h = clipped_late_h(silences, recipe)
    design = _design(silences, lanes.usual_without_own_h(silences), recipe, kinds)
    start = np.zeros(design.shape[1])
    # Where nothing was ever late there is nothing to weigh the penalty by.
    mean_h = max(float(late_h.mean()), USUAL_MIN_H)
    start[0] = np.log(mean_h)
    penalty = _penalty(recipe, kinds) * mean_h
    nothing = np.zeros(len(silences))
    return Score(lanes, kinds, solve(design, late_h, nothing, penalty, poisson, start))


def _design(silences: Silences, usual_h: Floats, recipe: Recipe, kinds: int) -> Floats:
    usual = np.log(np.maximum(usual_h, USUAL_MIN_H))
    of_kind = [(silences.kind == kind).astype(float) for kind in range(1, kinds)]
    columns = [np.ones(len(silences)), usual]
    columns += [part for each in of_kind for part in (each, each * usual)]
    parts = [np.stack(columns, axis=1)]
    for name, knots in recipe.knots.items():
        near = hats(silences.figures[name], knots)
        parts.append(near)
        if name in recipe.by_kind:
            parts += [near * each[:, None] for each in of_kind]
    return np.hstack(parts)


def _penalty(recipe: Recipe, kinds: int) -> Floats:
    blocks = [np.eye(2 * kinds) * RIDGE]
    blocks[0][:2, :2] = np.eye(2) * FREE
    for name, knots in recipe.knots.items():
        smooth = 0.0 if name in recipe.unordered else SMOOTH
        block = smooth * neighbours(len(knots)) + RIDGE * np.eye(len(knots))
        blocks += [block] * (kinds if name in recipe.by_kind else 1)
    size = sum(len(block) for block in blocks)
    penalty, at = np.zeros((size, size)), 0
    for block in blocks:
        end = at + len(block)
        penalty[at:end, at:end] = block
        at = end
    return penalty
