"""Whatever is wrong that may come to a topic: by strangers, and rightly signed.

The kinds are those that the design names (section 3, "Exactly once"); each is a payload for one
channel of one edge.
"""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ledger.keys import SigningKey
from ledger.signing import seal
from tests.hub_parts import SigningEdge
from tests.rig.programs import Hub
from wire.events import ClockReading, Event
from wire.limits import BATCH_BYTES_MAX, INT_MAX
from wire.lines import seal_line
from wire.messages import (
    FootageOrder,
    Gone,
    MessageBase,
    PackHead,
    Receipt,
    SpoolClose,
    SpoolHead,
    WantedDelta,
    WantedFetch,
    WantedHead,
)
from wire.topics import Channel, Topic
from wire.wanted import ListHead

GOLDEN = Path(__file__).parents[1] / "golden" / "wire"
ACK_S = 5.0
NEVER, ALWAYS = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"
SPOOL, ID = "ab" * 16, "cd" * 16


def enrolled(hub: Hub) -> SigningEdge:
    """An edge whose key somebody hostile has."""
    ghost = SigningEdge(edge="ghost", key=SigningKey(os.urandom(32)))
    message = seal(ghost.enrol_message(), ghost.key)
    request = urllib.request.Request(f"{hub.url}/api/v1/edge/enrol", data=message, method="POST")
    with urllib.request.urlopen(request, timeout=ACK_S) as answer:
        assert answer.status == 200
    return ghost


def unreadable() -> Iterator[bytes]:
    """What is no message of ours, or of ours and signed by somebody else."""
    yield from (b"", b"\n", b"\x00" * 64, b"\xff\xfe" * 99, b"{}\n\n", b"null\nAAAA\n", b"[" * 9999)
    yield b'{"type":"batch","v":1}\n' + b"A" * 88 + b"\n"
    yield bytes(BATCH_BYTES_MAX + 1)
    yield bytes(300_000)
    for path in sorted(GOLDEN.glob("*.msg")):
        message = path.read_bytes()
        yield message
        yield message[: len(message) // 2]
        yield message.replace(b'"755A"', b'"\xc3\x28"', 1)


def by_an_edge(edge: SigningEdge) -> Iterator[tuple[Channel, bytes]]:
    """Rightly signed and wrong in every other way; ``edge`` has a spool of good lines."""
    whole = edge.batch([edge.line(edge.scan()), edge.line(edge.scan())], 1)
    yield Channel.EVENTS, whole
    yield Channel.EVENTS, whole[:-40]
    yield Channel.EVENTS, whole + b"{}\n"
    yield Channel.STATE, whole
    for line in (b"{}", b"not json", b'{"kind":"scan"}', b"\xff" * 40, b"[" * 400):
        yield Channel.EVENTS, edge.batch([edge.raw_line(line)])
    for event in _odd_events(edge):
        yield Channel.EVENTS, edge.batch([edge.line(event)])
    stranger = edge.scan(site="020W", edge="other")
    yield Channel.EVENTS, edge.batch([edge.line(stranger)])
    yield Channel.EVENTS, edge.batch([seal_line(edge.scan(), edge.spool, 100, "a" * 64)], 100)
    yield Channel.EVENTS, edge.batch([seal_line(edge.scan("1"), edge.spool, 1, "0" * 64)], 1)
    broken = seal_line(edge.scan(), edge.spool, edge.seq + 1, "a" * 64)
    yield Channel.EVENTS, edge.batch([broken], edge.seq + 1)
    for state in (
        edge.state(at=NEVER, oldest_at=ALWAYS, mono_ms=INT_MAX, depth=INT_MAX),
        edge.state(clock=ClockReading(offset_ms=-INT_MAX, error_ms=INT_MAX)),
        edge.state(wanted=ListHead(version=INT_MAX, list_sha256="0" * 64, head_at=ALWAYS)),
        edge.state(
            heads=tuple(SpoolHead(spool=f"{n:032}", seq=n, head="a" * 64) for n in range(64))
        ),
    ):
        yield Channel.STATE, seal(state, edge.key)
        yield Channel.EVENTS, seal(state, edge.key)
    gone = Gone(site=edge.site, edge=edge.edge, boot="0" * 32, connection="0" * 32)
    yield Channel.STATE, seal(gone, edge.key)


def _odd_events(edge: SigningEdge) -> Iterator[Event]:
    for at in (NEVER, ALWAYS):
        for offset_ms in (INT_MAX, -INT_MAX, None):
            yield edge.scan(at=at, clock=ClockReading(offset_ms=offset_ms, error_ms=INT_MAX))
    yield edge.scan("-" * 64, mono_ms=INT_MAX, text="\U0010ffff" * 100)
    yield edge.scan(device=None, source="]C0\r\n<script>" * 10, by=None)


def by_the_hub(key: SigningKey, site: str, edge: str) -> Iterator[tuple[Channel, bytes]]:
    """What the hub's own key signed, and its edge must not follow."""
    to = {"site": site, "edge": edge}
    over, lasting = {"id": ID, "expires_at": NEVER}, {"id": ID, "expires_at": ALWAYS}
    older = ListHead(version=1, list_sha256="0" * 64, head_at=NEVER)
    newer = ListHead(version=INT_MAX, list_sha256="0" * 64, head_at=ALWAYS)
    nothing_asked = Receipt(
        **to,
        answers="0" * 64,
        heads=(SpoolHead(spool=SPOOL, seq=INT_MAX, head="0" * 64),),
        wanted_version=INT_MAX,
        received_at=ALWAYS,
        sent_at=NEVER,
    )
    delta = WantedDelta(**to, **lasting, from_version=INT_MAX, put=(), remove=(), head=newer)
    messages: tuple[MessageBase, ...] = (
        nothing_asked,
        delta,
        WantedHead(**to, **lasting, head=older),
        WantedHead(**to, **lasting, head=newer),
        WantedHead(**to, **over, head=newer),
        WantedFetch(**to, **over, version=INT_MAX),
        PackHead(**to, **lasting, version=INT_MAX),
        PackHead(**to, **over, version=INT_MAX),
        FootageOrder(**to, **lasting, files=("0" * 64,)),
        SpoolClose(**to, **lasting, spool=SPOOL, upto_seq=INT_MAX),
        SpoolClose(**to, **over, spool=SPOOL, upto_seq=0),
        Gone(**to, boot="0" * 32, connection="0" * 32),
    )
    for message in messages:
        for channel in (Channel.CMD, Channel.RECEIPT):
            yield channel, seal(message, key)
            yield channel, seal(msgspec.structs.replace(message, edge="another"), key)


def send_all(port: int, poisons: list[tuple[Topic, bytes]]) -> int:
    """Publish each as somebody who may come to the broker; how many the broker took."""
    # Named: a name of the broker's making may hold eleven digits in a row, like a telephone number.
    client = Client(
        CallbackAPIVersion.VERSION2, client_id="stranger", protocol=MQTTProtocolVersion.MQTTv5
    )
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        for topic, payload in poisons:
            client.publish(str(topic), payload, qos=1).wait_for_publish(ACK_S)
    finally:
        client.disconnect()
        client.loop_stop()
    return len(poisons)
