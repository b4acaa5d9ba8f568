"""HV-2.4.2 by air in the hub: what was loaded before high value, in whatever order it is heard."""

import pytest

from hub.alerts.service import AlertKind, AlertState
from hub.custody.service import BreachKind
from tests.custody_hub import PLAIN, SIBLING, WAYBILL, Carrier, at
from tests.hub_parts import SigningEdge
from tests.postgres_parts import on_both_databases
from wire.events import ContainerKind
from wire.names import Result, Step, format_at

FLOWN = {"container": "F-1", "container_kind": ContainerKind.FLIGHT}
IN_BAG = {"container": "B-1", "container_kind": ContainerKind.BAG}
BAG = {"waybill": None, "text": "CX:BAG:B-1", **FLOWN}
PLAINLY = {"waybill": PLAIN, "result": Result.CLEAR}


def hear(carrier: Carrier, minute: float, step: Step, received: float, **more: object) -> None:
    """A scan of the hall's own edge, so that it may come late: within a spool order is seq's."""
    hall = SigningEdge(site="HUB", edge="hall", spool=f"{77:032x}")
    carrier.hub.enrol(hall)
    own = {"container": None, "container_kind": None, "place": None, "result": Result.HV}
    by, when = carrier.by("HUB", "SORTER"), format_at(at(minute))
    scan = hall.scan(**{"waybill": WAYBILL, **own, "step": step, "by": by, "at": when, **more})
    carrier.hub.clock.at = at(received)
    carrier.hub.take(hall.batch([hall.line(scan)]), site="HUB", edge="hall")


@on_both_databases
def test_an_ordinary_parcel_that_is_heard_of_late_was_loaded_before_the_bag(
    carrier: Carrier,
) -> None:
    for waybill in (WAYBILL, SIBLING):
        packed = carrier.scan(0, Step.PACK, "SORTER", "HUB", waybill=waybill, **IN_BAG)
        carrier.hand_in(packed)
    carrier.hand_in(carrier.scan(20, Step.LOAD, "LOADER", "HUB", **BAG))
    assert carrier.breaches() == []
    hear(carrier, 10, Step.LOAD, 30, **PLAINLY, **FLOWN)
    assert carrier.breaches() == [BreachKind.NOT_LOADED_FIRST] * 2
    alerts = carrier.hub.alerts(AlertKind.NOT_LOADED_FIRST)
    assert {each.waybill for each in alerts} == {WAYBILL, SIBLING}
    assert all("F-1" in each.text_zh and each.state is AlertState.OPEN for each in alerts)


def test_a_pack_scan_that_comes_late_shows_that_the_bag_was_of_high_value(
    carrier: Carrier,
) -> None:
    carrier.hand_in(carrier.scan(10, Step.LOAD, "LOADER", "HUB", **PLAINLY, **FLOWN))
    carrier.hand_in(carrier.scan(20, Step.LOAD, "LOADER", "HUB", **BAG))
    assert carrier.breaches() == []
    hear(carrier, 0, Step.PACK, 30, **IN_BAG)
    assert carrier.breaches() == [BreachKind.NOT_LOADED_FIRST]


@pytest.mark.parametrize("minutes", [(10, 20), (20, 10)])
def test_only_what_comes_behind_an_ordinary_parcel_is_a_breach(
    carrier: Carrier, minutes: tuple[int, int]
) -> None:
    plain_at, high_at = minutes
    carrier.hand_in(carrier.scan(plain_at, Step.LOAD, "LOADER", "HUB", **PLAINLY, **FLOWN))
    hear(carrier, high_at, Step.LOAD, 30, **FLOWN)
    late = [BreachKind.NOT_LOADED_FIRST] if plain_at < high_at else []
    assert carrier.breaches() == late
