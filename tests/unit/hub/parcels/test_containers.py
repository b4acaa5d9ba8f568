"""Bags in vehicles: HV-2.4, design section 6."""

from datetime import timedelta

from hub.parcels.rules.containers import NESTING_MAX, Aboard, chain_of, is_closed
from hub.parcels.rules.traces import Stay
from tests.hub_parts import START
from tests.unit.hub.parcels.signs import standing, trace
from wire.names import Step

PARCEL, BAG, TRUCK = "103000000001", "bag:B-1", "vehicle:V-1"


def stay(container: str, since: int, until: int | None = None) -> Stay:
    end = None if until is None else START + timedelta(minutes=until)
    return Stay(container, "755A", START + timedelta(minutes=since), end)


def told(chain: tuple[Aboard, ...]) -> list[tuple[str, int, int | None]]:
    def minute(at: object) -> int:
        return int((at - START) / timedelta(minutes=1))  # type: ignore[operator] # a datetime

    return [(a.unit, minute(a.since), a.until and minute(a.until)) for a in chain]


def test_a_parcel_in_a_bag_is_in_the_vehicle_while_both_hold() -> None:
    stays = {PARCEL: [stay(BAG, 0, 50)], BAG: [stay(TRUCK, 10, 40), stay(TRUCK, 45)]}
    assert told(chain_of(PARCEL, stays)) == [(TRUCK, 45, 50), (TRUCK, 10, 40), (BAG, 0, 50)]


def test_a_bag_s_other_journeys_are_not_the_parcel_s() -> None:
    stays = {PARCEL: [stay(BAG, 20, 30)], BAG: [stay(TRUCK, 0, 20), stay(TRUCK, 30, 40)]}
    assert told(chain_of(PARCEL, stays)) == [(BAG, 20, 30)]


def test_the_inner_container_comes_first_at_one_time() -> None:
    stays = {PARCEL: [stay(BAG, 5)], BAG: [stay(TRUCK, 0)]}
    assert told(chain_of(PARCEL, stays)) == [(BAG, 5, None), (TRUCK, 5, None)]


def test_bags_in_each_other_come_to_an_end() -> None:
    other = "bag:B-2"
    stays = {PARCEL: [stay(BAG, 0)], BAG: [stay(other, 0)], other: [stay(BAG, 0)]}
    assert len(chain_of(PARCEL, stays)) == NESTING_MAX


def test_a_bag_scanned_as_one_thing_is_closed_and_opened_again_by_its_label() -> None:
    filled = trace(0, "755A", unit=BAG)
    loaded = trace(5, "755A", Step.LOAD, TRUCK, unit=BAG)
    opened = trace(60, "755W", unit=BAG)
    assert [is_closed(standing(*some)) for some in ([filled], [filled, loaded])] == [False, True]
    assert is_closed(standing(filled, loaded, opened)) is False
