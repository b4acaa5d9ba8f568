"""Reads what the evidence of a suspicion needs, once for all that are judged in one turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.evidence import Evidence
from hub.missing import read_store, store
from hub.missing.company import Rides
from hub.missing.judge import OUTAGES_KEPT, Question, SilenceJudge, silence_of
from hub.missing.reads import DAYS_SHOWN
from hub.missing.rules.evidence import (
    Known,
    make_evidence,
    shares_by_site,
    usual_until,
)
from hub.missing.rules.plan import Stop
from hub.missing.rules.reads import Reads, owed_of
from hub.missing.rules.scoring import ALONE, Outlook, Scorer
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import Words
from wire.policy import Policy


@dataclass(frozen=True)
class Findings:
    """What stands behind suspicions, read as it is at ``now``; ``scorer`` judged them."""

    tx: Connection
    judge: SilenceJudge
    policy: Policy
    words: Words
    scorer: Scorer
    rides: Rides
    now: datetime

    def evidence(self, asked: Question, searching: tuple[str, ...]) -> Evidence:
        """Why this parcel is suspected; ``searching`` are the sites that look for it first."""
        fold, now = asked.fold, self.now
        outlook = self._outlook(asked)
        known = Known(
            fold=fold,
            together=self.rides.witnesses(fold),
            outlook=outlook,
            usual_until=self._usual_until(asked),
            reads=self._reads(fold),
            days=DAYS_SHOWN,
            has_come=asked.company.has_come or asked.company.is_opened,
            shares=shares_by_site(fold, self._read_rate(fold.stops), now),
            searching=searching,
            checked_by=now + timedelta(minutes=self.policy.incident.self_check_min),
        )
        return make_evidence(self.words, known, now)

    def _outlook(self, asked: Question) -> Outlook | None:
        if not asked.fold.stops:
            return None
        return self.scorer.outlook(silence_of(asked.fold, asked.company), self.now)

    def _usual_until(self, asked: Question) -> datetime | None:
        if not asked.fold.stops:
            return None
        silence = replace(silence_of(asked.fold), company=ALONE)
        return usual_until(self.scorer, silence, asked.fold.last.at)

    def _reads(self, fold: Watch) -> Reads | None:
        owed = owed_of(fold.stops[0].key) if fold.stops else None
        if owed is None:
            return None
        site, passing = owed
        today = self.now.astimezone(self.judge.network.zone_of(site)).date()
        return read_store.of_site(self.tx, site, passing, today - timedelta(days=DAYS_SHOWN - 1))

    def _read_rate(self, stops: Sequence[Stop]) -> Callable[[Stop], float]:
        learned = self.judge.learned(self.tx, [stop.key for stop in stops])
        outages = store.outages(self.tx, self.now - OUTAGES_KEPT)

        def read_rate(stop: Stop) -> float:
            is_unreadable = any(each.hides(stop) for each in outages)
            return 0.0 if is_unreadable else learned.read_rate(stop.key)

        return read_rate
