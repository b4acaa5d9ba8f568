"""A simulated carrier's days as the suspects' room takes them in, its rows in memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from hub.fact import Fact
from hub.missing.project import UNIT_STEPS
from simulators.carrier.pulls import Call
from tests.memory_missing import MemoryTables
from wire.events import Scan

AFTERWARDS = timedelta(hours=200)
BATCH = 200

Input = Fact | Call


def heard_at(each: Input) -> datetime:
    return each.received_at if isinstance(each, Fact) else each.at


def ticks(
    given: Sequence[Input], tick: timedelta, afterwards: timedelta = AFTERWARDS
) -> Iterator[tuple[datetime, list[Call], list[list[Fact]]]]:
    """What reaches the hub meanwhile: calls, and facts by two hundred; until long afterwards."""
    now, place = heard_at(given[0]), 0
    times = [heard_at(each) for each in given]
    while now < times[-1] + afterwards:
        now += tick
        upto = bisect_right(times, now)
        new, place = given[place:upto], upto
        facts = [each for each in new if isinstance(each, Fact)]
        parts = [facts[start : start + BATCH] for start in range(0, len(facts), BATCH)]
        yield now, [each for each in new if isinstance(each, Call)], parts


def heard_before(given: Sequence[Input], at: datetime) -> int:
    """How many of them, in their order, reach the hub before a moment."""
    return bisect_left(given, at, key=heard_at)


def declare_in_memory(tables: MemoryTables, call: Call) -> None:
    if call.method == "PUT" and call.path.startswith("parcels/") and call.body is not None:
        ends = (str(call.body["origin"]), str(call.body["destination"]))
        tables.declare(call.path.removeprefix("parcels/"), *ends, call.at)


def note_sightings(
    seen_at: dict[str, list[datetime]], tables: MemoryTables, facts: list[Fact]
) -> None:
    """Keep when the hub heard of each parcel's scans; what they were, ``note_scans`` keeps."""
    for fact in facts:
        scan = fact.event
        if not isinstance(scan, Scan):
            continue
        inside = tables.waybills_of(None, scan) if scan.step in UNIT_STEPS else ()
        for waybill in (scan.waybill,) if scan.waybill else inside:
            seen_at.setdefault(waybill, []).append(fact.received_at)
