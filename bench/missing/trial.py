"""One seed's trial: split, inject losses, alarm; and what comes of it over all seeds.

The test part, a quarter of the processes, is seen by nothing that learns or sets a threshold. In
it, each silence once ends as it did (did it alarm wrongly?), and once its parcel is lost at a
moment drawn evenly from it (how long until the alarm?).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.missing.cargo import Floats, Ints, Silences
from bench.missing.methods import Method, patience_for

TEST_SHARE = 0.25
BUDGETS = (1, 5, 10)
"""False alarms per 1,000 good legs."""
WITHIN_H = (24, 48, 72)


@dataclass(frozen=True)
class Outcome:
    """What a method did with a test part under one budget.

    ``delay_h``: of each injected loss, hours from the loss to its alarm. ``alarmed``: of each
    silence as it truly was. ``process``: of both.
    """

    delay_h: Floats
    alarmed: Ints
    process: Ints
    leg: Ints

    @property
    def false_per_1000(self) -> float:
        """Good legs that alarmed, of 1,000."""
        return 1_000 * len(np.unique(self.leg[self.alarmed > 0])) / len(np.unique(self.leg))


@dataclass(frozen=True)
class Part:
    """A seed's parts; ``lost_h`` is when each test silence's parcel is lost."""

    train: Silences
    test: Silences
    lost_h: Floats


def split(silences: Silences, seed: int) -> Part:
    """Whole processes into one part or the other."""
    rng = np.random.default_rng(seed)
    processes = rng.permutation(np.unique(silences.process))
    held_out = processes[: round(len(processes) * TEST_SHARE)]
    is_test = np.isin(silences.process, held_out)
    test = silences.where(is_test)
    return Part(silences.where(~is_test), test, rng.random(len(test)) * test.true_h)


def play(method: Method, part: Part, budgets: Sequence[float] = BUDGETS) -> dict[float, Outcome]:
    """Learn from the training part; alarm in the test part, under each budget."""
    rule, needed = method.train(part.train)
    outcomes = {}
    for budget in budgets:
        patience = patience_for(needed, part.train.leg, budget)
        due_h = rule.deadlines(part.test, patience)
        outcomes[budget] = Outcome(
            delay_h=np.maximum(due_h, part.lost_h) - part.lost_h,
            alarmed=(part.test.true_h > due_h).astype(np.int64),
            process=part.test.process,
            leg=part.test.leg,
        )
    return outcomes


def figures_of(outcomes: Sequence[Outcome], budget: float) -> dict[str, float]:
    """The figures of one method under one budget, over all seeds."""
    delay_h = np.concatenate([each.delay_h for each in outcomes])
    false = float(np.mean([each.false_per_1000 for each in outcomes]))
    return {
        "mean_h": float(delay_h.mean()),
        "median_h": float(np.median(delay_h)),
        "p90_h": float(np.quantile(delay_h, 0.9)),
        **{f"within_{hours}_h": float((delay_h <= hours).mean()) for hours in WITHIN_H},
        "false_per_1000": false,
        "realised_over_nominal": false / budget,
    }
