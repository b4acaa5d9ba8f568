"""What those that travelled together told of each other's past silences (design section 7)."""

from dataclasses import replace
from datetime import datetime

from hub.config import load_policy
from hub.missing.rules.company_past import PastCompany
from hub.missing.rules.past import Ending, PastSilence
from hub.missing.rules.plan import Phase
from hub.missing.rules.scoring import ALONE, Company, Silence
from hub.missing.rules.suspicion import TOGETHER, UNLOADING
from hub.missing.rules.watch import Ride
from tests.missing_parts import HOUR, ROUTE, local, planner, seen

POLICY = load_policy(None).missing
LEFT = local(14, "19:30")
DUE = local(14, "21:30")
MINUTE = HOUR / 60
RIDE = Ride("vehicle:V-1", "755A", LEFT)
BAG = Ride("bag:B-1", "755A", LEFT)
STOPS = planner().stops_ahead(seen("755A", Phase.OUT, LEFT), ROUTE, ())
WAITING = planner().stops_ahead(seen("755A", Phase.IN, local(14, "15:00")), ROUTE, ())


def past(waybill: str, until: datetime, ride: Ride | None = RIDE, **fields: object) -> PastSilence:
    """It left and was seen at the next site, at ``until``."""
    whole = PastSilence(waybill, Silence(STOPS, 4, False), LEFT, until, Ending.EXPECTED, 0)
    return replace(whole, **{"ride": ride, "seen_site": "755W", **fields})  # type: ignore[arg-type]  # a test's


def told(at: datetime, *all_of: PastSilence) -> Company:
    """What the first one's company told at a moment."""
    return PastCompany(all_of, POLICY).company(all_of[0], at)


def test_who_travels_alone_has_no_company() -> None:
    assert told(DUE + HOUR, past("W1", DUE + 9 * HOUR)) == ALONE
    other = past("W2", DUE, ride=Ride("vehicle:V-2", "755A", LEFT))
    assert told(DUE + HOUR, past("W1", DUE + 9 * HOUR), other) == ALONE


def test_others_of_its_vehicle_that_were_seen_there_have_come_from_then_on() -> None:
    late, others = past("W1", DUE + 9 * HOUR), [past(f"W{n}", DUE) for n in range(2, 9)]
    assert told(DUE + UNLOADING, late, *others).has_come
    assert not told(DUE + UNLOADING - MINUTE, late, *others).has_come


def test_a_vehicle_of_which_nobody_was_seen_is_late_as_a_whole() -> None:
    all_of = [past(f"W{n}", DUE + 9 * HOUR) for n in range(5)]
    found = told(DUE + HOUR, *all_of)
    assert found == Company(silent=5, is_late=True)


def test_a_bag_that_was_opened_tells_of_what_lay_in_it() -> None:
    own = past("W1", DUE + 9 * HOUR, ride=None, bag=BAG)
    others = [past(f"W{n}", DUE, ride=None, bag=BAG) for n in range(2, 9)]
    assert told(DUE + UNLOADING, own, *others) == Company(is_opened=True)


def test_those_that_wait_for_the_same_departure_are_counted() -> None:
    waits = Silence(WAITING, 4, False)
    all_of = [
        past(f"W{n}", DUE + n * HOUR, ride=None, silence=waits, ending=Ending.EXPECTED)
        for n in range(4)
    ]
    assert told(DUE + HOUR, all_of[3], *all_of[:3]).silent == 2


def test_who_waits_for_a_departure_waits_for_it_in_a_bag_of_the_day_before_too() -> None:
    waits = Silence(WAITING, 4, False)
    before = Ride("bag:B-1", "021W", LEFT - 3 * TOGETHER)
    all_of = [
        past(f"W{n}", DUE + 9 * HOUR, ride=None, bag=bag, silence=waits, ending=Ending.STAYED)
        for n, bag in enumerate([before, None, None])
    ]
    assert [told(DUE + HOUR, each, *all_of).silent for each in all_of] == [3, 3, 3]


def test_the_same_vehicle_on_another_day_is_another_ride() -> None:
    again = Ride("vehicle:V-1", "755A", LEFT + TOGETHER + HOUR)
    same = Ride("vehicle:V-1", "755A", LEFT + TOGETHER)
    late = past("W1", DUE + 99 * HOUR)
    assert told(DUE + HOUR, late, past("W2", DUE, ride=again)) == ALONE
    assert told(DUE + UNLOADING, late, past("W2", DUE, ride=same)).has_come


def test_what_stayed_where_it_was_has_not_come() -> None:
    stayed = past("W2", DUE, ending=Ending.STAYED, hit=None, seen_site="755A")
    assert not told(DUE + HOUR, past("W1", DUE + 9 * HOUR), stayed).has_come


def test_what_was_taken_out_where_it_waits_was_not_left_in_its_bag() -> None:
    there = planner().stops_ahead(seen("755W", Phase.IN, DUE), ROUTE[1:], ())
    silence = Silence(there, 4, rests_on_holidays=False)
    out = [
        past(f"W{n}", DUE + 30 * HOUR, ride=None, bag=BAG, silence=silence, unpacked_at=DUE)
        for n in range(4)
    ]
    left = past("W9", DUE + 30 * HOUR, ride=None, bag=BAG, silence=silence)
    assert told(DUE + UNLOADING, left, *out).is_opened
    assert not told(DUE + UNLOADING, *out, left).is_opened
    company = PastCompany([left, *out], POLICY)
    assert (company.told_at(left), company.told_at(out[0])) == (DUE + UNLOADING, None)
    assert company.left_in_bags() == (1, 5)


def test_a_bag_is_opened_too_where_it_was_seen_to_come() -> None:
    """Its own scan there began the silence; what is taken out there is not where it was packed."""
    there = planner().stops_ahead(seen("755W", Phase.IN, DUE), ROUTE[1:], ())
    silence = Silence(there, 4, rests_on_holidays=False)
    own = past("W1", DUE + 9 * HOUR, ride=None, bag=BAG, silence=silence)
    others = [past(f"W{n}", DUE + HOUR, ride=None, bag=BAG, silence=silence) for n in range(2, 9)]
    assert there[0].site == "755W" != BAG.site
    assert told(DUE + HOUR + UNLOADING, own, *others).is_opened
    assert not told(DUE + HOUR, own, *others).is_opened
