"""Playing beats: what is said, and what counts as a surprise. No cable, no clock."""

import pytest

from simulators.answers import Answer
from simulators.children import ChildDiedError
from simulators.hub_rest import HubRestError
from simulators.play import Beat, PlugBeat, ScanBeat, WantedBeat
from simulators.scanner import Faults
from simulators.stage import Stage
from wire.names import Signal

SCAN = ScanBeat("dock-1", b"755000000001", Signal.OK, "ordinary parcel", pause_s=1.5)
WANT = WantedBeat("755000000001", "stop", "damaged", "禁止流转", "STOP", "stops it", pause_s=2.0)


class FakeScanner:
    def __init__(self, signal: Signal | None = Signal.OK, *, has_host: bool = True) -> None:
        self.faults = Faults(delay_ms=7)
        self.plugged = True
        self.scanned: list[tuple[bytes, str, Faults]] = []
        self._signal = signal
        self._has_host = has_host

    def wait_host(self, timeout_s: float) -> bool:
        return self._has_host

    def scan(self, code: bytes, aim: str) -> Answer | None:
        self.scanned.append((code, aim, self.faults))
        return Answer(self._signal, b"", 0) if self._signal else None

    def unplug(self) -> None:
        assert self.plugged
        self.plugged = False

    def replug(self) -> None:
        assert not self.plugged
        self.plugged = True


class FakeHub:
    def __init__(self, refusal: str | None = None) -> None:
        self.wanted: list[tuple[str, dict[str, str]]] = []
        self._refusal = refusal

    def put_wanted(self, waybill: str, entry: dict[str, str]) -> None:
        if self._refusal:
            raise HubRestError(self._refusal)
        self.wanted.append((waybill, entry))


class FakeChildren:
    def __init__(self, dies_after: int = 10_000) -> None:
        self.pauses: list[float] = []
        self._dies_after = dies_after

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) >= self._dies_after:
            raise ChildDiedError("hub has ended")


class Fixture:
    def __init__(self, scanner: FakeScanner, hub: FakeHub, children: FakeChildren) -> None:
        self.lines: list[str] = []
        self.stage = Stage(
            {"dock-1": scanner}, {"dock-1": "755A"}, hub, children, self.lines.append
        )

    def play(self, *beats: Beat) -> int:
        return self.stage.play(beats)


def test_a_scan_is_one_line_with_place_code_words_sound_and_meaning() -> None:
    scanner, children = FakeScanner(), FakeChildren()
    fixture = Fixture(scanner, FakeHub(), children)
    assert fixture.play(SCAN) == 1
    (line,) = fixture.lines
    assert line[10:] == "755A dock-1  755000000001  ordinary parcel  ->  OK 已记录 recorded"
    assert scanner.scanned == [(b"755000000001", "C0", Faults(delay_ms=7, copies=1))]
    assert children.pauses == [1.5]
    assert fixture.stage.surprises == 0


@pytest.mark.parametrize(
    ("signal", "sound"), [(Signal.REJECT, "REJECT"), (None, "ERROR TONE 无应答 no answer")]
)
def test_another_answer_than_expected_is_a_surprise(signal: Signal | None, sound: str) -> None:
    fixture = Fixture(FakeScanner(signal), FakeHub(), FakeChildren())
    assert fixture.play(SCAN, SCAN) == 2
    assert sound in fixture.lines[0]
    assert fixture.lines[1].endswith("意外 SURPRISE: 应为 expected ok")
    assert fixture.stage.surprises == 2


def test_a_label_with_escape_characters_cannot_reach_the_terminal() -> None:
    fixture = Fixture(FakeScanner(Signal.REJECT), FakeHub(), FakeChildren())
    fixture.play(ScanBeat("dock-1", b"755\x1b7,", Signal.REJECT, "hostile", 1.0))
    assert "755<ESC>7," in fixture.lines[0]
    assert fixture.lines[0].isprintable()


def test_a_wanted_entry_is_put_with_an_end_and_said() -> None:
    hub = FakeHub()
    fixture = Fixture(FakeScanner(), hub, FakeChildren())
    fixture.play(WANT)
    ((waybill, entry),) = hub.wanted
    assert waybill == "755000000001"
    assert set(entry) == {"result", "reason", "banner_zh", "banner_en", "expires_at"}
    assert "755000000001  stops it: damaged" in fixture.lines[0]


def test_a_hub_that_refuses_an_entry_is_a_surprise_and_the_play_goes_on() -> None:
    fixture = Fixture(FakeScanner(), FakeHub("the hub answered 503"), FakeChildren())
    assert fixture.play(WANT, SCAN) == 2
    assert "the hub answered 503" in fixture.lines[1]
    assert fixture.stage.surprises == 1


def test_the_plug_is_pulled_and_put_in_again() -> None:
    scanner = FakeScanner()
    fixture = Fixture(scanner, FakeHub(), FakeChildren())
    fixture.play(PlugBeat("dock-1", False, "pulls its plug", 1.0))
    assert not scanner.plugged
    fixture.play(PlugBeat("dock-1", True, "plugs in", 1.0))
    assert scanner.plugged


def test_waiting_for_an_edge_has_an_end_and_the_scan_is_tried_all_the_same() -> None:
    scanner, children = FakeScanner(None, has_host=False), FakeChildren()
    fixture = Fixture(scanner, FakeHub(), children)
    fixture.play(SCAN)
    assert sum(children.pauses) == pytest.approx(15.0 + SCAN.pause_s)
    assert len(scanner.scanned) == 1


def test_a_program_that_dies_ends_the_play() -> None:
    fixture = Fixture(FakeScanner(), FakeHub(), FakeChildren(dies_after=2))
    with pytest.raises(ChildDiedError):
        fixture.play(SCAN, SCAN, SCAN)
    assert len(fixture.lines) == 2
