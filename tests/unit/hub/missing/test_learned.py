"""What past scans teach, and how much of it is believed (design section 7)."""

from datetime import timedelta

import pytest

from hub.missing.rules.learned import (
    COUNT_MAX,
    LATE_EDGES_H,
    NOTHING,
    OWN_WEIGHT,
    add_scan,
    add_skip,
    expected_lateness,
)
from tests.missing_parts import HOUR, learned


def many(late_h: float, count: int) -> tuple[int, ...]:
    counts = NOTHING
    for _ in range(count):
        counts = add_scan(counts, late_h * HOUR)
    return counts


def test_where_nothing_is_learned_lateness_is_what_is_expected() -> None:
    found = learned().lateness("in:755W")
    assert found.survival(-1) == 1
    assert found.survival(4) == pytest.approx(0.368, abs=0.001)
    assert found.survival(48) == pytest.approx(6e-6, abs=1e-6)


@pytest.mark.parametrize("late_h", [-5, 0, 0.4, 7.5, 47, 168, 169, 10_000])
def test_each_scan_counts_once_and_never_as_earlier_than_it_was(late_h: float) -> None:
    counts = many(late_h, 1)
    assert (counts[0], sum(counts[3:])) == (1, 1)
    alone = learned({"in:*": counts}, weight=1).lateness("in:*")
    # Half the weight is the scan's: it shows as later than anything it was later than.
    assert all(alone.survival(edge) >= 0.5 for edge in LATE_EDGES_H if edge < late_h)


def test_enough_past_scans_outweigh_what_was_expected() -> None:
    found = learned({"in:*": many(0.2, 10_000)}, weight=100).lateness("in:*")
    assert found.survival(10) < 0.001 < expected_lateness(4 * HOUR).survival(10)


def test_a_lane_of_its_own_kind_is_learned_as_such() -> None:
    slow = {"in:*": many(0.2, 10_000), "in:A>B": many(25, 30_000)}
    found = learned(slow, weight=100)
    assert found.lateness("in:A>B").survival(24) > 0.9
    assert found.lateness("in:A>C").survival(24) < 0.001


def test_a_few_quiet_days_of_one_lane_do_not_make_it_surer_than_all_lanes() -> None:
    counts = {"in:*": many(0.2, 9_900), "in:A>B": many(0.2, 50)}
    for _ in range(100):
        counts["in:*"] = add_scan(counts["in:*"], 20 * HOUR)
    found = learned(counts, weight=1000)
    assert found.lateness("in:A>B").survival(12) > 0.008


def test_read_rates_begin_at_what_real_sites_do_and_follow_their_own_past() -> None:
    assert learned().read_rate("out:A") == pytest.approx(0.9)
    assert learned({"out:A": many(0, 980)}).read_rate("out:A") > 0.99
    assert learned({"out:A": add_skip(NOTHING, 980)}).read_rate("out:A") < 0.02


def test_how_often_a_departure_is_missed_is_learned_of_a_lane_and_of_all() -> None:
    missed = NOTHING
    for _ in range(OWN_WEIGHT):
        missed = add_scan(missed, HOUR, missed_turn=True)
    assert learned().miss_rate("out:A") == pytest.approx(0.01)
    assert learned({"out:*": missed}).miss_rate("out:A") > 0.9
    assert learned({"out:A": missed}).miss_rate("out:A") == pytest.approx(0.505)
    assert learned({"out:*": many(0, 10_000)}).miss_rate("out:A") < 0.001


def test_a_skip_is_taken_back_but_never_below_none() -> None:
    assert add_skip(add_skip(NOTHING), -1) == NOTHING
    assert add_skip(NOTHING, -1) == NOTHING


def test_counts_stay_small_for_ever() -> None:
    counts = (COUNT_MAX - 1, 10, 4, *NOTHING[3:])
    halved = add_scan(counts, timedelta(0))
    assert halved[:3] == (COUNT_MAX // 2, 5, 2)


def test_all_that_is_known_of_a_kind_of_scan_is_its_rates_and_its_lateness() -> None:
    found = learned({"out:A": many(0.2, 500), "out:*": many(3, 900)})
    read, missed, later_than = found.known("out:A")
    assert (read, missed) == (found.read_rate("out:A"), found.miss_rate("out:A"))
    assert later_than == found.lateness("out:A").later_than
    assert found.known("out:B") != found.known("out:A")
