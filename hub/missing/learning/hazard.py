"""S(t) for each risk: the odds that a silence of a parcel that is not lost lasts longer. Pure.

A discrete-time hazard (Cox 1972; Allison 1982): in each step of time, how many of the silences that
still last end in it. All lanes are pooled; the risk moves the curve, more at one time than at
another. What has not ended yet counts for as long as it has lasted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub.missing.learning.glm import hats, logistic, neighbours, solve, warp
from hub.missing.learning.score import RISK_MAX, RISK_MIN
from hub.missing.learning.silences import Floats, Ints, Silences

GRID_H = np.array(
    [-24, -12, -8, -6, -5, -4, -3, -2, -1.5, -1, -0.5]
    + [step / 2 for step in range(6)]
    + list(range(3, 30))
    + list(range(30, 60, 2))
    + list(range(60, 96, 4))
    + [96, 102, 110, 120, 132, 144, 156, 168, 192, 216, 240]
    + [260 * 1.07**step for step in range(14)]
    + [671 * 1.06**step for step in range(46)]
    + [9_600],
    dtype=np.float64,
)
"""Hours late at which a step of time ends; a day has one each hour, for flights go daily."""
BEFORE_H = 12.0
"""What lies before the first step counts as so long."""
EDGES_H = np.append(GRID_H[0] - BEFORE_H, GRID_H)
"""Where steps begin and end: step n lasts from edge n to edge n + 1."""
_TIME_KNOTS_H = (-24, -8, -4, -2, -0.5, 0, 0.5, 1, 2, 4, 8, 12, 16, 20, 23, 26, 32, 48, 72, 120,
                 300, 1_000, 9_500)  # fmt: skip
_RISK_KNOTS_H = (-24, 0, 6, 30, 300, 9_500)
RISK_STEP = 0.02
"""Risks that differ by less count as one, a fiftieth more or fewer hours."""
RISK_STEPS = round((RISK_MAX - RISK_MIN) / RISK_STEP) + 1
SMOOTH_TIME, SMOOTH_RISK = 2.5, 5.0
RIDGE_TIME, RIDGE_RISK = 1e-3, 2.0
START = -3.0


@dataclass(frozen=True)
class Hazard:
    """Curves by risk and kind."""

    means: Floats
    spreads: Floats
    effects: Floats

    def survival(self, risk: Floats, kind: Ints, steadiness: float = 1.0) -> Floats:
        """One row a silence: S at the end of each step of ``GRID_H``.

        ``steadiness``: what is left of each risk's distance from their mean.
        """
        told = (_told(risk, kind, len(self.means) - 1) - self.means) / self.spreads
        told[:, 0] *= steadiness
        near, apart = _near(_TIME_KNOTS_H), _near(_RISK_KNOTS_H)
        eta = near @ self.effects[: near.shape[1]] + _lengths()
        moved = self.effects[near.shape[1] :].reshape(told.shape[1], apart.shape[1]) @ apart.T
        ends, _ = logistic(np.clip(eta[None, :] + told @ moved, -30.0, 30.0))
        return np.asarray(np.cumprod(1.0 - ends, axis=1))


def learn_hazard(silences: Silences, risk: Floats, kinds: int) -> Hazard:
    """Learn the curves.

    Args:
        silences: the past, open ones too.
        risk: of each, by a score that has not learned from it.
        kinds: how many kinds of silence there are.
    """
    told = _told(risk, silences.kind, kinds - 1)
    means, spreads = told.mean(axis=0), told.std(axis=0) + 1e-9
    alike, step, cases, ends = _counted(silences, risk, kinds)
    rounded = np.asarray(alike % RISK_STEPS * RISK_STEP + RISK_MIN, dtype=np.float64)
    told = (_told(rounded, alike // RISK_STEPS, kinds - 1) - means) / spreads
    near, apart = _near(_TIME_KNOTS_H), _near(_RISK_KNOTS_H)
    design = np.hstack(
        [near[step], *(apart[step] * told[:, each, None] for each in range(told.shape[1]))]
    )
    start = np.zeros(design.shape[1])
    start[: near.shape[1]] = START
    penalty = _penalty(near.shape[1], apart.shape[1], told.shape[1])
    effects = solve(design, ends, _lengths()[step], penalty, logistic, start, cases)
    return Hazard(means, spreads, effects)


def _counted(silences: Silences, risk: Floats, kinds: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Of silences alike in kind and risk, by step: how many still lasted, and how many ended in it.

    So what is worked on does not grow with the past. Alike are those whose risks round to the same.
    """
    alike = silences.kind * RISK_STEPS + np.rint((risk - RISK_MIN) / RISK_STEP).astype(np.int64)
    last = np.minimum(np.searchsorted(GRID_H, silences.late_h, "left"), len(GRID_H))
    shape = (kinds * RISK_STEPS, len(GRID_H) + 1)
    place = alike * shape[1] + last
    gone = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    ended = np.bincount(place, ~silences.is_open, shape[0] * shape[1]).reshape(shape)
    lasted = gone[:, ::-1].cumsum(axis=1)[:, ::-1]
    row, step = (each.astype(np.int64) for each in np.nonzero(lasted[:, : len(GRID_H)]))
    return row, step, lasted[row, step].astype(np.float64), ended[row, step].astype(np.float64)


def _told(risk: Floats, kind: Ints, more_kinds: int) -> Floats:
    of_kind = [(kind == each).astype(float) for each in range(1, more_kinds + 1)]
    return np.stack([risk, *of_kind], axis=1)


def _near(knots_h: Sequence[float]) -> Floats:
    """How near each step of time is to each knot."""
    return hats(warp(GRID_H), warp(np.array(knots_h, dtype=np.float64)))


def _lengths() -> Floats:
    """How long each step is, on the scale on which hours far out count less, as a logarithm.

    Where the past says nothing a curve so goes on as a Pareto's: ten times the hours leave always
    the same share. An exponential one would be sure of a loss after the longest silence seen.
    """
    return np.log(np.diff(warp(EDGES_H)))


def _penalty(time: int, risk: int, parts: int) -> Floats:
    size = time + parts * risk
    penalty = np.zeros((size, size))
    penalty[:time, :time] = SMOOTH_TIME * neighbours(time) + RIDGE_TIME * np.eye(time)
    for part in range(parts):
        at = time + part * risk
        block = RIDGE_RISK * (SMOOTH_RISK * neighbours(risk) + np.eye(risk))
        penalty[at : at + risk, at : at + risk] = block
    return penalty
