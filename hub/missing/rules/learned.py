"""What past scans teach: how late they come, and how often a site skips them. Pure.

Bounded by its form: a few dozen counts for each lane, site and phase. Source: design section 7,
facts.md ("Missing parcels").
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import accumulate
from math import exp
from typing import NamedTuple

LATE_EDGES_H = (
    0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36,
    38, 40, 42, 44, 46, 48, 54, 60, 66, 72, 84, 96, 120, 144, 168,
)  # fmt: skip
"""Hours late at which a count ends; the last one holds all that came later still."""
READ_PRIOR = 0.9
"""Real sites skip 3 to 18 % of their scans (facts): this is expected of one that is unknown."""
READ_WEIGHT = 20
"""As many scans as that expectation weighs."""
RUN_MAX = 5
AFTER_SKIPS = tuple(f"after-{run}-skipped:*" for run in range(1, RUN_MAX + 1))
"""Scans behind so many skipped ones in a row: what was packed unseen stays so until it is out."""
AFTER_SKIPS_PRIOR = 0.5
MISS_PRIOR = 0.01
MISS_WEIGHT = 100
"""How often a parcel misses its departure, where nothing is known, and what that weighs."""
OWN_WEIGHT = 2_000
"""A lane is believed over all lanes with so many scans of its own: what happens once in a thousand
scans must have had the time to happen."""
COUNT_MAX = 1_000_000
"""Above this the counts are halved, so that they stay small and old years fade."""

Counts = tuple[int, ...]
_FIRST = 3
NOTHING: Counts = (0,) * (_FIRST + len(LATE_EDGES_H) + 1)
"""Scans made, scans skipped, departures missed, then the counts of lateness."""


@dataclass(frozen=True)
class Lateness:
    """How late scans of one kind come: P(later than x), a step function over ``LATE_EDGES_H``.

    ``later_than`` begins with the certainty of all that lies before the first edge.
    """

    later_than: tuple[float, ...]

    def survival(self, late_h: float) -> float:
        """P(a scan that comes at all comes more than so many hours after its plan)."""
        return self.later_than[bisect_right(LATE_EDGES_H, late_h)]


class Known(NamedTuple):
    """What is learned of one kind of scan: P(it is made), P(its departure is missed), lateness."""

    read: float
    missed: float
    later_than: tuple[float, ...]


def expected_lateness(mean: timedelta) -> Lateness:
    """Where nothing is learned: exponential, with this mean."""
    mean_h = mean.total_seconds() / 3600
    return Lateness((1.0, *(exp(-edge / mean_h) for edge in LATE_EDGES_H)))


def add_scan(counts: Counts, late: timedelta, *, missed_turn: bool = False) -> Counts:
    """Count a scan that came so much after its plan, or after that of the next departure."""
    grown = list(counts)
    grown[0] += 1
    grown[2] += missed_turn
    grown[_FIRST + bisect_left(LATE_EDGES_H, late.total_seconds() / 3600)] += 1
    return tuple(grown if grown[0] < COUNT_MAX else (each // 2 for each in grown))


def add_skip(counts: Counts, skipped: int = 1) -> Counts:
    """Count scans that never came although the parcel went on; -1 takes one back."""
    return (counts[0], max(0, counts[1] + skipped), *counts[2:])


@dataclass(frozen=True)
class Learned:
    """The counts by :attr:`hub.missing.rules.plan.Stop.key`; the pool of a phase is ``phase:*``.

    ``weight``: with so many scans a pool outweighs ``prior``, what is expected of an unknown one.
    """

    counts: Mapping[str, Counts]
    prior: Lateness
    weight: int

    @cached_property
    def _known(self) -> dict[str, Known]:
        return {}

    def known(self, key: str) -> Known:
        """The rates and the lateness of such scans, worked out once."""
        found = self._known.get(key)
        if found is None:
            later_than = self.lateness(key).later_than
            found = Known(self.read_rate(key), self.miss_rate(key), later_than)
            self._known[key] = found
        return found

    @cached_property
    def _lateness(self) -> dict[str, Lateness]:
        return {}

    def lateness(self, key: str) -> Lateness:
        """How late such scans come: its own past, its phase's, and what we expect, by weight."""
        found = self._lateness.get(key)
        if found is None:
            pool = pool_of(key)
            counts = self.counts.get(key, NOTHING)
            if key == pool:
                found = _mix(counts, self.prior, self.weight)
            else:
                found = _mix(counts, self.lateness(pool), OWN_WEIGHT)
            self._lateness[key] = found
        return found

    def read_rate(self, key: str) -> float:
        """P(such a scan is made at all), between 0 and 1, both excluded."""
        made, skipped, *_ = self.counts.get(key, NOTHING)
        prior = AFTER_SKIPS_PRIOR if key in AFTER_SKIPS else READ_PRIOR
        return (made + prior * READ_WEIGHT) / (made + skipped + READ_WEIGHT)

    def miss_rate(self, key: str) -> float:
        """P(the parcel misses its departure and takes the next one)."""
        made, _, missed, *_ = self.counts.get(key, NOTHING)
        pool = pool_of(key)
        if key == pool:
            return (missed + MISS_PRIOR * MISS_WEIGHT) / (made + MISS_WEIGHT)
        return (missed + self.miss_rate(pool) * OWN_WEIGHT) / (made + OWN_WEIGHT)


def after_skips(run: int) -> str:
    """The key of scans behind so many skipped ones, at least one."""
    return AFTER_SKIPS[min(run, RUN_MAX) - 1]


def pool_of(key: str) -> str:
    """The key under which all scans of a phase are counted together."""
    return key.partition(":")[0] + ":*"


def _mix(counts: Counts, above: Lateness, weight: int) -> Lateness:
    *left, total = accumulate(reversed(counts[_FIRST:]))
    later = (total, *reversed(left))
    return Lateness(
        tuple(
            [
                (came + weight * expected) / (total + weight)
                for came, expected in zip(later, above.later_than, strict=True)
            ]
        )
    )
