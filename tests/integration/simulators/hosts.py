"""The near end of a cable for these tests: a host that opens the port and answers by a table.

Uses the operating system only, no code of ``devices`` or ``simulators``.
"""

import contextlib
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from simulators.cable import PtyCable
from simulators.tcp_cable import TcpCable

OK = b"\x1b7,"


def wait_readable(fd: int, timeout_s: float = 5.0) -> None:
    assert select.select([fd], [], [], timeout_s)[0], "nothing came over the cable"


def open_pty(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_NOCTTY)


def open_cable(cable: PtyCable | TcpCable) -> tuple[int, Callable[[], None]]:
    """The descriptor of an opened near end, and how to close it."""
    if isinstance(cable, PtyCable):
        fd = open_pty(cable.path)
        return fd, lambda: os.close(fd)
    connection = socket.create_connection((cable.host, cable.port), timeout=5)
    connection.setblocking(True)
    return connection.fileno(), connection.close


@contextlib.contextmanager
def answering_host(
    cable: PtyCable | TcpCable, answer: Callable[[bytes], bytes]
) -> Iterator[list[bytes]]:
    """Opens the cable and answers each frame in a thread; yields the frames it has read."""
    fd, close = open_cable(cable)
    stop_read, stop_write = os.pipe()
    frames: list[bytes] = []

    def serve() -> None:
        held = b""
        while True:
            ready, _, _ = select.select([fd, stop_read], [], [])
            if fd not in ready:
                return
            try:
                chunk = os.read(fd, 4096)
            except OSError:
                return
            if not chunk:
                return
            held += chunk
            while b"\r" in held:
                frame, _, held = held.partition(b"\r")
                frames.append(frame)
                os.write(fd, answer(frame))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield frames
    finally:
        os.write(stop_write, b"x")
        thread.join(5)
        os.close(stop_read)
        os.close(stop_write)
        close()
    assert not thread.is_alive()
