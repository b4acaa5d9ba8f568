"""What the screen of the model shows, as values; ``None`` is a gap. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import log, log10

from hub.missing.service.models import (
    COMPARED_H,
    EVERY_PRODUCT,
    Bin,
    ModelReport,
    ModelState,
    Report,
    is_above_budget,
)

OLD = timedelta(hours=50)
"""A model older than this was not renewed when it should have been: two nights brought none."""
CASES_MIN = 10
"""Fewer silences that lasted, or by what was said should have, tell nothing of a share."""
FACTOR_MAX = 2.0
"""Odds that are wrong by more than this are not to be believed."""
SHARE_FLOOR = 1e-4
"""Where the calibration plot begins; it goes by powers of ten, since rare silences decide."""
ENDLESS_H = 1e8
"""A price beyond which no silence is ever an alarm: no price keeps the budget."""


class Verdict(StrEnum):
    """Who judges now, and how well that is known."""

    LEARNED = "learned"
    OLD = "old"
    """The model judges, but nights passed without a new one."""
    UNREADABLE = "unreadable"
    RULE = "rule"
    """Tier T0 judges: whatever was made was refused or taken back."""
    NEVER = "never"


class Budget(StrEnum):
    """How the false alarms of the test stand to the budget."""

    KEPT = "kept"
    CHANCE = "chance"
    """Above it, by no more than chance explains."""
    EXCEEDED = "exceeded"


class Leaning(StrEnum):
    """What odds that are off do to the alarms."""

    FAIR = "fair"
    EARLY = "early"
    """More stayed silent than it said: good parcels are suspected."""
    LATE = "late"
    FEW = "few"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far what was said is off, at worst; ``worst``: where; ``None``: too few cases."""

    leaning: Leaning
    factor: float
    worst: Bin | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure of the model beside that of tier T0; ``most`` fills a bar, ``mark`` is a limit."""

    name: str
    ours: float
    theirs: float
    most: float
    mark: float | None = None

    def share(self, value: float) -> float:
        """How much of its bar a figure fills, 0 to 1."""
        return value / self.most if self.most else 0.0


@dataclass(frozen=True, slots=True)
class ModelSight:
    """Everything of the screen.

    ``since``: since when it is so. ``models``: the newest, newest first. ``shown``: whose backtest
    is told: the one that judges, or the newest that was tested. ``next_try_at``: when one is
    learned next, in the past where it is due; ``None``: this hub does not learn.
    ``lost_per_10000``: the policy's prior.
    """

    verdict: Verdict
    since: datetime | None
    models: tuple[ModelReport, ...]
    live: ModelReport | None
    shown: ModelReport | None
    troubles: tuple[ModelReport, ...]
    next_try_at: datetime | None
    is_due: bool
    lost_per_10000: int
    site_names: Mapping[str, str]


def verdict_of(
    models: Sequence[ModelReport],
    live: ModelReport | None,
    now: datetime,
    *,
    is_readable: bool,
) -> Verdict:
    """Who judges; ``is_readable``: this release can ask the model that counts."""
    if live is None:
        return Verdict.RULE if models else Verdict.NEVER
    if not is_readable:
        return Verdict.UNREADABLE
    return Verdict.OLD if now - live.made.made_at > OLD else Verdict.LEARNED


def since_of(models: Sequence[ModelReport], live: ModelReport | None) -> datetime | None:
    """Since when who judges does: since it was made, or since a newer one was taken back.

    ``None``: no model that is known here ever counted.
    """
    taken_back = [
        each.made.ended_at
        for each in models
        if each.made.state is ModelState.ROLLED_BACK
        and each.made.ended_at is not None
        and (live is None or each.made.id > live.made.id)
    ]
    if taken_back:
        return max(taken_back)
    return None if live is None else live.made.made_at


def troubles_of(models: Sequence[ModelReport], live: ModelReport | None) -> tuple[ModelReport, ...]:
    """What a person has to know beside who judges: the newest refused, and one taken back since.

    A model that was taken back is news in the night of that, and for as long as none judges.
    """
    if not models:
        return ()
    newest = models[0]
    found = [newest] if newest.made.state is ModelState.REFUSED else []
    for each in models:
        ended_at = each.made.ended_at
        if each.made.state is not ModelState.ROLLED_BACK or ended_at is None:
            continue
        if live is None or ended_at >= newest.made.made_at:
            found.append(each)
            break
    return tuple(found)


def shown_of(models: Sequence[ModelReport], live: ModelReport | None) -> ModelReport | None:
    """Whose backtest is told; ``None``: none was ever tested."""
    if live is not None:
        return live
    return next((each for each in models if each.made.report.judged), None)


def budget_of(report: Report) -> Budget:
    """Whether the false alarms of the test keep the budget."""
    if report.per_1000 <= report.false_per_1000:
        return Budget.KEPT
    return Budget.EXCEEDED if is_above_budget(report) else Budget.CHANCE


def calibration_of(bins: Sequence[Bin]) -> Calibration:
    """Where what was said is farthest off, among what has enough cases."""
    told = [each for each in bins if has_cases(each)]
    if not told:
        return Calibration(Leaning.FEW, 1.0, None)
    worst = max(told, key=_distance)
    factor = _factor(worst)
    if max(factor, 1 / factor) <= FACTOR_MAX:
        return Calibration(Leaning.FAIR, max(factor, 1 / factor), worst)
    leaning = Leaning.EARLY if factor > 1 else Leaning.LATE
    return Calibration(leaning, max(factor, 1 / factor), worst)


def has_cases(each: Bin) -> bool:
    """Say whether a bin has enough cases for its share to mean something.

    It counts looks: all of one silence tell the same.
    """
    return each.count * max(each.said, each.was) >= CASES_MIN * len(COMPARED_H)


def place(share: float) -> float:
    """Where a share stands on an axis of the plot, 0 to 1; what is below the floor stands on it."""
    return 1 - log10(min(1.0, max(SHARE_FLOOR, share))) / log10(SHARE_FLOOR)


def pairs_of(report: Report) -> tuple[Pair, ...]:
    """The figures of the backtest, those of a kind to one scale."""
    judged, budget = report.judged, report.false_per_1000
    false = report.per_1000
    rule_false = 1_000 * report.before_suspected / judged if judged else 0.0
    most = max(false, rule_false, 2 * budget)
    found = [Pair("false", false, rule_false, most, budget)]
    ours, theirs = report.delays, report.before
    if ours is None or theirs is None:
        return tuple(found)
    longest = max(ours.p90_h, theirs.p90_h, ours.mean_h, theirs.mean_h)
    hours = (
        ("mean", ours.mean_h, theirs.mean_h),
        ("median", ours.median_h, theirs.median_h),
        ("p90", ours.p90_h, theirs.p90_h),
    )
    found += [Pair(name, mine, rule, longest) for name, mine, rule in hours]
    found.append(Pair("within_24", ours.within_24, theirs.within_24, 1.0))
    found.append(Pair("within_48", ours.within_48, theirs.within_48, 1.0))
    return tuple(found)


def prices_of(report: Report) -> tuple[tuple[str | None, float], ...]:
    """What a false alarm is held to cost, by product; ``None``: all without a price of their own.

    The dearest first: what is waited for longest.
    """
    own = [(name, price) for name, price in report.prices_h.items() if name != EVERY_PRODUCT]
    own.sort(key=lambda each: (-each[1], each[0]))
    every = report.prices_h.get(EVERY_PRODUCT)
    return (*own, *([] if every is None else [(None, every)]))


def _factor(each: Bin) -> float:
    """So many times what was said it was; counted as half a case at least: none is no factor."""
    half = 0.5 / each.count
    return max(each.was, half) / max(each.said, half)


def _distance(each: Bin) -> float:
    return abs(log(_factor(each)))
