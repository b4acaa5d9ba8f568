"""A learned model, ready to be asked: what it says of the scans that a silence may end with. Pure.

What is asked for each of a million parcels is worked out once for all that go the same way, and
answered for all that are asked together by columns. Source: docs/adr/0041.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hub.missing.rules.figures import AHEAD_MAX, Calendar, Place
from hub.missing.rules.learned import after_skips
from hub.missing.rules.plan import Stop
from hub.missing.rules.scoring import (
    LEAD_H_MAX,
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
    Kind,
    Tables,
    base_risk,
    curves_of,
)
from hub.missing.rules.watch import LATE_H

STOPS_KEPT_MAX = 65_536
"""Expected scans of which is remembered what is known: those of some hours of a large carrier."""
WAYS_KEPT_MAX = 16_384
"""Ways, each with its plan, of which is remembered what lies ahead; some 1 KB each."""
STOPS_HIDDEN = 4
"""Expected scans of which an outage must have hidden none: those on which most of S(t) stands."""
UNREAD_MIN = 1e-5
"""Scans that are hardly ever the first one to be read are left out."""
WINDOWS_KEPT = 4
"""Lengths in which curves are read: a whole silence, and one moment."""
UNKNOWN_READ = 0.9
UNKNOWN_AFTER_SKIPS = 0.5
HOUR_S = 3600.0

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

Ahead = Floats
"""How a silence may end, one row each, by ``SHARE`` and the following columns."""
SHARE, AFTER_S, KIND, RISK = range(4)
"""P(it ends so); when that is planned, in seconds after the first plan; the number of its kind;
and its risk without what the begin of the silence adds."""


class _Known(NamedTuple):
    """What the model says of an expected scan whatever silence it ends.

    ``kind``: its number, and ``risk`` what its names and its plan make of it. ``at_s``: that plan,
    in seconds since 1970. ``read``: P(it is made). ``missed``: P(its departure is missed), and
    ``again`` what is known of it with the next one; 0 and ``None`` where there is none.
    """

    kind: int
    risk: float
    at_s: float
    read: float
    missed: float = 0.0
    again: "_Known | None" = None


class LoadedModel:
    """Tables that are ready to be asked; it lives as long as its model is the one that counts."""

    def __init__(self, tables: Tables, calendar: Calendar) -> None:
        self.tables = tables
        self._calendar = calendar
        kinds = [*tables.kinds.items(), *tables.newcomers.items()]
        self._kinds = [kind for _, kind in kinds]
        self._columns = _Columns(self._kinds, tables.elsewhere_curve)
        # The later of two counts: a pool without newcomers' curves judges them by its own.
        self._number = {pool: number for number, pool in enumerate(tables.kinds)}
        self._number_if_new = {pool: number for number, (pool, _) in enumerate(kinds)}
        self._stops: dict[Stop, _Known | None] = {}
        self._ways: dict[tuple[object, ...], Ahead | None] = {}

    def price_h(self, product: str) -> float:
        """What a false alarm is held to cost."""
        return self.tables.prices_h.get(product, self.tables.prices_h[EVERY])

    def lost(self, product: str) -> float:
        """P(a parcel is lost on its way)."""
        return self.tables.lost.get(product, self.tables.lost[EVERY])

    def survival(
        self, asked: Sequence[tuple[Silence, Ahead]], late: timedelta, slots: int, *, steady: bool
    ) -> Floats:
        """S from ``late`` after the first plan on, so many slots, one row for each silence.

        ``steady``: for a deadline, see :attr:`Kind.steadiness`.
        """
        return self._columns.survival(asked, late, slots, steady=steady)

    def elsewhere_of(self, ahead: Ahead) -> Ahead:
        """Those of its ends that nobody expects: at another site."""
        return np.asarray(ahead[ahead[:, KIND] == len(self._kinds)])

    def ahead(self, silence: Silence, underneath: ScheduleScorer) -> Ahead | None:
        """How a silence may end; ``None``: the model does not know the scan expected first.

        As :class:`ScheduleScorer` has it, up to the first scan of which the model knows nothing;
        what an outage hid it does not know either. ``underneath``: says which those are, and what
        is a holiday; always one of the same carrier.
        """
        if underneath.is_unreadable is not is_never_unreadable:
            return self._look_ahead(silence, underneath)
        company = silence.company
        way = (
            silence.stops,
            silence.rests_on_holidays,
            silence.in_known_bag,
            company.has_come,
            company.is_opened,
            company.is_left,
        )
        try:
            return self._ways[way]
        except KeyError:
            if len(self._ways) >= WAYS_KEPT_MAX:
                self._ways.clear()
            found = self._ways[way] = self._look_ahead(silence, underneath)
            return found

    def _look_ahead(self, silence: Silence, underneath: ScheduleScorer) -> Ahead | None:
        pairs = self._known_ahead(silence, underneath)
        if not pairs:
            return None
        company, elsewhere, unread = silence.company, 0.0, 1.0
        if company.is_opened:
            unread = self.tables.left_in_bag
        elif company.has_come:
            unread = 1 - pairs[0][1].read
        else:
            shares = self.tables.elsewhere
            elsewhere = shares.get(silence.began_at, shares.get(EVERY, 0.0))
            unread -= elsewhere
        found = [(elsewhere, 0.0, float(len(self._kinds)), 0.0)] if elsewhere else []
        skipped = 1 if company.has_come and len(pairs) > 1 else 0
        last = len(pairs) - 1
        for place in range(skipped, len(pairs)):
            stop, known = pairs[place]
            read = known.read
            if skipped and not silence.in_known_bag:
                # Skips come together where nobody knows its bag.
                read = self.tables.read.get(after_skips(skipped), UNKNOWN_AFTER_SKIPS)
            if underneath.is_unreadable(stop):
                read = 0.0
            skipped += 1
            share = unread if place == last else unread * read
            found += self._ends(silence, pairs[0][1], pairs[place], place, share, underneath)
            unread *= 1 - read
            if unread < UNREAD_MIN:
                break
        return np.array(found)

    def _ends(
        self,
        silence: Silence,
        first: _Known,
        one: tuple[Stop, _Known],
        place: int,
        share: float,
        underneath: ScheduleScorer,
    ) -> list[tuple[float, float, float, float]]:
        """With one scan: on time, and with the first departure missed."""
        (stop, known), again = one, one[1].again
        before = self._columns.ahead[known.kind][min(place, AHEAD_MAX)]
        after_s = known.at_s - first.at_s
        if silence.rests_on_holidays:
            after_s = HOUR_S * underneath.planned_h(silence, stop, stop.by)
        missed = share if silence.company.is_left else share * known.missed
        if again is None or not missed:
            return [(share, after_s, known.kind, known.risk + before)]
        again_s = again.at_s - first.at_s
        if silence.rests_on_holidays:
            again_s = HOUR_S * underneath.planned_h(silence, stop, stop.again)
        return [
            (share - missed, after_s, known.kind, known.risk + before),
            (missed, again_s, again.kind, again.risk + before),
        ]

    def _known_ahead(
        self, silence: Silence, underneath: ScheduleScorer
    ) -> list[tuple[Stop, _Known]]:
        found: list[tuple[Stop, _Known]] = []
        if any(underneath.is_unreadable(stop) for stop in silence.stops[:STOPS_HIDDEN]):
            return found
        for stop in silence.stops:
            known = self._known(stop)
            if known is None:
                break
            found.append((stop, known))
        return found

    def _known(self, stop: Stop) -> _Known | None:
        try:
            return self._stops[stop]
        except KeyError:
            if len(self._stops) >= STOPS_KEPT_MAX:
                self._stops.clear()
            found = self._stops[stop] = self._look_up(stop)
            return found

    def _look_up(self, stop: Stop) -> _Known | None:
        place = self._calendar.place(stop, stop.by)
        tables = self.tables
        is_new = place.lane not in tables.usual
        kind = (self._number_if_new if is_new else self._number).get(place.pool)
        if kind is None:
            return None
        on_time = self._planned(stop.by, place, kind)
        missed = tables.missed.get(place.lane, tables.missed.get(place.pool, 0.0))
        if stop.again <= stop.by:
            return on_time
        again = self._planned(stop.again, self._calendar.place(stop, stop.again), kind)
        return on_time._replace(missed=missed, again=again)

    def _planned(self, at: datetime, place: Place, kind: int) -> _Known:
        tables = self.tables
        read = tables.read.get(place.lane, tables.read.get(place.pool, UNKNOWN_READ))
        risk = base_risk(tables, self._kinds[kind], place)
        return _Known(kind, risk, at.timestamp(), read)


class _Columns:
    """Every kind's curves and effects beside each other, by number; the last one is "elsewhere"."""

    def __init__(self, kinds: Sequence[Kind], elsewhere_curve: bytes) -> None:
        elsewhere = np.frombuffer(elsewhere_curve, "<f4").reshape(1, POINTS)
        curves = [*(curves_of(kind) for kind in kinds), elsewhere]
        counts = np.array([len(each) for each in curves])
        self._first = np.cumsum(counts) - counts
        self._last = self._first + counts - 1
        self._curves = np.concatenate(curves)
        self._windows = lru_cache(maxsize=WINDOWS_KEPT)(self._make_windows)
        self._from = _column([kind.risk_from for kind in kinds])
        self._mean = _column([kind.risk_mean for kind in kinds])
        self._steadiness = _column([kind.steadiness for kind in kinds])
        self._lead = _rows([kind.lead for kind in kinds], LEAD_H_MAX + 1)
        self._late = _rows([kind.late for kind in kinds], 2 * LATE_H + 1)
        self.ahead: list[list[float]] = _rows([k.ahead for k in kinds], AHEAD_MAX + 1).tolist()

    def survival(
        self, asked: Sequence[tuple[Silence, Ahead]], late: timedelta, slots: int, *, steady: bool
    ) -> Floats:
        counts = np.array([len(ahead) for _, ahead in asked])
        share, after_s, kinds, risk = np.concatenate([ahead for _, ahead in asked]).T
        begins = np.array([(silence.lead_h, silence.late_h) for silence, _ in asked])
        lead_h, late_h = np.repeat(begins, counts, axis=0).T
        kind = kinds.astype(np.intp)
        risk = risk + self._lead[kind, lead_h] + self._late[kind, late_h + LATE_H]
        curve = self._curve(kind, risk, steady=steady)
        point = np.floor((late.total_seconds() - after_s - FROM_H * HOUR_S) / (SLOT_H * HOUR_S))
        point = np.clip(point, -slots, POINTS).astype(np.intp)
        odds = self._windows(slots)[slots + point + curve * (POINTS + 2 * slots)]
        begin = np.cumsum(counts) - counts
        return np.asarray(np.add.reduceat(share[:, None] * odds, begin, axis=0))

    def _make_windows(self, slots: int) -> NDArray[np.float32]:
        """So many slots of a curve, from each point of each curve on: one piece of memory each.

        Before the first point of a curve S is 1, and behind the last one it stays as it was.
        """
        ends = np.pad(self._curves, ((0, 0), (slots, 0)), constant_values=1.0)
        ends = np.pad(ends, ((0, 0), (0, slots)), mode="edge")
        return sliding_window_view(ends.ravel(), slots)

    def _curve(self, kind: Ints, risk: Floats, *, steady: bool) -> Ints:
        if steady:
            mean = self._mean[kind]
            risk = mean + self._steadiness[kind] * (risk - mean)
        first = self._first[kind]
        row = first + np.rint((risk - self._from[kind]) / RISK_STEP)
        return np.asarray(np.clip(row, first, self._last[kind]), dtype=np.intp)


def _column(values: Sequence[float]) -> Floats:
    return np.array([*values, 0.0])


def _rows(values: Sequence[Sequence[float]], size: int) -> Floats:
    return np.array([*values, (0.0,) * size])
