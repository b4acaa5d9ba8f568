"""Cut the bytes of a scanner's cable into codes.

Pure: bytes in, frames out, whatever the split: a read may bring half a code or five. Source:
interface ("Scanner bytes"), design section 3.

A record is what stands between two carriage returns (``plain``: or line feeds).

``plain``
    A record is a code; empty ones (the LF of a CRLF) are dropped.

``honeywell``
    An AIM id is ``]``, a letter, a letter or digit. In this order:

    1. One LF straight after a CR belongs to that end, because some scanners are set to CRLF.
    2. A record that begins with an AIM id is a code. Whatever follows belongs to the code, also a
       second ``]C0``: codes may contain anything but CR.
    3. A record with an AIM id further on is noise, then a code: we resynchronise at the *first*
       AIM id. Losing what stood before is the lesser evil: keeping it would turn a wanted waybill
       after line noise into an unknown code, and its alarm would stay silent.
    4. A record without any AIM id that is printable UTF-8 (GS allowed) is a code of a scanner
       that was reprogrammed: a frame with ``aim=None``, for the alarm of design section 3.
    5. Anything else is noise: dropped, and counted in ``noise_bytes``.

    A CR inside a code cannot be told from its end; the protocol has no escape.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from wire.limits import CODE_BYTES_MAX

_LINE_END = re.compile(rb"[\r\n]")
_AIM_ID = re.compile(rb"\]([A-Za-z][0-9A-Za-z])")
_AIM_ID_BYTES = 3
GROUP_SEPARATOR = "\x1d"
"""The one control character that a code may hold: it separates GS1 fields."""


class ScannerProtocol(StrEnum):
    """The scanner protocols that are built (interface: edge.toml)."""

    PLAIN = "plain"
    HONEYWELL = "honeywell"


_NOT_YET_BUILT = ("ssi", "newland")


@dataclass(frozen=True, slots=True)
class Frame:
    """One code as it came off the cable.

    ``raw`` is without AIM id and end, cut to ``CODE_BYTES_MAX`` bytes if ``overlong``; ``size`` is
    its true length in bytes; ``aim`` e.g. ``C0``, None where the scanner gave none.
    """

    raw: bytes
    aim: str | None
    overlong: bool
    size: int


class Framer(Protocol):
    """Turns one cable's bytes into frames; holds at most one code."""

    noise_bytes: int
    """Bytes dropped as noise since the start; ``plain`` cannot tell noise from codes: always 0."""

    def feed(self, data: bytes) -> list[Frame]:
        """Take what was read; give the codes that it completed."""

    def reset(self) -> None:
        """Forget a half code, because the cable was pulled."""


def parse_protocol(text: str) -> ScannerProtocol:
    """Read a protocol's name from the config.

    Raises:
        ValueError: unknown, or not built yet; one sentence.
    """
    if text in _NOT_YET_BUILT:
        raise ValueError(f"scanner protocol {text!r} is not built yet; built are plain, honeywell")
    try:
        return ScannerProtocol(text)
    except ValueError as error:
        raise ValueError(
            f"scanner protocol {text[:40]!r} is unknown; built are plain, honeywell"
        ) from error


def make_framer(protocol: ScannerProtocol) -> Framer:
    """A fresh framer for one cable."""
    match protocol:
        case ScannerProtocol.PLAIN:
            return _PlainFramer()
        case ScannerProtocol.HONEYWELL:
            return _HoneywellFramer()


class _Code:
    """A code under way: its head up to ``CODE_BYTES_MAX``, its whole size."""

    def __init__(self) -> None:
        self._head = bytearray()
        self.size = 0

    def add(self, piece: bytes) -> None:
        self._head += piece[: CODE_BYTES_MAX - len(self._head)]
        self.size += len(piece)

    def clear(self) -> None:
        self._head.clear()
        self.size = 0

    def is_overlong(self) -> bool:
        return self.size > CODE_BYTES_MAX

    def is_printable(self) -> bool:
        try:
            text = self._head.decode("utf-8")
        except UnicodeDecodeError as error:
            # The cut at the limit may fall inside a character: judge what is before it.
            if not self.is_overlong() or error.reason != "unexpected end of data":
                return False
            text = self._head[: error.start].decode("utf-8")
        return text.replace(GROUP_SEPARATOR, "").isprintable()

    def frame(self, aim: str | None) -> Frame:
        return Frame(bytes(self._head), aim, self.is_overlong(), self.size)


class _PlainFramer:
    def __init__(self) -> None:
        self.noise_bytes = 0
        self._code = _Code()

    def feed(self, data: bytes) -> list[Frame]:
        frames = []
        *ended, rest = _LINE_END.split(data)
        for piece in ended:
            self._code.add(piece)
            if self._code.size:
                frames.append(self._code.frame(aim=None))
            self._code.clear()
        self._code.add(rest)
        return frames

    def reset(self) -> None:
        self._code.clear()


class _HoneywellFramer:
    def __init__(self) -> None:
        self.noise_bytes = 0
        self._code = _Code()
        self._aim: str | None = None
        self._searched = b""  # the record's last bytes, an AIM id may be split over two reads
        self._after_cr = False

    def feed(self, data: bytes) -> list[Frame]:
        frames = []
        *ended, rest = data.split(b"\r")
        for piece in ended:
            self._take(piece)
            frame = self._finish()
            if frame is not None:
                frames.append(frame)
            self._begin(after_cr=True)
        self._take(rest)
        return frames

    def reset(self) -> None:
        self._begin(after_cr=False)

    def _begin(self, *, after_cr: bool) -> None:
        self._code.clear()
        self._aim = None
        self._searched = b""
        self._after_cr = after_cr

    def _take(self, piece: bytes) -> None:
        if piece and self._after_cr:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        if self._aim is None:
            piece = self._search(piece)
        self._code.add(piece)

    def _search(self, piece: bytes) -> bytes:
        """Look for the record's AIM id; give what of ``piece`` belongs to the code."""
        seen = self._searched + piece
        found = _AIM_ID.search(seen)
        if found is None:
            self._searched = seen[1 - _AIM_ID_BYTES :]
            return piece
        self._aim = found[1].decode("ascii")
        self.noise_bytes += self._code.size - len(self._searched) + found.start()
        self._code.clear()
        return seen[found.end() :]

    def _finish(self) -> Frame | None:
        if self._code.size and (self._aim is not None or self._code.is_printable()):
            return self._code.frame(self._aim)
        # An AIM id without a code says nothing: no symbology can encode an empty one.
        self.noise_bytes += self._code.size + (_AIM_ID_BYTES if self._aim is not None else 0)
        return None
