"""When a silence becomes an alarm, by the rules that people use: fixed hours, quantiles, schedule.

A method orders its deadlines by one number, its patience: more of it, and every deadline comes
later. So a budget of false alarms is met by one search over what the training part would have
needed, and nothing of the test part is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.missing.cargo import Floats, Ints, Silences

LANE_QUANTILE = 0.95
LANE_SAMPLES_MIN = 20
"""A lane with fewer past silences is judged by all silences before the same milestone."""
HOURS_MIN = 1e-3


class Rule(Protocol):
    """What a method has learned."""

    def patience(self, silences: Silences) -> Floats:
        """The patience with which each silence's true end would just not have been too late."""

    def deadlines(self, silences: Silences, patience: float) -> Floats:
        """Hours after its begin at which each silence becomes an alarm."""


@dataclass(frozen=True)
class Method:
    """A rule by its name, and how it learns.

    ``train`` is given the training part alone and returns the rule, with the patience that each of
    its silences needed under a rule that had not seen it.
    """

    name: str
    train: Callable[[Silences], tuple[Rule, Floats]]


def patience_for(needed: Floats, leg: Ints, false_per_1000: float) -> float:
    """The least patience with which at most so many of 1,000 new good legs are expected to alarm.

    Conformal: of n known legs and a new one, each is the k-th most demanding one equally often, so
    the new one is among the k most demanding with k / (n + 1). Source: Vovk et al., Algorithmic
    Learning in a Random World (2005), chapter 2.
    """
    worst = np.full(int(leg.max()) + 1, -np.inf)
    np.maximum.at(worst, leg, needed)
    demands = np.sort(worst[np.isfinite(worst)])[::-1]
    among = int(np.floor((len(demands) + 1) * false_per_1000 / 1_000))
    return float(demands[among - 1]) if among else float("inf")


@dataclass(frozen=True)
class Hours:
    """So many hours after a moment that is known when the silence begins."""

    base: Callable[[Silences], Floats]

    def patience(self, silences: Silences) -> Floats:
        """Hours."""
        return np.asarray(silences.true_h - self.base(silences))

    def deadlines(self, silences: Silences, patience: float) -> Floats:
        """The moment and the patience; never before the silence begins."""
        return np.maximum(self.base(silences) + patience, 0.0)


@dataclass(frozen=True)
class Times:
    """So many times as long as is usual."""

    usual: Callable[[Silences], Floats]

    def patience(self, silences: Silences) -> Floats:
        """A factor."""
        return np.asarray(silences.true_h / self.usual(silences))

    def deadlines(self, silences: Silences, patience: float) -> Floats:
        """What is usual, times the patience."""
        return np.asarray(self.usual(silences) * patience)


def _fixed(train: Silences) -> tuple[Rule, Floats]:
    rule = Hours(lambda silences: np.zeros(len(silences)))
    return rule, rule.patience(train)


def _late(train: Silences) -> tuple[Rule, Floats]:
    rule = Hours(lambda silences: silences.plan_h)
    return rule, rule.patience(train)


def _lane_quantile(train: Silences) -> tuple[Rule, Floats]:
    of_milestone = {
        each: _quantile(train.true_h[train.milestone == each])
        for each in np.unique(train.milestone)
    }
    order = np.argsort(train.lane, kind="stable")
    lanes, starts = np.unique(train.lane[order], return_index=True)
    parts = np.split(train.true_h[order], starts[1:])
    of_lane = {
        lane: _quantile(part)
        for lane, part in zip(lanes.tolist(), parts, strict=True)
        if len(part) >= LANE_SAMPLES_MIN
    }

    def usual(silences: Silences) -> Floats:
        pairs = zip(silences.lane.tolist(), silences.milestone.tolist(), strict=True)
        return np.array([of_lane.get(lane, of_milestone[each]) for lane, each in pairs])

    rule = Times(usual)
    return rule, rule.patience(train)


def _quantile(hours: Floats) -> float:
    return max(float(np.quantile(hours, LANE_QUANTILE)), HOURS_MIN)


FIXED_HOURS = Method("fixed hours", _fixed)
LANE = Method("lane 95 % quantile", _lane_quantile)
LATE = Method("late against schedule", _late)
BASELINES = (FIXED_HOURS, LANE, LATE)
