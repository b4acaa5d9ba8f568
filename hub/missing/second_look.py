"""Look again at suspicions whose first alert was doubtful, with what is known by now.

The caller owns the transaction: what a look came to, what the history says of it and when the next
one is due are written together, or not at all. A look ends nothing and withdraws nothing.
Source: HV-2.11.2, docs/adr/0044.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection

from hub.evidence import SecondLook, Verdict, percent
from hub.incidents.service import Kind, Told, note_look, searched_among, sites_of
from hub.missing import store, suspect_store
from hub.missing.company import Rides
from hub.missing.findings import Findings
from hub.missing.judge import OUTAGES_KEPT, Question
from hub.missing.rules.second_look import Again, hiding, next_look_at, verdict_of, why, with_look
from hub.missing.rules.suspicion import Outage, evidence_of
from hub.missing.rules.worth import value_of
from hub.missing.store import Watched
from hub.missing.suspect_store import Suspect
from hub.missing.watchman import WAYBILLS_PER_GROUP_MAX, Watchman
from hub.parcels.service import high_value_among, values_among

LOOKS_PER_TURN_MAX = WAYBILLS_PER_GROUP_MAX
"""Those of one search are looked at in one turn: its history tells of them in one line."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A suspect, what is asked about it now, and when it would be suspected by that."""

    suspect: Suspect
    question: Question
    due_at: datetime | None


@dataclass(frozen=True)
class SecondLooks:
    """Looks with the watchman's judge, policy and words."""

    watchman: Watchman

    def look(self, tx: Connection, now: datetime) -> int:
        """Look at what is due; return how many there were, at most ``LOOKS_PER_TURN_MAX``."""
        due = _whole_searches(suspect_store.due_looks(tx, now, LOOKS_PER_TURN_MAX))
        if not due:
            return 0
        searched = searched_among(tx, {each.incident for each in due})
        watched = store.known(tx, [each.waybill for each in due])
        ids = {each.suspect_id for each in watched.values()}
        suspects = [each for each in due if each.incident in searched and each.id in ids]
        over = {each.id for each in due} - {each.id for each in suspects}
        # People have declared them lost: a number would tell them nothing any more.
        suspect_store.end_looks(tx, sorted(over))
        if suspects:
            self._look_at(tx, suspects, [watched[each.waybill] for each in suspects], now)
        return len(due)

    def _look_at(
        self, tx: Connection, suspects: Sequence[Suspect], watched: Sequence[Watched], now: datetime
    ) -> None:
        watchman, rides = self.watchman, Rides(tx)
        judge, policy = watchman.judge, watchman.policy
        questions = self._questions(tx, watched, rides, now)
        scorer = judge.scorer(tx, [each.fold for each in questions], now)
        found = Findings(tx, judge, policy, watchman.words, scorer, rides, now)
        cases = [
            _Case(*case)
            for case in zip(suspects, questions, judge.deadlines(scorer, questions), strict=True)
        ]
        looked_at = self._looks(cases, found)
        declared = values_among(tx, [each.waybill for each in suspects])
        values = [
            value_of(
                declared.get(case.suspect.waybill), policy, high_value=case.question.high_value
            )
            for case in cases
        ]
        suspect_store.put_looks(tx, zip(looked_at, values, strict=True))
        before = {each.id: _verdict_of(each) for each in suspects}
        for incident, its in groupby(sorted(looked_at, key=_of_incident), _of_incident):
            members = list(its)
            told = _told(members, before)
            note_look(tx, incident, _most_telling(members), told, now)

    def _questions(
        self, tx: Connection, watched: Sequence[Watched], rides: Rides, now: datetime
    ) -> list[Question]:
        """By the routes, bags and vehicles as they are known now."""
        watchman = self.watchman
        policy = watchman.policy
        high_value = high_value_among(tx, [each.waybill for each in watched], policy)
        questions = []
        for each in watchman.replanned(tx, watched):
            fold = each.fold
            together, waiting = rides.siblings(fold), rides.waiting(fold)
            company = evidence_of(fold, together, waiting, policy.missing, now)
            questions.append(Question(each.waybill, fold, each.waybill in high_value, company))
        return questions

    def _looks(self, cases: Sequence[_Case], found: Findings) -> list[Suspect]:
        """The suspects with what this look came to, in the same order."""
        now = found.now
        outages = store.outages(found.tx, now - OUTAGES_KEPT)
        overdue = {
            case.suspect.incident
            for case in cases
            if case.due_at is not None and case.due_at <= now
        }
        return [
            _looked_at(case, found, outages, is_due=case.suspect.incident in overdue)
            for case in cases
        ]


def _looked_at(case: _Case, found: Findings, outages: Sequence[Outage], *, is_due: bool) -> Suspect:
    suspect, question, words = case.suspect, case.question, found.words
    searching = sites_of(suspect.site, suspect.previous_site)
    evidence = found.evidence(question, searching, suspect.raised_at)
    fold, company, policy = question.fold, question.company, found.policy.missing
    outage = hiding(fold, outages, found.now)
    again = Again(fold, company, evidence.p_lost, case.due_at, is_due, outage)
    verdict, looks = verdict_of(again, policy), suspect.looks + 1
    look_at = next_look_at(verdict, looks, policy, found.now)
    why_zh, why_en = None, None
    if verdict.is_explained:
        why_zh, why_en = why(words, verdict, again, found.rides.siblings(fold))
    look = SecondLook(
        waybill=suspect.waybill,
        verdict=verdict,
        evidence=with_look(words, evidence, look_at),
        tier=found.scorer.tier,
        p_lost_first=suspect.p_lost,
        why_zh=why_zh,
        why_en=why_en,
    )
    return replace(suspect, look=look, looks=looks, look_at=look_at)


_of_incident = attrgetter("incident")


def _whole_searches(due: list[Suspect]) -> list[Suspect]:
    """Without those of a search of which the page may have cut some: they come with the next."""
    if len(due) < LOOKS_PER_TURN_MAX or due[0].incident == due[-1].incident:
        return due
    return [each for each in due if each.incident != due[-1].incident]


def _verdict_of(suspect: Suspect) -> Verdict:
    return Verdict.DOUBTFUL if suspect.look is None else suspect.look.verdict


def _most_telling(looked_at: Sequence[Suspect]) -> SecondLook:
    """What stands for a search of several: who is the most likely to be lost, unexplained first."""
    looks = [each.look for each in looked_at if each.look is not None]
    return max(looks, key=lambda look: (not look.verdict.is_explained, look.evidence.p_lost or 0.0))


def _told(looked_at: Sequence[Suspect], before: dict[int, Verdict]) -> list[Told]:
    """What the history says: one line for all of a search that have come to the same."""
    told = []
    for verdict in Verdict:
        changed = [
            each for each in looked_at if _verdict_of(each) is verdict is not before[each.id]
        ]
        if changed:
            told.append(Told(verdict, _note(changed)))
    return told


def _note(changed: Sequence[Suspect]) -> str:
    """In figures, which need no language: ``31% → 64%``, of a group with its waybills."""
    first = _span([each.p_lost for each in changed])
    figures = f"{first} → {_span([each.newest.p_lost for each in changed])}"
    if changed[0].kind is not Kind.GROUP:
        return figures
    waybills = sorted(each.waybill for each in changed)
    named = waybills[0] if len(waybills) == 1 else f"{waybills[0]} … {waybills[-1]}"
    return f"{named} ({len(waybills)}): {figures}"


def _span(chances: Sequence[float | None]) -> str:
    known = [each for each in chances if each is not None]
    if not known:
        return "–"
    low, high = percent(min(known)), percent(max(known))
    return low if low == high else f"{low}–{high}"
