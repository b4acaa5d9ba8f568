"""What goes down the cable for a trigger pull, and what the person does next."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scanner import (
    COPIES_MAX,
    FRAME_BYTES_MAX,
    REPEAT_GAP_S,
    Faults,
    NextAct,
    Piece,
    ScannerProtocol,
    check_faults,
    frame_packets,
    next_act,
    plan_writes,
)
from wire.names import Signal

HONEYWELL = ScannerProtocol.HONEYWELL
PLAIN = ScannerProtocol.PLAIN


def plan(faults: Faults, protocol: ScannerProtocol = HONEYWELL) -> list[Piece]:
    check_faults(protocol, faults)
    (packet,) = frame_packets(protocol, b"103000000001", None if faults.reprogrammed else "C0")
    return plan_writes(packet, faults, random.Random(7))


def test_a_honeywell_frame_is_aim_id_code_and_carriage_return() -> None:
    assert frame_packets(HONEYWELL, b"103000000001", "C0") == [b"]C0103000000001\r"]


def test_a_honeywell_frame_without_aim_id_is_code_and_carriage_return() -> None:
    assert frame_packets(HONEYWELL, b"103000000001", None) == [b"103000000001\r"]


def test_a_plain_frame_never_has_an_aim_id() -> None:
    assert frame_packets(PLAIN, b"103000000001", "C0") == [b"103000000001\r"]


@pytest.mark.parametrize("aim", ["", "C", "C00", "]C", "C\r", "é0"])
def test_an_aim_id_that_is_none_is_refused(aim: str) -> None:
    with pytest.raises(ValueError, match="AIM id"):
        frame_packets(HONEYWELL, b"1", aim)


def test_a_frame_may_have_just_its_bound_and_not_one_byte_more() -> None:
    longest = b"x" * (FRAME_BYTES_MAX - 4)
    assert len(frame_packets(HONEYWELL, longest, "C0")[0]) == FRAME_BYTES_MAX
    with pytest.raises(ValueError, match="at most"):
        frame_packets(HONEYWELL, longest + b"x", "C0")


def test_a_healthy_cable_gets_the_frame_in_one_piece_at_once() -> None:
    assert plan(Faults()) == [Piece(0.0, b"]C0103000000001\r", ends_packet=True)]


def test_a_reprogrammed_scanner_leaves_the_aim_id_away() -> None:
    assert plan(Faults(reprogrammed=True))[0].chunk == b"103000000001\r"


def test_copies_follow_each_other_with_a_gap() -> None:
    pieces = plan(Faults(copies=2, delay_ms=30))
    assert [piece.wait_s for piece in pieces] == [0.03, REPEAT_GAP_S]
    assert pieces[0].chunk == pieces[1].chunk


@given(st.integers(1, 40), st.integers(0, 20), st.integers(1, 3))
def test_any_split_and_noise_keep_the_frame_whole(size: int, noise: int, copies: int) -> None:
    pieces = plan(Faults(split_bytes=size, noise_bytes=noise, copies=copies))
    sent = b"".join(piece.chunk for piece in pieces)
    frames = sent.split(b"\r")
    assert frames.pop() == b""
    assert len(frames) == copies
    for frame in frames:
        assert frame[noise:] == b"]C0103000000001"
        assert b"]" not in frame[:noise]
    assert all(1 <= len(piece.chunk) <= size for piece in pieces)
    assert sum(piece.ends_packet for piece in pieces) == copies


def test_the_same_seed_makes_the_same_noise() -> None:
    faults = Faults(noise_bytes=50)
    assert plan(faults) == plan(faults)


@pytest.mark.parametrize(
    "faults", [Faults(noise_bytes=1), Faults(reprogrammed=True)], ids=["noise", "reprogrammed"]
)
def test_faults_that_plain_cannot_show_are_refused(faults: Faults) -> None:
    with pytest.raises(ValueError, match="plain"):
        plan(faults, PLAIN)


@pytest.mark.parametrize(
    ("kwargs", "sentence"),
    [
        ({"split_bytes": 0}, "at least 1 byte"),
        ({"pause_ms": -1}, "cannot be negative"),
        ({"delay_ms": -1}, "cannot be negative"),
        ({"noise_bytes": -1}, "cannot be negative"),
        ({"copies": 0}, "delivered 1 to 8 times, not 0"),
        ({"copies": COPIES_MAX + 1}, "delivered 1 to 8 times, not 9"),
    ],
)
def test_faults_out_of_their_bounds_are_refused(kwargs: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Faults(**kwargs)


@pytest.mark.parametrize(
    ("signal", "act"),
    [
        (Signal.OK, NextAct.GO_ON),
        (Signal.WARN, NextAct.SET_ASIDE),
        (Signal.WANTED, NextAct.CHECK_PARCEL),
        (Signal.STOP, NextAct.HOLD_PARCEL),
        (Signal.REJECT, NextAct.SET_ASIDE),
        (Signal.NOT_RECORDED, NextAct.SCAN_AGAIN),
        (None, NextAct.SCAN_AGAIN),
    ],
)
def test_the_person_obeys_the_tone(signal: Signal | None, act: NextAct) -> None:
    assert next_act(signal) is act
