"""The trial of early warnings: what is read, what a budget allows, what counts as better."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.missing.cargo import FILE, Milestone, load
from hub.missing.learning.resampling import compare
from hub.missing.learning.rivals import FIXED_HOURS, LATE, Method, lane_quantile, patience_for
from hub.missing.learning.silences import Silences
from hub.missing.learning.trial import (
    MOMENTS,
    Outcome,
    Part,
    figures_of,
    play,
    split,
)

STEPS = ("rcs", *(f"{kind}_{n}" for n in (1, 2, 3) for kind in ("dep", "rcf")), "dlv")


def write(folder: Path, **told: int) -> None:
    """One process with an inbound leg as told, and nothing else."""
    row = {f"{leg}_legid": 0 for leg in ("i1", "i2", "i3", "o")}
    for leg in ("i1", "i2", "i3", "o"):
        for step in STEPS:
            row |= {f"{leg}_{step}_{end}": 0 for end in "pe"}
            if step[:3] in ("dep", "rcf"):
                row[f"{leg}_{step}_place"] = 0
    row |= {"i1_legid": 7} | told
    path = folder / FILE
    path.parent.mkdir()
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)


def silences(hours: list[float], parcel: list[int], plan_h: float = 0.0) -> Silences:
    """Departures of one lane; each parcel is a group of its own."""
    nothing = np.zeros(len(hours), dtype=np.int64)
    return Silences(
        parcel=np.array(parcel),
        group=np.array(parcel),
        hours=np.array(hours),
        plan_h=np.full(len(hours), plan_h),
        is_open=nothing.astype(np.bool_),
        kind=nothing,
        keys={"lane": nothing},
        figures={},
    )


def drawn(seed: int, parcels: int) -> Silences:
    """Two silences a leg, of which now and then one is long."""
    rng = np.random.default_rng(seed)
    hours = rng.exponential(5, 2 * parcels) * rng.choice([1, 10], 2 * parcels, p=[0.98, 0.02])
    return silences(hours.tolist(), np.repeat(np.arange(parcels), 2).tolist(), plan_h=3.0)


def test_a_leg_is_read_as_silences_with_a_plan_that_does_not_wait(tmp_path: Path) -> None:
    write(
        tmp_path,
        i1_rcs_p=120,
        i1_rcs_e=60,
        i1_dep_1_p=60,
        i1_dep_1_e=180,
        i1_dep_1_place=815,
        i1_rcf_1_p=300,
        i1_rcf_1_e=240,
        i1_rcf_1_place=128,
        i1_dlv_p=60,
        i1_dlv_e=30,
    )
    read = load(tmp_path)
    told = [Milestone.RCS, Milestone.DEP, Milestone.RCF, Milestone.DLV]
    assert read.milestone.tolist() == told
    assert read.true_h.tolist() == [1, 3, 4, 0.5]
    # An hour early at first, so two hours are left until the departure; then an hour late.
    assert read.plan_h.tolist() == [2, 2, 4, 1]
    assert read.late_h.tolist() == [0, -1, 1, 0]
    assert read.place.tolist() == [0, 815, 128, 0]
    assert read.origin.tolist() == [0, 0, 815, 128]
    assert read.destination.tolist() == [128] * 4
    assert read.left_h.tolist() == [9, 7, 6, 1]
    assert read.next_place.tolist() == [815, 128, 0, 0]
    assert read.next_plan_h.tolist() == [1, 5, 1, 0]
    assert len(read.where(read.is_carriers)) == 2


def test_a_budget_lets_alarm_what_may_be_expected_of_a_new_leg_and_no_more() -> None:
    needed = np.arange(1.0, 2_000.0)
    leg = np.arange(len(needed))
    assert patience_for(needed, leg, 1) == 1_998  # of 2,000 exchangeable legs two lie above it
    assert patience_for(needed, leg, 5) == 1_990
    assert patience_for(needed[:998], leg[:998], 1) == float("inf")
    assert patience_for(needed[:999], leg[:999], 1) == 999
    # A leg alarms once, however many of its silences do.
    assert patience_for(needed, np.maximum(leg - 4, 0), 1) == 1_999


@pytest.mark.parametrize(
    "method", [FIXED_HOURS, lane_quantile("lane"), LATE], ids=lambda each: each.name
)
def test_a_budget_is_kept_on_parcels_that_nobody_has_seen(method: Method) -> None:
    parts = [split(drawn(seed, 4_000), seed) for seed in range(30)]
    for budget, slack in ((5, 1.3), (10, 1.2)):
        played = [play(method.learn(part.train, [budget]), part, budget) for part in parts]
        figures = figures_of(played, budget)
        assert 1 / slack < figures["realised_over_nominal"] < slack


def test_an_alarm_counts_from_the_loss_and_never_before_it() -> None:
    test = silences([10, 2, 30], [0, 0, 1], plan_h=4.0)
    train = silences([5.0] * 998 + [9.0], list(range(999)), plan_h=4.0)
    part = Part(train, test, np.array([[1.0], [2.0], [20.0]]))
    outcome = play(LATE.learn(train, [1]), part, 1)
    assert outcome.delay_h.tolist() == [[8], [7], [0]]  # at nine hours, or with the loss after them
    assert outcome.alarmed.tolist() == [True, False, True]
    assert outcome.false_per_1000 == 1_000
    assert figures_of([outcome], 1)["within_24_h"] == 1


def test_no_group_is_in_both_parts() -> None:
    whole = drawn(1, 200)
    part = split(whole, 5)
    assert not set(part.train.group) & set(part.test.group)
    assert len(part.train) + len(part.test) == len(whole)
    assert len(set(part.test.group)) == 50
    assert (part.lost_h < part.test.hours[:, None]).all()
    assert (part.lost_h >= 0).all()
    assert part.lost_h.shape == (len(part.test), MOMENTS)


def outcome(seed: int, faster_h: float) -> Outcome:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(100), 3)
    delay_h = rng.exponential(20, (300, 2)) + 10 - faster_h
    return Outcome(delay_h, np.zeros(300, np.bool_), group, group)


def test_a_gain_is_told_only_where_it_is_more_than_luck() -> None:
    slow = [outcome(seed, 0) for seed in range(5)]
    fast = [outcome(seed, 4) for seed in range(5)]
    found = compare(fast, slow, seed=1)
    assert found.gain_h == pytest.approx(4)
    assert found.is_better
    back = compare(slow, fast, seed=1)
    assert not back.is_not_worse
    other = compare([outcome(seed + 50, 0) for seed in range(5)], slow, seed=1)
    assert not other.is_better
    assert other.is_not_worse


def test_methods_that_saw_different_silences_are_not_compared() -> None:
    one = outcome(1, 0)
    with pytest.raises(ValueError, match="different silences"):
        compare([one], [replace(one, group=one.group[::-1])], seed=1)
