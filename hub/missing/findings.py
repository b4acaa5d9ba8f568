"""Reads what the evidence of a suspicion needs, once for all that are judged in one turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from hub.evidence import Evidence
from hub.missing import read_store, store
from hub.missing.company import Rides
from hub.missing.judge import OUTAGES_KEPT, Question, SilenceJudge
from hub.missing.reads import DAYS_SHOWN
from hub.missing.rules.evidence import (
    Known,
    ReadRate,
    make_evidence,
    shares_by_site,
    usual_until,
)
from hub.missing.rules.learned import Learned
from hub.missing.rules.plan import Stop
from hub.missing.rules.reads import Passing, Reads, owed_of
from hub.missing.rules.scoring import Outlook, Scorer, Silence, silence_of
from hub.missing.rules.suspicion import Outage
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import Words
from wire.policy import Policy


@dataclass(frozen=True)
class Findings:
    """What stands behind suspicions, read as it is at ``now``; ``scorer`` judged them.

    What several ask for is read and worked out once: a silent vehicle has hundreds of parcels.
    """

    tx: Connection
    judge: SilenceJudge
    policy: Policy
    words: Words
    scorer: Scorer
    rides: Rides
    now: datetime
    _usual: dict[Silence, datetime | None] = field(default_factory=dict)
    _rates: dict[tuple[Stop, ...], ReadRate] = field(default_factory=dict)
    _reads: dict[tuple[str, Passing], Reads] = field(default_factory=dict)

    def evidence(
        self, asked: Question, searching: tuple[str, ...], raised_at: datetime
    ) -> Evidence:
        """Why this parcel is suspected; ``searching`` are the sites that look for it first."""
        fold, now = asked.fold, self.now
        known = Known(
            fold=fold,
            together=self.rides.siblings(fold),
            outlook=self._outlook(asked),
            usual_until=self._usual_until(fold),
            reads=self._reads_of(fold),
            days=DAYS_SHOWN,
            company=asked.company,
            shares=shares_by_site(fold, self._read_rate(fold.stops), now),
            searching=searching,
            checked_by=raised_at + timedelta(minutes=self.policy.incident.self_check_min),
        )
        return make_evidence(self.words, known, now)

    def _outlook(self, asked: Question) -> Outlook | None:
        if not asked.fold.stops:
            return None
        return self.scorer.outlook(self.judge.silence_of(asked), self.now)

    def _usual_until(self, fold: Watch) -> datetime | None:
        if not fold.stops:
            return None
        silence = silence_of(fold)
        if silence not in self._usual:
            self._usual[silence] = usual_until(self.scorer, silence)
        return self._usual[silence]

    def _reads_of(self, fold: Watch) -> Reads | None:
        owed = owed_of(fold.stops[0].key) if fold.stops else None
        if owed is None:
            return None
        if owed not in self._reads:
            site, passing = owed
            today = self.now.astimezone(self.judge.network.zone_of(site)).date()
            since = today - timedelta(days=DAYS_SHOWN - 1)
            self._reads[owed] = read_store.of_site(self.tx, site, passing, since)
        return self._reads[owed]

    def _read_rate(self, stops: tuple[Stop, ...]) -> ReadRate:
        if stops not in self._rates:
            learned = self.judge.learned(self.tx, [stop.key for stop in stops])
            outages = store.outages(self.tx, self.now - OUTAGES_KEPT)
            self._rates[stops] = partial(_read_rate, learned, outages)
        return self._rates[stops]


def _read_rate(learned: Learned, outages: Sequence[Outage], stop: Stop) -> float:
    is_unreadable = any(each.hides(stop) for each in outages)
    return 0.0 if is_unreadable else learned.read_rate(stop.key)
