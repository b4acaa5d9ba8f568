"""When a silence becomes an alarm, by the rules that people use: fixed hours, quantiles, schedule.

A rule orders its deadlines by one number, its patience: more of it, and every deadline comes later.
So a budget of false alarms is met by one search over what the training part would have needed, and
nothing of the test part is looked at. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from hub.missing.learning.silences import FOLDS, Floats, Ints, Silences, folds_of

LANE_QUANTILE = 0.95
LANE_SAMPLES_MIN = 20
"""A lane with fewer past silences is judged by all silences of its kind."""
HOURS_MIN = 1e-3


class Rule(Protocol):
    """What a method has learned."""

    def patience(self, silences: Silences) -> Floats:
        """The patience with which each silence's true end would just not have been too late."""

    def deadlines(self, silences: Silences, patience: float) -> Floats:
        """Hours after its begin at which each silence becomes an alarm."""


class Alarms(Protocol):
    """What has learned from a training part, and keeps a budget of false alarms."""

    def deadlines(self, silences: Silences, false_per_1000: float) -> Floats:
        """Hours after its begin at which each silence becomes an alarm."""

    def doubts(self, silences: Silences, hours: Sequence[float]) -> list[Floats]:
        """For each of these hours after its begin: the more, the likelier each parcel is lost."""


@dataclass(frozen=True)
class Method:
    """A way to alarm by its name; ``learn`` is given the training part alone, and the budgets.

    ``tells_odds``: its doubts are probabilities.
    """

    name: str
    learn: Callable[[Silences, Sequence[float]], Alarms]
    tells_odds: bool = False


@dataclass(frozen=True)
class Patient:
    """A rule with as much patience as each budget needs."""

    rule: Rule
    patience: Mapping[float, float]

    def deadlines(self, silences: Silences, false_per_1000: float) -> Floats:
        """The rule's, with the patience that the training part would have needed."""
        return self.rule.deadlines(silences, self.patience[false_per_1000])

    def doubts(self, silences: Silences, hours: Sequence[float]) -> list[Floats]:
        """The patience that so long a silence has taken."""
        whole = np.ones(len(silences))
        return [self.rule.patience(replace(silences, hours=whole * each)) for each in hours]


def patience_for(needed: Floats, parcel: Ints, false_per_1000: float) -> float:
    """The least patience with which at most so many of 1,000 new good parcels should alarm.

    Conformal: of n known parcels and a new one, each is the k-th most demanding one equally often,
    so the new one is among the k most demanding with k / (n + 1). Source: Vovk et al., Algorithmic
    Learning in a Random World (2005), chapter 2.
    """
    _, place = np.unique(parcel, return_inverse=True)
    worst = np.full(int(place.max()) + 1, -np.inf)
    np.maximum.at(worst, place, needed)
    demands = np.sort(worst)[::-1]
    among = int(np.floor((len(demands) + 1) * false_per_1000 / 1_000))
    return float(demands[among - 1]) if among else float("inf")


@dataclass(frozen=True)
class Hours:
    """So many hours after a moment that is known when the silence begins."""

    base: Callable[[Silences], Floats]

    def patience(self, silences: Silences) -> Floats:
        """Hours."""
        return np.asarray(silences.hours - self.base(silences))

    def deadlines(self, silences: Silences, patience: float) -> Floats:
        """The moment and the patience; never before the silence begins."""
        return np.maximum(self.base(silences) + patience, 0.0)


@dataclass(frozen=True)
class Times:
    """So many times as long as is usual."""

    usual: Callable[[Silences], Floats]

    def patience(self, silences: Silences) -> Floats:
        """A factor."""
        return np.asarray(silences.hours / self.usual(silences))

    def deadlines(self, silences: Silences, patience: float) -> Floats:
        """What is usual, times the patience."""
        return np.asarray(self.usual(silences) * patience)


def _patient(rule: Rule, needed: Floats, train: Silences, budgets: Sequence[float]) -> Alarms:
    """``needed``: by each silence of the training part."""
    return Patient(rule, {each: patience_for(needed, train.parcel, each) for each in budgets})


def _fixed(train: Silences, budgets: Sequence[float]) -> Alarms:
    rule = Hours(lambda silences: np.zeros(len(silences)))
    return _patient(rule, rule.patience(train), train, budgets)


def _late(train: Silences, budgets: Sequence[float]) -> Alarms:
    rule = Hours(lambda silences: silences.plan_h)
    return _patient(rule, rule.patience(train), train, budgets)


def lane_quantile(key: str) -> Method:
    """The classic rule: so many times the lane's 95 % quantile; ``key`` is the lane's column.

    What a silence would have needed is told by quantiles that do not know its group.
    """

    def learn(train: Silences, budgets: Sequence[float]) -> Alarms:
        needed = np.zeros(len(train))
        part = folds_of(train.group, seed=1)
        for fold in range(FOLDS):
            unseen = part == fold
            needed[unseen] = _usual(train.where(~unseen), key).patience(train.where(unseen))
        return _patient(_usual(train, key), needed, train, budgets)

    return Method("lane 95 % quantile", learn)


def _usual(train: Silences, key: str) -> Times:
    of_kind = {each: _quantile(train.hours[train.kind == each]) for each in np.unique(train.kind)}
    order = np.argsort(train.keys[key], kind="stable")
    lanes, starts = np.unique(train.keys[key][order], return_index=True)
    parts = np.split(train.hours[order], starts[1:])
    of_lane = {
        lane: _quantile(part)
        for lane, part in zip(lanes.tolist(), parts, strict=True)
        if len(part) >= LANE_SAMPLES_MIN
    }

    def usual(silences: Silences) -> Floats:
        pairs = zip(silences.keys[key].tolist(), silences.kind.tolist(), strict=True)
        return np.array([of_lane.get(lane, of_kind[kind]) for lane, kind in pairs])

    return Times(usual)


def _quantile(hours: Floats) -> float:
    return max(float(np.quantile(hours, LANE_QUANTILE)), HOURS_MIN)


FIXED_HOURS = Method("fixed hours", _fixed)
LATE = Method("late against schedule", _late)
