"""Opening ports: each thing that is no usable cable is one clear sentence."""

import errno
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from serial.tools import list_ports

from devices import ports
from devices.ports import PortError, open_port, validate_url


@pytest.mark.parametrize(
    "url",
    ["/dev/ttyACM0", "/dev/serial/by-id/usb-x", "/tmp/a b", "tcp://10.0.0.7:9100",
     "tcp://scanner.local:65535", "tcp://[::1]:1"],
)  # fmt: skip
def test_a_path_or_a_tcp_address_is_a_url(url: str) -> None:
    validate_url(url)


@pytest.mark.parametrize(
    "url",
    ["", "COM3", "ttyACM0", "udp://a:1", "tcp:/a:1", "tcp://", "tcp://a", "tcp://a:0",
     "tcp://a:65536", "tcp://a:x", "tcp://:9100", "tcp://u@a:1", "tcp://a:1/x", "tcp://a:1?x",
     "tcp://a:1#x", "tcp://[::1:1", "TCP://a:1", "tcp://a b:1", "tcp://a:1\n", "tcp://包:1", "tcp://a:１"],
)  # fmt: skip
def test_anything_else_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"^scanner url .* must be .*tcp://host:port") as caught:
        validate_url(url)
    assert "\n" not in str(caught.value)


def test_a_nul_in_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        validate_url("/dev/tty\0")


def test_an_address_to_listen_on_is_a_literal_one() -> None:
    validate_url("tcp-listen://0.0.0.0:9100")
    validate_url("tcp-listen://[::1]:9100")
    with pytest.raises(ValueError, match="must listen on an IP address"):
        validate_url("tcp-listen://localhost:9100")


def refusal(url: str) -> str:
    with pytest.raises(PortError) as caught:
        open_port(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_path(tmp_path: Path) -> None:
    assert refusal(f"{tmp_path}/none") == f"{tmp_path}/none does not exist"


def test_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "none")
    assert refusal(f"{tmp_path}/link") == f"{tmp_path}/link does not exist"


def test_a_plain_file_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"precious")
    assert refusal(str(file)) == f"{file} is a plain file, not a serial port"
    assert file.read_bytes() == b"precious"


def test_a_directory(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)) == f"{tmp_path} is a directory, not a serial port"


def test_a_character_device_without_line_settings() -> None:
    assert refusal("/dev/null") == "/dev/null is not a serial port"


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be opened: Not a directory" in refusal(f"{tmp_path}/file/x")


def test_a_port_held_by_another_process(pty_cable: Any) -> None:
    hold = "import serial,sys; p = serial.Serial(sys.argv[1], exclusive=True); print(); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, pty_cable.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert refusal(pty_cable.url) == f"{pty_cable.url} is held by another process"
        holder.communicate(b"\n", timeout=10)
    open_port(pty_cable.url).close()


def test_a_port_that_is_open_here_is_held_too(pty_cable: Any) -> None:
    with closing(open_port(pty_cable.url)):
        assert "held by another process" in refusal(pty_cable.url)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EACCES, "may not be opened by this user"), (errno.EPERM, "may not be opened"),
     (errno.EBUSY, "held by another process"), (errno.EIO, "cannot be opened: Input/output error"),
     (errno.ENXIO, "cannot be opened: No such device or address")],
)  # fmt: skip
def test_what_the_system_refuses_for_other_reasons(
    monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(ports.serial, "Serial", refuse)
    assert words in refusal("/dev/null")


def test_a_cable_that_goes_away_while_it_is_opened_is_let_go(
    monkeypatch: pytest.MonkeyPatch, pty_cable: Any
) -> None:
    def vanish(_: int) -> str:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(ports.os, "ttyname", vanish)
        assert "went away while it was opened" in refusal(pty_cable.url)
    open_port(pty_cable.url).close()


def test_a_pulled_cable_is_a_port_error_for_reading_and_writing(cable: Any) -> None:
    with closing(open_port(cable.url)) as port:
        assert port.write(b"") == 0
        cable.write(b"x")
        cable.unplug()
        for act in (port.read, lambda: port.write(b"x" * 10_000)):
            with pytest.raises(PortError, match=r"^the cable is gone: "):
                for _ in range(3):
                    act()


def test_a_port_that_is_full_takes_nothing_and_never_blocks(cable: Any) -> None:
    refused = 0
    with closing(open_port(cable.url)) as port:
        deadline = time.monotonic() + 5
        while refused < 3:  # the kernel moves bytes on, and room comes back for a moment
            refused += port.write(b"x" * 65536) == 0
            assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("vid", "serial_number", "source"),
    [(0x0C2E, "22A4", "usb:0C2E:0B61:22A4"), (0x0C2E, "a\x00\nb" + "c" * 90, None),
     (0x0C2E, None, "usb:0C2E:0B61:None"), (None, None, "tty:/dev/ttyACM0")],
)  # fmt: skip
def test_a_usb_port_is_named_by_its_ids_and_its_serial_number_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch, vid: int | None, serial_number: str | None, source: str | None
) -> None:
    there = SimpleNamespace(device="/dev/ttyACM0", vid=vid, pid=0x0B61, serial_number=serial_number)
    other = SimpleNamespace(device="/dev/ttyACM1", vid=1, pid=2, serial_number="no")
    monkeypatch.setattr(list_ports, "comports", lambda: [other, there])
    monkeypatch.setattr(ports.os, "ttyname", lambda _: "/dev/ttyACM0")
    assert ports._serial_source(0) == (source or "usb:0C2E:0B61:ab" + "c" * 62)


# ---------------------------------------------------------------- TCP


def test_a_tcp_scanner_that_does_not_listen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert refusal(f"tcp://127.0.0.1:{port}").startswith(f"127.0.0.1:{port} does not answer: ")


def test_a_host_that_no_resolver_can_spell() -> None:
    assert "does not answer" in refusal(f"tcp://{'a' * 70}:9100")


def test_a_connection_to_itself_is_no_scanner() -> None:
    with socket.socket() as cable:
        cable.bind(("127.0.0.1", 0))
        cable.connect(cable.getsockname())
        with pytest.raises(ConnectionRefusedError, match="nobody listens there"):
            ports._prepare_tcp(cable)


def test_a_silent_tcp_scanner_is_probed_and_answers_are_not_held_back() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        closing(open_port(f"tcp://127.0.0.1:{server.getsockname()[1]}")) as port,
        socket.socket(fileno=os.dup(port.fileno())) as cable,
    ):
        for level, option, value in ports._TCP_OPTIONS:
            assert cable.getsockopt(level, option) == value


def test_a_code_sent_at_the_moment_of_accepting_is_not_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for _ in range(50):
            with closing(open_port(f"tcp://127.0.0.1:{server.getsockname()[1]}")) as port:
                peer, _address = server.accept()
                with peer:
                    peer.sendall(b"]C0103000000001\r")
                    os.set_blocking(port.fileno(), True)
                    assert port.read() == b"]C0103000000001\r"


def test_an_ipv6_peer_is_named_in_brackets() -> None:
    with (
        socket.create_server(("::1", 0), family=socket.AF_INET6) as server,
        closing(open_port(f"tcp://[::1]:{server.getsockname()[1]}")) as port,
    ):
        assert port.source == f"tcp:[::1]:{server.getsockname()[1]}"
