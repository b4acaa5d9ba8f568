"""Everything that becomes a line goes through here: scans and acts, and what waits beside them.

No thread, no I/O of its own: the spool is an argument. Facts about the station and feedback never
delay a scan; they are written with the next one, or by themselves. Source: promises P1 and P4.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.event_lines import Stamp, make_fact, make_feedback
from edge.feedback_log import Draft, FeedbackLog
from edge.seams import Sealed, SpoolError, SpoolWriter
from edge.station_events import NotRecorded, Output, Recorded
from wire.bodies import PrivateBody
from wire.events import Event, StationFact

FACTS_WAITING_MAX = 64
"""Facts kept while the disk refuses them; beyond it the oldest is given up."""


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
class _Ending:
    """A change-over that is not known to have happened: the spool to end, and what ends with it."""

    spool: str
    facts: tuple[Event, ...]
    drafts: tuple[Draft, ...]


class Recorder:
    """Writes entries with what waits beside them; ``is_disk_sick`` since the disk last refused."""

    def __init__(self, spool: SpoolWriter, feedback: FeedbackLog) -> None:
        self.is_disk_sick = False
        self._spool = spool
        self._feedback = feedback
        self._facts: deque[Event] = deque(maxlen=FACTS_WAITING_MAX)
        self._ending: _Ending | None = None

    @property
    def is_in_doubt(self) -> bool:
        """Say whether nobody knows yet which spool is live."""
        return self._ending is not None

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
        drafts = tuple(self._feedback.ripe(now_ns))
        seq = self._spool.settle() + len(self._facts) + len(drafts) + 1
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
        try:
            sealed = self._spool.append(events, entry.bodies, entry.sessions, entry.queues)
        except SpoolError:
            self.is_disk_sick = True
            raise
        self._written(place.drafts)
        return sealed[len(beside) :]

    def write_down(self, stamp: Stamp, drafts: Sequence[Draft]) -> list[Output]:
        """Record what waits beside the scans; what the disk refuses waits on."""
        events = self._beside(stamp, drafts)
        if not events:
            return []
        try:
            sealed = self._spool.append(events, {}, {})
        except SpoolError as error:
            self.is_disk_sick = True
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
        drafts = self._feedback.all()
        end = make_fact(stamp, StationFact.SPOOL_END, reason=reason)
        start = make_fact(stamp, StationFact.SPOOL_START, reason=reason)
        last = [*self._beside(stamp, drafts), end]
        self._ending = _Ending(self._spool.id, tuple(self._facts), tuple(drafts))
        try:
            sealed = self._spool.change_over(new_id, last, start, sessions, closes=closes)
        except SpoolError as error:
            self.is_disk_sick = True
            return [NotRecorded(str(error), scans=0)]
        self.settle_change_over()
        return [Recorded(sealed[-1].seq)]

    def settle_change_over(self) -> None:
        """See what became of a change-over that the disk refused: it may have happened.

        Then what waited stands in the ended spool, and must not be written into the new one.
        """
        if self._ending is None:
            return
        try:
            self._spool.settle()
        except SpoolError:
            return  # nobody knows yet, and nothing can be recorded meanwhile
        ending, self._ending = self._ending, None
        if self._spool.id != ending.spool:
            self.is_disk_sick = False
            written = {id(fact) for fact in ending.facts}
            left = [fact for fact in self._facts if id(fact) not in written]
            self._facts = deque(left, maxlen=FACTS_WAITING_MAX)
            self._feedback.written(ending.drafts)

    def _beside(self, stamp: Stamp, drafts: Sequence[Draft]) -> list[Event]:
        return [*self._facts, *(make_feedback(stamp, draft) for draft in drafts)]

    def _written(self, drafts: Sequence[Draft]) -> None:
        self.is_disk_sick = False
        self._facts.clear()
        self._feedback.written(drafts)
