"""What arriving events make of parcels, bags and vehicles: HV-2.4, design sections 5 and 6."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.db.asked import Asked
from hub.parcels import service, trace_store
from hub.parcels.project import trace_of
from hub.parcels.rules.traces import ParcelState, Standing
from hub.parcels.service import Aboard
from tests import samples
from tests.hub_parts import START, HubHome
from tests.integration.hub.parcel_parts import (
    BAG,
    IN_BAG,
    IN_TRUCK,
    PARCEL,
    TRUCK,
    A,
    R,
    W,
    fact,
    label,
    scan,
    tell,
)
from tests.postgres_parts import on_both_databases
from wire.events import Act, ActKind, ContainerKind, Scan
from wire.names import Step, format_at


def trip() -> list[Scan]:
    """Two parcels in a bag, the bag and a third parcel in a truck; unpacked at the next hub."""
    return [
        scan(0, A, Step.ACCEPT),
        label(8, W, Step.PACK, f"CX:BAG:{BAG}", **IN_BAG),
        scan(9, W, Step.PACK, **IN_BAG),
        scan(10, W, Step.PACK, "755123456789", **IN_BAG),
        label(20, W, Step.LOAD, f"CX:BAG:{BAG}", **IN_TRUCK),
        scan(21, W, Step.LOAD, "755123456780", **IN_TRUCK),
        label(30, W, Step.DEPART, f"CX:BAG:{BAG}", **IN_TRUCK),
        label(90, R, Step.ARRIVE, f"CX:BAG:{BAG}"),
        scan(95, R, Step.ARRIVE, "755123456780"),
        label(99, R, Step.UNLOAD, f"CX:BAG:{BAG}", **IN_BAG),
        scan(100, R, Step.UNLOAD, **IN_BAG),
    ]


def containers(hub: HubHome, waybill: str = PARCEL) -> list[tuple[str, float, float | None]]:
    def minute(at: object) -> float:
        return (at - START) / timedelta(minutes=1)  # type: ignore[operator] # a datetime

    with hub.database.reading() as tx:
        found: tuple[Aboard, ...] = service.containers_of(tx, waybill)
    return [(a.unit, minute(a.since), None if a.until is None else minute(a.until)) for a in found]


def contents(hub: HubHome, kind: ContainerKind, container: str) -> tuple[str, ...]:
    with hub.database.reading() as tx:
        return service.contents(tx, kind, container)


@on_both_databases
def test_a_bag_loaded_as_one_thing_takes_its_parcels_along(hub: HubHome) -> None:
    tell(hub, *trip()[:7])
    assert contents(hub, ContainerKind.BAG, BAG) == (PARCEL, "755123456789")
    assert contents(hub, ContainerKind.VEHICLE, TRUCK) == (PARCEL, "755123456780", "755123456789")
    assert containers(hub) == [("vehicle:V-1", 20, None), ("bag:B-1", 9, None)]
    with hub.database.reading() as tx:
        assert service.is_container_closed(tx, ContainerKind.BAG, BAG) is True
        assert service.is_container_closed(tx, ContainerKind.BAG, "B-2") is None


@on_both_databases
def test_at_the_next_hub_the_bag_leaves_the_truck_and_the_parcel_the_bag(hub: HubHome) -> None:
    for each in trip():
        tell(hub, each)
    assert contents(hub, ContainerKind.VEHICLE, TRUCK) == ()
    # The second parcel's unpacking was skipped: nothing tells that it left.
    assert contents(hub, ContainerKind.BAG, BAG) == ("755123456789",)
    assert containers(hub) == [("vehicle:V-1", 20, 90), ("bag:B-1", 9, 100)]
    with hub.database.reading() as tx:
        assert service.is_container_closed(tx, ContainerKind.BAG, BAG) is False


def standing_after(hub: HubHome, waybill: str = PARCEL) -> Standing:
    with hub.database.reading() as tx:
        found = trace_store.state_of(tx, waybill)
    assert found is not None
    return found


def test_a_parcel_in_a_bag_goes_where_the_bag_goes(hub: HubHome) -> None:
    tell(hub, *trip()[:7])
    with hub.database.reading() as tx:
        parcel = service.find_parcel(tx, PARCEL)
        assert parcel is not None
        way = service.track_of(tx, parcel, hub.role.network)
    assert (parcel.state, way.state) == (ParcelState.AT_SITE, ParcelState.UNDER_WAY)
    assert (way.site, way.at) == (W, START + timedelta(minutes=30))


@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_order_in_any_batches_with_doubles_ends_in_the_same(
    hub: HubHome, data: st.DataObject
) -> None:
    events = trip()
    units = (PARCEL, "755123456789", "755123456780", "bag:B-1")
    told = data.draw(st.permutations(events)) + data.draw(st.lists(st.sampled_from(events)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(told)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(told)], strict=True):
        tell(hub, *told[start:end])
    with hub.database.writing() as tx:
        found = trace_store.states_of(tx, units)
        in_truck = service.contents(tx, ContainerKind.VEHICLE, TRUCK)
        tx.exec_driver_sql("DELETE FROM unit_state")
        tx.exec_driver_sql("DELETE FROM unit_trace")
    tell(hub, *events)
    with hub.database.writing() as tx:
        expected = trace_store.states_of(tx, units)
        tx.exec_driver_sql("DELETE FROM unit_state")
        tx.exec_driver_sql("DELETE FROM unit_trace")
    assert (found, in_truck) == (expected, ())


def test_a_late_scan_takes_its_place_among_those_that_are_there(hub: HubHome) -> None:
    tell(hub, scan(0, A, Step.ACCEPT), scan(60, W, Step.ARRIVE))
    tell(hub, scan(30, A, Step.DEPART))
    now = standing_after(hub)
    assert (now.last.site, now.state, now.scans) == (W, ParcelState.AT_SITE, 3)


def test_a_unit_with_more_traces_than_are_read_again_keeps_its_beginning(
    hub: HubHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(5):
        tell(hub, scan(minute, A, Step.COUNT))
    monkeypatch.setattr(trace_store, "TRACES_READ_MAX", 2)
    monkeypatch.setattr(trace_store, "_TRACES", Asked(trace_store._TRACES.statement.limit(2)))
    tell(hub, scan(3.5, W, Step.COUNT))
    now = standing_after(hub)
    assert (now.first.at, now.scans, now.last.site) == (START, 6, A)


def test_a_delivery_typed_at_the_station_is_a_sign_of_the_parcel(hub: HubHome) -> None:
    act = Act(
        site=R,
        edge="dock",
        spool="ef" * 16,
        at=format_at(START),
        mono_ms=1,
        boot=samples.BOOT,
        clock=samples.CLOCK,
        act=ActKind.DELIVER,
        waybill=PARCEL,
    )
    tell(hub, act)
    assert standing_after(hub).state is ParcelState.DELIVERED


@pytest.mark.parametrize("found", [False, None])
def test_a_search_that_found_nothing_tells_nothing(found: bool | None) -> None:
    act = Act(
        site=R,
        edge="dock",
        at=format_at(START),
        mono_ms=1,
        boot=samples.BOOT,
        clock=samples.CLOCK,
        act=ActKind.SELF_CHECK,
        waybill=PARCEL,
        found=found,
    )
    assert trace_of(fact(act)) is None


@pytest.mark.parametrize(
    "text", ["CX:BAG:", "CX:BAG:" + "x" * 33, "CX:BAG:a b", "CX:VEH:V-1", "CX:PAL", None]
)
def test_no_other_label_is_a_unit(text: str | None) -> None:
    hostile = scan(0, A, Step.LOAD, None, **{**IN_TRUCK, "text": text})
    assert trace_of(fact(hostile)) is None


def test_a_container_that_no_label_can_name_holds_nothing() -> None:
    hostile = scan(0, A, Step.LOAD, container="x" * 200, container_kind=ContainerKind.VEHICLE)
    trace = trace_of(fact(hostile))
    assert trace is not None
    assert trace.container is None
