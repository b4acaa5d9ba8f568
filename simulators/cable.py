"""The far end of a cable: a pty that looks like a serial port, or a TCP port.

Shell. A cable has no thread: answers wait in the kernel until the simulated scanner reads them.

    CableError
    +- CableTakenError  path or port cannot be had: one sentence, exit 2
    +- HungUpError      no host at the other end (any more): what was under way is lost
    +- UnreadError      a host is there and takes no more bytes: it may read and answer later
"""

import errno
import os
import select
import socket
import termios
import time
import tty
from pathlib import Path
from typing import Protocol

READ_BYTES_MAX = 4096
WRITE_TIMEOUT_S = 2.0
"""A host that leaves its port unread this long takes no more bytes."""
_HOST_POLL_S = 0.01
_PTS_DIR = Path("/dev/pts")


class CableError(Exception):
    """The cable cannot do what was asked."""


class CableTakenError(CableError):
    """The path or port belongs to something else; the sentence says to what."""


class HungUpError(CableError):
    """No host has the other end open."""


class UnreadError(CableError):
    """The host has the other end open and does not read it."""


class Cable(Protocol):
    """One plug that a host may open; made plugged in."""

    @property
    def url(self) -> str:
        """What goes into edge.toml to reach this cable."""

    def plug(self) -> None:
        """Plug in at the same path or port as before; nothing if it is plugged in."""

    def unplug(self) -> None:
        """Pull the plug; nothing if it is out."""

    def has_host(self) -> bool:
        """Say whether a host has the other end open."""

    def write(self, chunk: bytes) -> None:
        """Hand all bytes to the host.

        Raises:
            HungUpError: there is none, or it went away.
            UnreadError: it took no more bytes for ``WRITE_TIMEOUT_S``.
        """

    def read(self, timeout_s: float) -> bytes:
        """What the host has sent, b"" after ``timeout_s``; raises HungUpError when it is gone."""


def wait_host(cable: Cable, timeout_s: float) -> bool:
    """Wait until a host has opened the cable; False after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not cable.has_host():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_HOST_POLL_S)
    return True


class PtyCable:
    """A pty under a stable path; closing its master is what a pulled USB plug looks like.

    The path is a symbolic link that is gone while unplugged, because its target may by then be
    another program's terminal.
    """

    def __init__(self, path: Path) -> None:
        """Plug in at ``path``.

        Raises:
            CableTakenError: something else lies there, or its folder cannot be written.
        """
        self.path = path.absolute()
        self._master: int | None = None
        self._tty = ""
        self.plug()

    @property
    def url(self) -> str:
        """The stable path."""
        return str(self.path)

    def plug(self) -> None:
        """Open a new pty and point the path at it; see :class:`Cable`."""
        if self._master is not None:
            return
        master, slave = os.openpty()
        try:
            tty.setraw(slave)
            self._tty = os.ttyname(slave)
            self._link()
        except BaseException:
            os.close(master)
            raise
        finally:
            # With our own descriptor closed the kernel tells us whether a host has the port open.
            os.close(slave)
        os.set_blocking(master, False)
        self._master = master

    def unplug(self) -> None:
        """Close the master and take the path away."""
        if self._master is None:
            return
        if _target(self.path) == self._tty:
            self.path.unlink()
        os.close(self._master)
        self._master = None

    def has_host(self) -> bool:
        """Say whether some process has the slave open."""
        if self._master is None:
            return False
        return not _poll(self._master, 0, 0) & select.POLLHUP

    def write(self, chunk: bytes) -> None:
        """Write all bytes; see :class:`Cable`."""
        if self._master is None:
            raise HungUpError(f"{self.path} is unplugged")
        if not self.has_host():
            self._drop_unread()
            raise HungUpError(f"nobody has {self.path} open")
        _write_all(self._master, chunk)

    def read(self, timeout_s: float) -> bytes:
        """Read what is there; see :class:`Cable`."""
        if self._master is None:
            raise HungUpError(f"{self.path} is unplugged")
        if not _poll(self._master, select.POLLIN, timeout_s):
            return b""
        try:
            return os.read(self._master, READ_BYTES_MAX)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._drop_unread()
            raise HungUpError(f"nobody has {self.path} open") from error

    def _drop_unread(self) -> None:
        # A serial port forgets unread bytes when it is closed; a pty keeps them, and the next
        # host would answer a trigger pull that the person has given up.
        slave = os.open(self._tty, os.O_RDWR | os.O_NOCTTY)
        try:
            termios.tcflush(slave, termios.TCIFLUSH)
        finally:
            os.close(slave)

    def _link(self) -> None:
        target = _target(self.path)
        if target is None and self.path.exists():
            raise CableTakenError(f"{self.path} exists and is no simulated port")
        if target is not None and not Path(target).is_relative_to(_PTS_DIR):
            raise CableTakenError(f"{self.path} points to {target}, which is no simulated port")
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            fresh.symlink_to(self._tty)
            fresh.replace(self.path)
        except OSError as error:
            raise CableTakenError(f"cannot make {self.path}: {error.strerror}") from error


class TcpCable:
    """A scanner behind a TCP port: it listens, one host connects; a newer one replaces it."""

    def __init__(self, host: str, port: int) -> None:
        """Listen on ``host:port``; port 0 takes a free one and keeps it over replugging.

        Raises:
            CableTakenError: the address cannot be listened on.
        """
        self.host = host
        self.port = port
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None
        self.plug()

    @property
    def url(self) -> str:
        """The address with the port that was really taken."""
        return f"tcp://{self.host}:{self.port}"

    def plug(self) -> None:
        """Listen again; see :class:`Cable`."""
        if self._listener is not None:
            return
        try:
            self._listener = socket.create_server((self.host, self.port), backlog=4)
        except (OSError, OverflowError) as error:
            raise CableTakenError(f"cannot listen on {self.host}:{self.port}: {error}") from error
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]

    def unplug(self) -> None:
        """Close the connection and stop listening."""
        self._drop_connection()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def has_host(self) -> bool:
        """Say whether a host is connected; takes in one that waits."""
        self._accept_newest()
        if self._connection is None:
            return False
        try:
            gone = self._connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return True
        except OSError:
            gone = True
        if gone:
            self._drop_connection()
        return not gone

    def write(self, chunk: bytes) -> None:
        """Write all bytes; see :class:`Cable`."""
        _write_all(self._connected().fileno(), chunk)

    def read(self, timeout_s: float) -> bytes:
        """Read what is there; see :class:`Cable`."""
        connection = self._connection or self._connected()
        if not _poll(connection.fileno(), select.POLLIN, timeout_s):
            return b""
        try:
            chunk = connection.recv(READ_BYTES_MAX)
        except ConnectionError as error:
            self._drop_connection()
            raise HungUpError(f"the host at {self.url} broke the connection") from error
        if not chunk:
            self._drop_connection()
            raise HungUpError(f"the host at {self.url} closed the connection")
        return chunk

    def _connected(self) -> socket.socket:
        if not self.has_host() or self._connection is None:
            raise HungUpError(f"nobody is connected to {self.url}")
        return self._connection

    def _accept_newest(self) -> None:
        while self._listener is not None:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            self._drop_connection()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection = connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _target(path: Path) -> str | None:
    try:
        return str(path.readlink())
    except OSError:
        return None


def _poll(fd: int, events: int, timeout_s: float) -> int:
    poll = select.poll()
    poll.register(fd, events)
    ready = poll.poll(timeout_s * 1000)
    return ready[0][1] if ready else 0


def _write_all(fd: int, chunk: bytes) -> None:
    deadline = time.monotonic() + WRITE_TIMEOUT_S
    while chunk:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not _poll(fd, select.POLLOUT, left_s) & select.POLLOUT:
            raise UnreadError("the host does not read its port")
        try:
            chunk = chunk[os.write(fd, chunk) :]
        except (BrokenPipeError, ConnectionResetError) as error:
            raise HungUpError("the host went away while it was written to") from error
