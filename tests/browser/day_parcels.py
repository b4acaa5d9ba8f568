"""The parcels of a day behind the console's screens: each shows something else of a parcel."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hub.keys import NONCE_BYTES
from hub.parcels.declaring import declare_parcel
from hub.parcels.service import Declaration, ReplaceReason
from hub.parcels.signed_return_store import Check
from hub.parcels.signed_returns import Paper, check, upload
from hub.roles import RoleContext
from tests.browser.hub_process import Pen
from tests.rig.personal import PERSON
from wire.events import ActKind, ContainerKind
from wire.names import Result, Step
from wire.policy import GoodsClass

SUSPECT = "103000004711"
STOPPED = "103000004712"
FOUND = "103000004713"
PASSING = "103000004714"
CARRIED = "103000004720"
FORWARDED, ENDED = "103000004730", "103000004731"
"""The same parcel, before and after it was forwarded."""


def move_parcels(dock: Pen, gate: Pen, belt: Pen) -> None:
    """Bring every parcel to where the screens show it; the pens are 755A's, 755W's and 021W's."""
    _carried(dock, gate)
    _ended(dock, gate, belt)
    _under_way(dock, gate, belt)
    _leave_together(dock, gate, belt)


def _hours(figure: float) -> timedelta:
    return timedelta(hours=figure)


def _carried(dock: Pen, gate: Pen) -> None:
    """A parcel with all that custody knows: handovers of each kind, a store, gaps, a bag."""
    dock.declare(CARRIED, "46800", "755A", "021W", PERSON)
    dock.pull(CARRIED, Step.ACCEPT, "1002", ago=_hours(20))
    given = dock.pull(CARRIED, Step.HANDOVER, "1002", ago=_hours(19.2))
    halves = {"giver": dock.by("1002"), "receiver": dock.by("1001")}
    refused = {"by": dock.by("1001"), "reason": "封签号不符"}
    dock.act(ActKind.HANDOVER_REFUSE, ago=_hours(19.1), scans=(given,), **halves, **refused)
    again = dock.pull(CARRIED, Step.HANDOVER, "1002", ago=_hours(18.5))
    taken = {"by": dock.by("1001"), "step": Step.HANDOVER}
    dock.act(ActKind.HANDOVER_ACCEPT, ago=_hours(18.49), scans=(again,), **halves, **taken)
    dock.pull(CARRIED, Step.STORE, "1001", ago=_hours(18), place="cage1")
    dock.pull(CARRIED, Step.RETRIEVE, "1001", ago=_hours(12.5), place="dock1")
    bag = {"container": "SZ-0090", "container_kind": ContainerKind.BAG}
    dock.pull(CARRIED, Step.PACK, "1001", ago=_hours(12.3), **bag)
    van = {"container": "V-12", "container_kind": ContainerKind.VEHICLE}
    dock.pull(CARRIED, Step.LOAD, "1001", ago=_hours(12), **van)
    dock.pull(CARRIED, Step.DEPART, None, ago=_hours(11.8), **van)
    gate.pull(CARRIED, Step.ARRIVE, "2001", ago=_hours(8))
    gate.pull(CARRIED, Step.HANDOVER, "2001", ago=_hours(7.5))
    # An edge that was cut off sends it hours later, and what was believed changes.
    gate.scan(CARRIED, Result.HV, step=Step.SORT, by=None, container=None, ago=_hours(6))


def _ended(dock: Pen, gate: Pen, belt: Pen) -> None:
    """A parcel under its second waybill: out twice, delivered, its signed paper checked."""
    dock.declare(FORWARDED, "36000", "755A", "755W")
    dock.pull(FORWARDED, Step.ACCEPT, "1002", ago=_hours(40))
    said = Declaration(
        *(Decimal(36000), "755W", "021W", None, None, None),
        goods_class=GoodsClass.ELECTRONICS,
        replaces=FORWARDED,
        replaces_reason=ReplaceReason.FORWARD,
        signed_return=True,
    )
    with belt.database.writing() as tx:
        declare_parcel(tx, ENDED, said, "li", belt.role.policy, datetime.now(UTC) - _hours(31))
    gate.pull(ENDED, Step.ACCEPT, "2001", ago=_hours(30))
    van = {"container": "V-77", "container_kind": ContainerKind.VEHICLE}
    gate.pull(ENDED, Step.LOAD, "2001", ago=_hours(29), **van)
    for step, ago in ((Step.ARRIVE, 20), (Step.OUT_FOR_DELIVERY, 9), (Step.ARRIVE, 6)):
        belt.pull(ENDED, step, None, ago=_hours(ago))
    belt.pull(ENDED, Step.OUT_FOR_DELIVERY, None, ago=_hours(2))
    belt.pull(ENDED, Step.DELIVER, None, ago=_hours(1))
    belt.act(ActKind.DELIVER, ago=_hours(0.99), waybill=ENDED, body="5" * 64)
    _papers(belt.role)


def _papers(role: RoleContext) -> None:
    """Two copies of the signed paper: one could not be read, one is in order."""
    now = datetime.now(UTC)
    said = (("模糊.jpg", False, "看不清签名"), ("签回单.jpg", True, "签名清楚"))
    with role.database.writing() as tx:
        for name, is_good, note in said:
            paper = Paper(name, name.encode(), "驾驶员带回")
            nonce = role.clock.random_bytes(NONCE_BYTES)
            copy = upload(tx, ENDED, paper, role.keys.bodies, nonce, "zhang", now)
            check(tx, ENDED, copy.sha256, Check(now, "li", is_good, note), role.policy)


def _under_way(dock: Pen, gate: Pen, belt: Pen) -> None:
    """Parcels that move as they should, and some that are late or silent for too long."""
    for number, hours in enumerate((0.2, 0.6, 1.1, 2.5, 3.7, 6.0, 30.0)):
        waybill = f"1030000049{number:02d}"
        dock.declare(waybill, "32000", "755A", "021W")
        dock.pull(waybill, Step.ACCEPT, "1002", ago=timedelta(hours=hours))
    van = {"container": "V-77", "container_kind": ContainerKind.VEHICLE}
    for number, hours in enumerate((1.0, 3.0, 9.0, 9.1, 9.2)):
        waybill = f"1030000050{number:02d}"
        gate.declare(waybill, "28000", "755A", "021W")
        gate.pull(waybill, Step.ARRIVE, "2001", ago=timedelta(hours=hours + 1))
        gate.pull(waybill, Step.LOAD, "2001", ago=timedelta(hours=hours), **van)
    dock.pull("103000005200", Step.STORE, "1001", ago=timedelta(hours=3), place="cage1")
    for number in range(2):
        waybill = f"1030000053{number:02d}"
        belt.pull(waybill, Step.OUT_FOR_DELIVERY, None, ago=timedelta(minutes=80))
    for number in (2, 3):
        belt.pull(f"1030000050{number:02d}", Step.ARRIVE, None, ago=timedelta(minutes=9))


def _leave_together(dock: Pen, gate: Pen, belt: Pen) -> None:
    """The suspect leaves in a vehicle with four others; those arrive."""
    others = [f"1030000051{number:02d}" for number in range(4)]
    van = {"container": "V-78", "container_kind": ContainerKind.VEHICLE}
    for waybill in (SUSPECT, *others):
        dock.declare(waybill, "48500", "755A", "021W")
        gate.pull(waybill, Step.LOAD, "2001", ago=timedelta(hours=24.5), **van)
    for waybill in others:
        belt.pull(waybill, Step.ARRIVE, None, ago=timedelta(hours=4))
