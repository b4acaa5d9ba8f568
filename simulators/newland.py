"""A Newland scanner's ear for the host's commands, and its replies.

Pure: the time of each read is an argument, in monotonic nanoseconds. Written from the user guides'
command format without looking at ``devices``: ``~`` SOH ``0000#`` command ``;`` ETX, answered by
the same with STX for ``~`` and an ACK before the ``;``, or ENQ for a command that is not known.
"""

import re

from simulators.answers import Answer
from wire.names import Signal

STEP_QUIET_NS = 500_000_000
"""A host that has begun an answer goes on with it within this."""
COMMAND_BYTES_MAX = 256

_RED = "LEDONS0C3000D"
_PATTERNS = {
    ("BEEPON2000F090T20V",): Signal.OK,
    ("BEEPON1500F300T20V",) * 2: Signal.WARN,
    ("BEEPON2400F600T20V",) * 3 + (_RED,): Signal.WANTED,
    ("BEEPON2400F999T20V",) * 5 + (_RED,): Signal.STOP,
    ("BEEPON0400F400T20V", _RED): Signal.REJECT,
    ("BEEPON0400F999T20V",) * 2 + (_RED,): Signal.NOT_RECORDED,
}
"""The commands of each answer; none is the beginning of another."""
_KNOWN = frozenset(command for pattern in _PATTERNS for command in pattern)


class CommandReader:
    """Bytes in, answers out; any split of the same bytes gives the same answers."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._held = b""
        self._outgoing = b""
        self._heard: tuple[str, ...] = ()
        self._raw = b""
        self._heard_at_ns = 0

    @property
    def quiet_at_ns(self) -> int | None:
        """When a begun answer is over although it is none; None while none is begun."""
        return self._heard_at_ns + STEP_QUIET_NS if self._heard else None

    @property
    def resend_at_ns(self) -> int | None:
        """A Newland sends a code once."""
        return None

    def take_outgoing(self) -> bytes:
        """The replies to what was heard."""
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def feed(self, chunk: bytes, at_ns: int) -> list[Answer]:
        """Take bytes that were read at ``at_ns`` and return the answers complete by now."""
        answers = self.settle(at_ns)
        self._held += chunk
        while b"\x03" in self._held:
            raw, _, self._held = self._held.partition(b"\x03")
            found = re.search(rb"~\x010000#([ -~]*);$", raw)
            if found is None:
                self.noise_bytes += len(raw) + 1
                continue
            self.noise_bytes += found.start()
            answers += self._obey(found[1].decode("ascii"), found[0] + b"\x03", at_ns)
        if len(self._held) > COMMAND_BYTES_MAX:
            self.noise_bytes += len(self._held)
            self._held = b""
        return answers

    def settle(self, now_ns: int) -> list[Answer]:
        """End a begun answer if the host has not gone on with it."""
        quiet_at_ns = self.quiet_at_ns
        return self._end_heard() if quiet_at_ns is not None and now_ns >= quiet_at_ns else []

    def cut(self) -> list[Answer]:
        """End a begun answer at once: the line is gone, or the next pull begins."""
        self.noise_bytes += len(self._held)
        self._held = b""
        return self._end_heard()

    def _obey(self, command: str, raw: bytes, at_ns: int) -> list[Answer]:
        word = b"\x06" if command in _KNOWN else b"\x05"
        self._outgoing += b"\x02\x010000#" + command.encode("ascii") + word + b";\x03"
        answers: list[Answer] = []
        begun = (*self._heard, command)
        if not any(pattern[: len(begun)] == begun for pattern in _PATTERNS):
            answers = self._end_heard()
        self._heard = (*self._heard, command)
        self._raw += raw
        self._heard_at_ns = at_ns
        return answers + (self._end_heard() if self._heard in _PATTERNS else [])

    def _end_heard(self) -> list[Answer]:
        if not self._heard:
            return []
        answer = Answer(_PATTERNS.get(self._heard), self._raw, self._heard_at_ns)
        self._heard, self._raw = (), b""
        return [answer]
