"""Where a parcel should be scanned next (HV-2.11.2, design section 7)."""

import pytest

from hub.missing.rules.plan import AHEAD_MAX, Phase, phase_of, remaining_route, stops_ahead
from tests.missing_parts import HOLIDAY, ROUTE, came, local, schedule, seen
from wire.names import Step


@pytest.mark.parametrize("step", list(Step))
def test_every_step_says_where_a_parcel_is(step: Step) -> None:
    leaving = {Step.LOAD, Step.DEPART, Step.OUT_FOR_DELIVERY}
    expected = Phase.OUT if step in leaving else Phase.IN
    assert phase_of(step) is (Phase.DELIVERED if step is Step.DELIVER else expected)


def test_an_accepted_parcel_is_expected_along_its_route() -> None:
    last = seen("755A", Phase.IN, local(14, "15:00"))
    stops = stops_ahead(last, ROUTE, (), schedule())
    assert came(stops) == [
        ("755A", "out", "14 19:30"),
        ("755W", "in", "14 21:30"),
        ("755W", "out", "15 02:00"),
        ("020W", "in", "15 06:00"),
    ]
    assert len(stops) == AHEAD_MAX


def test_what_has_left_is_expected_after_the_lanes_hours_not_after_the_next_shift() -> None:
    last = seen("755A", Phase.OUT, local(14, "19:40"))
    assert came(stops_ahead(last, ROUTE, (), schedule()))[0] == ("755W", "in", "14 21:45")


def test_at_its_destination_it_goes_out_and_is_delivered() -> None:
    last = seen("020B", Phase.IN, local(14, "07:10"))
    stops = stops_ahead(last, ROUTE[3:], (), schedule())
    assert came(stops) == [("020B", "out", "14 09:00"), ("020B", "delivered", "14 19:00")]
    assert stops[0].key == "out-last:020B"


def test_a_parcel_that_waits_over_a_holiday_is_expected_after_it() -> None:
    last = seen("020B", Phase.IN, local(30, "10:00"))
    stops = stops_ahead(last, ROUTE[3:], (), schedule(HOLIDAY))
    assert came(stops)[0] == ("020B", "out", "02 09:00")


def test_nothing_is_expected_of_what_was_delivered() -> None:
    last = seen("020B", Phase.DELIVERED, local(14, "11:00"))
    assert stops_ahead(last, ROUTE[3:], (), schedule()) == ()


def test_scanned_again_inside_a_site_it_still_leaves_with_the_shift_it_came_in_time_for() -> None:
    plan = schedule()
    known = stops_ahead(seen("755A", Phase.IN, local(14, "15:00")), ROUTE, (), plan)
    again = seen("755A", Phase.IN, local(14, "19:00"))
    assert stops_ahead(again, ROUTE, known, plan) == known
    missed = seen("755A", Phase.IN, local(14, "20:00"))
    assert came(stops_ahead(missed, ROUTE, known, plan))[0] == ("755A", "out", "15 19:30")


def test_another_destination_is_another_plan() -> None:
    plan = schedule()
    known = stops_ahead(seen("755A", Phase.IN, local(14, "15:00")), ROUTE, (), plan)
    again = seen("755A", Phase.IN, local(14, "16:00"))
    assert came(stops_ahead(again, ("755A", "020B"), known, plan))[1][0] == "020B"


def test_a_diverted_parcel_goes_the_networks_way_from_where_it_is() -> None:
    plan = schedule()
    assert remaining_route(ROUTE, "755W", plan) == ROUTE[1:]
    assert remaining_route(("755A", "755W"), "020W", plan) == ("020W", "755W")
    assert remaining_route(ROUTE, "991A", plan) is None
    assert remaining_route(None, "755A", plan) is None
