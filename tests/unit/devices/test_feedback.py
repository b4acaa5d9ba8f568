"""Signals: the exact bytes of interface.md, and a whole form for each."""

from pathlib import Path

import pytest

from devices.feedback import SIGNALS, answer_bytes
from devices.framing import ScannerProtocol
from wire.names import Signal

TAPES = Path(__file__).parents[2] / "golden" / "tapes"


@pytest.mark.parametrize("signal", list(Signal))
def test_honeywell_answers_are_the_golden_bytes(signal: Signal) -> None:
    golden = (TAPES / f"honeywell-answer-{signal}.bin").read_bytes()
    assert answer_bytes(ScannerProtocol.HONEYWELL, signal) == golden


def test_only_ok_contains_the_good_read_command() -> None:
    having = [s for s in Signal if b"\x1b7," in (answer_bytes(ScannerProtocol.HONEYWELL, s) or b"")]
    assert having == [Signal.OK]


def test_no_two_honeywell_answers_are_alike() -> None:
    answers = [answer_bytes(ScannerProtocol.HONEYWELL, s) for s in Signal]
    assert len(set(answers)) == len(answers)


@pytest.mark.parametrize("signal", list(Signal))
def test_plain_has_no_return_channel(signal: Signal) -> None:
    assert answer_bytes(ScannerProtocol.PLAIN, signal) is None


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
