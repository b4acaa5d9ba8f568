"""The deadline of a silence: when a parcel that is not lost would have been scanned. Pure.

``S(t)`` is the odds that a parcel on its way has not been scanned by ``t``: over the scans ahead,
P(this one is the first to be read) x P(it comes later than t). A parcel is suspect when S falls
below its share of the false-alarm budget; before that, silence proves nothing. Where nothing is
learned this is "so many hours late against the schedule", with data it is each lane's own quantile.

The defaults come from reasoning, not from trials: the budget is spread evenly over the two scans
that each site of a route owes, half of what is allowed at most is spent, and the prior of lateness
(exponential, four hours) loses its say as soon as a few hundred past times are counted.
Source: HV-2.11.2, design section 7 (tier T0).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hub.missing.rules.learned import LATE_EDGES_H, Learned
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.schedule import Schedule

STEP = timedelta(minutes=15)
"""How finely a deadline is sought."""
SCANS_PER_SITE = 2
_STEP_H = STEP / timedelta(hours=1)

_Term = tuple[float, float, Callable[[float], float]]
"""One scan's part in S(t): its share, hours after the first one's plan, P(later than so many h)."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A parcel's silence: what is expected of it, of how many sites its whole route has."""

    stops: tuple[Stop, ...]
    sites: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """``due_at``: from then on it is suspect; ``allowed`` is S(t) at which it becomes so."""

    due_at: datetime
    allowed: float


class Scorer(Protocol):
    """Says until when silence is no news. Tiers stand behind this one door."""

    @property
    def tier(self) -> str:
        """Its name, as suspects carry it."""

    def deadlines(self, silences: Sequence[Silence]) -> list[Deadline]:
        """One deadline each; a silence has at least one expected scan."""

    def silence_odds(self, silence: Silence, at: datetime) -> float:
        """S(t): P(not scanned by ``at``), for a parcel that is not lost."""


IsUnreadable = Callable[[Stop], bool]


@dataclass(frozen=True)
class ScheduleScorer:
    """Tier T0: hours late against the schedule, and what is learned of lanes and sites.

    ``is_unreadable`` says which scans cannot be expected, because their site was cut off.
    """

    learned: Learned
    schedule: Schedule
    false_per_1000: int
    is_unreadable: IsUnreadable
    tier: str = "T0"

    def deadlines(self, silences: Sequence[Silence]) -> list[Deadline]:
        """The first quarter of an hour in which S(t) is within the budget."""
        return [self._deadline(each) for each in silences]

    def _deadline(self, silence: Silence) -> Deadline:
        allowed = self.false_per_1000 / 1000 / (SCANS_PER_SITE * silence.sites)
        first, last = silence.stops[0], silence.stops[-1]
        terms = self._terms(silence.stops)
        low, high = 0, int((last.by - first.by) / STEP) + int(LATE_EDGES_H[-1] / _STEP_H) + 1
        while low < high:
            middle = (low + high) // 2
            if _odds(terms, middle * _STEP_H) <= allowed:
                high = middle
            else:
                low = middle + 1
        due_at = first.by + low * STEP
        if _waits_at_a_site(first):
            due_at = self.schedule.with_holidays(first.site, first.by, due_at)
        return Deadline(due_at, allowed)

    def silence_odds(self, silence: Silence, at: datetime) -> float:
        """S(t), statutory holidays left out where the parcel waits at a site (HV-1.2.6)."""
        first = silence.stops[0]
        late = at - first.by
        if _waits_at_a_site(first):
            late -= self.schedule.holiday_time(first.site, first.by, at)
        return _odds(self._terms(silence.stops), late.total_seconds() / 3600)

    def _terms(self, stops: tuple[Stop, ...]) -> list[_Term]:
        """What each scan ahead adds to S(t), times told in hours from the first one's plan."""
        terms: list[_Term] = []
        unread = 1.0
        for stop in stops:
            read = 0.0 if self.is_unreadable(stop) else self.learned.read_rate(stop.key)
            if stop is stops[-1]:
                read = 1.0
            after_h = (stop.by - stops[0].by).total_seconds() / 3600
            later_than = self.learned.lateness(stop.key)
            terms.append((unread * read, after_h, later_than.survival))
            unread *= 1.0 - read
        return terms


def _odds(terms: Sequence[_Term], hours: float) -> float:
    return sum(share * survival(hours - after_h) for share, after_h, survival in terms)


def _waits_at_a_site(stop: Stop) -> bool:
    return stop.phase is not Phase.IN


def lost_probability(odds: float, lost_per_10000: int, sites: int) -> float:
    """P(lost | silent): the prior of one scan on the way, against S(t). Source: design 7."""
    prior = lost_per_10000 / 10_000 / (SCANS_PER_SITE * sites)
    return prior / (prior + (1 - prior) * odds)
