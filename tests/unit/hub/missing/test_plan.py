"""Where a parcel should be scanned next (HV-2.11.2, design section 7)."""

import pytest

from hub.missing.rules.plan import AHEAD_MAX, Phase, departure_of, phase_of
from tests.missing_parts import CHINA, HOLIDAY, ROUTE, came, local, planner, seen
from wire.names import Step


@pytest.mark.parametrize("step", list(Step))
def test_every_step_says_where_a_parcel_is(step: Step) -> None:
    leaving = {Step.LOAD, Step.DEPART, Step.OUT_FOR_DELIVERY}
    expected = Phase.OUT if step in leaving else Phase.IN
    assert phase_of(step) is (Phase.DELIVERED if step is Step.DELIVER else expected)


def test_an_accepted_parcel_is_expected_along_its_route() -> None:
    last = seen("755A", Phase.IN, local(14, "15:00"))
    stops = planner().stops_ahead(last, ROUTE, ())
    assert came(stops) == [
        ("755A", "out", "14 19:30"),
        ("755W", "in", "14 21:30"),
        ("755W", "out", "15 02:00"),
        ("020W", "in", "15 06:00"),
        ("020W", "out", "15 07:00"),
        ("020B", "in", "15 08:00"),
        ("020B", "out", "15 15:00"),
        ("020B", "delivered", "15 18:00"),
    ]
    assert len(stops) == AHEAD_MAX


def test_what_has_left_is_expected_after_the_lanes_hours_not_after_the_next_shift() -> None:
    last = seen("755A", Phase.OUT, local(14, "19:40"))
    assert came(planner().stops_ahead(last, ROUTE, ()))[0] == ("755W", "in", "14 21:45")


def test_what_is_loaded_leaves_with_its_shift_and_not_at_once() -> None:
    plan = planner()
    known = plan.stops_ahead(seen("755A", Phase.IN, local(14, "15:00")), ROUTE, ())
    loaded = seen("755A", Phase.OUT, local(14, "18:45"))
    leaves_at = departure_of(known, loaded)
    assert leaves_at == local(14, "19:30")
    assert came(plan.stops_ahead(loaded, ROUTE, known, leaves_at))[0] == ("755W", "in", "14 21:30")
    earlier = seen("755A", Phase.OUT, local(14, "15:30"))
    assert departure_of(known, earlier) is None
    assert came(plan.stops_ahead(earlier, ROUTE, known))[0] == ("755W", "in", "14 21:00")


def test_what_misses_its_departure_is_expected_with_the_next_one() -> None:
    """HV-2.3: what misses its shift waits for the next."""
    stops = planner().stops_ahead(seen("755A", Phase.IN, local(14, "15:00")), ROUTE, ())
    again = [stop.again.astimezone(CHINA).strftime("%d %H:%M") for stop in stops]
    assert again == [
        "15 19:30", "15 21:30", "16 02:00", "16 06:00", "16 07:00", "16 08:00",
        "16 15:00", "16 18:00",
    ]  # fmt: skip
    left = planner().stops_ahead(seen("755A", Phase.OUT, local(14, "19:30")), ROUTE, ())
    assert left[0].again == left[0].by == local(14, "21:30")
    assert left[1].again > left[1].by


def test_at_its_destination_it_goes_out_and_is_delivered() -> None:
    last = seen("020B", Phase.IN, local(14, "07:10"))
    stops = planner().stops_ahead(last, ROUTE[3:], ())
    assert came(stops) == [("020B", "out", "14 15:00"), ("020B", "delivered", "14 18:00")]
    assert stops[0].key == "out-last:020B"


def test_a_parcel_that_waits_over_a_holiday_is_expected_after_it() -> None:
    last = seen("020B", Phase.IN, local(30, "16:00"))
    stops = planner(HOLIDAY).stops_ahead(last, ROUTE[3:], ())
    assert came(stops)[0] == ("020B", "out", "02 15:00")


def test_nothing_is_expected_of_what_was_delivered() -> None:
    last = seen("020B", Phase.DELIVERED, local(14, "11:00"))
    assert planner().stops_ahead(last, ROUTE[3:], ()) == ()


def test_scanned_again_inside_a_site_it_still_leaves_with_the_shift_it_came_in_time_for() -> None:
    plan = planner()
    known = plan.stops_ahead(seen("755A", Phase.IN, local(14, "15:00")), ROUTE, ())
    again = seen("755A", Phase.IN, local(14, "19:00"))
    assert plan.stops_ahead(again, ROUTE, known) == known
    missed = seen("755A", Phase.IN, local(14, "20:00"))
    assert came(plan.stops_ahead(missed, ROUTE, known))[0] == ("755A", "out", "15 19:30")


def test_another_destination_is_another_plan() -> None:
    plan = planner()
    known = plan.stops_ahead(seen("755A", Phase.IN, local(14, "15:00")), ROUTE, ())
    again = seen("755A", Phase.IN, local(14, "16:00"))
    assert came(plan.stops_ahead(again, ("755A", "020B"), known))[1][0] == "020B"


def test_a_diverted_parcel_goes_the_networks_way_from_where_it_is() -> None:
    plan = planner()
    assert plan.remaining_route(ROUTE, "755W") == ROUTE[1:]
    assert plan.remaining_route(("755A", "755W"), "020W") == ("020W", "755W")
    assert plan.remaining_route(ROUTE, "991A") is None
    assert plan.remaining_route(None, "755A") is None
