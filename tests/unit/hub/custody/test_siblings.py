"""HV-2.4: high-value parcels are bagged apart, and what was packed together leaves together."""

from collections.abc import Mapping, Sequence

import pytest

from hub.custody.rules.chain import Breach, BreachKind, Exit
from hub.custody.rules.records import Container, Record
from hub.custody.rules.siblings import judge_lot, lots_of
from tests.custody_parts import Day, bag, kinds, minute_of, truck
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
        # The parcels' scans by themselves name no bag: they stand in no bag's log.
        log = [each for each in self.records if each.unit is not None or each.step == "pack"]
        lots = lots_of(bag(), log)
        return [each for lot in lots for each in judge_lot(lot, exits or {}, frozenset(HV))]


def exits_of(log: Log, waybill: str, *seen: Record) -> dict[str, list[Exit]]:
    """Scans of a parcel by itself although the bag's log says that it was packed."""
    put = next(each for each in log.records if each.waybill == waybill)
    return {waybill: [Exit(bag(), put, each) for each in seen]}


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


@pytest.mark.parametrize("answer", [Result.WANTED, Result.STOP])
def test_an_ordinary_parcel_that_is_wanted_is_packed_with_others_as_it_may(answer: Result) -> None:
    log = Log()
    log.pack(0, PLAIN, result=answer)
    log.pack(1, "755000000002")
    assert log.judge() == []


@pytest.mark.parametrize("answer", [Result.WANTED, Result.STOP])
def test_a_wanted_ordinary_parcel_beside_one_of_high_value_hides_no_breach(answer: Result) -> None:
    log = Log()
    log.pack(0, HV[0])
    other = log.pack(1, PLAIN, result=answer)
    (breach,) = log.judge()
    assert (breach.kind, breach.waybill, breach.evidence) == (
        BreachKind.BAGGED_WITH_OTHERS,
        HV[0],
        other,
    )


def test_what_is_declared_of_high_value_is_high_value_on_any_waybill() -> None:
    log = Log()
    log.pack(0, PLAIN, result=Result.WANTED)
    log.pack(1, "755000000002")
    (lot,) = lots_of(bag(), log.records)
    (breach,) = judge_lot(lot, {}, frozenset({PLAIN}))
    assert (breach.kind, breach.waybill) == (BreachKind.BAGGED_WITH_OTHERS, PLAIN)


def test_a_bag_that_went_away_or_to_another_site_is_packed_anew() -> None:
    log = Log()
    log.pack(0, HV[0])
    log.move(5, "load", truck())
    log.pack(600, PLAIN)
    log.pack(700, HV[1], site="FAR")
    assert [set(each.members) for each in lots_of(bag(), log.records)] == [
        {HV[0]},
        {PLAIN},
        {HV[1]},
    ]
    assert log.judge() == []


def packed(log: Log, waybills: Sequence[str] = HV) -> None:
    for n, waybill in enumerate(waybills):
        log.pack(n, waybill)


def test_who_is_seen_behind_when_its_bag_has_departed_left_its_siblings() -> None:
    log = Log()
    packed(log)
    log.move(10, "load", truck("V-1"))
    log.move(20, "depart", truck("V-1"))
    seen = log.scan(30, "retrieve", "SORTER")
    (breach,) = log.judge(exits_of(log, HV[2], seen))
    assert (breach.kind, breach.rule) == (BreachKind.LEFT_SIBLINGS, "HV-2.4.2")
    assert (breach.waybill, breach.evidence, breach.at) == (HV[2], seen, minute_of(30))


def test_who_is_seen_before_its_bag_departs_may_still_go_with_it() -> None:
    log = Log()
    packed(log)
    log.move(10, "load", truck("V-1"))
    exits = exits_of(log, HV[2], log.scan(15, "inspect", "SORTER"))
    log.move(20, "depart", truck("V-1"))
    assert log.judge(exits) == []


def test_a_departure_that_was_not_scanned_shows_when_the_bag_is_elsewhere() -> None:
    log = Log()
    packed(log)
    log.move(10, "load", truck("V-1"))
    exits = exits_of(log, HV[2], log.scan(30, "sort", "SORTER"))
    assert log.judge(exits) == []
    log.move(300, "arrive", truck("V-1"), site="FAR")
    assert apart(log.judge(exits)) == [HV[2]]


def test_who_is_loaded_singly_left_its_siblings_only_in_another_vehicle() -> None:
    log = Log()
    packed(log)
    log.move(10, "load", truck("V-1"))
    same = log.scan(11, "load", "LOADER", container=truck("V-1"))
    other = log.scan(12, "load", "LOADER", container=truck("V-2"))
    assert log.judge(exits_of(log, HV[2], same)) == []
    assert apart(log.judge(exits_of(log, HV[2], same, other))) == [HV[2]]


def test_where_all_of_a_bag_are_seen_behind_nobody_left_the_others() -> None:
    log = Log()
    packed(log, HV[:2])
    log.move(10, "depart", truck("V-1"))
    exits = exits_of(log, HV[0], log.scan(30, "sort", "SORTER"))
    exits |= exits_of(log, HV[1], log.scan(31, "sort", "SORTER"))
    assert log.judge(exits) == []
    assert apart(log.judge(dict([next(iter(exits.items()))]))) == [HV[0]]


def test_what_is_seen_behind_of_another_packing_is_not_held_against_this_one() -> None:
    log = Log()
    packed(log, HV[:3])
    exits = exits_of(log, HV[0], log.scan(700, "sort", "SORTER"))
    log.move(10, "depart", truck("V-1"))
    log.move(300, "unload", truck("V-1"), site="FAR")
    log.pack(600, HV[3])
    first, second = lots_of(bag(), [each for each in log.records if each.step != "sort"])
    assert apart(judge_lot(first, exits, frozenset(HV))) == [HV[0]]
    assert judge_lot(second, exits, frozenset(HV)) == []


# ---------------------------------------------------------------- vehicles


def loaded_together(log: Log, waybills: Sequence[str]) -> list[Record]:
    return [
        log.scan(n, "load", "LOADER", waybill=waybill, container=truck())
        for n, waybill in enumerate(waybills)
    ]


def test_who_is_seen_behind_its_vehicle_left_those_who_were_loaded_with_it() -> None:
    log = Log()
    loads = loaded_together(log, HV[:2])
    log.scan(30, "depart", "DRIVER", waybill=HV[1], container=truck())
    seen = log.scan(60, "load", "LOADER", container=truck("V-2"))
    (lot,) = lots_of(truck(), [*loads, *log.records[2:3]])
    found = judge_lot(lot, {HV[0]: [Exit(truck(), loads[0], seen)]}, frozenset(HV))
    assert [(each.waybill, each.words) for each in found] == [(HV[0], ("V-1",))]
    assert judge_lot(lot, {HV[0]: [Exit(truck(), loads[0], loads[1])]}, frozenset(HV)) == []


def test_a_vehicle_may_carry_ordinary_parcels_beside_high_value_ones() -> None:
    log = Log()
    loaded_together(log, [HV[0], PLAIN])
    assert judge_lot(lots_of(truck(), log.records)[0], {}, frozenset(HV)) == []


def test_the_next_trip_of_the_same_vehicle_is_another_lot() -> None:
    log = Log()
    loaded_together(log, HV[:2])
    log.scan(30, "depart", "DRIVER", waybill=HV[1], container=truck())
    log.scan(500, "load", "LOADER", waybill=HV[2], container=truck())
    assert [set(lot.members) for lot in lots_of(truck(), log.records)] == [set(HV[:2]), {HV[2]}]


def test_a_later_trip_whose_loads_nobody_scanned_does_not_move_this_ones_departure() -> None:
    log = Log()
    loads = loaded_together(log, HV[:2])
    log.scan(30, "depart", "DRIVER", waybill=HV[1], container=truck())
    seen = log.scan(60, "load", "LOADER", container=truck("V-2"))
    for minute, site in ((200, "FAR"), (1500, "HUB")):
        log.scan(minute, "depart", "DRIVER", waybill=HV[2], container=truck(), site=site)
    (lot,) = lots_of(truck(), [each for each in log.records if each is not seen])
    assert lot.left_at == minute_of(30)
    assert apart(judge_lot(lot, {HV[0]: [Exit(truck(), loads[0], seen)]}, frozenset(HV))) == [HV[0]]
    without_far = [each for each in log.records if each.site == "HUB" and each is not seen]
    assert lots_of(truck(), without_far)[0].left_at == minute_of(30)


def test_a_parcel_may_leave_a_bag_that_went_on_the_vehicle_and_is_then_its_sibling() -> None:
    log = Log()
    (load,) = loaded_together(log, HV[:1])
    unit = log.scan(5, "load", "LOADER", unit=bag(), container=truck())
    gone = log.scan(30, "depart", "DRIVER", unit=bag(), container=truck())
    (lot,) = lots_of(truck(), [load, unit, gone])
    seen = log.scan(60, "sort", "SORTER")
    assert apart(judge_lot(lot, {HV[0]: [Exit(truck(), load, seen)]}, frozenset(HV))) == [HV[0]]


# ---------------------------------------------------------------- from the fold


def test_the_fold_tells_where_a_parcel_was_seen_by_itself_after_it_was_put_in() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    put = day.scan(5, "pack", "SORTER", container=bag())
    day.scan(8, "load", "LOADER", unit=bag(), container=truck())
    seen = day.scan(10, "handover", "SORTER")
    assert day.chain().exits == (Exit(bag(), put, seen),)


def test_seen_at_another_site_or_departed_it_has_left_as_it_should() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    day.scan(5, "load", "LOADER", container=truck())
    day.scan(10, "depart", "DRIVER", container=truck())
    day.scan(90, "arrive", "KEEPER", site="BRANCH", container=truck())
    chain = day.chain()
    assert chain.exits == ()
    assert chain.spans[-1].containers == ()


def test_what_happened_to_its_bag_is_not_held_against_who_had_stayed_behind() -> None:
    day = Day(site="HUB")
    day.scan(0, "accept", "SORTER")
    day.scan(5, "pack", "SORTER", container=bag())
    day.scan(20, "depart", "DRIVER", unit=bag(), container=truck())
    day.scan(90, "arrive", "KEEPER", unit=bag(), container=truck(), site="BRANCH")
    assert kinds(day.chain()) == [BreachKind.NO_HANDOVER]
    day.scan(200, "sort", "SORTER")
    assert kinds(day.chain()) == []
