"""What is needed to judge silence: the carrier's plan, and what was learned, read as it stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from hub.missing import store
from hub.missing.rules.learned import Learned, expected_lateness, pool_of
from hub.missing.rules.plan import Stop
from hub.missing.rules.schedule import Schedule
from hub.missing.rules.scoring import ScheduleScorer, Scorer, Silence
from hub.missing.rules.watch import Watch
from hub.network import Network
from wire.policy import MissingPolicy

OUTAGES_KEPT = timedelta(days=14)
"""How long a site's outage still excuses scans that were not made then."""


@dataclass(frozen=True)
class SilenceJudge:
    """Reads what a scorer needs and asks it."""

    network: Network
    policy: MissingPolicy
    schedule: Schedule

    def scorer(self, tx: Connection, folds: Iterable[Watch], now: datetime) -> Scorer:
        """The scorer of tier T0 with everything that it needs for these parcels."""
        outages = store.outages(tx, now - OUTAGES_KEPT)

        def is_unreadable(stop: Stop) -> bool:
            return any(each.hides(stop) for each in outages)

        return ScheduleScorer(
            self.learned(tx, (stop.key for fold in folds for stop in fold.stops)),
            self.schedule,
            self.policy.false_per_1000,
            is_unreadable,
        )

    def learned(self, tx: Connection, keys: Iterable[str]) -> Learned:
        """What is known under these keys and their pools."""
        wanted = set(keys)
        wanted |= {pool_of(key) for key in wanted}
        late = timedelta(minutes=self.policy.late_min)
        counts = store.counts_of(tx, wanted)
        return Learned(counts, expected_lateness(late), self.policy.samples_min)

    def deadlines(
        self, scorer: Scorer, folds: Iterable[tuple[Watch, bool]]
    ) -> list[datetime | None]:
        """When each becomes suspect; the flag says whether it is a high-value parcel.

        ``None`` where nothing more is expected, and where nobody planned a way: there is no
        schedule to be late against. Only a high-value parcel is suspect by its silence alone then.
        """
        asked = list(folds)
        silences = [silence_of(fold) for fold, _ in asked if fold.stops]
        found = iter(scorer.deadlines(silences))
        return [
            next(found).due_at if fold.stops else self._without_plan(fold, high_value)
            for fold, high_value in asked
        ]

    def _without_plan(self, fold: Watch, high_value: bool) -> datetime | None:
        if fold.done or not high_value:
            return None
        return fold.last.at + timedelta(minutes=self.policy.unplanned_min)


def silence_of(fold: Watch) -> Silence:
    """What a scorer is asked about a parcel that something is expected of."""
    return Silence(fold.stops, fold.sites)


def make_judge(
    network: Network, policy: MissingPolicy, is_holiday: Callable[[date], bool]
) -> SilenceJudge:
    """A judge by a carrier's network and policy."""
    handle = timedelta(minutes=policy.handle_min)
    delivery = timedelta(minutes=policy.delivery_min)
    return SilenceJudge(network, policy, Schedule(network, is_holiday, handle, delivery))
