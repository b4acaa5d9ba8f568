"""What the edge's cores ask of the shells around them; nothing here does any work.

SpoolError       this scan was not recorded: say so, change nothing, the next one tries again
SpoolUnusableError    the spool cannot be trusted or opened at all: one sentence, exit 2
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from ledger.chain import ChainHead
from wire.bodies import PrivateBody
from wire.events import Event, Station
from wire.messages import SpoolHead

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


@dataclass(frozen=True, slots=True)
class LinePlace:
    """One line of one spool."""

    spool: str
    seq: int


@dataclass(frozen=True, slots=True)
class KeptSpool:
    """A spool on this disk: the ``n``-th, receipted up to ``upto_seq``, ending in ``head``.

    ``is_closed``: an administrator's act ended it where the hub stood; what is above stays here and
    is never sent.
    """

    n: int
    id: str
    upto_seq: int
    head: ChainHead
    is_closed: bool = False

    @property
    def unsent(self) -> int:
        """How many of its lines wait for their receipt."""
        return 0 if self.is_closed else max(0, self.head.seq - self.upto_seq)


class SpoolWriter(Protocol):
    """What the station asks of the spool (``edge.spool``)."""

    @property
    def id(self) -> str:
        """The live spool's id."""

    @property
    def head_seq(self) -> int:
        """The last durable sequence number, 0 before the first."""

    @property
    def backlog(self) -> int:
        """Durable lines of the live spool that the hub has not receipted."""

    @property
    def depth(self) -> int:
        """The same of all spools."""

    @property
    def spool_count(self) -> int:
        """How many spools are kept, the live one included."""

    def oldest_at(self) -> str | None:
        """The wire time of the oldest line without a receipt; None if there is none to be read."""

    forgotten_early: int
    """Receipted lines forgotten before their seven days since the start, for want of room."""

    def fill_ratio(self) -> float:
        """The used share of the spool's bound, 0 to 1; the last known while the disk is sick."""

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

    def change_over(
        self,
        new_id: str,
        last: Sequence[Event],
        first: Station,
        sessions: Mapping[str, bytes],
        *,
        closes: bool = False,
    ) -> list[Sealed]:
        """End the live spool with ``last`` and begin the next with ``first``, or nothing.

        ``first`` is sealed with where the ended one stands. ``sessions`` are all that is kept of
        sessions. ``closes``: the ended one is never sent any further.

        Raises:
            SpoolError: nothing was changed.
        """

    def close_spool(self, spool: str) -> None:
        """Send nothing more of a spool that has ended.

        Raises:
            SpoolError: it stands as it stood.
        """

    def mark_receipted(self, spool: str, upto_seq: int) -> None:
        """The hub has everything of a spool up to here."""

    def hub_has_less(self, spool: str, upto_seq: int) -> None:
        """The hub was restored and had no more than this of a spool then."""

    def bodies_delivered(self, hashes: Sequence[str], at: str) -> None:
        """The hub has these bodies, since this wire time of our clock.

        Raises:
            SpoolError: they are sent again.
        """

    def deliver_again(self) -> None:
        """Make durable that the hub needs the bodies again that it had since it went back.

        Raises:
            SpoolError: nobody but this program knows it.
        """


class SpoolLines(Protocol):
    """What the publisher asks of the spools (``edge.spool_reader``)."""

    def spools(self) -> Sequence[KeptSpool]:
        """Every spool that is kept, the live one last."""

    def newest(self) -> SpoolHead:
        """The live spool and its newest durable line."""

    def unsent(self, spool: str, after_seq: int, events_max: int, bytes_max: int) -> list[bytes]:
        """The lines after ``after_seq``, in order, at most so many and so long with their LF."""

    def head_at(self, spool: str, seq: int) -> str | None:
        """The hash of a kept line; None if it was forgotten or never was."""

    def recorded_at(self, spool: str, seq: int) -> str | None:
        """The wire time of a kept line; None if it was forgotten or never was."""
