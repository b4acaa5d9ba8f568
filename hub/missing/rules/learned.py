"""What past scans teach: how late they come, and how often a site skips them. Pure.

Bounded by its form: a few dozen counts for each lane, site and phase. Source: design section 7,
facts.md ("Missing parcels").
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from math import exp

LATE_EDGES_H = (
    0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36,
    38, 40, 42, 44, 46, 48, 54, 60, 66, 72, 84, 96, 120, 144, 168,
)  # fmt: skip
"""Hours late at which a count ends; the last one holds all that came later still."""
READ_PRIOR = 0.9
"""Real sites skip 3 to 18 % of their scans (facts): this is expected of one that is unknown."""
READ_WEIGHT = 20
"""As many scans as that expectation weighs."""
COUNT_MAX = 1_000_000
"""Above this the counts are halved, so that they stay small and old years fade."""

Counts = tuple[int, ...]
NOTHING: Counts = (0,) * (len(LATE_EDGES_H) + 3)
"""Hits, misses, then the counts of lateness."""


@dataclass(frozen=True)
class Lateness:
    """How late scans of one kind come: P(later than x), a step function over ``LATE_EDGES_H``."""

    later_than: tuple[float, ...]

    def survival(self, late_h: float) -> float:
        """P(a scan that comes at all comes more than so many hours after its plan)."""
        index = bisect_right(LATE_EDGES_H, late_h) - 1
        return 1.0 if index < 0 else self.later_than[index]


def expected_lateness(mean: timedelta) -> Lateness:
    """Where nothing is learned: exponential, with this mean."""
    mean_h = mean.total_seconds() / 3600
    return Lateness(tuple(exp(-edge / mean_h) for edge in LATE_EDGES_H))


def add_scan(counts: Counts, late: timedelta) -> Counts:
    """Count a scan that came so much after its plan."""
    index = 2 + bisect_left(LATE_EDGES_H, late.total_seconds() / 3600)
    grown = (counts[0] + 1, *counts[1:index], counts[index] + 1, *counts[index + 1 :])
    return grown if grown[0] < COUNT_MAX else tuple(each // 2 for each in grown)


def add_miss(counts: Counts, missed: int = 1) -> Counts:
    """Count scans that never came although the parcel went on; -1 takes one back."""
    return (counts[0], max(0, counts[1] + missed), *counts[2:])


@dataclass(frozen=True)
class Learned:
    """The counts by :attr:`hub.missing.rules.plan.Stop.key`; the pool of a phase is ``phase:*``."""

    counts: Mapping[str, Counts]
    prior: Lateness
    weight: int

    @cached_property
    def _lateness(self) -> dict[str, Lateness]:
        return {}

    def lateness(self, key: str) -> Lateness:
        """How late such scans come: its own past, its phase's, and what we expect, by weight."""
        found = self._lateness.get(key)
        if found is None:
            pool = pool_of(key)
            above = self.prior if key == pool else self.lateness(pool)
            found = self._lateness[key] = _mix(self.counts.get(key, NOTHING), above, self.weight)
        return found

    def read_rate(self, key: str) -> float:
        """P(such a scan is made at all), between 0 and 1, both excluded."""
        hits, misses = self.counts.get(key, NOTHING)[:2]
        return (hits + READ_PRIOR * READ_WEIGHT) / (hits + misses + READ_WEIGHT)


def pool_of(key: str) -> str:
    """The key under which all scans of a phase are counted together."""
    return key.partition(":")[0] + ":*"


def _mix(counts: Counts, above: Lateness, weight: int) -> Lateness:
    total = sum(counts[2:])
    left = total
    mixed = []
    for count, later in zip(counts[2:], above.later_than, strict=False):
        left -= count
        mixed.append((left + weight * later) / (total + weight))
    return Lateness(tuple(mixed))
