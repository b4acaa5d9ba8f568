"""The bench on simulated carriers: what counts, what rules may know, what a variant cannot see."""

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from bench.missing.carrier import hub, measure
from bench.missing.carrier.days import Carrier, draw
from bench.missing.carrier.figures import (
    GIVEN_UP_H,
    Loss,
    Outcome,
    figures_of,
    outages_of,
    outcome_of,
    soonest_h,
    told_at,
)
from bench.missing.carrier.hub import VARIANTS, Learnt, Variant, even, judge, learn
from bench.missing.carrier.measure import AIMS, HEADER, row
from bench.missing.carrier.rules import FOREVER, RULES, Gap, alarms_of, gaps_of, past_of
from hub.incidents.service import Kind
from hub.missing.rules.learned import AFTER_SKIPS, add_scan, add_skip
from simulators.carrier.truth import Fate, FateKind, How

START = datetime(2026, 7, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def fate(waybill: str, kind: FateKind = FateKind.LOST, *, told: bool = True, **h: float) -> Fate:
    """Times in hours: ``at``, ``due``, ``found``."""
    return Fate(
        waybill=waybill,
        high_value=True,
        kind=kind,
        at=at(h.get("at", 0)),
        site="755W",
        how=How.AT_SITE,
        due_at=at(h["due"]) if "due" in h else None,
        found_at=at(h["found"]) if "found" in h else None,
        told=told,
    )


def carrier(*fates: Fate, outages: tuple[Any, ...] = ()) -> Carrier:
    """Parcels that were all accepted when judging begins."""
    visits = {each.waybill: [SimpleNamespace(arrives_at=START)] for each in fates}
    gone = [each for each in fates if each.kind is not FateKind.DELIVERED]
    truth = SimpleNamespace(
        fates={each.waybill: each for each in fates},
        plans=visits,
        outages=outages,
        vanished=lambda: gone,
    )
    days: Any = SimpleNamespace(truth=truth)
    return Carrier(days, START)


# ---------------------------------------------------------------- what is counted


@pytest.mark.parametrize(
    ("alarms_h", "seen_h", "found_h", "told_h"),
    [
        ([5], [1], None, 5),
        # Searched for when it vanished, and never scanned since: found at once.
        ([2], [1], None, 4),
        # Scanned in between: that search had ended, and it takes another one.
        ([2], [1, 3], None, None),
        ([2, 6], [1, 3], None, 6),
        # It turned up before anybody missed it: what is suspected later is another matter.
        ([9], [1], 8, None),
        ([7], [1], 8, 7),
    ],
)
def test_a_loss_is_told_by_a_search_that_stands_then_or_begins_before_it_turns_up(
    alarms_h: list[int], seen_h: list[int], found_h: int | None, told_h: int | None
) -> None:
    lost = fate("A", at=4, due=5) if found_h is None else fate("A", at=4, due=5, found=found_h)
    found = told_at(lost, {"A": [at(h) for h in alarms_h]}, {"A": [at(h) for h in seen_h]})
    assert found == (None if told_h is None else at(told_h))


def test_delays_count_from_the_planned_scan_and_from_the_loss() -> None:
    loss = Loss(fate("A", at=4, due=10), at(16))
    assert (loss.due_h, loss.lost_h) == (6, 12)
    early = Loss(fate("A", at=4, due=10), at(5))
    assert (early.due_h, early.lost_h) == (0, 1)


def test_what_turned_up_unsuspected_is_late_by_that_time_and_never_recalled() -> None:
    loss = Loss(fate("A", at=4, due=5, found=25), None)
    assert (loss.due_h, loss.lost_h) == (20, 21)
    assert not loss.is_within(loss.fate.due_at, 1_000)
    assert Loss(fate("A", at=4, due=5), None).due_h == GIVEN_UP_H


def test_good_parcels_that_are_named_are_false_and_lost_ones_named_before_they_were() -> None:
    good = [fate(f"G{n}", FateKind.DELIVERED, at=50) for n in range(4)]
    unscanned = fate("U", FateKind.DELIVERED, told=False, at=20)
    early = fate("V", FateKind.DELIVERED, told=False, at=20)
    judged = carrier(*good, unscanned, early, fate("L", at=10, due=11), fate("M", at=10, due=11))
    alarms = {"G1": [at(3)], "U": [at(30)], "V": [at(19)], "L": [at(9)], "M": [at(12)]}
    found = outcome_of(judged, alarms, {})
    assert found.false == {"G1", "V", "L"}
    assert (found.good, found.asked, len(found.losses)) == (4, 1, 2)


def test_figures_are_of_all_carriers_losses_together() -> None:
    one = Outcome([Loss(fate("A", at=0, due=1), at(3))], 500, frozenset({"G"}), 0)
    other = Outcome([Loss(fate("B", at=0, due=1), at(31))], 1_500, frozenset(), 3)
    found = figures_of([one, other], budget=2)
    assert found["due_mean_h"] == 16
    assert found["lost_median_h"] == 17
    assert found["due_within_12_h"] == found["due_within_24_h"] == 0.5
    assert found["due_within_48_h"] == 1
    assert found["false_per_1000"] == 0.5
    assert found["realised_over_nominal"] == 0.25
    assert found["asked_per_1000"] == 1.5
    assert "0.50 (0.25 of 2" in row(2, "whole", found)
    assert HEADER.count("12 h") == 2


def test_an_outage_counts_as_told_by_one_incident_while_it_lasts() -> None:
    def outage(site: str) -> Any:
        return SimpleNamespace(site=site, starts_at=at(10), ends_at=at(20))

    def told(site: str, hour: int) -> Any:
        return at(hour), SimpleNamespace(kind=Kind.SITE, subject=site, waybills=())

    judged: Any = SimpleNamespace(
        opened=[told("A", 12), told("B", 12), told("B", 15), told("C", 21), told("D", 12)]
    )
    found = outages_of(carrier(outages=tuple(map(outage, "ABC"))), judged)
    # B was told twice, C only when it was over, and D works.
    assert (found.total, found.once, found.wrong) == (3, 1, 2)


def test_what_vanished_at_a_site_is_told_from_what_was_left_behind_by_the_next_departure() -> None:
    drawn = draw(3, 1.5, warm_up_days=1, judged_days=1, parcels_per_day=40)
    waybill, visits = next((w, v) for w, v in drawn.days.truth.plans.items() if len(v) > 2)
    there = visits[1]
    assert there.leaves_at is not None
    lost = replace(fate(waybill), site=there.site, due_at=there.leaves_at, how=How.AT_SITE)
    aboard = replace(lost, how=How.ON_THE_WAY)
    arrived = replace(lost, site=visits[-1].site)
    hours = []
    for each in (lost, aboard, arrived):
        drawn.days.truth.fates.clear()
        drawn.days.truth.fates[waybill] = each
        early = Carrier(drawn.days, visits[0].arrives_at)
        hours += soonest_h(early)
    again = drawn.days.world.leaving(there.site, visits[2].site, there.leaves_at).at
    assert hours == [(again - there.leaves_at) / HOUR, 0, 0]
    assert hours[0] >= 5


def test_an_aim_is_reached_only_within_its_budget() -> None:
    delay, recall = AIMS[:2]
    within = {"realised_over_nominal": 1.0, "false_per_1000": 1.0}
    beyond = {"realised_over_nominal": 4.24, "false_per_1000": 4.24}
    assert delay.is_reached({"due_p90_h": 12.0} | within)
    assert not delay.is_reached({"due_p90_h": 12.1} | within)
    assert recall.is_reached({"due_within_12_h": 0.8} | within)
    assert not recall.is_reached({"due_within_12_h": 0.96} | beyond)
    assert "NOT reached" in recall.line({"due_within_12_h": 0.79} | within)
    assert "4.24 false, NOT reached" in recall.line({"due_within_12_h": 0.96} | beyond)


# ---------------------------------------------------------------- rules that people use


def gap(waybill: str, start_h: float, hours: float, planned_h: float = 0) -> Gap:
    end = FOREVER if hours == float("inf") else at(start_h + hours)
    return Gap(waybill, at(start_h), end, at(start_h + planned_h), ("out", "in"), ("out",))


def past(count: int, hours: float = 5) -> list[Gap]:
    return [gap(f"P{n}", -100, hours + n / count) for n in range(count)]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_set_on_what_lay_behind_when_judging_began(name: str) -> None:
    judged = carrier(fate("L", at=1, due=2))
    now = [gap("L", 0, float("inf"), planned_h=2)]
    alarms = alarms_of(RULES[name], past(2_000) + now, judged, 1)
    later = [gap(f"N{n}", 1, 90) for n in range(2_000)]
    again = alarms_of(RULES[name], past(2_000) + now + later, judged, 1)
    assert alarms["L"] == again["L"] != []
    wrong = [each for each in alarms if each.startswith("P")]
    assert len(wrong) <= 2


def test_a_parcel_still_silent_when_judging_begins_has_been_silent_so_long() -> None:
    judged = carrier(fate("K", at=-50, due=-49))
    gaps = [gap("A", -30, 200), gap("K", -60, float("inf")), gap("B", 5, 9)]
    (found,) = past_of(gaps, judged)
    # K was lost and is known to be by now; B's silence is still to come.
    assert (found.waybill, found.hours) == ("A", 30)


def test_being_late_counts_from_the_plan_and_fixed_hours_from_the_scan() -> None:
    judged = carrier(fate("L", at=1, due=2))
    now = [gap("L", 0, float("inf"), planned_h=7)]
    fixed, late = (
        alarms_of(RULES[name], past(2_000) + now, judged, 5)["L"]
        for name in ("fixed hours", "late against schedule")
    )
    assert late[0] - fixed[0] == 7 * HOUR


# ---------------------------------------------------------------- the hub's own room


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    return learn(draw(2, 7.0, warm_up_days=2, judged_days=3, parcels_per_day=80), TICK)


def test_a_variant_is_judged_from_where_the_warm_up_ended_and_leaves_that_alone(
    learnt: Learnt,
) -> None:
    before = (dict(learnt.tables.watches), dict(learnt.tables.learned), len(learnt.tables.opened))
    runs = [judge(learnt, VARIANTS[0], 100, TICK) for _ in range(2)]
    assert runs[0].opened == runs[1].opened != []
    after = (learnt.tables.watches, learnt.tables.learned, len(learnt.tables.opened))
    assert after == before
    assert min(when for when, _ in runs[0].opened) >= learnt.carrier.judged_from


def test_a_trial_has_every_method_under_every_budget_and_crosses_to_another_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = partial(draw, warm_up_days=2, judged_days=2, parcels_per_day=80)
    monkeypatch.setattr(measure, "draw", small)
    monkeypatch.setattr(measure, "BUDGETS", (1, 10))
    trial = pickle.loads(pickle.dumps(measure.play(5, 1.5)))
    names = {each.name for each in VARIANTS} | set(RULES)
    assert set(trial.outcomes) == {(name, budget) for name in names for budget in (1, 10)}
    assert len({len(each.losses) for each in trial.outcomes.values()}) == 1
    table = measure._table(1.5, [trial, trial])
    told = capsys.readouterr().out
    assert f"seed {5}" in told
    assert told.count("aim at 1 per 1,000, 1.5 % missed") == len(table["aims"]) == 2
    assert len(table["rows"]) == 2 * len(names)
    json.dumps(table)


def test_forked_tables_share_no_container_that_changes(learnt: Learnt) -> None:
    kinds = (dict, list, set)
    other = vars(learnt.tables.fork())
    for name, mine in vars(learnt.tables).items():
        if not isinstance(mine, kinds):
            continue
        its = other[name]
        assert its == mine and its is not mine, name
        inside = mine.items() if isinstance(mine, dict) else ()
        shared = [key for key, value in inside if isinstance(value, kinds) and its[key] is value]
        assert not shared, name


def test_parcels_of_the_warm_up_do_not_count(learnt: Learnt) -> None:
    counted = {each.waybill for each in learnt.carrier.fates()}
    plans = learnt.carrier.days.truth.plans
    assert len(counted) == pytest.approx(240, rel=0.3)
    early = set(plans) - counted
    assert early
    assert max(plans[each][0].arrives_at for each in early) < learnt.carrier.judged_from


def test_without_siblings_nobody_is_told_as_a_group_and_budgets_change_what_is_told(
    learnt: Learnt,
) -> None:
    alone = judge(learnt, Variant("alone", siblings=False), 100, TICK)
    few = judge(learnt, Variant("alone", siblings=False), 1, TICK)
    assert not [each for _, each in alone.opened if each.kind is Kind.GROUP]
    assert len(few.opened) < len(alone.opened)


def test_without_read_rates_every_site_reads_as_the_network_does() -> None:
    counts = {"out:A": (1, 0, 0, 1), AFTER_SKIPS[0]: (1, 0, 0, 1)}
    whole: Any = SimpleNamespace(counts=counts, prior=None, weight=1)
    learned = even(0.97)(whole.counts, whole.prior, whole.weight)
    assert learned.read_rate("out:A") == learned.read_rate("in:B") == 0.97
    assert learned.read_rate(AFTER_SKIPS[0]) != 0.97


def test_the_networks_read_rate_counts_each_scan_once() -> None:
    made = add_scan(add_scan((0,) * 60, HOUR), HOUR)
    counts = {"out:A": add_skip(made), "out:*": add_skip(made)}
    assert hub.read_share(counts) == pytest.approx(2 / 3)


def test_silences_end_with_the_next_scan_and_with_delivery(learnt: Learnt) -> None:
    judged = judge(learnt, VARIANTS[0], 6, TICK)
    gaps = gaps_of(judged)
    opened = {each.waybill for each in gaps if each.end == FOREVER}
    fates = learnt.carrier.days.truth.fates
    silent = {each.waybill for each in fates.values() if each.delivered_at is None or not each.told}
    assert opened == {each for each in silent if each in judged.records}
    assert all(each.start < each.end for each in gaps)
    assert replace(gaps[0], end=gaps[0].start + HOUR).hours == 1
