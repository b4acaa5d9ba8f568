"""The far end of a cable, real enough: a pty master or a listening socket in the test's hands."""

import os
import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from devices.port_thread import Backoff, PortEvent, PortThread

PATIENCE_S = 5.0


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

    def __init__(self, url: str) -> None:
        self._events: queue.Queue[PortEvent] = queue.Queue()
        self.fail_on: type[PortEvent] | None = None
        self.thread = PortThread(
            "dock-1", url, self._take, time.monotonic_ns, Backoff(first_s=0.01, max_s=0.05)
        )

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

    def next[E](self, kind: type[E]) -> E:
        """The next event, which must be of this kind."""
        event = self._events.get(timeout=PATIENCE_S)
        assert isinstance(event, kind), event
        return event

    def rest(self) -> list[PortEvent]:
        events = []
        while not self._events.empty():
            events.append(self._events.get())
        return events


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    threads, files = set(threading.enumerate()), set(os.listdir("/proc/self/fd"))
    yield
    assert set(threading.enumerate()) <= threads
    assert set(os.listdir("/proc/self/fd")) <= files
