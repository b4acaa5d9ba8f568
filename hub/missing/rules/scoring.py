"""The deadline of a silence: when a parcel that is not lost would have been scanned. Pure.

``S(t)`` is the odds that a parcel on its way has not been scanned by ``t``: over the scans ahead,
P(this one is the first to be read) x P(it comes later than t). A parcel that missed its departure
may come with the next one; and one skipped scan makes the next more likely to be skipped, because
a parcel that was packed unseen stays unseen until its bag is opened. What travels with it says
whether its vehicle is late at all. It is suspect when S falls below its share of the false-alarm
budget; before that, silence proves nothing. Where nothing is learned this is "so many hours late
against the schedule", with data it is each lane's own quantile.

The defaults come from reasoning: the budget is spread evenly over the two scans that each site of
a route owes, and most of what a carrier would bear, ten of a thousand, is spent; the prior of
lateness (exponential, mean ``late_min``) is outweighed by some hundred past scans. What they give
was looked at with some thirty simulated carriers; tests draw their own.
Source: HV-2.11.2, design section 7 (tier T0), facts.md ("Missing parcels").
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from hub.missing.rules.learned import LATE_EDGES_H, RUN_MAX, Learned, after_skips
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.schedule import Schedule
from hub.missing.rules.watch import Watch

STEP = timedelta(minutes=15)
"""How finely a deadline is sought."""
SCANS_PER_SITE = 2
LEAD_H_MAX = 72
"""Hours before a plan beyond which it makes no difference."""
_HOUR = timedelta(hours=1)
_STEP_H = STEP / _HOUR

_Term = tuple[float, float, tuple[float, ...]]
"""One scan's part in S(t): its share, hours after the first one's plan, and how late such come."""


class Company(Struct, frozen=True):
    """What those that travel with a parcel tell of it.

    ``silent``: so many of its bag or vehicle, or that wait for the same departure, are silent with
    it, itself included: one error would wrong them all. ``has_come``: others of its vehicle were
    seen where it goes, so the first scan expected is not late any more but was skipped.
    ``is_opened``: others of its bag were seen by themselves since the bag was, and it was not.
    ``is_late``: nobody of its vehicle was seen where it goes. ``is_left``: so many wait with it for
    the same departure, which has gone, that there was no room: they come with the next one.
    """

    silent: int = 1
    has_come: bool = False
    is_opened: bool = False
    is_late: bool = False
    is_left: bool = False


ALONE = Company()


class Silence(Struct, frozen=True):
    """A parcel's silence: what is expected of it, of how many sites its whole route has.

    ``rests_on_holidays``: it waits in store, or for its delivery, and those days do not count.
    ``in_known_bag``: it was seen going into its bag, whose scans speak for it. ``company``: what is
    known of those that travel with it. ``lead_h``: hours from its begin to the first plan;
    ``late_h``: so late was the scan that it began with. ``product``: whose budget counts.
    """

    stops: tuple[Stop, ...]
    sites: int
    rests_on_holidays: bool
    in_known_bag: bool = False
    company: Company = ALONE
    lead_h: int = 0
    late_h: int = 0
    product: str = ""

    @property
    def began_at(self) -> str:
        """The site where it began."""
        return self.stops[0].origin or self.stops[0].site


def silence_of(fold: Watch, company: Company = ALONE, product: str = "") -> Silence:
    """What a scorer is asked about a parcel that something is expected of."""
    lead_h = round((fold.stops[0].by - fold.last.at) / _HOUR)
    return Silence(
        fold.stops,
        fold.sites,
        fold.rests_on_holidays,
        fold.is_in_bag,
        company,
        min(max(lead_h, 0), LEAD_H_MAX),
        fold.late_h,
        product,
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a silence says at a moment; each figure from 0 to 1.

    ``odds`` is S(t). ``p_lost``: P(lost | silent until then), and ``p_diverted``: P(it goes another
    way and will be seen elsewhere), ``None`` where nothing was learned of that. ``prior``: P(lost)
    for its whole way that ``p_lost`` stands on, ``None``: the policy's.
    """

    odds: float
    p_lost: float
    p_diverted: float | None = None
    prior: float | None = None


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

    def outlook(self, silence: Silence, at: datetime) -> Outlook:
        """What a parcel's silence until ``at`` says; it has at least one expected scan."""


IsUnreadable = Callable[[Stop], bool]


def is_never_unreadable(_stop: Stop) -> bool:
    """No site was cut off: what is asked for each scan of each parcel need not be asked."""
    return False


@dataclass(frozen=True)
class ScheduleScorer:
    """Tier T0: hours late against the schedule, and what is learned of lanes and sites.

    ``false_per_1000`` is the budget, ``lost_per_10000`` the prior of a parcel's whole way.
    ``is_unreadable`` says which scans cannot be expected, because their site was cut off. After
    ``silent_max`` a parcel is a suspect whatever its sites skip: no one is forgotten. A vehicle of
    which nobody was seen is late until then: what is a day under way is rarely lost as a whole.
    """

    learned: Learned
    schedule: Schedule
    false_per_1000: int
    lost_per_10000: int
    silent_max: timedelta
    is_unreadable: IsUnreadable
    tier: str = "T0"

    def deadlines(self, silences: Sequence[Silence]) -> list[Deadline]:
        """The first quarter of an hour in which S(t) is within the budget."""
        # What travels together is silent together: one answer for all of it.
        found = {each: self._deadline(each) for each in set(silences)}
        return [found[each] for each in silences]

    def _deadline(self, silence: Silence) -> Deadline:
        share = SCANS_PER_SITE * silence.sites * silence.company.silent
        allowed = self.false_per_1000 / 1000 / share
        first, waited = silence.stops[0], self.silent_max
        if not silence.company.is_late:
            waited = min(self._steps_until(allowed, silence) * STEP, self.silent_max)
        due_at = first.by + waited
        if silence.rests_on_holidays:
            due_at = self.schedule.with_holidays(first.site, first.by, due_at)
        return Deadline(due_at, allowed)

    def _steps_until(self, allowed: float, silence: Silence) -> int:
        """How many steps after the first plan S(t), which only falls, is within the budget."""
        terms = self._terms(silence)
        steps = range(-(-self.silent_max // STEP))
        return bisect_left(steps, True, key=lambda step: _odds(terms, step * _STEP_H) <= allowed)

    def outlook(self, silence: Silence, at: datetime) -> Outlook:
        """By what is learned of lanes; nothing is learned of what goes elsewhere."""
        hours = self.hours_late(silence, at)
        odds = _odds(self._terms(silence), hours)
        return Outlook(odds, lost_probability(odds, self.lost_per_10000, silence.sites))

    def _terms(self, silence: Silence) -> list[_Term]:
        """What each scan ahead adds to S(t): on time, and with the first departure missed.

        What nobody could scan may have been packed unseen, as what is skipped again and again.
        """
        terms: list[_Term] = []
        unread, skipped = 1.0, 0
        if silence.company.has_come or silence.company.is_opened:
            # A site skips as many at an opened bag as at what leaves it.
            unread = 1 - self.learned.read_rate(silence.stops[0].key)
        if silence.company.has_come:
            skipped = 1
        for stop in silence.stops[skipped:]:
            known, read = self.learned.known(stop.key), 0.0
            if self.is_unreadable(stop):
                skipped = max(skipped, RUN_MAX)
            else:
                # Skips come together where nobody knows its bag.
                is_hidden = skipped and not silence.in_known_bag
                read = self.learned.read_rate(after_skips(skipped)) if is_hidden else known.read
                skipped += 1
            share = unread if stop is silence.stops[-1] else unread * read
            missed = 0.0
            if stop.again > stop.by:
                missed = 1.0 if silence.company.is_left else known.missed
            plans = ((1 - missed, stop.by), (missed, stop.again)) if missed else ((1.0, stop.by),)
            terms += [
                (share * part, self.planned_h(silence, stop, at), known.later_than)
                for part, at in plans
            ]
            unread *= 1 - read
        return terms

    def planned_h(self, silence: Silence, stop: Stop, at: datetime) -> float:
        """Hours from the first expected scan's plan to a later one's.

        Plans at the destination leave holidays out already; those on the way do not.
        """
        is_delivery = stop.is_last or stop.phase is Phase.DELIVERED
        rests = silence.rests_on_holidays and is_delivery
        return self.hours_between(silence.stops[0], at, rests=rests)

    def hours_late(self, silence: Silence, at: datetime) -> float:
        """Hours from the first plan until ``at``, without holidays on which it rests (HV-1.2.6)."""
        return self.hours_between(silence.stops[0], at, rests=silence.rests_on_holidays)

    def hours_between(self, first: Stop, at: datetime, *, rests: bool) -> float:
        """Hours from a scan's plan until ``at``; ``rests``: holidays between them left out."""
        after = at - first.by
        if rests:
            after -= self.schedule.holiday_time(first.site, first.by, at)
        return after.total_seconds() / 3600


def _odds(terms: Sequence[_Term], hours: float) -> float:
    odds = 0.0
    for share, after_h, later_than in terms:
        odds += share * later_than[bisect_right(LATE_EDGES_H, hours - after_h)]
    return odds


def lost_probability(odds: float, lost_per_10000: int, sites: int) -> float:
    """P(lost | silent): the prior of one scan on the way, against S(t). Source: design 7."""
    prior = lost_per_10000 / 10_000 / (SCANS_PER_SITE * sites)
    return prior / (prior + (1 - prior) * odds)
