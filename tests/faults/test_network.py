"""A network that fails in every way, each fault in both forms: "failed", and "failed after all".

A real mosquitto, hub and two edges; our proxies stand in their cables. What the scanners heard is
compared with what the hub has (tests/faults/truth.py).
"""

import time
from collections.abc import Iterator

import pytest

from tests.faults.laboratory import Laboratory, open_laboratory
from tests.faults.proxy import PUBLISH, Act, MqttPackets, Proxy, Way, kind_of, number_of, topic_of
from tests.rig.programs import wait_until

SCANS = 4
FAULT_S = 0.4


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    directory = tmp_path_factory.mktemp("network")
    with open_laboratory(directory, [["pty"], ["tcp"]]) as lab:
        yield lab


def meet(lab: Laboratory, act: Act, armed: dict[Proxy, tuple[Way, str]]) -> None:
    """Scan until the packets have met ``act``, and on until all is receipted."""
    before = {wire: wire.met[act] for wire in armed}
    for wire, (way, channel) in armed.items():
        wire.arm(way, act, channel)
    lab.scan_all(SCANS)
    wait_until(lambda: all(wire.met[act] > n for wire, n in before.items()), f"packets {act}")
    lab.settle()
    print(act, lab.check())


@pytest.mark.parametrize("act", Act)
def test_a_batch_may_meet_any_fault_before_and_behind_the_broker(lab: Laboratory, act: Act) -> None:
    meet(lab, act, {lab.edge_wire: (Way.UP, "events"), lab.hub_wire: (Way.DOWN, "events")})


@pytest.mark.parametrize("act", Act)
def test_a_receipt_may_meet_any_fault_on_its_way_to_the_edge(lab: Laboratory, act: Act) -> None:
    meet(lab, act, {lab.edge_wire: (Way.DOWN, "receipt")})


@pytest.mark.parametrize("act", [Act.LOSE, Act.LOSE_ACK, Act.DOUBLE, Act.SWAP])
def test_a_receipt_may_meet_any_fault_on_its_way_to_the_broker(lab: Laboratory, act: Act) -> None:
    meet(lab, act, {lab.hub_wire: (Way.UP, "receipt")})


def test_a_half_open_connection_is_told_to_nobody_and_costs_nothing(lab: Laboratory) -> None:
    for wire in (lab.edge_wire, lab.hub_wire):
        wire.is_swallowing = True
        lab.scan_all(SCANS)
        time.sleep(FAULT_S)
        assert all(edge.depth() >= SCANS for edge in lab.edges), "something got through"
        lab.heal()
        lab.settle()
    print("half-open", lab.check())


def test_a_network_that_is_away_and_back_brings_all_of_it(lab: Laboratory) -> None:
    for wire in (lab.edge_wire, lab.hub_wire):
        wire.is_refusing = True
        wire.cut()
    lab.scan_all(5 * SCANS)
    lab.heal()
    lab.settle()
    print("away", lab.check())


def test_a_slow_line_delays_events_and_no_tone(lab: Laboratory) -> None:
    lab.edge_wire.delay_s = 0.1
    began_s = time.monotonic()
    lab.scan_all(2 * SCANS)
    assert time.monotonic() - began_s < 2 * SCANS * 0.1, "tones waited for the network"
    lab.heal()
    lab.settle()
    print("slow line", lab.check())


def test_the_proxy_reads_whole_packets_whatever_the_split() -> None:
    packets = [_publish("custos/v1/755A/e0/events", 258, 300), _publish("a", 1, 0), b"\xc0\x00"]
    stream = b"".join(packets)
    for size in (1, 2, 7, len(stream)):
        reader = MqttPackets()
        pieces = [stream[n : n + size] for n in range(0, len(stream), size)]
        assert [packet for piece in pieces for packet in reader.feed(piece)] == packets
    assert kind_of(packets[0]) == PUBLISH
    assert (topic_of(packets[0]), number_of(packets[0])) == ("custos/v1/755A/e0/events", 258)
    assert topic_of(packets[2]) == ""


def _publish(topic: str, number: int, size: int) -> bytes:
    """A PUBLISH of quality 1 as MQTT 5 section 3.3 writes it."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + number.to_bytes(2, "big") + b"\x00" + bytes(size)
    length = bytearray()
    rest = len(body)
    while True:
        rest, low = divmod(rest, 128)
        length.append(low | (0x80 if rest else 0))
        if not rest:
            return b"\x32" + bytes(length) + body
