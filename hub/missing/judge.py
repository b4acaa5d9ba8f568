"""What is needed to judge silence: the carrier's plan, and what was learned, read as it stands."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from hub.missing import store
from hub.missing.rules.learned import AFTER_SKIPS, Learned, expected_lateness, pool_of
from hub.missing.rules.plan import Planner, Stop
from hub.missing.rules.schedule import Schedule
from hub.missing.rules.scoring import ALONE, Company, ScheduleScorer, Scorer, Silence
from hub.missing.rules.watch import Watch
from hub.network import Network
from wire.policy import MissingPolicy, Policy

LOOK_EVERY = timedelta(hours=3)
"""How often what travels in company is looked at once its next scan is overdue."""
OUTAGES_KEPT = timedelta(days=14)
"""How long a site's outage excuses scans that were not made then; after that it is deleted."""


@dataclass(frozen=True, slots=True)
class Question:
    """A parcel that is judged, and what is known of those that travel with it."""

    fold: Watch
    high_value: bool
    company: Company = ALONE


@dataclass(frozen=True)
class SilenceJudge:
    """Reads what a scorer needs and asks it."""

    network: Network
    policy: MissingPolicy
    planner: Planner

    def scorer(self, tx: Connection, folds: Iterable[Watch], now: datetime) -> Scorer:
        """The scorer of tier T0 with everything that it needs for these parcels."""
        outages = store.outages(tx, now - OUTAGES_KEPT)

        def is_unreadable(stop: Stop) -> bool:
            return any(each.hides(stop) for each in outages)

        # What comes in one truck is expected at the same few stops: each is named once.
        stops = {stop for fold in folds for stop in fold.stops}
        return ScheduleScorer(
            self.learned(tx, (stop.key for stop in stops)),
            self.planner.schedule,
            self.policy.false_per_1000,
            self.policy.lost_per_10000,
            timedelta(minutes=self.policy.silent_max_min),
            is_unreadable,
        )

    def learned(self, tx: Connection, keys: Iterable[str]) -> Learned:
        """What is known under these keys and their pools."""
        wanted = set(keys)
        wanted |= {pool_of(key) for key in wanted} | set(AFTER_SKIPS)
        late = timedelta(minutes=self.policy.late_min)
        counts = store.counts_of(tx, wanted)
        return Learned(counts, expected_lateness(late), self.policy.samples_min)

    def deadlines(self, scorer: Scorer, asked: Sequence[Question]) -> list[datetime | None]:
        """When each becomes suspect.

        ``None`` where nothing more is expected, and where nobody planned a way: there is no
        schedule to be late against. Only a high-value parcel is suspect by its silence alone then.
        """
        silences = [silence_of(each.fold, each.company) for each in asked if each.fold.stops]
        found = iter(scorer.deadlines(silences))
        return [
            next(found).due_at if each.fold.stops else self._without_plan(each) for each in asked
        ]

    def _without_plan(self, asked: Question) -> datetime | None:
        if asked.fold.done or not asked.high_value:
            return None
        return asked.fold.last.at + timedelta(minutes=self.policy.unplanned_min)


def silence_of(fold: Watch, company: Company = ALONE) -> Silence:
    """What a scorer is asked about a parcel that something is expected of."""
    return Silence(fold.stops, fold.sites, fold.rests_on_holidays, fold.is_in_bag, company)


def next_look(fold: Watch, due_at: datetime | None, now: datetime) -> datetime | None:
    """When to judge a parcel again: at its deadline, or before that to see how its company fares.

    Others that come where it should have come, or out of its bag, tell more than its own silence.
    """
    if due_at is None or not fold.stops or not (fold.is_riding or fold.is_in_bag):
        return due_at
    return min(due_at, max(now, fold.stops[0].by) + LOOK_EVERY)


def make_judge(
    network: Network, policy: Policy, is_holiday: Callable[[date], bool]
) -> SilenceJudge:
    """A judge by a carrier's network and policy."""
    handle = timedelta(minutes=policy.missing.handle_min)
    deliver_by = time.fromisoformat(policy.delivery.due_at)
    delivery = timedelta(minutes=policy.missing.delivery_min)
    schedule = Schedule(network, is_holiday, handle, deliver_by, delivery)
    return SilenceJudge(network, policy.missing, Planner(schedule))
