"""From what the hub recorded to the model that it asks: curves, rates, prices and priors. Pure.

Source: docs/adr/0043.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from msgspec import structs

from hub.missing.learning.fitting import Fitted, curve_bytes, fit
from hub.missing.learning.pricing import PRICED_MIN, IsHidden, looks_at, price_of
from hub.missing.learning.rows import rows_of
from hub.missing.learning.silences import FOLDS, folds_of
from hub.missing.rules.company_past import PastCompany
from hub.missing.rules.figures import Calendar
from hub.missing.rules.learned import AFTER_SKIPS, NOTHING, READ_WEIGHT, Counts, Learned, pool_of
from hub.missing.rules.learned_scorer import LearnedScorer
from hub.missing.rules.loaded_model import LoadedModel
from hub.missing.rules.past import Ending, PastSilence
from hub.missing.rules.scoring import ScheduleScorer
from hub.missing.rules.tables import EVERY, FORMAT, FROM_H, POINTS, SLOT_H, Tables
from hub.missing.rules.watch import Lesson, learn
from wire.policy import MissingPolicy

ELSEWHERE_WEIGHT = 200
"""Silences of all sites that weigh as much as a site's own."""
ELSEWHERE_TAIL_H = 24.0
"""Where fewer were seen than can tell: so fast the rest is expected to come, in hours."""
LEFT_PRIOR, LEFT_WEIGHT = 0.05, 200
"""What is expected of opened bags where few were seen, and how many parcels that weighs."""
LOST_WEIGHT = 2_000
"""Parcels that the policy's prior weighs as much as."""
RATHER_LOST = 0.5
"""P(lost) above which a silence is likelier a loss than late, by the rule that stands."""
LATE_MIN = timedelta(hours=4)
"""Nothing that is less late is likelier lost."""


class TooThinError(Exception):
    """The past holds nothing to learn from."""


@dataclass(frozen=True)
class History:
    """A carrier's past.

    ``lost`` and ``parcels``: how many parcels there were of each product, and how many of them
    were confirmed lost.
    """

    past: Sequence[PastSilence]
    lessons: Sequence[Lesson]
    parcels: dict[str, int]
    lost: Mapping[str, int]


@dataclass(frozen=True)
class Setting:
    """What a model is learned for: the plan's calendar, the budget, and the tier underneath.

    ``lost_per_10000``: the prior where few parcels were counted.
    """

    calendar: Calendar
    underneath: ScheduleScorer
    false_per_1000: float
    lost_per_10000: float
    policy: MissingPolicy
    is_hidden: IsHidden
    seed: int = 1

    def taught(self, lessons: Iterable[Lesson]) -> ScheduleScorer:
        """The tier underneath, had it learned from these lessons alone."""
        learned = counted(lessons, self.underneath.learned)
        return replace(self.underneath, learned=learned)


def learn_tables(history: History, setting: Setting) -> Tables:
    """Learn a model, and price it by models that each have not seen a fifth of the past.

    Raises:
        TooThinError: no scan that was expected ever came.
    """
    return learn_for(history, setting, [setting.false_per_1000])[setting.false_per_1000]


def learn_for(history: History, setting: Setting, budgets: Sequence[float]) -> dict[float, Tables]:
    """The same model at the prices of several budgets, each false alarms in 1,000 good parcels.

    Raises:
        TooThinError: no scan that was expected ever came.
    """
    base = _unpriced(history.past, history, setting)
    prices = _prices(history, setting, base.lost, budgets)
    return {budget: structs.replace(base, prices_h=prices[budget]) for budget in budgets}


def _prices(
    history: History, setting: Setting, lost: Mapping[str, float], budgets: Sequence[float]
) -> dict[float, dict[str, float]]:
    """By budget: the price by product, and that of all together under ``EVERY``."""
    looks, waybills = looks_at(
        history.past,
        cross_fitted(history, setting),
        PastCompany(history.past, setting.policy),
        setting.is_hidden,
    )
    product_of = {each.waybill: each.silence.product for each in history.past}
    products = np.array([product_of[waybill] for waybill in waybills] or [""])
    # Not the history's own count: that has the parcels of the week after it, too.
    counts = dict(Counter(product_of.values())) | {EVERY: len(product_of)}
    found: dict[float, dict[str, float]] = {budget: {} for budget in budgets}
    for product, count in counts.items():
        if product != EVERY and count < PRICED_MIN:
            continue
        chosen = looks if product == EVERY else looks.where(products[looks.parcel] == product)
        expected_lost = lost.get(product, lost[EVERY]) * count
        for budget in budgets:
            found[budget][product] = price_of(chosen, count, budget, expected_lost)
    return found


def cross_fitted(history: History, setting: Setting) -> list[LearnedScorer]:
    """For each past silence a scorer whose model has not seen its group."""
    past = history.past
    groups: dict[str, int] = {}
    group = np.array([groups.setdefault(each.group, len(groups)) for each in past], dtype=np.int64)
    part = folds_of(group, setting.seed).tolist()
    scorers = []
    for fold in range(FOLDS):
        seen = [each for each, own in zip(past, part, strict=True) if own != fold]
        model = LoadedModel(_unpriced(seen, history, setting), setting.calendar)
        scorers.append(LearnedScorer(model, setting.underneath))
    return [scorers[fold] for fold in part]


def _unpriced(past: Sequence[PastSilence], history: History, setting: Setting) -> Tables:
    stands = setting.taught(history.lessons)
    past = [
        each
        for each in past
        if not setting.is_hidden(each.silence) and not _is_rather_lost(each, stands)
    ]
    rows = rows_of(past, setting.calendar)
    if rows is None:
        raise TooThinError
    fitted, learned = fit(rows, setting.seed), stands.learned
    elsewhere, curve = _elsewhere(past)
    return Tables(
        format=FORMAT,
        kinds=fitted.kinds,
        newcomers=fitted.newcomers,
        usual=fitted.usual,
        read=read_rates(fitted, learned) | _skips(learned),
        missed=_miss_rates(fitted, learned),
        elsewhere=elsewhere,
        elsewhere_curve=curve,
        left_in_bag=_left_in_bag(PastCompany(past, setting.policy)),
        prices_h={EVERY: 0.0},
        lost=_lost(history, setting.lost_per_10000 / 10_000),
    )


def _is_rather_lost(past: PastSilence, judge: ScheduleScorer) -> bool:
    """Say whether it lasted so long that it is likelier lost, and maybe found, than late.

    Such a one teaches nothing of those that are late. It counts when the price is set.
    """
    if past.late_at_all < LATE_MIN:
        return False
    return judge.outlook(past.silence, past.until).p_lost > RATHER_LOST


def counted(lessons: Iterable[Lesson], like: Learned) -> Learned:
    """The rates that lessons teach, by the rules of tier T0."""
    taught = list(lessons)
    # In the order of the lessons, not a set's: the same past makes the same bytes.
    keys = dict.fromkeys(each.key for each in taught)
    counts: dict[str, Counts] = dict.fromkeys([*keys, *map(pool_of, keys)], NOTHING)
    learn(counts, taught)
    return replace(like, counts=counts)


def read_rates(fitted: Fitted, learned: Learned) -> dict[str, float]:
    """P(a scan is made) by lane, drawn towards its pool's: most lanes are like the others."""
    found = {}
    for key, (made, skipped, *_) in learned.counts.items():
        pool = pool_of(key)
        if pool in fitted.kinds:
            usual = learned.read_rate(pool) * READ_WEIGHT
            found[key] = (made + usual) / (made + skipped + READ_WEIGHT)
    return found


def _miss_rates(fitted: Fitted, learned: Learned) -> dict[str, float]:
    return {key: learned.miss_rate(key) for key in learned.counts if pool_of(key) in fitted.kinds}


def _skips(learned: Learned) -> dict[str, float]:
    return {key: learned.read_rate(key) for key in AFTER_SKIPS}


def _elsewhere(past: Sequence[PastSilence]) -> tuple[dict[str, float], bytes]:
    """P(a silence ends elsewhere) by the site where it began, and S of those."""
    ended = [each for each in past if each.ending is not Ending.OPEN]
    away = [each for each in ended if each.ending is Ending.ELSEWHERE]
    share = len(away) / max(1, len(ended))
    all_of, away_of = (Counter(each.silence.began_at for each in some) for some in (ended, away))
    shares = {
        site: (away_of[site] + ELSEWHERE_WEIGHT * share) / (count + ELSEWHERE_WEIGHT)
        for site, count in all_of.items()
    }
    hours = FROM_H + SLOT_H * np.arange(POINTS)
    late_h = np.array([each.late_at_all.total_seconds() / 3600 for each in away])
    later = (late_h[None, :] > hours[:, None]).sum(axis=1)
    tail = np.exp(-np.maximum(hours, 0.0) / ELSEWHERE_TAIL_H)
    return shares | {EVERY: share}, curve_bytes((later + tail) / (len(away) + 1))


def _left_in_bag(company: PastCompany) -> float:
    """P(it is not scanned when its bag is opened): bags are counted, so few are missed."""
    left, opened = company.left_in_bags()
    return (left + LEFT_PRIOR * LEFT_WEIGHT) / (opened + LEFT_WEIGHT)


def _lost(history: History, prior: float) -> dict[str, float]:
    """P(lost), by product and of all: the policy's word, outweighed by what was confirmed."""
    parcels = dict(history.parcels) | {EVERY: sum(history.parcels.values())}
    lost = dict(history.lost) | {EVERY: sum(history.lost.values())}
    return {
        product: (lost.get(product, 0) + prior * LOST_WEIGHT) / (count + LOST_WEIGHT)
        for product, count in parcels.items()
    }
