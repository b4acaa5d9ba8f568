"""Until when silence is no news: tier T0 (HV-2.11.2, design section 7)."""

from datetime import datetime

import pytest

from hub.missing.rules.learned import NOTHING, add_miss, add_scan
from hub.missing.rules.plan import Phase, stops_ahead
from hub.missing.rules.scoring import ScheduleScorer, Silence, lost_probability
from tests.missing_parts import HOLIDAY, HOUR, ROUTE, learned, local, schedule, seen

LEFT_AT = local(14, "19:30")
BUDGET = 5


def scorer(
    counts: dict[str, tuple[int, ...]] | None = None,
    cut_off: tuple[str, ...] = (),
    budget: int = BUDGET,
    plan: object = None,
) -> ScheduleScorer:
    return ScheduleScorer(
        learned(counts), plan or schedule(), budget, lambda stop: stop.site in cut_off
    )


def silence(phase: Phase = Phase.OUT, at: datetime = LEFT_AT, plan: object = None) -> Silence:
    return Silence(stops_ahead(seen("755A", phase, at), ROUTE, (), plan or schedule()), 4)


def due(judge: ScheduleScorer, asked: Silence) -> datetime:
    (found,) = judge.deadlines([asked])
    return found.due_at


def test_at_the_deadline_and_not_before_silence_is_within_the_budget() -> None:
    judge, asked = scorer(), silence()
    (found,) = judge.deadlines([asked])
    assert found.allowed == pytest.approx(BUDGET / 1000 / 8)
    assert judge.silence_odds(asked, found.due_at) <= found.allowed
    assert judge.silence_odds(asked, found.due_at - HOUR) > found.allowed


def test_a_parcel_is_never_suspect_before_its_plan() -> None:
    asked = silence()
    assert due(scorer(budget=1000), asked) >= asked.stops[0].by


def test_a_larger_budget_suspects_earlier() -> None:
    assert due(scorer(budget=50), silence()) < due(scorer(budget=1), silence())


def test_a_punctual_lane_is_judged_earlier_than_an_unknown_one_and_a_late_one_later() -> None:
    key = silence().stops[0].key
    punctual, late = NOTHING, NOTHING
    for _ in range(20_000):
        punctual = add_scan(punctual, 0.4 * HOUR)
        late = add_scan(late, 40 * HOUR)
    unknown = due(scorer(), silence())
    assert due(scorer({key: punctual, "in:*": punctual}), silence()) < unknown
    assert due(scorer({key: late, "in:*": late}), silence()) > unknown


def test_a_site_that_skips_its_scans_is_waited_past_and_one_that_reads_all_is_not() -> None:
    asked = silence()
    reads_all, skips = NOTHING, add_miss(NOTHING, 20_000)
    for _ in range(20_000):
        reads_all = add_scan(reads_all, 0 * HOUR)
    arrival = asked.stops[0].key
    later = due(scorer({arrival: skips}), asked)
    assert due(scorer({arrival: reads_all, "in:*": reads_all}), asked) < later
    # What was skipped at 755W still is to leave it, and to come to 020W.
    assert later > asked.stops[1].by


def test_scans_of_a_site_that_was_cut_off_cannot_be_expected() -> None:
    asked = silence()
    assert due(scorer(cut_off=("755W",)), asked) > due(scorer(), asked) + 4 * HOUR


def test_every_silence_has_an_end() -> None:
    asked = silence()
    never = dict.fromkeys((stop.key for stop in asked.stops), add_miss(NOTHING, 100_000))
    assert due(scorer(never, cut_off=("755W", "020W")), asked) <= asked.stops[-1].by + 169 * HOUR


def test_holidays_do_not_count_where_a_parcel_waits_and_do_where_it_rides() -> None:
    """HV-1.2.6: it waits in store, and those days are no lateness."""
    at = local(30, "15:00")
    plain, holiday = schedule(), schedule(HOLIDAY)
    waits = due(scorer(plan=plain), silence(Phase.IN, at, plain))
    assert due(scorer(plan=holiday), silence(Phase.IN, at, holiday)) == waits + 24 * HOUR
    rides = due(scorer(plan=plain), silence(Phase.OUT, at, plain))
    assert due(scorer(plan=holiday), silence(Phase.OUT, at, holiday)) == rides


def test_silence_over_a_holiday_is_as_usual_as_without_it() -> None:
    at, plain, holiday = local(30, "15:00"), schedule(), schedule(HOLIDAY)
    usual = scorer(plan=plain).silence_odds(silence(Phase.IN, at, plain), at + 20 * HOUR)
    over = scorer(plan=holiday).silence_odds(silence(Phase.IN, at, holiday), at + 44 * HOUR)
    assert over == pytest.approx(usual)


def test_the_estimate_grows_with_silence_from_the_stated_prior() -> None:
    assert lost_probability(1.0, 10, 4) == pytest.approx(0.001 / 8)
    assert lost_probability(0.001 / 8, 10, 4) == pytest.approx(0.5, abs=0.001)
    assert lost_probability(0.0, 10, 4) == 1
