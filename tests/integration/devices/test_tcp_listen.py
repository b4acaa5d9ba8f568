"""Scanners that connect to us: one at a time, only those that may, and back again at once."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from devices import tcp_listen
from devices.backoff import Backoff
from devices.port_thread import AnswerSent, BytesRead, PortLost, PortOpened, PortThread
from devices.ports import NobodyConnectedError, PortError, TcpAddress
from devices.tcp_listen import TcpListener, parse_peers
from tests.rig.programs import free_port, wait_until

QUICK = Backoff(first_s=0.01, max_s=0.05)
LOOPBACK, STRANGER = "127.0.0.1", "127.0.0.2"


@pytest.fixture(autouse=True)
def _listen_in_short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_listen, "LISTEN_WAIT_S", 0.1)


@pytest.fixture
def address(no_leaks: None) -> TcpAddress:
    return TcpAddress(LOOPBACK, free_port(), listens=True)


def url(address: TcpAddress) -> str:
    return f"tcp-listen://{address.host}:{address.port}"


@contextlib.contextmanager
def dial(address: TcpAddress, source: str = LOOPBACK) -> Iterator[socket.socket]:
    """A scanner that connects from ``source``, as soon as somebody listens."""
    deadline_s = time.monotonic() + 5
    while True:
        try:
            cable = socket.create_connection(address[:2], 5, source_address=(source, 0))
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline_s
    with cable:
        cable.settimeout(5)
        yield cable


def is_hung_up(cable: socket.socket) -> bool:
    try:
        return cable.recv(1) == b""
    except ConnectionError:
        return True


def test_a_scanner_that_connects_is_read_and_answered(address: TcpAddress, attach: Any) -> None:
    with attach(url(address)) as station, dial(address) as scanner:
        assert station.next(PortOpened).source == "tcp:{}:{}".format(*scanner.getsockname())
        scanner.sendall(b"]C0103000000001\r")
        assert station.read(16) == b"]C0103000000001\r"
        assert station.thread.send(b"\x1b7,", 1)
        station.next(AnswerSent)
        assert scanner.recv(3) == b"\x1b7,"


def test_a_port_that_nobody_connects_to_is_lost_once_and_open_for_whoever_comes(
    address: TcpAddress, attach: Any
) -> None:
    with attach(url(address)) as station:
        lost = station.next(PortLost)
        assert lost.reason == f"no scanner is connected to 127.0.0.1:{address.port}"
        time.sleep(0.3)  # it waits again and again, and tells nobody
        assert station.rest() == []
        with dial(address):
            station.next(PortOpened)


def test_a_scanner_that_hung_up_can_come_back(address: TcpAddress, attach: Any) -> None:
    with attach(url(address)) as station:
        for _ in range(3):
            with dial(address) as scanner:
                station.next(PortOpened)
                scanner.sendall(b"755\r")
                assert station.read(4) == b"755\r"
            assert "hung up" in station.next(PortLost).reason


def test_the_same_scanner_takes_the_place_of_its_dead_connection(
    address: TcpAddress, attach: Any
) -> None:
    with attach(url(address)) as station, dial(address) as dead:
        station.next(PortOpened)
        with dial(address) as alive:
            alive.sendall(b"755\r")
            assert station.next(PortLost).reason == "the scanner connected anew"
            source = station.next(PortOpened).source
            assert source == "tcp:{}:{}".format(*alive.getsockname())
            assert station.read(4) == b"755\r"
            assert is_hung_up(dead)


def test_another_scanner_is_turned_away_while_one_is_connected(
    address: TcpAddress, attach: Any
) -> None:
    with attach(url(address)) as station:
        with dial(address) as scanner, capture_logs() as logs:
            station.next(PortOpened)
            for _ in range(2):
                with dial(address, STRANGER) as stranger:
                    stranger.sendall(b"CX:BY:thief\r")
                    assert is_hung_up(stranger)
            scanner.sendall(b"755\r")
            assert station.next(BytesRead).data == b"755\r"
        assert [log["peer"] for log in logs if log["event"] == "peer refused"] == [STRANGER]
        station.next(PortLost)
        with dial(address, STRANGER):
            assert station.next(PortOpened).source.startswith(f"tcp:{STRANGER}:")


def test_only_listed_peers_may_connect(address: TcpAddress) -> None:
    listener = TcpListener(address, parse_peers([f"{STRANGER}/32"]))
    with contextlib.closing(listener):
        with pytest.raises(NobodyConnectedError):
            listener.open()
        with dial(address) as refused:
            with pytest.raises(NobodyConnectedError):
                listener.open()
            assert is_hung_up(refused)
        with dial(address, STRANGER), contextlib.closing(listener.open()) as port:
            assert port.source.startswith(f"tcp:{STRANGER}:")


def test_a_listed_network_holds_its_addresses(address: TcpAddress) -> None:
    listener = TcpListener(address, parse_peers(["10.0.0.1", "127.0.0.0/30"]))
    with contextlib.closing(listener):
        with pytest.raises(NobodyConnectedError):
            listener.open()
        with dial(address, "127.0.0.3"):
            listener.open().close()
        with dial(address, "127.0.0.4"), pytest.raises(NobodyConnectedError):
            listener.open()


def test_an_address_that_is_taken_is_said_and_tried_again(address: TcpAddress, attach: Any) -> None:
    with attach(url(address)) as first, attach(url(address)) as second:
        lost = {first.next(PortLost).reason, second.next(PortLost).reason}
        assert lost == {
            f"no scanner is connected to 127.0.0.1:{address.port}",
            f"cannot listen on 127.0.0.1:{address.port}: Address already in use",
        }


def test_an_ipv6_address_is_listened_on_without_ipv4() -> None:
    address = TcpAddress("::1", free_port(), listens=True)
    with contextlib.closing(TcpListener(address, parse_peers(["::1"]))) as listener:
        with pytest.raises(NobodyConnectedError, match=rf"connected to \[::1\]:{address.port}"):
            listener.open()
        with (
            socket.create_connection(("::1", address.port)),
            contextlib.closing(listener.open()) as port,
        ):
            assert port.source.startswith("tcp:[::1]:")


def test_a_scanner_that_left_before_it_was_taken_up_is_no_open_port(address: TcpAddress) -> None:
    with contextlib.closing(TcpListener(address, ())) as listener:
        with pytest.raises(NobodyConnectedError):
            listener.open()
        with dial(address) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wait_until(lambda: left(listener), "nobody is connected")


def left(listener: TcpListener) -> bool:
    try:
        with contextlib.closing(listener.open()) as port:
            port.read()
    except PortError:
        return True
    return False


def test_a_listening_thread_that_is_stopped_ends_soon_and_lets_the_port_go(
    address: TcpAddress, attach: Any
) -> None:
    with attach(url(address)) as station:
        station.next(PortLost)
        begun_s = time.monotonic()
        assert station.thread.stop(5)
        assert time.monotonic() - begun_s < 1
    socket.create_server(address[:2]).close()


def test_a_wrong_url_is_refused_when_the_thread_is_made() -> None:
    with pytest.raises(ValueError, match="must listen on an IP address"):
        PortThread("dock-1", "tcp-listen://dock:1", lambda _: None, time.monotonic_ns, QUICK)
