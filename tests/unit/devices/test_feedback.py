"""Signals: the exact bytes of interface.md, and a whole form for each."""

from pathlib import Path

import pytest

from devices.feedback import SIGNALS, answer_steps
from devices.framing import ScannerProtocol
from wire.names import Signal

TAPES = Path(__file__).parents[2] / "golden" / "tapes"


ANSWERING = [p for p in ScannerProtocol if p is not ScannerProtocol.PLAIN]
PROTOCOLS = pytest.mark.parametrize("protocol", ANSWERING)
GOOD_READ = {
    ScannerProtocol.HONEYWELL: b"\x1b7,",
    ScannerProtocol.SSI: b"\x05\xe6\x04\x00\x00\xff\x11",
    ScannerProtocol.NEWLAND: b"BEEPON2000F090T20V",
}
SSI_ACK = b"\x04\xd0\x04\x00\xff\x28"
SOUNDING = [s for s in Signal if s is not Signal.OFFLINE]


def steps(protocol: ScannerProtocol, signal: Signal) -> tuple[bytes, ...]:
    found = answer_steps(protocol, signal)
    assert found is not None
    return found


@PROTOCOLS
@pytest.mark.parametrize("signal", list(Signal))
def test_answers_are_the_golden_bytes(protocol: ScannerProtocol, signal: Signal) -> None:
    golden = (TAPES / f"{protocol}-answer-{signal}.bin").read_bytes()
    assert b"".join(steps(protocol, signal)) == golden


@PROTOCOLS
def test_only_ok_contains_the_good_read_form(protocol: ScannerProtocol) -> None:
    having = [s for s in Signal if GOOD_READ[protocol] in b"".join(steps(protocol, s))]
    assert having == [Signal.OK]


@PROTOCOLS
def test_no_two_answers_are_alike_and_offline_is_none(protocol: ScannerProtocol) -> None:
    answers = [steps(protocol, s) for s in Signal]
    assert len(set(answers)) == len(answers)
    assert steps(protocol, Signal.OFFLINE) == ()


@pytest.mark.parametrize("protocol", [ScannerProtocol.SSI, ScannerProtocol.NEWLAND])
def test_the_first_step_says_the_signal_by_itself(protocol: ScannerProtocol) -> None:
    firsts = [steps(protocol, signal)[0] for signal in SOUNDING]
    assert len(set(firsts)) == len(firsts)


def test_ssi_acknowledges_what_was_recorded_and_nothing_else() -> None:
    acked = [s for s in SOUNDING if SSI_ACK in b"".join(steps(ScannerProtocol.SSI, s))]
    assert acked == [s for s in SOUNDING if s is not Signal.NOT_RECORDED]


@pytest.mark.parametrize("signal", list(Signal))
def test_plain_has_no_return_channel(signal: Signal) -> None:
    assert answer_steps(ScannerProtocol.PLAIN, signal) is None


@pytest.mark.parametrize("signal", list(Signal))
def test_every_signal_has_a_colour_and_words_in_both_languages(signal: Signal) -> None:
    form = SIGNALS[signal]
    assert form.colour and form.text_zh and form.text_en.isascii()


def test_offline_is_a_light_without_a_tone_and_every_other_signal_sounds() -> None:
    assert [s for s in Signal if not SIGNALS[s].tones] == [Signal.OFFLINE]
    assert SIGNALS[Signal.OFFLINE].led == "amber"


def test_no_two_sounding_signals_sound_alike() -> None:
    tones = [SIGNALS[s].tones for s in Signal]
    assert len(set(tones)) == len(tones)


def test_not_recorded_is_the_reject_tone_twice_and_no_good_read() -> None:
    reject, not_recorded = SIGNALS[Signal.REJECT].tones, SIGNALS[Signal.NOT_RECORDED].tones
    assert [(t.hz, t.ms) for t in not_recorded] == [(t.hz, t.ms) for t in reject * 2]
    assert SIGNALS[Signal.NOT_RECORDED].colour == "red"
    assert SIGNALS[Signal.OK].tones[0].hz != reject[0].hz


def test_a_tone_is_a_triple_of_hz_ms_and_gap() -> None:
    assert tuple(SIGNALS[Signal.WANTED].tones[0]) == (2400, 120, 60)
