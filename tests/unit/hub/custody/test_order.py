"""The fold is right in any order and doubled. Source: design section 5.

A fold remembers nothing; what a hub keeps when some comes late is held to it in the room's tests.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.custody.rules.chain import Chain, Standing, Subject
from hub.custody.rules.fold import fold
from hub.custody.rules.records import Record, in_order
from tests.custody_parts import (
    DUTIES,
    GROUND,
    WAYBILL,
    Container,
    Day,
    bag,
    minute_of,
    pseudonym,
    told,
    truck,
)
from tests.custody_truth import jumps
from wire.events import ActKind
from wire.names import Result, Step

SUBJECT = Subject(WAYBILL, is_high_value=True, route=("BRANCH", "HUB", "FAR"))
END = minute_of(48 * 60)
SITES = ["BRANCH", "HUB", "FAR"]


def folded(records: Sequence[Record]) -> Chain:
    return fold(records, SUBJECT, GROUND, END)


BADGES = [None, *sorted(DUTIES)]
STEPS = [None, *Step]
PLACES = [None, "cage1", "counter", "cage9"]
CONTAINERS = [None, bag(), truck(), Container("pallet", "P")]
LATE_MIN = [0, 0, 0, 90, 900]


def record_of(seq: int, number: int) -> Record:
    """A record that a number spells out digit by digit; no sense is asked of it."""

    def digit(base: int) -> int:
        nonlocal number
        number, rest = divmod(number, base)
        return rest

    step, badge, at = STEPS[digit(len(STEPS))], BADGES[digit(len(BADGES))], minute_of(digit(2000))
    site = SITES[digit(len(SITES))]
    is_act, unit = digit(4) == 3, bag() if digit(6) == 5 else None
    if digit(6) == 5:
        return Record(site, "dock", "s", seq, at, at + timedelta(minutes=90), camera="belt")
    giver, receiver = (BADGES[1 + digit(len(DUTIES))] for _ in range(2))
    return Record(
        site,
        ["dock", "cage"][digit(2)],
        "s",
        seq,
        at,
        at + timedelta(minutes=LATE_MIN[digit(len(LATE_MIN))]),
        step=None if is_act else step,
        act=list(ActKind)[digit(len(ActKind))] if is_act else None,
        unit=unit,
        by=None if badge is None else pseudonym(site, badge),
        place=PLACES[digit(len(PLACES))],
        container=CONTAINERS[digit(len(CONTAINERS))],
        result=Result.STOP if digit(4) == 3 else Result.HV,
        giver=pseudonym(site, str(giver)),
        receiver=pseudonym(site, str(receiver)),
        covers=tuple(n for n in range(seq - 3, seq) if digit(2)),
        signed=digit(2) == 1,
        found=digit(2) == 1,
        queue="q" if digit(6) == 5 else None,
        place_in_queue=seq,
    )


# One number a record and not a dozen draws: a hundred times as quick.
records = st.lists(st.integers(0, 2**80), max_size=25).map(
    lambda numbers: [record_of(seq, number) for seq, number in enumerate(numbers, start=1)]
)


@given(given_records=records, luck=st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_any_order_and_any_doubles_end_in_the_same_chain(
    given_records: list[Record], luck: Random
) -> None:
    chain = folded(given_records)
    shuffled = [*given_records, *(each for each in given_records if luck.random() < 0.3)]
    luck.shuffle(shuffled)
    assert folded(shuffled) == chain


@given(given_records=records)
@settings(max_examples=200, deadline=None)
def test_spans_tile_the_parcels_life_and_never_overlap(given_records: list[Record]) -> None:
    chain = folded(given_records)
    spans = chain.spans
    for span in spans:
        assert span.to_at is None or span.from_at <= span.to_at
        assert (span.holder is None) == (span.standing is Standing.NOBODY)
    for one, other in pairwise(spans):
        assert one.to_at is not None
        assert one.to_at <= other.from_at
        # Only a delivery leaves time without a span.
        assert one.to_at == other.from_at or one.closed_by == "deliver"
    assert chain.delivered == (bool(spans) and spans[-1].to_at is not None)


@given(given_records=records, minute=st.integers(0, 2000))
@settings(max_examples=200, deadline=None)
def test_every_instant_has_exactly_one_span(given_records: list[Record], minute: int) -> None:
    chain = folded(given_records)
    at = minute_of(minute)
    holding = [
        span
        for span in chain.spans
        if span.from_at <= at and (span.to_at is None or at < span.to_at)
    ]
    assert holding == ([] if chain.span_at(at) is None else [chain.span_at(at)])
    if not holding and chain.spans:
        is_before = at < chain.spans[0].from_at
        delivered = any(s.closed_by == "deliver" and s.to_at <= at for s in chain.spans if s.to_at)
        assert is_before or delivered


@given(given_records=records)
@settings(max_examples=200, deadline=None)
def test_nobodys_gaps_are_exactly_the_spans_without_a_holder(given_records: list[Record]) -> None:
    chain = folded(given_records)
    for span in chain.spans:
        if span.holder is None and span.from_at != span.to_at:
            covering = [
                gap
                for gap in chain.gaps
                if gap.is_nobodys
                and gap.from_at <= span.from_at
                and (gap.to_at is None or (span.to_at is not None and span.to_at <= gap.to_at))
            ]
            assert len(covering) == 1


@given(given_records=records)
@settings(max_examples=200, deadline=None)
def test_custody_never_passes_between_sites_without_a_handover_a_claim_or_a_gap(
    given_records: list[Record],
) -> None:
    assert jumps(folded(given_records)) == []


# ---------------------------------------------------------------- single cases


def lines(found: list[Record]) -> list[int]:
    return [each.seq for each in found]


def test_inside_a_spool_the_sequence_counts_also_where_the_clock_ran_back() -> None:
    day = Day()
    day.scan(30, "accept", "KIM")
    day.scan(10, "store", "KIM", place="cage1")
    day.scan(31, "retrieve", "LOADER")
    ordered = in_order(reversed(day.records))
    assert lines(ordered) == [1, 2, 3]
    assert [each.at for each in ordered] == [minute_of(30), minute_of(30), minute_of(31)]
    assert told(day.chain())[-1] == (31, "LOADER", "recorded")


def test_a_handhelds_queue_stands_at_its_own_times_in_its_own_order() -> None:
    day = Day()
    day.scan(30, "accept", "KIM")
    queued: dict[str, Any] = {"queue": "ab", "received_at": minute_of(40)}
    day.scan(20, "sort", "KIM", place_in_queue=2, **queued)
    day.scan(10, "sort", "KIM", place_in_queue=1, **queued)
    day.scan(35, "inspect", "KIM")
    assert lines(in_order(day.records)) == [3, 2, 1, 4]


def test_at_the_same_moment_the_earlier_received_counts_first_then_the_name() -> None:
    day = Day()
    day.scan(0, "accept", "KIM", edge="b", received_at=minute_of(2))
    day.scan(0, "sort", "KIM", edge="c", received_at=minute_of(1))
    day.scan(0, "count", "KIM", edge="a", received_at=minute_of(2))
    assert [each.edge for each in in_order(day.records)] == ["c", "a", "b"]


def test_a_late_event_changes_what_is_believed_and_not_what_was_believed_then() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.scan(10, "handover", "KIM")
    late = day.scan(15, "handover", "KEEPER", edge="cage", received_at=minute_of(300))
    then = [each for each in day.records if each.received_at <= minute_of(60)]
    assert told(fold(then, SUBJECT, GROUND, minute_of(60)))[-1] == (40, None, "nobody")
    assert told(day.chain(at=60))[-1] == (15, "KEEPER", "confirmed")
    assert late in day.chain().spans[-1].evidence


def test_a_record_that_differs_only_in_its_place_is_not_the_same() -> None:
    day = Day()
    first = day.scan(0, "accept", "KIM")
    assert len(in_order([first, first, replace(first, seq=2)])) == 2


def test_one_act_may_be_about_the_parcel_and_about_a_bag_beside_it() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    day.scan(1, "pack", "SORTER", container=bag())
    day.scan(5, "sort", "SORTER")
    for unit in (bag(), None):
        day.scan(10, "handover", "SORTER", unit=unit)
    own, of_bag = (
        day.act(
            11, ActKind.HANDOVER_ACCEPT, giver="SORTER", receiver="LOADER", covers=(4,), unit=unit
        )
        for unit in (None, bag())
    )
    same_line = replace(of_bag, seq=own.seq)
    day.records.remove(of_bag)
    for records in ([*day.records, same_line], [same_line, *day.records]):
        assert told(fold(records, SUBJECT, GROUND, END))[-1] == (11, "LOADER", "confirmed")
