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

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.missing.rules.figures import Calendar, Place
from hub.missing.rules.learned import after_skips
from hub.missing.rules.plan import Stop
from hub.missing.rules.scoring import (
    SCANS_PER_SITE,
    Deadline,
    Outlook,
    ScheduleScorer,
    Silence,
    is_never_unreadable,
)
from hub.missing.rules.tables import (
    EVERY,
    FROM_H,
    POINTS,
    RISK_STEP,
    SLOT_H,
    Curves,
    Kind,
    Tables,
    base_risk,
    begin_risk,
    curves_of,
)

KEPT_MAX = 65_536
"""Expected scans whose risk is remembered: those of some hours of a large carrier."""
STOPS_HIDDEN = 4
"""Expected scans of which an outage must have hidden none: those on which most of S(t) stands."""
UNREAD_MIN = 1e-5
"""Scans that are hardly ever the first one to be read are left out."""
UNKNOWN_READ = 0.9
UNKNOWN_AFTER_SKIPS = 0.5
_HOUR = timedelta(hours=1)

Floats = NDArray[np.float64]


class _Known(NamedTuple):
    """What the model says of an expected scan whatever silence it ends.

    ``first`` and ``last``: the rows of its kind's curves. ``at_h``: its plan, in hours since 1970.
    ``read``: P(it is made). ``missed``: P(its departure is missed), and ``again`` what is known of
    it with the next one; 0 and ``None`` where there is none.
    """

    kind: Kind
    first: int
    last: int
    base: float
    at_h: float
    read: float
    missed: float = 0.0
    again: "_Known | None" = None


_Ahead = tuple[Stop, _Known]
_Part = tuple[float, float, int]
"""One scan's part in S(t): its share, hours after the first plan, and the row of its curve."""


class LoadedModel:
    """Tables that are ready to be asked; it lives as long as its model is the one that counts."""

    def __init__(self, tables: Tables, calendar: Calendar) -> None:
        self.tables = tables
        self._calendar = calendar
        self._first: dict[str, tuple[int, int]] = {}
        rows: list[Curves] = []
        for pool, kind in tables.kinds.items():
            curves = curves_of(kind)
            begin = sum(len(each) for each in rows)
            self._first[pool] = (begin, begin + len(curves) - 1)
            rows.append(curves)
        rows.append(np.frombuffer(tables.elsewhere_curve, "<f4").reshape(1, POINTS))
        self.curves: Curves = np.concatenate(rows)
        self.elsewhere_row = len(self.curves) - 1
        self._kept: dict[Stop, _Known | None] = {}

    def known(self, stop: Stop) -> _Known | None:
        """What is known of an expected scan; ``None``: nothing."""
        try:
            return self._kept[stop]
        except KeyError:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            found = self._kept[stop] = self._look_up(stop)
            return found

    def _look_up(self, stop: Stop) -> _Known | None:
        place = self._calendar.place(stop, stop.by)
        tables, kind = self.tables, self.tables.kinds.get(place.pool)
        if kind is None:
            return None
        missed = tables.missed.get(place.lane, tables.missed.get(place.pool, 0.0))
        again = None
        if stop.again > stop.by and missed:
            again = self._known(stop.again, self._calendar.place(stop, stop.again), kind)
        on_time = self._known(stop.by, place, kind)
        return on_time if again is None else on_time._replace(missed=missed, again=again)

    def _known(self, at: datetime, place: Place, kind: Kind) -> _Known:
        tables = self.tables
        read = tables.read.get(place.lane, tables.read.get(place.pool, UNKNOWN_READ))
        first, last = self._first[place.pool]
        return _Known(kind, first, last, base_risk(tables, kind, place), _hours_of(at), read)

    def elsewhere(self, site: str) -> float:
        """P(a silence that began here ends where nobody expects it)."""
        shares = self.tables.elsewhere
        return shares.get(site, shares.get(EVERY, 0.0))

    def after_skips(self, skipped: int) -> float:
        """P(a scan is made behind so many skipped ones)."""
        return self.tables.read.get(after_skips(skipped), UNKNOWN_AFTER_SKIPS)

    def price_h(self, product: str) -> float:
        """What a false alarm is held to cost."""
        return self.tables.prices_h.get(product, self.tables.prices_h[EVERY])

    def lost(self, product: str) -> float:
        """P(a parcel is lost on its way)."""
        return self.tables.lost.get(product, self.tables.lost[EVERY])


@dataclass(frozen=True)
class LearnedScorer:
    """By a model; see the module. ``underneath`` judges what the model does not know."""

    model: LoadedModel
    underneath: ScheduleScorer
    tier: str = "T1"
    steps_h: Floats = field(init=False)

    def __post_init__(self) -> None:
        longest_h = self.underneath.silent_max / _HOUR
        object.__setattr__(self, "steps_h", np.arange(0.0, longest_h + SLOT_H / 2, SLOT_H))

    def deadlines(self, silences: Sequence[Silence]) -> list[Deadline]:
        """The half hours at which waiting costs least."""
        # What travels together is silent together: one answer for all of it. Plans are made once
        # for what goes the same way, so the same one is known by its place in memory.
        asked = {(id(each.stops), *each.begin): each for each in silences}
        found = dict(zip(asked, self._deadlines(list(asked.values())), strict=True))
        return [found[id(each.stops), *each.begin] for each in silences]

    def _deadlines(self, asked: Sequence[Silence]) -> list[Deadline]:
        parts = [self.parts(each, steady=True) for each in asked]
        known = [each for each in parts if each is not None]
        unknown = [each for each, own in zip(asked, parts, strict=True) if own is None]
        beneath = iter(self.underneath.deadlines(unknown))
        if not known:
            return list(beneath)
        odds = self.survival(known, self.steps_h)
        judged = [each for each, own in zip(asked, parts, strict=True) if own is not None]
        prices = np.array([self._price_h(each) for each in judged])
        costs = self.steps_h[None, :] + prices[:, None] * odds
        best = costs.argmin(axis=1)
        rows = np.arange(len(best))
        waits = iter(
            zip(
                self.steps_h[best].tolist(),
                odds[rows, best].tolist(),
                costs[rows, best].tolist(),
                strict=True,
            )
        )
        return [
            next(beneath) if own is None else self._deadline(each, *next(waits))
            for each, own in zip(asked, parts, strict=True)
        ]

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

    def outlook(self, silence: Silence, at: datetime) -> Outlook:
        """By the model; by tier T0 where it does not know what is expected."""
        parts = self.parts(silence, steady=False)
        if parts is None:
            return self.underneath.outlook(silence, at)
        late = np.array([self.underneath.hours_late(silence, at)])
        odds = float(self.survival([parts], late)[0, 0])
        away = [part for part in parts if part[2] == self.model.elsewhere_row]
        diverted = float(self.survival([away], late)[0, 0]) if away else 0.0
        lost = self.model.lost(silence.product)
        prior = lost / (SCANS_PER_SITE * silence.sites)
        all_odds = prior + (1 - prior) * odds
        return Outlook(odds, prior / all_odds, (1 - prior) * diverted / all_odds, lost)

    def survival(self, parts: Sequence[Sequence[_Part]], late_h: Floats) -> Floats:
        """S at hours after the first plan, one row for each silence."""
        share, after, curve = np.array([part for each in parts for part in each]).T
        begin = np.cumsum([0, *(len(each) for each in parts[:-1])])
        point = np.floor((late_h[None, :] - after[:, None] - FROM_H) / SLOT_H).astype(np.int64)
        rows = curve.astype(np.int64)[:, None]
        odds = self.model.curves[rows, np.clip(point, 0, POINTS - 1)].astype(np.float64)
        odds[point < 0] = 1.0
        return np.asarray(np.add.reduceat(share[:, None] * odds, begin, axis=0))

    def parts(self, silence: Silence, *, steady: bool) -> list[_Part] | None:
        """What each scan ahead adds to S(t); ``None``: the model does not know the first one.

        As :class:`ScheduleScorer` has it, up to the first scan of which the model knows nothing.
        ``steady``: for a deadline, see :attr:`Kind.steadiness`.
        """
        pairs = self._known_ahead(silence)
        if not pairs:
            return None
        company, elsewhere, unread = silence.company, 0.0, 1.0
        if company.is_opened:
            unread = self.model.tables.left_in_bag
        elif company.has_come:
            unread = 1 - pairs[0][1].read
        else:
            elsewhere = self.model.elsewhere(silence.began_at)
            unread -= elsewhere
        found = [(elsewhere, 0.0, self.model.elsewhere_row)] if elsewhere else []
        skipped, is_hidden = 0, self.underneath.is_unreadable
        if company.has_come and len(pairs) > 1:
            skipped = 1
        last = len(pairs) - 1
        for ahead in range(skipped, len(pairs)):
            stop, known = pairs[ahead]
            if skipped and not silence.in_known_bag:
                # Skips come together where nobody knows its bag.
                read = self.model.after_skips(skipped)
            else:
                read = known.read
            if is_hidden(stop):
                read = 0.0
            skipped += 1
            share = unread if ahead == last else unread * read
            found += self._terms(silence, pairs[0], pairs[ahead], ahead, share, steady=steady)
            unread *= 1 - read
            if unread < UNREAD_MIN:
                break
        return found

    def _known_ahead(self, silence: Silence) -> list[_Ahead]:
        found: list[_Ahead] = []
        is_unreadable = self.underneath.is_unreadable
        if is_unreadable is not is_never_unreadable and any(
            is_unreadable(stop) for stop in silence.stops[:STOPS_HIDDEN]
        ):
            return found
        for stop in silence.stops:
            known = self.model.known(stop)
            if known is None:
                break
            found.append((stop, known))
        return found

    def _terms(
        self,
        silence: Silence,
        first: _Ahead,
        one: _Ahead,
        ahead: int,
        share: float,
        *,
        steady: bool,
    ) -> list[_Part]:
        """On time, and with the first departure missed."""
        stop, known = one
        begin = begin_risk(known.kind, silence.lead_h, silence.late_h, ahead)
        after_h, again_h = known.at_h - first[1].at_h, 0.0
        again = known.again
        if silence.rests_on_holidays:
            after_h = self.underneath.planned_h(silence, stop, stop.by)
        row = _row(known, known.base + begin, steady=steady)
        if again is None:
            return [(share, after_h, row)]
        again_h = again.at_h - first[1].at_h
        if silence.rests_on_holidays:
            again_h = self.underneath.planned_h(silence, stop, stop.again)
        late_row = _row(again, again.base + begin, steady=steady)
        missed = share * known.missed
        return [(share - missed, after_h, row), (missed, again_h, late_row)]


def _row(known: _Known, risk: float, *, steady: bool) -> int:
    kind = known.kind
    if steady:
        risk = kind.risk_mean + kind.steadiness * (risk - kind.risk_mean)
    row = known.first + round((risk - kind.risk_from) / RISK_STEP)
    return known.first if row < known.first else min(row, known.last)


def _hours_of(at: datetime) -> float:
    return at.timestamp() / 3600
