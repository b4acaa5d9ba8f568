"""From a model's coefficients to the tables that the hub asks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hub.missing.learning.dropout import tell_unseen
from hub.missing.learning.glm import hats
from hub.missing.learning.hazard import EDGES_H, Hazard, learn_hazard
from hub.missing.learning.rows import RECIPE, Rows
from hub.missing.learning.score import RISK_MAX, RISK_MIN, USUAL_MIN_H, Lines, Score, learn_score
from hub.missing.learning.silences import STEADINESS, Floats, Silences, folds_of
from hub.missing.rules.figures import AHEAD_MAX
from hub.missing.rules.scoring import LEAD_H_MAX
from hub.missing.rules.tables import FROM_H, POINTS, RISK_STEP, SLOT_H, Kind
from hub.missing.rules.watch import LATE_H

ALONE_MIN = 300
"""Scans that a pool needs to have a curve of its own."""
_POINTS_H = FROM_H + SLOT_H * np.arange(POINTS)
_DOMAINS: Mapping[str, Sequence[int]] = {
    "hour": range(24),
    "weekday": range(7),
    "rests": range(2),
    "lead_h": range(LEAD_H_MAX + 1),
    "late_h": range(-LATE_H, LATE_H + 1),
    "ahead": range(AHEAD_MAX + 1),
}


@dataclass(frozen=True)
class Fitted:
    """Curves by pool, those of newcomers, and the usual lateness by name (see :class:`Tables`)."""

    kinds: dict[str, Kind]
    newcomers: dict[str, Kind]
    usual: dict[str, float]


def fit(rows: Rows, seed: int) -> Fitted:
    """Learn risks and curves; the curves from risks that have not seen the silence's group."""
    found = Fitted({}, {}, {})
    for family in families_of(rows):
        learned = _fit_family(rows, family, seed)
        found = Fitted(
            found.kinds | learned.kinds,
            found.newcomers | learned.newcomers,
            found.usual | learned.usual,
        )
    return found


def families_of(rows: Rows) -> list[tuple[int, ...]]:
    """Which pools learn together: each alone, but those that are thin with the others of a phase.

    An hour late is much on a short way and little on a long one, so curves differ in shape.
    """
    counts = np.bincount(rows.silences.kind, minlength=len(rows.pools))
    alone = [(pool,) for pool in range(len(rows.pools)) if counts[pool] >= ALONE_MIN]
    thin: dict[str, list[int]] = {}
    for pool in range(len(rows.pools)):
        if counts[pool] < ALONE_MIN:
            phase = rows.pools[pool].partition(":")[0].partition("-")[0]
            thin.setdefault(phase, []).append(pool)
    return alone + [tuple(each) for each in thin.values()]


def _fit_family(rows: Rows, family: tuple[int, ...], seed: int) -> Fitted:
    chosen = np.isin(rows.silences.kind, family)
    mine, kinds = rows.silences.where(chosen), len(family)
    silences = replace(mine, kind=np.searchsorted(family, mine.kind))
    part = folds_of(silences.group, seed)
    every_lane = np.ones(len(silences), dtype=np.bool_)
    _, unseen = tell_unseen(silences, part, every_lane, RECIPE, kinds)
    score = learn_score(silences, RECIPE, kinds)
    # Newcomers have a hazard of their own, so every lane can be dropped once: no known one is
    # judged otherwise for it.
    known, newcomers = (
        _kinds(score, silences, risk, [rows.pools[pool] for pool in family])
        for risk in np.split(unseen.risk, 2)
    )
    return Fitted(known, newcomers, _usual(score, silences, rows))


def _kinds(score: Score, silences: Silences, risk: Floats, pools: list[str]) -> dict[str, Kind]:
    hazard = learn_hazard(silences, risk, len(pools))
    return {
        pool: _kind(score, hazard, kind, risk[silences.kind == kind])
        for kind, pool in enumerate(pools)
    }


def _kind(score: Score, hazard: Hazard, kind: int, risk: Floats) -> Kind:
    lines = score.lines[kind]
    low = max(RISK_MIN, float(risk.min()) - RISK_STEP)
    high = min(RISK_MAX, float(risk.max()) + RISK_STEP)
    risks = np.arange(low, high + RISK_STEP, RISK_STEP)
    survival = hazard.survival(risks, np.full(len(risks), kind, dtype=np.int64))
    return Kind(
        intercept=lines.intercept,
        slope=lines.slope,
        hour=_effect(lines, "hour"),
        weekday=_effect(lines, "weekday"),
        rests=_effect(lines, "rests"),
        lead=_effect(lines, "lead_h"),
        late=_effect(lines, "late_h"),
        ahead=_effect(lines, "ahead"),
        risk_from=low,
        risk_mean=float(risk.mean()),
        steadiness=STEADINESS,
        curves=curve_bytes(np.stack([on_points(each) for each in survival])),
    )


def on_points(survival: Floats) -> Floats:
    """S at the points of a stored curve, from S at the end of each step of ``GRID_H``."""
    return np.asarray(np.interp(_POINTS_H, EDGES_H, np.append(1.0, survival)))


def curve_bytes(curves: Floats) -> bytes:
    """Falling curves as they are stored; what rounding lets rise is laid flat."""
    flat = np.minimum.accumulate(np.clip(curves, 0.0, 1.0).astype("<f4"), axis=-1)
    return flat.tobytes()


def _effect(lines: Lines, name: str) -> tuple[float, ...]:
    """What each value that a figure can have adds to a kind's risk."""
    domain = np.array(_DOMAINS[name], dtype=np.float64)
    return tuple((hats(domain, RECIPE.knots[name]) @ lines.heights[name]).tolist())


def _usual(score: Score, silences: Silences, rows: Rows) -> dict[str, float]:
    """By name; the narrowest that a scan has is asked, so a broader one is in each already."""
    found: dict[str, float] = {}
    names_of = {"pool": rows.pools, "lane": rows.lanes, "turn": rows.turns}
    _, *levels = score.lanes.usual_by_level_h(silences)
    for key, usual in zip(RECIPE.keys, levels, strict=True):
        logs = np.log(np.maximum(usual, USUAL_MIN_H)).tolist()
        names = names_of[key]
        found |= {names[n]: log for n, log in zip(silences.keys[key].tolist(), logs, strict=True)}
    return found
