"""Tiers T1 to T3: the deadline of a silence by a model that was learned from past ones. Pure.

S(t) is put together as in tier T0 (``scoring``): over the scans ahead, P(this one is the first to
be read) x P(it comes later than t). What differs is what that stands on. How late a scan comes is
the model's curve for its lane, hour, day and for how the silence began (T1); read rates and those
that travel with a parcel weigh in as before (T2); a share of silences ends elsewhere, by a curve of
their own; the prior is the share of parcels that were confirmed lost (T3). And the deadline is not
a fixed S(t): it is the moment d at which d + price x S(d) is least, so that nobody waits where
nothing more is to come. One price holds for all lanes of a product; it was set by past silences
that the model had not seen, so that the budget of false alarms is kept.

A silence of a kind that the model does not know is judged by tier T0, which stands underneath; so
is one during which a site was cut off, for of those the model has learned nothing.
Source: design section 7, docs/adr/0041.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from hub.missing.rules.loaded_model import Ahead, Floats, LoadedModel
from hub.missing.rules.scoring import SCANS_PER_SITE, Deadline, Outlook, ScheduleScorer, Silence
from hub.missing.rules.tables import SLOT_H

_AT_PLAN = timedelta(0)


@dataclass(frozen=True)
class LearnedScorer:
    """By a model; see the module. ``underneath`` judges what the model does not know."""

    model: LoadedModel
    underneath: ScheduleScorer
    tier: str = "T1"
    steps_h: Floats = field(init=False)

    def __post_init__(self) -> None:
        longest_h = self.underneath.silent_max / timedelta(hours=1)
        object.__setattr__(self, "steps_h", np.arange(0.0, longest_h + SLOT_H / 2, SLOT_H))

    def deadlines(self, silences: Sequence[Silence]) -> list[Deadline]:
        """The half hours at which waiting costs least."""
        # What travels together is silent together: one answer for all of it.
        known, unknown = self._by_knowledge(dict.fromkeys(silences))
        found = dict(zip(unknown, self.underneath.deadlines(unknown), strict=True))
        if known:
            odds = self.model.survival(known, _AT_PLAN, len(self.steps_h), steady=True)
            prices = np.array([self._price_h(each) for each, _ in known])
            costs = self.steps_h[None, :] + prices[:, None] * odds
            best = costs.argmin(axis=1)
            rows = np.arange(len(best))
            waits_h, left = self.steps_h[best].tolist(), odds[rows, best].tolist()
            cost_h = costs[rows, best].tolist()
            for (each, _), *least in zip(known, waits_h, left, cost_h, strict=True):
                found[each] = self._deadline(each, *least)
        return [found[each] for each in silences]

    def _by_knowledge(
        self, silences: Iterable[Silence]
    ) -> tuple[list[tuple[Silence, Ahead]], list[Silence]]:
        """What the model knows, with what is ahead of it, and what it does not know."""
        known, unknown = [], []
        for each in silences:
            ahead = self.model.ahead(each, self.underneath)
            if ahead is None:
                unknown.append(each)
            else:
                known.append((each, ahead))
        return known, unknown

    def _price_h(self, silence: Silence) -> float:
        """One error would wrong all that are silent together, unless others have come."""
        company, price_h = silence.company, self.model.price_h(silence.product)
        return price_h if company.has_come or company.is_opened else price_h * company.silent

    def _deadline(self, silence: Silence, wait_h: float, odds: float, cost_h: float) -> Deadline:
        first, longest = silence.stops[0], self.underneath.silent_max
        left = self.model.tables.left_in_bag
        if silence.company.is_opened and -silence.lead_h + self._price_h(silence) * left <= cost_h:
            # Nobody has to wait for its departure: it should have been scanned with the others.
            return Deadline(first.by - timedelta(hours=silence.lead_h), left)
        waited = longest if silence.company.is_late else min(timedelta(hours=wait_h), longest)
        due_at = first.by + waited
        if silence.rests_on_holidays:
            due_at = self.underneath.schedule.with_holidays(first.site, first.by, due_at)
        return Deadline(due_at, odds)

    def knows(self, silence: Silence) -> bool:
        """Say whether the model judges it; tier T0 does otherwise."""
        return self.model.ahead(silence, self.underneath) is not None

    def survival(self, silences: Sequence[Silence], *, steady: bool) -> Floats:
        """S at ``steps_h`` after the first plan, one row for each silence.

        ``steady``: as deadlines are sought, see :attr:`Kind.steadiness`.

        Raises:
            ValueError: the model does not know one of them.
        """
        known, unknown = self._by_knowledge(silences)
        if unknown:
            raise ValueError("the model does not know what is expected")
        return self.model.survival(known, _AT_PLAN, len(self.steps_h), steady=steady)

    def outlook(self, silence: Silence, at: datetime) -> Outlook:
        """By the model; by tier T0 where it does not know what is expected."""
        ahead = self.model.ahead(silence, self.underneath)
        if ahead is None:
            return self.underneath.outlook(silence, at)
        away = self.model.elsewhere_of(ahead)
        odds, diverted = (self._odds(silence, each, at) for each in (ahead, away))
        lost = self.model.lost(silence.product)
        prior = lost / (SCANS_PER_SITE * silence.sites)
        all_odds = prior + (1 - prior) * odds
        return Outlook(odds, prior / all_odds, (1 - prior) * diverted / all_odds, lost)

    def _odds(self, silence: Silence, ends: Ahead, at: datetime) -> float:
        """P(it ends in one of these ways, and later than ``at``)."""
        if not len(ends):
            return 0.0
        late = timedelta(hours=self.underneath.hours_late(silence, at))
        return float(self.model.survival([(silence, ends)], late, 1, steady=False)[0, 0])
