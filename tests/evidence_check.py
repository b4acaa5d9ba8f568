"""Holds the evidence of a suspect against what is counted again from the raw facts.

``tests.evidence_recount`` counts; here stand the sentences that must come of it, written a second
time, so that every digit in them is checked.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import TypeVar

import pytest

from hub.evidence import Evidence, Line, LineKind, SecondLook, Verdict
from hub.incidents.service import Kind, Suspicion
from hub.missing.company import Rides
from hub.missing.judge import OUTAGES_KEPT, SilenceJudge
from hub.missing.rules.learned import Learned, expected_lateness
from hub.missing.rules.plan import Stop
from hub.missing.rules.scoring import ALONE, Company
from hub.missing.rules.suspicion import evidence_of
from hub.missing.rules.watch import Watch, replan
from hub.missing.suspect_store import Suspect
from tests.evidence_mutants import mutants
from tests.evidence_odds import Silence, silent_odds
from tests.evidence_recount import DAY, HOUR, Heard
from tests.memory_missing import MemoryTables

T = TypeVar("T")

READS_DAYS = 28
LOOKS = 48
AGAIN_EN = "Looked at again, with what is known by then: it is doubtful"
STEPS_EN = {"out_for_delivery": "out for delivery"}
PHASES_EN = {"in": "arrive at", "out": "leave", "delivered": "be delivered from"}
PASSINGS_EN = {"in": "arriving", "out": "leaving", "out-last": "going out for delivery"}
SCAN_EN = {"in": "on arriving at", "out": "on leaving", "delivered": "on delivery from"}


class WrongEvidenceError(AssertionError):
    """A number that the raw facts do not give."""


@dataclass
class Checker:
    """Counts again what each suspicion tells, at the moment at which it is raised."""

    tables: MemoryTables
    heard: Heard
    judge: SilenceJudge
    checked: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    _rides: dict[str, tuple[datetime, Rides]] = field(default_factory=dict)

    def rides(self, duty: str, now: datetime) -> Rides:
        """What travels together as a duty's turn found it: what it suspects changes that."""
        if duty not in self._rides or self._rides[duty][0] != now:
            self._rides[duty] = (now, Rides(None))  # type: ignore[arg-type]  # no database
        return self._rides[duty][1]

    def __call__(self, waybill: str, suspicion: Suspicion, now: datetime) -> None:
        evidence = suspicion.evidence
        assert evidence is not None
        told = Recount(self, waybill, suspicion, now, now)
        told.check(evidence)
        self.checked.update(line.kind for line in evidence.lines)
        for mutant in mutants(evidence):
            with pytest.raises(WrongEvidenceError):
                told.check(mutant)
            self.caught["mutants"] += 1

    def look(self, suspect: Suspect, look: SecondLook, now: datetime) -> None:
        """Count again what a later look tells."""
        told = Recount(self, suspect.waybill, suspect, now, suspect.raised_at, look, suspect.looks)
        told.check(look.evidence)
        self.checked[look.verdict] += 1


@dataclass
class Recount:
    """What the evidence of one suspect must say, at its first alert or at a later look."""

    checker: Checker
    waybill: str
    suspicion: Suspicion | Suspect
    now: datetime
    raised_at: datetime
    look: SecondLook | None = None
    looks: int = 0

    _known: dict[tuple[object, ...], object] = field(default_factory=dict)

    @property
    def heard(self) -> Heard:
        return self.checker.heard

    def once(self, count: Callable[..., T], *asked: object) -> T:
        """What was counted once: of a hundred wrong copies each is held against the same."""
        key = (count.__name__, *asked)
        if key not in self._known:
            self._known[key] = count(*asked)
        return self._known[key]  # type: ignore[return-value]  # what this very function gave

    def check(self, evidence: Evidence) -> None:
        silence, rarity, company = evidence.lines
        self.check_silence(evidence, silence)
        self.check_rarity(evidence, rarity)
        self.check_company(company)
        self.check_shares(evidence)
        self.check_looks(evidence)
        for line in evidence.lines:
            check_languages(line)

    # ------------------------------------------------------------ 1: where and when

    def check_silence(self, evidence: Evidence, line: Line) -> None:
        last = self.once(self.heard.in_order, self.waybill)[-1]
        silent_h = tenth(self.now - last.at)
        step = "scan" if last.step is None else STEPS_EN.get(last.step.value, last.step.value)
        seen = (
            f"Last scan {self.local(last.site, last.at)} at {last.site} ({step}), {silent_h} h ago"
        )
        assert line.bar is not None
        same("hours silent", line.bar.part, silent_h)
        if not self.fold.stops:
            same("last scan", line.en, f"{seen}; no route is known")
            same("mark", line.bar.mark, self.heard.policy.missing.unplanned_min / 60)
            return
        due = self.once(self.heard.next_due, self.waybill)
        assert due is not None
        site, phase, by = due
        should = f"it should {PHASES_EN[phase]} {site} by {self.local(site, by)}"
        same("last scan and what is due", line.en, f"{seen}; {should}")
        same("what is due", (evidence.expected_site, evidence.expected_by), (site, by))
        usual_h = self.once(self.usual_h, last.at)
        usual = f"99 of 100 such parcels are scanned within {usual_h} h"
        same("bar", line.bar.en, f"silent for {silent_h} h; mark: {usual}")
        same("mark", line.bar.mark, usual_h)
        same("whole", line.bar.whole, max(silent_h, usual_h))

    def usual_h(self, since: datetime) -> float:
        """The first quarter of an hour in which S(t) of the lane is 1 % or less."""
        plain = self.silence(ALONE)
        at, until = plain.stops[0].by, plain.stops[0].by + 21 * DAY
        while silent_odds(plain, self.learned, at) > 0.01:
            at += timedelta(minutes=15)
            assert at < until, "no carrier of these is silent for weeks"
        return tenth(at - since)

    # ------------------------------------------------------------ 2: how rare

    def check_rarity(self, evidence: Evidence, line: Line) -> None:
        if not self.fold.stops:
            same("estimate", (line.bar, evidence.p_lost), (None, None))
            return
        company = self.company
        odds = self.once(self.odds, company)
        of = next((n for n in (10**3, 10**4, 10**5, 10**6) if odds * n >= 1), 10**6)
        silent = round(odds * of) if odds * of >= 1 else 0
        many = f"{silent}" if silent else "fewer than 1"
        like = "parcels like this that are not lost"
        if company.has_come or company.is_opened:
            like += " and whose company has come"
        elif company.is_left:
            like += " and were left behind with others"
        stay = "stay" if silent > 1 else "stays"
        said = f"Of {of:,} {like}, {many} {stay} silent so long"
        same("rarity", line.en, said)
        assert line.bar is not None
        same("rarity's bar", (line.bar.part, line.bar.whole), (silent, of))
        same("rarity's words", line.bar.en, f"{many} of {of:,}")
        sites, prior = len(self.heard.routes[self.waybill]), evidence.prior_per_10000
        same("prior", prior, self.heard.policy.missing.lost_per_10000)
        same("budget", evidence.budget_per_1000, self.heard.policy.missing.false_per_1000)
        before = prior / 10_000 / (2 * sites)
        near("P(lost)", evidence.p_lost, before / (before + (1 - before) * odds))

    def odds(self, company: Company) -> float:
        return silent_odds(self.silence(company), self.learned, self.now)

    # ------------------------------------------------------------ 3: its company

    def check_company(self, line: Line) -> None:
        if line.kind is LineKind.COMPANY:
            self.check_siblings(line)
            return
        for container, site in self.rides():
            all_, *_ = self.once(self.heard.company, self.waybill, container, site)
            same("company of one that is said to be alone", all_, 1)
        if not self.fold.stops or self.fold.stops[0].phase == "delivered":
            same("bar", line.bar, None)
            return
        self.check_reads(line)

    def check_reads(self, line: Line) -> None:
        stop = self.fold.stops[0]
        passing = "out-last" if stop.phase == "out" and stop.is_last else stop.phase.value
        made, owed = self.once(self.heard.reads, stop.site, passing)
        if line.kind is LineKind.UNKNOWN:
            said = (
                f"Nothing travels with it; {stop.site} owed only {owed} scans of parcels "
                f"{PASSINGS_EN[passing]} in {READS_DAYS} days, and 30 are needed to tell how many "
                "it skips"
            )
            same("too few reads", line.en, said)
            assert owed < 30
            return
        of_100 = 100 if made == owed else min(99, round(100 * made / owed))
        excuse = "is hardly just missing" if made == owed else "may simply be missing"
        said = (
            f"Nothing travels with it; {stop.site} reads {of_100} of 100 parcels "
            f"{PASSINGS_EN[passing]} ({made:,} of {owed:,} in {READS_DAYS} days): "
            f"this scan {excuse}"
        )
        same("reads", line.en, said)
        assert line.bar is not None
        same("reads' bar", (line.bar.part, line.bar.whole), (made, owed))
        same("reads' words", line.bar.en, f"{made:,} of {owed:,} read")

    def check_siblings(self, line: Line) -> None:
        found = re.search(r"in (\w+) (\S+) \(from (\w+)\)", line.en)
        assert found is not None
        kind, name, site = found.groups()
        one_of("its ride", (f"{kind}:{name}", site), set(self.rides()))
        all_, seen, sites, come = self.once(
            self.heard.company, self.waybill, f"{kind}:{name}", site
        )
        share = seen / all_
        for container, where in self.rides():
            every, more, *_ = self.once(self.heard.company, self.waybill, container, where)
            assert more / every <= share + 1e-9, "another ride of its tells more"
        assert line.bar is not None
        same("siblings' bar", (line.bar.part, line.bar.whole), (seen, all_))
        same("siblings' words", line.bar.en, f"{seen} of {all_}")
        if not seen:
            said = f"None of the {all_} in {kind} {name} (from {site}) was scanned since it left"
            same("siblings", line.en, said)
            return
        due = self.fold.stops[0].site if self.fold.stops else None
        ordered = sorted(sites, key=lambda each: (each != due, each))
        named = ", ".join(ordered[:3]) + (" and elsewhere" if len(ordered) > 3 else "")
        where = "since"
        if sites:
            where = f"at {named}" if come == seen else f"since, some of them at {named}"
        those = f"{seen} of {all_} in {kind} {name} (from {site})"
        said = f"{those} were scanned {where}; this one was not"
        if all_ - seen > 1:
            said += f" ({all_ - seen} were not)"
        same("siblings", line.en, said)

    def rides(self) -> Iterator[tuple[str, str]]:
        """What it lies in by its own scans: its bag until it is seen by itself, its vehicle."""
        history = self.once(self.heard.in_order, self.waybill)
        packed = [seen for seen in history if seen.own]
        if packed and packed[-1].step == "pack" and packed[-1].container is not None:
            yield packed[-1].container, packed[-1].site
        if history[-1].phase == "out" and history[-1].container is not None:
            yield history[-1].container, history[-1].site

    # ------------------------------------------------------------ who answers, what is next

    def check_shares(self, evidence: Evidence) -> None:
        near("sum of shares", sum(each.share for each in evidence.shares), 1.0)
        due = [stop for stop in self.fold.stops if stop.by <= self.now]
        weights: dict[str, float] = {}
        last, unread = self.once(self.heard.in_order, self.waybill)[-1].site, 1.0
        for place, stop in enumerate(due):
            holder = due[place - 1].site if place else last
            site = holder if stop.phase == "in" else stop.site
            weights[site] = weights.get(site, 0) + unread
            is_dark = place in self.unread(self.fold.stops)
            unread *= 1.0 if is_dark else 1 - self.learned.read_rate(stop.key)
        weights = weights or {last: 1.0}
        same("sites", {each.site for each in evidence.shares}, set(weights))
        for each in evidence.shares:
            near("share", each.share, weights[each.site] / sum(weights.values()))

    def check_looks(self, evidence: Evidence) -> None:
        ahead = next((stop for stop in self.fold.stops if stop.by > self.now), None)
        sites = dict.fromkeys((self.suspicion.site, self.suspicion.previous_site))
        search = " and ".join(site for site in sites if site is not None)
        minutes = self.heard.policy.incident.self_check_min
        looks = set[tuple[str, datetime]]()
        checked_by = self.raised_at + timedelta(minutes=minutes)
        if checked_by > self.now:
            said = f"{search} look for it; not found by then, it goes to the region"
            looks.add((said, checked_by))
        if ahead is not None:
            looks.add((f"Next scan that is due: {SCAN_EN[ahead.phase]} {ahead.site}", ahead.by))
        if self.is_doubtful(evidence.p_lost):
            again = timedelta(minutes=self.heard.policy.missing.second_look_min)
            looks.add((AGAIN_EN, self.now + again))
        same("looks", {(look.en, look.at) for look in evidence.looks}, looks)

    def is_doubtful(self, p_lost: float | None) -> bool:
        is_low = p_lost is None or p_lost < self.heard.policy.missing.doubtful_pct / 100
        if self.look is None:
            return is_low
        # That a vehicle is late is not in the number.
        is_surer = not is_low and self.look.verdict is not Verdict.VEHICLE_LATE
        same("surer", self.look.verdict is Verdict.SURER, is_surer)
        return not is_surer and self.looks < LOOKS

    # ------------------------------------------------------------ what other tests hold

    @cached_property
    def fold(self) -> Watch:
        """With what is planned beyond the next scan."""
        fold = self.checker.tables.watches[self.waybill].fold
        if self.suspicion.kind is Kind.GROUP and self.look is None:
            return fold
        return replan(fold, self.heard.routes.get(self.waybill), self.checker.judge.planner)

    @cached_property
    def learned(self) -> Learned:
        policy = self.heard.policy.missing
        lateness = expected_lateness(timedelta(minutes=policy.late_min))
        return Learned(self.checker.tables.learned, lateness, policy.samples_min)

    @cached_property
    def company(self) -> Company:
        rides = self.checker.rides("raise" if self.look is None else "look", self.now)
        fold, missing = self.fold, self.heard.policy.missing
        return evidence_of(fold, rides.siblings(fold), rides.waiting(fold), missing, self.now)

    def unread(self, stops: tuple[Stop, ...]) -> frozenset[int]:
        outages = self.checker.tables.outages(None, self.now - OUTAGES_KEPT)
        dark = [any(each.hides(stop) for each in outages) for stop in stops]
        return frozenset(place for place, is_dark in enumerate(dark) if is_dark)

    def silence(self, company: Company) -> Silence:
        fold = self.fold
        return Silence(
            fold.stops,
            fold.is_in_bag,
            company.has_come,
            company.is_opened,
            company.is_left,
            self.unread(fold.stops),
            fold.rests_on_holidays,
            self.days_off(fold.stops[0].site),
        )

    def days_off(self, site: str) -> list[tuple[datetime, datetime]]:
        zone = self.heard.network.zone_of(site)
        midnights = [datetime.combine(day, time(0), zone) for day in sorted(self.heard.holidays)]
        return [(at.astimezone(UTC), (at + DAY).astimezone(UTC)) for at in midnights]

    def local(self, site: str, at: datetime) -> str:
        return at.astimezone(self.heard.network.zone_of(site)).strftime("%Y-%m-%d %H:%M %z")


def tenth(span: timedelta) -> float:
    return max(0.1, round(span / HOUR, 1))


def same(what: str, told: object, counted: object) -> None:
    if told != counted:
        raise WrongEvidenceError(f"{what}: told {told!r}, counted {counted!r}")


def one_of(what: str, told: object, counted: set[object]) -> None:
    if told not in counted:
        raise WrongEvidenceError(f"{what}: told {told!r}, counted {counted!r}")


def near(what: str, told: float | None, counted: float) -> None:
    if told is None or abs(told - counted) > 1e-9:
        raise WrongEvidenceError(f"{what}: told {told!r}, counted {counted!r}")


def check_languages(line: Line) -> None:
    """What is told in Chinese are the same numbers, and the same codes of sites and containers."""
    same("Chinese", codes(line.zh), codes(line.en))
    if line.bar is not None:
        same("the bar's Chinese", codes(line.bar.zh), codes(line.bar.en))


def codes(text: str) -> list[str]:
    return sorted(re.findall(r"[0-9A-Z-]*[0-9][0-9A-Z.,:-]*(?<![.,:])", text))
