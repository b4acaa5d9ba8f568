"""A simulated scanner that dials an edge, and the program that is one."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.cable import HungUpError, wait_host
from simulators.tcp_cable import DialCable

ROOT = Path(__file__).parents[3]


@pytest.fixture
def edge() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


@pytest.fixture
def cable(edge: socket.socket) -> Iterator[DialCable]:
    made = DialCable(*edge.getsockname())
    yield made
    made.unplug()


def test_bytes_pass_both_ways(edge: socket.socket, cable: DialCable) -> None:
    assert wait_host(cable, 5)
    assert cable.url == "tcp-listen://127.0.0.1:{1}".format(*edge.getsockname())
    with edge.accept()[0] as host:
        cable.write(b"755\r")
        assert host.recv(10) == b"755\r"
        host.sendall(b"\x1b7,")
        assert cable.read(5) == b"\x1b7,"


def test_a_host_that_hung_up_is_dialled_again(edge: socket.socket, cable: DialCable) -> None:
    for _ in range(2):
        assert wait_host(cable, 5)
        edge.accept()[0].close()
        with pytest.raises(HungUpError, match="closed the connection"):
            cable.read(5)


def test_an_unplugged_cable_does_not_dial(edge: socket.socket, cable: DialCable) -> None:
    assert wait_host(cable, 5)
    cable.unplug()
    assert not cable.has_host()
    with edge.accept()[0] as host:
        assert host.recv(1) == b""
    cable.plug()
    assert cable.has_host()


def test_nobody_listening_is_no_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    cable = DialCable(*address)
    assert not cable.has_host()
    with pytest.raises(HungUpError, match="nobody is connected"):
        cable.write(b"x")


def test_the_program_dials_and_speaks_what_it_is_told(edge: socket.socket, tmp_path: Path) -> None:
    (tmp_path / "codes").write_text("755000000001\n")
    args = ["--protocol", "newland", "--codes", str(tmp_path / "codes")]
    args += ["--dial", "127.0.0.1:{1}".format(*edge.getsockname())]
    command = [sys.executable, "-m", "simulators", "scanner", *args]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process,
        contextlib.closing(edge.accept()[0]) as host,
    ):
        assert host.recv(100) == b"]C0755000000001\r"
        host.sendall(b"~\x010000#BEEPON2000F090T20V;\x03")
        assert host.recv(100) == b"\x02\x010000#BEEPON2000F090T20V\x06;\x03"
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert out.splitlines()[-1].split()[:2] == ["755000000001", "ok"]
