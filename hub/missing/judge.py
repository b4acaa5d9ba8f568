"""What is needed to judge silence: the carrier's plan, and what was learned, read as it stands."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from hub.missing import store
from hub.missing.models import Models
from hub.missing.products import Products
from hub.missing.rules.figures import Calendar
from hub.missing.rules.learned import AFTER_SKIPS, Counts, Learned, expected_lateness, pool_of
from hub.missing.rules.plan import Planner, Stop
from hub.missing.rules.schedule import Schedule
from hub.missing.rules.scoring import (
    ALONE,
    Company,
    IsUnreadable,
    ScheduleScorer,
    Scorer,
    Silence,
    is_never_unreadable,
    silence_of,
)
from hub.missing.rules.suspicion import LOOK_EVERY
from hub.missing.rules.watch import Watch
from hub.network import Network
from wire.policy import MissingPolicy, Policy

OUTAGES_KEPT = timedelta(days=14)
"""How long a site's outage excuses scans that were not made then; after that it is deleted."""


@dataclass(frozen=True, slots=True)
class Question:
    """A parcel that is judged, and what is known of those that travel with it."""

    waybill: str
    fold: Watch
    high_value: bool
    company: Company = ALONE


@dataclass(frozen=True)
class SilenceJudge:
    """Reads what a scorer needs and asks it."""

    network: Network
    policy: MissingPolicy
    planner: Planner
    products: Products
    models: Models

    def scorer(self, tx: Connection, folds: Iterable[Watch], now: datetime) -> Scorer:
        """By the model that counts; tier T0 where there is none, or it cannot be read."""
        outages = store.outages(tx, now - OUTAGES_KEPT)

        def is_hidden(stop: Stop) -> bool:
            return any(each.hides(stop) for each in outages)

        is_unreadable = is_hidden if outages else is_never_unreadable
        model = self.models.live(tx)
        counts: dict[str, Counts] = {}
        if model is None or outages:
            # What comes in one truck is expected at the same few stops: each is named once.
            stops = {stop for fold in folds for stop in fold.stops}
            counts = self._counts(tx, (stop.key for stop in stops))
        beneath = self.schedule_scorer(counts, is_unreadable)
        # Without an outage it does not know what was never seen: nothing was counted of it either.
        return beneath if model is None else model.scorer(beneath)

    def schedule_scorer(
        self, counts: Mapping[str, Counts], is_unreadable: IsUnreadable
    ) -> ScheduleScorer:
        """Tier T0 with what was learned."""
        return ScheduleScorer(
            self._learned(counts),
            self.planner.schedule,
            self.policy.false_per_1000,
            self.policy.lost_per_10000,
            timedelta(minutes=self.policy.silent_max_min),
            is_unreadable,
        )

    def learned(self, tx: Connection, keys: Iterable[str]) -> Learned:
        """What is known under these keys and their pools."""
        return self._learned(self._counts(tx, keys))

    def _counts(self, tx: Connection, keys: Iterable[str]) -> dict[str, Counts]:
        wanted = set(keys)
        wanted |= {pool_of(key) for key in wanted} | set(AFTER_SKIPS)
        return store.counts_of(tx, wanted)

    def _learned(self, counts: Mapping[str, Counts]) -> Learned:
        late = timedelta(minutes=self.policy.late_min)
        return Learned(counts, expected_lateness(late), self.policy.samples_min)

    def deadlines(self, scorer: Scorer, asked: Sequence[Question]) -> list[datetime | None]:
        """When each becomes suspect.

        ``None`` where nothing more is expected, and where nobody planned a way: there is no
        schedule to be late against. Only a high-value parcel is suspect by its silence alone then.
        """
        silences = [self.silence_of(each) for each in asked if each.fold.stops]
        found = iter(scorer.deadlines(silences))
        return [
            next(found).due_at if each.fold.stops else self._without_plan(each) for each in asked
        ]

    def silence_of(self, asked: Question) -> Silence:
        """What a scorer is asked about a parcel that something is expected of."""
        product = self.products.of(asked.waybill, high_value=asked.high_value)
        return silence_of(asked.fold, asked.company, product)

    def _without_plan(self, asked: Question) -> datetime | None:
        if asked.fold.done or not asked.high_value:
            return None
        return asked.fold.last.at + timedelta(minutes=self.policy.unplanned_min)


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
    calendar = Calendar(network.zone_of, is_holiday)
    return SilenceJudge(
        network, policy.missing, Planner(schedule), Products(policy), Models(calendar)
    )
