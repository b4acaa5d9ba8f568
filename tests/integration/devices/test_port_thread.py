"""Port threads on real ptys and real TCP: unplugged, hung, flooded, crashed. Faults in pairs."""

import contextlib
import itertools
import os
import queue
import socket
import threading
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from devices.framing import ScannerProtocol, make_framer
from devices.port_thread import (
    ANSWER_TIMEOUT_NS,
    OUTBOUND_ANSWERS_MAX,
    AnswerFailed,
    AnswerSent,
    Backoff,
    BytesRead,
    MonoClock,
    PortEvent,
    PortLost,
    PortOpened,
    PortThread,
)

BIG = b"\x1b6," * 2_000_000
"""More than any cable takes while nobody reads."""


def test_a_code_comes_off_the_cable_with_its_time_and_the_ports_source(
    cable: Any, attach: Any
) -> None:
    with attach(cable.url) as station:
        source = station.next(PortOpened).source
        assert source.startswith(("pts:/dev/pts/", f"tcp:127.0.0.1:{cable.url.split(':')[-1]}"))
        before_ns = time.monotonic_ns()
        cable.write(b"]C0103000000001\r")
        event = station.next(BytesRead)
        assert event.device == "dock-1"
        assert before_ns <= event.read_ns <= time.monotonic_ns()


def test_every_byte_value_passes_both_ways_unchanged(cable: Any, attach: Any) -> None:
    every_byte = bytes(range(256))
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(every_byte)
        assert station.read(256) == every_byte
        assert station.thread.send(every_byte, 1)
        assert cable.read(256) == every_byte


def test_answers_reach_the_scanner_in_order_and_are_reported_sent(cable: Any, attach: Any) -> None:
    with attach(cable.url) as station:
        station.next(PortOpened)
        before_ns = time.monotonic_ns()
        for token, data in enumerate([b"\x1b7,", b"", b"\x1b8,"]):
            assert station.thread.send(data, token)
        sent = [station.next(AnswerSent) for _ in range(3)]
        assert [event.token for event in sent] == [0, 1, 2]
        assert before_ns <= sent[0].sent_ns <= sent[2].sent_ns <= time.monotonic_ns()
        assert cable.read(6) == b"\x1b7,\x1b8,"


def test_an_unplugged_cable_is_lost_once_and_back_when_plugged_in(cable: Any, attach: Any) -> None:
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"]C0755000000017\r")
        station.read(16)
        for _ in range(2):
            cable.unplug()
            assert "gone" in station.next(PortLost).reason
            time.sleep(0.3)  # several tries to open it, none of them told
            assert station.rest() == []
            cable.plug()
            station.next(PortOpened)
            cable.write(b"]C0755000000018\r")
            assert station.read(16) == b"]C0755000000018\r"


def test_a_half_code_ends_with_the_outage(cable: Any, attach: Any) -> None:
    framer = make_framer(ScannerProtocol.HONEYWELL)
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"]C01030000")
        assert framer.feed(station.read(10)) == []
        cable.unplug()
        station.next(PortLost)
        framer.reset()
        cable.plug()
        station.next(PortOpened)
        cable.write(b"]C0755000000017\r")
        assert [f.raw for f in framer.feed(station.read(16))] == [b"755000000017"]


def test_a_port_that_was_never_there_is_told_once_and_opened_when_it_comes(
    pty_cable: Any, attach: Any
) -> None:
    pty_cable.unplug()
    with attach(pty_cable.url) as station:
        assert station.next(PortLost).reason == f"{pty_cable.url} does not exist"
        time.sleep(0.3)
        assert station.rest() == []
        assert not station.thread.send(b"\x1b7,", 1)
        pty_cable.plug()
        station.next(PortOpened)


def test_an_answer_to_a_lost_port_is_refused_and_no_event_follows(cable: Any, attach: Any) -> None:
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"x")
        station.read(1)
        cable.unplug()
        station.next(PortLost)
        assert not station.thread.send(b"\x1b7,", 1)
        assert station.rest() == []


def test_an_answer_that_was_sent_before_the_unplug_stays_sent(cable: Any, attach: Any) -> None:
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"x")
        station.read(1)
        assert station.thread.send(b"\x1b7,", 1)
        assert station.next(AnswerSent).token == 1
        cable.unplug()
        station.next(PortLost)
        assert station.rest() == []


def test_answers_that_wait_at_the_unplug_have_failed_before_the_loss_is_told(
    cable: Any, attach: Any
) -> None:
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"x")
        station.read(1)
        assert station.thread.send(BIG, 1)
        assert station.thread.send(b"\x1b7,", 2)
        cable.unplug()
        assert [station.next(AnswerFailed).token for _ in range(2)] == [1, 2]
        station.next(PortLost)


def test_an_answer_of_which_a_hung_scanner_took_half_starts_the_cable_anew(
    cable: Any, attach: Any
) -> None:
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"x")
        station.read(1)
        assert station.thread.send(BIG, 1)
        cable.write(b"]C0755000000017\r")
        assert station.read(16) == b"]C0755000000017\r"  # it hangs one way only
        failed, lost = station.next(AnswerFailed), station.next(PortLost)
        assert (failed.token, failed.reason) == (1, lost.reason)
        assert lost.reason == "the scanner took half an answer and no more"
        station.next(PortOpened)


def test_answers_that_a_hung_scanner_does_not_take_fail_in_time_and_hold_up_nothing(
    cable: Any, pty_cable: Any, attach: Any
) -> None:
    with attach(pty_cable.url) as hung, attach(cable.url) as other:
        hung.next(PortOpened)
        other.next(PortOpened)
        fill_output(pty_cable.url)
        begun = time.monotonic()
        taken = [hung.thread.send(b"\x1b7,", n) for n in range(OUTBOUND_ANSWERS_MAX + 1)]
        assert taken == [True] * OUTBOUND_ANSWERS_MAX + [False]
        cable.write(b"y")
        assert other.read(1) == b"y"
        assert other.thread.send(b"\x1b7,", 1)
        other.next(AnswerSent)
        pty_cable.write(b"x")
        assert hung.read(1) == b"x"
        assert time.monotonic() - begun < 0.9  # all that while the first answer still waited
        failed = [hung.next(AnswerFailed) for _ in range(OUTBOUND_ANSWERS_MAX)]
        assert [event.token for event in failed] == list(range(OUTBOUND_ANSWERS_MAX))
        assert {event.reason for event in failed} == {"the scanner did not take the answer in time"}
        assert 1 <= time.monotonic() - begun < 3
        assert hung.thread.send(b"\x1b7,", 99)  # the port itself stayed open
    assert ANSWER_TIMEOUT_NS == 10**9


def test_an_answer_that_waited_too_long_for_its_own_thread_is_not_given_late(
    cable: Any,
) -> None:
    # A full inbox holds the thread up; a tone afterwards would be taken for the next parcel's.
    events: queue.Queue[PortEvent] = queue.Queue()
    inbox_has_room = threading.Event()
    now_ns = [0]

    def take(event: PortEvent) -> None:
        events.put(event)
        if isinstance(event, BytesRead):
            inbox_has_room.wait(5)

    thread = PortThread("dock-1", cable.url, take, lambda: now_ns[0], Backoff(0.01, 0.05))
    thread.start()
    assert isinstance(events.get(timeout=5), PortOpened)
    cable.write(b"x")
    assert isinstance(events.get(timeout=5), BytesRead)
    assert thread.send(b"\x1b7,", 1)
    now_ns[0] = ANSWER_TIMEOUT_NS
    inbox_has_room.set()
    failed = events.get(timeout=5)
    assert isinstance(failed, AnswerFailed)
    assert thread.send(b"\x1b8,", 2)
    assert cable.read(3) == b"\x1b8,"  # the first thing that the scanner hears
    assert thread.stop(5)


def fill_output(path: str) -> None:
    """Fill what the cable holds towards the scanner, so that it takes no further byte."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    full_since = time.monotonic()
    while time.monotonic() - full_since < 0.1:  # the kernel moves bytes on and makes room again
        with contextlib.suppress(BlockingIOError):
            os.write(descriptor, b"z")
            full_since = time.monotonic()
    os.close(descriptor)


def test_a_flood_arrives_whole_and_in_order(cable: Any, attach: Any) -> None:
    flood = b"".join(b"]C0%012d\r" % n for n in range(20_000))
    with attach(cable.url) as station:
        station.next(PortOpened)
        received = b""
        for start in range(0, len(flood), 2048):
            cable.write(flood[start : start + 2048])
            received += station.read(len(flood[start : start + 2048]))
        assert received == flood


@pytest.mark.parametrize("kind", [PortOpened, BytesRead, AnswerSent])
def test_a_crash_is_counted_logged_told_as_a_loss_and_survived(
    cable: Any, attach: Any, kind: type[PortEvent]
) -> None:
    station = attach(cable.url)
    if kind is PortOpened:
        station.fail_on = kind
    with capture_logs() as logs, station:
        if kind is not PortOpened:
            station.next(PortOpened)
            station.fail_on = kind
            cable.write(b"x")
            if kind is AnswerSent:
                station.read(1)
                assert station.thread.send(b"\x1b7,", 1)
        assert "failed" in station.next(PortLost).reason
        if hasattr(cable, "hang_up"):
            cable.peer()
            cable.hang_up()
        station.next(PortOpened)
        cable.write(b"]C0755000000017\r")
        assert station.read(16) == b"]C0755000000017\r"
        assert station.thread.crashes == 1
    assert [(log["event"], log["device"], log["exc_info"]) for log in logs] == [
        ("port thread failed", "dock-1", True)
    ]


def test_a_loss_that_could_not_be_told_is_told_again(cable: Any, attach: Any) -> None:
    with capture_logs(), attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"x")
        station.read(1)
        station.fail_on = PortLost
        cable.unplug()
        assert station.next(PortLost)
        assert station.thread.crashes == 1


def test_every_accepted_answer_ends_exactly_once_while_the_cable_flaps(attach: Any) -> None:
    accepted = []
    with (
        contextlib.closing(Flapping()) as scanner,
        attach(scanner.url, Backoff(first_s=0, max_s=0)) as station,
    ):
        flapping = threading.Thread(target=scanner.hang_up_on_all, args=(1.0,))
        flapping.start()
        for token in itertools.count():
            if station.thread.send(b"\x1b7,", token):
                accepted.append(token)
            if not flapping.is_alive():
                break
        flapping.join()
        assert station.thread.stop(5)
        ended = [e.token for e in station.rest() if isinstance(e, AnswerSent | AnswerFailed)]
    assert len(accepted) > 10
    assert ended == accepted
    assert station.thread.crashes == 0


def test_a_stopped_thread_fails_what_waits_and_closes_the_port(cable: Any, attach: Any) -> None:
    with attach(cable.url) as station:
        station.next(PortOpened)
        cable.write(b"x")
        station.read(1)
        assert station.thread.send(BIG, 1)
        assert station.thread.stop(5)
        failed = station.next(AnswerFailed)
        assert (failed.token, failed.reason) == (1, "the station stopped")
        assert station.rest() == []
        assert not station.thread.send(b"\x1b7,", 2)
        assert station.thread.stop(5)


def test_a_thread_that_never_started_can_be_stopped(attach: Any) -> None:
    assert attach("/dev/does-not-exist").thread.stop(0)


def test_the_wait_doubles_up_to_its_bound() -> None:
    backoff = Backoff()
    assert [backoff.delay_s(n) for n in (1, 2, 3, 5, 6, 10**9)] == [0.2, 0.4, 0.8, 3.2, 5.0, 5.0]


class Flapping:
    """A scanner that hangs up on everyone who connects."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.url = "tcp://{}:{}".format(*self._listener.getsockname()[:2])

    def hang_up_on_all(self, for_s: float) -> None:
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                self._listener.accept()[0].close()

    def close(self) -> None:
        self._listener.close()


def count_openings(attach: Any, clock: MonoClock) -> int:
    with (
        contextlib.closing(Flapping()) as scanner,
        attach(scanner.url, Backoff(first_s=0.02, max_s=5), clock) as station,
    ):
        scanner.hang_up_on_all(for_s=0.8)
        return sum(isinstance(event, PortOpened) for event in station.rest())


def test_a_flapping_cable_is_opened_ever_more_rarely(attach: Any) -> None:
    assert 3 <= count_openings(attach, time.monotonic_ns) <= 6


def test_a_cable_that_held_for_long_is_opened_again_at_once(attach: Any) -> None:
    minutes = itertools.count(0, 60 * 10**9)
    assert count_openings(attach, lambda: next(minutes)) > 8
