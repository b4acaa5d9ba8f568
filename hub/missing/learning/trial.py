"""A trial of early warnings: split, inject losses, alarm; what comes of it over all seeds. Pure.

The test part, a quarter of the groups, is seen by nothing that learns or sets a threshold. In it,
each silence once ends as it did (did it alarm wrongly?), and its parcel is lost at moments drawn
evenly from it (how long until the alarm?).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub.missing.learning.model import Model, learn_model, survival_at
from hub.missing.learning.rivals import Alarms, Method
from hub.missing.learning.silences import Bools, Floats, Ints, Recipe, Silences

TEST_SHARE = 0.25
BUDGETS = (1, 5, 10)
"""False alarms per 1,000 good parcels."""
WITHIN_H = (24, 48, 72)
MOMENTS = 20
"""Losses of each test silence, one in each twentieth of it: as drawn evenly, with less luck."""
PRIOR = 0.001
"""P(a parcel is lost), for what is told as a probability."""


@dataclass(frozen=True)
class Outcome:
    """What a method did with a test part under one budget.

    ``delay_h``: hours from each injected loss to its alarm, one row a silence. ``alarmed``: of each
    silence as it truly was. ``group`` and ``parcel``: of each silence.
    """

    delay_h: Floats
    alarmed: Bools
    group: Ints
    parcel: Ints

    @property
    def false_per_1000(self) -> float:
        """Good parcels that alarmed, of 1,000."""
        return 1_000 * len(np.unique(self.parcel[self.alarmed])) / len(np.unique(self.parcel))


@dataclass(frozen=True)
class Part:
    """A seed's parts; ``lost_h``: when the parcel of each test silence is lost, one row each."""

    train: Silences
    test: Silences
    lost_h: Floats


def split(silences: Silences, seed: int) -> Part:
    """Whole groups into one part or the other."""
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.unique(silences.group))
    held_out = groups[: round(len(groups) * TEST_SHARE)]
    return parts(silences, np.isin(silences.group, held_out), seed)


def parts(silences: Silences, is_test: Bools, seed: int) -> Part:
    """The two parts, with moments of loss in the one that is held out."""
    test = silences.where(is_test)
    drawn = np.random.default_rng(seed).random((len(test), MOMENTS))
    lost_h = (np.arange(MOMENTS) + drawn) / MOMENTS * test.hours[:, None]
    return Part(silences.where(~is_test), test, lost_h)


def play(alarms: Alarms, part: Part, false_per_1000: float) -> Outcome:
    """Alarm in the test part, under one of the budgets that the alarms have learned for."""
    due_h = alarms.deadlines(part.test, false_per_1000)
    delay_h = np.maximum(due_h[:, None], part.lost_h) - part.lost_h
    return Outcome(delay_h, part.test.hours > due_h, part.test.group, part.test.parcel)


def figures_of(outcomes: Sequence[Outcome], budget: float) -> dict[str, float]:
    """The figures of one method under one budget, over all seeds."""
    delay_h = np.concatenate([each.delay_h.ravel() for each in outcomes])
    false = float(np.mean([each.false_per_1000 for each in outcomes]))
    return {
        "mean_h": float(delay_h.mean()),
        "median_h": float(np.median(delay_h)),
        "p90_h": float(np.quantile(delay_h, 0.9)),
        **{f"within_{hours}_h": float((delay_h <= hours).mean()) for hours in WITHIN_H},
        "false_per_1000": false,
        "realised_over_nominal": false / budget,
    }


@dataclass(frozen=True)
class ModelAlarms:
    """Our model in a trial."""

    model: Model

    def deadlines(self, silences: Silences, false_per_1000: float) -> Floats:
        """As the model has them."""
        return self.model.deadlines(silences, false_per_1000)

    def doubts(self, silences: Silences, hours: Sequence[float]) -> list[Floats]:
        """P(lost | silent so long)."""
        survival = self.model.survival(silences)
        odds = (survival_at(silences, survival, each) for each in hours)
        return [PRIOR / (PRIOR + (1 - PRIOR) * each) for each in odds]


def model_method(recipe: Recipe, kinds: int, seed: int = 1) -> Method:
    """Our model as a method; see ``learn_model``."""

    def learn(train: Silences, budgets: Sequence[float]) -> Alarms:
        return ModelAlarms(learn_model(train, recipe, kinds, budgets, seed))

    return Method("custos", learn, tells_odds=True)
