"""What a signal sounds and looks like, and the bytes that make a scanner give it.

Pure. Source: interface ("Scanner bytes"), design section 3 ("Results and signals").
"""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from devices import newland, ssi
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

# ---------------------------------------------------------------- honeywell

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
}

# ---------------------------------------------------------------- ssi

_SSI_BEEPS: Final[dict[Signal, int]] = {
    Signal.OK: 0x00,  # one short high
    Signal.WARN: 0x06,  # two short low
    Signal.WANTED: 0x02,  # three short high
    Signal.STOP: 0x0E,  # five long high
    Signal.REJECT: 0x0F,  # one long low
    Signal.NOT_RECORDED: 0x10,  # two long low
}
_SSI_RED: Final = b"\x02"


def _ssi_steps(signal: Signal, beep: int) -> tuple[bytes, ...]:
    # Without the ACK the scanner sends the code again, and gives its own error tone in the end:
    # what is not durable is never acknowledged, whatever the scanner makes of our beep.
    ack = b"" if signal is Signal.NOT_RECORDED else ssi.ACK
    light = ssi.LED_ON if SIGNALS[signal].led == "red" else ssi.LED_OFF
    return (ack + ssi.make_packet(ssi.BEEP, bytes([beep])), ssi.make_packet(light, _SSI_RED))


# ---------------------------------------------------------------- newland

# Whether a Newland acknowledges a beep before or after it has sounded is not known. The first one
# therefore tells each signal by itself; the others follow as they are acknowledged.
_NEWLAND_BEEPS: Final[dict[Signal, tuple[str, int]]] = {
    Signal.OK: ("BEEPON2000F090T20V", 1),
    Signal.WARN: ("BEEPON1500F300T20V", 2),
    Signal.WANTED: ("BEEPON2400F600T20V", 3),
    Signal.STOP: ("BEEPON2400F999T20V", 5),
    Signal.REJECT: ("BEEPON0400F400T20V", 1),
    Signal.NOT_RECORDED: ("BEEPON0400F999T20V", 2),
}
"""Command and how often: pitch in Hz, length in ms, volume (20 is the loudest)."""
_NEWLAND_RED: Final = "LEDONS0C3000D"


def _newland_steps(signal: Signal, beep: str, times: int) -> tuple[bytes, ...]:
    light = (_NEWLAND_RED,) if SIGNALS[signal].led == "red" else ()
    return tuple(newland.make_command(text) for text in (beep,) * times + light)


_STEPS: Final[dict[ScannerProtocol, dict[Signal, tuple[bytes, ...]]]] = {
    ScannerProtocol.HONEYWELL: {signal: (data,) for signal, data in _HONEYWELL.items()},
    ScannerProtocol.SSI: {s: _ssi_steps(s, beep) for s, beep in _SSI_BEEPS.items()},
    ScannerProtocol.NEWLAND: {
        s: _newland_steps(s, beep, times) for s, (beep, times) in _NEWLAND_BEEPS.items()
    },
}


def answer_steps(protocol: ScannerProtocol, signal: Signal) -> tuple[bytes, ...] | None:
    """What to send to the scanner: the first at once, each other when it acknowledged the last.

    The first says the signal by itself, should no other follow.

    Returns:
        None if the protocol has no return channel (the station page is the alarm then); nothing
        for ``offline``, which is a light of the station, not an answer to a scan.
    """
    steps = _STEPS.get(protocol)
    return None if steps is None else steps.get(signal, ())
