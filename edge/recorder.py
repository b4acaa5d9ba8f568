"""Everything that becomes a line goes through here: scans and acts, and what waits beside them.

No thread, no I/O of its own: the spool is an argument. Facts about the station and feedback never
delay a scan; they are written with the next one, or by themselves. Source: promises P1 and P4.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from edge.event_lines import Stamp, make_fact, make_feedback
from edge.feedback_log import Draft, FeedbackLog
from edge.seams import Sealed, SpoolError, SpoolWriter
from edge.station_events import NotRecorded, Output, Recorded
from wire.bodies import PrivateBody
from wire.events import Event, StationFact

FACTS_WAITING_MAX = 64
"""Facts kept while the disk refuses them; beyond it the oldest is given up."""
_IN_DOUBT = NotRecorded("the disk does not say what became of the last commit", scans=0)


@dataclass(frozen=True, slots=True)
class Entry:
    """What must become durable together.

    Events, their bodies by hash, sessions by device, and how far handhelds' queues are handed in.
    """

    events: Sequence[Event]
    bodies: Mapping[str, PrivateBody] = field(default_factory=dict)
    sessions: Mapping[str, bytes] = field(default_factory=dict)
    queues: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """The sequence number of an entry's first event, found at ``found_ns``; what goes before it."""

    seq: int
    found_ns: int
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A commit that the disk refused and that may have happened all the same.

    ``spool`` and ``head_seq`` are where the lines ended before it; the rest would be on disk.
    """

    spool: str
    head_seq: int
    facts: tuple[Event, ...]
    drafts: tuple[Draft, ...]


class Recorder:
    """Writes entries with what waits beside them; ``is_disk_sick`` since the disk last refused."""

    def __init__(self, spool: SpoolWriter, feedback: FeedbackLog) -> None:
        self.is_disk_sick = False
        self._spool = spool
        self._feedback = feedback
        self._facts: deque[Event] = deque(maxlen=FACTS_WAITING_MAX)
        self._doubt: _Doubt | None = None

    @property
    def is_in_doubt(self) -> bool:
        """Say whether nobody knows yet what became of the last commit."""
        return self._doubt is not None

    def note(self, fact: Event) -> None:
        """A fact about the station; it waits for the next entry."""
        self._facts.append(fact)

    def find_place(self, now_ns: int) -> Place:
        """Where the next entry will stand; it is recorded there or not at all.

        Args:
            now_ns: monotonic.

        Raises:
            SpoolError: the disk does not say where the spool ends.
        """
        head_seq = self._learn()
        drafts = tuple(self._feedback.ripe(now_ns))
        seq = head_seq + len(self._facts) + len(drafts) + 1
        return Place(seq, now_ns, drafts)

    def record(self, stamp: Stamp, place: Place, entry: Entry) -> list[Sealed]:
        """Make an entry durable at its place; ``stamp`` is for the lines beside it.

        Returns:
            The entry's own lines.

        Raises:
            SpoolError: nothing was recorded.
        """
        beside = self._beside(stamp, place.drafts)
        events = [*beside, *entry.events]
        with self._doubting(place.drafts):
            sealed = self._spool.append(events, entry.bodies, entry.sessions, entry.queues)
        self._written(place.drafts)
        return sealed[len(beside) :]

    def write_down(self, stamp: Stamp, drafts: Sequence[Draft]) -> list[Output]:
        """Record what waits beside the scans; what the disk refuses waits on."""
        if self.is_in_doubt:
            return [_IN_DOUBT]
        events = self._beside(stamp, drafts)
        if not events:
            return []
        try:
            with self._doubting(drafts):
                sealed = self._spool.append(events, {}, {})
        except SpoolError as error:
            return [NotRecorded(str(error), scans=0)]
        self._written(drafts)
        return [Recorded(sealed[-1].seq)]

    def change_over(
        self,
        stamp: Stamp,
        new_id: str,
        sessions: Mapping[str, bytes],
        reason: str,
        *,
        closes: bool,
    ) -> list[Output]:
        """End the live spool with all that waits and names its lines, and begin another.

        ``sessions`` are all that stay; what the disk refuses has not happened.
        """
        if self.is_in_doubt:
            return [_IN_DOUBT]
        drafts = self._feedback.all()
        end = make_fact(stamp, StationFact.SPOOL_END, reason=reason)
        start = make_fact(stamp, StationFact.SPOOL_START, reason=reason)
        last = [*self._beside(stamp, drafts), end]
        try:
            with self._doubting(drafts):
                sealed = self._spool.change_over(new_id, last, start, sessions, closes=closes)
        except SpoolError as error:
            return [NotRecorded(str(error), scans=0)]
        self._written(drafts)
        return [Recorded(sealed[-1].seq)]

    def settle(self) -> None:
        """Before anything else is recorded: see what became of a commit that the disk refused.

        It may have happened: then what waited beside it is on disk, and must not be written again.
        """
        # Else nobody knows yet, and nothing can be recorded meanwhile.
        with suppress(SpoolError):
            self._learn()

    def _learn(self) -> int:
        head_seq = self._spool.settle()
        doubt, self._doubt = self._doubt, None
        if doubt is not None and (self._spool.id, head_seq) != (doubt.spool, doubt.head_seq):
            self.is_disk_sick = False
            written = {id(fact) for fact in doubt.facts}
            left = [fact for fact in self._facts if id(fact) not in written]
            self._facts = deque(left, maxlen=FACTS_WAITING_MAX)
            self._feedback.written(doubt.drafts)
        return head_seq

    @contextmanager
    def _doubting(self, drafts: Sequence[Draft]) -> Iterator[None]:
        spool = self._spool
        doubt = _Doubt(spool.id, spool.head_seq, tuple(self._facts), tuple(drafts))
        try:
            yield
        except SpoolError:
            self.is_disk_sick = True
            self._doubt = doubt
            raise

    def _beside(self, stamp: Stamp, drafts: Sequence[Draft]) -> list[Event]:
        return [*self._facts, *(make_feedback(stamp, draft) for draft in drafts)]

    def _written(self, drafts: Sequence[Draft]) -> None:
        self.is_disk_sick = False
        self._facts.clear()
        self._feedback.written(drafts)
