"""What a framer makes of a cable's bytes.

Pure. Nothing here belongs to one protocol: what a protocol needs beyond it stays in its framer.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from wire.limits import CODE_BYTES_MAX

GROUP_SEPARATOR = "\x1d"
"""The one control character that a code may hold: it separates GS1 fields."""

QUIET_MS: Final = 1_000
"""No scanner pauses this long inside a packet, and none repeats one sooner than after 2 s."""


class Resend(StrEnum):
    """What the scanner says of having sent a code before, because it heard no answer to it."""

    NO = "no"
    """It says nothing: a scan of its own."""
    SAME = "same"
    """It sends the code that came last again, and nothing was lost on the line in between."""
    MAYBE = "maybe"
    """It sends something again; what went before it did not arrive whole, or was another code."""


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
    resend: Resend = Resend.NO


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes that the protocol owes the scanner at once; they tell nobody that a scan is kept."""

    data: bytes


@dataclass(frozen=True, slots=True)
class DeviceAck:
    """The scanner's word on the last command that we gave it."""

    accepted: bool


Received = Frame | Reply | DeviceAck


class Framer(Protocol):
    """Turns one cable's bytes into codes; holds at most one code."""

    @property
    def noise_bytes(self) -> int:
        """Bytes dropped as noise since the start; ``plain`` cannot tell noise from codes: 0."""

    def feed(self, data: bytes) -> list[Received]:
        """Take what was read; give what it completed, in its order."""

    def reset(self) -> None:
        """Forget half a code, because the cable was pulled."""

    def fall_quiet(self) -> None:
        """Give up half a packet: the line was quiet for longer than ``QUIET_MS``.

        Records wait for their end however long it takes; packets that tell their length do not.
        """


class CodeBuffer:
    """A code under way: its head up to ``CODE_BYTES_MAX``, its whole size."""

    def __init__(self) -> None:
        self._head = bytearray()
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Go on with the code."""
        self._head += piece[: CODE_BYTES_MAX - len(self._head)]
        self.size += len(piece)

    def clear(self) -> None:
        """Begin another code."""
        self._head.clear()
        self.size = 0

    def is_overlong(self) -> bool:
        """Say whether the head is not the whole code."""
        return self.size > CODE_BYTES_MAX

    def is_printable(self) -> bool:
        """Say whether the head is printable UTF-8; GS1's separator counts as such."""
        try:
            text = self._head.decode("utf-8")
        except UnicodeDecodeError as error:
            # The cut at the limit may fall inside a character: judge what is before it.
            if not self.is_overlong() or error.reason != "unexpected end of data":
                return False
            text = self._head[: error.start].decode("utf-8")
        return text.replace(GROUP_SEPARATOR, "").isprintable()

    def frame(self, aim: str | None, resend: Resend = Resend.NO) -> Frame:
        """The code as it is now."""
        return Frame(bytes(self._head), aim, self.is_overlong(), self.size, resend)
