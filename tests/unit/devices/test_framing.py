"""Framing: the same codes from every split, through noise; bounds; resynchronisation."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.frames import DeviceAck, Frame, Framer, Received, Reply, Resend
from devices.framing import ScannerProtocol, make_framer, parse_protocol
from wire.limits import CODE_BYTES_MAX

TAPES = Path(__file__).parents[2] / "golden" / "tapes"
TAPE_NAMES = (
    "honeywell-dock", "honeywell-noise", "newland-dock", "newland-noise", "plain-dock", "ssi-dock",
    "ssi-noise",
)  # fmt: skip
PROTOCOLS = pytest.mark.parametrize("protocol", list(ScannerProtocol))
RECORDS = pytest.mark.parametrize("protocol", [p for p in ScannerProtocol if p != "ssi"])
WITH_AIM = (ScannerProtocol.HONEYWELL, ScannerProtocol.NEWLAND)

aims = st.from_regex(r"[A-Za-z][0-9A-Za-z]", fullmatch=True)
codes = st.binary(min_size=1, max_size=60).map(lambda b: b.replace(b"\r", b"]") or b"1")
line_noise = st.binary(max_size=12).map(lambda b: bytes(0x80 | byte for byte in b))
"""Bytes with the high bit set: never CR, never an AIM id, never UTF-8 of a printable text."""


def feed_split(framer: Framer, data: bytes, cuts: list[int]) -> list[Received]:
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [f for low, high in itertools.pairwise(bounds) for f in framer.feed(data[low:high])]


def honeywell(data: bytes) -> list[Received]:
    return make_framer(ScannerProtocol.HONEYWELL).feed(data)


def plain(data: bytes) -> list[Received]:
    return make_framer(ScannerProtocol.PLAIN).feed(data)


def frame(raw: bytes, aim: str | None = None) -> Frame:
    return Frame(raw[:CODE_BYTES_MAX], aim, len(raw) > CODE_BYTES_MAX, len(raw))


def read_tape(name: str) -> tuple[bytes, ScannerProtocol, list[Received], int]:
    expected = json.loads((TAPES / f"{name}.json").read_text())
    data = (TAPES / f"{name}.bin").read_bytes()
    received = [read_received(entry) for entry in expected["received"]]
    return data, ScannerProtocol(expected["protocol"]), received, expected["noise_bytes"]


def read_received(entry: dict[str, Any]) -> Received:
    if "reply_hex" in entry:
        return Reply(bytes.fromhex(entry["reply_hex"]))
    if "device_ack" in entry:
        return DeviceAck(entry["device_ack"])
    raw, resend = bytes.fromhex(entry["raw_hex"]), Resend(entry["resend"])
    return Frame(raw, entry["aim"], entry["overlong"], entry["size"], resend)


@pytest.mark.parametrize("name", TAPE_NAMES)
def test_a_golden_tape_gives_what_it_holds_whole_and_byte_by_byte(name: str) -> None:
    data, protocol, received, noise_bytes = read_tape(name)
    for step in (len(data), 7, 2, 1):
        framer = make_framer(protocol)
        assert feed_split(framer, data, list(range(0, len(data), step))) == received
        assert framer.noise_bytes == noise_bytes


@given(st.lists(st.tuples(line_noise, aims, codes), max_size=6), st.lists(st.integers(0, 400)))
def test_the_same_codes_arrive_from_every_split_of_the_same_bytes_with_noise_between_frames(
    parts: list[tuple[bytes, str, bytes]], cuts: list[int]
) -> None:
    data = b"".join(noise + b"]" + aim.encode() + code + b"\r" for noise, aim, code in parts)
    framer = make_framer(ScannerProtocol.HONEYWELL)
    assert feed_split(framer, data, cuts) == [frame(code, aim) for _, aim, code in parts]
    assert framer.noise_bytes == sum(len(noise) for noise, _, _ in parts)


@PROTOCOLS
@given(st.data(), st.lists(st.integers(0, 3000)))
def test_any_garbage_gives_the_same_frames_from_every_split(
    protocol: ScannerProtocol, data: st.DataObject, cuts: list[int]
) -> None:
    likely = st.sampled_from(
        [b"]", b"]C0", b"\r", b"\n", b"\r\n", b"103", b"\xe5\x8c", b"x" * 510, b"~\x01",
         b"\x02\x01", b"\x06;\x03", b"0000#BEEPON", b"\x04\xd0\x00\x00\xff\x2c", b"\x08\xf3\x00",
         b"\x02\x03755", b"\x08\xf3\x00\x02\x03755\xfe\x61", b"\x08\xf3\x00\x01\x03755\xfe\x62"]
    )  # fmt: skip
    garbage = b"".join(data.draw(st.lists(likely | st.binary(max_size=8), max_size=40)))
    whole, parted = make_framer(protocol), make_framer(protocol)
    assert feed_split(parted, garbage, cuts) == whole.feed(garbage)
    assert parted.noise_bytes == whole.noise_bytes


@RECORDS
@given(garbage=st.binary(max_size=2000))
def test_after_any_garbage_and_an_end_the_next_code_arrives(
    protocol: ScannerProtocol, garbage: bytes
) -> None:
    framer = make_framer(protocol)
    framer.feed(garbage + b"\r")
    code = b"]C0103000000001\r" if protocol in WITH_AIM else b"103000000001\r"
    assert framer.feed(code) == [frame(b"103000000001", "C0" if protocol in WITH_AIM else None)]


@RECORDS
def test_a_code_is_cut_one_byte_over_the_limit_and_not_at_it(protocol: ScannerProtocol) -> None:
    prefix, aim = (b"]C0", "C0") if protocol in WITH_AIM else (b"", None)
    at, over = b"x" * CODE_BYTES_MAX, b"x" * (CODE_BYTES_MAX + 1)
    frames = make_framer(protocol).feed(prefix + at + b"\r" + prefix + over + b"\r")
    assert frames == [Frame(at, aim, False, 512), Frame(at, aim, True, 513)]


@RECORDS
@pytest.mark.parametrize("byte", [b"x", b"\xff", b"]"])
def test_an_endless_code_is_held_bounded_and_ends_at_its_end(
    protocol: ScannerProtocol, byte: bytes
) -> None:
    framer = make_framer(protocol)
    for _ in range(1000):
        assert framer.feed(byte * 4096) == []
    assert held_bytes(framer) <= CODE_BYTES_MAX
    frames = framer.feed(b"\r")
    if protocol is ScannerProtocol.PLAIN or byte != b"\xff":
        assert frames == [Frame(byte * CODE_BYTES_MAX, None, True, 4096 * 1000)]
    else:
        assert frames == []
        assert framer.noise_bytes == 4096 * 1000


@RECORDS
def test_a_half_code_is_forgotten_when_the_cable_is_pulled(protocol: ScannerProtocol) -> None:
    framer = make_framer(protocol)
    assert framer.feed(b"]C0103000") == []
    framer.reset()
    frames = framer.feed(b"]C0755000000017\r")
    assert frames == [
        frame(b"755000000017", "C0") if protocol in WITH_AIM else frame(b"]C0755000000017")
    ]


def held_bytes(framer: Any) -> int:
    """How much a framer holds inside: the bound is on that."""
    records = getattr(framer, "_records", framer)
    return len(records._code._head) + len(getattr(framer, "_held", b""))


def test_a_half_aim_id_is_forgotten_when_the_cable_is_pulled() -> None:
    framer = make_framer(ScannerProtocol.HONEYWELL)
    framer.feed(b"]C")
    framer.reset()
    assert framer.feed(b"0755\r") == [frame(b"0755")]


def test_plain_codes_end_with_cr_lf_or_crlf_and_empty_ones_are_dropped() -> None:
    assert plain(b"a\rb\nc\r\n\r\n\n\rd\r") == [frame(b"a"), frame(b"b"), frame(b"c"), frame(b"d")]


def test_a_crlf_split_over_two_reads_is_one_end() -> None:
    for protocol in (ScannerProtocol.PLAIN, *WITH_AIM):
        framer = make_framer(protocol)
        assert framer.feed(b"755000000017\r") == [frame(b"755000000017")]
        assert framer.feed(b"\n755000000018\r") == [frame(b"755000000018")]


def test_a_line_feed_inside_a_honeywell_code_belongs_to_the_code() -> None:
    assert honeywell(b"]C0103\n000\r\n") == [frame(b"103\n000", "C0")]
    assert honeywell(b"]C0\n103\r") == [frame(b"\n103", "C0")]


def test_only_one_line_feed_after_a_return_is_part_of_the_end() -> None:
    framer = make_framer(ScannerProtocol.HONEYWELL)
    assert framer.feed(b"]C01\r\n\n]C02\r") == [frame(b"1", "C0"), frame(b"2", "C0")]
    assert framer.noise_bytes == 1


def test_a_code_may_hold_what_looks_like_an_aim_id() -> None:
    assert honeywell(b"]C0]C1401\r") == [frame(b"]C1401", "C0")]
    assert honeywell(b"]Q1see ]E0123\r") == [frame(b"see ]E0123", "Q1")]


@pytest.mark.parametrize("no_aim", [b"]0C1", b"]C", b"]", b"]]", b"]C-", b"] C0", b"C0103"])
def test_what_is_no_aim_id_is_part_of_a_code_without_one(no_aim: bytes) -> None:
    assert honeywell(no_aim + b"\r") == [frame(no_aim)]


def test_printable_noise_before_a_code_is_dropped_for_the_alarms_sake() -> None:
    framer = make_framer(ScannerProtocol.HONEYWELL)
    assert framer.feed(b"3x]C0103000000001\r") == [frame(b"103000000001", "C0")]
    assert framer.noise_bytes == 2


@pytest.mark.parametrize("text", ["103000000001", "包裹 17", "0107\x1d401103", "\U0001f4e6"])
def test_a_reprogrammed_scanners_printable_code_comes_without_an_aim_id(text: str) -> None:
    assert honeywell(text.encode() + b"\r") == [frame(text.encode())]


@pytest.mark.parametrize("noise", [b"\x00", b"\xff103", b"10\x0730", b"\x7f", "\x85".encode()])
def test_what_is_neither_printable_nor_marked_by_an_aim_id_is_noise(noise: bytes) -> None:
    framer = make_framer(ScannerProtocol.HONEYWELL)
    assert framer.feed(noise + b"\r") == []
    assert framer.noise_bytes == len(noise)


def test_an_aim_id_without_a_code_is_noise() -> None:
    framer = make_framer(ScannerProtocol.HONEYWELL)
    assert framer.feed(b"]C0\r") == []
    assert framer.noise_bytes == 3


def test_an_overlong_code_cut_inside_a_character_is_still_a_code() -> None:
    code = "包".encode() * 200
    assert honeywell(code + b"\r") == [frame(code)]
    assert honeywell(b"\xff" + code + b"\r") == []


@PROTOCOLS
def test_the_config_names_the_protocols(protocol: ScannerProtocol) -> None:
    assert parse_protocol(protocol.value) is protocol


def test_an_unknown_protocol_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        ValueError, match="'SSI' is unknown; there are plain, honeywell, ssi, newland"
    ):
        parse_protocol("SSI")
