"""What a scanner sends for a trigger pull, and what the person holding it does next.

Pure: bytes out, no port, no clock. Written from interface.md ("Scanner bytes") without looking at
``devices``, so that a bug shared with the thing under test cannot hide.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

from simulators.ssi import code_packets
from wire.names import Signal

FRAME_BYTES_MAX = 8 * 1024
"""Longer than any label, so that overlong ones can be sent; anything above is a typing error."""
COPIES_MAX = 8
HOST_ACKNOWLEDGE_S = 10.0
"""How long a scanner waits for the host before its own error tone (facts.md, "Scanners")."""
REPEAT_GAP_S = 0.1
"""Between the copies of a double delivery: inside the host's 300 ms guard, and long enough that
two answers do not run together (two ``reject`` in one breath would read as ``not_recorded``)."""

# Line noise: nothing that begins or ends a code or reply (CR, LF, "]", STX, "~", the opcodes of
# ssi), since noise that builds a frame is a label.
_NOISE = bytes(byte for byte in range(256) if byte not in b"\r\n]\x02~\xd0\xd1\xf3\xf6")


class ScannerProtocol(StrEnum):
    """The protocols of interface.md."""

    PLAIN = "plain"
    HONEYWELL = "honeywell"
    SSI = "ssi"
    NEWLAND = "newland"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the cable; the default is a healthy one.

    ``split_bytes``: the frame goes out in pieces of this size with ``pause_ms`` between them.
    ``delay_ms``: wait before the first byte. ``noise_bytes``: this much line noise before the
    frame (not on ``plain``: it has no start of frame, there noise is part of the code).
    ``copies``: 2 is a double delivery. ``reprogrammed``: the AIM id is left away, as by a scanner
    that somebody gave other settings (``honeywell`` and ``newland``: only they send one).
    """

    split_bytes: int | None = None
    pause_ms: int = 5
    delay_ms: int = 0
    noise_bytes: int = 0
    copies: int = 1
    reprogrammed: bool = False

    def __post_init__(self) -> None:
        if self.split_bytes is not None and self.split_bytes < 1:
            raise ValueError("a piece of a split frame has at least 1 byte")
        if min(self.pause_ms, self.delay_ms, self.noise_bytes) < 0:
            raise ValueError("pause, delay and noise cannot be negative")
        if not 1 <= self.copies <= COPIES_MAX:
            raise ValueError(f"a code is delivered 1 to {COPIES_MAX} times, not {self.copies}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to write after a pause in seconds; ``ends_packet`` with a packet's last byte."""

    wait_s: float
    chunk: bytes
    ends_packet: bool


def frame_packets(protocol: ScannerProtocol, code: bytes, aim: str | None) -> list[bytes]:
    """The bytes of one good frame: one packet, or several that ``ssi`` sends one by one.

    ``honeywell`` and ``newland``: ``]``, two AIM characters, code, CR; without the first three if
    ``aim`` is None. ``plain``: code, CR, whatever ``aim`` says. ``ssi``: packets with the
    symbology byte of ``aim``.

    Raises:
        ValueError: an AIM id that is not two ASCII letters or digits or that ``ssi`` cannot tell,
            or a frame longer than ``FRAME_BYTES_MAX``.
    """
    if aim is not None and not (len(aim) == 2 and aim.isascii() and aim.isalnum()):
        raise ValueError(f"an AIM id is two letters or digits after the ], not {aim!r}")
    match protocol:
        case ScannerProtocol.SSI:
            packets = code_packets(code, aim or "")
        case ScannerProtocol.PLAIN:
            packets = [code + b"\r"]
        case ScannerProtocol.HONEYWELL | ScannerProtocol.NEWLAND:
            prefix = "" if aim is None else f"]{aim}"
            packets = [prefix.encode("ascii") + code + b"\r"]
    size = sum(len(packet) for packet in packets)
    if size > FRAME_BYTES_MAX:
        raise ValueError(f"a frame of {size} bytes, at most {FRAME_BYTES_MAX} can be sent")
    return packets


def check_faults(protocol: ScannerProtocol, faults: Faults) -> None:
    """Refuse faults that a protocol cannot show.

    Raises:
        ValueError: noise on ``plain``, which has no frame start; a lost AIM id on ``plain`` and
            ``ssi``, which send none.
    """
    if protocol is ScannerProtocol.PLAIN and faults.noise_bytes:
        raise ValueError("plain has no start of frame: noise would be part of the code")
    if protocol in {ScannerProtocol.PLAIN, ScannerProtocol.SSI} and faults.reprogrammed:
        raise ValueError(f"{protocol} carries no AIM id that could be lost")


def plan_writes(packet: bytes, faults: Faults, rng: random.Random) -> list[Piece]:
    """One trigger pull as the pieces that go down the cable; ``packet`` is its frame's first."""
    pieces: list[Piece] = []
    for copy in range(faults.copies):
        wait_s = faults.delay_ms / 1000 if copy == 0 else REPEAT_GAP_S
        noise = bytes(rng.choices(_NOISE, k=faults.noise_bytes))
        pieces += _split(noise + packet, wait_s, faults)
    return pieces


def _split(chunk: bytes, wait_s: float, faults: Faults) -> list[Piece]:
    size = faults.split_bytes or len(chunk)
    starts = range(0, len(chunk), size)
    return [
        Piece(
            wait_s if start == 0 else faults.pause_ms / 1000,
            chunk[start : start + size],
            ends_packet=start == starts[-1],
        )
        for start in starts
    ]


class NextAct(StrEnum):
    """What a trained person does after the scanner has answered."""

    GO_ON = "go_on"
    SCAN_AGAIN = "scan_again"
    CHECK_PARCEL = "check_parcel"
    """Wanted: count, seal, condition (HV-2.11.1)."""
    HOLD_PARCEL = "hold_parcel"
    """Stop: it does not move (HV-3)."""
    SET_ASIDE = "set_aside"
    """No parcel or a hostile label; stored all the same, so it is not scanned again."""


_NEXT_ACTS = {
    Signal.OK: NextAct.GO_ON,
    Signal.WARN: NextAct.SET_ASIDE,
    Signal.WANTED: NextAct.CHECK_PARCEL,
    Signal.STOP: NextAct.HOLD_PARCEL,
    Signal.REJECT: NextAct.SET_ASIDE,
    Signal.NOT_RECORDED: NextAct.SCAN_AGAIN,
}


def next_act(signal: Signal | None) -> NextAct:
    """What follows a signal; None is the scanner's own error tone after a silent host."""
    return NextAct.SCAN_AGAIN if signal is None else _NEXT_ACTS[signal]
