"""The hub's model on a week that it has not seen, next to the rule that stands. Pure.

``trial`` lets methods learn from columns, in many parts of a past; here one model that was learned
is asked as the hub asks it, with company and outages: so there are two ways to count the same.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from msgspec import structs

from hub.missing.learning.assembling import History, Setting
from hub.missing.learning.pricing import AT_ONCE, looks_at
from hub.missing.learning.silences import Floats
from hub.missing.rules.backtest import (
    COMPARED_H,
    ODD_EARLY_H,
    ODD_LATE_H,
    USUAL_LATE,
    Bin,
    Delays,
    Drift,
    Extent,
    Report,
)
from hub.missing.rules.company_past import PastCompany
from hub.missing.rules.learned_scorer import LearnedScorer
from hub.missing.rules.loaded_model import LoadedModel
from hub.missing.rules.past import Ending, PastSilence
from hub.missing.rules.scoring import ScheduleScorer, Scorer
from hub.missing.rules.suspicion import LOOK_EVERY
from hub.missing.rules.tables import EVERY, SLOT_H, Tables
from hub.missing.rules.watch import Lesson

LOSSES_PER_SILENCE = 5
"""Moments of each silence at which a loss is imagined, evenly spread."""
COMPARED_MAX = 20_000
"""Silences on which losses are imagined, and odds compared: more change no figure."""
BINS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Between these the odds of silences are counted together."""
_HOUR = timedelta(hours=1)


def extent_of(past: Sequence[PastSilence]) -> Extent:
    """How much there is to learn from, and how much of it cannot be."""
    ended = [each for each in past if each.hit is not None]
    odd = Counter(
        each.stop.site for each in ended if not ODD_EARLY_H <= each.late / _HOUR <= ODD_LATE_H
    )
    over = [each for each in past if each.ending is not Ending.OPEN]
    # A stray is told by the site that it should have come to: where it was instead nobody kept.
    strays = Counter(each.stop.site for each in over if each.ending is Ending.ELSEWHERE)
    days = {each.since.date() for each in past}
    parcels = len({each.waybill for each in past})
    return Extent(parcels, len(days), len(ended), dict(odd), len(over), dict(strays))


def backtest(
    tables: Tables, history: History, week: Sequence[PastSilence], setting: Setting
) -> Report:
    """Play a week that the model has not seen.

    Args:
        tables: the model.
        history: what it was taught with.
        week: silences that began after that.
        setting: as it was learned.
    """
    ended = [each for each in week if each.ending is not Ending.OPEN]
    company = PastCompany(week, setting.policy)
    stands, fresh = setting.taught(history.lessons), setting.taught(_lessons_of(ended))
    scorer = LearnedScorer(LoadedModel(tables, setting.calendar), stands)
    some = ended[:: max(1, -(-len(ended) // COMPARED_MAX))]
    known = [each for each in some if scorer.knows(each.silence)]
    ours, theirs = _due_h(scorer, some), _due_h(stands, some)
    days = sorted(each.since.date().isoformat() for each in history.past)
    return Report(
        false_per_1000=setting.false_per_1000,
        parcels=len({each.waybill for each in history.past}),
        silences=len(history.past),
        judged=len({each.waybill for each in ended}),
        suspected=_suspected(scorer, tables, ended, company, setting),
        before_suspected=_suspected_by_rule(stands, ended, company, setting),
        delays=_delays(some, ours),
        before=_delays(some, theirs),
        wait_h=_mean_wait(some, ours),
        before_wait_h=_mean_wait(some, theirs),
        fresh_wait_h=_mean_wait(some, _due_h(fresh, some)),
        bins=_bins(scorer, known),
        drifts=_drifts(scorer, ended),
        prices_h=tables.prices_h,
        lost=tables.lost,
        unknown=1 - len(known) / len(some) if some else 0.0,
        from_day=days[0] if days else None,
        until_day=days[-1] if days else None,
    )


def _lessons_of(past: Iterable[PastSilence]) -> list[Lesson]:
    """What the scans that ended them taught by themselves."""
    found: list[Lesson] = []
    for each in past:
        if each.hit is not None:
            found += [Lesson(stop.key, skipped=1) for stop in each.silence.stops[: each.hit]]
            found.append(Lesson(each.stop.key, late=each.late, missed_turn=each.missed_turn))
    return found


def _suspected(
    scorer: LearnedScorer,
    tables: Tables,
    ended: Sequence[PastSilence],
    company: PastCompany,
    setting: Setting,
) -> int:
    """How many good parcels the model would have wronged; each product at its own price."""
    looks, waybills = looks_at(ended, [scorer] * len(ended), company, setting.is_hidden)
    product_of = {each.waybill: each.silence.product for each in ended}
    prices = np.array(
        [tables.prices_h.get(product_of[each], tables.prices_h[EVERY]) for each in waybills]
    )
    if not len(prices):
        return 0
    of_look = prices[looks.parcel]
    return sum(len(looks.where(of_look == price).suspected(price)) for price in np.unique(prices))


def _suspected_by_rule(
    stands: ScheduleScorer,
    ended: Sequence[PastSilence],
    company: PastCompany,
    setting: Setting,
) -> int:
    """How many tier T0 would have wronged, with what it has learned until now.

    What travels in company is looked at each hour from its plan on, see ``judge.next_look``.
    """
    found = set()
    late = [each for each in ended if each.late_at_all >= timedelta(hours=SLOT_H)]
    for each in late:
        if each.waybill in found or setting.is_hidden(each.silence):
            continue
        in_company = each.ride is not None or each.bag is not None
        (deadline,) = stands.deadlines([each.silence])
        at = each.silence.stops[0].by
        while True:
            at = min(deadline.due_at, at + LOOK_EVERY) if in_company else deadline.due_at
            if at >= each.until:
                break
            known = company.company(each, at)
            (deadline,) = stands.deadlines([structs.replace(each.silence, company=known)])
            if deadline.due_at <= at:
                found.add(each.waybill)
                break
    return len(found)


def _due_h(scorer: Scorer, past: Sequence[PastSilence]) -> Floats:
    """Hours from the begin of each silence to its deadline, as it is set when the scan comes."""
    found: list[float] = []
    for begin in range(0, len(past), AT_ONCE):
        part = past[begin : begin + AT_ONCE]
        due = scorer.deadlines([each.silence for each in part])
        found += [(d.due_at - each.since) / _HOUR for d, each in zip(due, part, strict=True)]
    return np.array(found)


def _mean_wait(past: Sequence[PastSilence], due_h: Floats) -> float:
    """Hours by which a scan may be late on average before it is missed."""
    planned = np.array([(each.silence.stops[0].by - each.since) / _HOUR for each in past])
    return float(np.mean(due_h - planned)) if len(due_h) else 0.0


def _delays(past: Sequence[PastSilence], due_h: Floats) -> Delays | None:
    """As if each parcel had been lost at a random moment of its silence."""
    if not len(due_h):
        return None
    lasted = np.array([(each.until - each.since) / _HOUR for each in past])
    at = (np.arange(LOSSES_PER_SILENCE) + 0.5) / LOSSES_PER_SILENCE
    lost_h = lasted[:, None] * at[None, :]
    delay = np.maximum(due_h[:, None] - lost_h, 0.0).ravel()
    return Delays(
        float(delay.mean()),
        float(np.median(delay)),
        float(np.percentile(delay, 90)),
        float((delay <= 24).mean()),
        float((delay <= 48).mean()),
    )


@dataclass
class _Count:
    said: float = 0.0
    was: int = 0
    count: int = 0


def _bins(scorer: LearnedScorer, known: Sequence[PastSilence]) -> tuple[Bin, ...]:
    """Some hours after the plan: what the model said, and how many were silent still."""
    counts = [_Count() for _ in BINS[1:]]
    steps = np.flatnonzero(np.isin(scorer.steps_h, COMPARED_H))
    for begin in range(0, len(known), AT_ONCE):
        part = known[begin : begin + AT_ONCE]
        said = scorer.survival([each.silence for each in part], steady=False)[:, steps]
        ended = np.array([scorer.underneath.hours_late(e.silence, e.until) for e in part])
        was = ended[:, None] > scorer.steps_h[None, steps]
        place = np.clip(np.searchsorted(BINS, said, "right") - 1, 0, len(counts) - 1)
        for at, each in enumerate(counts):
            mine = place == at
            each.said += float(said[mine].sum())
            each.was += int(was[mine].sum())
            each.count += int(mine.sum())
    return tuple(Bin(e.said / e.count, e.was / e.count, e.count) for e in counts if e.count)


def _drifts(scorer: LearnedScorer, ended: Sequence[PastSilence]) -> tuple[Drift, ...]:
    """By site: how many scans came later than 95 % should, of those that came first of all."""
    late: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for begin in range(0, len(ended), AT_ONCE):
        known = [e for e in ended[begin : begin + AT_ONCE] if scorer.knows(e.silence)]
        if not known:
            continue
        odds = scorer.survival([e.silence for e in known], steady=False)
        usual_h = scorer.steps_h[(odds <= USUAL_LATE).argmax(axis=1)]
        for each, usual in zip(known, usual_h.tolist(), strict=True):
            site = each.silence.stops[0].site
            count[site] += 1
            late[site] += scorer.underneath.hours_late(each.silence, each.until) > usual
    return tuple(Drift(site, late[site], count[site]) for site in sorted(count))
