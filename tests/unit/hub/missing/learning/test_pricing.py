"""The price of a false alarm: the least one that keeps a budget (design section 7)."""

from dataclasses import replace

import numpy as np
import pytest

from hub.missing.learning.deadlines import PRICES_H
from hub.missing.learning.pricing import Looks, price_of
from hub.missing.rules.tables import SLOT_H

STEPS = 97
PARCELS = 4_000
MEAN_H = 3.0


def looks(seed: int, parcels: int = PARCELS, longest_h: float = 48.0) -> Looks:
    """Parcels whose silences last exponentially long; each is looked at when it ended."""
    late_h = np.minimum(np.random.default_rng(seed).exponential(MEAN_H, parcels), longest_h)
    curve = np.exp(-SLOT_H * np.arange(STEPS) / MEAN_H)
    zeros = np.zeros(parcels, dtype=np.int64)
    return Looks(
        odds=curve[None, :],
        curve=zeros,
        alone=zeros,
        silent=zeros + 1,
        step=np.minimum((late_h / SLOT_H).astype(np.int64), STEPS - 1),
        parcel=np.arange(parcels),
        in_company=np.zeros(parcels, dtype=np.bool_),
        late_h=late_h,
        lead_h=np.array([np.inf]),
        left=0.0,
    )


@pytest.mark.parametrize("budget", [5.0, 20.0])
def test_the_budget_is_kept_on_average_by_parcels_that_were_not_seen(budget: float) -> None:
    """Within what chance allows: 20 carriers, three standard deviations of their mean."""
    shares = []
    for seed in range(20):
        price = price_of(looks(seed), PARCELS, budget, 0)
        shares.append(1_000 * len(looks(1_000 + seed).suspected(price)) / PARCELS)
    spread = 3 * np.std(shares) / np.sqrt(len(shares))
    assert np.mean(shares) <= budget + spread
    assert np.mean(shares) > budget / 4


def test_it_is_the_least_price_that_does() -> None:
    price = price_of(looks(1), PARCELS, 10.0, 0)
    at = int(np.searchsorted(PRICES_H, price))
    most = 10.0 / 1_000 * (PARCELS + 1) - 1
    assert len(looks(1).suspected(price)) <= most
    assert len(looks(1).suspected(float(PRICES_H[at - 1]))) > most


def test_a_larger_budget_costs_less() -> None:
    found = [price_of(looks(1), PARCELS, budget, 0) for budget in (1.0, 5.0, 20.0, 500.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


def test_as_many_of_the_longest_as_may_have_been_lost_are_left_out() -> None:
    """Or the few that were lost and found again would set the price of all."""
    clean = looks(1, longest_h=12.0)
    late_h = clean.late_h.copy()
    late_h[:50] = 47.0
    found_again = replace(clean, late_h=late_h, step=(late_h / SLOT_H).astype(np.int64))
    spoiled = price_of(found_again, PARCELS, 5.0, 0)
    assert spoiled > price_of(clean, PARCELS, 5.0, 0)
    assert price_of(found_again, PARCELS, 5.0, 49.1) <= price_of(clean, PARCELS, 5.0, 0)


def test_where_nobody_was_ever_looked_at_a_false_alarm_costs_least() -> None:
    nobody = looks(1).where(np.zeros(PARCELS, dtype=np.bool_))
    assert price_of(nobody, PARCELS, 5.0, 3) == PRICES_H[0]
