"""Until when silence is no news: by a learned model (design section 7, docs/adr/0041)."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from hub.missing.rules.learned_scorer import LearnedScorer
from hub.missing.rules.loaded_model import AFTER_S
from hub.missing.rules.plan import Phase, Planner
from hub.missing.rules.scoring import ALONE, Company, Silence
from hub.missing.rules.tables import EVERY, Tables
from tests.missing_parts import HOLIDAY, HOUR, ROUTE, local, planner, seen
from tests.small_models import POOLS, SILENT_MAX, kind, scorer, tables, underneath

LEFT_AT = local(14, "19:30")


def silence(
    site: str = "755A",
    phase: Phase = Phase.OUT,
    at: datetime = LEFT_AT,
    plan: Planner | None = None,
    **fields: object,
) -> Silence:
    way = ROUTE[ROUTE.index(site) :]
    stops = (plan or planner()).stops_ahead(seen(site, phase, at), way, ())
    return Silence(stops, 4, **{"rests_on_holidays": False, **fields})  # type: ignore[arg-type]


def due(judge: LearnedScorer, asked: Silence) -> datetime:
    (found,) = judge.deadlines([asked])
    return found.due_at


def priced(price_h: float, **fields: object) -> LearnedScorer:
    return scorer(tables(prices_h={EVERY: price_h}, **fields))


@pytest.mark.parametrize("price_h", [0.0, 1.0, 1e3, 1e14])
@pytest.mark.parametrize("phase", [Phase.IN, Phase.OUT])
def test_a_parcel_is_suspect_never_before_its_plan_and_never_later_than_the_longest(
    price_h: float, phase: Phase
) -> None:
    asked = silence(phase=phase, at=local(14, "15:00"))
    found = due(priced(price_h), asked)
    assert asked.stops[0].by <= found <= asked.stops[0].by + SILENT_MAX


def test_where_an_error_costs_nothing_it_is_suspect_at_its_plan() -> None:
    asked = silence()
    assert due(priced(0.0), asked) == asked.stops[0].by


def test_the_dearer_a_false_alarm_the_longer_is_waited() -> None:
    found = [due(priced(10.0**n), silence()) for n in range(8)]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_what_comes_late_more_often_is_waited_for_longer() -> None:
    slow = {pool: kind(mean_h=6.0) for pool in POOLS}
    assert due(scorer(tables(kinds=slow)), silence()) > due(scorer(), silence())


def test_a_scan_that_is_riskier_by_its_lane_waits_longer() -> None:
    kinds = {pool: kind(slope=0.1) for pool in POOLS}
    asked = silence()
    lane = asked.stops[0].key
    late = scorer(tables(kinds=kinds, usual={lane: 1.0}))
    early = scorer(tables(kinds=kinds, usual={lane: -1.0}))
    assert due(late, asked) > due(early, asked)


def test_a_lane_that_the_model_never_saw_is_waited_for_as_newcomers_are() -> None:
    newcomers = {pool: kind(mean_h=8.0) for pool in POOLS}
    as_known, as_new = due(scorer(), silence()), due(scorer(tables(newcomers=newcomers)), silence())
    assert as_new > as_known
    lanes = {stop.key: 0.0 for stop in silence().stops}
    seen_once = tables(newcomers=newcomers, usual=lanes)
    assert due(scorer(seen_once), silence()) == as_known
    assert due(scorer(tables(newcomers={"in-16h:*": kind(mean_h=8.0)})), silence()) == as_known


def test_a_product_has_its_own_price() -> None:
    judge = scorer(tables(prices_h={EVERY: 1e6, "domestic/hv": 10.0}))
    asked = silence()
    assert due(judge, replace(asked, product="domestic/hv")) < due(judge, asked)
    assert due(judge, replace(asked, product="other/plain")) == due(judge, asked)


def test_what_would_wrong_many_at_once_is_waited_for_longer() -> None:
    asked = silence()
    assert due(scorer(), replace(asked, company=Company(silent=20))) > due(scorer(), asked)


def test_others_of_its_vehicle_that_came_make_it_suspect_earlier() -> None:
    read = dict.fromkeys(POOLS, 0.97)
    judge = scorer(tables(read=read))
    asked = silence()
    assert due(judge, replace(asked, company=Company(has_come=True))) < due(judge, asked)


def test_where_others_of_its_vehicle_have_come_the_first_scan_is_awaited_no_more() -> None:
    asked = silence()
    come = replace(asked, company=Company(has_come=True))
    judge = scorer(tables(elsewhere={}))
    alone, after = (judge.model.ahead(each, judge.underneath) for each in (asked, come))
    assert alone is not None
    assert after is not None
    assert len(after) == len(alone) - 1
    assert after[:, AFTER_S].min() > alone[:, AFTER_S].min() == 0


def test_what_was_left_with_others_is_waited_for_until_the_next_departure() -> None:
    asked = silence(phase=Phase.IN, at=local(14, "15:00"))
    first, left = asked.stops[0], replace(asked, company=Company(is_left=True))
    assert first.again > first.by
    by_next, judge = first.again + HOUR / 2, scorer()
    assert judge.outlook(left, by_next).odds > 0.5 > judge.outlook(asked, by_next).odds
    assert due(judge, left) > max(first.again, due(judge, asked))


def test_an_opened_bag_makes_what_lay_in_it_suspect_earlier() -> None:
    judge = scorer(tables(read=dict.fromkeys(POOLS, 0.97)))
    asked = silence("755W", Phase.IN, local(14, "22:30"), in_known_bag=True)
    assert due(judge, replace(asked, company=Company(is_opened=True))) < due(judge, asked)


def test_a_vehicle_of_which_nobody_was_seen_is_late_for_as_long_as_any_silence_may_last() -> None:
    asked = silence(company=Company(silent=3, is_late=True))
    assert due(scorer(), asked) == asked.stops[0].by + SILENT_MAX


def test_a_scan_that_the_model_does_not_know_is_judged_by_tier_t0() -> None:
    """Without its pool; others that are asked with it are judged by the model all the same."""
    asked, other = silence(), silence(phase=Phase.IN, at=local(14, "15:00"))
    first = asked.stops[0].key.partition(":")[0] + ":*"
    model = tables(kinds={pool: kind() for pool in POOLS if pool != first})
    judge, t0 = scorer(model), underneath()
    assert not judge.knows(asked)
    assert judge.knows(other)
    assert judge.deadlines([other, asked, other])[1] == t0.deadlines([asked])[0]
    assert judge.deadlines([asked, other])[1] == scorer(model).deadlines([other])[0]
    assert judge.outlook(asked, LEFT_AT + 20 * HOUR) == t0.outlook(asked, LEFT_AT + 20 * HOUR)
    nothing = scorer(tables(kinds={}))
    assert nothing.deadlines([asked, other]) == t0.deadlines([asked, other])
    assert nothing.deadlines([]) == []


def test_asked_together_they_are_answered_as_one_by_one() -> None:
    asked = [
        silence(),
        silence(phase=Phase.IN, at=local(14, "15:00")),
        silence(company=Company(silent=9)),
        silence("755W", Phase.IN, local(14, "22:30"), lead_h=3, late_h=-2),
        silence("020B", Phase.IN, local(15, "08:00")),
        silence(),
    ]
    together = scorer().deadlines(asked)
    assert together == [scorer().deadlines([each])[0] for each in asked]
    assert len({each.due_at for each in together}) > 2


def test_a_site_that_could_not_scan_is_waited_past() -> None:
    asked = silence()
    cut_off = scorer(t0=underneath(cut_off=(asked.stops[0].site,)))
    assert due(cut_off, asked) > due(scorer(), asked)


def test_a_missed_departure_is_waited_for() -> None:
    asked = silence(phase=Phase.IN, at=local(14, "15:00"))
    often = scorer(tables(missed={"out:755A": 0.3}))
    assert asked.stops[0].again > asked.stops[0].by
    assert due(often, asked) > due(scorer(), asked)


def test_the_longer_the_silence_the_likelier_it_is_lost() -> None:
    asked, judge = silence(), scorer()
    found = [judge.outlook(asked, asked.stops[0].by + n * HOUR) for n in range(-30, 120)]
    lost = [each.p_lost for each in found]
    assert lost == sorted(lost)
    assert 0 < lost[0] < 0.001
    assert lost[-1] > 0.5
    for each in found:
        assert each.p_diverted is not None
        assert each.p_diverted >= 0
        assert each.p_lost + each.p_diverted <= 1 + 1e-9
        assert 0 <= each.odds <= 1 + 1e-9


def test_where_more_goes_elsewhere_more_is_said_to_and_it_is_waited_longer() -> None:
    asked = silence()
    rare, often = (scorer(tables(elsewhere={"755A": each})) for each in (0.001, 0.2))
    at = asked.stops[0].by + 12 * HOUR
    told = [each.outlook(asked, at).p_diverted for each in (rare, often)]
    assert told[0] is not None
    assert told[1] is not None
    assert told[0] < told[1]
    assert due(often, asked) > due(rare, asked)
    nowhere = scorer(tables(elsewhere={}))
    assert nowhere.outlook(asked, at).p_diverted == 0.0


def test_confirmed_losses_of_its_product_make_it_likelier() -> None:
    judge = scorer(tables(lost={EVERY: 0.0001, "hv": 0.01}))
    asked, at = silence(), LEFT_AT + 20 * HOUR
    hv = judge.outlook(replace(asked, product="hv"), at)
    assert hv.p_lost > judge.outlook(asked, at).p_lost
    assert (hv.prior, judge.outlook(asked, at).prior) == (0.01, 0.0001)


def test_statutory_holidays_are_no_lateness_of_what_rests() -> None:
    """It lies in store on the eve of one (HV-1.2.6)."""
    eve, plan = HOLIDAY - timedelta(days=1), planner(HOLIDAY)
    asked = silence(
        phase=Phase.IN,
        at=local(eve.day, "15:00", month=eve.month),
        plan=plan,
        rests_on_holidays=True,
    )
    t0 = underneath(plan=plan)
    judge = scorer(tables(prices_h={EVERY: 1e5}), t0, HOLIDAY)
    by, moves = asked.stops[0].by, due(judge, replace(asked, rests_on_holidays=False))
    assert due(judge, asked) == t0.schedule.with_holidays("755A", by, moves)
    assert due(judge, asked) == moves + 24 * HOUR
    at, restless = moves + 24 * HOUR, replace(asked, rests_on_holidays=False)
    assert judge.outlook(asked, at).p_lost < judge.outlook(restless, at).p_lost


def test_steadiness_holds_deadlines_back_from_what_a_risk_says() -> None:
    def waits(steadiness: float, intercept: float) -> timedelta:
        kinds = {pool: kind(intercept=intercept, steadiness=steadiness) for pool in POOLS}
        asked = silence()
        return due(scorer(tables(kinds=kinds)), asked) - asked.stops[0].by

    assert waits(0.0, 0.1) == waits(0.0, 0.0) == waits(1.0, 0.0)
    assert waits(1.0, 0.1) > waits(1.0, 0.0)


def test_a_risk_beyond_the_curves_is_that_of_the_last_one() -> None:
    def at(intercept: float) -> Tables:
        return tables(kinds={pool: kind(intercept=intercept) for pool in POOLS})

    assert due(scorer(at(50.0)), silence()) == due(scorer(at(0.1)), silence())
    assert due(scorer(at(-50.0)), silence()) == due(scorer(at(-0.1)), silence())


def test_it_says_which_tier_it_is() -> None:
    assert scorer().tier == "T1"
    assert silence().company == ALONE
