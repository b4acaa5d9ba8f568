"""The network of our own reads packets rightly, and meets just those that it is told to."""

from tests.faults.proxy import PUBLISH, MqttPackets, kind_of, number_of, topic_of


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
