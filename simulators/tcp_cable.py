"""The far end of a TCP cable: a scanner that listens, or one that dials the host.

Shell; errors as in ``simulators.cable``.
"""

import select
import socket
from abc import ABC, abstractmethod

from simulators.cable import READ_BYTES_MAX, CableTakenError, HungUpError, poll_file, write_all

DIAL_TIMEOUT_S = 2.0


class _Connection(ABC):
    """What both have: at most one connection, dropped as soon as the host is gone."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._connection: socket.socket | None = None

    def write(self, chunk: bytes) -> None:
        """Write all bytes; see :class:`simulators.cable.Cable`."""
        write_all(self._connected().fileno(), chunk)

    def read(self, timeout_s: float) -> bytes:
        """Read what is there; see :class:`simulators.cable.Cable`."""
        connection = self._connection or self._connected()
        if not poll_file(connection.fileno(), select.POLLIN, timeout_s):
            return b""
        try:
            chunk = connection.recv(READ_BYTES_MAX)
        except ConnectionError as error:
            self._drop_connection()
            raise HungUpError(
                f"the host at {self.host}:{self.port} broke the connection"
            ) from error
        if not chunk:
            self._drop_connection()
            raise HungUpError(f"the host at {self.host}:{self.port} closed the connection")
        return chunk

    def has_host(self) -> bool:
        """Say whether a host is connected; connects one that can be had."""
        self._connect()
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

    @abstractmethod
    def _connect(self) -> None:
        """Take up a connection that can be had now."""

    def _connected(self) -> socket.socket:
        if not self.has_host() or self._connection is None:
            raise HungUpError(f"nobody is connected to {self.host}:{self.port}")
        return self._connection

    def _take(self, connection: socket.socket) -> None:
        self._drop_connection()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class TcpCable(_Connection):
    """A scanner behind a TCP port: it listens, one host connects; a newer one replaces it."""

    def __init__(self, host: str, port: int) -> None:
        """Listen on ``host:port``; port 0 takes a free one and keeps it over replugging.

        Raises:
            CableTakenError: the address cannot be listened on.
        """
        super().__init__(host, port)
        self._listener: socket.socket | None = None
        self.plug()

    @property
    def url(self) -> str:
        """The address with the port that was really taken."""
        return f"tcp://{self.host}:{self.port}"

    def plug(self) -> None:
        """Listen again; see :class:`simulators.cable.Cable`."""
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

    def _connect(self) -> None:
        while self._listener is not None:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            self._take(connection)


class DialCable(_Connection):
    """A scanner that dials an edge which listens, and dials again when it lost it."""

    def __init__(self, host: str, port: int) -> None:
        """Dial ``host:port`` as soon as it is asked for a host."""
        super().__init__(host, port)
        self._is_plugged = True

    @property
    def url(self) -> str:
        """What the edge that is dialled has in its edge.toml."""
        return f"tcp-listen://{self.host}:{self.port}"

    def plug(self) -> None:
        """Dial again; see :class:`simulators.cable.Cable`."""
        self._is_plugged = True

    def unplug(self) -> None:
        """Hang up and dial no more."""
        self._is_plugged = False
        self._drop_connection()

    def _connect(self) -> None:
        if self._connection is not None or not self._is_plugged:
            return
        try:
            connection = socket.create_connection((self.host, self.port), DIAL_TIMEOUT_S)
        except OSError:
            return
        if connection.getsockname() == connection.getpeername():
            # Dialling a port of this machine where nobody listens can meet itself.
            connection.close()
            return
        self._take(connection)
