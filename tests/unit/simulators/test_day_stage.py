"""A day's work on the stage: in its time, with the right answers expected."""

import random
from datetime import datetime, timedelta

import pytest

from simulators.carrier.build import Size, build_world
from simulators.carrier.pulls import Call, Pull, Typed
from simulators.carrier.timetable import BRISK
from simulators.day_stage import (
    BEHIND_MAX,
    CLOCK_TRIES_MAX,
    GUARD_S,
    MARGIN_S,
    NAP_S,
    DayStage,
)
from simulators.demo_day import DESK
from simulators.play import Beat, ScanBeat
from simulators.stage import Stage
from tests.unit.simulators.stage_fakes import (
    RATE,
    START,
    FakeChildren,
    FakeClock,
    FakeHub,
    FakeScanner,
    FakeTypist,
)
from wire.names import Signal, format_at

MARGIN = timedelta(seconds=MARGIN_S) * RATE
WORLD = build_world(random.Random(1), Size(1, 1, 3), BRISK, ())
BEAT = ScanBeat("gate-1", b"888000000001", Signal.OK, "ordinary", pause_s=2.0)
HOUR = timedelta(hours=1)


class Looker:
    def __init__(self) -> None:
        self.looks: list[datetime] = []

    def look(self, now: datetime) -> None:
        self.looks.append(now)


class Fixture:
    def __init__(self, hub: FakeHub | None = None, typist: FakeTypist | None = None) -> None:
        self.lines: list[str] = []
        self.hub, self.typist = hub or FakeHub(), typist or FakeTypist()
        self.clock = FakeClock()
        self.children = FakeChildren(self.clock)
        self.gate, self.dock, self.desk = FakeScanner(), FakeScanner(), FakeScanner()
        self.scenes = Stage(
            {"gate-1": self.gate}, "755A", self.hub, self.children, self.clock, self.lines.append
        )
        scanners = {("755A", "dock-1"): self.dock, ("755A", DESK): self.desk}
        self.seen: list[Pull] = []
        self.stage = DayStage(
            scanners, {"755A": self.typist}, self.hub, WORLD, self.scenes, self.seen.append
        )
        self.looker = Looker()

    def play(self, *doings: Pull | Typed | Call, beats: tuple[Beat, ...] = ()) -> None:
        self.stage.play(doings, iter(beats or [BEAT] * 20), [self.looker])


def pull(code: str, after: timedelta = timedelta()) -> Pull:
    return Pull(START + after, "755A", "dock", "dock-1", code)


def test_what_is_due_later_waits_and_what_is_overdue_is_done_at_once() -> None:
    fixture = Fixture()
    fixture.play(pull("755000000001", -HOUR), pull("755000000002", HOUR / 10))
    assert [code for code, *_ in fixture.dock.scanned] == ["755000000001", "755000000002"]
    assert fixture.stage.pulls == 2
    assert fixture.clock.at - START >= HOUR / 10
    assert fixture.looker.looks


def test_an_onlooker_is_told_once_that_the_machine_is_too_slow_for_the_day() -> None:
    fixture = Fixture()
    fixture.play(pull("755000000001", -BEHIND_MAX / 2))
    assert not [line for line in fixture.lines if "too slow" in line]
    late = [pull(f"75500000001{n}", -BEHIND_MAX - HOUR) for n in range(3)]
    fixture.play(*late)
    (told,) = [line for line in fixture.lines if "too slow" in line]
    assert " h late" in told
    assert len(fixture.dock.scanned) == 4, "late work is done all the same"


def test_scenes_are_played_while_the_day_waits_and_their_end_ends_the_play() -> None:
    fixture = Fixture()
    fixture.play(pull("755000000001", HOUR), beats=(BEAT, BEAT))
    assert len(fixture.gate.scanned) == 2
    assert not fixture.dock.scanned, "without scenes there is nobody to play for"


def test_a_piece_of_work_is_one_line_and_an_unexpected_answer_a_surprise() -> None:
    fixture = Fixture()
    keeper = WORLD.receiver_at("755A", START)
    codes = [f"CX:BY:{keeper}", "CX:STEP:load", "CX:VEH:V1", "755000000001", "CX:END"]
    fixture.play(*map(pull, codes))
    day = [line for line in fixture.lines if "dock-1" in line]
    name = next(each.name for each in WORLD.people if each.badge == keeper)
    assert day == [f"09:20:00  755A  dock-1  {name} 装车 loads: 1 件 parcels (0 高价值 HV)"]
    assert fixture.scenes.surprises == 0
    fixture.dock.signal = Signal.OK
    fixture.play(pull("103000000001"))
    assert any("应为 expected wanted, 实为 heard ok" in line for line in fixture.lines)
    assert fixture.scenes.surprises == 1


@pytest.mark.parametrize("code", ["CX:STEP:load", "755000000002"])
def test_nothing_is_scanned_twice_within_the_stations_guard(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    fixture = Fixture()
    now_s = 100.0
    monkeypatch.setattr("simulators.day_stage.time.monotonic", lambda: now_s)
    fixture.play(pull(code), pull("755000000001"), pull(code))
    guarded = [each for each in fixture.children.pauses if each == pytest.approx(GUARD_S)]
    assert len(guarded) == 1


def test_a_late_day_begins_no_work_that_a_shifts_end_would_cut_and_others_go_on() -> None:
    fixture = Fixture()
    end = WORLD.next_shift_end("755A", START)
    fixture.clock.at = end - timedelta(minutes=1)
    begun = [pull("CX:BY:755A-03"), pull("CX:STEP:load")]
    order = Call(START, "PUT", "parcels/103000000001", {})
    fixture.play(*begun, order, pull("CX:END", timedelta(minutes=1)))
    assert fixture.hub.sent, "what has no shift is done in its time"
    assert fixture.clock.at >= end + MARGIN
    assert [code for code, *_ in fixture.dock.scanned] == [
        "CX:BY:755A-03",
        "CX:STEP:load",
        "CX:END",
    ]


def test_work_that_has_begun_goes_on_through_a_shifts_end() -> None:
    fixture = Fixture()
    end = WORLD.next_shift_end("755A", START)
    late = [pull("CX:STEP:load", end - START), pull("CX:END", end - START)]
    fixture.clock.at = end - timedelta(minutes=3)
    fixture.play(pull("CX:BY:755A-03"), *late, beats=(BEAT,) * 5)
    assert len(fixture.dock.scanned) == 3
    assert fixture.clock.at < end + timedelta(minutes=10)


def edge(last_state_at: datetime | None, clock: dict[str, int | None] | None) -> dict[str, object]:
    at = None if last_state_at is None else format_at(last_state_at)
    return {"site": "755A", "clock": clock, "last_state_at": at}


def test_a_site_whose_clock_is_behind_changes_shifts_later() -> None:
    fixture = Fixture()
    hub_now = START - timedelta(minutes=3)
    # The hub is three minutes behind us, and this edge four behind the hub.
    fixture.hub.answers["edges"] = {"items": [edge(hub_now, {"offset_ms": 240_000, "error_ms": 5})]}
    fixture.stage.compare_clocks()
    end = WORLD.next_shift_end("755A", START)
    fixture.clock.at = end + timedelta(minutes=6)
    fixture.play(pull("CX:BY:755A-03"))
    assert fixture.clock.at >= end + timedelta(minutes=7) + MARGIN


@pytest.mark.parametrize("unsure", [edge(None, None), edge(START, {"offset_ms": None})])
def test_an_edge_that_does_not_know_its_clock_is_waited_for_and_then_taken_to_be_right(
    unsure: dict[str, object],
) -> None:
    fixture = Fixture()
    fixture.hub.answers["edges"] = {"items": [unsure]}
    fixture.stage.compare_clocks()
    assert len(fixture.children.pauses) == CLOCK_TRIES_MAX
    end = WORLD.next_shift_end("755A", START)
    fixture.clock.at = end + timedelta(minutes=3)
    fixture.play(pull("CX:BY:755A-03"))
    assert max(fixture.children.pauses) <= NAP_S


def test_a_hub_that_does_not_tell_its_edges_is_a_surprise() -> None:
    fixture = Fixture(FakeHub("the hub did not answer"))
    fixture.stage.compare_clocks()
    assert fixture.scenes.surprises == 1


def test_orders_and_signatures_go_to_hub_and_station_page() -> None:
    fixture = Fixture()
    order = {"declared_value_cny": "30000.00"}
    fixture.play(
        Call(START, "PUT", "parcels/103000000001", order),
        Typed(START, "755A", "dock", "hht-04", "deliver", "103000000001", "ID-1"),
    )
    assert fixture.hub.sent == [("PUT", "parcels/103000000001", order)]
    assert fixture.typist.signed == [("103000000001", "ID-1")]


def test_what_hub_or_page_refuse_is_a_surprise_and_the_day_goes_on() -> None:
    fixture = Fixture(FakeHub("the hub answered 503"), FakeTypist("the page is away"))
    fixture.play(
        Call(START, "PUT", "parcels/103000000001", {}),
        Typed(START, "755A", "dock", "hht-04", "deliver", "103000000001", "ID-1"),
        pull("755000000001"),
    )
    assert fixture.scenes.surprises == 2
    assert any("the hub answered 503" in line for line in fixture.lines)
    assert any("the page is away" in line for line in fixture.lines)
    assert len(fixture.dock.scanned) == 1


def test_a_search_is_answered_by_the_keeper_on_duty_at_the_desk() -> None:
    fixture = Fixture()
    fixture.stage.answer_search("755A", 7)
    keeper = WORLD.receiver_at("755A", START)
    assert [code for code, *_ in fixture.desk.scanned] == [f"CX:BY:{keeper}", "CX:END"]
    assert fixture.typist.searched == [(DESK, 7, False)]


def test_a_search_that_cannot_be_answered_is_a_surprise() -> None:
    fixture = Fixture(typist=FakeTypist("the search was closed"))
    fixture.stage.answer_search("755A", 7)
    assert fixture.scenes.surprises == 1


def test_every_scanner_is_waited_for() -> None:
    fixture = Fixture()
    fixture.stage.wait_hosts()
    assert fixture.children.pauses == []
