"""Breaches that single scans of a parcel show. HV-2.2.2.2, 2.3, 2.5, 2.8, HV-3."""

import pytest

from hub.custody.rules.chain import RULE_OF, BreachKind
from tests.custody_parts import Day, bag, kinds, minute_of, only_breach, truck
from wire.names import Result


def accepted(**more: object) -> Day:
    day = Day()
    day.scan(0, "accept", "KIM", **more)
    return day


def test_every_breach_names_the_rule_that_was_broken() -> None:
    assert set(RULE_OF) == set(BreachKind)


def test_a_branch_that_bags_a_high_value_parcel_breaks_hv_2_3() -> None:
    day = accepted()
    packed = day.scan(10, "pack", "SORTER", container=bag())
    day.scan(11, "pack", "SORTER", container=bag())
    breach = only_breach(day.chain())
    assert (breach.kind, breach.rule) == (BreachKind.BAGGED_AT_BRANCH, "HV-2.3")
    assert (breach.evidence, breach.words) == (packed, ("B-1",))
    assert (breach.site, breach.at, breach.tell_at) == ("BRANCH", minute_of(10), minute_of(10))


def test_a_hub_may_bag_and_a_branch_may_pack_without_a_bag() -> None:
    day = accepted()
    day.scan(5, "pack", "SORTER")
    day.scan(10, "pack", "SORTER", container=bag(), site="HUB")
    assert kinds(day.chain()) == []


def test_a_site_that_the_network_does_not_name_cannot_be_judged() -> None:
    day = accepted()
    day.scan(10, "pack", "SORTER", container=bag(), site="NOWHERE")
    day.scan(20, "store", "SORTER", place="floor", site="NOWHERE")
    assert kinds(day.chain()) == []


@pytest.mark.parametrize("step", ["load", "depart", "out_for_delivery", "deliver"])
def test_a_stopped_parcel_that_is_scanned_outbound_breaks_hv_3(step: str) -> None:
    day = accepted()
    moved = day.scan(10, step, "DRIVER", container=truck(), result=Result.STOP)
    breach = only_breach(day.chain(at=11, is_high_value=False))
    assert (breach.kind, breach.rule, breach.evidence) == (
        BreachKind.STOPPED_MOVED,
        "HV-3",
        moved,
    )


def test_a_stopped_parcel_that_is_put_into_a_bag_is_on_its_way_out() -> None:
    """HV-2.5: a level-1 hub lets no faulty parcel through; it bags what goes on."""
    day = Day(site="HUB")
    day.scan(0, "arrive", "HUBKEEPER", result=Result.STOP)
    day.scan(5, "pack", "SORTER", result=Result.STOP)
    assert kinds(day.chain()) == []
    packed = day.scan(10, "pack", "SORTER", container=bag(), result=Result.STOP)
    day.scan(20, "load", "LOADER", unit=bag(), container=truck(), result=Result.NOT_A_PARCEL)
    breach = only_breach(day.chain(at=21))
    assert (breach.kind, breach.evidence) == (BreachKind.STOPPED_MOVED, packed)


@pytest.mark.parametrize("step", ["arrive", "sort", "store", "inspect"])
def test_a_stopped_parcel_may_be_looked_at_and_stored(step: str) -> None:
    day = accepted()
    day.scan(10, step, "KIM", place="cage1", result=Result.STOP)
    assert kinds(day.chain()) == []


def test_one_outing_of_a_stopped_parcel_is_one_breach_and_the_next_is_another() -> None:
    day = accepted()
    for minute, step in ((10, "load"), (12, "depart")):
        day.scan(minute, step, "DRIVER", container=truck(), result=Result.STOP)
    assert kinds(day.chain()) == [BreachKind.STOPPED_MOVED]
    day.scan(100, "arrive", "DRIVER", site="HUB", result=Result.STOP)
    day.scan(120, "load", "DRIVER", site="HUB", result=Result.STOP)
    assert kinds(day.chain()) == [BreachKind.STOPPED_MOVED] * 2


def test_a_released_parcel_moves_freely() -> None:
    day = accepted()
    day.scan(5, "inspect", "KIM", result=Result.STOP)
    day.scan(10, "load", "LOADER", container=truck(), result=Result.HV)
    assert kinds(day.chain()) == []


@pytest.mark.parametrize("is_high_value", [True, False])
@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (BreachKind.SERIES_MISUSED, "HV-2.2.2.2"),
        (BreachKind.SERIES_MISSING, "HV-2.2.2.2"),
        (BreachKind.ABOVE_BAND, "HV-1.2.2"),
        (BreachKind.OVERSIZE, "HV-1.2.1"),
        (BreachKind.SEVERAL_PIECES, "HV-1.2.2"),
    ],
)
def test_what_was_refused_and_is_scanned_all_the_same_breaks_its_rule_once(
    kind: BreachKind, rule: str, *, is_high_value: bool
) -> None:
    day = accepted()
    day.scan(10, "sort", "SORTER")
    breach = only_breach(day.chain(refused_for=kind, is_high_value=is_high_value))
    assert (breach.kind, breach.rule, breach.at) == (kind, rule, minute_of(0))


def test_ordinary_parcels_are_held_to_no_rule_of_high_value_ones() -> None:
    day = accepted()
    day.scan(5, "pack", "SORTER", container=bag())
    day.scan(10, "store", "KIM", place="counter")
    day.scan(20, "handover", "KIM")
    day.scan(100, "deliver", "KIM")
    assert kinds(day.chain(is_high_value=False)) == []


def test_counting_in_a_bad_place_is_the_same_storage_and_storing_again_is_not() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="counter")
    day.scan(20, "count", "KIM", place="counter")
    day.scan(21, "store", "KIM", place="counter")
    assert kinds(day.chain()) == [BreachKind.STORAGE]
    day.scan(30, "retrieve", "KIM", place="counter")
    day.scan(40, "store", "KIM", place="counter")
    assert kinds(day.chain()) == [BreachKind.STORAGE] * 2


def test_a_cage_that_no_camera_sees_is_named_where_the_site_has_cameras() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="cage2")
    assert only_breach(day.chain()).words == ("keeper", "container", "place", "camera")


def test_at_a_branch_the_dedicated_area_under_a_named_keeper_is_enough_as_hv_2_3_asks() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="area")
    assert kinds(day.chain()) == []


def test_a_dedicated_area_without_keeper_or_camera_is_named_by_what_it_lacks() -> None:
    day = accepted()
    day.scan(10, "store", "KIM", place="area2")
    assert only_breach(day.chain()).words == ("keeper", "camera")


def test_a_hubs_dedicated_area_is_no_lockable_place() -> None:
    day = accepted()
    day.scan(10, "store", "HUBKEEPER", place="area9", site="HUB")
    breach = only_breach(day.chain())
    assert (breach.rule, breach.words) == ("HV-2.8", ("container", "place"))
