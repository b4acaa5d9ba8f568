"""Zebra's Simple Serial Interface: packets both ways.

Pure. A packet is length, opcode, source, status, data and a checksum: two bytes, high one first,
the two's complement of the sum of all before it. The length counts all but the checksum. Source:
Zebra's Simple Serial Interface programmer's guide and the SE955 integration guide, as far as
public drivers agree with them; no scanner was at hand.

What a scanner sends:

``DECODE_DATA``
    A code; its first data byte says the symbology. One that does not fit goes in several packets,
    each with that byte, all but the last marked as intermediate. We acknowledge an intermediate
    one at once (the scanner's multipacket option 1, its factory setting), so that the next one
    comes; the last one is acknowledged by whoever has made the code durable.
``CMD_ACK``, ``CMD_NAK``
    Its word on our last command.
``EVENT``
    Acknowledged at once, so that it is not repeated; it says nothing of a scan.

A packet with a wrong checksum is answered by a NAK that asks for it again. A packet whose status
says "sent again" is ``Resend.SAME`` only if it is the one that came last and nothing was lost in
between: a scan whose first sending was lost must not be taken for the one before it.

An intermediate part that came last and is sent again is dropped; after a quiet line a part that is
not marked as sent again begins another code.

Resynchronising: bytes that cannot begin a packet are dropped one by one; in a packet that was not
whole the search goes on one byte further; one that stays half while the line is quiet is dropped.

Our reading, where manuals say nothing: a data field that begins with an AIM id which fits the
symbology byte is code behind an AIM id, because the scanner is set to send them. A label that
spells such an id itself cannot be told from that.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from devices.frames import CodeBuffer, DeviceAck, Frame, Received, Reply, Resend
from devices.records import AIM_ID, AIM_ID_BYTES

CMD_ACK: Final = 0xD0
CMD_NAK: Final = 0xD1
BEEP: Final = 0xE6
LED_ON: Final = 0xE7
LED_OFF: Final = 0xE8
_DECODE_DATA: Final = 0xF3
_EVENT: Final = 0xF6
_FROM_SCANNER: Final = frozenset({_DECODE_DATA, _EVENT, CMD_ACK, CMD_NAK})

_SCANNER: Final = 0x00
_HOST: Final = 0x04
_SENT_AGAIN: Final = 0x01
_INTERMEDIATE: Final = 0x02
_CAUSE_RESEND: Final = 0x01

_HEADER_BYTES: Final = 4
_CHECKSUM_BYTES: Final = 2

_OTHER: Final = "X0"
"""AIM's id of "any other": the scanner told a symbology that is not in the table."""
_AIM_BY_TYPE: Final = {
    0x01: "A0",  # Code 39
    0x02: "F0",  # Codabar
    0x03: "C0",  # Code 128
    0x04: "S0",  # Discrete 2 of 5
    0x06: "I0",  # Interleaved 2 of 5
    0x07: "G0",  # Code 93
    0x08: "E0",  # UPC-A
    0x09: "E0",  # UPC-E
    0x0A: "E4",  # EAN-8
    0x0B: "E0",  # EAN-13
    0x0C: "H0",  # Code 11
    0x0E: "M0",  # MSI
    0x0F: "C1",  # GS1-128
    0x11: "L0",  # PDF417
    0x1B: "d1",  # Data Matrix
    0x1C: "Q1",  # QR
    0x2D: "z0",  # Aztec
    0x30: "e0",  # GS1 DataBar
    0x31: "e0",  # GS1 DataBar Limited
    0x32: "e0",  # GS1 DataBar Expanded
    0xC1: "d2",  # GS1 Data Matrix
    0xC2: "Q3",  # GS1 QR
}
"""Those whose number several published tables give alike, with the plain AIM id of each."""


def make_packet(opcode: int, data: bytes = b"") -> bytes:
    """One packet from the host."""
    packet = bytes([_HEADER_BYTES + len(data), opcode, _HOST, 0]) + data
    return packet + _checksum(packet)


def _checksum(packet: bytes | bytearray) -> bytes:
    return (-sum(packet) & 0xFFFF).to_bytes(_CHECKSUM_BYTES, "big")


ACK: Final = make_packet(CMD_ACK)
NAK_RESEND: Final = make_packet(CMD_NAK, bytes([_CAUSE_RESEND]))


class _Part(NamedTuple):
    """What a packet of a code carries; ``body`` is symbology byte and data."""

    is_intermediate: bool
    body: bytes


class SsiFramer:
    """The framer of ``ssi``; holds at most one packet and one code."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._held = bytearray()
        self._is_disturbed = False
        """Bytes were lost since the last part of a code."""
        self._was_quiet = False
        """The line was quiet since then."""
        self._code = CodeBuffer()
        self._aim: str | None = None
        self._last_part: _Part | None = None
        self._last_frame: Frame | None = None

    def feed(self, data: bytes) -> list[Received]:
        """Take what was read; give what each packet that it completed says."""
        received: list[Received] = []
        for byte in data:
            self._held.append(byte)
            received += self._search()
        return received

    def reset(self) -> None:
        """Forget half a packet and half a code; nothing is a resend after this."""
        self.fall_quiet()
        self._code.clear()
        self._last_part = self._last_frame = None

    def fall_quiet(self) -> None:
        """Give up half a packet; half a code is kept for the part that is sent again."""
        self._was_quiet = True
        self._drop(len(self._held))

    def _drop(self, count: int) -> None:
        self.noise_bytes += count
        self._is_disturbed |= count > 0
        del self._held[:count]

    def _search(self) -> list[Received]:
        received: list[Received] = []
        is_broken = False
        while self._held:
            size = _packet_size(self._held)
            if size is None:
                self._drop(1)
            elif len(self._held) < size:
                break
            elif _is_whole(self._held[:size]):
                packet = bytes(self._held[:size])
                del self._held[:size]
                received.append(self._take(packet))
            else:
                is_broken = True
                self._drop(1)
        return received or ([Reply(NAK_RESEND)] if is_broken else [])

    def _take(self, packet: bytes) -> Received:
        opcode, status = packet[1], packet[3]
        if opcode == _EVENT:
            return Reply(ACK)
        if opcode != _DECODE_DATA:
            return DeviceAck(accepted=opcode == CMD_ACK)
        part = _Part(bool(status & _INTERMEDIATE), packet[_HEADER_BYTES:-_CHECKSUM_BYTES])
        return self._take_part(part, is_again=bool(status & _SENT_AGAIN))

    def _take_part(self, part: _Part, *, is_again: bool) -> Received:
        is_last_again = is_again and part == self._last_part
        is_disturbed, self._is_disturbed = self._is_disturbed, False
        if self._was_quiet and not is_again:
            # Parts follow each other at once: the scanner gave up the code that we hold parts of.
            self.noise_bytes += self._code.size
            self._code.clear()
        self._was_quiet = False
        self._last_part = part
        if part.is_intermediate:
            if not is_last_again:
                self._add(part.body)
            return Reply(ACK)
        if is_last_again and not is_disturbed and self._last_frame is not None:
            return replace(self._last_frame, resend=Resend.SAME)
        self._add(part.body)
        return self._finish(Resend.MAYBE if is_again else Resend.NO)

    def _finish(self, resend: Resend) -> Received:
        frame = self._code.frame(self._aim, resend) if self._code.size else None
        self._code.clear()
        self._last_frame = frame
        # A packet without a code says nothing; it is acknowledged, so that it is not repeated.
        return frame or Reply(ACK)

    def _add(self, body: bytes) -> None:
        code = body[1:]
        if not self._code.size:
            self._aim, code = _split_aim(body)
        self._code.add(code)


def _packet_size(held: bytearray) -> int | None:
    """The size of the packet that these bytes may begin; None if they cannot."""
    is_ours = (
        held[0] >= _HEADER_BYTES
        and (len(held) < 2 or held[1] in _FROM_SCANNER)
        and (len(held) < 3 or held[2] == _SCANNER)
    )
    return held[0] + _CHECKSUM_BYTES if is_ours else None


def _is_whole(packet: bytearray) -> bool:
    return _checksum(packet[:-_CHECKSUM_BYTES]) == packet[-_CHECKSUM_BYTES:]


def _split_aim(body: bytes) -> tuple[str, bytes]:
    """AIM id and code of a first packet's symbology byte and data."""
    aim, code = _AIM_BY_TYPE.get(body[0], _OTHER) if body else _OTHER, body[1:]
    found = AIM_ID.match(code)
    if found is None:
        return aim, code
    sent = found[1].decode("ascii")
    if aim != _OTHER and sent[0] != aim[0]:
        return aim, code
    return sent, code[AIM_ID_BYTES:]
