"""When silence is too long: the deadline that costs least, at a price that keeps a budget. Pure.

A later deadline costs hours, for each parcel that is lost; an earlier one costs false alarms. So a
silence waits until d makes d + price x S(d) least: where its curve is flat nothing is gained by
waiting. One price holds for all silences, and is the least with which the budget of false alarms is
kept by silences that the model has not seen (conformal risk control: Angelopoulos and others,
2024).
"""

from collections.abc import Callable, Sequence

import numpy as np

from hub.missing.learning.hazard import GRID_H
from hub.missing.learning.silences import Floats, Ints

PRICES_H = np.exp(np.linspace(np.log(30.0), np.log(1e11), 260))
"""Hours of delay that a false alarm is held to cost, from careless to careful."""


def wait_h(survival: Floats, price_h: float) -> Floats:
    """Hours late at which silence costs more than an alarm; below nought: before the plan's end.

    Args:
        survival: S at each hour late of ``GRID_H``, one row a silence.
        price_h: what a false alarm costs.
    """
    return np.asarray(GRID_H[(GRID_H[None, :] + price_h * survival).argmin(axis=1)])


def price_for(
    parcel: Ints, hours: Floats, due_h: Callable[[float], Sequence[Floats]], false_per_1000: float
) -> float:
    """The least price that keeps a budget, of parcels that are judged one by one.

    Args:
        parcel: of each past silence.
        hours: how long each was.
        due_h: from a price to the deadlines that models would have set which have not learned from
            the silence; of several such sets the mean counts.
        false_per_1000: the budget.
    """

    def false(price_h: float) -> float:
        return float(np.mean([alarmed(parcel, hours, each) for each in due_h(price_h)]))

    return least_price(false, len(np.unique(parcel)), false_per_1000)


def least_price(false: Callable[[float], float], parcels: int, false_per_1000: float) -> float:
    """The least price with which at most so many of 1,000 new good parcels are expected to alarm.

    Args:
        false: from a price to how many good parcels alarm that the model has not seen; the dearer,
            the fewer.
        parcels: how many good ones there are, n. Where k of them alarm, of the next one
            (k + 1) / (n + 1) is expected at most.
        false_per_1000: the budget.

    Returns:
        The dearest of ``PRICES_H`` where none keeps it.
    """
    allowed = false_per_1000 / 1_000 * (parcels + 1) - 1
    low, high = 0, len(PRICES_H) - 1
    while low < high:
        middle = (low + high) // 2
        if false(float(PRICES_H[middle])) <= allowed:
            high = middle
        else:
            low = middle + 1
    return float(PRICES_H[low])


def alarmed(parcel: Ints, hours: Floats, due_h: Floats) -> int:
    """How many good parcels alarm: any of their silences lasts beyond its deadline."""
    return len(np.unique(parcel[hours > due_h]))
