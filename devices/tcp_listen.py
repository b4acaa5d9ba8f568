"""Scanners that connect to us: one listening socket, one scanner at a time.

Shell. The address that a scanner comes from is all that we know of it, so a listener that others
than this machine can reach has a list of those that may come. Source: interface (edge.toml:
``tcp-listen://``, ``peers``), promise P6.

Who comes while one is connected: the same address again takes its place, because a scanner that
lost its Wi-Fi comes back long before its old connection is known to be dead. Any other address is
turned away: nobody may push a scanner off its port. Two scanners behind one address need two
ports.
"""

import ipaddress
import os
import select
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog

from devices.ports import NobodyConnectedError, Port, PortError, TcpAddress, make_tcp_port

BACKLOG: Final = 4
"""More than this many connections that nobody has taken up yet are refused by the kernel."""
PEERS_MAX: Final = 16
LISTEN_WAIT_S: Final = 1.0
"""How long one ``open`` waits for a scanner; a thread that is stopped ends within this."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_logger = structlog.get_logger(__name__)


def parse_peers(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks, e.g. ``10.0.0.7`` and ``10.0.1.0/24``. Pure.

    Raises:
        ValueError: one of them is neither, or there are more than ``PEERS_MAX``; one sentence.
    """
    if len(texts) > PEERS_MAX:
        raise ValueError(f"at most {PEERS_MAX} peers, not {len(texts)}")
    return tuple(_parse_peer(text) for text in texts)


def _parse_peer(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text[:80]!r} is no IP address or network of a peer") from error


class TcpListener:
    """Listens on ``address`` from the first :meth:`open` to :meth:`close`.

    ``peers`` are those that may connect; none means everybody, which is for loopback only.
    """

    def __init__(self, address: TcpAddress, peers: tuple[Network, ...]) -> None:
        self._address = address
        self._peers = peers
        self._server: socket.socket | None = None
        self._connected: str | None = None
        self._next: socket.socket | None = None
        self._last_refused: str | None = None

    @property
    def newcomers(self) -> socket.socket | None:
        """Readable when somebody wants to connect: then :meth:`admit`."""
        return self._server

    def open(self) -> Port:
        """Wait at most ``LISTEN_WAIT_S`` for a scanner.

        Raises:
            NobodyConnectedError: none came that may be here.
            PortError: the address cannot be listened on, or the scanner went away again.
        """
        server = self._server = self._server or self._listen()
        if self._next is None:
            self._connected = None
            ready, _, _ = select.select([server], [], [], LISTEN_WAIT_S)
            self._next = self._accept(server) if ready else None
        cable, self._next = self._next, None
        if cable is None:
            raise NobodyConnectedError(f"no scanner is connected to {self._name()}")
        try:
            port = make_tcp_port(cable)
            self._connected = cable.getpeername()[0]
        except OSError as error:
            cable.close()
            raise PortError(f"the scanner went away: {error.strerror}") from error
        return port

    def admit(self) -> None:
        """Take up whoever wants to connect while a scanner is connected.

        Raises:
            PortError: it is the same scanner again: the next :meth:`open` gives its new connection.
        """
        if self._server is None:
            return
        newcomer = self._accept(self._server)
        if newcomer is not None:
            self._next = newcomer
            raise PortError("the scanner connected anew")

    def close(self) -> None:
        """Stop listening."""
        for held in (self._server, self._next):
            if held is not None:
                held.close()
        self._server = self._next = None

    def _name(self) -> str:
        host, port, _ = self._address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _listen(self) -> socket.socket:
        host, port, _ = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            server = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else error
            raise PortError(f"cannot listen on {self._name()}: {why}") from error
        server.setblocking(False)
        return server

    def _accept(self, server: socket.socket) -> socket.socket | None:
        """Accept one connection; None if it is gone again, or may not be here."""
        with suppress(BlockingIOError, ConnectionError):
            cable, (peer, *_) = server.accept()
            if self._may_come(peer):
                return cable
            cable.close()
            if peer != self._last_refused:
                self._last_refused = peer
                _logger.warning("peer refused", peer=peer, listener=self._name())
        return None

    def _may_come(self, peer: str) -> bool:
        if self._connected is not None:
            return peer == self._connected
        address = ipaddress.ip_address(peer.partition("%")[0])
        return not self._peers or any(address in network for network in self._peers)
