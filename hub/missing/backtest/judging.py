"""A history played as it would have gone: learn from one part of it, warn in the other. Pure.

Nothing of the part that is judged is seen by what learns, sets a threshold or numbers the kinds.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from hub.missing.backtest.history import GONE_H, STEPS, Past
from hub.missing.learning.contest import Contest, hold
from hub.missing.learning.rivals import FIXED_HOURS, LATE, Alarms, Method, lane_quantile
from hub.missing.learning.silences import Floats, Ints, Recipe, Silences
from hub.missing.learning.trial import (
    BUDGETS,
    TEST_SHARE,
    Outcome,
    Part,
    model_method,
    parts,
    play,
    split,
)

SEEDS = (0, 1, 2)
LEARN_MIN, JUDGE_MIN = 500, 200
"""Parcels below which there is nothing to learn from, or to judge by."""
ALARMS_MIN = 2
"""A budget has to allow so many false alarms among the parcels that are learned from."""
PLANNED_MIN = 0.5
"""Of how many silences there must be a plan for hours late to be a rule."""
KIND_MIN, KINDS_MAX = 300, 8
"""A step has a curve of its own with so many silences after it."""
GROUP_MIN, GROUPS_MAX = 50, 20
"""Parcels of a product that are judged before it is told of, and how many products are."""
RECIPE = Recipe(
    keys=("kind", "place", "lane", "turn"),
    weights=(50.0, 30.0, 20.0, 10.0),
    knots={
        "plan_h": (-24, -6, -2, 0, 1, 3, 6, 12, 18, 26, 48, 100),
        "late_h": (-48, -16, -6, -2, -1, 0, 1, 3, 8, 20, 48),
        "before_h": (0, 2, 5, 10, 20, 30, 60, 150),
        "hour": (0, 3, 6, 9, 12, 15, 18, 21, 24),
        "weekday": (0, 1, 2, 3, 4, 5, 6),
        "number": (0, 1, 2, 3, 4, 6, 8, 12),
    },
    by_kind=frozenset({"plan_h", "hour"}),
    clip_h=48.0,
    unordered=frozenset({"weekday"}),
    newcomer="lane",
)


class Split(StrEnum):
    """How the part that is judged is chosen."""

    TIME = "time"
    PARCELS = "parcels"


class Thin(StrEnum):
    """Why a history, or a budget, says nothing."""

    LEARN = "learn"
    JUDGE = "judge"
    BUDGET = "budget"


@dataclass(frozen=True)
class Reason:
    """There are ``found`` parcels where ``needed`` are; ``budget``: of which, if of one."""

    what: Thin
    found: int
    needed: int
    budget: float = 0


@dataclass(frozen=True)
class Real:
    """Parcels that were truly lost: hours from their last scan to the alarm, by budget."""

    parcels: int
    median_h: dict[float, float]


@dataclass(frozen=True)
class Group:
    """One product, or one class of value: how our model's warnings fall on it.

    ``column``: which of the two.
    """

    column: str
    name: str
    parcels: int
    false_per_1000: float
    mean_h: float


@dataclass(frozen=True)
class Verdict:
    """What came of a backtest. ``kinds``: what silence was learned after, ``*`` is the rest.

    ``skipped``: budgets that the history is too thin for. ``learned`` and ``judged``: parcels.
    ``groups``: of the budget ``groups_at``.
    """

    contest: Contest
    split: Split
    learned: int
    judged: int
    silences: int
    kinds: tuple[str, ...]
    skipped: tuple[Reason, ...]
    real: Real | None
    groups_at: float
    groups: tuple[Group, ...]


Tell = Callable[[int, int], None]
"""Is told how many of how many parts have been learned from."""


def judge(past: Past, way: Split, tell: Tell) -> Verdict | Reason:
    """Hold the contest; or say why there can be none."""
    cut = cut_of(past)
    chosen = [_by_time(past, cut)] if way is Split.TIME else [_by_parcels(past, s) for s in SEEDS]
    smallest = min(_parcels(each.train) for each in chosen)
    thin = _too_thin(smallest, min(_parcels(each.test) for each in chosen))
    if thin is not None:
        return thin
    skipped = _skipped(smallest)
    budgets = [each for each in BUDGETS if each not in {reason.budget for reason in skipped}]
    if not budgets:
        return skipped[-1]
    kinds = common_kinds(chosen[0].train)
    told = [_numbered(each, kinds) for each in chosen]
    tell(0, len(told))
    methods = _methods(past, len(names_of(kinds)))
    kept: list[Alarms] = []

    def learned(method: Method, alarms: Alarms, _part: Part) -> None:
        if method is methods[-1]:
            kept.append(alarms)
            tell(len(kept), len(told))

    contest = hold(methods, told, budgets, learned)
    lost = past.lost if way is Split.PARCELS else past.lost.where(past.lost_first_s >= cut)
    return Verdict(
        contest=contest,
        split=way,
        learned=smallest,
        judged=_parcels(told[0].test),
        silences=len(told[0].train),
        kinds=names_of(kinds),
        skipped=tuple(skipped),
        real=_real(kept[0], _renumber(lost, kinds), budgets),
        groups_at=budgets[len(budgets) // 2],
        groups=_groups(play(kept[0], told[0], budgets[len(budgets) // 2]), told[0].test, past),
    )


def _too_thin(learned: int, judged: int) -> Reason | None:
    if learned < LEARN_MIN:
        return Reason(Thin.LEARN, learned, LEARN_MIN)
    return Reason(Thin.JUDGE, judged, JUDGE_MIN) if judged < JUDGE_MIN else None


def _skipped(learned: int) -> list[Reason]:
    """The budgets that so many parcels are too few for."""
    needs = {each: round(1_000 * ALARMS_MIN / each) for each in BUDGETS}
    return [
        Reason(Thin.BUDGET, learned, needed, budget)
        for budget, needed in needs.items()
        if learned < needed
    ]


def cut_of(past: Past) -> float:
    """The moment from which a quarter of the parcels were seen first."""
    _, begin = np.unique(past.silences.parcel, return_index=True)
    return float(np.quantile(past.first_s[begin], 1 - TEST_SHARE)) if len(begin) else 0.0


def _by_time(past: Past, cut: float) -> Part:
    """What began before the cut is learned from, as it stood then."""
    whole = past.silences
    is_test = (past.first_s >= cut) & ~whole.is_open
    is_known = (past.first_s < cut) & (past.begin_s < cut)
    known_h = (cut - past.begin_s) / 3600
    is_open = whole.is_open | (whole.hours > known_h)
    hours = np.minimum(whole.hours, known_h)
    is_gone = is_open & (hours > GONE_H)
    then = replace(whole, hours=hours, is_open=is_open)
    part = parts(whole, is_test, seed=0)
    return replace(part, train=then.where(is_known & ~is_gone))


def _by_parcels(past: Past, seed: int) -> Part:
    part = split(past.silences, seed)
    is_over = ~part.test.is_open
    return replace(part, test=part.test.where(is_over), lost_h=part.lost_h[is_over])


def _methods(past: Past, kinds: int) -> Sequence[Method]:
    late = (LATE,) if past.planned_share >= PLANNED_MIN else ()
    return (FIXED_HOURS, lane_quantile("lane"), *late, model_method(RECIPE, kinds))


def common_kinds(train: Silences) -> list[int]:
    """Of which there are enough to learn from each by itself; and -1, if there are others."""
    many = Counter(train.kind.tolist())
    common = [each for each, count in many.most_common(KINDS_MAX) if count >= KIND_MIN]
    return sorted(common) + ([-1] if len(common) < len(many) else [])


def names_of(kinds: Sequence[int]) -> tuple[str, ...]:
    """The steps' names; ``+plan`` where a plan says when silence should end."""
    return tuple(
        "*" if each < 0 else STEPS[each // 2].value + ("+plan" if each % 2 else "")
        for each in kinds
    )


def _numbered(part: Part, kinds: Sequence[int]) -> Part:
    return replace(part, train=_renumber(part.train, kinds), test=_renumber(part.test, kinds))


def _renumber(silences: Silences, kinds: Sequence[int]) -> Silences:
    """Kinds by their place; one that nobody knows is as the rest, or as the first."""
    rest = kinds.index(-1) if -1 in kinds else 0
    number = {kind: place for place, kind in enumerate(kinds)}
    told: Ints = np.array([number.get(each, rest) for each in silences.kind.tolist()], np.int64)
    return replace(silences, kind=told)


def _real(alarms: Alarms, lost: Silences, budgets: Sequence[float]) -> Real | None:
    if not len(lost):
        return None
    due: dict[float, Floats] = {each: alarms.deadlines(lost, each) for each in budgets}
    return Real(len(lost), {each: float(np.median(hours)) for each, hours in due.items()})


def _groups(outcome: Outcome, test: Silences, past: Past) -> tuple[Group, ...]:
    found = []
    for column in ("product", "value_class"):
        many = Counter(test.keys[column].tolist()).most_common(GROUPS_MAX)
        for number, _ in many:
            rows = test.keys[column] == number
            parcels = _parcels(test.where(rows))
            if number < 0 or parcels < GROUP_MIN:
                continue
            alarmed = len(np.unique(test.parcel[rows & outcome.alarmed]))
            mean_h = float(outcome.delay_h[rows].mean())
            name = past.names[column][number]
            found.append(Group(column, name, parcels, 1_000 * alarmed / parcels, mean_h))
    return tuple(found)


def _parcels(silences: Silences) -> int:
    return len(np.unique(silences.parcel))
