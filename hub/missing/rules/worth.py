"""What acting now on a suspect is worth, in CNY, and the order that follows from it. Pure.

    worth = P(lost) x value x what acting now can still save

What can still be saved halves with every day that the trail is old: with each day a parcel goes
through more hands, footage is overwritten, and who was there remembers less. The figure is a rule
of thumb and no measurement; it says that of two equal suspects the fresher one comes first.

Since all of them fade alike, their order stays as it is while time passes: it is stored once, as
``rank``, the logarithm of the worth at a fixed moment. Those whose silence is explained for now
come after all others: their P(lost) may be a number that leaves the reason out.
Source: issue "Missing parcels, learned", docs/adr/0042, 0044.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from math import log2

from wire.policy import Policy

HALVES_EVERY = timedelta(hours=24)
P_UNKNOWN = 0.5
"""Where nothing tells how likely it is lost, even odds: nobody has planned its way, and it has been
silent for days. What is unknown must not sink to the end of a list."""
P_MIN = 1e-9
EXPLAINED_BEHIND = 1e6
"""In halvings: more than centuries of a trail and any value can make up for."""
_DAY_0 = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


class ValueBasis(StrEnum):
    """Where a value comes from."""

    DECLARED = "declared"
    SERIES = "series"
    """Nobody declared it; its series begins above ``acceptance.hv_above_cny`` (HV-1.2.1)."""
    ASSUMED = "assumed"
    """Nobody declared it: ``missing.undeclared_cny``."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a parcel is worth, in CNY, and how that is known."""

    cny: Decimal
    basis: ValueBasis


def value_of(declared_cny: Decimal | None, policy: Policy, *, high_value: bool) -> Value:
    """The declared value, else what the policy says of its class."""
    if declared_cny is not None:
        return Value(declared_cny, ValueBasis.DECLARED)
    if high_value:
        return Value(Decimal(policy.acceptance.hv_above_cny), ValueBasis.SERIES)
    return Value(Decimal(policy.missing.undeclared_cny), ValueBasis.ASSUMED)


def trail_since(expected_by: datetime | None, raised_at: datetime) -> datetime:
    """Since when the trail grows cold: when its next scan was due, at last when it was raised."""
    return raised_at if expected_by is None else min(expected_by, raised_at)


def worth_cny(p_lost: float | None, value: Value, trail_at: datetime, now: datetime) -> float:
    """What acting now is worth, in CNY.

    Args:
        p_lost: ``None`` counts as ``P_UNKNOWN``.
        value: of the parcel.
        trail_at: see :func:`trail_since`.
        now: aware UTC, not before ``trail_at``.
    """
    return _risk_cny(p_lost, value) * saved_share(trail_at, now)


def saved_share(trail_at: datetime, now: datetime) -> float:
    """How much acting now can still save, 0 to 1."""
    halvings = (now - trail_at) / HALVES_EVERY
    return float(0.5**halvings)


def rank_of(
    p_lost: float | None, value: Value, trail_at: datetime, *, is_explained: bool = False
) -> float:
    """The logarithm of the worth: whose is greater is worth more, at whatever moment.

    ``is_explained``: behind all that are not, among themselves in the same order.
    """
    rank = log2(max(_risk_cny(p_lost, value), P_MIN)) + (trail_at - _DAY_0) / HALVES_EVERY
    return rank - EXPLAINED_BEHIND if is_explained else rank


def _risk_cny(p_lost: float | None, value: Value) -> float:
    return (P_UNKNOWN if p_lost is None else p_lost) * float(value.cny)
