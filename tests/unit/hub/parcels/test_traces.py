"""What scans tell of a parcel, in whatever order they come. Source: design sections 5 and 6."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.parcels.rules.traces import (
    ParcelState,
    Trace,
    fold,
    follows,
    in_fold_order,
    stays_of,
)
from tests.hub_parts import START
from tests.unit.hub.parcels.signs import standing, stays, trace
from wire.names import Step

A, R, W = "755A", "755R", "755W"
BAG, TRUCK, FLIGHT = "bag:B-1", "vehicle:V-1", "flight:F-1"


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (Step.ACCEPT, ParcelState.ACCEPTED),
        (Step.PACK, ParcelState.AT_SITE),
        (Step.ARRIVE, ParcelState.AT_SITE),
        (Step.DEPART, ParcelState.UNDER_WAY),
        (Step.SORT, ParcelState.AT_SITE),
        (Step.LOAD, ParcelState.UNDER_WAY),
        (Step.UNLOAD, ParcelState.AT_SITE),
        (Step.STORE, ParcelState.IN_STORE),
        (Step.RETRIEVE, ParcelState.AT_SITE),
        (Step.HANDOVER, ParcelState.AT_SITE),
        (Step.OUT_FOR_DELIVERY, ParcelState.OUT_FOR_DELIVERY),
        (Step.DELIVER, ParcelState.DELIVERED),
        (Step.RETURN, ParcelState.AT_SITE),
        (Step.INSPECT, ParcelState.AT_SITE),
        (Step.COUNT, ParcelState.AT_SITE),
        (None, ParcelState.AT_SITE),
    ],
)
def test_each_step_tells_where_a_parcel_stands(step: Step | None, state: ParcelState) -> None:
    assert standing(trace(0, A, step)).state is state


@pytest.mark.parametrize("step", [Step.INSPECT, Step.COUNT, Step.HANDOVER, None])
def test_a_step_that_is_evidence_of_place_only_changes_no_more_than_the_place(
    step: Step | None,
) -> None:
    stored = trace(0, A, Step.STORE)
    assert standing(stored, trace(1, A, step)).state is ParcelState.IN_STORE
    assert standing(stored, trace(1, R, step)).state is ParcelState.AT_SITE
    delivered = trace(0, A, Step.DELIVER)
    assert standing(delivered, trace(1, R, step)).state is ParcelState.DELIVERED


def test_a_returned_parcel_is_given_back_and_not_delivered() -> None:
    home = [trace(0, W, Step.RETURN), trace(9, A, Step.ARRIVE)]
    assert standing(*home).returning is True
    assert standing(*home, trace(10, A, Step.DELIVER)).state is ParcelState.RETURNED
    again = standing(*home, trace(10, A, Step.ACCEPT), trace(20, W, Step.DELIVER))
    assert (again.returning, again.state) == (False, ParcelState.DELIVERED)


def test_an_act_is_a_sign_but_no_scan() -> None:
    known = standing(trace(0, A, Step.ACCEPT), trace(1, A, Step.DELIVER, is_scan=False))
    assert (known.scans, known.state) == (1, ParcelState.DELIVERED)


# ---------------------------------------------------------------- containers


def test_what_was_loaded_at_one_site_is_out_when_unloaded_at_another() -> None:
    loaded = [trace(0, A, Step.LOAD, TRUCK), trace(5, A, Step.DEPART, TRUCK)]
    assert stays(*loaded) == [(TRUCK, 0, None)]
    assert stays(*loaded, trace(60, W, Step.UNLOAD, TRUCK)) == [(TRUCK, 0, 60)]


@pytest.mark.parametrize(
    "step", [Step.STORE, Step.RETRIEVE, Step.OUT_FOR_DELIVERY, Step.DELIVER, Step.RETURN]
)
def test_a_parcel_worked_on_by_itself_is_in_nothing(step: Step) -> None:
    assert stays(trace(0, A, Step.PACK, BAG), trace(7, A, step)) == [(BAG, 0, 7)]


def test_arriving_leaves_the_vehicle_and_not_the_bag() -> None:
    assert stays(trace(0, A, Step.LOAD, TRUCK), trace(9, A, Step.ARRIVE)) == [(TRUCK, 0, 9)]
    assert stays(trace(0, A, Step.PACK, BAG), trace(9, A, Step.ARRIVE)) == [(BAG, 0, None)]


def test_a_skipped_unloading_ends_with_the_next_scan_elsewhere() -> None:
    assert stays(trace(0, A, Step.LOAD, TRUCK), trace(3, A, Step.COUNT)) == [(TRUCK, 0, None)]
    assert stays(trace(0, A, Step.LOAD, TRUCK), trace(99, W, Step.SORT)) == [(TRUCK, 0, 99)]


def test_a_parcel_is_in_one_thing_at_a_time() -> None:
    found = stays(
        trace(0, A, Step.PACK, BAG),
        trace(5, A, Step.LOAD, TRUCK),
        trace(50, R, Step.DEPART, TRUCK),
        trace(90, W, Step.LOAD, FLIGHT),
    )
    assert found == [(BAG, 0, 5), (TRUCK, 5, 90), (FLIGHT, 90, None)]


def test_a_container_named_at_another_step_holds_nothing() -> None:
    assert stays(trace(0, A, Step.SORT, BAG), trace(1, A, Step.INSPECT, TRUCK)) == []


# ---------------------------------------------------------------- order


def test_inside_a_spool_the_order_of_recording_counts() -> None:
    spool = {"spool": "ab" * 16}
    first = trace(9, A, Step.DEPART, seq=1, **spool)
    clock_set_back = trace(2, A, Step.ARRIVE, seq=2, **spool)
    known = standing(clock_set_back, first)
    assert (known.step, known.last.at) == (Step.ARRIVE, first.at)


def test_a_queued_scan_stands_at_its_own_time() -> None:
    spool = {"spool": "ab" * 16}
    now = trace(9, A, Step.DEPART, seq=1, **spool)
    handed_in = trace(2, A, Step.SORT, seq=2, queued=True, **spool)
    assert [each.step for each in in_fold_order([now, handed_in])] == [Step.SORT, Step.DEPART]


def test_equal_times_are_ordered_by_arrival_and_place() -> None:
    later = START + timedelta(hours=1)
    signs = [trace(0, W, received_at=later), trace(0, W), trace(0, A), trace(0, A, edge="back")]
    ordered = [(each.received_at, each.site, each.edge) for each in in_fold_order(signs)]
    assert ordered == sorted(ordered)


STEPS = [None, *Step]
signs = st.builds(
    trace,
    minute=st.integers(0, 12),
    site=st.sampled_from([A, R, W]),
    step=st.sampled_from(STEPS),
    container=st.sampled_from([None, BAG, TRUCK, FLIGHT]),
    spool=st.sampled_from(["aa" * 16, "bb" * 16, "cc" * 16]),
    seq=st.integers(1, 6),
    queued=st.booleans(),
)


@settings(deadline=None)
@given(st.lists(signs, min_size=1, max_size=9, unique_by=lambda t: (t.spool, t.seq)), st.data())
def test_any_permutation_with_doubles_folds_to_the_same(
    found: list[Trace], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(found)) + data.draw(st.lists(st.sampled_from(found)))
    assert in_fold_order(other) == in_fold_order(found)


@settings(deadline=None)
@given(st.lists(signs, min_size=2, max_size=9, unique_by=lambda t: (t.spool, t.seq)), st.data())
def test_going_on_from_a_fold_is_folding_all(found: list[Trace], data: st.DataObject) -> None:
    ordered = in_fold_order(found)
    cut = data.draw(st.integers(1, len(ordered) - 1))
    known = fold(None, ordered[:cut])
    if follows(known, ordered[cut:]):
        assert fold(known, ordered[cut:]) == fold(None, ordered)


@settings(deadline=None)
@given(st.lists(signs, min_size=1, max_size=12, unique_by=lambda t: (t.spool, t.seq)))
def test_stays_follow_one_another_and_the_open_one_is_the_fold_s(found: list[Trace]) -> None:
    ordered = in_fold_order(found)
    all_stays = stays_of(ordered)
    for earlier, later in pairwise(all_stays):
        assert earlier.until is not None
        assert earlier.since <= earlier.until <= later.since
    open_stay = fold(None, ordered).stay
    assert [stay for stay in all_stays if stay.until is None] == ([open_stay] if open_stay else [])
