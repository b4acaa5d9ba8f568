"""Who listens and never reads, and what that costs."""

import os
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.faults.laboratory import Laboratory


@contextmanager
def deaf_client(port: int, path: str, headers: dict[str, str]) -> Iterator[int]:
    """Opens a WebSocket and never reads what comes; yields its own port."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade"]
        lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        assert client.recv(12) == b"HTTP/1.1 101"
        yield int(client.getsockname()[1])


def memory_mib(lab: Laboratory) -> int:
    """What edges, hub and its roles have for themselves."""
    return int(sum(each.memory_full_info().uss for each in _everybody(lab)) / 2**20)


def connected_ports(lab: Laboratory) -> set[int]:
    """The far ends of all connections that edges and hub hold."""
    held = [each for process in _everybody(lab) for each in process.net_connections("tcp")]
    return {each.raddr.port for each in held if each.raddr}


def _everybody(lab: Laboratory) -> list[psutil.Process]:
    programs = [psutil.Process(each.pid) for each in (lab.hub, *lab.edges)]
    return programs + [child for each in programs for child in each.children()]
