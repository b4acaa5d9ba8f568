"""Is a suspicion still doubtful, has it become surer, or is its silence explained by now? Pure.

A machine only says so: it neither ends a search nor withdraws a suspicion. Source: HV-2.11.2,
docs/adr/0044.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from hub.evidence import Evidence, Verdict
from hub.missing.rules.scoring import Company
from hub.missing.rules.suspicion import Outage, Siblings
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import Sentence, Words, container_words
from wire.policy import MissingPolicy

LOOKS_MAX = 48
"""Looks at one suspicion: two days by the hour. Who is not found by then is in people's hands, and
another number an hour would tell them nothing that the ones before did not."""


def is_doubtful(p_lost: float | None, policy: MissingPolicy) -> bool:
    """Say whether P(lost) leaves it open; so does that nothing tells: a route may still be told."""
    return p_lost is None or 100 * p_lost < policy.doubtful_pct


def first_look_at(p_lost: float | None, policy: MissingPolicy, now: datetime) -> datetime | None:
    """When a suspicion that is raised now is looked at again; ``None``: it is not doubtful."""
    return _next_at(policy, now) if is_doubtful(p_lost, policy) else None


def next_look_at(
    verdict: Verdict, looks: int, policy: MissingPolicy, now: datetime
) -> datetime | None:
    """When it is looked at again after its ``looks``-th look; ``None``: it is not.

    Counted from now: a clock that stood still does not make up for looks that were missed.
    """
    if verdict is Verdict.SURER or looks >= LOOKS_MAX:
        return None
    return _next_at(policy, now)


def _next_at(policy: MissingPolicy, now: datetime) -> datetime:
    return now + timedelta(minutes=policy.second_look_min)


@dataclass(frozen=True, slots=True)
class Again:
    """What is known of a suspect now.

    ``due_at`` is when it would be suspected by that, ``None``: at no time. ``is_due``: somebody of
    its search would be by now; those of a silent vehicle were suspected because one was. ``outage``
    hides a scan that is due (:func:`hiding`).
    """

    fold: Watch
    company: Company
    p_lost: float | None
    due_at: datetime | None
    is_due: bool
    outage: Outage | None


def verdict_of(again: Again, policy: MissingPolicy) -> Verdict:
    """What a look comes to.

    A late vehicle goes before the number, which knows nothing of it. Otherwise the number goes
    before what explains the silence: it has that in it.
    """
    if again.company.is_late and not again.is_due:
        return Verdict.VEHICLE_LATE
    if not is_doubtful(again.p_lost, policy):
        return Verdict.SURER
    if again.outage is not None and (again.outage.until is None or not again.is_due):
        return Verdict.CUT_OFF
    return Verdict.DOUBTFUL if again.is_due else Verdict.NOT_DUE


def hiding(fold: Watch, outages: Sequence[Outage], now: datetime) -> Outage | None:
    """The outage that hides a scan which should have been made by ``now``, of the first such scan.

    An outage that is still on counts for the next scan alone, as it does before a suspicion: where
    a later site should have seen it since, it excuses nothing.
    """
    for place, stop in enumerate(fold.stops):
        if stop.by > now:
            break
        for each in outages:
            if each.hides(stop) and (each.until is not None or place == 0):
                return each
    return None


def why(words: Words, verdict: Verdict, again: Again, together: Sequence[Siblings]) -> Sentence:
    """What explains the silence, in Chinese and English; ``verdict`` is one that explains."""
    if verdict is Verdict.VEHICLE_LATE and again.fold.ride is not None:
        name = again.fold.ride.name
        zh, en = container_words(name)
        total = next((each.total for each in together if each.ride == name), 1)
        return (
            f"{zh}整体晚到：其中 {total} 件都还没有在别的网点扫描",
            f"{en} is late as a whole: none of its {total} parcels was scanned at another site yet",
        )
    if verdict is Verdict.CUT_OFF and again.outage is not None:
        return _cut_off(words, again.outage)
    if again.due_at is None:
        return "按现在所知，不再应有扫描", "By what is known now, no further scan is expected"
    fold = again.fold
    at = words.time(fold.stops[0].site if fold.stops else fold.last.site, again.due_at)
    return (
        f"按现在所知，{at} 之后仍无扫描才算疑似",
        f"By what is known now, it would be suspected only from {at} on",
    )


def _cut_off(words: Words, outage: Outage) -> Sentence:
    site, since = outage.site, words.time(outage.site, outage.since)
    zh, en = f"自 {since} 起", f"since {since}"
    if outage.until is not None:
        until = words.time(site, outage.until)
        zh, en = f"自 {since} 至 {until} ", f"from {since} to {until}"
    return (
        f"{site} {zh}没有任何扫描传来，应有的扫描可能只是因此缺失",
        f"Nothing was heard of {site} {en}: the scan that is due may be missing for that alone",
    )


def with_look(words: Words, evidence: Evidence, at: datetime | None) -> Evidence:
    """The same, and beside what is looked at next that it is looked at again ``at``, if at all."""
    if at is None:
        return evidence
    looks = sorted((*evidence.looks, words.second_look(at)), key=lambda look: look.at)
    return replace(evidence, looks=tuple(looks))
