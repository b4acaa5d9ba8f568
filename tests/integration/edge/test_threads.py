"""The threads' outermost loops: what nobody foresaw is logged, counted, and never silent."""

import queue
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from prometheus_client import Counter
from structlog.testing import capture_logs

from devices.backoff import Backoff
from devices.port_thread import BytesRead
from edge.broker_link import BrokerAddress
from edge.clock import SystemClock
from edge.enrolment import EnrolmentRefusedError
from edge.errand_thread import ErrandThread
from edge.failpoints import NO_FAIL_POINTS
from edge.hub_http import HubHttp, HubUnreachableError
from edge.metrics import Metrics
from edge.open_work import OpenWork
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from edge.station import StationCore
from edge.station_events import (
    Acknowledged,
    BodiesDelivered,
    FootageLined,
    FootageLines,
    Input,
    LinkChanged,
    Output,
    Recorded,
    Ticked,
)
from edge.station_thread import INBOX_MAX, ForPage, ForUplink, StationThread
from edge.uplink import Uplink
from edge.uplink_core import UplinkCore
from edge.uplink_events import Disconnected, Publish, Refused
from tests import samples
from tests.integration.edge.rig import Broker, free_port, wait_until
from tests.unit.edge.fakes import Desk, FakeStore
from wire.events import Camera, ClockReading, Segment
from wire.lines import parse_line
from wire.topics import Channel

QUICK = Backoff(first_s=0.01, max_s=0.02)


def count(counter: Counter, *labels: str) -> float:
    found = counter.labels(*labels) if labels else counter
    return float(found._value.get())


class UnforeseenError(Exception):
    """What nobody foresaw."""


# ---------------------------------------------------------------- station


class StationRig:
    def __init__(self, directory: Path) -> None:
        self.metrics = Metrics()
        self.clock = SystemClock()
        self.spool_path = directory / "spool.sqlite"
        self.spool = Spool(self.spool_path, "5" * 32)
        desk = Desk()
        self.core = StationCore(
            desk.setup, self.spool, self.clock, desk.held, None, {}, {}, OpenWork(), FakeStore(), ()
        )
        self.shown: queue.Queue[str] = queue.Queue()
        self.answered: queue.Queue[ForPage] = queue.Queue()
        self.lined: queue.Queue[FootageLined] = queue.Queue()
        self.told: queue.Queue[ForUplink] = queue.Queue()
        self.bodies: queue.Queue[bool] = queue.Queue()
        self.crashed: queue.Queue[bool] = queue.Queue()
        self.thread = StationThread(
            self.core,
            self.spool,
            self.clock,
            self.metrics,
            NO_FAIL_POINTS,
            show=self.shown.put,
            answer=self.answered.put,
            answer_cameras=self.lined.put,
            to_uplink=self.told.put,
            on_bodies=lambda: self.bodies.put(True),
            on_crash=lambda: self.crashed.put(True),
        )


@pytest.fixture
def station(tmp_path: Path) -> Iterator[StationRig]:
    rig = StationRig(tmp_path)
    yield rig
    assert rig.thread.stop(5)
    rig.spool.close()


def test_the_page_hears_from_the_station_at_least_every_second(station: StationRig) -> None:
    station.thread.start({})
    for _ in range(3):
        station.shown.get(timeout=1.5)
    assert station.thread.is_running()


def test_what_was_recorded_is_told_to_the_uplink(station: StationRig) -> None:
    station.thread.start({})
    told = station.told.get(timeout=5)
    assert isinstance(told, Recorded)


def test_footage_is_lined_in_order_with_what_the_clock_is_known_to_be(
    station: StationRig,
) -> None:
    events = tuple(
        event for event in samples.EVENTS.values() if isinstance(event, Camera | Segment)
    )
    station.thread.start({})
    station.thread.put(FootageLines((3, 4), events))
    lined = station.lined.get(timeout=5)
    assert lined.ids == (3, 4)
    with closing(SpoolReader(station.spool_path)) as reader:
        last = [parse_line(line) for line in reader.last_lines(len(events))]
    assert [(type(each), each.clock) for each in last] == [
        (type(each), ClockReading()) for each in events
    ]
    assert last[-1].seq == lined.seq


def test_bodies_are_asked_for_again_once_the_delivered_ones_are_forgotten(
    station: StationRig,
) -> None:
    station.thread.start({})
    station.thread.put(BodiesDelivered(("0" * 64,)))
    assert station.bodies.get(timeout=5)


def test_a_station_that_fails_says_so_and_stops(
    station: StationRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(event: Input) -> list[Output]:
        raise UnforeseenError

    station.thread.start({})
    wait_until(station.thread.is_running, "the station runs")
    monkeypatch.setattr(station.core, "step", explode)
    station.thread.put(Ticked())
    assert station.crashed.get(timeout=5)
    assert not station.thread.is_running()
    assert count(station.metrics.crashes, "station") == 1


def test_touches_are_dropped_and_counted_when_the_queue_is_full(station: StationRig) -> None:
    for _ in range(INBOX_MAX):
        station.thread.put(Acknowledged(1))
    station.thread.put_or_drop(Acknowledged(1))
    assert count(station.metrics.dropped_messages) == 1
    station.thread.start({})


def test_a_station_that_is_never_idle_still_keeps_time(
    station: StationRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: list[Input] = []
    step = station.core.step

    def watch(event: Input) -> list[Output]:
        if isinstance(event, Ticked):
            ticks.append(event)
        return step(event)

    monkeypatch.setattr(station.core, "step", watch)
    station.thread.start({})
    deadline_ns = station.clock.mono_ns() + 2_500_000_000
    while station.clock.mono_ns() < deadline_ns:
        station.thread.put(BytesRead("dock-1", b"", station.clock.mono_ns()))
    assert len(ticks) >= 2


# ---------------------------------------------------------------- uplink


class FakeCore:
    """Stands for ``UplinkCore``; fails as often as it is told."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.events: list[object] = []

    def step(self, event: object) -> list[object]:
        self.events.append(event)
        if self.failures:
            self.failures -= 1
            raise UnforeseenError
        return []

    def wait_ms(self) -> int:
        return 10

    def will(self, connection: str) -> bytes:
        return connection.encode()


def uplink(core: object, port: int, metrics: Metrics) -> Uplink:
    assert isinstance(core, UplinkCore | FakeCore)
    told: Callable[[object], None] = lambda event: None  # noqa: E731  nobody listens here
    address = BrokerAddress("127.0.0.1", port, "755A", "dock")
    outlets = (told, told, told, told, lambda: None, told)
    return Uplink(core, address, SystemClock(), metrics, NO_FAIL_POINTS, *outlets)


def test_an_uplink_that_fails_is_counted_and_goes_on() -> None:
    core, metrics = FakeCore(failures=1), Metrics()
    thread = uplink(core, free_port(), metrics)
    thread.start()
    wait_until(lambda: len(core.events) > 3, "it goes on")
    assert count(metrics.crashes, "uplink") == 1
    assert thread.stop(5)


def test_an_uplink_connects_again_after_its_broker_died(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    core, metrics = FakeCore(failures=0), Metrics()
    thread = uplink(core, broker.port, metrics)
    thread.start()
    wait_until(lambda: metrics.connected._value.get() == 1, "connected")
    broker.kill()
    wait_until(lambda: metrics.connected._value.get() == 0, "disconnected")
    broker.start()
    wait_until(lambda: metrics.connected._value.get() == 1, "connected again")
    names = [type(event).__name__ for event in core.events if type(event).__name__ != "Waited"]
    assert names == ["Connected", "Disconnected", "Connected"]
    assert thread.stop(5)
    broker.kill()


class ChattyCore(FakeCore):
    """Has the same to say at every step."""

    def __init__(self, output: Publish | Refused) -> None:
        super().__init__(failures=0)
        self.output = output

    def step(self, event: object) -> list[object]:
        super().step(event)
        return [self.output]


def test_a_broker_that_acknowledges_nothing_is_left_before_its_queue_fills_the_memory() -> None:
    # It takes the connection and every message; a PUBACK never comes.
    core, metrics = ChattyCore(Publish(Channel.STATE, b"x" * 1000)), Metrics()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(10)
        thread = uplink(core, deaf.getsockname()[1], metrics)
        thread.start()
        first, _ = deaf.accept()
        first.sendall(b"\x20\x03\x00\x00\x00")  # CONNACK: success
        with first, deaf.accept()[0]:
            dropped = [event for event in core.events if isinstance(event, Disconnected)]
            assert dropped == [Disconnected("the broker acknowledges nothing")]
            assert thread.stop(5)


def test_refused_messages_are_all_counted_and_logged_once_a_minute() -> None:
    core, metrics = ChattyCore(Refused("a stranger's signature")), Metrics()
    thread = uplink(core, free_port(), metrics)
    with capture_logs() as logs:
        thread.start()
        wait_until(lambda: count(metrics.refused_messages) > 10, "refused messages")
        assert thread.stop(5)
    refused = [entry for entry in logs if entry["event"] == "message refused"]
    assert [entry["reason"] for entry in refused] == ["a stranger's signature"]


def test_a_full_inbox_drops_and_counts() -> None:
    metrics = Metrics()
    thread = uplink(FakeCore(failures=0), free_port(), metrics)
    for _ in range(1001):
        thread.put(LinkChanged)  # not started: nobody takes anything out
    assert count(metrics.dropped_messages) == 1


# ---------------------------------------------------------------- errands


class FakeErrand:
    """Fails with each of ``errors`` once, then is done."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.runs = 0
        self.is_done = False

    def is_due(self) -> bool:
        return not self.is_done

    def run(self, hub: HubHttp) -> None:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        self.is_done = True


def errands(
    first: FakeErrand | None, others: list[FakeErrand], metrics: Metrics
) -> tuple[ErrandThread, "queue.Queue[str]"]:
    refused: queue.Queue[str] = queue.Queue()
    hub = HubHttp("http://hub", transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    return ErrandThread(hub, first, others, metrics, refused.put, QUICK), refused


def test_errands_come_after_enrolment_and_failures_are_tried_again() -> None:
    metrics = Metrics()
    first = FakeErrand(HubUnreachableError("away"), UnforeseenError())
    other = FakeErrand(HubUnreachableError("away"))
    thread, _ = errands(first, [other], metrics)
    thread.start()
    wait_until(lambda: other.is_done, "both errands")
    assert (first.runs, other.runs) == (3, 2)
    assert count(metrics.crashes, "errands") == 1
    assert thread.stop(5)


def test_a_refused_enrolment_ends_the_program_with_its_sentence() -> None:
    thread, refused = errands(FakeErrand(EnrolmentRefusedError("two edges")), [], Metrics())
    thread.start()
    assert refused.get(timeout=5) == "two edges"
    assert thread.stop(5)
