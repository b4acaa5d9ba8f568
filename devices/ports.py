"""Open a scanner's cable, serial or TCP, as one kind of port.

Shell. Both kinds are a file descriptor that never blocks, so that one loop serves them
(``port_thread``). A URL picks the kind and nothing else depends on it (promise P6). Source: design
section 1 and 2, interface (edge.toml).

    PortError                  the cable is not there or gone: open again later
    +- NobodyConnectedError    we listen and nobody has come yet: go on listening at once
"""

import errno
import ipaddress
import os
import re
import socket
import stat
import termios
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import serial
from serial.tools import list_ports

READ_BYTES_MAX: Final = 4096
CONNECT_TIMEOUT_S: Final = 2.0
BAUD: Final = 115_200
"""Honeywell's factory setting for RS-232; USB serial ports and ptys ignore it."""
USB_SERIAL_CHARS_MAX: Final = 64

# A TCP scanner that lost power is noticed after 10 + 3 * 5 s; with an answer under way, when that
# was not acknowledged for 10 s.
_TCP_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)

_TCP_URL: Final = re.compile(
    r"tcp(?P<listen>-listen)?://(\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})"
)


class PortError(Exception):
    """The cable is not there, or gone; the sentence says why."""


class NobodyConnectedError(PortError):
    """We listen, and no scanner has connected yet."""


class Port(Protocol):
    """An open cable whose calls never block."""

    source: str
    """What the operating system says of it: ``usb:VID:PID:serial``, ``tty:PATH``, ``pts:PATH``,
    ``tcp:IP:PORT``."""

    def fileno(self) -> int:
        """The descriptor to wait on."""

    def read(self) -> bytes:
        """What has arrived, at most ``READ_BYTES_MAX``; empty if nothing. Raises PortError."""

    def write(self, data: bytes) -> int:
        """Hand over what the cable takes now; gives the bytes taken, maybe 0. Raises PortError."""

    def close(self) -> None:
        """Let the cable go."""


class TcpAddress(NamedTuple):
    """What a TCP url says; ``host`` is an IP address if we listen."""

    host: str
    port: int
    listens: bool


def validate_url(url: str) -> None:
    """Check a scanner's URL from the config. Pure.

    It is ``/dev/...``, ``tcp://host:port``, or ``tcp-listen://address:port``, where the address
    is a literal one of this machine.

    Raises:
        ValueError: one sentence.
    """
    if not url.startswith("/"):
        split_url(url)
    elif "\0" in url:
        raise ValueError("a scanner's url must not hold a NUL character")


def split_url(url: str) -> TcpAddress:
    """Read a TCP url. Pure.

    Raises:
        ValueError: see :func:`validate_url`.
    """
    found = _TCP_URL.fullmatch(url)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise ValueError(
            f"scanner url {url[:80]!r} must be /dev/..., tcp://host:port or "
            "tcp-listen://address:port, port 1 to 65535"
        )
    address = TcpAddress(
        found["v6"] or found["host"], int(found["port"]), found["listen"] is not None
    )
    if address.listens:
        try:
            ipaddress.ip_address(address.host)
        except ValueError as error:
            raise ValueError(f"scanner url {url[:80]!r} must listen on an IP address") from error
    return address


def open_port(url: str) -> Port:
    """Open a path or a ``tcp://`` url; takes at most ``CONNECT_TIMEOUT_S`` (and a name's look-up).

    Raises:
        PortError: it is missing, no serial port, held by another process, or nobody listens.
        ValueError: see :func:`validate_url`.
    """
    validate_url(url)
    return _open_serial(url) if url.startswith("/") else _open_tcp(split_url(url))


class _DescriptorPort:
    """The one place where the system's errors on an open cable become ours."""

    def __init__(self, descriptor: int, source: str, close: Callable[[], None]) -> None:
        self.source = source
        self.close = close
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def read(self) -> bytes:
        try:
            data = os.read(self._descriptor, READ_BYTES_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortError(f"the cable is gone: {error.strerror}") from error
        if not data:  # asked only when readable: a cable without bytes that is readable has ended
            raise PortError("the cable is gone: the far end hung up")
        return data

    def write(self, data: bytes) -> int:
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise PortError(f"the cable is gone: {error.strerror}") from error


def _open_serial(path: str) -> Port:
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise PortError(f"{path} is a directory, not a serial port")
        if not stat.S_ISCHR(mode):
            raise PortError(f"{path} is a plain file, not a serial port")
        # pyserial drops what arrived before the open: bytes of unknown age, perhaps half a code,
        # that nobody was answered for.
        cable = serial.Serial(path, BAUD, timeout=0, write_timeout=0, exclusive=True)
    except termios.error as error:
        raise PortError(f"{path} went away while it was opened: {error}") from error
    except OSError as error:
        raise PortError(_why_not_opened(path, error)) from error
    try:
        return _DescriptorPort(cable.fileno(), _serial_source(cable.fileno()), cable.close)
    except OSError as error:
        cable.close()
        raise PortError(f"{path} went away while it was opened: {error}") from error


def _why_not_opened(path: str, error: OSError) -> str:
    match error.errno:
        case errno.ENOENT:
            return f"{path} does not exist"
        case errno.EAGAIN | errno.EBUSY:
            return f"{path} is held by another process"
        case errno.EACCES | errno.EPERM:
            return f"{path} may not be opened by this user"
        case None:  # pyserial's word for a character device that has no line settings
            return f"{path} is not a serial port"
        case _:
            return f"{path} cannot be opened: {os.strerror(error.errno)}"


def _serial_source(descriptor: int) -> str:
    path = os.ttyname(descriptor)
    if path.startswith("/dev/pts/"):
        return f"pts:{path}"
    for port in list_ports.comports():
        if port.vid is not None and Path(port.device).resolve() == Path(path):
            # The serial number is whatever the device's maker, or its attacker, wrote into it.
            number = "".join(c for c in str(port.serial_number) if c.isprintable())
            return f"usb:{port.vid:04X}:{port.pid:04X}:{number[:USB_SERIAL_CHARS_MAX]}"
    return f"tty:{path}"


def _open_tcp(address: TcpAddress) -> Port:
    host, port, _ = address
    with ExitStack() as on_failure:
        try:
            cable = socket.create_connection((host, port), CONNECT_TIMEOUT_S)
            on_failure.callback(cable.close)
            tcp_port = make_tcp_port(cable)
        except (OSError, UnicodeError) as error:  # UnicodeError: a host that DNS cannot spell
            reason = getattr(error, "strerror", None) or error
            raise PortError(f"{host}:{port} does not answer: {reason}") from error
        on_failure.pop_all()
    return tcp_port


def make_tcp_port(cable: socket.socket) -> Port:
    """A port of a connected socket; closing it closes the socket. Raises OSError."""
    return _DescriptorPort(cable.fileno(), _prepare_tcp(cable), cable.close)


def _prepare_tcp(cable: socket.socket) -> str:
    """Set the options; give the source."""
    peer, port = cable.getpeername()[:2]
    if cable.getsockname() == cable.getpeername():
        # Connecting to a closed port of this machine can meet itself; every answer would come
        # back as a scan.
        raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens there")
    cable.setblocking(False)
    for option in _TCP_OPTIONS:
        cable.setsockopt(*option)
    return f"tcp:[{peer}]:{port}" if ":" in peer else f"tcp:{peer}:{port}"
