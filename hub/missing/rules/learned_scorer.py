"""Tiers T1 to T3: the deadline of a silence by a model that was learned from past ones. Pure.

S(t) is put together as in tier T0 (``scoring``): over the scans ahead, P(this one is the first to
be read) x P(it comes later than t). What differs is what that stands on. How late a scan comes is
the model's curve for its lane, hour, day and for how the silence began (T1); read rates and those
that travel with a parcel weigh in as before (T2); a share of silences ends elsewhere, by a curve of
their own; the prior is the share of parcels that were confirmed lost (T3). And the deadline is not
a fixed S(t): it is the moment d at which d + price x S(d) is least, so that nobody waits where
nothing more is to come. One price holds for all lanes of a product; it was set by past silences
that the model had not seen, so that the budget of false alarms is kept.

A scan of a kind that the model does not know is judged by tier T0, which stands underneath.
Source: design section 7, docs/adr/0041.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hub.missing.rules.figures import Calendar, Place
from hub.missing.rules.learned import RUN_MAX, after_skips
from hub.missing.rules.plan import Stop
from hub.missing.rules.scoring import (
    SCANS_PER_SITE,
    Deadline,
    IsUnreadable,
    Outlook,
    ScheduleScorer,
    Silence,
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
UNREAD_MIN = 1e-5
"""Scans that are hardly ever the first one to be read are left out."""
UNKNOWN_READ = 0.9
UNKNOWN_AFTER_SKIPS = 0.5
_HOUR = timedelta(hours=1)

Floats = NDArray[np.float64]


class _Known(NamedTuple):
    """What the model says of an expected scan whatever silence it ends."""

    kind: Kind
    rows: tuple[int, int]
    """The place of the kind's first curve among all, and of its last."""
    base: float
    read: float
    missed: float


class _Part(NamedTuple):
    """One scan's part in S(t): its share, hours after the first plan, and which curves it has."""

    share: float
    after_h: float
    decides: int
    tells: int


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
        self._kept: dict[tuple[Stop, bool], _Known | None] = {}

    def known(self, stop: Stop, *, again: bool) -> _Known | None:
        """What is known of an expected scan, or with the next departure; ``None``: nothing."""
        asked = (stop, again)
        if asked in self._kept:
            return self._kept[asked]
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        found = self._kept[asked] = self._look_up(
            self._calendar.place(stop, stop.again if again else stop.by)
        )
        return found

    def _look_up(self, place: Place) -> _Known | None:
        tables = self.tables
        kind = tables.kinds.get(place.pool)
        if kind is None:
            return None
        read = tables.read.get(place.lane, tables.read.get(place.pool, UNKNOWN_READ))
        missed = tables.missed.get(place.lane, tables.missed.get(place.pool, 0.0))
        base = base_risk(tables, kind, place)
        return _Known(kind, self._first[place.pool], base, read, missed)

    def elsewhere(self, site: str) -> float:
        """P(a silence that began here ends where nobody expects it)."""
        shares = self.tables.elsewhere
        return shares.get(site, shares.get(EVERY, 0.0))

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

    @property
    def is_unreadable(self) -> IsUnreadable:
        """Which scans cannot be expected."""
        return self.underneath.is_unreadable

    def deadlines(self, silences: Sequence[Silence]) -> list[Deadline]:
        """The half hours at which waiting costs least."""
        asked = list(dict.fromkeys(silences))
        found: dict[Silence, Deadline] = {}
        parts = {each: self.parts(each) for each in asked}
        known = [each for each in asked if parts[each] is not None]
        unknown = [each for each in asked if parts[each] is None]
        found |= zip(unknown, self.underneath.deadlines(unknown), strict=True)
        if known:
            odds = self.survival([parts[each] or [] for each in known], self.steps_h)
            prices = np.array([self._price_h(each) for each in known])
            best = (self.steps_h[None, :] + prices[:, None] * odds).argmin(axis=1)
            for row, each in enumerate(known):
                found[each] = self._deadline(each, int(best[row]), float(odds[row, best[row]]))
        return [found[each] for each in silences]

    def _price_h(self, silence: Silence) -> float:
        """One error would wrong all that are silent together."""
        return self.model.price_h(silence.product) * silence.company.silent

    def _deadline(self, silence: Silence, step: int, odds: float) -> Deadline:
        waited = timedelta(hours=float(self.steps_h[step]))
        if silence.company.is_late:
            waited = self.underneath.silent_max
        first = silence.stops[0]
        due_at = first.by + min(waited, self.underneath.silent_max)
        if silence.rests_on_holidays:
            due_at = self.underneath.schedule.with_holidays(first.site, first.by, due_at)
        return Deadline(due_at, odds)

    def outlook(self, silence: Silence, at: datetime) -> Outlook:
        """By the model; by tier T0 where it does not know what is expected."""
        parts = self.parts(silence)
        if parts is None:
            return self.underneath.outlook(silence, at)
        hours = self.underneath.hours_late(silence, at)
        told = [part._replace(decides=part.tells) for part in parts]
        late = np.array([hours])
        odds = float(self.survival([told], late)[0, 0])
        away = [part for part in told if part.decides == self.model.elsewhere_row]
        diverted = float(self.survival([away], late)[0, 0]) if away else 0.0
        prior = self.model.lost(silence.product) / (SCANS_PER_SITE * silence.sites)
        all_odds = prior + (1 - prior) * odds
        return Outlook(odds, prior / all_odds, (1 - prior) * diverted / all_odds)

    def survival(self, parts: Sequence[Sequence[_Part]], late_h: Floats) -> Floats:
        """S at hours after the first plan, one row for each silence."""
        flat = [part for each in parts for part in each]
        begin = np.cumsum([0, *(len(each) for each in parts[:-1])])
        share = np.array([part.share for part in flat])
        after = np.array([part.after_h for part in flat])
        curve = np.array([part.decides for part in flat], dtype=np.int64)
        point = np.floor((late_h[None, :] - after[:, None] - FROM_H) / SLOT_H).astype(np.int64)
        odds = self.model.curves[curve[:, None], np.clip(point, 0, POINTS - 1)].astype(np.float64)
        odds[point < 0] = 1.0
        return np.asarray(np.add.reduceat(share[:, None] * odds, begin, axis=0))

    def parts(self, silence: Silence) -> list[_Part] | None:
        """What each scan ahead adds to S(t); ``None``: the model does not know the first one.

        As :class:`ScheduleScorer` has it, up to the first scan of which the model knows nothing.
        """
        company = silence.company
        pairs = [(stop, self.model.known(stop, again=False)) for stop in silence.stops]
        stops = list(takewhile(lambda pair: pair[1] is not None, pairs))
        if not stops or stops[0][1] is None:
            return None
        elsewhere = self.model.elsewhere(silence.began_at)
        unread, skipped = 1.0 - elsewhere, 0
        if company.has_come or company.is_opened:
            # A site skips as many at an opened bag as at what leaves it.
            unread *= 1 - stops[0][1].read
        if company.has_come and len(stops) > 1:
            skipped = 1
        row = self.model.elsewhere_row
        found = [_Part(elsewhere, 0.0, row, row)] if elsewhere else []
        for ahead, (stop, known) in enumerate(stops[skipped:], skipped):
            if known is None or unread < UNREAD_MIN:
                break
            read, skipped = self._read(silence, stop, known, skipped)
            share = unread if stop is stops[-1][0] else unread * read
            found += self._terms(silence, stop, ahead, known, share)
            unread *= 1 - read
        return found

    def _read(self, silence: Silence, stop: Stop, known: _Known, skipped: int) -> tuple[float, int]:
        """P(the scan is made), and how many were skipped in a row behind it."""
        if self.is_unreadable(stop):
            return 0.0, max(skipped, RUN_MAX)
        if skipped and not silence.in_known_bag:
            read = self.model.tables.read.get(after_skips(skipped), UNKNOWN_AFTER_SKIPS)
            return read, skipped + 1
        return known.read, skipped + 1

    def _terms(
        self, silence: Silence, stop: Stop, ahead: int, known: _Known, share: float
    ) -> list[_Part]:
        """On time, and with the first departure missed."""
        begin = begin_risk(known.kind, silence.lead_h, silence.late_h, ahead)
        missed = known.missed if stop.again > stop.by else 0.0
        found = [self._part(silence, stop, share * (1 - missed), known, begin, again=False)]
        late = self.model.known(stop, again=True) if missed else None
        if late is not None:
            found.append(self._part(silence, stop, share * missed, late, begin, again=True))
        return found

    def _part(
        self,
        silence: Silence,
        stop: Stop,
        share: float,
        known: _Known,
        begin: float,
        *,
        again: bool,
    ) -> _Part:
        kind, risk = known.kind, known.base + begin
        steady = kind.risk_mean + kind.steadiness * (risk - kind.risk_mean)
        after_h = self.underneath.planned_h(silence, stop, stop.again if again else stop.by)
        return _Part(share, after_h, _row(known, steady), _row(known, risk))


def _row(known: _Known, risk: float) -> int:
    first, last = known.rows
    return min(max(first + round((risk - known.kind.risk_from) / RISK_STEP), first), last)
