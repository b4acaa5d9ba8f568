"""What cannot go on soon is stored, told from evidence alone: HV-2.3, 2.4.1, 2.5.3, 2.8."""

import pytest

from hub.custody.rules.chain import Breach, BreachKind, Chain
from tests.custody_parts import Day, bag, minute_of, truck
from tests.samples import POLICY
from wire.events import ActKind

WITHIN = POLICY.storage.within_min
CAME, LONG = 10, 11 + WITHIN
"""A parcel comes at ``CAME``; what lay until ``LONG`` lay too long by a minute."""


def at_hub(step: str = "arrive", by: str = "HUBKEEPER") -> Day:
    day = Day(site="HUB")
    day.scan(CAME, step, by)
    return day


def unstored(chain: Chain) -> list[Breach]:
    return [each for each in chain.breaches if each.kind is BreachKind.NOT_STORED]


@pytest.mark.parametrize("step", ["pack", "load", "depart", "out_for_delivery", "deliver"])
def test_what_goes_on_after_too_long_with_no_storage_recorded_is_a_breach(step: str) -> None:
    day = at_hub()
    moved = day.scan(LONG, step, "HUBKEEPER", container=bag())
    (breach,) = unstored(day.chain())
    assert (breach.rule, breach.site, breach.evidence) == ("HV-2.8", "HUB", moved)
    assert (breach.at, breach.words) == (minute_of(LONG), (str(WITHIN + 1),))


def test_to_the_minute_it_may_wait_and_while_it_waits_nothing_is_told() -> None:
    day = at_hub()
    assert unstored(day.chain(at=10 * LONG)) == []
    day.scan(CAME + WITHIN, "load", "LOADER", container=truck())
    assert unstored(day.chain()) == []


def test_an_ordinary_parcel_may_lie() -> None:
    day = at_hub()
    day.scan(LONG, "load", "LOADER", container=truck())
    assert unstored(day.chain(is_high_value=False)) == []


@pytest.mark.parametrize(
    ("step", "place", "is_stored"),
    [
        ("store", "cage9", True),
        ("store", None, True),
        ("retrieve", None, True),
        ("count", "cage9", True),
        ("inspect", "area9", True),
        ("inspect", "dock", False),
        ("count", None, False),
        ("sort", "area9", False),
        ("handover", "cage9", False),
    ],
)
def test_any_record_of_it_in_a_storage_place_is_enough(
    step: str, place: str | None, *, is_stored: bool
) -> None:
    day = at_hub()
    day.scan(CAME + 5, step, "SORTER", place=place)
    day.scan(LONG, "load", "LOADER", container=truck())
    assert bool(unstored(day.chain())) is not is_stored


def test_a_storage_that_arrives_late_takes_the_breach_back() -> None:
    day = at_hub()
    day.scan(LONG, "load", "LOADER", container=truck())
    assert unstored(day.chain())
    day.scan(CAME + 5, "store", "HUBKEEPER", place="cage9", edge="cage")
    assert unstored(day.chain()) == []


def test_each_stay_is_judged_by_itself() -> None:
    day = at_hub()
    day.scan(CAME + 5, "store", "HUBKEEPER", place="cage9")
    day.scan(LONG, "load", "LOADER", container=truck())
    day.scan(LONG + 10, "depart", "DRIVER", container=truck())
    day.scan(2 * LONG, "arrive", "KEEPER", site="FAR")
    day.scan(2 * LONG + 60, "out_for_delivery", "LIN", site="FAR")
    assert unstored(day.chain(at=3 * LONG)) == []


def test_where_no_scan_tells_that_it_left_the_next_site_does() -> None:
    day = at_hub()
    day.scan(LONG, "sort", "SORTER", site="FAR")
    day.scan(LONG + 5, "load", "LOADER", container=truck())
    assert unstored(day.chain()) == []


def test_parcels_in_a_closed_bag_wait_with_it() -> None:
    day = Day()
    day.scan(0, "pack", "SORTER", container=bag())
    day.scan(CAME, "arrive", "HUBKEEPER", site="HUB", unit=bag())
    day.scan(LONG, "load", "LOADER", site="HUB", unit=bag(), container=truck())
    assert unstored(day.chain()) == []
    day.scan(LONG + 5, "arrive", "KEEPER", site="FAR", unit=bag())
    day.scan(LONG + 6, "unload", "KEEPER", site="FAR", container=bag())
    day.scan(2 * LONG, "out_for_delivery", "LIN", site="FAR")
    assert len(unstored(day.chain(at=3 * LONG))) == 1


# ---------------------------------------------------------------- who carries it has it with him


def test_what_a_courier_carries_on_his_round_lies_nowhere() -> None:
    day = Day()
    day.scan(CAME, "accept", "KIM")
    day.scan(LONG, "load", "LOADER", container=truck())
    assert unstored(day.chain()) == []


def test_what_a_keeper_accepts_at_the_counter_lies_there() -> None:
    day = Day()
    day.scan(CAME, "accept", "KEEPER")
    day.scan(LONG, "load", "LOADER", container=truck())
    assert len(unstored(day.chain())) == 1


def test_it_lies_at_the_branch_from_when_the_courier_hands_it_in() -> None:
    day = Day()
    day.scan(0, "accept", "KIM")
    day.handover(WITHIN, "KIM", "KEEPER")
    day.scan(WITHIN + 60, "load", "LOADER", container=truck())
    assert unstored(day.chain()) == []
    day.scan(3 * LONG, "arrive", "HUBKEEPER", site="HUB")
    day.scan(5 * LONG, "load", "LOADER", site="HUB", container=truck())
    assert len(unstored(day.chain(at=6 * LONG))) == 1


@pytest.mark.parametrize("form", [1, 2])
def test_handed_to_the_courier_it_moved_on_however_late_he_delivers(form: int) -> None:
    day = Day()
    day.scan(CAME, "arrive", "KEEPER")
    if form == 1:
        day.handover(CAME + 60, "KEEPER", "KIM")
    else:
        day.scan(CAME + 60, "handover", "KEEPER", edge="counter")
        day.scan(CAME + 61, "handover", "KIM", edge="hht")
    day.scan(2 * LONG, "deliver", "KIM")
    assert unstored(day.chain(at=3 * LONG)) == []


def test_handed_to_the_courier_after_too_long_it_was_not_stored() -> None:
    day = Day()
    day.scan(CAME, "arrive", "KEEPER")
    given = day.handover(LONG, "KEEPER", "KIM")
    day.scan(LONG + 5, "out_for_delivery", "KIM")
    (breach,) = unstored(day.chain())
    assert (breach.evidence, given.act) == (given, ActKind.HANDOVER_ACCEPT)


def test_a_couriers_delivery_tells_nothing_of_where_it_lay() -> None:
    day = Day()
    day.scan(CAME, "arrive", "KEEPER")
    day.scan(LONG, "deliver", "KIM")
    assert unstored(day.chain()) == []


def test_a_handover_between_keepers_starts_no_new_stay() -> None:
    day = at_hub()
    day.handover(LONG - 5, "HUBKEEPER", "LOADER")
    day.scan(LONG, "load", "LOADER", container=truck())
    assert len(unstored(day.chain())) == 1
