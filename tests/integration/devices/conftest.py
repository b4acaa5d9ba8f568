"""The far end of a cable, real enough: a pty master or a listening socket in the test's hands."""

import os
import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Self, TypeVar

import pytest

from devices.backoff import Backoff
from devices.port_thread import BytesRead, MonoClock, PortEvent, PortThread

PATIENCE_S = 5.0
QUICK = Backoff(first_s=0.01, max_s=0.05)
E = TypeVar("E")


class PtyCable:
    """A pty whose slave end a symlink names, so that it can be unplugged and plugged in again."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.url = str(link)
        self._master = -1
        self.plug()

    def plug(self) -> None:
        self._master, slave = os.openpty()
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
            self.link.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        os.write(self._master, data)

    def read(self, size: int) -> bytes:
        return _read_exactly(self._master, size, lambda n: os.read(self._master, n))

    close = unplug


class TcpCable:
    """A listening scanner; unplugging hangs up and stops listening, the port number stays."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()[:2]
        self.url = "tcp://{}:{}".format(*self.address)
        self._peer: socket.socket | None = None

    def plug(self) -> None:
        self._listener = socket.create_server(self.address)

    def peer(self) -> socket.socket:
        if self._peer is None:
            self._listener.settimeout(PATIENCE_S)
            self._peer, _ = self._listener.accept()
        return self._peer

    def unplug(self) -> None:
        self.hang_up()
        self._listener.close()

    def hang_up(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None

    def write(self, data: bytes) -> None:
        self.peer().sendall(data)

    def read(self, size: int) -> bytes:
        peer = self.peer()
        return _read_exactly(peer.fileno(), size, peer.recv)

    close = unplug


Cable = PtyCable | TcpCable


def _read_exactly(descriptor: int, size: int, read: Callable[[int], bytes]) -> bytes:
    data = b""
    while len(data) < size:
        ready, _, _ = select.select([descriptor], [], [], PATIENCE_S)
        assert ready, f"only {data!r} of {size} bytes arrived"
        data += read(size - len(data))
    return data


class Station:
    """A port thread with its events in a queue, as the edge holds it."""

    def __init__(
        self,
        url: str,
        backoff: Backoff = QUICK,
        clock: MonoClock = time.monotonic_ns,
    ) -> None:
        self._events: queue.Queue[PortEvent] = queue.Queue()
        self.fail_on: type[PortEvent] | None = None
        self.thread = PortThread("dock-1", url, self._take, clock, backoff)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.thread.stop(PATIENCE_S)

    def _take(self, event: PortEvent) -> None:
        if self.fail_on is not None and isinstance(event, self.fail_on):
            self.fail_on = None
            raise RuntimeError("a fault in whoever takes the events")
        self._events.put(event)

    def next(self, kind: type[E]) -> E:
        """The next event, which must be of this kind."""
        event = self._events.get(timeout=PATIENCE_S)
        assert isinstance(event, kind), event
        return event

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes from the cable, in as many reads as they came."""
        data = b""
        while len(data) < size:
            data += self.next(BytesRead).data
        return data

    def rest(self) -> list[PortEvent]:
        events = []
        while not self._events.empty():
            events.append(self._events.get())
        return events


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    threads, files = set(threading.enumerate()), open_files()
    yield
    assert set(threading.enumerate()) <= threads
    assert open_files() <= files


@pytest.fixture(params=["pty", "tcp"])
def cable(request: pytest.FixtureRequest, tmp_path: Path, no_leaks: None) -> Iterator[Cable]:
    with closing(PtyCable(tmp_path / "dock-1") if request.param == "pty" else TcpCable()) as cable:
        yield cable


@pytest.fixture
def pty_cable(tmp_path: Path, no_leaks: None) -> Iterator[PtyCable]:
    with closing(PtyCable(tmp_path / "dock-2")) as cable:
        yield cable


@pytest.fixture
def attach(no_leaks: None) -> type[Station]:
    """A port thread on a cable, as a context manager of the cable's URL."""
    return Station
