"""Newland: codes as from a Honeywell, and between them the replies to our commands."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.feedback import answer_steps
from devices.frames import DeviceAck, Frame, Received
from devices.framing import ScannerProtocol
from devices.newland import REPLY_BYTES_MAX, NewlandFramer, make_command
from wire.names import Signal

ACCEPTED, REFUSED = DeviceAck(accepted=True), DeviceAck(accepted=False)
CODE = b"]C0103000000001\r"
FRAME = Frame(b"103000000001", "C0", False, 12)


def reply(word: bytes = b"\x06", text: bytes = b"BEEPON2000F090T20V") -> bytes:
    return b"\x02\x010000#" + text + word + b";\x03"


def feed(data: bytes) -> list[Received]:
    return NewlandFramer().feed(data)


@pytest.mark.parametrize(
    ("word", "ack"), [(b"\x06", ACCEPTED), (b"\x15", REFUSED), (b"\x05", REFUSED)]
)
def test_a_reply_says_whether_the_command_was_taken(word: bytes, ack: DeviceAck) -> None:
    assert feed(reply(word)) == [ack]


@pytest.mark.parametrize("signal", list(Signal))
def test_the_reply_to_each_of_our_commands_is_short_enough(signal: Signal) -> None:
    for command in answer_steps(ScannerProtocol.NEWLAND, signal) or ():
        assert feed(command.replace(b"~", b"\x02").replace(b";\x03", b"\x06;\x03")) == [ACCEPTED]


@given(
    st.lists(st.sampled_from([reply(), reply(b"\x15"), CODE, CODE + b"\n"]), max_size=8),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_codes_and_replies_come_in_order_from_every_split(
    parts: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(parts)
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    framer = NewlandFramer()
    received = [r for low, high in itertools.pairwise(bounds) for r in framer.feed(data[low:high])]
    said = {reply(): ACCEPTED, reply(b"\x15"): REFUSED, CODE: FRAME, CODE + b"\n": FRAME}
    assert received == [said[part] for part in parts]
    assert framer.noise_bytes == 0


def test_a_reply_inside_a_code_belongs_to_the_code() -> None:
    assert feed(b"]Q1" + reply() + b"\r") == [Frame(reply(), "Q1", False, len(reply()))]


@pytest.mark.parametrize("half", [reply()[:n] for n in range(1, len(reply()))])
def test_half_a_reply_hides_no_code(half: bytes) -> None:
    assert feed(half + CODE) == [FRAME]


def test_half_a_reply_is_forgotten_with_the_cable() -> None:
    framer = NewlandFramer()
    framer.feed(reply()[:9])
    framer.reset()
    assert framer.feed(reply()[9:] + b"\r" + CODE) == [FRAME]


def test_a_reply_longer_than_any_of_ours_is_none() -> None:
    longest = b"x" * (REPLY_BYTES_MAX - len(b"0000#"))
    assert feed(reply(text=longest)) == [ACCEPTED]
    framer = NewlandFramer()
    assert framer.feed(reply(text=longest + b"x")) == []
    assert framer.feed(b"\r" + CODE) == [FRAME]


def test_a_code_without_aim_id_is_that_of_a_reprogrammed_scanner() -> None:
    assert feed(b"103000000001\r") == [Frame(b"103000000001", None, False, 12)]


def test_a_command_is_its_text_between_prefix_and_end() -> None:
    assert make_command("LEDONS0C3000D") == b"~\x010000#LEDONS0C3000D;\x03"
