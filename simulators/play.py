"""Scenes at a gate as a script: who scans what there, and what the scanner should answer.

Pure. They show what the day's work does not: wanted and stopped parcels, foreign and hostile
labels, a pulled plug, one scan delivered twice. One seed gives endless scenes; the opening shows
everything once. Waybills are 12 digits of a series that the day's carrier does not use.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from wire.names import Signal

GATE_1, GATE_2 = "gate-1", "gate-2"
SERIES = "888"
BREATH_S = 20.0
"""Between two scenes: the day's work is what there is to see."""


@dataclass(frozen=True, slots=True)
class ScanBeat:
    """Somebody scans a label; ``expected`` is what the scanner should answer."""

    scanner: str
    code: bytes
    expected: Signal
    words: str
    pause_s: float
    aim: str = "C0"
    copies: int = 1


@dataclass(frozen=True, slots=True)
class WantedBeat:
    """The control room puts a waybill on the wanted list for ``minutes``."""

    waybill: str
    result: str
    reason: str
    banner_zh: str
    banner_en: str
    words: str
    pause_s: float
    minutes: int = 10


@dataclass(frozen=True, slots=True)
class PlugBeat:
    """A scanner's plug is pulled, or put in again."""

    scanner: str
    plugged: bool
    words: str
    pause_s: float


Beat = ScanBeat | WantedBeat | PlugBeat


@dataclass(slots=True)
class _Gate:
    """What the script remembers: the dice."""

    rng: random.Random

    def waybill(self, series: str = SERIES) -> bytes:
        digits = 12 - len(series)
        return f"{series}{self.rng.randrange(10**digits):0{digits}d}".encode()

    def breath_s(self) -> float:
        return round(self.rng.uniform(1.0, 3.0), 1)


def script(rng: random.Random, people: tuple[tuple[str, str], ...]) -> Iterator[Beat]:
    """The scenes of ``rng``, without end; ``people`` are badge and name of who stands there."""
    gate = _Gate(rng)
    scenes = {_wanted: 2, _stopped: 1, _hostile: 1, _foreign_ean: 1, _unplugged: 1, _twice: 1}
    for person, scanner in zip(people, (GATE_1, GATE_2), strict=True):
        yield from _sign_on(scanner, person)
    for scene in scenes:
        yield from scene(gate)
    while True:
        (scene,) = rng.choices(list(scenes), weights=list(scenes.values()))
        yield from _rest(scene(gate))


def _rest(beats: Iterator[Beat]) -> Iterator[Beat]:
    """A scene with a long pause behind its last beat."""
    held = next(beats)
    for beat in beats:
        yield held
        held = beat
    yield replace(held, pause_s=BREATH_S)


def _label(scanner: str, verb: str, words: str) -> ScanBeat:
    return ScanBeat(scanner, f"CX:{verb}".encode(), Signal.OK, words, pause_s=0.8)


def _sign_on(scanner: str, person: tuple[str, str]) -> Iterator[Beat]:
    badge, name = person
    yield _label(scanner, f"BY:{badge}", f"{name} 上岗 signs on")
    yield _label(scanner, "STEP:inspect", f"{name} 选择步骤 chooses step inspect")


def _parcel(gate: _Gate, scanner: str) -> ScanBeat:
    words = "普通快件 ordinary parcel"
    return ScanBeat(scanner, gate.waybill(), Signal.OK, words, gate.breath_s())


def _wanted(gate: _Gate) -> Iterator[Beat]:
    code = gate.waybill()
    yield WantedBeat(
        waybill=code.decode(),
        result="wanted",
        reason="寄件人报失 reported missing by its sender",
        banner_zh="通缉快件",
        banner_en="WANTED PARCEL",
        words="监控室通缉 control room wants it",
        pause_s=2.0,
    )
    yield _parcel(gate, GATE_1)
    words = "被通缉的快件 the wanted parcel"
    yield ScanBeat(GATE_2, code, Signal.WANTED, words, pause_s=3.0)


def _stopped(gate: _Gate) -> Iterator[Beat]:
    code = gate.waybill()
    yield WantedBeat(
        waybill=code.decode(),
        result="stop",
        reason="包装破损待查 damaged, being examined",
        banner_zh="禁止流转",
        banner_en="STOP",
        words="监控室禁止流转 control room stops it",
        pause_s=2.0,
    )
    yield _parcel(gate, GATE_1)
    words = "被禁止流转的快件 the stopped parcel"
    yield ScanBeat(GATE_1, code, Signal.STOP, words, pause_s=3.0)


def _hostile(gate: _Gate) -> Iterator[Beat]:
    # The first tries to type a "good read" into whoever passes it on; the second is no verb.
    attack = gate.rng.choice((gate.waybill() + b"\x1b7,", b"CX:OPEN:gate"))
    yield ScanBeat(GATE_1, attack, Signal.REJECT, "恶意标签 hostile label", pause_s=2.0)


def _foreign_ean(gate: _Gate) -> Iterator[Beat]:
    code = _with_ean_check(gate.waybill("103"))
    words = "103 开头的商品条码 a shop's EAN that begins with 103"
    yield ScanBeat(GATE_1, code, Signal.WARN, words, pause_s=2.0, aim="E0")


def _unplugged(gate: _Gate) -> Iterator[Beat]:
    yield PlugBeat(GATE_2, False, "拔掉扫描枪 somebody pulls its plug", gate.breath_s())
    for scanner in (GATE_1, GATE_1, GATE_1):
        yield _parcel(gate, scanner)
    yield PlugBeat(GATE_2, True, "重新插上 it is plugged in again", gate.breath_s())
    yield _parcel(gate, GATE_2)


def _twice(gate: _Gate) -> Iterator[Beat]:
    code, words = gate.waybill(), "同一次扫描传了两遍 one scan, delivered twice"
    yield ScanBeat(GATE_2, code, Signal.OK, words, gate.breath_s(), copies=2)


def _with_ean_check(digits: bytes) -> bytes:
    # GS1: weights 3 and 1 from the right.
    total = sum((digit - 48) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(digits[::-1]))
    return digits + str(-total % 10).encode()
