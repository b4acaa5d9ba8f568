"""A broker as edges and hub meet it: a pipe that may lose, double, delay and turn round everything.

Messages are whole; what is inside is nobody's business here. Each side has one connection at a
time; what is under way on a connection that has ended never arrives, as MQTT without sessions has
it. In a bad hour more goes wrong than a broker may do: a byte is altered, an acknowledgement is
lost, an older message comes again. Source: design section 3, promise P2.
"""

from collections import deque
from dataclasses import dataclass, field, fields
from typing import Protocol

from tests.simulation.world import SECOND, World
from wire.topics import BY_EDGES, Channel, Topic, parse_topic

KEEPALIVE_MS = 45 * SECOND
"""One and a half of the edges' own: then a dead connection is noticed."""
REMEMBERED_MAX = 50
"""Old messages of which one may come again."""
UNTAKEN_MAX = 128
"""The hub's inbox; its broker link stops reading there."""


class Client(Protocol):
    """Either end of a connection."""

    def connected(self) -> None:
        """The broker took us."""

    def disconnected(self, reason: str) -> None:
        """The connection is over, or never came about."""

    def arrived(self, topic: str, payload: bytes) -> None:
        """A message came."""

    def acknowledged(self, mid: int) -> None:
        """The broker has a message of ours."""


@dataclass
class Weather:
    """How likely each trouble is, of each message; all 0 on a good day."""

    lose: float = 0.0
    double: float = 0.0
    delay: float = 0.0
    lose_ack: float = 0.0
    garble: float = 0.0
    replay: float = 0.0

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        for each in fields(self):
            setattr(self, each.name, 0.0)


@dataclass(eq=False)
class Connection:
    """One client's connection; ``will`` goes out when it ends without a farewell.

    ``is_mute``: nothing comes from this client any more; ``is_deaf``: nothing reaches it.
    """

    name: str
    client: Client
    will: tuple[str, bytes] | None = None
    is_open: bool = True
    is_mute: bool = False
    is_deaf: bool = False
    mids: int = 0
    untaken: int = 0
    sent_ms: int = 0
    came_ms: int = 0
    """When the newest message arrived on either way: the next one comes no sooner."""


@dataclass
class Broker:
    """The pipe; ``is_up`` false: nobody can connect."""

    world: World
    weather: Weather = field(default_factory=Weather)
    is_up: bool = True

    def __post_init__(self) -> None:
        self.hub: Connection | None = None
        self.edges: dict[str, Connection] = {}
        self.cut_off: set[str] = set()
        """Who cannot reach it."""
        self.genuine: set[bytes] = set()
        """What clients have really sent."""
        self._seen: deque[tuple[str, bytes]] = deque(maxlen=REMEMBERED_MAX)

    # ------------------------------------------------------------ connections

    def connect(
        self, name: str, client: Client, will: tuple[str, bytes] | None = None
    ) -> Connection:
        """Begin to connect; the client hears how it goes. A name's older connection ends."""
        connection = Connection(name, client, will)
        self.world.after(self._latency_ms() * 3, lambda: self._accept(connection))
        return connection

    def _accept(self, connection: Connection) -> None:
        if not connection.is_open:
            return
        if not self.is_up or connection.name in self.cut_off:
            self._tell_end(connection, "nobody listens there")
            return
        known = self.hub if connection.name == "hub" else self.edges.get(connection.name)
        if known is not None:
            self.end(known, "taken over")
        if connection.name == "hub":
            self.hub = connection
        else:
            self.edges[connection.name] = connection
        connection.client.connected()

    def end(self, connection: Connection, reason: str) -> None:
        """A connection is over, for both sides; the will goes out."""
        if not connection.is_open:
            return
        self._tell_end(connection, reason)
        if connection is self.hub:
            self.hub = None
        if self.edges.get(connection.name) is connection:
            del self.edges[connection.name]
            if connection.will is not None and self.is_up:
                self._to_hub(*connection.will)

    def abandon(self, connection: Connection) -> None:
        """The client is dead: the broker hears of it at once, the client of nothing."""
        connection.client = _NOBODY
        self.end(connection, "")

    def go_silent(self, connection: Connection, *, is_mute: bool, is_deaf: bool) -> None:
        """Half open: one direction is gone, or both, until somebody misses the other."""
        connection.is_mute |= is_mute
        connection.is_deaf |= is_deaf
        self.world.after(KEEPALIVE_MS, lambda: self.end(connection, "no sign of life"))

    def restart(self, down_ms: int) -> None:
        """Everything that was under way is lost, and everybody's connection."""
        self.is_up = False
        for connection in [*self.edges.values(), self.hub]:
            if connection is not None:
                connection.will = None
                self.end(connection, "the broker is gone")
        self.world.after(down_ms, self._come_up)

    def _come_up(self) -> None:
        self.is_up = True

    def _tell_end(self, connection: Connection, reason: str) -> None:
        connection.is_open = False
        self.world.after(self._latency_ms(), lambda: connection.client.disconnected(reason))

    # ------------------------------------------------------------ messages

    def publish(self, connection: Connection, topic: str, payload: bytes) -> int:
        """A client hands in a message; returns its number, which an acknowledgement names."""
        connection.mids += 1
        mid = connection.mids
        self.genuine.add(payload)

        def arrive() -> None:
            if not connection.is_open or connection.is_mute:
                return
            if self.world.chance(self.weather.lose_ack):
                self.world.fault("acknowledgement lost")
            else:
                self.world.after(self._latency_ms(), lambda: self._acknowledge(connection, mid))
            self._forward(connection, topic, payload)

        connection.sent_ms = max(connection.sent_ms, self.world.now_ms + self._latency_ms())
        self.world.at(connection.sent_ms, arrive)
        return mid

    def _acknowledge(self, connection: Connection, mid: int) -> None:
        if connection.is_open and not connection.is_deaf:
            connection.client.acknowledged(mid)

    def _forward(self, connection: Connection, topic: str, payload: bytes) -> None:
        for message in self._troubled((topic, payload)):
            if parse_topic(message[0]).channel in BY_EDGES:
                self._to_hub(*message)
            else:
                self._to_edge(*message)

    def _troubled(self, message: tuple[str, bytes]) -> list[tuple[str, bytes]]:
        """What becomes of a message in this weather: none, itself, or several."""
        weather, chance, world = self.weather, self.world.chance, self.world
        self._seen.append(message)
        if chance(weather.lose):
            world.fault("message lost")
            return []
        found = [message]
        if chance(weather.garble):
            world.fault("byte altered")
            found = [(message[0], _garbled(message[1], world))]
        if chance(weather.double):
            world.fault("message doubled")
            found.append(message)
        if chance(weather.replay):
            world.fault("message replayed")
            found.append(world.rng.choice(self._seen))
        return found

    def _to_hub(self, topic: str, payload: bytes) -> None:
        hub = self.hub
        if hub is None or hub.untaken >= UNTAKEN_MAX:
            return
        hub.untaken += 1
        self._hop(hub, topic, payload)

    def _to_edge(self, topic: str, payload: bytes) -> None:
        site_and_edge = "/".join(topic.split("/")[2:4])
        edge = self.edges.get(site_and_edge)
        if edge is not None:
            self._hop(edge, topic, payload)

    def _hop(self, to: Connection, topic: str, payload: bytes) -> None:
        if self.world.chance(self.weather.delay):
            # Only this one: what comes behind it overtakes it.
            self.world.fault("message delayed")
            wait_ms = self.world.rng.randrange(30, 20 * SECOND)
            self.world.after(wait_ms, lambda: self._deliver(to, topic, payload))
            return
        to.came_ms = max(to.came_ms, self.world.now_ms + self._latency_ms())
        self.world.at(to.came_ms, lambda: self._deliver(to, topic, payload))

    def _deliver(self, connection: Connection, topic: str, payload: bytes) -> None:
        if connection.is_open and not connection.is_deaf:
            connection.client.arrived(topic, payload)

    def _latency_ms(self) -> int:
        return self.world.rng.randrange(1, 30)


def _garbled(payload: bytes, world: World) -> bytes:
    place = world.rng.randrange(len(payload))
    altered = payload[place] ^ (1 << world.rng.randrange(8))
    return payload[:place] + bytes([altered]) + payload[place + 1 :]


class _Nobody:
    def connected(self) -> None:
        """Nobody is there."""

    def disconnected(self, reason: str) -> None:
        """Nobody is there."""

    def arrived(self, topic: str, payload: bytes) -> None:
        """Nobody is there."""

    def acknowledged(self, mid: int) -> None:
        """Nobody is there."""


_NOBODY: Client = _Nobody()


def topic_of(site: str, edge: str, channel: Channel) -> str:
    """Where a message of an edge's goes."""
    return str(Topic(site, edge, channel))
