"""A Zebra scanner's end of the Simple Serial Interface.

Pure: the time of each read is an argument, in monotonic nanoseconds. Written from the manuals
(SE955 integration guide, DS-series reference guides) without looking at ``devices``.

A packet: length (of all but the checksum), opcode, source, status, data, then the negated sum of
these bytes in 16 bits, high byte first. The scanner sends one part of a code and waits: an ACK
brings the next part, a NAK "resend" or 2 s of silence the same part again with status bit 0 set,
twice; then it gives up. It acknowledges each command of the host.
"""

from dataclasses import dataclass

from simulators.answers import Answer
from wire.names import Signal

RESPONSE_TIMEOUT_NS = 2_000_000_000
RESENDS_MAX = 2
STEP_QUIET_NS = 500_000_000
"""A host that has begun an answer goes on with it within this."""
DATA_BYTES_MAX = 250
"""Of a code in one packet: 255 less header and symbology byte."""

_TYPES = {
    "A0": 0x01, "F0": 0x02, "C0": 0x03, "I0": 0x06, "G0": 0x07, "E0": 0x0B, "C1": 0x0F, "L0": 0x11,
    "d1": 0x1B, "Q1": 0x1C, "z0": 0x2D, "e0": 0x30, "d2": 0xC1, "Q3": 0xC2,
}  # fmt: skip
"""Symbology bytes by the AIM id that means the same."""

_SIGNALS = {
    (True, 0x00, False): Signal.OK,
    (True, 0x06, False): Signal.WARN,
    (True, 0x02, True): Signal.WANTED,
    (True, 0x0E, True): Signal.STOP,
    (True, 0x0F, True): Signal.REJECT,
    (False, 0x10, True): Signal.NOT_RECORDED,
}
"""By: was the code acknowledged, beep, red light."""

_ACK, _NAK, _BEEP, _LED_ON, _LED_OFF, _DECODE_DATA = 0xD0, 0xD1, 0xE6, 0xE7, 0xE8, 0xF3
_OPCODES = frozenset({_ACK, _NAK, _BEEP, _LED_ON, _LED_OFF})
_HOST = 4
_RED = b"\x02"


def packet(opcode: int, data: bytes = b"", status: int = 0) -> bytes:
    """One packet from the scanner."""
    head = bytes((len(data) + 4, opcode, 0, status)) + data
    return head + ((0x10000 - sum(head)) & 0xFFFF).to_bytes(2, "big")


def sent_again(part: bytes) -> bytes:
    """The same packet, marked as sent again."""
    return packet(part[1], part[4:-2], part[3] | 1)


def code_packets(code: bytes, aim: str) -> list[bytes]:
    """A code as one packet, or as several of which all but the last are marked (status bit 1).

    Raises:
        ValueError: an AIM id that no symbology byte stands for.
    """
    if aim not in _TYPES:
        raise ValueError(f"ssi has no symbology byte here for the AIM id {aim!r}")
    starts = range(0, max(1, len(code)), DATA_BYTES_MAX)
    kind = bytes([_TYPES[aim]])
    return [
        packet(_DECODE_DATA, kind + code[at : at + DATA_BYTES_MAX], 0 if at == starts[-1] else 2)
        for at in starts
    ]


@dataclass(slots=True)
class _Sending:
    """The part that waits for its acknowledgement, and those behind it."""

    part: bytes
    rest: list[bytes]
    sent_at_ns: int
    resends: int = 0


class SsiLink:
    """What one scanner says and hears; any split of the host's bytes gives the same answers."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        self.gave_up = False
        """The code was sent as often as may be, and never acknowledged."""
        self._held = b""
        self._sending: _Sending | None = None
        self._outgoing = b""
        self._is_acknowledged = False
        self._beep: int | None = None
        self._heard = b""
        self._heard_at_ns = 0

    @property
    def quiet_at_ns(self) -> int | None:
        """When a begun answer is over although it is none; None while none is begun."""
        return self._heard_at_ns + STEP_QUIET_NS if self._heard else None

    @property
    def resend_at_ns(self) -> int | None:
        """When :meth:`settle` sends again, or gives up; None while nothing waits."""
        return self._sending.sent_at_ns + RESPONSE_TIMEOUT_NS if self._sending else None

    def sent(self, packets: list[bytes], at_ns: int) -> None:
        """The first packet of a code is on the cable; what was under way is given up."""
        self._sending = _Sending(packets[0], packets[1:], at_ns)
        self.gave_up = False

    def take_outgoing(self) -> bytes:
        """What the scanner has to say now: acknowledgements, further parts, resends."""
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def feed(self, chunk: bytes, at_ns: int) -> list[Answer]:
        """Take bytes that were read at ``at_ns`` and return the answers complete by now."""
        answers = self.settle(at_ns)
        self._held += chunk
        while len(self._held) >= 2:
            size = self._held[0] + 2
            if self._held[0] < 4 or self._held[1] not in _OPCODES:
                self._drop(1)
            elif len(self._held) < size:
                break
            else:
                whole, self._held = self._held[:size], self._held[size:]
                answers += self._take(whole, at_ns)
        return answers

    def settle(self, now_ns: int) -> list[Answer]:
        """Send again, or end a begun answer, if it is time."""
        if self._sending is not None and now_ns >= self._sending.sent_at_ns + RESPONSE_TIMEOUT_NS:
            self._send_again(self._sending, now_ns)
        quiet_at_ns = self.quiet_at_ns
        return self._end_heard() if quiet_at_ns is not None and now_ns >= quiet_at_ns else []

    def cut(self) -> list[Answer]:
        """End a begun answer at once: the line is gone, or the next pull begins."""
        self._drop(len(self._held))
        return self._end_heard()

    def _drop(self, count: int) -> None:
        self.noise_bytes += count
        self._held = self._held[count:]

    def _take(self, whole: bytes, at_ns: int) -> list[Answer]:
        opcode, data = whole[1], whole[4:-2]
        if sum(whole[:-2]) + int.from_bytes(whole[-2:], "big") & 0xFFFF or whole[2] != _HOST:
            self.noise_bytes += len(whole)
            self._outgoing += packet(_NAK, b"\x01")
            return []
        if opcode == _NAK:
            if self._sending is not None and data == b"\x01":
                self._send_again(self._sending, at_ns)
            return []
        if opcode == _ACK and self._sending is not None and self._sending.rest:
            part, *rest = self._sending.rest
            self._sending = _Sending(part, rest, at_ns)
            self._outgoing += part
            return []
        self._heard += whole
        self._heard_at_ns = at_ns
        return self._obey(opcode, data)

    def _obey(self, opcode: int, data: bytes) -> list[Answer]:
        if opcode == _ACK:
            self._is_acknowledged, self._sending = True, None
            return []
        self._outgoing += packet(_ACK)
        if opcode == _BEEP:
            self._beep = data[0] if data else None
            return []
        return self._end_heard(is_red=opcode == _LED_ON and data == _RED)

    def _send_again(self, sending: _Sending, now_ns: int) -> None:
        if sending.resends == RESENDS_MAX:
            self._sending, self.gave_up = None, True
            return
        sending.resends += 1
        sending.sent_at_ns = now_ns
        self._outgoing += sent_again(sending.part)

    def _end_heard(self, *, is_red: bool | None = None) -> list[Answer]:
        if not self._heard:
            return []
        key = (self._is_acknowledged, self._beep, is_red)
        signal = next((s for known, s in _SIGNALS.items() if known == key), None)
        answer = Answer(signal, self._heard, self._heard_at_ns)
        self._heard, self._beep, self._is_acknowledged = b"", None, False
        return [answer]
