"""Does a probability mean what it says, and does doubt find the lost ones first? Pure.

Every silence of a test part is looked at every whole hour of ten days: a snapshot of a network in
which a lost parcel is written off after that. A good one is met for as long as it is silent, a lost
one of each silence at every hour, and they weigh as the prior says; so the true probability is
known, whatever the hours of looking are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from hub.missing.learning.rivals import Alarms
from hub.missing.learning.silences import Floats, Silences
from hub.missing.learning.trial import PRIOR

LOOK_HOURS = tuple(range(1, 241))
RANKED_EVERY = 4
"""For the order of doubts every fourth look is enough."""
SHARES = 2_000
"""As finely as probabilities are kept apart."""
BINS, ALARM_BINS = 20, 8
ALARM_FROM = 0.2
"""A probability above this is one that somebody acts on."""


@dataclass(frozen=True)
class Reliability:
    """Weights of good and of lost ones by the probability told, and the sum of what was told."""

    good: Floats
    lost: Floats
    told: Floats


def reliability_of(alarms: Alarms, test: Silences) -> Reliability:
    """Look at every silence of a test part; the doubts have to be probabilities."""
    good, lost, told = (np.zeros(SHARES) for _ in range(3))
    for hours, odds in zip(LOOK_HOURS, alarms.doubts(test, LOOK_HOURS), strict=True):
        share = np.minimum((odds * SHARES).astype(np.int64), SHARES - 1)
        is_silent = (test.hours > hours) * (1 - PRIOR)
        good += np.bincount(share, is_silent, SHARES)
        lost += PRIOR * np.bincount(share, minlength=SHARES)
        told += np.bincount(share, odds * (is_silent + PRIOR), SHARES)
    return Reliability(good, lost, told)


def pooled(parts: Sequence[Reliability]) -> Reliability:
    """Of several test parts as if of one."""

    def both(a: Reliability, b: Reliability) -> Reliability:
        return Reliability(a.good + b.good, a.lost + b.lost, a.told + b.told)

    return reduce(both, parts)


def calibration_error(found: Reliability, above: float = 0.0) -> float:
    """By how much told and true differ on the mean (ECE), among all or above a probability.

    In so many bins of equal width: of all ``BINS``, above ``ALARM_FROM`` ``ALARM_BINS``.
    """
    bins = BINS if above == 0 else ALARM_BINS
    middle = (np.arange(SHARES) + 0.5) / SHARES
    chosen = middle >= above
    place = np.minimum(((middle[chosen] - above) / (1 - above) * bins).astype(np.int64), bins - 1)
    told, lost = (np.bincount(place, each[chosen], bins) for each in (found.told, found.lost))
    weight = float((found.good + found.lost)[chosen].sum())
    return float(np.abs(told - lost).sum() / weight) if weight else 0.0


def ranking(alarms: Alarms, test: Silences) -> float:
    """The area under precision over recall (PR-AUC, average precision) of the doubts."""
    hours = LOOK_HOURS[::RANKED_EVERY]
    doubt = np.concatenate(alarms.doubts(test, hours)).astype(np.float32)
    good = np.concatenate([(test.hours > each) * (1 - PRIOR) for each in hours])
    order = np.argsort(-doubt, kind="stable")
    is_last = np.append(np.diff(doubt[order]) != 0, True)
    lost = PRIOR * np.arange(1, len(doubt) + 1)[is_last]
    false = np.cumsum(good[order])[is_last]
    precision = lost / (lost + false)
    return float((np.diff(lost, prepend=0.0) * precision).sum() / lost[-1])
