"""SSI packets: published vectors, what is sent again, codes in several packets, resynchronising."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.frames import DeviceAck, Frame, Received, Reply, Resend
from devices.ssi import ACK, NAK_RESEND, SsiFramer, make_packet
from devices.symbology import Symbology, symbology_of
from simulators.ssi import code_packets, packet, sent_again

SPLIT = st.lists(st.integers(0, 4000), max_size=8)
codes = st.binary(min_size=1, max_size=600).filter(lambda code: not code.startswith(b"]"))
line_noise = st.binary(max_size=12).map(lambda noise: bytes(byte & 0x8F for byte in noise))
"""Never an opcode of a scanner (D0, D1, F3, F6), so it cannot begin a packet."""


def one(code: bytes, aim: str = "C0") -> bytes:
    (only,) = code_packets(code, aim)
    return only


def feed_split(framer: SsiFramer, data: bytes, cuts: list[int]) -> list[Received]:
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [r for low, high in itertools.pairwise(bounds) for r in framer.feed(data[low:high])]


def frames(received: list[Received]) -> list[Frame]:
    return [r for r in received if isinstance(r, Frame)]


def resends(received: list[Received]) -> list[Resend]:
    return [frame.resend for frame in frames(received)]


@pytest.mark.parametrize(
    ("opcode", "published"),
    [(0xE4, "04e40400ff14"), (0xE5, "04e50400ff13"), (0xA3, "04a30400ff55")],
)
def test_packets_are_those_that_makers_publish(opcode: int, published: str) -> None:
    assert make_packet(opcode).hex() == published


def test_a_scanners_published_acknowledgement_is_understood() -> None:
    assert SsiFramer().feed(bytes.fromhex("04d00000ff2c")) == [DeviceAck(accepted=True)]


@given(st.lists(st.tuples(line_noise, codes), max_size=4), SPLIT)
def test_the_same_codes_arrive_from_every_split_with_noise_between_them(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    data = b"".join(noise + b"".join(code_packets(code, "Q1")) for noise, code in parts)
    framer = SsiFramer()
    received = feed_split(framer, data, cuts)
    assert [(f.raw, f.size) for f in frames(received)] == [(c[:512], len(c)) for _, c in parts]
    assert framer.noise_bytes == sum(len(noise) for noise, _ in parts)
    assert all(r == Reply(ACK) for r in received if not isinstance(r, Frame))


@given(st.binary(max_size=1500))
def test_after_any_garbage_and_a_quiet_line_the_next_code_arrives(garbage: bytes) -> None:
    framer = SsiFramer()
    framer.feed(garbage)
    framer.fall_quiet()
    (frame,) = framer.feed(one(b"103000000001"))
    assert frame == Frame(b"103000000001", "C0", False, 12)


@given(st.integers(0, 19), st.integers(1, 255))
def test_a_packet_with_any_one_byte_changed_is_never_a_code(at: int, change: int) -> None:
    data = bytearray(one(b"103000000001"))
    data[at % len(data)] ^= change
    framer = SsiFramer()
    assert frames(framer.feed(bytes(data))) == []
    framer.fall_quiet()
    assert frames(framer.feed(one(b"103000000001")))


def test_a_packet_that_is_not_whole_is_asked_for_again_once() -> None:
    framer = SsiFramer()
    bad = bytearray(one(b"755000000017"))
    bad[8] ^= 1
    assert framer.feed(bytes(bad)) == [Reply(NAK_RESEND)]
    framer.fall_quiet()
    assert framer.noise_bytes == len(bad)


def test_a_half_packet_holds_up_nothing_once_the_line_was_quiet() -> None:
    framer = SsiFramer()
    assert framer.feed(one(b"x" * 200)[:40]) == []
    framer.fall_quiet()
    assert framer.noise_bytes == 40
    assert resends(framer.feed(one(b"103000000001"))) == [Resend.NO]


def test_no_more_than_a_packet_is_held() -> None:
    framer = SsiFramer()
    for _ in range(300):
        framer.feed(b"\xff\xf3\x00\x02\x03" + b"x" * 400)
        assert len(framer._held) < 257
        assert len(framer._code._head) <= 512


def test_a_code_may_hold_whole_packets() -> None:
    inner = one(b"CX:END") + packet(0xD0)
    assert frames(SsiFramer().feed(one(b"Q" + inner, "Q1"))) == [
        Frame(b"Q" + inner, "Q1", False, len(inner) + 1)
    ]


# ---------------------------------------------------------------- sent again


def test_the_last_code_sent_again_is_the_same_one() -> None:
    framer = SsiFramer()
    code = one(b"755000000017")
    received = framer.feed(code + sent_again(code) + sent_again(code))
    assert resends(received) == [Resend.NO, Resend.SAME, Resend.SAME]


def test_the_same_code_without_the_mark_is_a_scan_of_its_own() -> None:
    assert resends(SsiFramer().feed(one(b"755") * 2)) == [Resend.NO, Resend.NO]


@pytest.mark.parametrize("between", [b"\x00", one(b"756")], ids=["noise", "another code"])
def test_what_is_sent_again_after_something_else_may_be_a_scan_of_its_own(between: bytes) -> None:
    framer = SsiFramer()
    code = one(b"755")
    assert resends(framer.feed(code + between + sent_again(code)))[-1] is Resend.MAYBE


def test_a_pulled_cable_ends_what_could_be_sent_again() -> None:
    framer = SsiFramer()
    framer.feed(one(b"755"))
    framer.reset()
    assert resends(framer.feed(sent_again(one(b"755")))) == [Resend.MAYBE]


def test_a_quiet_line_does_not_end_it() -> None:
    framer = SsiFramer()
    framer.feed(one(b"755"))
    framer.fall_quiet()
    assert resends(framer.feed(sent_again(one(b"755")))) == [Resend.SAME]


# ---------------------------------------------------------------- several packets

LONG = b"a" * 250 + b"b" * 250 + b"end"
PARTS = code_packets(LONG, "Q1")


def test_each_intermediate_packet_is_acknowledged_at_once_and_the_last_is_not() -> None:
    framer = SsiFramer()
    assert [framer.feed(part) for part in PARTS] == [
        [Reply(ACK)],
        [Reply(ACK)],
        [Frame(LONG, "Q1", False, 503)],
    ]


def test_an_intermediate_packet_that_is_sent_again_counts_once() -> None:
    framer = SsiFramer()
    for part in (PARTS[0], sent_again(PARTS[0]), PARTS[1], b"\x00", sent_again(PARTS[1])):
        assert framer.feed(part) in ([Reply(ACK)], [])
    framer.fall_quiet()
    assert [f.raw for f in frames(framer.feed(sent_again(PARTS[2])))] == [LONG]


def test_the_last_packet_sent_again_is_the_whole_code_again() -> None:
    framer = SsiFramer()
    framer.feed(b"".join(PARTS))
    assert framer.feed(sent_again(PARTS[2])) == [Frame(LONG, "Q1", False, 503, Resend.SAME)]


def test_equal_packets_of_one_code_are_all_kept() -> None:
    code = b"x" * 500 + b"."
    assert [f.raw for f in frames(SsiFramer().feed(b"".join(code_packets(code, "Q1"))))] == [code]


def test_a_code_that_was_given_up_halfway_is_no_part_of_the_next() -> None:
    framer = SsiFramer()
    framer.feed(PARTS[0])
    framer.fall_quiet()
    assert [f.raw for f in frames(framer.feed(b"".join(PARTS)))] == [LONG]
    assert framer.noise_bytes == 250


# ---------------------------------------------------------------- symbology


@pytest.mark.parametrize(
    ("kind", "aim", "symbology"),
    [(0x03, "C0", Symbology.CODE128), (0x0F, "C1", Symbology.GS1_128),
     (0x01, "A0", Symbology.CODE39),
     (0x0B, "E0", Symbology.EAN), (0x06, "I0", Symbology.ITF), (0x11, "L0", Symbology.PDF417),
     (0x1B, "d1", Symbology.DATAMATRIX), (0x1C, "Q1", Symbology.QR), (0x2D, "z0", Symbology.AZTEC),
     (0x30, "e0", Symbology.GS1_DATABAR), (0xC1, "d2", Symbology.GS1_DATAMATRIX),
     (0xC2, "Q3", Symbology.GS1_QR), (0x00, "X0", Symbology.OTHER), (0x25, "X0", Symbology.OTHER)],
)  # fmt: skip
def test_the_first_data_byte_says_the_symbology(kind: int, aim: str, symbology: Symbology) -> None:
    (frame,) = frames(SsiFramer().feed(packet(0xF3, bytes([kind]) + b"103000000001")))
    assert (frame.raw, frame.aim) == (b"103000000001", aim)
    assert symbology_of(aim) is symbology


@pytest.mark.parametrize(
    ("kind", "data", "aim", "raw"),
    [(0x03, b"]C1401", "C1", b"401"), (0x03, b"]Q1401", "C0", b"]Q1401"),
     (0x77, b"]z0401", "z0", b"401"), (0x03, b"]", "C0", b"]"), (0x03, b"401]C1", "C0", b"401]C1")],
)  # fmt: skip
def test_an_aim_id_that_fits_the_symbology_is_one(
    kind: int, data: bytes, aim: str, raw: bytes
) -> None:
    (frame,) = frames(SsiFramer().feed(packet(0xF3, bytes([kind]) + data)))
    assert (frame.aim, frame.raw) == (aim, raw)


@pytest.mark.parametrize("empty", [b"", b"\x03", b"\x03]C0"])
def test_a_packet_without_a_code_is_acknowledged_and_says_nothing(empty: bytes) -> None:
    framer = SsiFramer()
    again = sent_again(packet(0xF3, empty))
    assert framer.feed(packet(0xF3, empty) + again) == [Reply(ACK), Reply(ACK)]
