"""Playing beats: what is said, and what counts as a surprise. No cable, no clock."""

from datetime import timedelta

import pytest

from simulators.children import ChildDiedError
from simulators.play import Beat, PlugBeat, ScanBeat, WantedBeat
from simulators.scanner import Faults
from simulators.stage import Stage
from tests.unit.simulators.stage_fakes import (
    RATE,
    START,
    FakeChildren,
    FakeClock,
    FakeHub,
    FakeScanner,
)
from wire.names import Signal, format_at

SCAN = ScanBeat("gate-1", b"888000000001", Signal.OK, "ordinary parcel", pause_s=1.5)
WANT = WantedBeat("888000000001", "stop", "damaged", "禁止流转", "STOP", "stops it", pause_s=2.0)


class Fixture:
    def __init__(self, scanner: FakeScanner, hub: FakeHub, children: FakeChildren) -> None:
        self.lines: list[str] = []
        self.clock = FakeClock()
        self.stage = Stage(
            {"gate-1": scanner}, "755A", hub, children, self.clock, self.lines.append, speed=2.0
        )

    def play(self, *beats: Beat) -> None:
        for beat in beats:
            self.stage.perform(beat)


def test_a_scan_is_one_line_with_place_code_words_sound_and_meaning() -> None:
    scanner = FakeScanner()
    fixture = Fixture(scanner, FakeHub(), FakeChildren())
    fixture.play(SCAN)
    (line,) = fixture.lines
    words = "888000000001  ordinary parcel  ->  OK 已记录 recorded"
    assert line == f"09:20:00  755A  gate-1  {words}"
    assert scanner.scanned == [(b"888000000001", "C0", Faults(delay_ms=7, copies=1))]
    assert (fixture.stage.beats, fixture.stage.surprises) == (1, 0)


def test_a_pause_is_an_onlookers_however_fast_the_day_runs() -> None:
    fixture = Fixture(FakeScanner(), FakeHub(), FakeChildren())
    assert fixture.stage.perform(SCAN) - START == timedelta(seconds=SCAN.pause_s / 2 * RATE)


@pytest.mark.parametrize(
    ("signal", "sound"), [(Signal.REJECT, "REJECT"), (None, "ERROR TONE 无应答 no answer")]
)
def test_another_answer_than_expected_is_a_surprise(signal: Signal | None, sound: str) -> None:
    fixture = Fixture(FakeScanner(signal), FakeHub(), FakeChildren())
    fixture.play(SCAN, SCAN)
    assert sound in fixture.lines[0]
    assert fixture.lines[1].endswith("意外 SURPRISE: 应为 expected ok")
    assert fixture.stage.surprises == 2


def test_a_label_with_escape_characters_cannot_reach_the_terminal() -> None:
    fixture = Fixture(FakeScanner(Signal.REJECT), FakeHub(), FakeChildren())
    fixture.play(ScanBeat("gate-1", b"888\x1b7,", Signal.REJECT, "hostile", 1.0))
    assert "888<ESC>7," in fixture.lines[0]
    assert fixture.lines[0].isprintable()


def test_a_wanted_entry_is_put_with_an_end_and_said() -> None:
    hub = FakeHub()
    fixture = Fixture(FakeScanner(), hub, FakeChildren())
    fixture.play(WANT)
    ((method, path, entry),) = hub.sent
    assert (method, path) == ("PUT", "wanted/888000000001")
    assert entry is not None
    assert set(entry) == {"result", "reason", "banner_zh", "banner_en", "expires_at"}
    ten_minutes_of_an_onlooker = timedelta(minutes=10) * RATE
    assert entry["expires_at"] == format_at(START + ten_minutes_of_an_onlooker)
    assert "888000000001  stops it: damaged" in fixture.lines[0]


def test_a_hub_that_refuses_an_entry_is_a_surprise_and_the_play_goes_on() -> None:
    fixture = Fixture(FakeScanner(), FakeHub("the hub answered 503"), FakeChildren())
    fixture.play(WANT, SCAN)
    assert "the hub answered 503" in fixture.lines[1]
    assert (fixture.stage.beats, fixture.stage.surprises) == (2, 1)


def test_the_plug_is_pulled_and_put_in_again() -> None:
    scanner = FakeScanner()
    fixture = Fixture(scanner, FakeHub(), FakeChildren())
    fixture.play(PlugBeat("gate-1", False, "pulls its plug", 1.0))
    assert not scanner.plugged
    fixture.play(PlugBeat("gate-1", True, "plugs in", 1.0))
    assert scanner.plugged


def test_waiting_for_an_edge_has_an_end_and_the_scan_is_tried_all_the_same() -> None:
    scanner, children = FakeScanner(None, has_host=False), FakeChildren()
    fixture = Fixture(scanner, FakeHub(), children)
    fixture.play(SCAN)
    assert sum(children.pauses) == pytest.approx(15.0)
    assert len(scanner.scanned) == 1


def test_a_program_that_dies_ends_the_play() -> None:
    fixture = Fixture(FakeScanner(has_host=False), FakeHub(), FakeChildren(dies_after=2))
    with pytest.raises(ChildDiedError):
        fixture.play(SCAN)
    assert fixture.lines == []
