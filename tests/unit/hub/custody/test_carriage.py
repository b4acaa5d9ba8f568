"""HV-X8: which road vehicle may take which goods, as it was on record when the load came in."""

import pytest

from hub.custody.rules.carriage import carrier_of, loads_of, with_carriage
from hub.custody.rules.chain import BreachKind
from hub.custody.rules.records import Carriage, Container
from hub.network import UNLISTED, FlightKind
from tests.custody_parts import Day, bag, kinds, minute_of, only_breach, truck
from wire.policy import GoodsClass, VehicleKind

FLIGHT = Container("flight", "F-1")


def loaded(kind: str | None, goods: GoodsClass | None = None, **more: object) -> Day:
    day = Day()
    day.scan(0, "accept", "KIM")
    there = {"container": truck(), "carriage": Carriage(kind, goods), **more}
    day.scan(10, "load", "LOADER", **there)
    day.scan(12, "depart", "DRIVER", **there)
    return day


@pytest.mark.parametrize("kind", [kind for kind in VehicleKind if kind is not VehicleKind.OTHER])
def test_locked_box_and_container_trucks_may_take_what_is_no_electronics(kind: str) -> None:
    assert kinds(loaded(kind).chain()) == []
    assert kinds(loaded(kind, GoodsClass.OTHER).chain()) == []


def test_another_kind_of_vehicle_breaks_hv_x8_once_a_trip() -> None:
    breach = only_breach(loaded(VehicleKind.OTHER, GoodsClass.OTHER).chain())
    assert (breach.kind, breach.rule) == (BreachKind.VEHICLE_KIND, "HV-X8")
    assert (breach.at, breach.site) == (minute_of(10), "BRANCH")
    assert breach.words == ("V-1", "vehicle:other", "goods:other")


def test_electronics_go_in_a_container_or_a_fully_closed_locked_box() -> None:
    electronics = GoodsClass.ELECTRONICS
    for kind in (VehicleKind.CONTAINER, VehicleKind.CLOSED_BOX_LOCKED):
        assert kinds(loaded(kind, electronics).chain()) == []
    half_closed = loaded(VehicleKind.HALF_CLOSED_BOX_LOCKED, electronics)
    assert kinds(half_closed.chain()) == [BreachKind.VEHICLE_KIND]


def test_a_vehicle_that_is_not_on_the_list_is_a_breach_of_its_own() -> None:
    breach = only_breach(loaded(UNLISTED).chain())
    assert (breach.kind, breach.rule) == (BreachKind.VEHICLE_UNLISTED, "HV-X8")
    assert breach.words == ("V-1", "vehicle:unlisted")


def test_a_carrier_that_lists_no_vehicles_is_not_judged_and_ordinary_parcels_are_not() -> None:
    assert kinds(loaded(None, GoodsClass.ELECTRONICS).chain()) == []
    assert kinds(loaded(UNLISTED).chain(is_high_value=False)) == []


def test_flights_are_no_road_vehicles() -> None:
    for kind in (FlightKind.SCHEDULED, UNLISTED):
        assert kinds(loaded(kind, container=FLIGHT).chain()) == []


def test_a_bags_load_speaks_for_the_parcel_in_it_until_that_is_seen_outside() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "KIM")
    day.scan(5, "pack", "SORTER", container=bag())
    there = {"container": truck(), "carriage": Carriage(VehicleKind.OTHER, None)}
    day.scan(10, "load", "LOADER", unit=bag(), **there)
    assert kinds(day.chain(at=20)) == [BreachKind.VEHICLE_KIND]
    day.scan(30, "sort", "SORTER")
    assert kinds(day.chain(at=40)) == []
    own = day.scan(50, "load", "LOADER", **there)
    assert only_breach(day.chain(at=60)).evidence == own


def test_a_bag_that_left_the_parcel_behind_does_not_hide_the_parcels_own_load() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "KIM")
    day.scan(5, "pack", "SORTER", container=bag())
    there = {"container": truck(), "carriage": Carriage(VehicleKind.OTHER, None)}
    day.scan(10, "load", "LOADER", unit=bag(), **there)
    own = day.scan(50, "load", "LOADER", **there)
    assert only_breach(day.chain(at=60)).evidence == own


def test_on_record_is_what_was_known_when_the_load_came_in() -> None:
    day = Day()
    load = day.scan(10, "load", "LOADER", container=truck())
    assert carrier_of(load) == truck()
    assert carrier_of(day.scan(11, "sort", "SORTER", container=truck())) is None
    assert carrier_of(day.scan(12, "load", "LOADER", container=bag())) is None
    listed = [(minute_of(5), UNLISTED), (minute_of(10), "container"), (minute_of(11), "other")]
    said = [(minute_of(11), GoodsClass.ELECTRONICS)]
    assert with_carriage(load, listed, said).carriage == Carriage("container", None)
    assert with_carriage(load, [], []).carriage == Carriage(None, None)


def test_a_trip_is_one_load_and_the_next_trip_is_another() -> None:
    day = loaded(VehicleKind.CONTAINER)
    day.scan(100, "arrive", "HUBKEEPER", site="HUB", container=truck())
    onward = {"container": truck(), "carriage": Carriage(None, None), "site": "HUB"}
    day.scan(200, "depart", "DRIVER", **onward)
    day.scan(210, "load", "LOADER", **onward)
    found = [(each.site, str(each.step)) for each in loads_of(day.chain())]
    assert found == [("BRANCH", "load"), ("HUB", "depart"), ("HUB", "load")]
