"""What is known of one parcel's way, from its scans in whatever order they arrive."""

from datetime import timedelta

import pytest
from msgspec import msgpack
from msgspec.structs import replace

from hub.missing.rules.learned import NOTHING, after_skips
from hub.missing.rules.watch import (
    SKIPPED_MAX,
    Lesson,
    ParcelScan,
    Ride,
    Watch,
    ended,
    fold_scan,
    learn,
    replan,
)
from tests.missing_parts import HOLIDAY, HOUR, ROUTE, came, local, planner
from wire.names import Step

PLAN = planner()


def scan(site: str, step: Step | None, clock: str, day: int = 14, **fields: object) -> ParcelScan:
    return ParcelScan(site, step, local(day, clock), **fields)  # type: ignore[arg-type]  # a test's


def fold(*scans: ParcelScan, route: tuple[str, ...] | None = ROUTE) -> tuple[Watch, list[Lesson]]:
    known, lessons = None, []
    for each in scans:
        known, learnt = fold_scan(known, each, route, PLAN)
        lessons += learnt
    assert known is not None
    return known, lessons


ACCEPTED = scan("755A", Step.ACCEPT, "15:00")
LEFT = scan("755A", Step.DEPART, "19:40", container="vehicle:V-1")
ARRIVED = scan("755W", Step.ARRIVE, "21:30", container="vehicle:V-1")


def test_a_scan_where_it_was_expected_teaches_how_late_it_came() -> None:
    _, lessons = fold(ACCEPTED, LEFT)
    assert lessons == [Lesson("out:755A", late=timedelta(minutes=10))]


def test_scans_behind_skipped_ones_are_counted_by_how_many_were_skipped() -> None:
    """What was packed unseen stays unseen: each skip makes the next one more likely."""
    _, lessons = fold(ACCEPTED, scan("755W", Step.LOAD, "23:30"))
    assert Lesson(after_skips(1), skipped=1) in lessons
    assert Lesson(after_skips(2), late=timedelta(0)) in lessons


def test_skipped_scans_are_counted_against_their_sites() -> None:
    known, lessons = fold(ACCEPTED, scan("755W", Step.ARRIVE, "22:30"))
    assert lessons == [
        Lesson("out:755A", skipped=1, at=local(14, "19:30")),
        Lesson(after_skips(1), late=timedelta(0)),
        Lesson("in-4h:755A>755W", late=HOUR),
    ]
    assert known.skipped == ("out:755A",)


def test_scans_inside_a_site_teach_nothing_of_those_that_are_still_to_come() -> None:
    _, lessons = fold(ACCEPTED, scan("755A", Step.STORE, "16:00"), scan("755A", None, "17:00"))
    assert lessons == []


def test_what_is_still_there_after_its_departure_has_missed_it() -> None:
    """HV-2.3: that scan ended its silence, well before it left with the next departure."""
    half_an_hour = timedelta(minutes=30)
    _, lessons = fold(ACCEPTED, scan("755A", Step.RETRIEVE, "19:00", day=15))
    assert lessons == [Lesson("out:755A", late=-half_an_hour, missed_turn=True)]
    _, lessons = fold(ACCEPTED, scan("755A", Step.HANDOVER, "20:00"))
    assert lessons == [], "a departure may be late"


def test_a_late_event_moves_nothing_but_takes_its_miss_back() -> None:
    before, _ = fold(ACCEPTED, ARRIVED)
    after, lessons = fold_scan(before, LEFT, ROUTE, PLAN)
    assert lessons == [Lesson("out:755A", skipped=-1, at=local(14, "19:30"))]
    assert (after.last, after.stops, after.skipped) == (before.last, before.stops, ())
    assert (before.skipped_at, after.skipped_at) == ((local(14, "19:30"),), ())
    again, lessons = fold_scan(after, LEFT, ROUTE, PLAN)
    assert (again, lessons) == (after, [])


def test_a_scan_was_owed_as_planned_but_between_those_that_were_made() -> None:
    _, lessons = fold(ACCEPTED, scan("755W", Step.ARRIVE, "19:00"))
    assert lessons[0].at == local(14, "19:00"), "it had left before it was due to"
    _, lessons = fold(ACCEPTED, scan("755W", Step.LOAD, "23:30", day=15))
    assert [each.at for each in lessons if each.at] == [local(14, "19:30"), local(14, "21:30")]


def test_of_a_skip_that_an_older_release_kept_nobody_knows_when_it_was_owed() -> None:
    known, _ = fold(ACCEPTED, ARRIVED, scan("020W", Step.ARRIVE, "06:00", day=15))
    older = replace(known, skipped_at=known.skipped_at[1:])
    after, lessons = fold_scan(older, LEFT, ROUTE, PLAN)
    assert lessons == [Lesson("out:755A", skipped=-1)]
    assert after.skipped_at == known.skipped_at[1:]
    gone = scan("755W", Step.DEPART, "23:50", container="vehicle:V-2")
    (taken,) = fold_scan(after, gone, ROUTE, PLAN)[1]
    assert taken == Lesson("out:755W", skipped=-1, at=known.skipped_at[1])


def test_a_late_event_of_another_kind_takes_nothing_back() -> None:
    before, _ = fold(ACCEPTED, ARRIVED)
    assert fold_scan(before, scan("755A", Step.SORT, "18:00"), ROUTE, PLAN) == (before, [])


def test_the_missed_ones_that_are_remembered_are_bounded() -> None:
    known, _ = fold(ACCEPTED)
    for day in range(1, 29):
        for site in ("755W", "020W", "020B", "755A"):
            known, _ = fold_scan(known, scan(site, Step.ARRIVE, "23:00", day), ROUTE, PLAN)
    assert len(known.skipped_at) == len(known.skipped) <= SKIPPED_MAX


def test_delivered_is_the_end() -> None:
    known, _ = fold(ACCEPTED, scan("020B", Step.DELIVER, "12:00", 15))
    assert (known.done, known.stops) == (True, ())
    after, _ = fold_scan(known, scan("020B", Step.INSPECT, "13:00", 15), ROUTE, PLAN)
    assert (after.done, after.stops) == (True, ())


def test_a_return_goes_the_way_back_and_ends_at_the_origin() -> None:
    known, _ = fold(ACCEPTED, scan("020B", Step.RETURN, "07:30", 15))
    assert (known.returning, known.done, known.stops[1].site) == (True, False, "020W")
    after, _ = fold_scan(known, scan("020W", Step.DEPART, "12:00", 15), ROUTE, PLAN)
    assert after.stops[0].site == "755W"
    home, _ = fold_scan(after, scan("755A", Step.ARRIVE, "12:00", 16), ROUTE, PLAN)
    assert (home.done, home.stops) == (True, ())


def test_a_delivered_parcel_that_is_returned_is_expected_again() -> None:
    known, _ = fold(scan("020B", Step.DELIVER, "12:00"), scan("020B", Step.RETURN, "08:00", 15))
    assert not known.done
    assert known.stops


def test_without_a_route_nothing_is_expected_until_one_is_declared() -> None:
    known, _ = fold(ACCEPTED, route=None)
    assert (known.stops, known.sites) == ((), 0)
    planned = replan(known, ROUTE, PLAN)
    assert (came(planned.stops)[0], planned.sites) == (("755A", "out", "14 19:30"), 4)
    assert replan(planned, ROUTE, PLAN) == planned
    assert replan(planned, None, PLAN).stops == ()


LOADED = scan("755A", Step.LOAD, "18:45", container="vehicle:V-1")
LEAVES = local(14, "19:30")


def test_what_is_loaded_leaves_with_its_departure_when_it_is_planned_again_too() -> None:
    known, _ = fold(ACCEPTED, LOADED)
    assert (came(known.stops)[0], known.leaves_at) == (("755W", "in", "14 21:30"), LEAVES)
    assert replan(known, ROUTE, PLAN) == known
    astray = replan(known, ("755A", "020B"), PLAN)
    assert astray.stops == PLAN.stops_ahead(replace(known.last, at=LEAVES), ("755A", "020B"), ())


def test_what_has_departed_since_it_was_loaded_left_then() -> None:
    left = scan("755A", Step.DEPART, "19:00", container="vehicle:V-1")
    known, _ = fold(ACCEPTED, LOADED, left)
    assert (came(known.stops)[0], known.leaves_at) == (("755W", "in", "14 21:00"), None)
    assert replan(known, ROUTE, PLAN) == known


def test_of_what_was_loaded_before_anybody_told_its_way_no_departure_is_known() -> None:
    known, _ = fold(ACCEPTED, LOADED, route=None)
    assert known.leaves_at is None
    assert came(replan(known, ROUTE, PLAN).stops)[0] == ("755W", "in", "14 21:00")


def test_what_an_older_release_kept_is_read_without_the_departure() -> None:
    known, _ = fold(ACCEPTED, LOADED)
    older = msgpack.encode(msgpack.decode(msgpack.encode(known))[:-1])
    assert msgpack.decode(older, type=Watch) == replace(known, leaves_at=None)


def test_what_is_done_is_not_planned_again() -> None:
    known, _ = fold(scan("020B", Step.DELIVER, "12:00"))
    assert replan(known, ROUTE, PLAN) == known


def test_a_ride_begins_with_loading_and_ends_with_being_seen_elsewhere() -> None:
    loaded = scan("755A", Step.LOAD, "19:00", container="vehicle:V-1")
    riding, _ = fold(ACCEPTED, loaded, LEFT)
    assert riding.ride == Ride("vehicle:V-1", "755A", loaded.at)
    assert riding.is_riding
    arrived, _ = fold_scan(riding, ARRIVED, ROUTE, PLAN)
    assert (arrived.is_riding, arrived.ride, arrived.came_from) == (False, riding.ride, "755A")


def test_a_bag_holds_until_the_parcel_is_seen_by_itself() -> None:
    packed = scan("755W", Step.PACK, "22:00", container="bag:B-1")
    bag_loaded = scan("755W", Step.LOAD, "23:00", container="vehicle:V-2", is_own=False)
    known, _ = fold(ACCEPTED, packed, bag_loaded)
    assert known.bag == Ride("bag:B-1", "755W", packed.at)
    assert (known.is_in_bag, known.is_riding) == (True, True)
    out, _ = fold_scan(known, scan("020W", Step.UNLOAD, "06:00", 15), ROUTE, PLAN)
    assert (out.is_in_bag, out.bag) == (False, known.bag)


def test_waiting_over_a_holiday_is_not_learned_as_lateness() -> None:
    plan = planner(HOLIDAY)
    before, _ = fold_scan(None, scan("020B", Step.ARRIVE, "08:30", 30), ROUTE, plan)
    # Planned for the 30th at 15:00, it goes out on the 2nd: the 1st is a holiday.
    out = ParcelScan("020B", Step.OUT_FOR_DELIVERY, local(2, "01:00", 10))
    _, lessons = fold_scan(before, out, ROUTE, plan)
    assert lessons == [Lesson("out-last:020B", late=10 * HOUR)]
    out = ParcelScan("020B", Step.OUT_FOR_DELIVERY, local(2, "14:00", 10))
    _, lessons = fold_scan(before, out, ROUTE, plan)
    assert lessons == [Lesson("out-last:020B", late=-HOUR, missed_turn=True)]


def test_lessons_are_learned_for_the_lane_and_for_all_lanes() -> None:
    counts = dict.fromkeys(("in:A>B", "in:*"), NOTHING)
    learn(counts, [Lesson("in:A>B", late=HOUR), Lesson("in:A>B", skipped=1)])
    assert counts["in:A>B"] == counts["in:*"]
    assert counts["in:*"][:2] == (1, 1)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_the_newest_scan_counts_in_whatever_order_scans_arrive(order: tuple[int, ...]) -> None:
    scans = (ACCEPTED, LEFT, ARRIVED)
    known, _ = fold(*(scans[index] for index in order))
    assert (known.last.site, came(known.stops)[0]) == ("755W", ("755W", "out", "15 02:00"))


def test_of_what_goes_on_under_a_new_waybill_nothing_is_expected_whatever_is_scanned_then() -> None:
    known, _ = fold(ACCEPTED, scan("755A", Step.PACK, "16:00", container="bag:B-1"), LEFT)
    over = ended(known)
    assert (over.stops, over.done, over.last) == ((), True, known.last)
    # Nor is it one of those that its bag or vehicle is judged by.
    assert (over.ride, over.bag, over.is_riding, over.is_in_bag) == (None, None, False, False)
    again, lessons = fold_scan(over, ARRIVED, ROUTE, PLAN)
    assert (again.stops, again.done, lessons) == ((), True, [])
