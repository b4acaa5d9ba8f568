"""Our model against the rules that people use, on the same parts and the same losses. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hub.missing.learning.calibration import (
    ALARM_FROM,
    Reliability,
    calibration_error,
    pooled,
    ranking,
    reliability_of,
)
from hub.missing.learning.resampling import Difference, compare
from hub.missing.learning.rivals import Alarms, Method
from hub.missing.learning.trial import Outcome, Part, figures_of, play


@dataclass(frozen=True)
class Row:
    """One method under one budget; ``figures`` see ``figures_of``."""

    method: str
    budget: float
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Sureness:
    """How well a method's doubts find the lost ones first, and whether its probabilities are true.

    ``error`` and ``alarm_error``: ECE of all, and above ``ALARM_FROM``, on the mean of the parts;
    ``pooled_alarm_error``: of all parts' looks as one. Nothing of a method that tells no odds.
    """

    method: str
    pr_auc: float
    error: float | None
    alarm_error: float | None
    pooled_alarm_error: float | None


@dataclass(frozen=True)
class Against:
    """Our method beside another under one budget."""

    other: str
    budget: float
    difference: Difference

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.difference.is_better:
            return "better"
        return "not worse" if self.difference.is_not_worse else "WORSE"


@dataclass(frozen=True)
class Contest:
    """What came of it."""

    rows: tuple[Row, ...]
    sureness: tuple[Sureness, ...]
    against: tuple[Against, ...]

    def figure(self, method: str, budget: float, name: str) -> float:
        """One figure of one row."""
        return next(
            each.figures[name]
            for each in self.rows
            if (each.method, each.budget) == (method, budget)
        )


def hold(
    methods: Sequence[Method],
    parts: Iterable[Part],
    budgets: Sequence[float],
    learned: Callable[[Method, Alarms, Part], None] = lambda *_: None,
) -> Contest:
    """Let every method learn and alarm in every part; the last one is ours.

    ``learned`` is told of each method's alarms as soon as it has learned.
    """
    played: dict[str, list[dict[float, Outcome]]] = {each.name: [] for each in methods}
    ranks: dict[str, list[float]] = {each.name: [] for each in methods}
    told: dict[str, list[Reliability]] = {each.name: [] for each in methods}
    for part in parts:
        for method in methods:
            alarms = method.learn(part.train, budgets)
            learned(method, alarms, part)
            played[method.name].append({each: play(alarms, part, each) for each in budgets})
            ranks[method.name].append(ranking(alarms, part.test))
            if method.tells_odds:
                told[method.name].append(reliability_of(alarms, part.test))
    rows = [
        Row(name, budget, figures_of([each[budget] for each in outcomes], budget))
        for budget in budgets
        for name, outcomes in played.items()
    ]
    sureness = [_sureness(name, ranks[name], told[name]) for name in played]
    return Contest(tuple(rows), tuple(sureness), _against(played, methods[-1].name, budgets))


def _sureness(name: str, ranks: Sequence[float], told: Sequence[Reliability]) -> Sureness:
    pr_auc = float(np.mean(ranks))
    if not told:
        return Sureness(name, pr_auc, None, None, None)
    return Sureness(
        name,
        pr_auc,
        float(np.mean([calibration_error(each) for each in told])),
        float(np.mean([calibration_error(each, ALARM_FROM) for each in told])),
        calibration_error(pooled(told), ALARM_FROM),
    )


def _against(
    played: Mapping[str, Sequence[Mapping[float, Outcome]]], ours: str, budgets: Sequence[float]
) -> tuple[Against, ...]:
    found = []
    for other in (name for name in played if name != ours):
        for budget in budgets:
            mine, its = ([each[budget] for each in played[name]] for name in (ours, other))
            found.append(Against(other, budget, compare(mine, its, seed=int(budget))))
    return tuple(found)
