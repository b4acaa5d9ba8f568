"""What an SSI and a Newland scanner make of the host's answers, and what they say back.

The bytes are those of ``devices``: each end reads the other's with a codec of its own.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.feedback import answer_steps
from devices.framing import ScannerProtocol, make_framer
from devices.ssi import ACK, NAK_RESEND
from simulators.answers import Answer
from simulators.newland import COMMAND_BYTES_MAX, CommandReader
from simulators.ssi import (
    RESENDS_MAX,
    RESPONSE_TIMEOUT_NS,
    STEP_QUIET_NS,
    SsiLink,
    code_packets,
    packet,
    sent_again,
)
from wire.names import Signal

SSI, NEWLAND = ScannerProtocol.SSI, ScannerProtocol.NEWLAND
SOUNDING = [signal for signal in Signal if signal is not Signal.OFFLINE]
EITHER = pytest.mark.parametrize("protocol", [SSI, NEWLAND])
T0_NS = 10**12
(CODE,) = code_packets(b"103000000001", "C0")


def make_ear(protocol: ScannerProtocol) -> SsiLink | CommandReader:
    return SsiLink() if protocol is SSI else CommandReader()


def steps(protocol: ScannerProtocol, signal: Signal) -> tuple[bytes, ...]:
    found = answer_steps(protocol, signal)
    assert found is not None
    return found


def signals(answers: list[Answer]) -> list[Signal | None]:
    return [answer.signal for answer in answers]


@EITHER
@given(st.lists(st.sampled_from(SOUNDING), max_size=5), st.lists(st.integers(0, 900), max_size=8))
def test_every_answer_is_understood_from_every_split(
    protocol: ScannerProtocol, expected: list[Signal], cuts: list[int]
) -> None:
    raw = b"".join(b"".join(steps(protocol, signal)) for signal in expected)
    bounds = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    ear = make_ear(protocol)
    answers = [
        a for low, high in itertools.pairwise(bounds) for a in ear.feed(raw[low:high], T0_NS)
    ]
    assert signals(answers) == expected
    assert b"".join(answer.raw for answer in answers) == raw
    assert ear.noise_bytes == 0


@EITHER
@pytest.mark.parametrize("signal", SOUNDING)
def test_every_step_is_acknowledged_in_words_that_the_host_reads(
    protocol: ScannerProtocol, signal: Signal
) -> None:
    ear, framer = make_ear(protocol), make_framer(protocol)
    for step in steps(protocol, signal):
        ear.feed(step, T0_NS)
        (word,) = framer.feed(ear.take_outgoing())
        assert getattr(word, "accepted", None) is True
    assert ear.take_outgoing() == b""


@EITHER
@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_are_read_without_an_error_and_alike_in_any_split(
    protocol: ScannerProtocol, raw: bytes, size: int
) -> None:
    whole, parted = make_ear(protocol), make_ear(protocol)
    answers = whole.feed(raw, T0_NS)
    pieces = [a for at in range(0, len(raw), size) for a in parted.feed(raw[at : at + size], T0_NS)]
    assert (signals(pieces), parted.noise_bytes) == (signals(answers), whole.noise_bytes)


@EITHER
def test_half_an_answer_claims_nothing(protocol: ScannerProtocol) -> None:
    for signal in SOUNDING:
        first, *rest = steps(protocol, signal)
        if not rest:
            continue
        ear = make_ear(protocol)
        assert ear.feed(first, T0_NS) == []
        assert ear.quiet_at_ns == T0_NS + STEP_QUIET_NS
        assert signals(ear.settle(T0_NS + STEP_QUIET_NS)) == [None]
        ear.feed(first, T0_NS)
        assert signals(ear.cut()) == [None]
        assert ear.quiet_at_ns is None


def test_a_newland_does_not_know_other_commands() -> None:
    ear = CommandReader()
    assert signals(ear.feed(b"~\x010000#NONSENSE;\x03", T0_NS)) == []
    assert ear.take_outgoing() == b"\x02\x010000#NONSENSE\x05;\x03"
    assert signals(ear.settle(T0_NS + STEP_QUIET_NS)) == [None]


def test_a_newland_holds_no_more_than_a_command() -> None:
    ear = CommandReader()
    ear.feed(b"x" * COMMAND_BYTES_MAX, T0_NS)
    assert ear.noise_bytes == 0
    ear.feed(b"x", T0_NS)
    assert ear.noise_bytes == COMMAND_BYTES_MAX + 1


# ---------------------------------------------------------------- ssi: what is sent again


def sending(*packets: bytes) -> SsiLink:
    link = SsiLink()
    link.sent(list(packets), T0_NS)
    return link


def test_a_code_is_sent_again_twice_and_then_given_up() -> None:
    link = sending(CODE)
    now_ns = T0_NS
    for _ in range(RESENDS_MAX):
        assert link.settle(now_ns + RESPONSE_TIMEOUT_NS - 1) == []
        assert link.take_outgoing() == b""
        now_ns += RESPONSE_TIMEOUT_NS
        assert link.resend_at_ns == now_ns
        link.settle(now_ns)
        assert link.take_outgoing() == sent_again(CODE)
    assert not link.gave_up
    link.settle(now_ns + RESPONSE_TIMEOUT_NS)
    assert (link.take_outgoing(), link.gave_up, link.resend_at_ns) == (b"", True, None)


def test_an_acknowledged_code_is_not_sent_again() -> None:
    link = sending(CODE)
    link.feed(ACK, T0_NS)
    assert link.resend_at_ns is None


def test_a_code_that_did_not_arrive_whole_is_sent_again_at_once() -> None:
    link = sending(CODE)
    link.feed(NAK_RESEND, T0_NS)
    assert link.take_outgoing() == sent_again(CODE)


def test_each_part_of_a_code_goes_when_the_one_before_was_acknowledged() -> None:
    parts = code_packets(b"x" * 600, "Q1")
    link = sending(*parts)
    for part in parts[1:]:
        assert link.feed(ACK, T0_NS) == []
        assert link.take_outgoing() == part
    link.feed(b"".join(steps(SSI, Signal.OK))[: len(ACK)], T0_NS)
    assert link.resend_at_ns is None


def test_a_command_that_is_not_whole_is_refused_and_said_so() -> None:
    link = SsiLink()
    broken = bytearray(steps(SSI, Signal.WANTED)[0])
    broken[-1] ^= 1
    link.feed(bytes(broken), T0_NS)
    assert link.take_outgoing() == packet(0xD1, b"\x01")


def test_a_symbology_that_ssi_cannot_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="no symbology byte here for the AIM id 'B0'"):
        code_packets(b"1", "B0")
