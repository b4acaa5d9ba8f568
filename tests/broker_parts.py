"""A real mosquitto for tests, and an edge's end of the cable to it."""

import queue
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ledger.signing import open_sealed, peek
from tests.rig.programs import is_listening
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import MessageBase
from wire.topics import Channel, Topic, edge_subscriptions

T = TypeVar("T")
DEADLINE_S = 20.0


def wait_for(what: str, look: Callable[[], T | None], deadline_s: float = DEADLINE_S) -> T:
    """Look until there is something, or fail saying what was waited for."""
    end = time.monotonic() + deadline_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"waited {deadline_s} s for {what}"
        time.sleep(0.02)


@contextmanager
def mosquitto(directory: Path, port: int) -> Iterator[None]:
    """A broker with our settings; nothing is kept when it ends."""
    config = directory / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
        "retain_available false\npersistence false\nmax_packet_size 400000\nlog_type error\n"
    )
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    process = subprocess.Popen([program, "-c", str(config)])
    try:
        wait_for("mosquitto", lambda: is_listening(port))
        yield
    finally:
        process.terminate()
        process.wait(10)


def kill_router(port: int) -> None:
    """A client id with a slash, refused twice, panics iotcore's router; its process lives on."""
    for _ in range(2):
        client = Client(
            CallbackAPIVersion.VERSION2, client_id="a/b", protocol=MQTTProtocolVersion.MQTTv5
        )
        client.connect("127.0.0.1", port)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            client.loop(timeout=0.1)
        client.disconnect()


class EdgeCable:
    """Publishes for one edge and collects what the hub sends it, signatures checked."""

    def __init__(self, port: int, site: str, edge: str, hub_key: bytes) -> None:
        self._site, self._edge, self._hub_key = site, edge, hub_key
        self._received: queue.Queue[MessageBase] = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._on_message
        subscribed = queue.Queue[bool]()
        self._client.on_subscribe = lambda *_: subscribed.put(True)
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([(topic, 1) for topic in edge_subscriptions(site, edge)])
        self._client.loop_start()
        subscribed.get(timeout=DEADLINE_S)

    def publish(self, payload: bytes, channel: Channel = Channel.EVENTS) -> None:
        topic = str(Topic(self._site, self._edge, channel))
        self._client.publish(topic, payload, qos=1).wait_for_publish(DEADLINE_S)

    def receive(self, expected: type[MessageBase], deadline_s: float = DEADLINE_S) -> MessageBase:
        """The next message of a type; others are skipped."""
        end = time.monotonic() + deadline_s
        while True:
            message = self._received.get(timeout=max(0.001, end - time.monotonic()))
            if isinstance(message, expected):
                return message

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        payload = bytes(message.payload)
        kind = type(peek(payload, MESSAGE_BYTES_MAX))
        self._received.put(open_sealed(payload, kind, self._hub_key, MESSAGE_BYTES_MAX).message)
