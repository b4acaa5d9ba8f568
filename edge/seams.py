"""What the edge's cores ask of the shells around them; nothing here does any work.

SpoolError       this scan was not recorded: say so, change nothing, the next one tries again
SpoolUnusableError    the spool cannot be trusted or opened at all: one sentence, exit 2
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from wire.events import Event
from wire.messages import PrivateBody

NO_QUEUES: Final[Mapping[str, int]] = MappingProxyType({})


class SpoolError(Exception):
    """Nothing was made durable; what was to be appended does not count as recorded.

    ``is_full`` says that room is missing: the disk's, or the spool's own bound.
    """

    def __init__(self, reason: str, *, is_full: bool = False) -> None:
        super().__init__(reason)
        self.is_full = is_full


class SpoolUnusableError(Exception):
    """The spool on disk is not ours, too new, or its chain is broken; the sentence says which."""


class Clock(Protocol):
    """The machine's clocks and its random source (``edge.clock``)."""

    def now(self) -> datetime:
        """Wall time, aware UTC."""

    def mono_ns(self) -> int:
        """A clock for durations, in ns; comparable with the times that ports report."""

    def boottime_ms(self) -> int:
        """CLOCK_BOOTTIME in ms: goes on while the machine sleeps, never steps."""

    def random_bytes(self, count: int) -> bytes:
        """Random bytes fit for salts and ids."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A durable line at its place in the spool; ``head`` is the hash of ``line``."""

    seq: int
    head: str
    line: bytes


class SpoolWriter(Protocol):
    """What the station asks of the spool (``edge.spool``)."""

    @property
    def head_seq(self) -> int:
        """The last durable sequence number, 0 before the first."""

    @property
    def upto_seq(self) -> int:
        """The last sequence number that the hub has receipted."""

    def recorded_at(self, seq: int) -> str | None:
        """The wire time of a kept line; None if it is not there, or not readable now."""

    def settle(self) -> int:
        """The last durable sequence number, asked of the disk where a commit is in doubt.

        Raises:
            SpoolError: the disk does not say.
        """

    def append(
        self,
        events: Sequence[Event],
        bodies: Mapping[str, PrivateBody],
        sessions: Mapping[str, bytes],
        queues: Mapping[str, int] = NO_QUEUES,
    ) -> list[Sealed]:
        """Make events, their bodies (by hash) and the sessions (by device) durable, or nothing.

        ``queues``: how far each handheld's queue is handed in by this.

        Raises:
            SpoolError: nothing was recorded.
        """

    def handed_in(self, queue: str) -> int:
        """How far a handheld's queue is durable here; 0 for one that was never seen.

        Raises:
            SpoolError: the disk does not say.
        """

    def mark_receipted(self, upto_seq: int) -> bool:
        """The hub has everything up to here; say whether that is less than it had."""

    def bodies_delivered(self, hashes: Sequence[str], at: str) -> None:
        """The hub has these bodies, since this wire time of our clock.

        Raises:
            SpoolError: they are sent again.
        """

    def deliver_again(self) -> None:
        """The hub went back to ``upto``: it needs the bodies again that it had since.

        Raises:
            SpoolError: they are not sent again.
        """


class SpoolLines(Protocol):
    """What the publisher asks of the spool (``edge.spool_reader``)."""

    def unsent(self, after_seq: int, events_max: int, bytes_max: int) -> list[bytes]:
        """The lines after ``after_seq``, in order, at most so many and so long with their LF."""

    def head_at(self, seq: int) -> str | None:
        """The hash of a kept line; None if it was forgotten or never was."""
