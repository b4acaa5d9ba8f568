"""A busy dock as a script: who scans what where, and what the scanner should answer.

Pure: one seed gives one endless day. The opening shows everything once; after it the scenes come
as the dice fall. Waybills are 12 digits, ``103`` is the high-value series (HV-2.11.1).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from wire.names import Signal

DOCK_1, DOCK_2, HALL_1 = "dock-1", "dock-2", "hall-1"
HV_WORDS = "特殊安全产品(高价值)快件 high-value parcel"
TRAVELLING_MAX = 20
"""High-value parcels between the two sites; with so many under way no further one comes."""

_PEOPLE = (("wang-fang-7KQ2", "王芳"), ("li-qiang-M4T9", "李强"), ("chen-jing-P8X3", "陈静"))
_HALL_PERSON = ("zhao-lei-D5N6", "赵磊")


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
class _Day:
    """What the script remembers: the dice, and the parcels between the two sites."""

    rng: random.Random
    travelling: list[bytes] = field(default_factory=list)

    def waybill(self, series: str) -> bytes:
        digits = 12 - len(series)
        return f"{series}{self.rng.randrange(10**digits):0{digits}d}".encode()

    def has_room(self) -> bool:
        return len(self.travelling) < TRAVELLING_MAX

    def breath_s(self) -> float:
        return round(self.rng.uniform(1.0, 3.0), 1)


def script(rng: random.Random) -> Iterator[Beat]:
    """The day of ``rng``, without end."""
    day = _Day(rng)
    yield from _opening(day)
    scenes = {
        _ordinary: 12,
        _hv_arrives: 4,
        _hv_goes_on: 4,
        _wanted: 2,
        _stopped: 1,
        _hostile: 1,
        _foreign_ean: 1,
        _unplugged: 1,
        _delivered_twice: 1,
        _handover: 1,
        _bag: 1,
    }
    while True:
        (scene,) = rng.choices(list(scenes), weights=list(scenes.values()))
        yield from scene(day)


def _opening(day: _Day) -> Iterator[Beat]:
    yield from _sign_on(DOCK_1, _PEOPLE[0], "arrive", "D1")
    yield from _sign_on(HALL_1, _HALL_PERSON, "arrive", "H1")
    yield from _ordinary(day)
    yield from _hv_arrives(day)
    yield from _sign_on(DOCK_2, _PEOPLE[1], "sort", "D2")
    yield from _wanted(day)
    yield from _hv_goes_on(day)
    yield from _foreign_ean(day)
    yield from _hostile(day)
    yield from _stopped(day)
    yield from _unplugged(day)
    yield from _delivered_twice(day)
    yield from _handover(day)
    yield from _bag(day)


def _label(scanner: str, verb: str, words: str) -> ScanBeat:
    return ScanBeat(scanner, f"CX:{verb}".encode(), Signal.OK, words, pause_s=0.8)


def _sign_on(scanner: str, person: tuple[str, str], step: str, place: str) -> Iterator[Beat]:
    token, name = person
    yield _label(scanner, f"BY:{token}", f"{name} 上岗 signs on")
    yield _label(scanner, f"STEP:{step}", f"{name} 选择步骤 chooses step {step}")
    yield _label(scanner, f"PLACE:{place}", f"{name} 位置 stands at {place}")


def _parcel(day: _Day, scanner: str) -> ScanBeat:
    words = "普通快件 ordinary parcel"
    return ScanBeat(scanner, day.waybill("755"), Signal.OK, words, day.breath_s())


def _ordinary(day: _Day) -> Iterator[Beat]:
    for _ in range(day.rng.randint(1, 3)):
        yield _parcel(day, day.rng.choice((DOCK_1, DOCK_1, DOCK_2, HALL_1)))


def _hv_arrives(day: _Day) -> Iterator[Beat]:
    if not day.has_room():
        return
    code = day.waybill("103")
    day.travelling.append(code)
    yield ScanBeat(DOCK_1, code, Signal.WANTED, f"{HV_WORDS}，到达 755A arrives", pause_s=3.0)


def _hv_goes_on(day: _Day) -> Iterator[Beat]:
    if day.travelling:
        code = day.travelling.pop(0)
        words = f"{HV_WORDS}，从 755A 到达 755W has come from 755A"
        yield ScanBeat(HALL_1, code, Signal.WANTED, words, pause_s=3.0)


def _wanted(day: _Day) -> Iterator[Beat]:
    code = day.waybill("755")
    yield WantedBeat(
        waybill=code.decode(),
        result="wanted",
        reason="寄件人报失 reported missing by its sender",
        banner_zh="通缉快件",
        banner_en="WANTED PARCEL",
        words="监控室通缉 control room wants it",
        pause_s=2.0,
    )
    yield _parcel(day, DOCK_1)
    words = "被通缉的快件 the wanted parcel"
    yield ScanBeat(DOCK_2, code, Signal.WANTED, words, pause_s=3.0)


def _stopped(day: _Day) -> Iterator[Beat]:
    code = day.waybill("755")
    yield WantedBeat(
        waybill=code.decode(),
        result="stop",
        reason="包装破损待查 damaged, being examined",
        banner_zh="禁止流转",
        banner_en="STOP",
        words="监控室禁止流转 control room stops it",
        pause_s=2.0,
    )
    yield _parcel(day, HALL_1)
    words = "被禁止流转的快件 the stopped parcel"
    yield ScanBeat(HALL_1, code, Signal.STOP, words, pause_s=3.0)


def _hostile(day: _Day) -> Iterator[Beat]:
    # The first tries to type a "good read" into whoever passes it on; the second is no verb.
    attack = day.rng.choice((day.waybill("755") + b"\x1b7,", b"CX:OPEN:gate"))
    yield ScanBeat(DOCK_1, attack, Signal.REJECT, "恶意标签 hostile label", pause_s=2.0)


def _foreign_ean(day: _Day) -> Iterator[Beat]:
    code = _with_ean_check(day.waybill("103"))
    words = "103 开头的商品条码 a shop's EAN that begins with 103"
    yield ScanBeat(DOCK_1, code, Signal.WARN, words, pause_s=2.0, aim="E0")


def _unplugged(day: _Day) -> Iterator[Beat]:
    yield PlugBeat(DOCK_2, False, "拔掉扫描枪 somebody pulls its plug", day.breath_s())
    for scanner in (DOCK_1, HALL_1, DOCK_1):
        yield _parcel(day, scanner)
    yield PlugBeat(DOCK_2, True, "重新插上 it is plugged in again", day.breath_s())
    yield _parcel(day, DOCK_2)


def _delivered_twice(day: _Day) -> Iterator[Beat]:
    code, words = day.waybill("755"), "同一次扫描传了两遍 one scan, delivered twice"
    yield ScanBeat(DOCK_2, code, Signal.OK, words, day.breath_s(), copies=2)


def _handover(day: _Day) -> Iterator[Beat]:
    if not day.has_room():
        return
    (giver, giver_name), receiver = _PEOPLE[0], day.rng.choice(_PEOPLE[1:])
    code = day.waybill("103")
    yield _label(DOCK_1, f"BY:{giver}", f"{giver_name} 移交 hands over")
    yield _label(DOCK_1, "STEP:handover", "开始交接 handover begins")
    yield ScanBeat(DOCK_1, code, Signal.WANTED, f"{HV_WORDS}，交接 changes hands", pause_s=3.0)
    yield _label(DOCK_1, f"BY:{receiver[0]}", f"{receiver[1]} 接收 receives")
    yield _label(DOCK_1, "END", "交接结束 handover ends")
    yield from _sign_on(DOCK_1, _PEOPLE[0], "arrive", "D1")
    day.travelling.append(code)


def _bag(day: _Day) -> Iterator[Beat]:
    bag = f"B{day.rng.randrange(10_000):04d}"
    yield _label(DOCK_2, f"BAG:{bag}", f"集包袋 bag {bag} 打开 opens")
    for _ in range(3):
        yield _parcel(day, DOCK_2)
    yield _label(DOCK_2, "END", f"集包袋 bag {bag} 封好 is closed")
    yield from _sign_on(DOCK_2, _PEOPLE[1], "sort", "D2")


def _with_ean_check(digits: bytes) -> bytes:
    # GS1: weights 3 and 1 from the right.
    total = sum((digit - 48) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(digits[::-1]))
    return digits + str(-total % 10).encode()
