"""One connection to the broker, from CONNECT to its end; the next one is another object.

A connection is never reused, because its last will names it and is frozen at CONNECT (facts).
paho's thread only enqueues. Source: design section 3 ("Nothing is retained").

    BrokerError    no connection came about: try again later     (from OSError, paho's ValueError)
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.tls_identity import TlsIdentityError
from wire.topics import Channel, Topic, edge_subscriptions

CONNECT_TIMEOUT_S = 3.0
KEEPALIVE_S = 20
QOS = 1
WILL_TOO = 0x04
"""DISCONNECT "with will message": a clean end is told to the hub as well."""


class BrokerError(Exception):
    """The broker cannot be reached, or does not take us."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker listens, and as whom we speak to it.

    ``tls`` makes what a connection is closed to strangers with; None: it is open (loopback).
    """

    host: str
    port: int
    site: str
    edge: str
    tls: Callable[[], ssl.SSLContext] | None = None


class BrokerLink:
    """A connection: ``is_up`` once the broker took us, ``ended`` says why it is over."""

    def __init__(
        self,
        address: BrokerAddress,
        connection: str,
        will: bytes,
        on_change: Callable[[], None],
        on_message: Callable[[bytes], None],
        on_published: Callable[[int], None],
    ) -> None:
        """Connect; ``on_change`` tells of ``is_up`` and ``ended``. Callbacks come in paho's thread.

        Raises:
            BrokerError: nobody listens there.
        """
        self.connection = connection
        self.is_up = False
        self.ended: str | None = None
        self._address = address
        self._on_change, self._on_message = on_change, on_message
        self._on_published = on_published
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            # Not a slash between them: it kills the embedded broker's router (rumqttd 0.20).
            client_id=f"{address.site}.{address.edge}",
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._client.on_socket_open = _without_delay
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._arrived
        self._client.on_publish = self._published
        self._client.will_set(self._topic(Channel.STATE), will, qos=QOS, retain=False)
        try:
            if address.tls is not None:
                self._client.tls_set_context(address.tls())
            self._client.connect(
                address.host, address.port, keepalive=KEEPALIVE_S, clean_start=True
            )
        except TlsIdentityError as error:
            raise BrokerError(str(error)) from error
        except ssl.SSLCertVerificationError as error:
            raise BrokerError(
                f"the broker's certificate is not of the hub's CA for the host {address.host}: "
                f"{error.verify_message}"
            ) from error
        except (OSError, ValueError) as error:
            raise BrokerError(f"the broker cannot be reached: {error}") from error
        self._client.loop_start()

    def publish(self, channel: Channel, payload: bytes) -> int:
        """Hand a message to paho; returns its id, which ``on_published`` names later."""
        return self._client.publish(self._topic(channel), payload, qos=QOS, retain=False).mid

    def close(self) -> None:
        """End the connection so that the hub hears of it, and paho's thread with it."""
        with suppress(ValueError):  # paho: there is no connection to end
            self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, identifier=WILL_TOO))
        self._client.loop_stop()

    def _topic(self, channel: Channel) -> str:
        return str(Topic(self._address.site, self._address.edge, channel))

    def _connected(
        self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any
    ) -> None:
        if reason.is_failure:
            self._end(f"the broker refuses us: {reason}")
            return
        topics = edge_subscriptions(self._address.site, self._address.edge)
        client.subscribe([(topic, QOS) for topic in topics])
        self.is_up = True
        self._on_change()

    def _disconnected(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any
    ) -> None:
        # In TLS 1.3 a broker says no to a certificate only after our side has gone through.
        hint = "" if self._address.tls is None or self.is_up else "; it may refuse our certificate"
        self._end(f"the broker is gone: {reason}{hint}")

    def _end(self, reason: str) -> None:
        if self.ended is None:
            self.ended = reason
        self._on_change()

    def _arrived(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self._on_message(bytes(message.payload))

    def _published(
        self, _client: paho.Client, _data: Any, mid: int, _reason: Any, _props: Properties | None
    ) -> None:
        self._on_published(mid)


def _without_delay(_client: paho.Client, _data: Any, connection: Any) -> None:
    # Nagle's algorithm costs a factor of 25 here (facts).
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
