"""What became of a parcel's silences, from its scans folded again (design section 7)."""

from datetime import timedelta

import pytest

from hub.missing.rules.past import SCANS_MAX, Ending, PastSilence, Way, as_of, silences_of
from hub.missing.rules.watch import ParcelScan, Ride
from tests.missing_parts import HOUR, ROUTE, local, planner
from wire.names import Step

PLAN = planner()
AFTERWARDS = local(20, "00:00")
VEHICLE = "vehicle:V-1"


def scan(site: str, step: Step | None, clock: str, day: int = 14, **fields: object) -> ParcelScan:
    return ParcelScan(site, step, local(day, clock), **fields)  # type: ignore[arg-type]  # a test's


def past_of(*scans: ParcelScan, route: tuple[str, ...] | None = ROUTE) -> list[PastSilence]:
    found, _ = silences_of(Way("W1", scans, route), PLAN, AFTERWARDS)
    return found


ACCEPTED = scan("755A", Step.ACCEPT, "15:00")
LEFT = scan("755A", Step.DEPART, "19:40", container=VEHICLE)
ARRIVED = scan("755W", Step.ARRIVE, "21:30", container=VEHICLE)


def test_a_silence_ends_with_the_scan_that_was_expected_and_says_how_late_it_came() -> None:
    waited, rode, last = past_of(ACCEPTED, LEFT, ARRIVED)
    assert (waited.ending, waited.hit, waited.late) == (Ending.EXPECTED, 0, timedelta(minutes=10))
    assert (waited.since, waited.until) == (ACCEPTED.at, LEFT.at)
    assert waited.late_at_all == timedelta(minutes=10)
    assert waited.seen_site == "755A"
    assert waited.group == "755A/2026-09-14"
    assert waited.ride is None
    assert (rode.ending, rode.stop.site, rode.seen_site) == (Ending.EXPECTED, "755W", "755W")
    assert rode.ride == Ride(VEHICLE, "755A", LEFT.at)
    assert (last.ending, last.until, last.hit) == (Ending.OPEN, AFTERWARDS, None)


def test_a_scan_behind_a_skipped_one_ends_the_silence_as_expected_too() -> None:
    first, _ = past_of(ACCEPTED, ARRIVED)
    assert (first.ending, first.hit, first.stop.site) == (Ending.EXPECTED, 1, "755W")
    assert first.late == ARRIVED.at - first.stop.by
    assert first.seen_site == "755W"


def test_what_missed_its_departure_and_is_scanned_where_it_waits_has_stayed() -> None:
    first, second = past_of(ACCEPTED, scan("755A", Step.SORT, "14:00", day=15))
    assert (first.ending, first.hit, first.missed_turn) == (Ending.STAYED, 0, True)
    assert first.late == local(15, "14:00") - first.stop.again
    assert second.silence.stops[0].by == local(15, "19:30")
    assert first.seen_site == "755A"


def test_when_it_was_seen_out_of_its_bag_where_it_waits_is_noted() -> None:
    packed = scan("755A", Step.PACK, "18:00", container="bag:B-1")
    closed = {"container": VEHICLE, "is_own": False}
    gone = scan("755A", Step.DEPART, "19:40", **closed)
    there = scan("755W", Step.ARRIVE, "21:30", **closed)
    out = scan("755W", Step.SORT, "22:00")
    *_, last = past_of(ACCEPTED, packed, gone, there, out)
    assert (last.since, last.bag) == (there.at, Ride("bag:B-1", "755A", packed.at))
    assert (last.unpacked_at, last.ending) == (out.at, Ending.OPEN)
    assert as_of(last, out.at).unpacked_at == out.at
    assert as_of(last, out.at - HOUR / 60).unpacked_at is None
    left = scan("755W", Step.DEPART, "02:00", day=15, container="vehicle:V-2")
    *_, waited, rode = past_of(ACCEPTED, packed, gone, there, out, left)
    assert (waited.unpacked_at, rode.unpacked_at) == (out.at, None)


def test_what_leaves_with_the_next_departure_was_late_against_that_one() -> None:
    first, _ = past_of(ACCEPTED, scan("755A", Step.DEPART, "19:45", day=15, container=VEHICLE))
    assert (first.ending, first.missed_turn) == (Ending.EXPECTED, True)
    assert first.late == timedelta(minutes=15)
    assert first.late_at_all == 24 * HOUR + timedelta(minutes=15)


def test_a_scan_elsewhere_competes_with_what_was_expected() -> None:
    first, _ = past_of(ACCEPTED, scan("020W", Step.SORT, "17:00"), route=("755A", "755W"))
    assert (first.ending, first.hit, first.seen_site) == (Ending.ELSEWHERE, None, "020W")


def test_what_is_delivered_before_it_was_expected_is_over_and_nothing_follows() -> None:
    (first,) = past_of(ACCEPTED, scan("755A", Step.DELIVER, "16:00"))
    assert (first.ending, first.hit) == (Ending.OVER, None)
    assert first.seen_site == "755A"


def test_one_more_scan_where_it_waits_ends_nothing() -> None:
    again = [scan("755A", Step.SORT, f"15:{minute:02}") for minute in range(10, 50, 10)]
    first, _ = past_of(ACCEPTED, *again, LEFT)
    assert (first.since, first.until) == (ACCEPTED.at, LEFT.at)


def test_what_was_made_after_the_moment_does_not_count() -> None:
    way = Way("W1", [ARRIVED, LEFT, ACCEPTED], ROUTE)
    only, lessons = silences_of(way, PLAN, LEFT.at - timedelta(seconds=1))
    assert [each.ending for each in only] == [Ending.OPEN]
    assert only[0].until == LEFT.at - timedelta(seconds=1)
    assert lessons == []
    ended, lessons = silences_of(way, PLAN, LEFT.at)
    assert [each.ending for each in ended] == [Ending.EXPECTED, Ending.OPEN]
    assert [each.key for each in lessons] == ["out:755A"]


def test_as_it_stood_at_a_moment_a_silence_that_ended_later_was_open() -> None:
    waited, *_ = past_of(ACCEPTED, LEFT)
    assert as_of(waited, LEFT.at) is waited
    before = as_of(waited, LEFT.at - HOUR)
    assert (before.ending, before.until) == (Ending.OPEN, LEFT.at - HOUR)
    assert (before.hit, before.late, before.missed_turn) == (None, timedelta(0), False)
    assert before == past_as_of(LEFT.at - HOUR)


def past_as_of(until: object) -> PastSilence:
    (found,), _ = silences_of(Way("W1", [ACCEPTED, LEFT], ROUTE), PLAN, until)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(("more", "ending"), [(2, Ending.EXPECTED), (1, Ending.OPEN)])
def test_no_more_scans_are_folded_than_a_way_has(more: int, ending: Ending) -> None:
    """The oldest count: with ``SCANS_MAX`` before it a departure is not heard of."""
    seconds = timedelta(seconds=1)
    rest = [
        ParcelScan("755A", Step.SORT, ACCEPTED.at + nth * seconds)
        for nth in range(1, SCANS_MAX + 1 - more)
    ]
    first, *_ = past_of(LEFT, *rest, ACCEPTED)
    assert len(rest) + 1 == SCANS_MAX + 1 - more
    assert first.ending is ending


def test_a_way_without_scans_or_without_a_route_has_no_silences() -> None:
    assert past_of() == []
    assert past_of(ACCEPTED, LEFT, route=None) == []


def test_a_bag_that_it_lies_in_is_told() -> None:
    packed = scan("755A", Step.PACK, "15:00", container="bag:B-1")
    (first,) = past_of(packed)
    assert first.bag == Ride("bag:B-1", "755A", packed.at)
    assert first.ride is None
