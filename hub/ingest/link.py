"""The cable to the broker: paho's thread on one side, the worker's on the other.

Callbacks only enqueue; nothing is decoded in them, and nothing is acknowledged before the worker
says so. Source: design section 10, facts.md ("MQTT").
"""

import queue
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from prometheus_client import Counter

from hub.broker_identity import BrokerIdentity
from hub.config import MQTT_PORT, MQTTS_PORT
from hub.ingest.intake import Incoming
from wire.limits import BATCH_BYTES_MAX
from wire.topics import HUB_SUBSCRIPTIONS, Topic

INBOX_MAX = 128
"""Messages that wait for the worker. When it is full paho's thread waits too: nothing is dropped,
the broker is not read, and what it then drops the edges send again."""
UNACKED_MAX = 64
"""The broker sends no more before it gets acknowledgements (MQTT 5 receive maximum)."""
OUTBOX_MAX = 2_000
"""Answers that wait for the broker; more are dropped, and the edges ask again."""
PACKET_BYTES_MAX = BATCH_BYTES_MAX + 4096
KEEPALIVE_S = 30
RECONNECT_S_MAX = 10

_QOS = 1
_TAKE_RETRY_S = 0.5

_log = structlog.get_logger()
_connections = Counter("custos_hub_broker_connections", "Connections that the broker accepted")
_unsent = Counter("custos_hub_answers_unsent", "Answers dropped: no broker, or too many waiting")


@dataclass(frozen=True, slots=True)
class Received:
    """A message with what is needed to acknowledge it on the connection that brought it."""

    incoming: Incoming
    packet_id: int
    qos: int
    connection: int


class _LoopingClient(Client):
    """Says whether its loop still runs, whoever's thread that is."""

    is_looping = False

    def loop_forever(
        self, timeout: float = 1.0, retry_first_connection: bool = False
    ) -> MQTTErrorCode:
        """Loop until told to stop."""
        try:
            return super().loop_forever(timeout, retry_first_connection)
        finally:
            self.is_looping = False


class BrokerLink:
    """Connects, reconnects, receives into a bounded inbox, acknowledges and sends when told."""

    def __init__(
        self,
        url: str,
        client_id: str,
        now: Callable[[], datetime],
        identity: BrokerIdentity | None = None,
    ) -> None:
        """``identity`` is by what it comes to a broker that is reached by ``mqtts://``."""
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (MQTTS_PORT if parts.scheme == "mqtts" else MQTT_PORT)
        self._now = now
        self._inbox: queue.Queue[Received] = queue.Queue(INBOX_MAX)
        self._stopping = threading.Event()
        self._connection = 0
        self._listening_since: datetime | None = None
        self._client = _LoopingClient(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        self._identity = identity
        self._fail_reason = ""
        if identity is not None:
            self._client.tls_set_context(identity.context)
            self._client.on_pre_connect = self._on_pre_connect
        self._client.max_queued_messages_set(OUTBOX_MAX)
        self._client.max_inflight_messages_set(OUTBOX_MAX)
        self._client.reconnect_delay_set(1, RECONNECT_S_MAX)
        self._client.on_socket_open = _send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def listening_since(self) -> datetime | None:
        """Since when the subscriptions stand; ``None`` while they do not."""
        return self._listening_since

    @property
    def is_running(self) -> bool:
        """Whether the thread lives; without it no message ever comes again."""
        return self._thread.is_alive() if self._identity is None else self._client.is_looping

    def start(self) -> None:
        """Begin to connect, for ever until :meth:`stop`."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # untyped in paho
        properties.ReceiveMaximum = UNACKED_MAX
        properties.MaximumPacketSize = PACKET_BYTES_MAX
        properties.SessionExpiryInterval = 0
        self._client.connect_async(
            self._host, self._port, KEEPALIVE_S, clean_start=True, properties=properties
        )
        if self._identity is None:
            self._thread.start()
            return
        # The thread is paho's own here, for then it alone writes, and the worker only wakes it.
        # OpenSSL takes no two threads on one connection: it broke ("bad record mac") after some
        # thousand answers that the worker wrote while the other was reading.
        self._client.is_looping = True
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread; what is in the inbox was never acknowledged."""
        self._stopping.set()
        self._client.disconnect()
        if self._identity is None:
            self._thread.join()
        else:
            self._client.loop_stop()

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        """What has come, waiting for the first message only; at most about ``bytes_max``."""
        try:
            found = [self._inbox.get(timeout=timeout_s)]
        except queue.Empty:
            return []
        size = len(found[0].incoming.payload)
        while len(found) < count_max and size < bytes_max:
            try:
                found.append(self._inbox.get_nowait())
            except queue.Empty:
                break
            size += len(found[-1].incoming.payload)
        return found

    def acknowledge(self, received: Sequence[Received]) -> None:
        """Tell the broker that these are stored; one of an earlier connection is skipped."""
        for each in received:
            if each.connection == self._connection:
                self._client.ack(each.packet_id, each.qos)

    def send(self, topic: Topic, payload: bytes) -> None:
        """Send to an edge, or drop where there is no connection: the edge asks again."""
        if not self._client.is_connected():
            _unsent.inc()
            return
        if self._client.publish(str(topic), payload, _QOS).rc != 0:
            _unsent.inc()

    def _run(self) -> None:
        self._client.loop_forever(retry_first_connection=True)

    def _on_pre_connect(self, _client: Client, _userdata: object) -> None:
        if self._identity is not None:
            try:
                self._identity.refresh()
            except OSError:
                # What was read last may still be good.
                _log.exception("the certificate for the broker cannot be read")

    def _on_connect_fail(self, _client: Client, _userdata: object) -> None:
        # paho calls this while it handles the error.
        reason = _sentence(sys.exc_info()[1])
        if reason != self._fail_reason:
            self._fail_reason = reason
            _log.warning("the broker cannot be reached", reason=reason)

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.warning("broker refuses the connection", reason=str(reason))
            return
        self._fail_reason = ""
        self._connection += 1
        _connections.inc()
        client.subscribe([(each, _QOS) for each in HUB_SUBSCRIPTIONS])

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _packet_id: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            _log.error("broker refuses the subscriptions", reasons=[str(r) for r in reasons])
            return
        self._listening_since = self._now()
        _log.info("listening to the broker", connection=self._connection)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._listening_since is not None and not self._stopping.is_set():
            _log.warning("connection to the broker ended", reason=str(reason))
        self._listening_since = None

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        incoming = Incoming(message.topic, bytes(message.payload), self._now())
        received = Received(incoming, message.mid, message.qos, self._connection)
        while not self._stopping.is_set():
            try:
                self._inbox.put(received, timeout=_TAKE_RETRY_S)
            except queue.Full:
                continue
            return


def _sentence(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not of this hub's CA for this host: {error.verify_message}"
    return str(error)


def _send_at_once(_client: Client, _userdata: object, connection: object) -> None:
    # Without this each answer waits for the other side's delayed TCP acknowledgement (25x, facts).
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
