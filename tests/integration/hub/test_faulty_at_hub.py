"""A level-1 hub lets no faulty parcel through: HV-2.5, HV-3. ``HUB`` is a level-1 hub."""

from hub.alerts.service import AlertKind
from hub.custody.service import BreachKind
from hub.wanted.service import find_entry
from tests.custody_hub import SIBLING, WAYBILL, Carrier
from tests.postgres_parts import on_both_databases
from wire.events import ActKind, ContainerKind
from wire.names import Result, Step
from wire.wanted import WantedResult

BAG = {"container": "B-1", "container_kind": ContainerKind.BAG, "site": "HUB"}
ABOARD = {"container": "V-1", "container_kind": ContainerKind.VEHICLE, "site": "HUB"}
LABEL = {"waybill": None, "text": "CX:BAG:B-1", "result": Result.NOT_A_PARCEL}


def report(carrier: Carrier, minute: float) -> None:
    """Somebody types at the hub what is wrong with the parcel."""
    found = carrier.act(
        minute, ActKind.EXCEPTION, "HUB", waybill=WAYBILL, reason="damaged", scans=(1,)
    )
    carrier.hand_in(found)


def test_a_parcel_with_an_open_exception_is_stopped_and_its_going_on_is_told(
    carrier: Carrier,
) -> None:
    carrier.hand_in(carrier.scan(0, Step.SORT, "SORTER", site="HUB"))
    report(carrier, 1)
    with carrier.hub.database.reading() as tx:
        entry = find_entry(tx, WAYBILL)
    # Every edge's copy of the list has it: from now on each of its scans is answered with stop.
    assert entry is not None
    assert (entry.result, entry.scope) == (WantedResult.STOP, None)
    carrier.hand_in(carrier.scan(5, Step.PACK, "SORTER", result=Result.STOP, **BAG))
    assert carrier.breaches() == [BreachKind.STOPPED_MOVED]
    (alert,) = carrier.hub.alerts(AlertKind.STOPPED_MOVED)
    assert (alert.site, alert.waybill) == ("HUB", WAYBILL)


@on_both_databases
def test_what_was_reported_after_its_bag_was_closed_is_told_when_the_bag_leaves(
    carrier: Carrier,
) -> None:
    for minute, waybill in ((0, WAYBILL), (1, SIBLING)):
        carrier.hand_in(carrier.scan(minute, Step.PACK, "SORTER", waybill=waybill, **BAG))
    report(carrier, 2)
    carrier.hand_in(carrier.scan(3, Step.HANDOVER, "SORTER", site="HUB", **LABEL))
    carrier.hand_in(carrier.scan(4, Step.LOAD, "SORTER", **LABEL, **BAG))
    assert carrier.hub.alerts(AlertKind.STOP) == []
    carrier.hand_in(carrier.scan(5, Step.LOAD, "LOADER", **LABEL, **ABOARD))
    carrier.hand_in(carrier.scan(9, Step.DEPART, "DRIVER", **LABEL, **ABOARD))
    (alert,) = carrier.hub.alerts(AlertKind.STOP)
    assert (alert.waybill, alert.site, alert.count) == (WAYBILL, "HUB", 2)
    assert "(CX:BAG:B-1)" in alert.text_zh


def test_a_bag_without_a_stopped_parcel_leaves_quietly(carrier: Carrier) -> None:
    carrier.hand_in(carrier.scan(0, Step.PACK, "SORTER", waybill=SIBLING, **BAG))
    report(carrier, 2)
    carrier.hand_in(carrier.scan(5, Step.DEPART, "DRIVER", **LABEL, **ABOARD))
    assert carrier.hub.alerts(AlertKind.STOP) == []
