"""Cables on real ptys and real TCP ports."""

import os
import select
from pathlib import Path

import pytest

from simulators import cable as cable_module
from simulators.cable import (
    CableTakenError,
    HungUpError,
    PtyCable,
    UnreadError,
    wait_host,
)
from simulators.tcp_cable import TcpCable
from tests.integration.simulators.hosts import open_cable, open_pty, wait_readable

AnyCable = PtyCable | TcpCable


def test_bytes_pass_unchanged_in_both_directions(cable: AnyCable) -> None:
    every_byte = bytes(range(256))
    fd, close = open_cable(cable)
    assert wait_host(cable, 5)
    cable.write(every_byte)
    got = b""
    while len(got) < len(every_byte):
        wait_readable(fd)
        got += os.read(fd, 4096)
    assert got == every_byte
    os.write(fd, every_byte)
    back = b""
    while len(back) < len(every_byte):
        back += cable.read(5)
    assert back == every_byte
    close()


def test_nobody_at_the_other_end_is_a_hang_up_before_and_after_a_host(cable: AnyCable) -> None:
    for _ in range(2):
        assert not wait_host(cable, 0)
        with pytest.raises(HungUpError):
            cable.write(b"x")
        with pytest.raises(HungUpError):
            cable.read(5)
        _, close = open_cable(cable)
        assert wait_host(cable, 5)
        assert cable.read(0) == b""
        close()


def test_a_host_that_comes_while_the_cable_is_read_has_sent_nothing_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between "nobody is there" and reading it opened the port."""
    cable = PtyCable(tmp_path / "scanner")
    _, close = open_cable(cable)
    assert wait_host(cable, 5)
    monkeypatch.setattr(cable_module, "poll_file", lambda *_: select.POLLHUP)
    assert cable.read(0) == b""
    close()
    cable.unplug()


def test_what_a_host_sent_before_it_left_can_still_be_read(cable: AnyCable) -> None:
    fd, close = open_cable(cable)
    assert wait_host(cable, 5)
    os.write(fd, b"\x1b7,")
    close()
    assert cable.read(5) == b"\x1b7,"
    with pytest.raises(HungUpError):
        cable.read(5)


def test_a_pulled_plug_ends_the_host_and_comes_back_under_the_same_url(cable: AnyCable) -> None:
    url = cable.url
    fd, close = open_cable(cable)
    assert wait_host(cable, 5)
    cable.unplug()
    cable.unplug()
    wait_readable(fd)
    try:
        assert os.read(fd, 10) == b""
    except OSError as error:
        assert error.errno is not None
    close()
    with pytest.raises(OSError, match=r"(?i)refused|no such file"):
        open_cable(cable)
    with pytest.raises(HungUpError):
        cable.read(0)
    with pytest.raises(HungUpError):
        cable.write(b"x")
    cable.plug()
    cable.plug()
    assert cable.url == url
    fd, close = open_cable(cable)
    assert wait_host(cable, 5)
    cable.write(b"again")
    wait_readable(fd)
    assert os.read(fd, 10) == b"again"
    close()


def test_a_host_that_reads_nothing_takes_no_more_bytes_after_a_while(
    cable: AnyCable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cable_module, "WRITE_TIMEOUT_S", 0.05)
    _, close = open_cable(cable)
    assert wait_host(cable, 5)
    with pytest.raises(UnreadError):
        for _ in range(1000):
            cable.write(b"x" * 65536)
    close()


def test_the_next_host_of_a_pty_does_not_get_what_the_last_one_left_unread(tmp_path: Path) -> None:
    cable = PtyCable(tmp_path / "scanner")
    fd = open_pty(cable.path)
    cable.write(b"]C0755000000001\r")
    os.close(fd)
    with pytest.raises(HungUpError):
        cable.read(5)
    fd = open_pty(cable.path)
    cable.write(b"new")
    assert os.read(fd, 100) == b"new"
    os.close(fd)
    cable.unplug()


def test_a_newer_tcp_host_replaces_the_older(tmp_path: Path) -> None:
    cable = TcpCable("127.0.0.1", 0)
    old, close_old = open_cable(cable)
    assert wait_host(cable, 5)
    new, close_new = open_cable(cable)
    cable.write(b"x")
    wait_readable(new)
    assert os.read(new, 10) == b"x"
    wait_readable(old)
    assert os.read(old, 10) == b""
    close_old()
    close_new()
    cable.unplug()


@pytest.mark.parametrize("kind", ["file", "folder", "foreign link"])
def test_a_path_that_belongs_to_something_else_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "scanner"
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path)
    with pytest.raises(CableTakenError, match="no simulated port"):
        PtyCable(path)
    assert path.exists()
    assert path.is_symlink() == (kind == "foreign link")


def test_a_link_that_a_killed_simulator_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "scanner"
    path.symlink_to("/dev/pts/99999")
    cable = PtyCable(path)
    assert path.exists()
    cable.unplug()
    assert not path.is_symlink()


def test_a_link_that_another_simulator_took_over_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "scanner"
    first, second = PtyCable(path), PtyCable(path)
    first.unplug()
    assert path.exists()
    second.unplug()


def test_a_path_in_no_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CableTakenError, match=r"cannot make .*: No such file or directory"):
        PtyCable(tmp_path / "none" / "scanner")


def test_a_taken_tcp_port_is_one_sentence() -> None:
    cable = TcpCable("127.0.0.1", 0)
    with pytest.raises(CableTakenError, match=f"cannot listen on 127.0.0.1:{cable.port}"):
        TcpCable("127.0.0.1", cable.port)
    cable.unplug()
