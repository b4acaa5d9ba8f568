"""A model of parcels one by one: learned from a past, and priced on parts that it has not seen.

For pasts that are columns alone: a carrier's file (``custos-hub backtest``) and Cargo 2000. The one
that the hub learns each night (``assembling``) stands on the same lanes, risks and curves; but S(t)
is put together along the carrier's plan, its price is set with a parcel's company, and it is stored
as tables. So there are two. Pure. Source: design section 7 (tier T1), docs/adr/0041.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hub.missing.learning.deadlines import price_for, wait_h
from hub.missing.learning.dropout import Unseen, shape_of, shapes, tell_unseen
from hub.missing.learning.hazard import EDGES_H, GRID_H, Hazard, learn_hazard
from hub.missing.learning.score import RISK_MAX, RISK_MIN, Score, learn_score
from hub.missing.learning.silences import (
    FOLDS,
    Bools,
    Family,
    Floats,
    Ints,
    Recipe,
    Silences,
    folds_of,
)

REPEATS = 3
"""How often the past is cut into folds anew: one cut alone decides too much at a small budget."""
RISKS = np.linspace(RISK_MIN, RISK_MAX, 107)
"""Risks of which deadlines are worked out beforehand; between two of them they lie on a line."""
SURVIVAL_MIN = 1e-9
HELD_BACK = 4
"""One of so many lanes is told of once more as if it were new: what becomes of such is learned."""


@dataclass(frozen=True)
class FamilyModel:
    """What was learned of one family; its kinds are numbered from nought in their order there.

    ``hazards``: one for each cut into folds; their curves are averaged. To them a newcomer is of a
    kind of its own, for more may become of it than of a known lane that is as late on the mean.
    """

    family: Family
    score: Score
    hazards: tuple[Hazard, ...]

    def survival(self, silences: Silences) -> Floats:
        """S at each hour late of ``GRID_H``, one row a silence."""
        risk, shape = self.score.risk(silences), shape_of(self.score, silences)
        return np.asarray(np.mean([each.survival(risk, shape) for each in self.hazards], axis=0))

    def waits_h(self, price_h: float) -> Floats:
        """Hours late at which to alarm: one row a shape of curve, one column one of ``RISKS``."""
        return _waits_h(self.hazards, self.family, price_h)


@dataclass(frozen=True)
class Model:
    """What judges silences that it has not seen. ``prices_h``: by false alarms allowed in 1,000."""

    families: tuple[FamilyModel, ...]
    prices_h: Mapping[float, float]

    def survival(self, silences: Silences) -> Floats:
        """One row a silence: S at each hour late of ``GRID_H``."""
        found = np.zeros((len(silences), len(GRID_H)))
        for each in self.families:
            rows = np.isin(silences.kind, each.family.kinds)
            if rows.any():
                found[rows] = each.survival(_of(silences, each.family, rows))
        return found

    def deadlines(self, silences: Silences, false_per_1000: float) -> Floats:
        """Hours from each silence's begin; for one of the budgets that it was learned for."""
        late_h = np.zeros(len(silences))
        for each, waits in zip(self.families, self._waits_h[false_per_1000], strict=True):
            rows = np.isin(silences.kind, each.family.kinds)
            if rows.any():
                mine = _of(silences, each.family, rows)
                shape = shape_of(each.score, mine)
                late_h[rows] = _read(waits, each.score.risk(mine), shape)
        return np.maximum(silences.base_h + late_h, 0.0)

    @cached_property
    def _waits_h(self) -> dict[float, tuple[Floats, ...]]:
        return {
            budget: tuple(each.waits_h(price_h) for each in self.families)
            for budget, price_h in self.prices_h.items()
        }


def learn_model(
    silences: Silences, recipe: Recipe, kinds: int, budgets: Sequence[float], seed: int
) -> Model:
    """Learn from all; set the prices by models that each have not seen a fifth.

    Args:
        silences: of parcels that were not lost; open ones are kept, for as long as they last.
        recipe: what of them is looked at.
        kinds: how many kinds of silence there are; each has to occur.
        budgets: false alarms among 1,000 good parcels.
        seed: of the folds.

    Raises:
        ValueError: a kind of silence does not occur.
    """
    learned = [_Crossed.of(silences, recipe, each, seed) for each in recipe.families_of(kinds)]

    def due_h(price_h: float) -> list[Floats]:
        return [_due_h(silences, learned, repeat, price_h) for repeat in range(REPEATS)]

    prices_h = {
        budget: price_for(silences.parcel, silences.hours, due_h, budget) for budget in budgets
    }
    return Model(tuple(each.model for each in learned), prices_h)


def survival_at(silences: Silences, survival: Floats, hours: float) -> Floats:
    """S of each silence so many hours after its begin; between steps the odds fall evenly.

    Args:
        silences: of which ``survival`` is, one row a silence.
        survival: at each hour late of ``GRID_H``.
        hours: since the silence began.
    """
    late_h = np.clip(hours - silences.base_h, EDGES_H[0], EDGES_H[-1])
    right = np.clip(np.searchsorted(EDGES_H, late_h, "right"), 1, len(EDGES_H) - 1)
    rows = np.arange(len(silences))
    after = survival[rows, right - 1]
    before = np.where(right > 1, survival[rows, np.maximum(right - 2, 0)], 1.0)
    share = (late_h - EDGES_H[right - 1]) / (EDGES_H[right] - EDGES_H[right - 1])
    before, after = np.maximum(before, SURVIVAL_MIN), np.maximum(after, SURVIVAL_MIN)
    return np.asarray(before ** (1 - share) * after**share)


@dataclass(frozen=True)
class _Crossed:
    """A family's model, and of each repeat what models would have said that had not seen a silence.

    ``rows``: its silences among all. ``hazards``: of each repeat, one a fold.
    """

    model: FamilyModel
    rows: Ints
    unseen: tuple[Unseen, ...]
    hazards: tuple[tuple[Hazard, ...], ...]

    @classmethod
    def of(cls, silences: Silences, recipe: Recipe, family: Family, seed: int) -> "_Crossed":
        chosen = np.isin(silences.kind, family.kinds)
        mine = _of(silences, family, chosen)
        kinds = len(family.kinds)
        if len(np.unique(mine.kind)) < kinds:
            raise ValueError("a kind of silence does not occur in the past")
        own = replace(recipe, clip_h=family.clip_h)
        unseens, crossed, whole = [], [], []
        for repeat in range(REPEATS):
            part = folds_of(silences.group, seed * REPEATS + repeat)[chosen]
            dropped = _dropped(mine, own, seed * REPEATS + repeat)
            told, found = tell_unseen(mine, part, dropped, own, kinds)
            count = shapes(own, kinds)
            crossed.append(
                tuple(_hazard(told, found, found.part != fold, count) for fold in range(FOLDS))
            )
            whole.append(_hazard(told, found, found.part >= 0, count))
            size = len(mine)
            unseens.append(Unseen(part, found.risk[:size], found.shape[:size]))
        model = FamilyModel(family, learn_score(mine, own, kinds), tuple(whole))
        return cls(model, np.flatnonzero(chosen), tuple(unseens), tuple(crossed))


def _dropped(mine: Silences, recipe: Recipe, seed: int) -> Bools:
    """The lanes that are told of once more as newcomers."""
    if not recipe.newcomer:
        return np.zeros(len(mine), dtype=np.bool_)
    return np.asarray(folds_of(mine.keys[recipe.newcomer], seed, HELD_BACK) == 0)


def _hazard(told: Silences, unseen: Unseen, seen: Bools, count: int) -> Hazard:
    shaped = replace(told.where(seen), kind=unseen.shape[seen])
    return learn_hazard(shaped, unseen.risk[seen], count)


def _due_h(silences: Silences, learned: Sequence[_Crossed], repeat: int, price_h: float) -> Floats:
    late_h = np.zeros(len(silences))
    for each in learned:
        said = each.unseen[repeat]
        for fold, hazard in enumerate(each.hazards[repeat]):
            unseen = said.part == fold
            waits = _waits_h((hazard,), each.model.family, price_h)
            late_h[each.rows[unseen]] = _read(waits, said.risk[unseen], said.shape[unseen])
    return np.maximum(silences.base_h + late_h, 0.0)


def _waits_h(hazards: Sequence[Hazard], family: Family, price_h: float) -> Floats:
    found = np.empty((len(hazards[0].means), len(RISKS)))
    for shape in range(len(found)):
        same = np.full(len(RISKS), shape, dtype=np.int64)
        curves = [each.survival(RISKS, same, family.steadiness) for each in hazards]
        found[shape] = wait_h(np.mean(curves, axis=0), price_h)
    return found


def _read(waits_h: Floats, risk: Floats, shape: Ints) -> Floats:
    """The wait of each risk and shape."""
    at = (risk - RISK_MIN) / (RISKS[1] - RISKS[0])
    left = np.clip(at.astype(np.int64), 0, len(RISKS) - 2)
    share = at - left
    return np.asarray(waits_h[shape, left] * (1 - share) + waits_h[shape, left + 1] * share)


def _of(silences: Silences, family: Family, rows: Bools) -> Silences:
    """A family's rows, with the family's numbers of their kinds."""
    mine = silences.where(rows)
    number = np.zeros(max(family.kinds) + 1, dtype=np.int64)
    number[list(family.kinds)] = np.arange(len(family.kinds))
    return replace(mine, kind=number[mine.kind])
