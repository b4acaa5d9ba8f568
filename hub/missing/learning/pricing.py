"""What a false alarm must be held to cost so that a budget of them is kept. Pure.

Every past silence gets the deadline that a model would have given it which has not seen its group,
looked at again with its company as the hub does. The price is the least one with which, of 1,000
new good parcels, no more than the budget are expected to be suspected in their whole life
(``deadlines.least_price``).

Of the parcels that count as good some were lost and found again: as many of the longest silences
as the prior has lost are left out, or those few would set the price of all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

import numpy as np
from msgspec import structs

from hub.missing.learning.deadlines import least_price
from hub.missing.learning.silences import Bools, Floats, Ints
from hub.missing.rules.company_past import PastCompany
from hub.missing.rules.learned_scorer import LearnedScorer
from hub.missing.rules.past import Ending, PastSilence
from hub.missing.rules.scoring import Company, Silence
from hub.missing.rules.suspicion import LOOK_EVERY
from hub.missing.rules.tables import SLOT_H

PRICED_MIN = 2_000
"""A product with fewer parcels has no own price: at one in a thousand chance would set it."""
AT_ONCE = 500
"""Silences of which a model is asked together; more would only take memory."""
LOOK_STEPS = int(LOOK_EVERY / timedelta(hours=SLOT_H))
"""Steps after its plan from which what travels in company is looked at."""
AT_ONCE_STEP = -1_000
"""The step of an alarm that waits for no plan: its bag was opened, and it was not scanned."""

IsHidden = Callable[[Silence], bool]
"""Whether a silence cannot be judged, because a site was cut off."""


@dataclass(frozen=True)
class Looks:
    """The moments at which the hub would have looked at past silences, one row a look.

    ``curve``: which row of ``odds`` says S(t) then, ``alone`` which one said it at the scan;
    ``silent``: so many were silent with it; ``step``: half hours after the first plan; ``parcel``:
    whose it was; ``in_company``: it is looked at before its deadline. ``late_h``: how late the
    silence ended. ``lead_h``: by row of ``odds``, hours from the begin of a silence to its plan if
    its bag was opened meanwhile, else infinite; ``left``: P(it is only not scanned then).
    """

    odds: Floats
    lead_h: Floats
    left: float
    curve: Ints
    alone: Ints
    silent: Ints
    step: Ints
    parcel: Ints
    in_company: Bools
    late_h: Floats

    def suspected(self, price_h: float) -> Ints:
        """The parcels that are suspected at a price."""
        due = self._due(self.curve, np.asarray(price_h * self.silent, dtype=np.float64))
        first = self._due(self.alone, np.full(len(self.alone), price_h, dtype=np.float64))
        first = np.where(self.in_company, np.minimum(first, LOOK_STEPS), first)
        is_opened = np.isfinite(self.lead_h[self.curve])
        return np.unique(self.parcel[(due <= self.step) & ((first <= self.step) | is_opened)])

    def where(self, chosen: Bools) -> "Looks":
        """The looks for which ``chosen`` holds."""
        columns = {name: getattr(self, name)[chosen] for name in _COLUMNS}
        return replace(self, **columns)

    def _due(self, curve: Ints, price_h: Floats) -> Ints:
        pairs, back = np.unique(np.stack([curve, price_h]), axis=1, return_inverse=True)
        steps_h = SLOT_H * np.arange(self.odds.shape[1])
        rows = pairs[0].astype(np.int64)
        costs = steps_h[None, :] + pairs[1][:, None] * self.odds[rows]
        at_once = pairs[1] * self.left - self.lead_h[rows]
        is_at_once = np.isfinite(self.lead_h[rows]) & (at_once <= costs.min(axis=1))
        due = np.where(is_at_once, AT_ONCE_STEP, costs.argmin(axis=1))
        return np.asarray(due[back.ravel()])


_COLUMNS = ("curve", "alone", "silent", "step", "parcel", "in_company", "late_h")


def looks_at(
    past: Sequence[PastSilence],
    scorer_of: Sequence[LearnedScorer],
    company: PastCompany,
    is_hidden: IsHidden,
) -> tuple[Looks, tuple[str, ...]]:
    """Every look at silences that have ended, each by its own scorer, and whose parcels they were.

    Silences that a scorer does not know are left out, for tier T0 judges them; so are those that
    could not be judged, and what ended before anybody looked.
    """
    told = _Told()
    for each, scorer in zip(past, scorer_of, strict=True):
        if each.ending is Ending.OPEN or is_hidden(each.silence):
            continue
        late_h = scorer.underneath.hours_late(each.silence, each.until)
        told_at = company.told_at(each)
        if late_h >= SLOT_H or (told_at is not None and told_at < each.until):
            _look(each, scorer, company, late_h, told)
    return told.looks(scorer_of[0].steps_h if scorer_of else np.zeros(1))


def price_of(looks: Looks, parcels: int, false_per_1000: float, expected_lost: float) -> float:
    """The least price that keeps a budget, of parcels that are looked at with their company.

    Args:
        looks: of these parcels.
        parcels: how many there were, with those that nobody would have looked at.
        false_per_1000: the budget.
        expected_lost: how many of them were lost, by the prior; as many may have been found.
    """
    kept = looks.where(~np.isin(looks.parcel, _longest(looks, ceil(expected_lost))))
    return least_price(lambda price_h: len(kept.suspected(price_h)), parcels, false_per_1000)


def _longest(looks: Looks, count: int) -> Ints:
    """The parcels of the longest silences."""
    order = np.argsort(-looks.late_h, kind="stable")
    _, first = np.unique(looks.parcel[order], return_index=True)
    return np.asarray(looks.parcel[order][np.sort(first)][:count])


class _Told:
    """Looks as they are worked out: curves that many share are kept once."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int, int, bool, float]] = []
        self._curves: dict[tuple[int, Silence], int] = {}
        self._asked: list[tuple[LearnedScorer, Silence]] = []
        self._parcels: dict[str, int] = {}

    def curve(self, scorer: LearnedScorer, silence: Silence) -> int:
        """The row of S(t) of a silence."""
        key = (id(scorer), silence)
        if key not in self._curves:
            self._curves[key] = len(self._asked)
            self._asked.append((scorer, silence))
        return self._curves[key]

    def add(
        self,
        waybill: str,
        curves: tuple[int, int],
        silent: int,
        step: int,
        late: tuple[bool, float],
    ) -> None:
        """One look."""
        parcel = self._parcels.setdefault(waybill, len(self._parcels))
        self._rows.append((*curves, silent, step, parcel, *late))

    def looks(self, steps_h: Floats) -> tuple[Looks, tuple[str, ...]]:
        """All of them."""
        odds = np.zeros((len(self._asked), len(steps_h)))
        by_scorer: dict[int, list[int]] = {}
        for row, (scorer, _) in enumerate(self._asked):
            by_scorer.setdefault(id(scorer), []).append(row)
        for rows in by_scorer.values():
            scorer = self._asked[rows[0]][0]
            for begin in range(0, len(rows), AT_ONCE):
                some = rows[begin : begin + AT_ONCE]
                asked = [self._asked[row][1] for row in some]
                odds[some] = scorer.survival(asked, steady=True)
        lead_h = np.array(
            [float(s.lead_h) if s.company.is_opened else np.inf for _, s in self._asked]
        )
        left = self._asked[0][0].model.tables.left_in_bag if self._asked else 0.0
        columns = np.array(self._rows, dtype=np.float64).reshape(-1, 7).T
        curve, alone, silent, step, parcel = columns[:5].astype(np.int64)
        in_company = columns[5].astype(np.bool_)
        looks = Looks(
            odds, lead_h, left, curve, alone, silent, step, parcel, in_company, columns[6]
        )
        return looks, tuple(self._parcels)


def _look(
    past: PastSilence, scorer: LearnedScorer, company: PastCompany, late_h: float, told: _Told
) -> None:
    silence, first = past.silence, past.silence.stops[0]
    if not scorer.knows(silence):
        return
    alone = told.curve(scorer, silence)
    in_company = past.ride is not None or past.bag is not None
    last = min(int(late_h // SLOT_H), len(scorer.steps_h) - 1)
    for step in range(_first_step(company.told_at(past), past, first.by), last + 1):
        known = company.company(past, _at(first.by, step))
        if known.is_late:
            continue
        tells = _tells(known)
        curve = told.curve(scorer, _with(silence, known)) if tells or known.is_left else alone
        silent = 1 if tells else known.silent
        told.add(past.waybill, (curve, alone), silent, step, (in_company, late_h))


def _first_step(told_at: datetime | None, past: PastSilence, by: datetime) -> int:
    """At the plan, or before that when an opened bag tells."""
    if told_at is None or told_at >= by or told_at >= past.until:
        return 0
    return int((max(told_at, past.since) - by) / timedelta(hours=SLOT_H))


def _tells(company: Company) -> bool:
    return company.has_come or company.is_opened


def _with(silence: Silence, company: Company) -> Silence:
    evidence = Company(
        has_come=company.has_come, is_opened=company.is_opened, is_left=company.is_left
    )
    return structs.replace(silence, company=evidence)


def _at(by: datetime, step: int) -> datetime:
    return by + step * timedelta(hours=SLOT_H)
