"""The scenes at the gate: the same seed, the same scenes; every beat can be played."""

import itertools
import random
import re

import pytest

from simulators.play import (
    BREATH_S,
    GATE_1,
    GATE_2,
    SERIES,
    Beat,
    PlugBeat,
    ScanBeat,
    WantedBeat,
    script,
)
from simulators.scanner import ScannerProtocol, frame_packets
from simulators.words import meaning
from wire.names import Signal, Step, is_name

SEEDS = range(20)
VERBS = {"BY", "STEP", "END"}
PEOPLE = (("755A-01", "王芳"), ("755A-02", "李强"))


def scenes(seed: int, beats: int = 300) -> list[Beat]:
    return list(itertools.islice(script(random.Random(seed), PEOPLE), beats))


def scans(seed: int) -> list[ScanBeat]:
    return [beat for beat in scenes(seed) if isinstance(beat, ScanBeat)]


def test_one_seed_gives_the_same_scenes_and_another_different_ones() -> None:
    assert scenes(1) == scenes(1)
    assert scenes(1) != scenes(2)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_beat_can_be_played_on_a_scanner_of_the_gate(seed: int) -> None:
    for beat in scenes(seed):
        assert 0 < beat.pause_s <= BREATH_S
        if not isinstance(beat, WantedBeat):
            assert beat.scanner in (GATE_1, GATE_2)
        if isinstance(beat, ScanBeat):
            assert frame_packets(ScannerProtocol.HONEYWELL, beat.code, beat.aim)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_scans_with_an_unplugged_scanner(seed: int) -> None:
    unplugged: set[str] = set()
    for beat in scenes(seed):
        if isinstance(beat, PlugBeat):
            (unplugged.discard if beat.plugged else unplugged.add)(beat.scanner)
        elif isinstance(beat, ScanBeat):
            assert beat.scanner not in unplugged


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_expected_follows_from_the_code_alone(seed: int) -> None:
    wanted: dict[str, str] = {}
    for beat in scenes(seed):
        if isinstance(beat, WantedBeat):
            wanted[beat.waybill] = beat.result
        elif isinstance(beat, ScanBeat):
            assert beat.expected is expected(beat, wanted)


def expected(beat: ScanBeat, wanted: dict[str, str]) -> Signal:
    text = beat.code.decode()
    if beat.aim == "E0":
        return Signal.WARN
    if text.startswith("CX:"):
        verb, _, value = text.removeprefix("CX:").partition(":")
        fits = verb in VERBS and (is_name(value) or verb == "END")
        assert verb != "STEP" or value in set(Step)
        return Signal.OK if fits else Signal.REJECT
    if not text.isprintable():
        return Signal.REJECT
    assert re.fullmatch(rf"{SERIES}[0-9]{{9}}", text), "no waybill of the day's carrier"
    return Signal(wanted[text]) if text in wanted else Signal.OK


def test_the_opening_shows_everything_in_the_first_minute() -> None:
    for seed in SEEDS:
        opening = []
        elapsed_s = 0.0
        for beat in scenes(seed):
            elapsed_s += beat.pause_s
            if elapsed_s > 60:
                break
            opening.append(beat)
        signals = {beat.expected for beat in opening if isinstance(beat, ScanBeat)}
        assert signals == {Signal.OK, Signal.WARN, Signal.WANTED, Signal.STOP, Signal.REJECT}
        assert {b.plugged for b in opening if isinstance(b, PlugBeat)} == {True, False}
        assert any(isinstance(beat, ScanBeat) and beat.copies == 2 for beat in opening)


def test_foreign_eans_have_a_good_check_digit() -> None:
    eans = [beat.code for seed in SEEDS for beat in scans(seed) if beat.aim == "E0"]
    for ean in eans:
        digits = [int(char) for char in ean.decode()]
        assert len(digits) == 13
        assert (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0
    assert eans


def test_every_answer_has_a_meaning_in_both_languages() -> None:
    for signal in (None, *(set(Signal) - {Signal.OFFLINE})):
        zh, _, en = meaning(signal).partition(" ")
        assert not zh.isascii()
        assert en.isascii()
