"""Plays many edges at a broker: ``python -m bench.feeder ORDER.json``; prints what it saw as JSON.

With receipts it keeps the edges' own rule: one batch in flight a spool, the next after the receipt.
At a rate it keeps a timetable: a batch that had to wait for its turn is late, and is counted from
when it should have gone. Without receipts (a peer gives none) it only publishes.
"""

import json
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.batches import Made, read_batches, site_of
from wire.topics import Channel, Topic

MARK_EVERY = 100_000
LOOP_S = 0.001
QUIET_S_MAX = 60.0
"""Nothing was answered for so long: what is measured has stopped."""
BURST_MAX = 64
"""Batches published between two looks at what has come."""
UNSENT_MAX = 200
"""Messages that the broker has not taken yet; more are not handed to the library."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to play; ``rate`` is events/s, null: as fast as it goes."""

    port: int
    files: list[str]
    edges: int
    skip: int = 0
    batches: int
    rate: float | None = None
    with_receipts: bool = True


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; times are epoch seconds, ``waits_ms`` publish to receipt."""

    events: int
    seconds: float
    marks: list[tuple[int, float]]
    waits_ms: list[float]
    fresh: dict[str, float]
    """When each high-value parcel's first scan should have gone."""
    refused: int


class Feeder:
    """One connection that speaks for all edges."""

    def __init__(self, order: Order) -> None:
        self._order = order
        batches = read_batches([Path(each) for each in order.files])
        self._source: Iterator[Made] = islice(batches, order.skip, order.skip + order.batches)
        self._next: Made | None = None
        self._waiting: list[deque[tuple[Made, float]]] = [deque() for _ in range(order.edges)]
        self._in_flight: list[tuple[Made, float] | None] = [None] * order.edges
        self._topics = [
            str(Topic(site_of(edge), "dock", Channel.EVENTS)) for edge in range(order.edges)
        ]
        receipts = [str(Topic(site_of(e), "dock", Channel.RECEIPT)) for e in range(order.edges)]
        self._edge_of = {topic: edge for edge, topic in enumerate(receipts)}
        self._marks: list[tuple[int, float]] = []
        self._waits_ms: list[float] = []
        self._fresh: dict[str, float] = {}
        self._sent = self._answered = self._events = self._refused = self._taken = 0
        self._heard_s = time.monotonic()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="feeder",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        self._client.on_socket_open = _send_at_once
        self._client.on_message = self._on_receipt
        self._client.on_publish = self._on_publish
        self._client.max_inflight_messages_set(UNSENT_MAX)

    def run(self) -> Told:
        """Play the order to its end."""
        self._client.connect("127.0.0.1", self._order.port)
        while not self._client.is_connected():
            self._client.loop(LOOP_S)
        if self._order.with_receipts:
            self._client.subscribe([(topic, 1) for topic in self._edge_of])
            for _ in range(200):
                self._client.loop(LOOP_S)
        # What is skipped is read now: on the clock, it would be a delay of the hub's.
        self._next = next(self._source, None)
        began_s = self._heard_s = time.time()
        while not self._is_over():
            self._send_due(began_s)
            self._client.loop(LOOP_S)
            if time.time() - self._heard_s > QUIET_S_MAX:
                raise TimeoutError(f"{self._answered} of {self._sent} batches answered, then none")
        seconds = time.time() - began_s
        self._client.disconnect()
        return Told(
            events=self._events,
            seconds=seconds,
            marks=self._marks,
            waits_ms=self._waits_ms,
            fresh=self._fresh,
            refused=self._refused,
        )

    def _is_over(self) -> bool:
        done = self._answered if self._order.with_receipts else self._taken
        return done >= self._order.batches

    def _send_due(self, began_s: float) -> None:
        rate, now_s = self._order.rate, time.time()
        for _ in range(BURST_MAX):
            if self._sent - self._taken >= UNSENT_MAX:
                return
            if rate is None and self._order.with_receipts and self._is_ahead():
                return
            made = self._next or next(self._source, None)
            self._next = made
            if made is None:
                return
            due_s = now_s
            if rate is not None:
                due_s = began_s + self._sent * made.events / rate
                if due_s > now_s:
                    return
            self._next = None
            self._take(made, due_s)

    def _is_ahead(self) -> bool:
        # Every edge has its next batch at hand: reading on would only fill memory.
        return self._sent - self._answered >= 2 * self._order.edges

    def _take(self, made: Made, due_s: float) -> None:
        self._sent += 1
        if made.fresh is not None:
            self._fresh[made.fresh] = due_s
        if not self._order.with_receipts:
            self._publish(made)
        elif self._in_flight[made.edge] is None:
            self._in_flight[made.edge] = (made, due_s)
            self._publish(made)
        else:
            self._waiting[made.edge].append((made, due_s))

    def _publish(self, made: Made) -> None:
        self._client.publish(self._topics[made.edge], made.payload, qos=1)
        if not self._order.with_receipts:
            self._count(made.events)

    def _on_publish(self, *_: Any) -> None:
        self._taken += 1
        self._heard_s = time.time()

    def _on_receipt(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        edge = self._edge_of[message.topic]
        flown = self._in_flight[edge]
        if flown is None:
            return
        if b'"problem":null' not in message.payload:
            self._refused += 1
        made, due_s = flown
        self._heard_s = now_s = time.time()
        self._waits_ms.append((now_s - due_s) * 1000)
        self._answered += 1
        self._count(made.events)
        following = self._waiting[edge].popleft() if self._waiting[edge] else None
        self._in_flight[edge] = following
        if following is not None:
            self._publish(following[0])

    def _count(self, events: int) -> None:
        before, self._events = self._events, self._events + events
        if before // MARK_EVERY != self._events // MARK_EVERY:
            self._marks.append((self._events, time.time()))


def _send_at_once(_client: Client, _data: object, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def main() -> None:
    """Play the order that the named file holds."""
    order = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    print(json.dumps(msgspec.to_builtins(Feeder(order).run())))


if __name__ == "__main__":
    main()
