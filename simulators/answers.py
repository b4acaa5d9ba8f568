"""Read the host's answers to a scanner, from bytes to signals.

Pure: the time of each read is an argument, in monotonic nanoseconds. A command is ESC, one
character and a comma; an answer is a sequence of commands. Two of them begin alike (``reject``
``ESC 8,`` and ``not_recorded`` ``ESC 8,`` twice), so one that could still grow is complete once
the line has been quiet for ``QUIET_NS``. Every other answer is complete at its last byte.
Source: interface.md ("Scanner bytes").
"""

from dataclasses import dataclass, replace

from wire.names import Signal

QUIET_NS = 50_000_000
"""A host writes an answer in one go; 50 ms is many times what a cable puts between its bytes."""

_ESC = 0x1B
_COMMA = 0x2C

_PATTERNS = {
    "7": Signal.OK,
    "55": Signal.WARN,
    "6663": Signal.WANTED,
    "666663": Signal.STOP,
    "8": Signal.REJECT,
    "88": Signal.NOT_RECORDED,
}
"""The character between ESC and comma of each command of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; ``signal`` is None where the commands are none of interface.md's patterns.

    ``at_ns`` is when its last byte was read, however much later the line fell quiet.
    """

    signal: Signal | None
    raw: bytes
    at_ns: int


class AnswerReader:
    """Bytes in, answers out; any split of the same bytes gives the same answers."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        """Bytes that belong to no command."""
        self._partial = b""
        self._heard = ""
        self._heard_at_ns = 0
        self._last_at_ns = 0

    @property
    def quiet_at_ns(self) -> int | None:
        """When :meth:`settle` has something to say; None while nothing is pending."""
        return self._last_at_ns + QUIET_NS if self._heard or self._partial else None

    @property
    def resend_at_ns(self) -> int | None:
        """A Honeywell sends a code once."""
        return None

    def take_outgoing(self) -> bytes:
        """A Honeywell acknowledges nothing."""
        return b""

    def feed(self, chunk: bytes, at_ns: int) -> list[Answer]:
        """Take bytes that were read at ``at_ns`` and return the answers complete by now."""
        answers = self.settle(at_ns)
        self._last_at_ns = at_ns
        for byte in chunk:
            answers += self._take_byte(byte, at_ns)
        return answers

    def settle(self, now_ns: int) -> list[Answer]:
        """End what is pending if the line has been quiet for ``QUIET_NS``."""
        quiet_at_ns = self.quiet_at_ns
        if quiet_at_ns is None or now_ns < quiet_at_ns:
            return []
        self._drop_partial()
        return self._end_heard()

    def cut(self) -> list[Answer]:
        """End what is pending at once: the line is gone, or the next pull begins.

        What could still have grown then has no signal: a lone ``ESC 8,`` may be the half of a
        ``not_recorded``, and must not be taken for ``reject``, which says "stored".
        """
        self._drop_partial()
        return [replace(answer, signal=None) for answer in self._end_heard()]

    def _take_byte(self, byte: int, at_ns: int) -> list[Answer]:
        position = len(self._partial)
        if position == 2 and byte == _COMMA:
            command = chr(self._partial[1])
            self._partial = b""
            return self._take_command(command, at_ns)
        if (position == 0 and byte == _ESC) or (position == 1 and byte != _ESC):
            self._partial += bytes([byte])
            return []
        answers = self._end_heard()
        self._drop_partial()
        if byte == _ESC:
            self._partial = bytes([byte])
        else:
            self.noise_bytes += 1
        return answers

    def _take_command(self, command: str, at_ns: int) -> list[Answer]:
        answers: list[Answer] = []
        if not _begins_an_answer(self._heard + command):
            answers = self._end_heard()
        self._heard += command
        self._heard_at_ns = at_ns
        if not _can_grow(self._heard):
            answers += self._end_heard()
        return answers

    def _end_heard(self) -> list[Answer]:
        if not self._heard:
            return []
        raw = b"".join(b"\x1b" + bytes([ord(command)]) + b"," for command in self._heard)
        answer = Answer(_PATTERNS.get(self._heard), raw, self._heard_at_ns)
        self._heard = ""
        return [answer]

    def _drop_partial(self) -> None:
        self.noise_bytes += len(self._partial)
        self._partial = b""


def _begins_an_answer(heard: str) -> bool:
    return any(pattern.startswith(heard) for pattern in _PATTERNS)


def _can_grow(heard: str) -> bool:
    return any(pattern.startswith(heard) and pattern != heard for pattern in _PATTERNS)
