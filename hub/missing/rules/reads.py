"""How many of the scans that a site owes it makes, day by day, and how sure that is. Pure.

A skip shows only once its parcel is scanned further on. So a parcel's first scan, which nobody
expects, is not counted, nor its signature, behind which nothing comes. Source: design section 7,
facts.md ("Real scan logs": 3 to 18 % of scans are skipped at each step).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

from hub.missing.rules.plan import Phase, phase_of
from hub.missing.rules.watch import Lesson, ParcelScan

DAYS_KEPT = 92
"""Days that are counted apart, today among them; older ones are forgotten."""
OWED_MIN = 30
"""With fewer scans owed a share would be chance: at 90 % read its interval is 20 % wide."""
SITES_MIN = 3
"""Of so many sites at least a median is told: of fewer it would tell another site's figure."""
_Z = 1.959964
"""Of a normal distribution 95 % lie within so many deviations."""

DayOf = Callable[[str, datetime], date]
"""The local day of a site at a moment."""


class Passing(StrEnum):
    """Where a site owes a scan; ``LAST_OUT``: a parcel goes out to its recipient."""

    IN = "in"
    OUT = "out"
    LAST_OUT = "out-last"


class Owed(NamedTuple):
    """Scans are counted by the site's local day on which they were made, or were due."""

    day: date
    site: str
    passing: Passing


class Tally(NamedTuple):
    """What is added to a day: each figure only grows.

    ``late``: how many of the skipped were made after all, and only reached the hub late.
    """

    made: int = 0
    skipped: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Reads:
    """Scans made and scans skipped of those that were owed."""

    made: int = 0
    skipped: int = 0

    @property
    def owed(self) -> int:
        """Both together."""
        return self.made + self.skipped

    @property
    def is_thin(self) -> bool:
        """Say whether there are too few for a share."""
        return self.owed < OWED_MIN

    @property
    def share(self) -> float | None:
        """How many of those owed were made, 0 to 1; ``None``: too few to say."""
        return None if self.is_thin else self.made / self.owed

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which shares the true one lies with 95 % (Wilson); ``None``: too few to say."""
        return None if self.is_thin else wilson(self.made, self.owed)


class Change(StrEnum):
    """How one share of scans that were made stands to another."""

    BETTER = "better"
    SAME = "same"
    """No difference that is more than chance."""
    WORSE = "worse"
    UNKNOWN = "unknown"
    """Too few scans to say."""


def tally(
    taught: Iterable[tuple[ParcelScan, Sequence[Lesson]]], day_of: DayOf, now: datetime
) -> dict[Owed, Tally]:
    """What scans tell of those that were owed.

    Args:
        taught: scans and what each of them taught (``watch.fold_scan``).
        day_of: the local days of sites.
        now: aware UTC; what is older than ``DAYS_KEPT`` days is left out.
    """
    oldest = oldest_kept(now.date())
    found: dict[Owed, list[int]] = {}
    for scan, lessons in taught:
        for lesson in lessons:
            told = _told(scan, lesson)
            if told is None:
                continue
            site, passing, at, what = told
            owed = Owed(day_of(site, at), site, passing)
            if owed.day >= oldest:
                found.setdefault(owed, [0, 0, 0])[what] += 1
    return {owed: Tally(*counts) for owed, counts in found.items()}


_MADE, _SKIPPED, _LATE = range(3)
"""Places in a tally."""
_LEAVING = {"out": Passing.OUT, "out-last": Passing.LAST_OUT}


def _told(scan: ParcelScan, lesson: Lesson) -> tuple[str, Passing, datetime, int] | None:
    owed = owed_of(lesson.key)
    if owed is None:
        return None
    site, passing = owed
    if lesson.skipped:
        # Of one that was counted before days were, none is taken back.
        at, what = lesson.at, _SKIPPED if lesson.skipped > 0 else _LATE
    elif _is_made_by(scan, site, passing):
        at, what = scan.at, _MADE
    else:
        return None  # Something else ended the silence: the scan is still owed.
    return None if at is None else (site, passing, at, what)


def _is_made_by(scan: ParcelScan, site: str, passing: Passing) -> bool:
    phase = Phase.IN if passing is Passing.IN else Phase.OUT
    return scan.site == site and phase_of(scan.step) is phase


def owed_of(key: str) -> tuple[str, Passing] | None:
    """The site and where it owes the scan that is learned of under ``key`` (``plan.Stop.key``).

    ``None``: a pool, or a signature, whose skip nobody would see.
    """
    pool, _, place = key.partition(":")
    passing = Passing.IN if pool.partition("-")[0] == Phase.IN else _LEAVING.get(pool)
    site = place.rpartition(">")[2]
    return None if passing is None or site == "*" else (site, passing)


def oldest_kept(today: date) -> date:
    """The first day that is still counted."""
    return today - timedelta(days=DAYS_KEPT - 1)


def total(parts: Iterable[Reads]) -> Reads:
    """Several figures as one."""
    made = skipped = 0
    for each in parts:
        made += each.made
        skipped += each.skipped
    return Reads(made, skipped)


def wilson(made: int, owed: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, 1927); ``owed`` is at least 1.

    Unlike the plain one it stays within 0 and 1, and has a width where nothing was skipped.
    """
    share, weight = made / owed, _Z * _Z / owed
    centre = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / owed + weight / (4 * owed)) / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)


def median_share(sites: Iterable[Reads]) -> float | None:
    """The middle share of those sites that have one; ``None``: fewer than ``SITES_MIN`` have."""
    shares = sorted(each.share for each in sites if each.share is not None)
    if len(shares) < SITES_MIN:
        return None
    middle = len(shares) // 2
    return shares[middle] if len(shares) % 2 else (shares[middle - 1] + shares[middle]) / 2


def change(before: Reads, after: Reads) -> Change:
    """Whether more of the owed scans are made than before: only if the intervals lie apart."""
    old, new = before.interval, after.interval
    if old is None or new is None:
        return Change.UNKNOWN
    if new[0] > old[1]:
        return Change.BETTER
    return Change.WORSE if new[1] < old[0] else Change.SAME


def against(reads: Reads, median: float | None) -> Change:
    """How a site stands to the median: apart only if that lies outside the site's interval."""
    interval = reads.interval
    if interval is None or median is None:
        return Change.UNKNOWN
    if interval[0] > median:
        return Change.BETTER
    return Change.WORSE if interval[1] < median else Change.SAME
