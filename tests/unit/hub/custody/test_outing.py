"""What went out for delivery is delivered by 18:00 of the site's day, else it is a breach: HV-2.6.

``minute_of(0)`` is 08:00 at the sites, so 18:00 is minute 600.
"""

from datetime import timedelta

import pytest

from hub.custody.rules.chain import Breach, BreachKind
from tests.custody_parts import Day, kinds, minute_of
from wire.events import ActKind

DUE = 600
A_DAY = 24 * 60


def out(minute: float = 60) -> Day:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(minute, "out_for_delivery", "LIN")
    return day


def late(day: Day, at: float = DUE + 300) -> list[Breach]:
    chain = day.chain(at=at)
    return [each for each in chain.breaches if each.kind is BreachKind.UNDELIVERED]


def test_who_is_out_at_the_hour_is_a_breach_from_then_on() -> None:
    day = out()
    before = day.chain(at=DUE - 1)
    assert (kinds(before), before.due_at) == ([], minute_of(DUE))
    (breach,) = late(day, at=DUE)
    assert (breach.rule, breach.at, breach.site) == ("HV-2.6", minute_of(DUE), "BRANCH")
    assert breach.evidence.step == "out_for_delivery"
    assert day.chain(at=DUE).due_at is None


@pytest.mark.parametrize(("minute", "is_late"), [(DUE, False), (DUE + 1, True)])
def test_delivered_at_the_hour_is_in_time_and_after_it_the_breach_stays(
    minute: int, *, is_late: bool
) -> None:
    by_scan, by_act = out(), out()
    by_scan.scan(minute, "deliver", "LIN")
    by_act.act(minute, ActKind.DELIVER, by="LIN", signed=True)
    assert bool(late(by_scan)) is bool(late(by_act)) is is_late


@pytest.mark.parametrize("step", ["arrive", "sort", "store", "return", "depart"])
def test_what_came_back_in_time_is_not_out(step: str) -> None:
    day = out()
    day.scan(DUE - 10, step, "KIM", place="cage1")
    assert late(day, at=A_DAY) == []


@pytest.mark.parametrize("step", ["inspect", "count"])
def test_what_was_only_seen_on_the_way_is_still_out(step: str) -> None:
    day = out()
    day.scan(DUE - 10, step, "LIN")
    assert late(day) != []


@pytest.mark.parametrize(
    ("receiver", "is_late"), [("HUBKEEPER", False), ("DRIVER", True), ("NOBODY_KNOWN", True)]
)
def test_handed_back_to_a_keeper_it_is_out_no_more_and_to_anybody_else_it_is(
    receiver: str, *, is_late: bool
) -> None:
    day = out()
    given = day.scan(DUE - 20, "handover", "LIN")
    people = {"giver": "LIN", "receiver": receiver}
    day.act(DUE - 19, ActKind.HANDOVER_ACCEPT, by=receiver, covers=(given.seq,), **people)
    assert bool(late(day)) is is_late


def test_what_goes_out_after_the_hour_is_due_on_the_next_day() -> None:
    day = out(DUE)
    assert day.chain(at=DUE + 1).due_at == minute_of(DUE + A_DAY)
    (breach,) = late(day, at=DUE + A_DAY)
    assert breach.at == minute_of(DUE) + timedelta(days=1)


def test_each_day_that_it_goes_out_is_one_breach_and_a_second_scan_of_a_day_none_more() -> None:
    day = out()
    day.scan(70, "out_for_delivery", "LIN")
    day.scan(DUE + 30, "store", "KIM", place="cage1")
    day.scan(A_DAY + 60, "out_for_delivery", "LIN")
    found = late(day, at=A_DAY + DUE)
    assert [each.at for each in found] == [minute_of(DUE), minute_of(A_DAY + DUE)]


def test_ordinary_parcels_are_held_to_no_hour() -> None:
    chain = out().chain(at=DUE, is_high_value=False)
    assert (kinds(chain), chain.due_at) == ([], None)
