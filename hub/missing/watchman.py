"""Turn passed deadlines into suspicions, and suspicions into incidents.

The caller owns the transaction. Source: HV-2.11.2, design section 7.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from hub.incidents.service import Kind, Search, Suspicion, open_incident, sites_of
from hub.missing import read_store, store, suspect_store
from hub.missing.company import Rides
from hub.missing.findings import Findings
from hub.missing.judge import OUTAGES_KEPT, Question, SilenceJudge, next_look
from hub.missing.rules.reads import oldest_kept
from hub.missing.rules.scoring import Scorer
from hub.missing.rules.second_look import first_look_at, with_look
from hub.missing.rules.suspicion import (
    Siblings,
    evidence_of,
    quiet_odds,
    sign_of,
    silent_group,
)
from hub.missing.rules.watch import Watch, ended, replan
from hub.missing.rules.words import Sentence, Words
from hub.missing.rules.worth import value_of
from hub.missing.store import Watched
from hub.parcels.service import high_value_among, planned_routes, replaced_among, values_among
from hub.wanted.service import stopped_among
from wire.policy import Policy

DUE_PER_TURN_MAX = 200
STOPPED_AGAIN = timedelta(hours=1)
"""When a parcel that must not move is looked at again."""
WAYBILLS_PER_GROUP_MAX = 500
"""Parcels of one incident (hub.incidents): a larger vehicle makes more than one."""


@dataclass(frozen=True)
class Watchman:
    """Turns passed deadlines into suspicions: of a parcel, its bag or vehicle, or a whole site."""

    judge: SilenceJudge
    search: Search
    policy: Policy
    words: Words

    def judge_sites(self, tx: Connection, now: datetime) -> None:
        """One incident for each site of which nothing is heard although parcels are due there."""
        store.forget_outages(tx, now - OUTAGES_KEPT)
        read_store.forget(tx, oldest_kept(now.date()))
        before = now - timedelta(minutes=self.policy.missing.site_silent_min)
        rides = Rides(tx)
        for site, overdue in store.overdue_at_quiet_sites(tx, before, now).items():
            signs = [
                sign_of(_party(each.fold), each.fold.stops[0], rides.siblings(each.fold))
                for each in overdue
            ]
            due = [each for each in signs if each is not None]
            learned = self.judge.learned(tx, {each.stop.key for each in due})
            odds = quiet_odds(due, learned, now)
            if odds * self.policy.missing.site_odds > 1:
                continue
            since = store.heard_at(tx, site)
            reasons = self.words.quiet_site(site, since, len(due), odds)
            open_incident(tx, self.search, _of_site(site, since, reasons), now)
            store.begin_outage(tx, site, since)

    def judge_parcels(self, tx: Connection, now: datetime) -> int:
        """SilenceJudge what is due; return how many there were, at most ``DUE_PER_TURN_MAX``."""
        for outage in store.outages(tx, now):
            if outage.until is None:
                again = now + timedelta(minutes=self.policy.missing.site_silent_min)
                store.put_off(tx, outage.site, again)
        found = store.due(tx, now, DUE_PER_TURN_MAX)
        due = self.replanned(tx, self._free_to_move(tx, _still_going(tx, found), now))
        if not due:
            return len(found)
        scorer = self.judge.scorer(tx, [each.fold for each in due], now)
        high_value = high_value_among(tx, [each.waybill for each in due], self.policy)
        rides = Rides(tx)
        together = [rides.siblings(each.fold) for each in due]
        asked = [
            Question(
                each.waybill,
                each.fold,
                each.waybill in high_value,
                evidence_of(
                    each.fold, siblings, rides.waiting(each.fold), self.policy.missing, now
                ),
            )
            for each, siblings in zip(due, together, strict=True)
        ]
        deadlines = self.judge.deadlines(scorer, asked)
        suspected: set[str] = set()
        for each, question, siblings, due_at in zip(due, asked, together, deadlines, strict=True):
            if each.waybill in suspected:
                continue
            if due_at is None or due_at > now:
                # More was learned since, its site was cut off, or its company tells that it waits.
                store.put(tx, [replace(each, due_at=next_look(each.fold, due_at, now))])
            else:
                suspected |= self._suspect(tx, each, question, siblings, rides, scorer, now)
        return len(found)

    def _free_to_move(self, tx: Connection, due: Sequence[Watched], now: datetime) -> list[Watched]:
        """Without those that a stop holds where they are: their silence is what was asked for."""
        stopped = stopped_among(tx, [each.waybill for each in due], now)
        held = [each for each in due if each.waybill in stopped]
        store.put(tx, [replace(each, due_at=now + STOPPED_AGAIN) for each in held])
        return [each for each in due if each.waybill not in stopped]

    def replanned(self, tx: Connection, due: Sequence[Watched]) -> list[Watched]:
        """By the routes as they are declared now: a declaration may come after the first scan."""
        routes = planned_routes(tx, [each.waybill for each in due], self.judge.network)
        return [
            replace(each, fold=replan(each.fold, routes.get(each.waybill), self.judge.planner))
            for each in due
        ]

    def _suspect(
        self,
        tx: Connection,
        each: Watched,
        asked: Question,
        together: Sequence[Siblings],
        rides: Rides,
        scorer: Scorer,
        now: datetime,
    ) -> set[str]:
        """Raise a suspicion; return the waybills that it covers."""
        group = silent_group(together, self.policy.missing)
        if group is None:
            kind, subject, covered = Kind.PARCEL, each.waybill, [each]
        else:
            kind, subject = Kind.GROUP, group.ride
            unseen = store.known(tx, group.unseen[:WAYBILLS_PER_GROUP_MAX])
            covered = [one for one in unseen.values() if one.suspect_id is None]
            scorer = self.judge.scorer(tx, [asked.fold, *(one.fold for one in covered)], now)
        waybills = tuple(sorted(one.waybill for one in covered))
        found = Findings(tx, self.judge, self.policy, self.words, scorer, rides, now)
        suspicion = _told(_suspicion(kind, subject, waybills, each.fold, scorer.tier), asked, found)
        incident = open_incident(tx, self.search, suspicion, now)
        self._keep(tx, suspicion, covered, found, incident)
        return set(waybills)

    def _keep(
        self,
        tx: Connection,
        suspicion: Suspicion,
        covered: Sequence[Watched],
        found: Findings,
        incident: int,
    ) -> None:
        """One row each, with its own evidence: those of a group were not all seen at one moment."""
        waybills, missing = suspicion.waybills, self.policy.missing
        high_value = high_value_among(tx, waybills, self.policy)
        declared = values_among(tx, waybills)
        for one in covered:
            its, is_high = suspicion, one.waybill in high_value
            if suspicion.kind is Kind.GROUP:
                rides = found.rides
                company = evidence_of(
                    one.fold, rides.siblings(one.fold), rides.waiting(one.fold), missing, found.now
                )
                its = _told(suspicion, Question(one.waybill, one.fold, is_high, company), found)
            value = value_of(declared.get(one.waybill), self.policy, high_value=is_high)
            look_at = first_look_at(its.p_lost, missing, found.now)
            suspect_id = suspect_store.add(
                tx,
                its,
                one.waybill,
                incident,
                found.now,
                value,
                high_value=is_high,
                look_at=look_at,
            )
            store.put(tx, [replace(one, due_at=None, suspect_id=suspect_id)])


def make_watchman(judge: SilenceJudge, search: Search, policy: Policy) -> Watchman:
    """A watchman who speaks of times in their site's zone."""
    return Watchman(judge, search, policy, Words(judge.network.zone_of, policy.missing))


def _still_going(tx: Connection, due: Sequence[Watched]) -> list[Watched]:
    """Those that have not gone on under a new waybill: of these nothing more is expected."""
    replaced = replaced_among(tx, [each.waybill for each in due]) if due else {}
    over = [each for each in due if each.waybill in replaced]
    store.put(tx, [replace(each, fold=ended(each.fold), due_at=None) for each in over])
    return [each for each in due if each.waybill not in replaced]


def _party(fold: Watch) -> str:
    """What comes or goes together: a ride, else all that wait at a site for one vehicle."""
    if fold.ride is not None and fold.is_riding:
        return fold.ride.name
    first, *more = fold.stops
    onward = more[0].site if more else first.site
    return f"{fold.last.site}>{onward}/{first.by.isoformat()}"


def _of_site(site: str, since: datetime, reasons: Iterable[Sentence]) -> Suspicion:
    chinese, english = zip(*reasons, strict=True)
    return Suspicion(
        kind=Kind.SITE,
        subject=site,
        waybills=(),
        site=site,
        previous_site=None,
        since=since,
        expected_site=site,
        expected_by=None,
        p_lost=None,
        tier="T0",
        reasons_zh=chinese,
        reasons_en=english,
    )


def _suspicion(
    kind: Kind, subject: str, waybills: tuple[str, ...], fold: Watch, tier: str
) -> Suspicion:
    stop = fold.stops[0] if fold.stops else None
    went_on = stop is not None and stop.site != fold.last.site
    return Suspicion(
        kind=kind,
        subject=subject,
        waybills=waybills,
        site=stop.site if stop is not None and went_on else fold.last.site,
        previous_site=fold.last.site if went_on else fold.came_from,
        since=fold.last.at,
        expected_site=None if stop is None else stop.site,
        expected_by=None if stop is None else stop.by,
        p_lost=None,
        tier=tier,
        reasons_zh=(),
        reasons_en=(),
    )


def _told(suspicion: Suspicion, asked: Question, found: Findings) -> Suspicion:
    """The same with one parcel's own figures and evidence."""
    searching = sites_of(suspicion.site, suspicion.previous_site)
    evidence = found.evidence(asked, searching, found.now)
    look_at = first_look_at(evidence.p_lost, found.policy.missing, found.now)
    evidence = with_look(found.words, evidence, look_at)
    return dataclasses.replace(
        suspicion,
        since=asked.fold.last.at,
        expected_site=evidence.expected_site,
        expected_by=evidence.expected_by,
        p_lost=evidence.p_lost,
        reasons_zh=evidence.texts_zh,
        reasons_en=evidence.texts_en,
        evidence=evidence,
    )
