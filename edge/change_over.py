"""When the live spool ends and another begins: after a long time without the hub, or by its order.

Pure; the spool is behind the recorder. What names lines of its own spool must be written before it
ends: feedback is; a handover under way is waited for, and meanwhile the backlog drains in order as
it always does. Source: design section 3 ("Backlog", "Exactly once"), docs/adr/0033.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from edge.event_lines import Stamp
from edge.recorder import Recorder
from edge.seams import Clock, SpoolError, SpoolWriter
from edge.session import EMPTY, Session, encode_session
from edge.station_events import CLOCK_UNKNOWN, CloseSpool, LinkChanged, NotRecorded, Output
from edge.workplace import Known, Workplace
from wire.limits import SPOOLS_PER_EDGE_MAX

BACKLOG_EVENTS_MAX = 2_000
"""More unsent events than this after a time without the hub, and what is scanned now goes first."""
ID_BYTES = 16
BY_BACKLOG = "backlog"
BY_ORDER = "closed by the hub's administrator"


@dataclass(frozen=True, slots=True)
class _Ending:
    """A change-over under way: the spool to end, and the sessions that go on after it."""

    spool: str
    sessions: Mapping[str, Session]


class ChangeOver:
    """Watches the link, and ends the live spool in a moment when nothing refers back to it."""

    def __init__(self, known: Known, spool: SpoolWriter, recorder: Recorder, clock: Clock) -> None:
        self._known = known
        self._spool = spool
        self._recorder = recorder
        self._clock = clock
        self._link = LinkChanged(False, None, None, CLOCK_UNKNOWN)
        self._was_away = True
        self._is_armed = False
        self._ending: _Ending | None = None

    @property
    def is_in_doubt(self) -> bool:
        """Say whether nobody knows yet which spool is live: :meth:`settle` before anything else."""
        return self._ending is not None

    def follow(self, link: LinkChanged) -> None:
        """The way to the hub changed: only a receipt after a time without says that it is back."""
        before, self._link = self._link.receipt_ms, link
        if not link.connected:
            self._was_away = True
        if link.receipt_ms is None or link.receipt_ms == before:
            return
        silent_ms = self._known.policy.link.hub_silent_s * 1000
        if before is None or link.receipt_ms - before > silent_ms:
            self._was_away = True
        if link.connected and self._was_away:
            self._was_away, self._is_armed = False, True

    def is_due(self, places: Iterable[Workplace], stamp: Stamp) -> bool:
        """Say whether the live spool is to end now."""
        if not self._is_armed:
            return False
        if self._spool.backlog <= BACKLOG_EVENTS_MAX:
            self._is_armed = False
            return False
        if self._spool.spool_count >= SPOOLS_PER_EDGE_MAX:
            return False
        current = (place.current(self._known, stamp.now) for place in places)
        return all(session.handover is None for session in current)

    def turn(self, places: Mapping[str, Workplace], stamp: Stamp) -> list[Output]:
        """End the live spool because of its backlog; if the disk refuses, it is due again."""
        sessions = {name: at.current(self._known, stamp.now) for name, at in places.items()}
        return self._change(places, sessions, stamp, BY_BACKLOG)

    def obey(
        self, order: CloseSpool, places: Mapping[str, Workplace], stamp: Stamp
    ) -> list[Output]:
        """Send no more of a spool; if it is the live one, begin another.

        A handover under way is given up: its parcels stand in the spool that the hub takes no more
        of, so they have to be scanned again.
        """
        if order.spool != self._spool.id:
            try:
                self._spool.close_spool(order.spool)
            except SpoolError as error:
                return [NotRecorded(str(error), scans=0)]
            return []
        sessions = {
            name: replace(at.current(self._known, stamp.now), handover=None)
            for name, at in places.items()
        }
        return self._change(places, sessions, stamp, BY_ORDER, closes=True)

    def _change(
        self,
        places: Mapping[str, Workplace],
        sessions: Mapping[str, Session],
        stamp: Stamp,
        reason: str,
        *,
        closes: bool = False,
    ) -> list[Output]:
        new_id = self._clock.random_bytes(ID_BYTES).hex()
        kept = {name: encode_session(each) for name, each in sessions.items() if each != EMPTY}
        self._ending = _Ending(self._spool.id, sessions)
        outputs = self._recorder.change_over(stamp, new_id, kept, reason, closes=closes)
        self.settle(places)
        return outputs

    def settle(self, places: Mapping[str, Workplace]) -> None:
        """Before anything is recorded: see what became of a change-over that the disk refused."""
        if self._ending is None:
            return
        self._recorder.settle()
        if self._recorder.is_in_doubt:
            return
        ending, self._ending = self._ending, None
        if self._spool.id != ending.spool:
            self._is_armed = False
            for name, session in ending.sessions.items():
                if name in places:
                    places[name].session = session
