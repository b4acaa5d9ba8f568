"""What one transaction takes in, however many messages brought it.

Edges and spools are read once, events inserted once, and the rooms work once on all facts, because
a statement costs more than what it carries. Nothing here outlives the transaction.
Source: design section 3 ("Exactly once"), docs/adr/0037.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from prometheus_client import Counter
from sqlalchemy import Connection

from hub.access.service import EdgeKey, find_edges
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.fact import Fact, sighted, time_of
from hub.ingest import failure_store, quarantine_store, spool_watch, store
from hub.ingest.projecting import Projection, project
from hub.ingest.quarantine_store import Quarantined
from hub.ingest.rules import NEW_SPOOL, Store, read_line
from hub.ingest.store import NewEvent, Spool, SpoolName
from hub.wanted.service import list_version
from ledger.chain import ChainHead
from wire.events import Event, Feedback, Scan, Station, StationFact
from wire.lines import LineError
from wire.messages import Batch
from wire.policy import Policy

_events = Counter("custos_hub_events_stored", "Event lines stored", ["kind"])


class Arrivals:
    """The spools as they stand in a transaction, and what it has still to write."""

    def __init__(self, tx: Connection, projections: Sequence[Projection], policy: Policy) -> None:
        self._tx = tx
        self._projections = projections
        self._policy = policy
        self._list_version: int | None = None
        self._edges: dict[tuple[str, str], EdgeKey] = {}
        self._spools: dict[SpoolName, Spool] = {}
        self._moved: dict[int, ChainHead] = {}
        self._rows: list[NewEvent] = []
        self._facts: list[Fact] = []
        self._marks: list[tuple[int, Station, datetime]] = []

    def expect(self, edges: Iterable[tuple[str, str]], spools: Iterable[SpoolName]) -> None:
        """Read, and lock, what messages claim to be from; nothing is believed yet."""
        self._edges = find_edges(self._tx, set(edges))
        self._spools = store.lock_spools(self._tx, set(spools))

    @property
    def list_version(self) -> int:
        """The wanted list's version as it stood before the rooms worked; receipts tell it."""
        if self._list_version is None:
            self._list_version = list_version(self._tx)
        return self._list_version

    def edge(self, site: str, edge: str) -> EdgeKey | None:
        """Who is enrolled under a name."""
        return self._edges.get((site, edge))

    def head(self, spool: SpoolName) -> ChainHead:
        """How far a spool is stored by now; ``NEW_SPOOL`` before its first batch."""
        known = self._spools.get(spool)
        return NEW_SPOOL if known is None else known.head

    def is_closed(self, spool: SpoolName) -> bool:
        """Whether nothing more of a spool is taken."""
        known = self._spools.get(spool)
        return known is not None and known.is_closed

    def hashes(self, batch: Batch) -> dict[int, str]:
        """The hashes of those lines of a batch that are stored already."""
        spool = self._spools.get((batch.site, batch.edge, batch.spool))
        if spool is None or batch.first_seq > spool.head.seq:
            return {}
        self._write_events()
        place = (spool.id, batch.first_seq, batch.first_seq + batch.count - 1)
        return store.event_hashes(self._tx, *place) | quarantine_store.line_hashes(self._tx, *place)

    def store(self, batch: Batch, new: Store, now: datetime) -> None:
        """Take in the new lines of a batch, received at ``now``."""
        name = (batch.site, batch.edge, batch.spool)
        if name in self._spools and self._spools[name].is_ended:
            spool_watch.tell_gone_on(self._tx, *name, now)
        spool_id = self._move(name, new.head, now)
        for seq, line in enumerate(new.lines, new.first_seq):
            try:
                event = read_line(line, batch, seq)
            except LineError as error:
                _quarantine_line(self._tx, batch, (spool_id, seq), line, str(error), now)
                continue
            self._add(event, spool_id, line, now)

    def store_late(self, batch: Batch, line: bytes, now: datetime) -> None:
        """Take in a line that could not be read when its spool went on without it.

        Raises:
            LineError: it still cannot be read.
        """
        event = read_line(line, batch, batch.first_seq)
        spool = self._spools[batch.site, batch.edge, batch.spool]
        self._add(event, spool.id, line, now)

    def write(self) -> None:
        """Bring events and spools to where they stand by now; the rooms work later."""
        self._write_events()
        store.move_heads(self._tx, self._moved)
        self._moved = {}
        marks, self._marks = self._marks, []
        for spool_id, mark, now in marks:
            spool_watch.note_marks(self._tx, mark.site, mark.edge, spool_id, [mark], now)

    def settle(self) -> None:
        """Write everything, and let the rooms work on it; afterwards there is nothing left to do.

        Raises:
            SQLAlchemyError: the database failed; nothing of the transaction counts.
        """
        self.write()
        facts, self._facts = self._facts, []
        if facts:
            self._project(facts, max(fact.received_at for fact in facts))

    def _move(self, name: SpoolName, head: ChainHead, now: datetime) -> int:
        known = self._spools.get(name)
        if known is None:
            known = Spool(store.add_spool(self._tx, *name, head, now), head)
        else:
            self._moved[known.id] = head
        self._spools[name] = replace(known, head=head)
        return known.id

    def _add(self, event: Event, spool_id: int, line: bytes, now: datetime) -> None:
        when = time_of(event, now, self._policy.late)
        row = NewEvent(
            spool_id=spool_id,
            seq=event.seq,
            kind=str(event.__struct_config__.tag),
            waybill=event.waybill if isinstance(event, Scan) else sighted(event),
            of_seq=event.of_seq if isinstance(event, Feedback) else None,
            occurred_at=when.occurred_at,
            received_at=now,
            late=when.late,
            doubted=when.doubted,
            line=line,
        )
        if isinstance(event, Station):
            self._mark(event, spool_id, now)
        self._rows.append(row)
        self._facts.append(Fact(event, when.occurred_at, now, when.late))

    def _mark(self, event: Station, spool_id: int, now: datetime) -> None:
        self._marks.append((spool_id, event, now))
        if event.fact is StationFact.SPOOL_END:
            name = (event.site, event.edge, event.spool)
            self._spools[name] = replace(self._spools[name], is_ended=True)

    def _write_events(self) -> None:
        store.add_events(self._tx, self._rows)
        for kind, count in Tally(row.kind for row in self._rows).items():
            _events.labels(kind).inc(count)
        self._rows = []

    def _project(self, facts: Sequence[Fact], now: datetime) -> None:
        for failure in project(self._tx, self._projections, facts, now):
            event = failure.fact.event
            spool = self._spools[event.site, event.edge, event.spool]
            place = (spool.id, event.seq)
            failure_store.add(self._tx, failure.room, place, failure.error, now)
            finding = Finding(AlertKind.PROJECTION_ERROR, failure.room, now, site=event.site)
            raise_alert(self._tx, finding, now)


def _quarantine_line(
    tx: Connection, batch: Batch, place: tuple[int, int], line: bytes, why: str, now: datetime
) -> None:
    quarantine_store.add_quarantined(
        tx, Quarantined.LINE, batch.site, batch.edge, why, line, now, place
    )
    subject = f"{batch.site}/{batch.edge}"
    raise_alert(tx, Finding(AlertKind.LINE_QUARANTINED, subject, now, site=batch.site), now)
