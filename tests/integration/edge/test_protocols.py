"""Each protocol on real cables: bytes in, durable on disk, and only then the answer."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.framing import ScannerProtocol
from devices.port_thread import PortThread
from edge.clock import SystemClock
from edge.failpoints import NO_FAIL_POINTS
from edge.metrics import Metrics
from edge.open_work import OpenWork
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from edge.station import StationCore
from edge.station_thread import StationThread
from simulators.cable import Cable, PtyCable
from simulators.scanner import Faults
from simulators.scanner import ScannerProtocol as Spoken
from simulators.simulated_scanner import SimulatedScanner
from simulators.tcp_cable import DialCable
from tests.rig.programs import free_port, wait_until
from tests.unit.edge.fakes import HV, PLAIN, Desk, FakeStore
from wire.events import Event, Feedback, Scan
from wire.lines import parse_line
from wire.names import Signal

ALL = pytest.mark.parametrize("protocol", list(ScannerProtocol))
ANSWER_WAIT_S = 15.0
"""A shared machine stands still for seconds; an answer itself takes milliseconds."""
ANSWERING = pytest.mark.parametrize("protocol", [p for p in ScannerProtocol if p != "plain"])


@dataclass
class Dock:
    """A station's threads on a real spool, and a simulated scanner at the end of its cable."""

    scanner: SimulatedScanner
    spool_path: Path

    def events(self) -> list[Event]:
        with contextlib.closing(SpoolReader(self.spool_path)) as reader:
            return [parse_line(line) for page in reader.pages(None, 1000, 10**6) for line in page]

    def scans(self) -> list[Scan]:
        return [event for event in self.events() if isinstance(event, Scan)]

    def feedback(self) -> list[Feedback]:
        return [event for event in self.events() if isinstance(event, Feedback)]

    def scan(self, code: str, aim: str = "C0") -> Signal | None:
        self.scanner.pull(code, aim)
        answer = self.scanner.wait_answer(ANSWER_WAIT_S)
        return answer.signal if answer else None


@contextlib.contextmanager
def open_dock(directory: Path, protocol: ScannerProtocol, cable: Cable) -> Iterator[Dock]:
    desk = Desk(protocol)
    clock = SystemClock()
    spool = Spool(directory / "spool.sqlite", "5" * 32)
    core = StationCore(
        desk.setup, spool, clock, desk.held, None, {}, {}, OpenWork(), FakeStore(), ()
    )
    station = StationThread(core, spool, clock, Metrics(), NO_FAIL_POINTS, *[lambda *_: None] * 6)
    port = PortThread("dock-1", cable.url, station.put, clock.mono_ns)
    with SimulatedScanner(cable, Spoken(protocol.value)) as scanner:
        station.start({"dock-1": port})
        port.start()
        try:
            wait_until(scanner.cable.has_host, "the station has the cable open")
            # What is sent while it is being opened may be dropped.
            wait_until(lambda: core.desks["dock-1"].is_connected, "the station hears the scanner")
            yield Dock(scanner, directory / "spool.sqlite")
        finally:
            assert port.stop(5)
            assert station.stop(5)
            spool.close()


@pytest.fixture(params=["pty", "dialled"])
def cable(request: pytest.FixtureRequest, tmp_path: Path) -> Cable:
    if request.param == "pty":
        return PtyCable(tmp_path / "scanner")
    return DialCable("127.0.0.1", free_port())


@ANSWERING
def test_a_scan_is_durable_when_its_answer_is_heard(
    protocol: ScannerProtocol, cable: Cable, tmp_path: Path
) -> None:
    with open_dock(tmp_path, protocol, cable) as dock:
        for code, signal in ((PLAIN, Signal.OK), (HV, Signal.WANTED)):
            assert dock.scan(code) is signal
            scan = dock.scans()[-1]
            assert (scan.waybill, scan.aim) == (code, "C0")
            assert scan.source is not None
            assert scan.source.startswith(("pts:/dev/pts/", "tcp:127.0.0.1:"))
        wait_until(lambda: len(dock.feedback()) == 2, "both answers written down")
        acknowledges = protocol in {ScannerProtocol.SSI, ScannerProtocol.NEWLAND}
        words = [line.device_ack for line in dock.feedback()]
        assert words == [True if acknowledges else None] * 2


@ALL
def test_a_code_in_pieces_behind_noise_is_one_scan(
    protocol: ScannerProtocol, tmp_path: Path
) -> None:
    noise_bytes = 0 if protocol is ScannerProtocol.PLAIN else 6
    with open_dock(tmp_path, protocol, PtyCable(tmp_path / "scanner")) as dock:
        dock.scanner.faults = Faults(split_bytes=3, pause_ms=1, noise_bytes=noise_bytes)
        dock.scan(PLAIN)
        wait_until(dock.scans, "the scan is recorded")
        assert [scan.waybill for scan in dock.scans()] == [PLAIN]


@ANSWERING
def test_a_double_delivery_is_answered_twice_and_stored_once(
    protocol: ScannerProtocol, tmp_path: Path
) -> None:
    with open_dock(tmp_path, protocol, PtyCable(tmp_path / "scanner")) as dock:
        dock.scanner.faults = Faults(copies=2)
        assert dock.scan(HV) is Signal.WANTED
        assert dock.scanner.last_pull is not None
        assert dock.scanner.last_pull.answers == 2
        assert len(dock.scans()) == 1


def test_a_long_code_in_several_ssi_packets_is_one_scan(tmp_path: Path) -> None:
    code = "A" * 511
    with open_dock(tmp_path, ScannerProtocol.SSI, PtyCable(tmp_path / "scanner")) as dock:
        assert dock.scan(code, "Q1") is Signal.WARN
        assert [(scan.length, scan.aim) for scan in dock.scans()] == [(511, "Q1")]


def test_a_dialling_scanner_comes_back_with_nothing_lost(tmp_path: Path) -> None:
    cable = DialCable("127.0.0.1", free_port())
    with open_dock(tmp_path, ScannerProtocol.SSI, cable) as dock:
        for n in range(3):
            assert dock.scan(f"{755000000000 + n}") is Signal.OK
            dock.scanner.unplug()
            dock.scanner.replug()
            wait_until(dock.scanner.cable.has_host, "the station has the cable open again")
        assert [scan.waybill for scan in dock.scans()] == [f"{755000000000 + n}" for n in range(3)]
