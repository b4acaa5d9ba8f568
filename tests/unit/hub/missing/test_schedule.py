"""The plan by lanes and shifts, and the days that do not count (HV-1.2.6, HV-2.3)."""

from datetime import datetime, timedelta

import pytest

from hub.missing.rules.schedule import UNKNOWN_LANE, turn_ending_at_or_after
from hub.network import Shift
from tests.missing_parts import CHINA, HOLIDAY, HOUR, local, network, schedule

NIGHT = Shift(site="755W", name="night", starts="21:00", ends="02:00")


def shown(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%d %H:%M")


def test_what_is_ready_leaves_when_its_shift_ends() -> None:
    leg = schedule().next_leg("755A", "755W", local(14, "15:00"))
    assert (shown(leg.departs_at), shown(leg.arrives_at)) == ("14 19:30", "14 21:30")


def test_what_has_missed_its_shift_takes_the_next_one() -> None:
    leg = schedule().next_leg("755A", "755W", local(14, "19:31"))
    assert shown(leg.departs_at) == "15 19:30"


def test_a_lane_without_a_shift_leaves_at_once() -> None:
    leg = schedule().next_leg("020W", "020B", local(14, "10:00"))
    assert (shown(leg.departs_at), shown(leg.arrives_at)) == ("14 10:00", "14 11:00")


@pytest.mark.parametrize(
    ("way", "hours"), [(("755A", "755W"), 4), (("020W", "020B"), 1), (("755A", "020B"), 64)]
)
def test_ways_are_told_apart_by_their_hours_roughly(way: tuple[str, str], hours: int) -> None:
    assert schedule().reach_h(*way) == hours


def test_two_sites_without_a_lane_take_a_day() -> None:
    leg = schedule().next_leg("755A", "020B", local(14, "10:00"))
    assert leg.arrives_at - leg.departs_at == UNKNOWN_LANE
    assert schedule().arrives_at("755A", "020B", local(14, "10:00")) == leg.arrives_at


@pytest.mark.parametrize(
    ("at", "day", "starts", "ends"),
    [("23:00", 14, "14 21:00", "15 02:00"), ("01:00", 13, "13 21:00", "14 02:00"),
     ("02:00", 13, "13 21:00", "14 02:00"), ("02:01", 14, "14 21:00", "15 02:00")],
)  # fmt: skip
def test_a_shift_across_midnight_belongs_to_the_day_on_which_it_began(
    at: str, day: int, starts: str, ends: str
) -> None:
    turn = turn_ending_at_or_after(network(), NIGHT, local(14, at))
    assert (turn.day.day, shown(turn.starts_at), shown(turn.ends_at)) == (day, starts, ends)


def test_a_shift_is_local_to_its_site() -> None:
    urumqi = Shift(site="991A", name="day", starts="08:00", ends="18:00")
    turn = turn_ending_at_or_after(network(), urumqi, local(14, "09:00"))
    assert shown(turn.ends_at) == "14 20:00"


def test_a_closed_site_takes_in_when_its_next_shift_begins() -> None:
    plan = schedule()
    assert shown(plan.opens_at("020B", local(14, "03:00"))) == "14 07:00"
    assert shown(plan.opens_at("020B", local(14, "08:00"))) == "14 08:00"
    assert shown(plan.opens_at("020W", local(14, "03:00"))) == "14 03:00"


def test_nothing_goes_out_for_delivery_on_a_statutory_holiday() -> None:
    assert shown(schedule().goes_out_at("020B", local(1, "08:00", 10))) == "01 15:00"
    assert shown(schedule(HOLIDAY).goes_out_at("020B", local(1, "08:00", 10))) == "02 15:00"


def test_what_can_no_longer_be_delivered_by_the_evening_goes_out_on_the_next_day() -> None:
    """HV-2.6: delivered by 18:00, and a round takes three hours."""
    assert shown(schedule().goes_out_at("020B", local(14, "14:45"))) == "14 15:00"
    assert shown(schedule().goes_out_at("020B", local(14, "15:00"))) == "15 15:00"
    assert shown(schedule().delivered_at("020B", local(14, "15:00"))) == "14 18:00"
    assert shown(schedule().delivered_at("020B", local(14, "18:00"))) == "15 18:00"


def test_holidays_between_two_moments_do_not_count() -> None:
    plan, start = schedule(HOLIDAY), local(30, "18:00")
    assert plan.holiday_time("020B", start, start + 3 * HOUR) == timedelta(0)
    assert plan.holiday_time("020B", start, start + 12 * HOUR) == 6 * HOUR
    assert plan.holiday_time("020B", start, start + 60 * HOUR) == 24 * HOUR
    assert plan.holiday_time("020B", local(1, "06:00", 10), local(1, "08:00", 10)) == 2 * HOUR


def test_a_deadline_moves_on_by_every_holiday_that_it_comes_to_cover() -> None:
    start = local(30, "18:00")
    moved = schedule(HOLIDAY).with_holidays("020B", start, start + 12 * HOUR)
    assert shown(moved) == "02 06:00"
    assert schedule().with_holidays("020B", start, start + 12 * HOUR) == start + 12 * HOUR
