"""One parcel, its bag or vehicle, or its whole site (design section 7)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from msgspec import structs

from hub.config import load_policy
from hub.missing.judge import next_look
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.scoring import Company
from hub.missing.rules.suspicion import (
    ALONE_ODDS_MIN,
    HARDLY_LATE,
    LATE_AT_MOST,
    LOOK_EVERY,
    PARTY_ODDS_MIN,
    UNLOADING,
    Due,
    Outage,
    Siblings,
    evidence_of,
    quiet_odds,
    sign_of,
    silent_group,
)
from hub.missing.rules.watch import Ride, Watch
from hub.missing.rules.words import Words
from tests.missing_parts import HOUR, learned, local, network, seen
from wire.names import Step

POLICY = load_policy(None).missing
NOW = local(14, "20:00")


@pytest.mark.parametrize(
    ("total", "unseen", "is_group"),
    [(24, 24, True), (24, 1, False), (24, 14, False), (24, 15, True), (3, 3, True), (2, 2, False)],
)
def test_most_of_a_bag_silent_is_the_bag_and_a_few_are_themselves(
    total: int, unseen: int, is_group: bool
) -> None:
    waybills = tuple(f"{n:012d}" for n in range(unseen))
    assert Siblings("bag:B-1@755W", total, waybills).is_group(POLICY) is is_group


def test_a_bag_is_late_with_its_vehicle() -> None:
    bag = Siblings("bag:B-1@755W", 4, ("1", "2", "3", "4"))
    truck = Siblings("vehicle:V-1@755W", 9, tuple("123456789"))
    assert silent_group((bag, truck), POLICY) is truck
    assert silent_group((bag, replace(truck, unseen=("1", "2", "3", "4"))), POLICY) is bag
    assert silent_group((), POLICY) is None


def test_others_that_came_tell_of_what_rides_and_of_what_lay_in_a_bag() -> None:
    riding = Watch(
        seen("755A", Phase.OUT, NOW),
        Step.LOAD,
        (stop(NOW), stop(NOW)),
        4,
        ride=Ride("vehicle:V-1", "755A", NOW),
    )
    came = Siblings("vehicle:V-1@755A", 9, ("1",), has_come=True, come_at=NOW - UNLOADING)
    assert evidence_of(riding, (came,), 1, POLICY, NOW) == Company(has_come=True)
    assert evidence_of(riding, (replace(came, come_at=None),), 1, POLICY, NOW) == Company()
    unloading = replace(came, come_at=NOW - UNLOADING + timedelta(seconds=1))
    assert evidence_of(riding, (unloading,), 1, POLICY, NOW) == Company()
    there = structs.replace(riding, last=seen("755W", Phase.IN, NOW), is_in_bag=True)
    assert evidence_of(there, (came,), 1, POLICY, NOW) == Company(is_opened=True)
    assert evidence_of(there, (), 12, POLICY, NOW) == Company(silent=12)
    whole = replace(came, unseen=tuple("12345678"))
    assert evidence_of(riding, (whole,), 1, POLICY, NOW) == Company(silent=8)
    assert late(riding, whole) == Company(silent=8, is_late=True)
    bag = Siblings("bag:B-1@755A", 4, tuple("1234"))
    assert evidence_of(riding, (bag, came), 1, POLICY, NOW) == Company(silent=4, has_come=True)
    assert evidence_of(riding, (bag,), 1, POLICY, NOW) == Company(silent=4)
    assert late(riding, bag, whole) == Company(silent=8, is_late=True)


def test_several_that_a_departure_left_wait_for_the_next_one() -> None:
    """Nine of 54 that were still there after a peak day were each named as missing."""
    waits = Watch(seen("755W", Phase.IN, NOW), Step.ARRIVE, (stop(NOW), stop(NOW)), 4)
    few, enough, gone = POLICY.group_min - 1, POLICY.group_min, NOW + timedelta(minutes=1)
    assert evidence_of(waits, (), enough, POLICY, gone) == Company(silent=enough, is_left=True)
    assert evidence_of(waits, (), few, POLICY, gone) == Company(silent=few)
    assert evidence_of(waits, (), enough, POLICY, NOW) == Company(silent=enough)


def late(riding: Watch, *together: Siblings) -> Company:
    """What is told of it if nobody of its company has come."""
    return evidence_of(
        riding,
        tuple(replace(each, has_come=False, come_at=None) for each in together),
        1,
        POLICY,
        NOW,
    )


def test_what_travels_in_company_is_looked_at_before_its_deadline_and_again() -> None:
    alone = Watch(seen("755A", Phase.OUT, NOW), Step.LOAD, (stop(NOW),), 4)
    riding = structs.replace(alone, ride=Ride("V", "755A", NOW))
    deadline = NOW + 20 * HOUR
    assert next_look(alone, deadline, NOW) == deadline
    assert next_look(riding, deadline, NOW - HOUR) == NOW + LOOK_EVERY
    assert next_look(riding, deadline, NOW + 10 * HOUR) == NOW + 10 * HOUR + LOOK_EVERY
    assert next_look(riding, deadline, NOW + 19 * HOUR) == deadline
    assert next_look(riding, None, NOW) is None


def stop(by: datetime, site: str = "755W") -> Stop:
    return Stop(site, Phase.IN, by, by, origin="755A")


def parties(count: int, each: int, late: timedelta) -> list[Due]:
    return [Due(f"V-{n}", stop(NOW - late)) for n in range(count) for _ in range(each)]


def test_three_trucks_unseen_for_hours_say_more_than_one_with_many_parcels() -> None:
    known = learned()
    assert quiet_odds(parties(3, 10, 60 * HOUR), known, NOW) == pytest.approx(
        PARTY_ODDS_MIN**3, rel=0.1
    )
    assert quiet_odds(parties(1, 100, 60 * HOUR), known, NOW) * POLICY.site_odds > 1
    assert quiet_odds(parties(2, 10, 60 * HOUR), known, NOW) * POLICY.site_odds < 1


def test_a_truck_and_a_few_parcels_that_wait_for_one_courier_make_no_outage() -> None:
    known = learned()
    truck = parties(1, 64, 60 * HOUR)
    few = [Due("755W>755A", each.stop) for each in parties(1, 2, 60 * HOUR)]
    assert quiet_odds(truck + few, known, NOW) == pytest.approx(
        PARTY_ODDS_MIN * ALONE_ODDS_MIN / 2, rel=0.1
    )
    assert quiet_odds(truck + few, known, NOW) * POLICY.site_odds > 1


def test_two_lost_parcels_make_no_outage_and_nothing_due_is_no_sign() -> None:
    known = learned()
    assert quiet_odds(parties(2, 1, 200 * HOUR), known, NOW) * POLICY.site_odds > 1
    assert quiet_odds([], known, NOW) == 1


def test_a_truck_that_went_on_from_a_site_unseen_there_says_more_than_one_that_may_be_late() -> (
    None
):
    known, by = learned(), stop(NOW - HARDLY_LATE / 2)
    gone = Siblings("V-1@755A", 9, ("1", "2"), has_come=True, seen_at=frozenset({"020W"}))
    passed = replace(gone, skipped=frozenset({by.key, "out:755W"}))
    assert sign_of("V-1", by, ()) == Due("V-1", by)
    assert sign_of("V-1", by, (replace(gone, has_come=False),)) == Due("V-1", by)
    assert sign_of("V-1", by, (passed,)) == Due("V-1", by, has_passed=True)
    trucks = [Due(f"V-{n % 2}", by, has_passed=True) for n in range(40)]
    assert quiet_odds(trucks, known, NOW) == pytest.approx(PARTY_ODDS_MIN**2)


def test_a_truck_that_was_seen_at_the_site_or_went_another_way_says_nothing() -> None:
    by = stop(NOW - HOUR)
    gone = Siblings("V-1@755A", 9, ("1", "2"), has_come=True, seen_at=frozenset({"020W"}))
    assert sign_of("V-1", by, (gone,)) is None
    here = replace(gone, seen_at=frozenset({"020W", by.site}), skipped=frozenset({by.key}))
    assert sign_of("V-1", by, (here,)) is None


def test_what_is_hardly_late_says_nothing() -> None:
    assert quiet_odds(parties(30, 10, HARDLY_LATE - HOUR / 60), learned(), NOW) == 1
    assert quiet_odds(parties(30, 10, HARDLY_LATE), learned(), NOW) < 1


def test_an_outage_hides_what_was_due_at_its_site_in_its_time() -> None:
    since, until = NOW - 6 * HOUR, NOW
    over = Outage("755W", since, until)
    assert over.hides(stop(since + HOUR))
    assert over.hides(stop(until))
    assert not over.hides(stop(until + HOUR))
    assert not over.hides(stop(since + HOUR, "020W"))
    assert not over.hides(stop(since - LATE_AT_MOST - HOUR))
    assert Outage("755W", since, None).hides(stop(NOW + 100 * HOUR))


WORDS = Words(network().zone_of, POLICY)


def test_a_quiet_site_says_since_when_and_how_unusual_that_is() -> None:
    (first, second) = WORDS.quiet_site("755W", NOW, 40, 1e-6)
    assert "2026-09-14 20:00 +0800" in first[1]
    assert "40 parcels" in first[1]
    assert "1000000" in second[0]
