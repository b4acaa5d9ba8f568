"""Counts S(t) again, scan by scan, beside the rooms' own way of doing so.

Taken over as it is, because other tests hold it: what is learned of lanes (``test_learned``).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import prod

from hub.missing.rules.learned import LATE_EDGES_H, RUN_MAX, Learned, after_skips
from hub.missing.rules.plan import Stop

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Silence:
    """What S(t) is counted of: the scans ahead, and what is known of where it lies.

    ``unread`` are those of the scans that nobody could make, by place; ``rests``: holidays in
    ``days`` do not count.
    """

    stops: Sequence[Stop]
    in_bag: bool
    has_come: bool
    is_opened: bool
    is_left: bool
    unread: frozenset[int]
    rests: bool
    days: Sequence[tuple[datetime, datetime]] = ()


def silent_odds(silence: Silence, learned: Learned, at: datetime) -> float:
    """S(t): over who reads it first, P(that scan comes later still)."""
    stops, begin = silence.stops, int(silence.has_come)
    has_passed = silence.has_come or silence.is_opened
    weight = 1 - learned.read_rate(stops[0].key) if has_passed else 1.0
    rates = _rates(silence, learned)
    found = 0.0
    for nth in range(begin, len(stops)):
        first = 1.0 if nth == len(stops) - 1 else rates[nth]
        unread = prod(1 - rate for rate in rates[begin:nth])
        found += weight * unread * first * _later_than(silence, stops[nth], learned, at)
    return found


def _rates(silence: Silence, learned: Learned) -> list[float]:
    """What is skipped goes on being skipped, unless it lies in a bag that is known."""
    rates, skipped = [], 0
    for place, stop in enumerate(silence.stops):
        # Others have come: its first scan was skipped, whether or not its site was dark later.
        if place in silence.unread and not (silence.has_come and place == 0):
            rates.append(0.0)
            skipped = max(skipped, RUN_MAX)
            continue
        is_hidden = skipped and not silence.in_bag
        rates.append(learned.read_rate(after_skips(skipped) if is_hidden else stop.key))
        skipped += 1
    return rates


def _later_than(silence: Silence, stop: Stop, learned: Learned, at: datetime) -> float:
    known = learned.known(stop.key)
    on_time, again = (
        known.later_than[bisect_right(LATE_EDGES_H, _late_h(silence, stop, by, at))]
        for by in (stop.by, stop.again)
    )
    missed = known.missed if stop.again > stop.by else 0.0
    if missed and silence.is_left:
        return again
    return (1 - missed) * on_time + missed * again


def _late_h(silence: Silence, stop: Stop, by: datetime, at: datetime) -> float:
    late = at - by
    if silence.rests:
        first = silence.stops[0].by
        late -= _within(silence.days, first, at)
        if stop.is_last or stop.phase == "delivered":
            late += _within(silence.days, first, by)
    return late / HOUR


def _within(days: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime) -> timedelta:
    return sum((max(0 * HOUR, min(end, b) - max(start, a)) for a, b in days), 0 * HOUR)
