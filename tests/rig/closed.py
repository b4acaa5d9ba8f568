"""A real mosquitto with the folder that ``custos-hub broker`` writes, and who comes to it."""

import os
import queue
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hub.access.authority import certify_edge, certify_hub
from hub.broker_folder import BrokerOrder, write_folder
from hub.config import Settings
from hub.home import Home, open_home
from ledger.certificates import SEED_BYTES, TlsKey
from tests.rig import warm
from tests.rig.house import DEVICE, House, is_connected, plugged_scanner
from tests.rig.programs import (
    Edge,
    Hub,
    Program,
    _which,
    free_port,
    is_listening,
    running,
    wait_until,
)

HOST = "localhost"
PATIENCE_S = 10.0


class ClosedBroker(Program):
    """Debian's mosquitto on a folder that the hub has written."""

    def __init__(self, directory: Path, port: int) -> None:
        self.port = port
        self.folder = directory / "broker"
        path = f"/usr/sbin:/usr/local/sbin:{os.environ.get('PATH', '')}"
        command = [_which("mosquitto", path), "-c", str(self.folder / "mosquitto.conf")]
        super().__init__("broker", command, directory / "broker.log")

    @property
    def url(self) -> str:
        return f"mqtts://{HOST}:{self.port}"

    def start(self) -> None:
        super().start()
        self.wait_ready(lambda: is_listening(self.port))

    def reload(self) -> None:
        """SIGHUP, as ``systemctl reload`` sends it; heard within a turn of its loop."""
        os.kill(self.pid, signal.SIGHUP)


@dataclass
class Pair:
    """Somebody's certificate and key, and whom they trust."""

    file: Path
    authority: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=self.authority)
        context.load_cert_chain(self.file)
        return context


@dataclass
class Caller:
    """A client of our own at the broker: what it was told, what it received."""

    context: ssl.SSLContext
    port: int
    client_id: str = ""
    retained_will: str | None = None
    received: list[tuple[str, bytes]] = field(default_factory=list)
    ended: "queue.Queue[str]" = field(default_factory=queue.Queue)
    up: "queue.Queue[str]" = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        self.client.tls_set_context(self.context)
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.up.put(str(reason))
        self.client.on_disconnect = lambda _c, _u, _f, reason, _p: self.ended.put(str(reason))
        self.client.on_message = self._on_message
        if self.retained_will is not None:
            self.client.will_set(self.retained_will, b"poison", qos=1, retain=True)

    def connect(self) -> str:
        """What the broker says to us; the name of the error where it does not let us in."""
        properties = Properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = 300_000
        try:
            # First without paho, which leaves open what does not come about.
            with socket.create_connection((HOST, self.port)) as plain:
                self.context.wrap_socket(plain, server_hostname=HOST).close()
        except OSError as error:
            return type(error).__name__
        self.client.connect(HOST, self.port, clean_start=True, properties=properties)
        self.client.loop_start()
        # In TLS 1.3 the broker judges our certificate after our side has gone through.
        return str(wait_until(self._answer, "an answer of the broker", PATIENCE_S))

    def _answer(self) -> str:
        for answers in (self.up, self.ended):
            with suppress(queue.Empty):
                return answers.get_nowait()
        return ""

    def subscribe(self, *topics: str) -> None:
        granted = queue.Queue[bool]()
        self.client.on_subscribe = lambda *_: granted.put(True)
        self.client.subscribe([(topic, 1) for topic in topics])
        granted.get(timeout=PATIENCE_S)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send; whether it went through is for the receivers to say."""
        sent = self.client.publish(topic, payload, qos=1, retain=retain)
        with suppress(RuntimeError, ValueError):
            sent.wait_for_publish(1.0)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.received.append((message.topic, bytes(message.payload)))


@dataclass
class Authority:
    """A hub's home without a running hub: it issues, and writes a broker's folder."""

    home: Home
    directory: Path

    def folder(self, port: int) -> None:
        folder = str(self.directory / "broker")
        order = BrokerOrder(
            directory=folder,
            path=folder,
            hosts=(HOST, "127.0.0.1"),
            port=port,
            bind="127.0.0.1",
            user="root" if os.geteuid() == 0 else os.environ.get("USER", ""),
        )
        home = self.home
        write_folder(home.settings.data_dir, order, home.database, home.keys.authority, home.clock)

    def edge(self, site: str, edge: str, ago: timedelta = timedelta(0)) -> Pair:
        """A certificate of this edge, issued so long ago."""
        key = TlsKey(self.home.clock.random_bytes(SEED_BYTES))
        with self.home.database.writing() as tx:
            own, ca = certify_edge(
                tx,
                self.home.keys.authority,
                site,
                edge,
                key.point,
                self.home.clock.now() - ago,
                self.home.clock.random_bytes,
            )
        return self._pair(f"{site}-{edge}-{own.serial}", own.pem + key.pem(), ca.pem)

    def hub(self) -> Pair:
        """The hub's own."""
        key = self.home.keys.link
        with self.home.database.writing() as tx:
            own, ca = certify_hub(
                tx,
                self.home.keys.authority,
                key.point,
                self.home.clock.now(),
                self.home.clock.random_bytes,
            )
        return self._pair("hub", own.pem + key.pem(), ca.pem)

    def _pair(self, name: str, pair: bytes, ca: bytes) -> Pair:
        file, authority = self.directory / f"{name}.pem", self.directory / f"{name}-ca.pem"
        file.write_bytes(pair)
        authority.write_bytes(ca)
        return Pair(file, authority)


@contextmanager
def authority(directory: Path) -> Iterator[Authority]:
    """A hub's home below a directory, on the real clock: TLS goes by it."""
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "hub.toml"
    config.write_text(f'data_dir = "{directory / "hub"}"\n')
    with open_home(config, exclusive=False) as home:
        assert isinstance(home.settings, Settings)
        yield Authority(home, directory)


def write_broker_folder(hub: Hub, broker: ClosedBroker) -> None:
    """As an operator does."""
    arguments = ["--config", str(hub.config), "broker", str(broker.folder), "--bind", "127.0.0.1"]
    arguments += ["--port", str(broker.port)]
    done = warm.run("hub", *arguments)
    assert done.returncode == 0, done.stderr


@contextmanager
def open_closed_house(directory: Path, edges: str = "first-use") -> Iterator[House]:
    """As ``open_house``, with a wire that is closed to strangers."""
    broker = ClosedBroker(directory, free_port())
    hub = Hub(directory, broker.url, edges=edges)
    write_broker_folder(hub, broker)
    with plugged_scanner(directory) as scanner:
        edge = Edge(directory, hub, broker.url, {DEVICE: (scanner.cable.url, "honeywell")})
        with running(broker, hub, edge):
            wait_until(lambda: is_connected(hub, edge), "the edge's first state at the hub")
            edge.wait_scanners()
            yield House(broker, hub, edge, scanner, directory / "pulls.jsonl")
