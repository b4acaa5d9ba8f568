"""Who travels with a silent parcel, and since when they were seen elsewhere (design section 7)."""

from datetime import timedelta

import pytest

from hub.missing import store
from hub.missing.company import siblings_of
from hub.missing.rules.suspicion import Siblings
from hub.parcels.service import put_together
from tests.hub_parts import HubHome
from tests.integration.hub.suspect_parts import HV, Watching
from tests.missing_parts import HOUR, local
from tests.postgres_parts import on_both_databases
from wire.names import Step

LEFT_AT = local(14, "19:30")
CAME_AT = LEFT_AT + 2 * HOUR
OTHERS = [f"1030000001{n:02d}" for n in range(10)]


@pytest.fixture
def watching(hub: HubHome) -> Watching:
    return Watching(hub)


def siblings(watching: Watching, waybill: str = HV) -> list[Siblings]:
    with watching.hub.database.reading() as tx:
        return siblings_of(tx, store.known(tx, [waybill])[waybill].fold)


@on_both_databases
def test_those_that_went_on_in_another_vehicle_still_tell_when_they_came(
    watching: Watching,
) -> None:
    watching.declare(HV, *OTHERS)
    watching.scan([HV, *OTHERS], "755A", Step.LOAD, LEFT_AT, "VEH:V-1")
    watching.scan([HV, *OTHERS], "755A", Step.DEPART, LEFT_AT + HOUR, "VEH:V-1")
    watching.scan(OTHERS, "755W", Step.ARRIVE, CAME_AT, "VEH:V-1")
    (before,) = siblings(watching)
    assert (before.total, before.come, before.come_at) == (11, 10, CAME_AT)
    watching.scan(OTHERS, "755W", Step.SORT, CAME_AT + HOUR)
    watching.scan(OTHERS[:9], "755W", Step.DEPART, CAME_AT + 4 * HOUR, "VEH:V-2")
    watching.scan(OTHERS[:9], "020B", Step.DELIVER, CAME_AT + 20 * HOUR)
    (after,) = siblings(watching)
    assert (after.total, after.come, after.come_at) == (11, 10, CAME_AT)
    assert after.unseen == before.unseen == (HV,)
    assert after.seen_at == {"755W", "020B"}
    assert "out:020W" in after.skipped


def test_half_of_a_vehicle_counts_those_that_went_on(watching: Watching) -> None:
    watching.scan([HV, *OTHERS], "755A", Step.LOAD, LEFT_AT, "VEH:V-1")
    watching.scan(OTHERS[:5], "755W", Step.ARRIVE, CAME_AT)
    watching.scan(OTHERS[:5], "755W", Step.LOAD, CAME_AT + HOUR, "VEH:V-2")
    (company,) = siblings(watching)
    assert (company.total, company.come, company.come_at) == (11, 5, None)
    assert company.has_come
    watching.scan(OTHERS[5], "755W", Step.ARRIVE, CAME_AT + 3 * HOUR)
    (company,) = siblings(watching)
    assert (company.come, company.come_at) == (6, CAME_AT + 3 * HOUR)


@on_both_databases
def test_what_lies_in_a_bag_came_with_its_bag(watching: Watching) -> None:
    bagged = OTHERS[:6]
    watching.scan(bagged, "755A", Step.PACK, LEFT_AT - HOUR, "BAG:B-1")
    watching.scan(["CX:BAG:B-1", HV], "755A", Step.LOAD, LEFT_AT, "VEH:V-1")
    watching.scan("CX:BAG:B-1", "755W", Step.UNLOAD, CAME_AT)
    watching.scan(bagged, "020W", Step.SORT, CAME_AT + 9 * HOUR)
    watching.scan(bagged, "020W", Step.DEPART, CAME_AT + 12 * HOUR, "VEH:V-3")
    (vehicle,) = siblings(watching)
    assert (vehicle.total, vehicle.come, vehicle.come_at) == (7, 6, CAME_AT)


def test_those_packed_anew_still_tell_when_their_bag_was_opened(watching: Watching) -> None:
    watching.scan([HV, *OTHERS], "755A", Step.PACK, LEFT_AT - HOUR, "BAG:B-1")
    watching.scan("CX:BAG:B-1", "755A", Step.LOAD, LEFT_AT, "VEH:V-1")
    watching.scan("CX:BAG:B-1", "755W", Step.UNLOAD, CAME_AT)
    bag, *_ = siblings(watching)
    assert (bag.total, bag.come, len(bag.unseen)) == (11, 0, 11)
    watching.scan(OTHERS, "755W", Step.SORT, CAME_AT + HOUR)
    watching.scan(OTHERS, "755W", Step.PACK, CAME_AT + 2 * HOUR, "BAG:B-2")
    bag, *_ = siblings(watching)
    assert (bag.ride, bag.total, bag.unseen) == ("bag:B-1@755A", 11, (HV,))
    assert (bag.come, bag.come_at) == (10, CAME_AT + HOUR)


def test_whom_another_vehicle_took_before_it_left_is_neither_silent_nor_there(
    watching: Watching,
) -> None:
    watching.scan([HV, *OTHERS], "755A", Step.LOAD, LEFT_AT, "VEH:V-1")
    watching.scan(OTHERS, "755A", Step.LOAD, LEFT_AT + HOUR, "VEH:V-2")
    (company,) = siblings(watching)
    assert (company.total, company.unseen, company.come) == (11, (HV,), 0)
    assert not company.has_come


@on_both_databases
def test_where_a_parcel_was_before_it_was_put_in_is_not_where_it_came(watching: Watching) -> None:
    watching.scan(HV, "755A", Step.LOAD, LEFT_AT, "VEH:V-1")
    watching.scan(OTHERS, "755W", Step.DEPART, LEFT_AT + HOUR, "VEH:V-9")
    watching.scan(OTHERS, "755A", Step.LOAD, LEFT_AT + 3 * HOUR, "VEH:V-1")
    (company,) = siblings(watching)
    assert (company.total, company.come, len(company.unseen)) == (11, 0, 11)


@on_both_databases
def test_a_bag_whose_label_comes_again_holds_nothing_of_before(watching: Watching) -> None:
    day = timedelta(days=1)
    watching.scan(OTHERS[:5], "020W", Step.PACK, LEFT_AT - 2 * day, "BAG:B-1")
    watching.scan(OTHERS[:5], "755W", Step.SORT, LEFT_AT - day)
    watching.scan(OTHERS[5:], "755A", Step.PACK, LEFT_AT - HOUR, "BAG:B-1")
    watching.scan(["CX:BAG:B-1", HV], "755A", Step.LOAD, LEFT_AT, "VEH:V-1")
    with watching.hub.database.reading() as tx:
        put = put_together(tx, "vehicle:V-1", "755A", LEFT_AT - HOUR, LEFT_AT + HOUR)
    assert put == dict.fromkeys([HV, *OTHERS[5:]])
