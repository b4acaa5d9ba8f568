"""Cargo 2000 as our model is told of it, and how that model is to look at it."""

import numpy as np

from bench.missing.cargo import MINUTES_PER_HOUR, PLACES_MAX, Milestone
from bench.missing.cargo import Silences as Cargo
from hub.missing.learning.silences import Family, Ints, Recipe, Silences

DAY_H = 24.0
MINUTES_MAX = 99_999
_SPANS_H = (0, 2, 5, 10, 20, 30, 60, 150)
FAMILIES = (
    Family((Milestone.RCS,), clip_h=48.0),
    Family((Milestone.DEP, Milestone.RCF), clip_h=48.0),
    Family((Milestone.DLV,), clip_h=400.0, steadiness=0.5),
)
"""Check-in and delivery are not the carrier's: people fetch their goods when they like."""
KNOTS = {
    "plan_h": (0, 2, 4, 8, 14, 20, 28, 48, 100),
    "until_plan_h": (-24, -6, -2, 0, 1, 3, 6, 12, 18, 26, 48, 100),
    "late_h": (-48, -16, -6, -2, -1, 0, 1, 3, 8, 20, 48),
    "before_h": _SPANS_H,
    "before_plan_h": _SPANS_H,
    "whole_plan_h": (0, 30, 60, 100, 150, 250),
    "next_plan_h": (0, 2, 5, 10, 16, 24, 48),
    "time_of_day_h": (0, 3, 6, 9, 12, 15, 18, 21, 24),
    "role": (0, 1, 2, 3),
    "flight": (0, 1, 2, 3),
    "is_last": (0, 1),
}


def kinds_of(cargo: Cargo) -> dict[int, int]:
    """A number from nought for each milestone that there is."""
    return {each: kind for kind, each in enumerate(np.unique(cargo.milestone).tolist())}


def told(cargo: Cargo, kinds: dict[int, int]) -> Silences:
    """What is known of each silence when it begins. A parcel is a leg, a group a process."""
    place, flight, minutes = _lane(cargo)
    return Silences(
        parcel=cargo.leg,
        group=cargo.process,
        hours=cargo.true_h,
        plan_h=cargo.plan_h,
        is_open=np.zeros(len(cargo), dtype=np.bool_),
        kind=np.array([kinds[each] for each in cargo.milestone.tolist()], dtype=np.int64),
        keys={
            "milestone": cargo.milestone,
            "place": place,
            "flight": flight,
            "lane": cargo.lane,
            "plan": flight * (MINUTES_MAX + 1) + np.clip(minutes, 0, MINUTES_MAX),
        },
        figures={
            "plan_h": cargo.duration_h,
            "until_plan_h": cargo.plan_h,
            "late_h": cargo.late_h,
            "before_h": cargo.before_h,
            "before_plan_h": cargo.before_plan_h,
            "whole_plan_h": cargo.left_h + cargo.since_begin_h - cargo.late_h,
            "next_plan_h": cargo.next_plan_h,
            "time_of_day_h": np.mod(cargo.plan_h, DAY_H),
            "role": cargo.role.astype(np.float64),
            "flight": cargo.flight.astype(np.float64),
            "is_last": (cargo.step + 2 == cargo.steps).astype(np.float64),
        },
    )


def _lane(cargo: Cargo) -> tuple[Ints, Ints, Ints]:
    """Where a milestone is, which flight it is of, and that flight's planned minutes."""
    is_departure = cargo.milestone == Milestone.DEP
    is_arrival = cargo.milestone == Milestone.RCF
    is_begin = cargo.milestone == Milestone.RCS
    here = np.where(cargo.place > 0, cargo.place, cargo.origin)
    place = np.where(is_begin, cargo.next_place, here)
    begin = np.where(is_arrival, cargo.origin, here)
    end = np.where(is_arrival, cargo.place, cargo.next_place)
    flight = (begin * PLACES_MAX + end) * len(Milestone) + cargo.milestone
    hours = np.where(is_departure, cargo.next_plan_h, cargo.duration_h)
    minutes = np.rint(hours * MINUTES_PER_HOUR).astype(np.int64)
    return place * len(Milestone) + cargo.milestone, flight, minutes


def recipe_of(kinds: dict[int, int]) -> Recipe:
    """For the milestones that there are, in the numbers that they have among them."""
    families = tuple(
        Family(tuple(kinds[kind] for kind in each.kinds), each.clip_h, each.steadiness)
        for each in FAMILIES
        if set(each.kinds) <= set(kinds)
    )
    return Recipe(
        keys=("milestone", "place", "flight", "plan"),
        weights=(50.0, 30.0, 20.0, 10.0),
        knots=KNOTS,
        by_kind=frozenset({"plan_h", "until_plan_h", "late_h", "next_plan_h", "time_of_day_h"}),
        clip_h=48.0,
        unordered=frozenset({"role", "flight", "is_last"}),
        families=families,
    )
