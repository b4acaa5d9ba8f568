"""Is one method better than another, or only luckier? Paired bootstrap over groups and seeds. Pure.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 8: what belongs
together is drawn together, here all silences of a group, and both methods with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub.missing.learning.trial import Outcome

DRAWS = 2_000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Difference:
    """By how many hours the first method's mean delay is below the other's, with its interval."""

    gain_h: float
    low_h: float
    high_h: float

    @property
    def is_better(self) -> bool:
        """The whole interval is above nought."""
        return self.low_h > 0

    @property
    def is_not_worse(self) -> bool:
        """The interval is not wholly below nought."""
        return self.high_h >= 0


def compare(ours: Sequence[Outcome], other: Sequence[Outcome], seed: int) -> Difference:
    """Draw seeds, and groups within them, with replacement; both methods get the same ones."""
    rng = np.random.default_rng(seed)
    sums, counts = [], []
    for mine, its in zip(ours, other, strict=True):
        if not np.array_equal(mine.group, its.group):
            raise ValueError("two methods are compared on different silences")
        _, place = np.unique(mine.group, return_inverse=True)
        sums.append(np.bincount(place, (its.delay_h - mine.delay_h).mean(axis=1)))
        counts.append(np.bincount(place))
    gains = np.empty(DRAWS)
    for draw in range(DRAWS):
        total = silences = 0.0
        for chosen in rng.integers(len(sums), size=len(sums)):
            among = rng.integers(len(sums[chosen]), size=len(sums[chosen]))
            total += sums[chosen][among].sum()
            silences += counts[chosen][among].sum()
        gains[draw] = total / silences
    low, high = np.quantile(gains, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    gain = sum(each.sum() for each in sums) / sum(each.sum() for each in counts)
    return Difference(float(gain), float(low), float(high))
