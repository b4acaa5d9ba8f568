"""Our own network between two programs: it delays, cuts, swallows, loses, doubles and swaps.

TCP's bytes cannot be doubled or swapped without breaking what speaks over them, so those faults
meet whole MQTT packets, of which nothing is read but length, kind, topic and number. Anything else,
as a scanner's bytes, passes as it comes: it can be delayed, cut and swallowed.
"""

import select
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

from tests.rig.programs import free_port

READ_BYTES = 65_536
HOLD_S = 0.1
"""A packet that is to be swapped waits so long for the one behind it."""
CONNECT_S = 2.0
PUBLISH, PUBACK = 3, 4


class Way(StrEnum):
    """Where a packet goes."""

    UP = "to the server"
    DOWN = "to the client"


class Act(StrEnum):
    """What happens to one packet; the first two are the two forms of the same fault."""

    CUT_BEFORE = "cut before it got through"
    CUT_AFTER = "cut after it got through, before its acknowledgement did"
    LOSE = "lost"
    LOSE_ACK = "its acknowledgement lost"
    DOUBLE = "doubled"
    SWAP = "swapped with the next"


class MqttPackets:
    """Whole MQTT packets, by the length in their fixed header."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        self._held += data
        packets = []
        while (size := _packet_bytes(self._held)) is not None and len(self._held) >= size:
            packets.append(self._held[:size])
            self._held = self._held[size:]
        return packets


def _packet_bytes(held: bytes) -> int | None:
    """The length of the packet that begins here; None while its header is not whole."""
    length = 0
    for place, byte in enumerate(held[1:5]):
        length |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return 2 + place + length
    return None


def _body(packet: bytes) -> bytes:
    return packet[next(n for n in range(1, 5) if not packet[n] & 0x80) + 1 :]


def kind_of(packet: bytes) -> int:
    return packet[0] >> 4


def topic_of(packet: bytes) -> str:
    """Where a PUBLISH goes; empty for any other packet."""
    if kind_of(packet) != PUBLISH:
        return ""
    body = _body(packet)
    return body[2 : 2 + int.from_bytes(body[:2], "big")].decode()


def number_of(packet: bytes) -> int:
    """The number by which a PUBLISH of quality 1 and its PUBACK belong together."""
    body = _body(packet)
    place = 2 + int.from_bytes(body[:2], "big") if kind_of(packet) == PUBLISH else 0
    return int.from_bytes(body[place : place + 2], "big")


@dataclass
class _Armed:
    way: Way
    act: Act
    channel: str
    left: int


class Proxy:
    """Listens for clients of a loopback port; between :meth:`start` and :meth:`stop`.

    What is set holds for all connections at once. ``met`` counts the packets of each fault.
    """

    def __init__(self, target_port: int, *, is_mqtt: bool = True) -> None:
        self.port = free_port()
        self.delay_s = 0.0
        """Each packet waits so long, so this is a slow line and not a long one."""
        self.is_swallowing = False
        """Half-open: nothing gets through and nobody is told."""
        self.is_refusing = False
        """Who connects is hung up on."""
        self.met: Counter[Act] = Counter()
        self._target_port = target_port
        self.is_mqtt = is_mqtt
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()
        self._connections: list[_Connection] = []
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread.start()

    def stop(self) -> None:
        assert self._listener is not None
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in self._connections:
            connection.end()

    def arm(self, way: Way, act: Act, channel: str = "", times: int = 1) -> None:
        """The next ``times`` PUBLISHes of a channel (any, if empty) meet ``act``."""
        with self._lock:
            self._armed.append(_Armed(way, act, channel, times))

    def cut(self) -> None:
        """Hang up on everybody, both sides."""
        for connection in list(self._connections):
            connection.hang_up()

    def heal(self) -> None:
        """No fault any more; connections that swallowed go on with the next packet."""
        with self._lock:
            self._armed.clear()
        self.delay_s, self.is_swallowing, self.is_refusing = 0.0, False, False

    def act_on(self, way: Way, packet: bytes) -> Act | None:
        """What meets this packet; counted."""
        topic = topic_of(packet)
        with self._lock:
            for armed in self._armed:
                if topic and armed.way is way and topic.endswith(armed.channel):
                    armed.left -= 1
                    if not armed.left:
                        self._armed.remove(armed)
                    self.met[armed.act] += 1
                    return armed.act
        return None

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._connections = [each for each in self._connections if not each.is_over]
            if self.is_refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port), CONNECT_S)
            except OSError:
                client.close()
                continue
            self._connections.append(_Connection(self, client, server))


class _Connection:
    """Two threads, one for each way."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._ends = (client, server)
        for end in self._ends:
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unacked: dict[tuple[Way, int], Act] = {}
        self._lock = threading.Lock()
        self._pumping = 2
        ways = ((Way.UP, client, server), (Way.DOWN, server, client))
        self._threads = [
            threading.Thread(target=self._pump, args=each, daemon=True) for each in ways
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_over(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def hang_up(self) -> None:
        for end in self._ends:
            with suppress(OSError):  # it has ended already
                end.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def _pump(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        packets = MqttPackets()
        held: deque[bytes] = deque()
        with suppress(OSError):
            while True:
                if held and not select.select([source], [], [], HOLD_S)[0]:
                    sink.sendall(held.popleft())
                data = source.recv(READ_BYTES)
                if not data:
                    break
                for packet in packets.feed(data) if self._proxy.is_mqtt else [data]:
                    for passed in self._meet(way, packet, held):
                        sink.sendall(passed)
        self.hang_up()
        with self._lock:
            self._pumping -= 1
            if not self._pumping:
                for end in self._ends:
                    end.close()

    def _meet(self, way: Way, packet: bytes, held: deque[bytes]) -> list[bytes]:
        if self._proxy.delay_s:
            time.sleep(self._proxy.delay_s)
        if self._proxy.is_swallowing:
            return []
        if not self._proxy.is_mqtt:
            return [packet]
        if kind_of(packet) == PUBACK:
            return self._meet_ack(way, packet)
        act = self._proxy.act_on(way, packet)
        match act:
            case Act.CUT_BEFORE:
                raise ConnectionAbortedError(act)
            case Act.LOSE:
                return []
            case Act.CUT_AFTER | Act.LOSE_ACK:
                self._unacked[way, number_of(packet)] = act
            case Act.DOUBLE:
                return [packet, packet]
            case Act.SWAP:
                held.append(packet)
                return []
            case None:
                pass
        passed = [packet, *held]
        held.clear()
        return passed

    def _meet_ack(self, way: Way, packet: bytes) -> list[bytes]:
        other = Way.DOWN if way is Way.UP else Way.UP
        act = self._unacked.pop((other, number_of(packet)), None)
        if act is Act.CUT_AFTER:
            raise ConnectionAbortedError(act)
        return [] if act is Act.LOSE_ACK else [packet]


@contextmanager
def proxied(target_port: int, *, is_mqtt: bool = True) -> Iterator[Proxy]:
    """A proxy before a loopback port, whether anybody listens there yet or not."""
    proxy = Proxy(target_port, is_mqtt=is_mqtt)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
