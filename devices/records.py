"""Codes that end with a carriage return: ``plain`` and ``honeywell``.

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

from devices.frames import CodeBuffer, Frame, Received

_LINE_END = re.compile(rb"[\r\n]")
AIM_ID = re.compile(rb"\]([A-Za-z][0-9A-Za-z])")
AIM_ID_BYTES = 3


class PlainFramer:
    """The framer of ``plain``."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._code = CodeBuffer()

    def feed(self, data: bytes) -> list[Received]:
        """Take what was read; give the codes that it completed."""
        frames: list[Received] = []
        *ended, rest = _LINE_END.split(data)
        for piece in ended:
            self._code.add(piece)
            if self._code.size:
                frames.append(self._code.frame(aim=None))
            self._code.clear()
        self._code.add(rest)
        return frames

    def reset(self) -> None:
        """Forget half a code."""
        self._code.clear()

    def fall_quiet(self) -> None:
        """A record waits for its end."""


class AimFramer:
    """The framer of ``honeywell``; ``newland`` sends its codes in the same way."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._code = CodeBuffer()
        self._aim: str | None = None
        self._searched = b""  # the record's last bytes, an AIM id may be split over two reads
        self._after_cr = False

    def feed(self, data: bytes) -> list[Received]:
        """Take what was read; give the codes that it completed."""
        frames: list[Received] = []
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
        """Forget half a code."""
        self._begin(after_cr=False)

    def fall_quiet(self) -> None:
        """A record waits for its end."""

    def is_between(self) -> bool:
        """Say whether the next byte begins a record."""
        return not self._code.size and self._aim is None

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
        found = AIM_ID.search(seen)
        if found is None:
            self._searched = seen[1 - AIM_ID_BYTES :]
            return piece
        self._aim = found[1].decode("ascii")
        self.noise_bytes += self._code.size - len(self._searched) + found.start()
        self._code.clear()
        return seen[found.end() :]

    def _finish(self) -> Frame | None:
        if self._code.size and (self._aim is not None or self._code.is_printable()):
            return self._code.frame(self._aim)
        # An AIM id without a code says nothing: no symbology can encode an empty one.
        self.noise_bytes += self._code.size + (AIM_ID_BYTES if self._aim is not None else 0)
        return None
