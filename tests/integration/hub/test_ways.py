"""The recorded ways of parcels, page by page, as a model is taught with them (design section 7)."""

from datetime import timedelta

import pytest

from hub.network import Network
from hub.parcels import ways
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration
from hub.parcels.ways import RecordedWay, count_seen_since, recorded_ways
from tests.hub_parts import START, HubHome
from tests.integration.hub.parcel_parts import IN_BAG, IN_TRUCK, PARCEL, A, W, label, scan, tell
from tests.missing_parts import ROUTE
from tests.missing_parts import network as small_carrier
from wire.names import Step

LONG_AGO = START - timedelta(days=60)


@pytest.fixture
def network() -> Network:
    return small_carrier()


def pages(hub: HubHome, since: object = LONG_AGO) -> list[list[RecordedWay]]:
    """All pages, up to the first that is not full."""
    found: list[list[RecordedWay]] = []
    with hub.database.reading() as tx:
        while True:
            after = found[-1][-1].waybill if found else ""
            found.append(recorded_ways(tx, hub.role.network, since, after))  # type: ignore[arg-type]
            if len(found[-1]) < ways.WAYS_PAGE_MAX:
                return found


def way(hub: HubHome, waybill: str = PARCEL) -> RecordedWay:
    (found,) = pages(hub)
    (mine,) = [each for each in found if each.waybill == waybill]
    return mine


def waybill(nth: int) -> str:
    return f"755{nth:09d}"


@pytest.mark.parametrize(("count", "sizes"), [(2, [2]), (3, [3, 0]), (4, [3, 1]), (7, [3, 3, 1])])
def test_pages_hold_each_parcel_once_in_order(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch, count: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(ways, "WAYS_PAGE_MAX", 3)
    tell(hub, *[scan(nth, A, Step.ACCEPT, waybill(nth)) for nth in range(count)])
    found = pages(hub)
    assert [len(each) for each in found] == sizes
    assert [each.waybill for page in found for each in page] == [waybill(n) for n in range(count)]


def test_what_was_recorded_before_is_neither_read_nor_counted(hub: HubHome) -> None:
    tell(hub, scan(0, A, Step.ACCEPT, waybill(1)), scan(10, A, Step.ACCEPT, waybill(2)))
    since = START + timedelta(minutes=10)
    assert [each.waybill for page in pages(hub, since) for each in page] == [waybill(2)]
    with hub.database.reading() as tx:
        assert count_seen_since(tx, since) == 1
        assert count_seen_since(tx, START) == 2


def test_signs_stand_in_the_order_of_time_with_what_they_went_into(hub: HubHome) -> None:
    tell(hub, scan(30, A, Step.LOAD, **IN_TRUCK), scan(5, A, Step.ACCEPT))
    mine = way(hub)
    assert [(s.site, s.step, s.container, s.is_own) for s in mine.signs] == [
        (A, Step.ACCEPT, None, True),
        (A, Step.LOAD, "vehicle:V-1", True),
    ]
    assert (mine.route, mine.is_lost) == (None, False)


def test_the_scans_of_its_bag_count_while_it_lay_in_there_and_no_longer(hub: HubHome) -> None:
    tell(
        hub,
        label(1, A, Step.LOAD, "CX:BAG:B-1", **IN_TRUCK),  # before it was packed
        scan(10, A, Step.PACK, **IN_BAG),
        label(20, A, Step.LOAD, "CX:BAG:B-1", **IN_TRUCK),
        label(60, W, Step.ARRIVE, "CX:BAG:B-1"),
        label(61, W, Step.COUNT, "CX:BAG:B-1"),  # nothing that moves it
        scan(70, W, Step.UNLOAD),
        label(90, W, Step.DEPART, "CX:BAG:B-1"),  # without it
    )
    mine = way(hub)
    minutes = [(s.at - START) / timedelta(minutes=1) for s in mine.signs]
    assert list(zip(minutes, (s.is_own for s in mine.signs), strict=True)) == [
        (10, True),
        (20, False),
        (60, False),
        (70, True),
    ]


def test_another_bag_tells_nothing_of_it(hub: HubHome) -> None:
    tell(hub, scan(10, A, Step.PACK, **IN_BAG), label(20, A, Step.LOAD, "CX:BAG:B-2", **IN_TRUCK))
    assert [each.is_own for each in way(hub).signs] == [True]


def test_a_bag_is_no_parcel(hub: HubHome) -> None:
    tell(hub, scan(10, A, Step.PACK, **IN_BAG), label(20, A, Step.LOAD, "CX:BAG:B-1", **IN_TRUCK))
    assert [each.waybill for page in pages(hub) for each in page] == [PARCEL]


def test_its_declared_route_stands_beside_it(hub: HubHome) -> None:
    tell(hub, scan(10, A, Step.ACCEPT))
    declared = Declaration(None, ROUTE[0], ROUTE[-1], None, None, None)
    with hub.database.writing() as tx:
        declare_parcel(tx, PARCEL, declared, "li", hub.role.policy, START)
    assert way(hub).route == ROUTE
