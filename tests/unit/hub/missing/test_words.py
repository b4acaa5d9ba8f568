"""What the evidence says in words, each number where it belongs. Source: console.md, HV-2.11.2."""

import re
from datetime import datetime, timedelta

import pytest

from hub.config import load_policy
from hub.evidence import Bar, Line, LineKind, drawn, percent
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.reads import OWED_MIN, Passing, Reads
from hub.missing.rules.scoring import ALONE, Company
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import SITES_NAMED_MAX, Words, container_words, hours, rarity_of
from tests.missing_parts import HOUR, local, network, seen
from wire.names import Step

POLICY = load_policy(None).missing
WORDS = Words(network().zone_of, POLICY)
NOW = local(14, "20:00")
DUE = Stop("755W", Phase.IN, NOW, NOW, origin="755A")
WATCH = Watch(seen("755A", Phase.OUT, local(14, "19:40")), Step.DEPART, (DUE,), 4)


def numbers(text: str) -> list[str]:
    return re.findall(r"[0-9][0-9.,]*(?<![.,])", text)


def check_both(line: Line) -> None:
    """Both languages tell the same figures, whatever their order."""
    assert sorted(numbers(line.zh)) == sorted(numbers(line.en))
    if line.bar is not None:
        assert sorted(numbers(line.bar.zh)) == sorted(numbers(line.bar.en))


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1.0, "100%"),
        (0.999, ">99%"),
        (0.994, "99%"),
        (0.37, "37%"),
        (0.01, "1%"),
        (0.0042, "0.4%"),
        (0.001, "0.1%"),
        (0.00001, "<0.1%"),
    ],
)
def test_a_small_share_is_not_called_none_nor_a_large_one_all(share: float, said: str) -> None:
    assert percent(share) == said


def test_the_silence_is_told_with_its_plan_and_what_is_usual() -> None:
    line = WORDS.silence(WATCH, NOW + 31 * HOUR, 12.0, 500.0)
    assert line.zh == (
        "最后一次扫描：2026-09-14 19:40 +0800 于 755A（发车），至今 31.3 小时；"
        "应于 2026-09-14 20:00 +0800 前到达 755W"
    )
    assert line.en == (
        "Last scan 2026-09-14 19:40 +0800 at 755A (depart), 31.3 h ago; "
        "it should arrive at 755W by 2026-09-14 20:00 +0800"
    )
    assert line.bar is not None
    assert (line.bar.part, line.bar.whole, line.bar.mark) == (31.3, 31.3, 12.0)
    assert line.bar.en == (
        "silent for 31.3 h; mark: 99 of 100 such parcels are scanned within 12.0 h"
    )
    check_both(line)


def test_a_silence_that_is_not_unusual_yet_does_not_fill_its_bar() -> None:
    line = WORDS.silence(WATCH, NOW + 2 * HOUR, 12.0, 500.0)
    assert line.bar is not None
    assert (line.bar.part, line.bar.whole, line.bar.mark) == (2.3, 12.0, 12.0)


def test_what_is_usual_and_not_known_is_told_with_how_far_was_looked() -> None:
    line = WORDS.silence(WATCH, NOW + 31 * HOUR, None, 500.0)
    assert line.bar is not None
    assert "fewer than 99 of 100" in line.bar.en
    assert line.bar.mark == 500.0
    check_both(line)


@pytest.mark.parametrize(
    ("odds", "of", "silent"),
    [
        (1.0, 1_000, 1_000),
        (0.9999, 1_000, 999),
        (0.0034, 1_000, 3),
        (0.001, 1_000, 1),
        (0.00034, 10_000, 3),
        (0.000034, 100_000, 3),
        (0.0000034, 1_000_000, 3),
        (0.00000034, 1_000_000, 0),
        (0.0, 1_000_000, 0),
    ],
)
def test_how_rare_a_silence_is_is_told_in_whole_parcels(odds: float, of: int, silent: int) -> None:
    assert rarity_of(odds) == (of, silent)
    line = WORDS.rarity(odds, ALONE)
    assert line.bar is not None
    assert (line.bar.part, line.bar.whole) == (silent, of)
    check_both(line)


def test_rarity_says_what_it_is_compared_with() -> None:
    assert WORDS.rarity(0.003, ALONE).en == (
        "Of 1,000 parcels like this that are not lost, 3 stay silent so long"
    )
    assert (
        "not lost and whose company has come, 3" in WORDS.rarity(0.003, Company(has_come=True)).en
    )
    left = WORDS.rarity(0.003, Company(silent=9, is_left=True))
    assert "not lost and were left behind with others, 3" in left.en
    check_both(left)
    assert "fewer than 1 stays" in WORDS.rarity(0.0, ALONE).en


def test_siblings_are_told_as_people_count_them() -> None:
    mine = ("103000000001",)
    some = Siblings("bag:B-1@755A", 24, mine, True, frozenset({"755W"}), come=23)
    line = WORDS.company(some, "755W")
    assert line.en == "23 of 24 in bag B-1 (from 755A) were scanned at 755W; this one was not"
    assert line.zh == "集包袋 B-1（自 755A）的 24 件中 23 件此后已在 755W 扫描，这一件没有"
    assert line.bar is not None
    assert (line.bar.part, line.bar.whole, line.bar.en) == (23, 24, "23 of 24")
    none = WORDS.company(Siblings("vehicle:V-1@755A", 2, ("1", "2")), "755W")
    assert none.zh == "车辆 V-1（自 755A）的 2 件离开后均未被扫描"
    assert container_words("flight:F-1@755W")[0] == "航班 F-1（自 755W）"


def test_where_siblings_were_seen_is_claimed_of_no_more_than_were_seen_there() -> None:
    mine = ("1", "2")
    seen_at = frozenset({"755W", "020W", "020B", "991A"})
    many = WORDS.company(Siblings("bag:B-1@755A", 24, mine, True, seen_at, come=22), "755W")
    assert len(seen_at) > SITES_NAMED_MAX
    assert "at 755W, 020B, 020W and elsewhere; this one was not (2 were not)" in many.en
    few = WORDS.company(
        Siblings("bag:B-1@755A", 24, mine, True, frozenset({"755W"}), come=3), "755W"
    )
    assert "22 of 24 in bag B-1 (from 755A) were scanned since, some of them at 755W" in few.en
    here = WORDS.company(Siblings("bag:B-1@755A", 24, mine), "755W")
    assert "22 of 24 in bag B-1 (from 755A) were scanned since; this one was not" in here.en
    for line in (many, few, here):
        check_both(line)


@pytest.mark.parametrize(
    ("made", "skipped", "of_100"), [(94, 6, 94), (999, 1, 99), (60, 0, 100), (27, 3, 90)]
)
def test_a_site_that_skips_scans_excuses_one_by_its_figures(
    made: int, skipped: int, of_100: int
) -> None:
    line = WORDS.reads("755W", Passing.IN, Reads(made, skipped), 28)
    assert line.kind is LineKind.READS
    assert f"755W reads {of_100} of 100 parcels arriving ({made:,} of {made + skipped:,}" in line.en
    assert ("may simply be missing" in line.en) is (skipped > 0)
    check_both(line)


def test_a_site_with_too_few_scans_is_not_called_good_or_bad() -> None:
    line = WORDS.reads("755W", Passing.LAST_OUT, Reads(20, 9), 28)
    assert (line.kind, line.bar) == (LineKind.UNKNOWN, None)
    assert f"only 29 scans of parcels going out for delivery in 28 days, and {OWED_MIN}" in line.en
    check_both(line)


def test_without_a_route_its_silence_is_held_against_the_policys_time() -> None:
    unplanned = Watch(WATCH.last, None, (), 0)
    silence, rarity = WORDS.unplanned(unplanned, unplanned.last.at + 80 * HOUR)
    assert silence.bar is not None
    assert (silence.bar.part, silence.bar.mark) == (80.0, POLICY.unplanned_min / 60)
    assert "(scan), 80.0 h ago" in silence.en
    assert rarity.bar is None
    assert WORDS.alone(unplanned).bar is None
    check_both(silence)


def test_a_signature_that_is_left_out_is_called_what_nobody_can_see() -> None:
    waiting = Watch(WATCH.last, None, (Stop("020B", Phase.DELIVERED, NOW, NOW),), 4)
    line = WORDS.alone(waiting)
    assert (line.kind, line.bar) == (LineKind.UNKNOWN, None)
    assert "020B" in line.en


@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_a_chinese_name(step: Step) -> None:
    line = WORDS.silence(Watch(WATCH.last, step, (DUE,), 4), NOW + HOUR, 1.0, 2.0)
    (chinese,) = re.findall("于 755A（(.*)），", line.zh)
    assert not chinese.isascii()
    assert step.value not in line.zh


@pytest.mark.parametrize("phase", list(Phase))
def test_every_scan_that_is_due_has_its_words(phase: Phase) -> None:
    stop = Stop("020B", phase, NOW, NOW)
    look = WORDS.next_scan(stop)
    assert look.at == NOW
    assert "020B" in look.en
    assert "020B" in look.zh


def test_who_searches_and_until_when_is_told() -> None:
    look = WORDS.self_check(("755W", "755A"), NOW)
    assert look.en == "755W and 755A look for it; not found by then, it goes to the region"
    assert look.zh == "755W、755A 自查，到时未找到即上报区域"


@pytest.mark.parametrize(
    ("part", "whole", "mark", "text"),
    [
        (23, 24, None, "▮▮▮▮▮▮▮▮▮▯"),
        (24, 24, None, "▮▮▮▮▮▮▮▮▮▮"),
        (3, 1_000, None, "▯▯▯▯▯▯▯▯▯▯"),
        (31.3, 31.3, 12.0, "▮▮▮▮|▮▮▮▮▮▮"),
        (2.3, 12.0, 12.0, "▮▮▯▯▯▯▯▯▯▯|"),
        (0, 5, 0.0, "|▯▯▯▯▯▯▯▯▯▯"),
    ],
)
def test_a_bar_as_text_is_full_only_where_nothing_lacks(
    part: float, whole: float, mark: float | None, text: str
) -> None:
    assert drawn(Bar(part, whole, "", "", mark=mark)) == text


@pytest.mark.parametrize(("minutes", "said"), [(0, 0.1), (1, 0.1), (90, 1.5), (1878, 31.3)])
def test_hours_are_told_to_a_tenth(minutes: int, said: float) -> None:
    assert hours(timedelta(minutes=minutes)) == said


def test_times_are_those_of_the_site_that_they_are_about() -> None:
    at: datetime = local(14, "19:40")
    assert WORDS.time("991A", at) == "2026-09-14 17:40 +0600"
