"""HV-2.4.2 by air: high value is loaded first, and on one pallet."""

from hub.custody.rules.chain import Breach, BreachKind, Exit
from hub.custody.rules.flights import departures_of, held_by, judge_departure
from hub.custody.rules.records import Container, Record
from tests.custody_parts import Day, bag, minute_of

FLIGHT = Container("flight", "F-1")
HV = [f"10300000000{n}" for n in range(1, 6)]
PLAIN = "755000000001"


def pallet(name: str) -> Container:
    return Container("pallet", name)


class Ramp(Day):
    """The log of flight F-1, and of the bags and pallets that were loaded into it."""

    def __init__(self) -> None:
        super().__init__(site="HUB")

    def load(self, minute: float, waybill: str, step: str = "load", **more: object) -> Record:
        return self.scan(minute, step, "LOADER", waybill=waybill, container=FLIGHT, **more)

    def pack(self, minute: float, unit: Container, *waybills: str) -> list[Record]:
        return [
            self.scan(minute + n / 10, "pack", "SORTER", waybill=each, container=unit)
            for n, each in enumerate(waybills)
        ]

    def move(self, minute: float, unit: Container, step: str = "load", **more: object) -> Record:
        return self.scan(minute, step, "LOADER", unit=unit, container=FLIGHT, **more)

    def judge(self, exits: dict[str, list[Exit]] | None = None) -> list[Breach]:
        logs: dict[Container, list[Record]] = {}
        for record in self.records:
            for each in {record.container, record.unit} - {None}:
                if each is not None:
                    logs.setdefault(each, []).append(record)
        out = dict.fromkeys(logs, exits or {})
        return [
            breach
            for each in departures_of(FLIGHT, logs.get(FLIGHT, []))
            for breach in judge_departure(each, held_by(each, logs, out), frozenset(HV))
        ]


def found(breaches: list[Breach]) -> list[tuple[BreachKind, str | None]]:
    return [(each.kind, each.waybill) for each in breaches]


def test_high_value_before_the_others_is_in_order() -> None:
    ramp = Ramp()
    ramp.load(0, HV[0])
    ramp.load(1, PLAIN)
    ramp.load(2, HV[0], "depart")
    assert ramp.judge() == []


def test_high_value_behind_an_ordinary_parcel_was_not_loaded_first() -> None:
    ramp = Ramp()
    ramp.load(0, HV[0])
    ramp.load(1, PLAIN)
    late = ramp.load(2, HV[1])
    (breach,) = ramp.judge()
    assert (breach.kind, breach.rule) == (BreachKind.NOT_LOADED_FIRST, "HV-2.4.2")
    assert (breach.waybill, breach.evidence, breach.at) == (HV[1], late, minute_of(2))
    assert breach.words == ("F-1",)


def test_a_bag_is_of_high_value_or_ordinary_by_what_was_scanned_into_it() -> None:
    ramp = Ramp()
    ramp.pack(0, bag("PLAIN"), PLAIN, "755000000002")
    ramp.pack(2, bag("HIGH"), HV[0], HV[1])
    ramp.pack(4, bag("MIXED"), HV[2], "755000000003")
    ramp.move(10, bag("MIXED"))
    assert ramp.judge() == []
    ramp.move(11, bag("PLAIN"))
    ramp.move(12, bag("HIGH"))
    late = [(BreachKind.NOT_LOADED_FIRST, each) for each in HV[:2]]
    assert found(ramp.judge()) == late


def test_of_a_bag_whose_parcels_nobody_scanned_nothing_is_known() -> None:
    ramp = Ramp()
    ramp.move(10, bag("UNSEEN"))
    ramp.load(11, HV[0])
    assert ramp.judge() == []


def test_who_was_seen_outside_its_bag_was_not_loaded_with_it() -> None:
    ramp = Ramp()
    put, _ = ramp.pack(0, bag(), HV[0], HV[1])
    ramp.load(5, PLAIN)
    ramp.move(10, bag())
    seen = ramp.scan(20, "sort", "SORTER", waybill=HV[0])
    exits = {HV[0]: [Exit(bag(), put, seen)]}
    assert found(ramp.judge(exits)) == [(BreachKind.NOT_LOADED_FIRST, HV[1])]


def test_the_next_departure_of_the_same_flight_begins_anew() -> None:
    for minute, step in ((5, "depart"), (6, "load")):
        ramp = Ramp()
        ramp.load(0, PLAIN)
        ramp.load(minute, PLAIN, step)
        ramp.load(200 if step == "load" else 10, HV[0])
        # After a depart, or hours after the last scan of what nobody saw depart.
        assert ramp.judge() == []
    elsewhere = Ramp()
    elsewhere.load(0, PLAIN)
    elsewhere.load(10, HV[0], site="FAR")
    assert elsewhere.judge() == []


def test_most_are_on_one_pallet_and_the_others_are_apart() -> None:
    ramp = Ramp()
    ramp.pack(0, pallet("P-1"), *HV[:3])
    ramp.pack(1, pallet("P-2"), HV[3])
    ramp.move(10, pallet("P-1"))
    ramp.move(11, pallet("P-2"))
    ramp.load(12, HV[4])
    assert ramp.judge() == []
    ramp.move(20, pallet("P-1"), "depart")
    apart = ramp.judge()
    assert found(apart) == [(BreachKind.PALLET_APART, each) for each in HV[3:]]
    assert {each.rule for each in apart} == {"HV-2.4.2"}


def test_of_two_equal_parts_the_one_on_a_pallet_is_right() -> None:
    ramp = Ramp()
    ramp.load(0, HV[0])
    ramp.pack(1, pallet("P-1"), HV[1])
    ramp.move(10, pallet("P-1"))
    ramp.load(20, HV[0], "depart")
    assert found(ramp.judge()) == [(BreachKind.PALLET_APART, HV[0])]


def test_a_departure_without_pallets_and_one_that_shares_a_pallet_are_in_order() -> None:
    loose = Ramp()
    loose.load(0, HV[0])
    loose.load(1, HV[1])
    loose.load(5, HV[0], "depart")
    assert loose.judge() == []
    shared = Ramp()
    shared.pack(0, pallet("P-1"), *HV[:2])
    shared.pack(1, pallet("P-2"), PLAIN)
    shared.move(10, pallet("P-1"))
    shared.move(11, pallet("P-2"))
    shared.scan(90, "arrive", "HUBKEEPER", unit=pallet("P-1"), container=FLIGHT, site="FAR")
    assert shared.judge() == []
