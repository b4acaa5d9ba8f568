"""What acting now is worth, and that the order by it stays while time passes."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from hub.config import load_policy
from hub.missing.rules.worth import (
    P_UNKNOWN,
    Value,
    ValueBasis,
    rank_of,
    saved_share,
    trail_since,
    value_of,
    worth_cny,
)
from tests.missing_parts import HOUR, local

POLICY = load_policy(None)
NOW = local(14, "20:00")
DEAR, CHEAP = (Value(Decimal(cny), ValueBasis.DECLARED) for cny in (48_000, 400))


@pytest.mark.parametrize(
    ("declared", "high_value", "cny", "basis"),
    [
        (Decimal("48500.50"), True, Decimal("48500.50"), ValueBasis.DECLARED),
        (Decimal(12), False, Decimal(12), ValueBasis.DECLARED),
        (None, True, POLICY.acceptance.hv_above_cny, ValueBasis.SERIES),
        (None, False, POLICY.missing.undeclared_cny, ValueBasis.ASSUMED),
    ],
)
def test_a_value_says_where_it_comes_from(
    declared: Decimal | None, high_value: bool, cny: Decimal, basis: ValueBasis
) -> None:
    assert value_of(declared, POLICY, high_value=high_value) == Value(Decimal(cny), basis)


def test_worth_is_risk_times_value_and_halves_every_day() -> None:
    assert worth_cny(0.25, DEAR, NOW, NOW) == 12_000
    assert worth_cny(0.25, DEAR, NOW, NOW + 24 * HOUR) == 6_000
    assert worth_cny(0.25, DEAR, NOW, NOW + 48 * HOUR) == 3_000
    assert saved_share(NOW, NOW + 12 * HOUR) == pytest.approx(0.7071, abs=1e-4)


def test_no_estimate_counts_as_even_odds_and_not_as_none() -> None:
    assert worth_cny(None, DEAR, NOW, NOW) == P_UNKNOWN * 48_000


def test_a_trail_begins_when_the_scan_was_due_and_no_later_than_the_suspicion() -> None:
    assert trail_since(NOW - HOUR, NOW) == NOW - HOUR
    assert trail_since(NOW + HOUR, NOW) == NOW
    assert trail_since(None, NOW) == NOW


def test_whose_rank_is_greater_is_worth_more_at_whatever_moment() -> None:
    suspects = [
        (p_lost, value, NOW - timedelta(hours=hours))
        for p_lost in (None, 0.0, 0.001, 0.3, 1.0)
        for value in (DEAR, CHEAP)
        for hours in (0, 1, 23, 100)
    ]
    ranked = sorted(suspects, key=lambda each: rank_of(*each), reverse=True)
    for at in (NOW, NOW + HOUR, NOW + 500 * HOUR):
        worths = [worth_cny(*each, at) for each in ranked]
        assert all(more >= less * (1 - 1e-9) for more, less in pairwise(worths))
