"""What the evidence is worked out of: usual silence, telling company, who answers (HV-2.11.2)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from hub.config import load_policy
from hub.evidence import LineKind, Share
from hub.missing.rules.evidence import (
    USUAL_MAX,
    Known,
    make_evidence,
    most_telling,
    responsible_for,
    shares_by_site,
    usual_until,
)
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.reads import Reads
from hub.missing.rules.scoring import ALONE, Deadline, Outlook, Silence
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import Words
from tests.missing_parts import HOUR, local, network, seen
from wire.names import Step

NOW = local(14, "20:00")
LEFT_AT = NOW - 20 * HOUR
WORDS = Words(network().zone_of, load_policy(None).missing)


def due(site: str, phase: Phase, hours: float, origin: str | None = None) -> Stop:
    at = NOW + timedelta(hours=hours)
    return Stop(site, phase, at, at, origin=origin, reach_h=None if origin is None else 4)


WAY = (
    due("755W", Phase.IN, -16, "755A"),
    due("755W", Phase.OUT, -10),
    due("020W", Phase.IN, -6, "755W"),
    due("020W", Phase.OUT, 2),
)
LEFT = Watch(seen("755A", Phase.OUT, LEFT_AT), Step.DEPART, WAY, 4)


@dataclass(frozen=True)
class StraightScorer:
    """S(t) falls evenly to ``least`` within so many hours of the first plan."""

    hours: float
    least: float = 0.0
    tier: str = "T0"

    def deadlines(self, silences: object) -> list[Deadline]:
        raise NotImplementedError

    def outlook(self, silence: Silence, at: datetime) -> Outlook:
        part = (at - silence.stops[0].by) / timedelta(hours=self.hours)
        return Outlook(min(1.0, max(self.least, 1 - part)), 0.1)


# ---------------------------------------------------------------- who answers for it


def test_who_had_it_last_by_record_answers_until_the_next_scan() -> None:
    assert [responsible_for(stop, "755A") for stop in WAY] == ["755A", "755W", "755W", "020W"]
    assert responsible_for(due("755W", Phase.IN, 0), "755A") == "755A"
    assert responsible_for(due("020B", Phase.DELIVERED, 0), "020W") == "020B"


def test_shares_weigh_each_missing_scan_by_how_likely_it_got_there_unread() -> None:
    shares = shares_by_site(LEFT, lambda _: 0.9, NOW)
    # Before 755W's arrival: 1; before its departure: .1, and until 020W has it: .01.
    assert [each.site for each in shares] == ["755A", "755W"]
    assert shares[0].share == pytest.approx(1 / 1.11)
    assert shares[1].share == pytest.approx(0.11 / 1.11)


def test_a_site_that_reads_nothing_passes_the_question_on() -> None:
    blind = {"755W"}
    shares = shares_by_site(LEFT, lambda stop: 0.0 if stop.site in blind else 0.9, NOW)
    assert [(each.site, round(each.share, 3)) for each in shares] == [
        ("755W", 0.667),
        ("755A", 0.333),
    ]


def test_a_scan_that_was_not_due_yet_is_nobodys() -> None:
    assert {each.site for each in shares_by_site(LEFT, lambda _: 0.0, NOW)} == {"755A", "755W"}
    later = shares_by_site(LEFT, lambda _: 0.0, NOW + 3 * HOUR)
    assert {each.site for each in later} == {"755A", "755W", "020W"}


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.94, 1.0])
@pytest.mark.parametrize("hours", [-20, 0, 3])
def test_shares_sum_to_one(rate: float, hours: int) -> None:
    shares = shares_by_site(LEFT, lambda _: rate, NOW + hours * HOUR)
    assert sum(each.share for each in shares) == pytest.approx(1)


def test_without_a_plan_the_site_of_its_last_scan_answers() -> None:
    unplanned = Watch(seen("755A", Phase.IN, LEFT_AT), Step.STORE, (), 0)
    assert shares_by_site(unplanned, lambda _: 0.9, NOW) == (Share("755A", 1.0),)


# ---------------------------------------------------------------- what is usual


def test_the_usual_silence_is_the_first_quarter_of_an_hour_with_one_in_a_hundred_left() -> None:
    found = usual_until(StraightScorer(10), Silence(WAY, 4, False))
    # It is reached 9.9 h after the plan.
    assert found == WAY[0].by + 10 * HOUR


def test_a_silence_that_never_becomes_rare_has_no_usual_length() -> None:
    silence = Silence(WAY, 4, False)
    assert usual_until(StraightScorer(10, least=0.02), silence) is None
    assert usual_until(StraightScorer(10, least=0.01), silence) is not None
    too_slow = StraightScorer(2 * USUAL_MAX / HOUR)
    assert usual_until(too_slow, silence) is None


def test_what_is_read_at_once_is_usual_in_the_first_quarter_of_an_hour() -> None:
    certain = StraightScorer(0.001)
    assert usual_until(certain, Silence(WAY, 4, False)) == WAY[0].by + HOUR / 4


# ---------------------------------------------------------------- the three lines


def company(ride: str, total: int, unseen: int) -> Siblings:
    return Siblings(ride, total, tuple(str(each) for each in range(unseen)))


def test_the_company_that_was_seen_most_tells_most_and_of_equal_ones_the_bag() -> None:
    bag, vehicle = company("bag:B-1@755A", 24, 1), company("vehicle:V-1@755A", 40, 30)
    assert most_telling([bag, vehicle]) is bag
    assert most_telling([company("bag:B-1@755A", 5, 5), vehicle]) is vehicle
    assert most_telling([company("bag:B-1@755A", 5, 5), company("vehicle:V-1@755A", 9, 9)]) == (
        company("bag:B-1@755A", 5, 5)
    )
    assert most_telling([company("bag:B-1@755A", 1, 1)]) is None
    assert most_telling([]) is None


KNOWN = Known(
    fold=LEFT,
    together=(),
    outlook=Outlook(0.003, 0.25, 0.1),
    usual_until=LEFT_AT + 14 * HOUR,
    reads=Reads(94, 6),
    days=28,
    company=ALONE,
    shares=(Share("755A", 1.0),),
    searching=("755W", "755A"),
    checked_by=NOW + HOUR,
)


def test_evidence_has_what_people_ask_first() -> None:
    found = make_evidence(WORDS, KNOWN, NOW)
    assert [line.kind for line in found.lines] == [
        LineKind.SILENCE,
        LineKind.RARITY,
        LineKind.READS,
    ]
    assert (found.expected_site, found.expected_by) == ("755W", WAY[0].by)
    assert (found.p_lost, found.p_diverted) == (0.25, 0.1)
    assert (found.prior_per_10000, found.budget_per_1000) == (10, 6)
    assert [look.at for look in found.looks] == [NOW + HOUR, NOW + 2 * HOUR]
    learned = replace(KNOWN, outlook=Outlook(0.003, 0.25, 0.1, prior=0.00421))
    assert make_evidence(WORDS, learned, NOW).prior_per_10000 == 42.1
    assert "20.0 h ago" in found.texts_en[0]
    assert "已沉默" not in found.texts_zh[0]


def test_evidence_without_a_plan_says_what_cannot_be_told() -> None:
    unplanned = Watch(seen("755A", Phase.IN, LEFT_AT), Step.STORE, (), 0)
    known = replace(KNOWN, fold=unplanned, outlook=None, usual_until=None, reads=None)
    found = make_evidence(WORDS, known, NOW)
    assert [line.kind for line in found.lines] == [
        LineKind.SILENCE,
        LineKind.UNKNOWN,
        LineKind.UNKNOWN,
    ]
    assert (found.expected_site, found.p_lost, found.p_diverted) == (None, None, None)
    assert len(found.looks) == 1


def test_company_is_told_before_what_a_site_skips() -> None:
    known = replace(KNOWN, together=(company("bag:B-1@755A", 24, 1),))
    assert make_evidence(WORDS, known, NOW).lines[2].kind is LineKind.COMPANY
