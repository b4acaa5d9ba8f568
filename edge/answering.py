"""An answer to a scanner, step by step: the next goes when the scanner acknowledged the last.

Pure. Source: design section 3 ("Results and signals"; feedback's ``device_ack``). Which steps a
signal has: ``devices.feedback``.
"""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a scan was answered; ``of_seq`` is None if it was not recorded.

    ``steps`` is None where the protocol has no return channel.
    """

    of_seq: int | None
    steps: tuple[bytes, ...] | None


class Heard(NamedTuple):
    """What follows from a scanner's acknowledgement.

    ``confirmed_seq`` is the scan whose answer the scanner has now acknowledged wholly.
    """

    next_step: bytes | None = None
    confirmed_seq: int | None = None


class OpenAnswer:
    """The answer that one scanner is being given; a new one takes the place of an older.

    An acknowledgement belongs to the step that was sent last: a scanner gives its word on a
    command before it sends the next code. One that nobody waits for says nothing.
    """

    def __init__(self) -> None:
        self._of_seq: int | None = None
        self._left: tuple[bytes, ...] = ()
        self._is_awaited = False
        self._is_accepted = True

    def begin(self, answer: GivenAnswer) -> bytes | None:
        """Take up an answer; its first step, to be sent at once."""
        first, *left = answer.steps or (None,)
        self._of_seq, self._left = answer.of_seq, tuple(left)
        self._is_awaited, self._is_accepted = first is not None, True
        return first

    def hear(self, *, accepted: bool) -> Heard:
        """The scanner took the last step, or did not; the rest is given all the same."""
        if not self._is_awaited:
            return Heard()
        self._is_accepted &= accepted
        if self._left:
            step, *left = self._left
            self._left = tuple(left)
            return Heard(next_step=step)
        self._is_awaited = False
        return Heard(confirmed_seq=self._of_seq if self._is_accepted else None)

    def change_over(self) -> None:
        """Another spool is live: the scan's feedback was written, its end is not told any more."""
        self._of_seq = None

    def drop(self) -> None:
        """The cable is gone: nothing more of it is given."""
        self._left, self._is_awaited = (), False
