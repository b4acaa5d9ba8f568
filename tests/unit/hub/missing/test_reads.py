"""How many of its scans a site makes: what is counted, on which day, and how sure a share is."""

from datetime import date, datetime, timedelta

import pytest

from hub.missing.rules.reads import (
    DAYS_KEPT,
    OWED_MIN,
    SITES_MIN,
    Change,
    Owed,
    Passing,
    Reads,
    Tally,
    against,
    change,
    median_share,
    oldest_kept,
    owed_of,
    tally,
    total,
    wilson,
)
from hub.missing.rules.watch import Lesson, ParcelScan, Watch, fold_scan
from tests.missing_parts import CHINA, ROUTE, local, network, planner
from wire.names import Step

NOW = local(15, "12:00")
MONDAY, TUESDAY = date(2026, 9, 14), date(2026, 9, 15)
PLAN = planner()


def day_of(site: str, at: datetime) -> date:
    return at.astimezone(network().zone_of(site)).date()


def scan(site: str, step: Step | None, clock: str, day: int = 14) -> ParcelScan:
    return ParcelScan(site, step, local(day, clock))


def counted(*scans: ParcelScan, now: datetime = NOW) -> dict[Owed, Tally]:
    """What a parcel's scans tell of its sites, in the order of their arrival."""
    taught: list[tuple[ParcelScan, list[Lesson]]] = []
    known: Watch | None = None
    for each in scans:
        known, lessons = fold_scan(known, each, ROUTE, PLAN)
        taught.append((each, lessons))
    return tally(taught, day_of, now)


ACCEPTED = scan("755A", Step.ACCEPT, "15:00")
LEFT = scan("755A", Step.DEPART, "19:40")
ARRIVED = scan("755W", Step.ARRIVE, "21:30")
NEXT_HUB = scan("020W", Step.ARRIVE, "06:00", day=15)
MADE, SKIPPED = Tally(made=1), Tally(skipped=1)


def test_scans_are_counted_where_and_on_the_day_on_which_they_were_made() -> None:
    assert counted(ACCEPTED, LEFT, ARRIVED) == {
        Owed(MONDAY, "755A", Passing.OUT): MADE,
        Owed(MONDAY, "755W", Passing.IN): MADE,
    }


def test_a_skipped_scan_is_counted_on_the_day_on_which_it_was_due() -> None:
    assert counted(ACCEPTED, LEFT, NEXT_HUB) == {
        Owed(MONDAY, "755A", Passing.OUT): MADE,
        Owed(MONDAY, "755W", Passing.IN): SKIPPED,
        # The night shift of the 14th ends at two o'clock of the 15th.
        Owed(TUESDAY, "755W", Passing.OUT): SKIPPED,
        Owed(TUESDAY, "020W", Passing.IN): MADE,
    }


def test_days_are_the_sites_own() -> None:
    """At 23:40 in Urumqi it is the next day already for those who live by Beijing's time."""
    at = local(15, "01:40")
    taught = [(ParcelScan("991A", Step.DEPART, at), [Lesson("out:991A", late=timedelta())])]
    assert list(tally(taught, day_of, NOW)) == [Owed(MONDAY, "991A", Passing.OUT)]
    assert at.astimezone(CHINA).date() == TUESDAY


def test_a_scan_that_came_late_is_taken_off_the_day_on_which_it_was_counted() -> None:
    late = scan("755W", Step.DEPART, "01:00", day=15)
    found = counted(ACCEPTED, LEFT, NEXT_HUB, late)
    assert found[Owed(TUESDAY, "755W", Passing.OUT)] == Tally(skipped=1, late=1)
    assert found[Owed(MONDAY, "755W", Passing.IN)] == SKIPPED


def test_of_a_skip_whose_day_nobody_kept_nothing_is_taken_back() -> None:
    taught = [(LEFT, [Lesson("out:755A", skipped=-1)])]
    assert tally(taught, day_of, NOW) == {}


def test_what_only_ends_a_silence_is_not_the_scan_that_is_owed() -> None:
    """It is still there after its departure: it has not left, so its leaving is owed further on."""
    still_there = scan("755A", Step.RETRIEVE, "19:00", day=15)
    assert counted(ACCEPTED, still_there) == {}
    left = scan("755A", Step.DEPART, "19:30", day=15)
    assert counted(ACCEPTED, still_there, left) == {Owed(TUESDAY, "755A", Passing.OUT): MADE}


def test_a_signature_is_not_counted_since_nobody_would_see_that_it_is_missing() -> None:
    out = scan("020B", Step.OUT_FOR_DELIVERY, "15:00", day=15)
    signed = scan("020B", Step.DELIVER, "16:00", day=15)
    found = counted(scan("020B", Step.ARRIVE, "08:00", day=15), out, signed)
    assert found == {Owed(TUESDAY, "020B", Passing.LAST_OUT): MADE}
    assert owed_of("delivered:020B") is None


@pytest.mark.parametrize(
    ("key", "owed"),
    [
        ("in-4h:755A>755W", ("755W", Passing.IN)),
        ("out:755A", ("755A", Passing.OUT)),
        ("out-last:020B", ("020B", Passing.LAST_OUT)),
        ("after-1-skipped:*", None),
        ("in-4h:*", None),
        ("out:*", None),
        ("", None),
    ],
)
def test_a_key_tells_which_site_owes_what(key: str, owed: tuple[str, Passing] | None) -> None:
    assert owed_of(key) == owed


def test_what_is_older_than_the_days_that_are_kept_is_left_out() -> None:
    scans = (ACCEPTED, LEFT, ARRIVED)
    last_day = datetime(2026, 9, 14, 12, tzinfo=NOW.tzinfo) + timedelta(days=DAYS_KEPT - 1)
    assert oldest_kept(last_day.date()) == MONDAY
    assert counted(*scans, now=last_day) == counted(*scans)
    assert counted(*scans, now=last_day + timedelta(days=1)) == {}


def test_the_same_place_and_day_is_added_up() -> None:
    taught = [(LEFT, [Lesson("out:755A", late=timedelta())])] * 3
    assert list(tally(taught, day_of, NOW).values()) == [Tally(made=3)]
    assert total([Reads(3, 1), Reads(), Reads(2, 2)]) == Reads(5, 3)


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("made", "owed", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_the_published_one(made: int, owed: int, low: float, high: float) -> None:
    assert wilson(made, owed) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_stays_a_share_and_has_a_width_where_nothing_was_skipped() -> None:
    low, high = wilson(40, 40)
    assert (low < 1, high) == (True, 1.0)
    assert wilson(0, 40)[0] == 0.0


def test_too_few_scans_are_no_share() -> None:
    few, enough = Reads(OWED_MIN - 1, 0), Reads(OWED_MIN - 1, 1)
    assert (few.is_thin, few.share, few.interval) == (True, None, None)
    assert enough.share == (OWED_MIN - 1) / OWED_MIN
    assert enough.interval is not None


def test_the_median_is_of_sites_with_a_share_and_of_enough_of_them() -> None:
    sites = [Reads(90, 10), Reads(95, 5), Reads(99, 1)]
    thin = Reads(1, 20)
    assert median_share([thin, *sites]) == 0.95
    assert median_share([*sites, Reads(97, 3)]) == pytest.approx(0.96)
    assert median_share([thin, *sites[: SITES_MIN - 1]]) is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Reads(900, 100), Reads(290, 10), Change.BETTER),
        (Reads(290, 10), Reads(900, 100), Change.WORSE),
        (Reads(900, 100), Reads(91, 9), Change.SAME),
        (Reads(900, 100), Reads(20, 0), Change.UNKNOWN),
        (Reads(), Reads(900, 100), Change.UNKNOWN),
    ],
)
def test_a_change_is_told_only_if_it_is_more_than_chance(
    before: Reads, after: Reads, said: Change
) -> None:
    assert change(before, after) is said


@pytest.mark.parametrize(
    ("reads", "median", "said"),
    [
        (Reads(900, 100), 0.95, Change.WORSE),
        (Reads(900, 100), 0.85, Change.BETTER),
        (Reads(900, 100), 0.91, Change.SAME),
        (Reads(900, 100), None, Change.UNKNOWN),
        (Reads(9, 1), 0.5, Change.UNKNOWN),
    ],
)
def test_a_site_stands_apart_from_the_median_only_beyond_its_interval(
    reads: Reads, median: float | None, said: Change
) -> None:
    assert against(reads, median) is said
