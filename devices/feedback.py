"""What a signal sounds and looks like, and the bytes that make a scanner give it.

Pure. Source: interface ("Scanner bytes"), design section 3 ("Results and signals").
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from devices.framing import ScannerProtocol
from wire.names import Signal

_HIGH_HZ: Final = 2400
_MIDDLE_HZ: Final = 1500
_LOW_HZ: Final = 400


class Tone(NamedTuple):
    """One beep: pitch in Hz, length and the silence after it in ms."""

    hz: int
    ms: int
    gap_ms: int


@dataclass(frozen=True, slots=True)
class SignalForm:
    """One signal for ears and eyes.

    ``led`` is the light it switches on (None: it leaves the light alone), ``colour`` the screen's;
    colour never stands alone, hence the words beside it (console: "Look").
    """

    tones: tuple[Tone, ...]
    led: Literal["green", "amber", "red"] | None
    colour: Literal["green", "amber", "red"]
    text_zh: str
    text_en: str


SIGNALS: Final[dict[Signal, SignalForm]] = {
    Signal.OK: SignalForm((Tone(2000, 90, 0),), "green", "green", "已记录", "RECORDED"),
    Signal.WARN: SignalForm(
        (Tone(_MIDDLE_HZ, 120, 80),) * 2, "amber", "amber", "请核对", "CHECK THE LABEL"
    ),
    Signal.WANTED: SignalForm(
        (Tone(_HIGH_HZ, 120, 60),) * 3, "red", "red", "特殊安全产品(高价值)快件", "HIGH VALUE"
    ),
    Signal.STOP: SignalForm(
        (Tone(_HIGH_HZ, 200, 60),) * 5, "red", "red", "禁止流转", "STOP: DO NOT MOVE"
    ),
    Signal.REJECT: SignalForm((Tone(_LOW_HZ, 400, 0),), "red", "amber", "标签有误", "BAD LABEL"),
    Signal.NOT_RECORDED: SignalForm(
        (Tone(_LOW_HZ, 400, 150),) * 2,
        "red",
        "red",
        "未记录 请重新扫描",
        "NOT RECORDED: SCAN AGAIN",
    ),
    Signal.OFFLINE: SignalForm((), "amber", "amber", "离线", "OFFLINE"),
}

# ESC 5 and 6 beep in the middle and high, ESC 3 lights the LED, ESC 7 is the good-read signal and
# ESC 8 the error tone; a comma ends each.
_MIDDLE: Final = b"\x1b5,"
_HIGH: Final = b"\x1b6,"
_LIGHT: Final = b"\x1b3,"
_GOOD_READ: Final = b"\x1b7,"
_ERROR: Final = b"\x1b8,"

_HONEYWELL: Final[dict[Signal, bytes]] = {
    Signal.OK: _GOOD_READ,
    Signal.WARN: _MIDDLE * 2,
    Signal.WANTED: _HIGH * 3 + _LIGHT,
    Signal.STOP: _HIGH * 5 + _LIGHT,
    Signal.REJECT: _ERROR,
    Signal.NOT_RECORDED: _ERROR * 2,
    Signal.OFFLINE: b"",
}


def answer_bytes(protocol: ScannerProtocol, signal: Signal) -> bytes | None:
    """What to send to the scanner.

    Returns:
        None if the protocol has no return channel (the station page is the alarm then); no bytes
        for ``offline``, which is a light of the station, not an answer to a scan.
    """
    match protocol:
        case ScannerProtocol.PLAIN:
            return None
        case ScannerProtocol.HONEYWELL:
            return _HONEYWELL[signal]
