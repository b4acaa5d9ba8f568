"""The parcel page as the console reads it: custody as of any moment, and for whose eyes."""

from datetime import datetime

import msgspec
import pytest

from hub.access.looks import MayNotUnmaskError
from hub.access.service import Caller, Role, record_look
from hub.alerts.service import Act, AlertKind, AlertState, Level, answer_alert
from hub.console.parcel.desk import ParcelDesk
from hub.console.parcel.views import ParcelSight, Replay
from hub.custody.service import BreachKind, Carriage, Container
from hub.keys import NONCE_BYTES
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration
from tests import samples
from tests.custody_hub import WAYBILL, Carrier, at
from tests.postgres_parts import on_both_databases
from tests.rig.personal import PERSON, personal_in
from wire.events import ActKind, ContainerKind
from wire.names import Step

pytestmark = on_both_databases

ADMIN = Caller("zhao", Role.ADMINISTRATOR, None)
MONITOR = Caller("qian", Role.MONITOR, None)
FLOOR = Caller("sun", Role.WAREHOUSE, frozenset({"BRANCH"}))
STRANGER = Caller("li", Role.SUPERVISOR, frozenset({"FAR"}))


def read(carrier: Carrier, caller: Caller = ADMIN, as_of: datetime | None = None) -> ParcelSight:
    return ParcelDesk(carrier.hub.web()).parcel(WAYBILL, caller, as_of)


def replay(sight: ParcelSight) -> Replay:
    assert sight.replay is not None
    return sight.replay


def holders(sight: ParcelSight) -> list[str | None]:
    blocks = (block for lane in replay(sight).lanes for block in lane.blocks)
    return [None if block.holder is None else block.holder.name for block in blocks]


@pytest.fixture
def carried(carrier: Carrier) -> Carrier:
    """Accepted, gone without a driver's badge, and sorted, of which the hub hears late."""
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KEEPER"))
    carrier.hand_in(carrier.scan(60, Step.DEPART, None))
    carrier.hand_in(carrier.scan(120, Step.ARRIVE, "SORTER", "HUB"), minute=200)
    carrier.hub.clock.at = at(240)
    return carrier


def test_a_parcel_has_its_custody_its_breaches_and_its_scans(carried: Carrier) -> None:
    sight = read(carried)
    assert holders(sight) == ["Keeper", "Sorter", None]
    kinds = {each.breach.kind for each in sight.breaches}
    assert kinds == {BreachKind.NO_HANDOVER, BreachKind.WRONG_RECEIVER}
    assert len(sight.scans) == 3
    assert sight.is_high_value
    assert not sight.is_unknown


def test_as_of_a_moment_nothing_is_there_that_came_later(carried: Carrier) -> None:
    sight = read(carried, as_of=at(150))
    assert holders(sight) == ["Keeper", None]
    assert len(sight.scans) == 2
    assert sight.breaches == ()
    assert sight.cards is not None
    assert all(card.raised_at <= at(150) for card in sight.cards)
    assert read(carried, as_of=at(-5)).replay is None


def test_on_the_floor_people_of_other_sites_are_masked(carried: Carrier) -> None:
    """Keeper and Sorter work at HUB, so at BRANCH they are others."""
    assert holders(read(carried, FLOOR)) == ["K**", "S**", None]
    assert holders(read(carried, Caller("wu", Role.WAREHOUSE, frozenset({"BRANCH", "HUB"})))) == [
        "Keeper",
        "Sorter",
        None,
    ]


def test_the_page_tells_what_was_on_record_of_vehicle_and_goods_at_each_load(
    carried: Carrier,
) -> None:
    """HV-X8: this carrier lists no vehicles, and nobody declared the goods."""
    aboard = {"container": "V-1", "container_kind": ContainerKind.VEHICLE}
    carried.hand_in(carried.scan(230, Step.LOAD, "LOADER", "HUB", **aboard))
    (load,) = read(carried).loads
    assert (load.container, load.carriage) == (Container("vehicle", "V-1"), Carriage(None, None))
    assert read(carried, as_of=at(220)).loads == ()


def test_alerts_and_looks_are_told_to_whom_they_are_granted(carried: Carrier) -> None:
    with carried.hub.database.writing() as tx:
        record_look(tx, ADMIN, "people", WAYBILL, at(230), reason="客户来电")
    assert read(carried, FLOOR).cards is None
    assert read(carried, MONITOR).cards
    assert read(carried, MONITOR).looks is None
    looks = read(carried).looks
    assert looks is not None
    assert [(look.who, look.reason) for look in looks] == [("zhao", "客户来电")]


def test_whom_it_is_for_is_masked_until_somebody_says_why_and_is_on_record(
    carried: Carrier,
) -> None:
    """CS-P1, HV-2.6: who delivers calls first."""
    hub = carried.hub
    plain = msgspec.json.encode({"recipient": PERSON})
    sealed = hub.role.keys.bodies.encrypt(plain, f"people/{WAYBILL}", bytes(NONCE_BYTES))
    said = Declaration(None, "BRANCH", "HUB", None, None, sealed)
    with hub.database.writing() as tx:
        declare_parcel(tx, WAYBILL, said, "li", hub.role.policy, at(230))
    assert personal_in(str(read(carried).recipient)) == []
    desk = ParcelDesk(hub.web())
    with pytest.raises(MayNotUnmaskError):
        desk.reveal(WAYBILL, MONITOR, "来电")
    assert desk.reveal(WAYBILL, STRANGER, "来电") is None
    assert hub.count("look") == 0
    assert desk.reveal(WAYBILL, ADMIN, "派送前致电") == PERSON
    looks = read(carried).looks
    assert looks is not None
    assert [(look.who, look.reason) for look in looks] == [("zhao", "派送前致电")]


def test_another_sites_parcel_is_not_shown(carried: Carrier) -> None:
    assert read(carried, STRANGER) == ParcelSight(WAYBILL)
    assert read(carried, STRANGER).is_unknown


def test_the_same_minute_reads_the_same_so_that_nothing_is_drawn_again(carried: Carrier) -> None:
    before = read(carried)
    carried.hub.clock.move(20)
    assert read(carried) == before


def test_what_is_out_past_the_hour_is_told_once_and_the_reason_stands_on_its_page(
    carrier: Carrier,
) -> None:
    """HV-2.6: a breach at 18:00, a reason asked; 18:00 is nine hours after the start."""
    carrier.hand_in(carrier.scan(0, Step.ACCEPT, "KEEPER"))
    carrier.hand_in(carrier.scan(60, Step.OUT_FOR_DELIVERY, "LIN"))
    carrier.turn(539)
    assert carrier.breaches() == []
    for minute in (540, 541):
        carrier.turn(minute)
    assert carrier.breaches() == [BreachKind.UNDELIVERED]
    (alert,) = carrier.hub.alerts(AlertKind.UNDELIVERED)
    assert (alert.waybill, alert.site, alert.count, alert.level) == (
        WAYBILL,
        "BRANCH",
        1,
        Level.WARN,
    )
    assert read(carrier).answers == {}
    with carrier.hub.database.writing() as tx:
        answer_alert(tx, alert.id, Act.ACCEPT, "zhao", "recipient came at seven", at(600))
    body = samples.BODY_HASH
    given = {"waybill": WAYBILL, "by": "LIN", "body": body}
    carrier.hand_in(carrier.act(620, ActKind.DELIVER, **given))
    carrier.turn(700)
    assert carrier.breaches() == [BreachKind.UNDELIVERED]
    assert len(carrier.hub.alerts(AlertKind.UNDELIVERED)) == 1
    carrier.hub.clock.at = at(700)
    (line,) = read(carrier).answers[alert.id]
    assert (line.who, line.reason) == ("zhao", "recipient came at seven")
    assert read(carrier, as_of=at(599)).answers == {}


def test_a_delivery_in_time_that_is_heard_of_late_takes_breach_and_alert_back(
    carrier: Carrier,
) -> None:
    carrier.hand_in(carrier.scan(60, Step.OUT_FOR_DELIVERY, "LIN"))
    carrier.turn(540)
    given = {"waybill": WAYBILL, "by": "LIN", "body": samples.BODY_HASH}
    carrier.hand_in(carrier.act(530, ActKind.DELIVER, **given), minute=560)
    assert carrier.breaches() == []
    (alert,) = carrier.hub.alerts(AlertKind.UNDELIVERED)
    assert alert.state is AlertState.CLOSED
