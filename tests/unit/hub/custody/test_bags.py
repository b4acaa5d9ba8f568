"""HV-2.4: high-value parcels are bagged apart, and what was packed together leaves together."""

from collections.abc import Mapping, Sequence

from hub.custody.rules.bags import judge_packing, packings_of
from hub.custody.rules.chain import Breach, BreachKind, Exit
from hub.custody.rules.records import Container, Record
from tests.custody_parts import Day, bag, minute_of, truck
from wire.names import Result

HV = [f"10300000000{n}" for n in range(1, 6)]
PLAIN = "755000000001"


class Log(Day):
    """The log of bag B-1 at a hub."""

    def __init__(self) -> None:
        super().__init__(site="HUB")

    def pack(self, minute: float, waybill: str, **more: object) -> Record:
        result = Result.HV if waybill.startswith("103") else Result.CLEAR
        own = {"result": result, "container": bag(), "waybill": waybill}
        return self.scan(minute, "pack", "SORTER", **{**own, **more})

    def move(self, minute: float, step: str, container: Container | None, **more: object) -> Record:
        return self.scan(minute, step, "LOADER", unit=bag(), container=container, **more)

    def judge(self, exits: Mapping[str, Sequence[Exit]] | None = None) -> list[Breach]:
        packings = packings_of(bag(), self.records)
        return [each for one in packings for each in judge_packing(one, exits or {}, ("103",))]


def exit_of(log: Log, minute: float, container: Container, site: str = "HUB") -> list[Exit]:
    return [Exit(bag(), log.scan(minute, "load", "LOADER", container=container, site=site))]


def apart(breaches: list[Breach]) -> list[str | None]:
    return [each.waybill for each in breaches if each.kind is BreachKind.LEFT_SIBLINGS]


def test_high_value_parcels_alone_in_a_bag_are_in_order() -> None:
    log = Log()
    for n, waybill in enumerate(HV):
        log.pack(n, waybill)
    assert log.judge() == []


def test_an_ordinary_parcel_among_them_is_a_breach_for_each() -> None:
    log = Log()
    first, other, second = log.pack(0, HV[0]), log.pack(1, PLAIN), log.pack(2, HV[1])
    found = log.judge()
    assert {each.waybill: each.evidence for each in found} == {HV[0]: other, HV[1]: second}
    assert {(each.rule, each.words) for each in found} == {("HV-2.4.1", ("B-1",))}
    assert first.waybill == HV[0]


def test_ordinary_parcels_alone_are_in_order() -> None:
    log = Log()
    log.pack(0, PLAIN)
    log.pack(1, "755000000002")
    assert log.judge() == []


def test_a_parcel_that_the_scanner_knows_as_wanted_is_no_ordinary_one() -> None:
    log = Log()
    log.pack(0, HV[0])
    log.pack(1, PLAIN, result=Result.WANTED)
    assert log.judge() == []


def test_a_bag_that_went_away_or_to_another_site_is_packed_anew() -> None:
    log = Log()
    log.pack(0, HV[0])
    log.move(5, "load", truck())
    log.pack(600, PLAIN)
    log.pack(700, HV[1], site="FAR")
    assert [set(each.members) for each in packings_of(bag(), log.records)] == [
        {HV[0]},
        {PLAIN},
        {HV[1]},
    ]
    assert log.judge() == []


def test_who_is_loaded_into_another_vehicle_than_its_bag_left_its_siblings() -> None:
    log = Log()
    for n, waybill in enumerate(HV):
        log.pack(n, waybill)
    log.move(10, "load", truck("V-1"))
    exits = {HV[2]: exit_of(log, 20, truck("V-2"))}
    (breach,) = log.judge(exits)
    assert (breach.kind, breach.rule, breach.waybill) == (
        BreachKind.LEFT_SIBLINGS,
        "HV-2.4.2",
        HV[2],
    )
    assert breach.at == minute_of(20)


def test_who_is_scanned_singly_into_the_bags_own_vehicle_left_nobody() -> None:
    log = Log()
    for n, waybill in enumerate(HV):
        log.pack(n, waybill)
    log.move(10, "load", truck("V-1"))
    assert log.judge({HV[2]: exit_of(log, 20, truck("V-1"))}) == []


def test_of_a_bag_that_was_emptied_into_vehicles_the_minority_left() -> None:
    log = Log()
    for n, waybill in enumerate(HV[:3]):
        log.pack(n, waybill)
    exits = {waybill: exit_of(log, 10, truck("V-1")) for waybill in HV[:2]}
    assert log.judge(exits) == []
    exits[HV[2]] = exit_of(log, 11, truck("V-2"))
    assert apart(log.judge(exits)) == [HV[2]]


def test_of_two_that_parted_nobody_knows_which_one_left() -> None:
    log = Log()
    log.pack(0, HV[0])
    log.pack(1, HV[1])
    exits = {HV[0]: exit_of(log, 10, truck("V-1")), HV[1]: exit_of(log, 11, truck("V-2"))}
    assert apart(log.judge(exits)) == HV[:2]


def test_a_load_at_another_site_or_of_another_packing_is_not_held_against_this_one() -> None:
    log = Log()
    for n, waybill in enumerate(HV[:3]):
        log.pack(n, waybill)
    log.move(10, "load", truck("V-1"))
    log.move(300, "unload", truck("V-1"), site="FAR")
    log.pack(600, HV[3])
    exits = {
        HV[0]: exit_of(log, 400, truck("V-9"), site="FAR"),
        HV[1]: exit_of(log, 700, truck("V-9")),
    }
    assert log.judge(exits) == []
