"""Frames of a real edge, captured and sent again, whole and altered, through the closed wire.

The test run does it with 2,000 frames, ``make faults`` with 100,000. Source: design section 4, P2.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.tls_identity import AUTHORITY_NAME, PAIR_NAME
from ledger.certificates import Order, Purpose, TlsKey, issue
from tests.rig.closed import Caller, ClosedBroker, Pair, open_closed_house
from tests.rig.house import House, is_connected
from tests.rig.programs import Edge, wait_until
from wire.names import Signal
from wire.topics import HUB_SUBSCRIPTIONS, Channel, Topic

CAPTURED_SCANS = 100
WINDOW = 200
TAP = "tap"
REPLAYED = 100_000


def replay_frames(folder: Path, count: int) -> dict[str, float]:
    """Capture what a real edge sends, send ``count`` frames of it again, and some with one bit
    turned, as who has the edge's disk: nothing is doubled, stored or changed.
    """
    with open_closed_house(folder) as house:
        with capture(house) as ear:
            for code in codes(0, CAPTURED_SCANS):
                scan_all(house, [code])
                # Each scan in a batch of its own.
                house.wait_delivered()
            house.edge.stop()
            wait_until(lambda: not is_connected(house.hub, house.edge), "its last will")
        frames = ear.received
        assert len({topic for topic, _ in frames}) == 2, "batches and states"
        before, began_s = everything(house), time.monotonic()
        with connected(house) as thief:
            sent = replay(thief, frames, count)
        took_s = time.monotonic() - began_s
        assert everything(house) == before, "a replayed frame changed something"
        assert stored(house) == codes(0, CAPTURED_SCANS)
        altered = send_altered(house, frames)
        assert everything(house) == before, "an altered frame changed something"
        (alert,) = open_alerts(house, "edge_refused")
        assert alert["subject"] == "755A/dock"
        assert house.hub.get("quarantine?limit=1000")["items"]
    figures = {"captured": len(frames), "replayed": sent, "altered": altered}
    return {**figures, "frames_per_s": round(sent / took_s)}


def send_altered(house: House, frames: list[tuple[str, bytes]]) -> int:
    """A captured batch with one bit turned, at some fifty places; how many were sent."""
    batch = next(payload for _, payload in frames[::-1] if b'"type":"batch"' in payload[:80])
    places = range(0, len(batch), max(1, len(batch) // 50))
    with connected(house) as thief:
        for place in places:
            altered = bytearray(batch)
            altered[place] ^= 1
            thief.client.publish(str(Topic("755A", "dock", Channel.EVENTS)), bytes(altered), 1)
        wait_until(lambda: len(thief.received) >= len(places), "an answer to each")
    return len(places)


def codes(first: int, count: int) -> list[str]:
    return [f"{755200000000 + first + number}" for number in range(count)]


def scan_all(house: House, wanted: list[str]) -> None:
    for code in wanted:
        assert house.scan(code) is Signal.OK


def stored(house: House) -> list[str]:
    return [each["waybill"] for each in house.hub.events()]


def edge_pair(edge: Edge) -> Pair:
    return Pair(edge.data_dir / PAIR_NAME, edge.data_dir / AUTHORITY_NAME)


def authority_key(house: House) -> TlsKey:
    return TlsKey(bytes.fromhex((house.hub.data_dir / "ca.key").read_text()))


def broker_of(house: House) -> ClosedBroker:
    assert isinstance(house.broker, ClosedBroker)
    return house.broker


def open_alerts(house: House, kind: str) -> list[dict[str, str]]:
    found = house.hub.get("alerts?state=open")["items"]
    return [each for each in found if each["kind"] == kind]


def tap(house: House) -> Pair:
    """An eavesdropper's certificate; ``open_tapped_house`` lets it hear."""
    directory, key = house.hub.data_dir, TlsKey(b"tap!" * 8)
    now = datetime.now(UTC).replace(microsecond=0)
    order = Order(TAP, key.point, 4712, now, now + timedelta(days=1), Purpose.CLIENT)
    pair = directory.parent / "tap.pem"
    pair.write_bytes(issue(order, authority_key(house), (directory / "ca.crt").read_bytes()))
    pair.write_bytes(pair.read_bytes() + key.pem())
    return Pair(pair, directory / "ca.crt")


@contextmanager
def capture(house: House) -> Iterator[Caller]:
    """All that the edge sends: the generated rules, and one more for an eavesdropper."""
    acl = broker_of(house).folder / "acl"
    with acl.open("a") as file:
        file.write(f"\nuser {TAP}\n" + "".join(f"topic read {t}\n" for t in HUB_SUBSCRIPTIONS))
    broker_of(house).reload()
    caller = Caller(tap(house).context(), broker_of(house).port)
    try:
        assert caller.connect() == "Success"
        caller.subscribe(*HUB_SUBSCRIPTIONS)
        yield caller
    finally:
        caller.close()


@contextmanager
def connected(house: House) -> Iterator[Caller]:
    """Who has the edge's disk: a legitimate connection under its name."""
    caller = Caller(edge_pair(house.edge).context(), broker_of(house).port)
    try:
        assert caller.connect() == "Success"
        caller.subscribe(str(Topic("755A", "dock", Channel.RECEIPT)))
        yield caller
    finally:
        caller.close()


def everything(house: House) -> object:
    """What the hub has of edges and events, but for when it last heard."""
    edges = house.hub.get("edges")["items"]
    return (house.hub.events(""), [{**each, "last_state_at": None} for each in edges])


def replay(thief: Caller, frames: list[tuple[str, bytes]], count: int) -> int:
    """Send frames again, the first ones after the last ones; how many went out.

    Never more at once than the broker keeps for the hub: each batch and state is answered, and
    when all are, the hub is done with them.
    """
    again = itertools.islice(itertools.cycle(frames), count)
    sent = 0
    while window := list(itertools.islice(again, WINDOW)):
        thief.received.clear()
        for topic, payload in window:
            thief.client.publish(topic, payload, qos=1)
        sent += len(window)
        answered = sum(is_answered(payload) for _, payload in window)
        wait_until(lambda n=answered: len(thief.received) >= n, "all answers")  # type: ignore[misc]
    return sent


def is_answered(payload: bytes) -> bool:
    return b'"type":"gone"' not in payload[:80]
