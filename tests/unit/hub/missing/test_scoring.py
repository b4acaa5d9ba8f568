"""Until when silence is no news: tier T0 (HV-2.11.2, design section 7)."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from hub.missing.rules.learned import NOTHING, add_scan, add_skip, after_skips, pool_of
from hub.missing.rules.plan import Phase, Planner
from hub.missing.rules.scoring import Company, ScheduleScorer, Silence, lost_probability
from tests.missing_parts import HOLIDAY, HOUR, ROUTE, learned, local, planner, seen

LEFT_AT = local(14, "19:30")
BUDGET = 5
SILENT_MAX = 45 * HOUR
LOST = 10


def scorer(
    counts: dict[str, tuple[int, ...]] | None = None,
    cut_off: tuple[str, ...] = (),
    budget: int = BUDGET,
    plan: Planner | None = None,
    silent_max: timedelta = SILENT_MAX,
) -> ScheduleScorer:
    schedule = (plan or planner()).schedule
    return ScheduleScorer(
        learned(counts), schedule, budget, LOST, silent_max, lambda stop: stop.site in cut_off
    )


def silence(
    phase: Phase = Phase.OUT,
    at: datetime = LEFT_AT,
    plan: Planner | None = None,
    *,
    in_store: bool = False,
) -> Silence:
    stops = (plan or planner()).stops_ahead(seen("755A", phase, at), ROUTE, ())
    return Silence(stops, 4, in_store)


def due(judge: ScheduleScorer, asked: Silence) -> datetime:
    (found,) = judge.deadlines([asked])
    return found.due_at


def test_at_the_deadline_and_not_before_silence_is_within_the_budget() -> None:
    judge, asked = scorer(), silence()
    (found,) = judge.deadlines([asked])
    assert found.allowed == pytest.approx(BUDGET / 1000 / 8)
    assert judge.outlook(asked, found.due_at).odds <= found.allowed
    assert judge.outlook(asked, found.due_at - HOUR).odds > found.allowed


def test_a_parcel_is_never_suspect_before_its_plan() -> None:
    asked = silence()
    assert due(scorer(budget=1000), asked) >= asked.stops[0].by


def test_whatever_the_budget_no_silence_is_waited_for_longer_than_the_longest() -> None:
    asked = silence()
    patient, longest = due(scorer(budget=1), asked), 2 * HOUR
    assert patient > asked.stops[0].by + longest
    assert due(scorer(budget=1, silent_max=longest), asked) == asked.stops[0].by + longest


def test_a_larger_budget_suspects_earlier() -> None:
    assert due(scorer(budget=50), silence()) < due(scorer(budget=1), silence())


def test_what_would_wrong_many_at_once_is_waited_for_longer() -> None:
    """A vehicle that is late keeps everything in it silent: one error would name it all."""
    asked = silence()
    assert due(scorer(), replace(asked, company=Company(silent=20))) > due(scorer(), asked)


def test_a_vehicle_of_which_nobody_was_seen_is_late_for_as_long_as_any_silence_may_last() -> None:
    asked = silence()
    vehicle = replace(asked, company=Company(silent=3, is_late=True))
    assert due(scorer(budget=1000), asked) < asked.stops[0].by + SILENT_MAX
    assert due(scorer(budget=1000), vehicle) == asked.stops[0].by + SILENT_MAX


def test_what_was_left_with_others_is_waited_for_until_the_next_departure() -> None:
    asked = silence(Phase.IN)
    first, left = asked.stops[0], replace(asked, company=Company(is_left=True))
    assert first.again > first.by
    by_next, judge = first.again + HOUR / 2, scorer()
    assert judge.outlook(left, by_next).odds > 0.5 > judge.outlook(asked, by_next).odds
    assert due(judge, left) > max(first.again, due(judge, asked))


def test_others_that_came_make_a_silence_suspect_earlier() -> None:
    """Its vehicle is not late: the scan was skipped, or the parcel is gone."""
    asked = silence()
    come = replace(asked, company=Company(has_come=True))
    later = asked.stops[0].by + 2 * HOUR
    assert scorer().outlook(come, later).odds < 0.2 < scorer().outlook(asked, later).odds
    late = NOTHING
    for _ in range(20_000):
        late = add_scan(late, 90 * HOUR)
    lane_of_late_trucks = scorer({asked.stops[0].key: late})
    assert due(lane_of_late_trucks, come) < due(lane_of_late_trucks, asked)


def test_others_out_of_its_bag_make_a_silence_suspect_earlier() -> None:
    asked = silence(Phase.IN)
    assert due(scorer(), replace(asked, company=Company(is_opened=True))) < due(scorer(), asked)


def test_what_is_skipped_again_and_again_is_waited_for_until_its_bag_is_opened() -> None:
    asked = silence()
    hidden = {after_skips(run): add_skip(NOTHING, 20_000) for run in range(1, 5)}
    assert due(scorer(hidden), asked) >= asked.stops[5].by
    assert due(scorer(), asked) < due(scorer(hidden), asked)
    known = replace(asked, in_known_bag=True)
    assert due(scorer(hidden), known) == due(scorer(), known)


def test_a_punctual_lane_is_judged_earlier_than_an_unknown_one_and_a_late_one_later() -> None:
    key = silence().stops[0].key
    punctual, late = NOTHING, NOTHING
    for _ in range(20_000):
        punctual = add_scan(punctual, 0.4 * HOUR)
        late = add_scan(late, 40 * HOUR)
    unknown = due(scorer(), silence())
    assert due(scorer({key: punctual, pool_of(key): punctual}), silence()) < unknown
    assert due(scorer({key: late, pool_of(key): late}), silence()) > unknown


def test_a_site_that_skips_its_scans_is_waited_past_and_one_that_reads_all_is_not() -> None:
    asked = silence()
    reads_all, skips = NOTHING, add_skip(NOTHING, 20_000)
    for _ in range(20_000):
        reads_all = add_scan(reads_all, 0 * HOUR)
    arrival = asked.stops[0].key
    later = due(scorer({arrival: skips}), asked)
    assert due(scorer({arrival: reads_all, pool_of(arrival): reads_all}), asked) < later
    # What was skipped at 755W still is to leave it, and to come to 020W.
    assert later > asked.stops[1].by


def test_scans_of_a_site_that_was_cut_off_cannot_be_expected() -> None:
    asked = silence()
    assert due(scorer(cut_off=("755W",)), asked) > due(scorer(), asked) + 4 * HOUR


def test_every_silence_has_an_end() -> None:
    asked = silence()
    never = dict.fromkeys((stop.key for stop in asked.stops), add_skip(NOTHING, 100_000))
    assert due(scorer(never, cut_off=("755W", "020W")), asked) <= asked.stops[-1].by + 169 * HOUR


def test_holidays_do_not_count_where_a_parcel_waits_and_do_where_it_rides() -> None:
    """HV-1.2.6: it waits in store, and those days are no lateness."""
    at = local(30, "15:00")
    plain, holiday = planner(), planner(HOLIDAY)
    waits = due(scorer(plan=plain), silence(Phase.IN, at, plain, in_store=True))
    assert (
        due(scorer(plan=holiday), silence(Phase.IN, at, holiday, in_store=True))
        == waits + 24 * HOUR
    )
    reads_all = NOTHING
    for _ in range(20_000):
        reads_all = add_scan(reads_all, 0 * HOUR)
    arrival = silence().stops[0].key
    known = {arrival: reads_all, pool_of(arrival): reads_all}
    rides = due(scorer(known, plan=plain), silence(Phase.OUT, at, plain))
    assert due(scorer(known, plan=holiday), silence(Phase.OUT, at, holiday)) == rides


def test_silence_over_a_holiday_is_as_usual_as_without_it() -> None:
    at, plain, holiday = local(30, "15:00"), planner(), planner(HOLIDAY)
    usual = (
        scorer(plan=plain).outlook(silence(Phase.IN, at, plain, in_store=True), at + 20 * HOUR).odds
    )
    over = (
        scorer(plan=holiday)
        .outlook(silence(Phase.IN, at, holiday, in_store=True), at + 44 * HOUR)
        .odds
    )
    assert over == pytest.approx(usual)


def test_the_estimate_grows_with_silence_from_the_stated_prior() -> None:
    assert lost_probability(1.0, 10, 4) == pytest.approx(0.001 / 8)
    assert lost_probability(0.001 / 8, 10, 4) == pytest.approx(0.5, abs=0.001)
    assert lost_probability(0.0, 10, 4) == 1


def test_the_outlook_tells_the_estimate_and_not_what_nobody_has_learned() -> None:
    judge, asked = scorer(), silence()
    found = judge.outlook(asked, asked.stops[0].by + 9 * HOUR)
    assert found.p_lost == lost_probability(found.odds, LOST, asked.sites)
    assert found.p_diverted is None
