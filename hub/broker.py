"""The embedded broker: rumqttd inside the iotcore wheel, in a process of its own.

It listens on loopback only; identity there is the messages' signature alone (design section 4).
iotcore ends its process when ours is gone, however we died. The process can outlive the broker in
it: after a panic of the router (two CONNECTs with a slash in the client id) it runs on and answers
no CONNECT any more. So it is asked by a real CONNECT. Source: facts.md ("MQTT").
"""

import contextlib
from pathlib import Path

from iotcore import Broker
from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from wire.limits import BATCH_BYTES_MAX

PAYLOAD_BYTES_MAX = BATCH_BYTES_MAX + 64 * 1024
CONNECTIONS_MAX = 2_000
INFLIGHT_MAX = 100
SEGMENT_BYTES = 2 * 1024 * 1024
SEGMENTS_MAX = 4
"""Each subscription's queue is cut at about 8 MiB: the broker may lose everything (P2)."""
START_TIMEOUT_S = 20.0
PROBE_EVERY_S = 5.0
PROBE_ANSWER_S = 10.0
"""A CONNECT that is not answered within this means that the broker is dead inside."""
CONNECT_TIMEOUT_S = 1.0
"""For the TCP connection to our own machine, the only thing that a probe waits for."""


class EmbeddedBroker:
    """Starts, asks and stops the broker; one thread owns it."""

    def __init__(self, config_path: Path, host: str, port: int) -> None:
        config_path.write_text(_CONFIG.format(listen=f"{host}:{port}"), "utf-8")
        self._config_path = config_path
        self._broker: Broker | None = None
        self._probe = _Probe(host, port)
        self._is_asked = False
        self._due_ns = 0

    def start(self, mono_ns: int) -> None:
        """Start it, again where it runs already; it accepts connections on return.

        Raises:
            OSError: the port is taken.
            RuntimeError: it does not come up.
        """
        self.stop()
        broker = Broker(config_path=str(self._config_path))
        broker.start(START_TIMEOUT_S)
        self._broker = broker
        self._due_ns = mono_ns + int(PROBE_EVERY_S * 1e9)

    def stop(self) -> None:
        """End its process, if there is one."""
        self._end_probe()
        if self._broker is not None:
            self._broker.stop()
            self._broker = None

    def failure(self, mono_ns: int) -> str | None:
        """Say why it has to be started again; ``None`` while it serves."""
        if self._broker is None or not self._broker.is_running:
            return "its process has ended"
        if not self._is_asked:
            if mono_ns >= self._due_ns:
                self._probe.begin()
                self._is_asked = True
                self._due_ns = mono_ns + int(PROBE_ANSWER_S * 1e9)
            return None
        if self._probe.is_answered():
            self._end_probe()
            self._due_ns = mono_ns + int(PROBE_EVERY_S * 1e9)
            return None
        return "it answers no CONNECT" if mono_ns >= self._due_ns else None

    def _end_probe(self) -> None:
        if self._is_asked:
            self._probe.end()
            self._is_asked = False


class _Probe:
    """A CONNECT now and then, by one client: each would hold descriptors until it is collected."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._is_accepted = False
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="custos-hub-probe",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._client.on_connect = self._on_connect

    def begin(self) -> None:
        """Ask; where not even TCP connects, the question stays unanswered."""
        self._is_accepted = False
        with contextlib.suppress(OSError):
            self._client.connect(*self._address)

    def is_answered(self) -> bool:
        """Take what has come, and say whether the broker has let us in."""
        if not self._is_accepted:
            self._client.loop(timeout=0)
        return self._is_accepted

    def end(self) -> None:
        """Leave; paho sends that and closes at once, whether or not anybody listens."""
        self._client.disconnect()

    def _on_connect(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._is_accepted = not reason.is_failure


_CONFIG = f"""\
id = 0

[router]
id = 0
max_connections = {CONNECTIONS_MAX}
max_outgoing_packet_count = 200
max_segment_size = {SEGMENT_BYTES}
max_segment_count = {SEGMENTS_MAX}

[v5.1]
name = "v5"
listen = "{{listen}}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = {PAYLOAD_BYTES_MAX}
max_inflight_count = {INFLIGHT_MAX}
dynamic_filters = true
"""
