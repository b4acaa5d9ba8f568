"""What a look after the first alert comes to: HV-2.11.2, docs/adr/0044."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from hub.evidence import Verdict
from hub.incidents.rules import Act
from hub.missing.rules.plan import Phase
from hub.missing.rules.scoring import ALONE, Company
from hub.missing.rules.second_look import (
    LOOKS_MAX,
    Again,
    first_look_at,
    hiding,
    is_doubtful,
    next_look_at,
    verdict_of,
    why,
)
from hub.missing.rules.suspicion import Outage
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import Words
from hub.missing.rules.worth import Value, ValueBasis, rank_of
from tests.missing_parts import CHINA, HOUR, ROUTE, local, planner, seen
from tests.samples import POLICY

MISSING = POLICY.missing
LEFT_AT = local(14, "19:30")
NOW = LEFT_AT + 34 * HOUR
LATE = Company(silent=6, is_late=True)
EVERY = timedelta(minutes=MISSING.second_look_min)


def fold() -> Watch:
    last = seen("755A", Phase.OUT, LEFT_AT)
    return Watch(last, None, planner().stops_ahead(last, ROUTE, ()), sites=len(ROUTE))


def again(**fields: object) -> Again:
    plain = Again(fold(), ALONE, 0.2, NOW - HOUR, is_due=True, outage=None)
    return replace(plain, **fields)  # type: ignore[arg-type]  # a test's


def outage(since: datetime, until: datetime | None = None, site: str = "755W") -> Outage:
    return Outage(site, since, until)


# ---------------------------------------------------------------- doubt, and when


@pytest.mark.parametrize(
    ("p_lost", "doubtful"), [(0.0, True), (0.499, True), (0.5, False), (1.0, False), (None, True)]
)
def test_below_the_policys_share_it_is_doubtful_and_looked_at_again(
    p_lost: float | None, doubtful: bool
) -> None:
    assert is_doubtful(p_lost, MISSING) is doubtful
    assert first_look_at(p_lost, MISSING, NOW) == (NOW + EVERY if doubtful else None)


def test_what_is_doubtful_and_how_often_is_the_policys() -> None:
    strict = structs.replace(MISSING, doubtful_pct=20, second_look_min=15)
    assert first_look_at(0.2, strict, NOW) is None
    assert first_look_at(0.19, strict, NOW) == NOW + timedelta(minutes=15)


@pytest.mark.parametrize("verdict", Verdict)
def test_all_but_a_surer_one_is_looked_at_again_until_the_bound(verdict: Verdict) -> None:
    expected = None if verdict is Verdict.SURER else NOW + EVERY
    assert next_look_at(verdict, LOOKS_MAX - 1, MISSING, NOW) == expected
    assert next_look_at(verdict, LOOKS_MAX, MISSING, NOW) is None


# ---------------------------------------------------------------- what it comes to


OPEN_OUTAGE = outage(LEFT_AT)
ENDED_OUTAGE = outage(LEFT_AT, NOW)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({}, Verdict.DOUBTFUL),
        ({"p_lost": None}, Verdict.DOUBTFUL),
        ({"p_lost": 0.6}, Verdict.SURER),
        ({"is_due": False}, Verdict.NOT_DUE),
        # What would not be suspected by itself yet is all the same, if it is likely lost.
        ({"is_due": False, "p_lost": 0.6}, Verdict.SURER),
        # That a vehicle is late is not in the number.
        ({"is_due": False, "p_lost": 0.6, "company": LATE}, Verdict.VEHICLE_LATE),
        ({"is_due": True, "p_lost": 0.2, "company": LATE}, Verdict.DOUBTFUL),
        ({"outage": OPEN_OUTAGE}, Verdict.CUT_OFF),
        ({"outage": OPEN_OUTAGE, "p_lost": 0.6}, Verdict.SURER),
        ({"outage": ENDED_OUTAGE}, Verdict.DOUBTFUL),
        ({"outage": ENDED_OUTAGE, "is_due": False}, Verdict.CUT_OFF),
        ({"outage": OPEN_OUTAGE, "is_due": False, "company": LATE}, Verdict.VEHICLE_LATE),
    ],
)
def test_a_look_comes_to_one_verdict(known: dict[str, object], verdict: Verdict) -> None:
    assert verdict_of(again(**known), MISSING) is verdict


def test_an_outage_hides_what_was_due_while_it_lasted() -> None:
    first, second = fold().stops[:2]
    assert hiding(fold(), [outage(first.by)], NOW) == outage(first.by)
    assert hiding(fold(), [outage(first.by)], first.by - HOUR) is None
    assert hiding(fold(), [outage(first.by, site="020W")], NOW) is None
    ended = outage(first.by - HOUR, first.by + HOUR)
    assert hiding(fold(), [ended], NOW) == ended
    assert hiding(fold(), [outage(first.by - 3 * HOUR, first.by - HOUR)], NOW) is None
    assert second.by < NOW


def test_an_outage_that_is_still_on_excuses_the_next_scan_alone() -> None:
    """The site before it works, and should have seen it."""
    first, later = fold().stops[0], next(each for each in fold().stops if each.site == "020W")
    assert later.by <= NOW
    assert first.site != "020W"
    assert hiding(fold(), [outage(later.by - HOUR, site="020W")], NOW) is None
    ended = outage(later.by - HOUR, later.by + HOUR, site="020W")
    assert hiding(fold(), [ended], NOW) == ended


@pytest.mark.parametrize(
    ("verdict", "known", "zh", "en"),
    [
        (
            Verdict.CUT_OFF,
            {"outage": OPEN_OUTAGE},
            "755W 自 2026-09-14 19:30 +0800 起没有任何扫描传来，应有的扫描可能只是因此缺失",
            "Nothing was heard of 755W since 2026-09-14 19:30 +0800: the scan that is due may be "
            "missing for that alone",
        ),
        (
            Verdict.CUT_OFF,
            {"outage": ENDED_OUTAGE},
            "755W 自 2026-09-14 19:30 +0800 至 2026-09-16 05:30 +0800 没有任何扫描传来，"
            "应有的扫描可能只是因此缺失",
            "Nothing was heard of 755W from 2026-09-14 19:30 +0800 to 2026-09-16 05:30 +0800: the "
            "scan that is due may be missing for that alone",
        ),
        (
            Verdict.NOT_DUE,
            {"due_at": NOW + HOUR},
            "按现在所知，2026-09-16 06:30 +0800 之后仍无扫描才算疑似",
            "By what is known now, it would be suspected only from 2026-09-16 06:30 +0800 on",
        ),
        (
            Verdict.NOT_DUE,
            {"due_at": None},
            "按现在所知，不再应有扫描",
            "By what is known now, no further scan is expected",
        ),
    ],
)
def test_what_explains_it_is_told_with_its_times(
    verdict: Verdict, known: dict[str, object], zh: str, en: str
) -> None:
    words = Words(lambda _: CHINA, MISSING)
    assert why(words, verdict, again(**known), []) == (zh, en)


def test_what_is_explained_stands_behind_all_that_is_not() -> None:
    dear = Value(Decimal(50_000), ValueBasis.DECLARED)
    cheap = Value(Decimal(1), ValueBasis.DECLARED)
    explained = rank_of(0.9, dear, NOW, is_explained=True)
    assert explained < rank_of(1e-6, cheap, NOW - timedelta(days=3_000))
    assert explained > rank_of(0.9, cheap, NOW, is_explained=True)


def test_a_search_has_a_word_for_each_verdict() -> None:
    assert {Act(each) for each in Verdict} <= set(Act)
    assert {each for each in Verdict if each.is_explained} == {
        Verdict.VEHICLE_LATE,
        Verdict.CUT_OFF,
        Verdict.NOT_DUE,
    }
