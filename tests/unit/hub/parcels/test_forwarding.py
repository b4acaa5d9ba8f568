"""Which waybill may take another's place: HV-2.9."""

from dataclasses import replace

import pytest

from hub.network import EMPTY
from hub.parcels.rules.forwarding import (
    ReplacementClashError,
    UnknownReplacedError,
    check_going_on,
    check_replacement,
)
from hub.parcels.rules.parcel import Declaration, Link, Parcel, ReplaceReason
from hub.parcels.rules.traces import ParcelState
from hub.parcels.rules.track import track
from tests.unit.hub.parcels.signs import standing, trace
from wire.names import Step

OLD, NEW, THIRD = "103000000001", "103000000002", "103000000003"
IN_STORE = standing(trace(0, "755A", Step.ACCEPT), trace(9, "755A", Step.STORE))
OF_NEW = standing(trace(20, "755A", Step.ACCEPT)).first
SAID = Declaration(None, None, None, None, None, None, replaces=OLD)


def link(old: str = OLD, new: str = NEW, *, is_seen: bool = False) -> Link:
    return Link(old, new, ReplaceReason.FORWARD, OF_NEW if is_seen else None)


def check(new: Parcel, old: Parcel | None, *, is_stopped: bool = False, keeps: bool = True) -> None:
    check_replacement(new, old, is_stopped=is_stopped, keeps_value=keeps)


def test_a_known_parcel_that_is_not_delivered_goes_on_under_a_new_waybill() -> None:
    check(Parcel(NEW), Parcel(OLD, seen=IN_STORE))
    check(Parcel(NEW), Parcel(OLD, declaration=SAID))
    # Said again before the new one travels.
    check(Parcel(NEW, replaces=link()), Parcel(OLD, seen=IN_STORE, replaced_by=link()))


def test_a_parcel_is_forwarded_a_second_time_under_a_third_number() -> None:
    check(Parcel(THIRD), Parcel(NEW, seen=IN_STORE, replaces=link(is_seen=True)))


@pytest.mark.parametrize("old", [None, Parcel(NEW, seen=IN_STORE)])
def test_what_nobody_knows_and_the_waybill_itself_is_replaced_by_nothing(
    old: Parcel | None,
) -> None:
    with pytest.raises(UnknownReplacedError, match=r"HV-2\.9"):
        check(Parcel(NEW), old)


@pytest.mark.parametrize(
    ("new", "old", "why"),
    [
        (
            Parcel(NEW),
            Parcel(OLD, seen=standing(trace(0, "755A", Step.DELIVER))),
            "delivered or given back",
        ),
        (Parcel(NEW), Parcel(OLD, replaced_by=link(new=THIRD)), f"goes on as {THIRD} already"),
        (
            Parcel(NEW, replaced_by=link(NEW, THIRD)),
            Parcel(OLD, seen=IN_STORE),
            f"itself goes on as {THIRD}",
        ),
        (Parcel(OLD, replaced_by=link()), Parcel(NEW, replaces=link()), f"itself goes on as {NEW}"),
    ],
)
def test_what_is_known_of_one_of_the_two_speaks_against_it(
    new: Parcel, old: Parcel, why: str
) -> None:
    with pytest.raises(ReplacementClashError, match=why):
        check(new, old)


def test_a_stopped_parcel_does_not_go_on_under_another_number_nor_high_value_as_ordinary() -> None:
    with pytest.raises(ReplacementClashError, match="stopped"):
        check(Parcel(NEW), Parcel(OLD, seen=IN_STORE), is_stopped=True)
    with pytest.raises(ReplacementClashError, match="high value"):
        check(Parcel(NEW), Parcel(OLD, seen=IN_STORE), keeps=False)


def test_once_the_new_one_travels_it_goes_on_replacing_what_it_replaced() -> None:
    travelling = Parcel(NEW, replaces=link(is_seen=True))
    old = Parcel(OLD, seen=IN_STORE, replaced_by=link(is_seen=True))
    check_going_on(travelling, SAID)
    check(travelling, old, is_stopped=True)  # What has happened can be said again.
    for other in (None, THIRD):
        with pytest.raises(ReplacementClashError, match=f"in place of {OLD} already"):
            check_going_on(travelling, replace(SAID, replaces=other))
    # Before that somebody may have mistyped it.
    check_going_on(Parcel(NEW, replaces=link()), replace(SAID, replaces=THIRD))
    check_going_on(Parcel(NEW), replace(SAID, replaces=None))


def test_the_old_one_goes_on_under_a_new_waybill_once_that_was_recorded() -> None:
    before = Parcel(OLD, seen=IN_STORE, replaced_by=link())
    after = replace(before, replaced_by=link(is_seen=True))
    assert (before.state, after.state) == (ParcelState.IN_STORE, ParcelState.REPLACED)
    assert replace(after, lost_at=OF_NEW.at).state is ParcelState.REPLACED
    way = track(replace(after, declaration=replace(SAID, route=("755A", "755W"))), [], EMPTY)
    assert (way.state, way.expected_site) == (ParcelState.REPLACED, None)
    delivered = standing(trace(0, "755A", Step.DELIVER))
    assert replace(after, seen=delivered).state is ParcelState.DELIVERED
