"""Read what has come in: events, edges, devices, quarantine. The caller owns the transaction.

Source: interface (REST: ``events``, ``edges``, ``devices``, ``quarantine``).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.access.service import close_in_record, heard_edges, list_edges, read_bodies
from hub.alerts.service import AlertKind, Finding, find_unclosed, raise_alert
from hub.fact import Fact
from hub.heartbeat import Role, heartbeats
from hub.ingest import quarantine_store, states, store
from hub.ingest.heads import LinkState
from hub.ingest.quarantine_store import Quarantined, QuarantinedHead, QuarantinedItem
from hub.ingest.spool_store import Closing
from hub.ingest.spools import REASON_CHARS_MAX as SPOOL_REASON_CHARS_MAX
from hub.ingest.spools import SpoolView, UnknownSpoolError, close_spool
from hub.ingest.spools import views as spool_views
from hub.ingest.store import EventFilter, StoredEvent
from hub.keys import BodyCipher
from ledger.chain import ChainHead
from wire.bodies import ActBody, CodeBody
from wire.events import Act, Event, Feedback, Scan, Station
from wire.lines import parse_line
from wire.messages import State
from wire.names import format_at

DONE_CHARS_MAX = 300
"""Of the words with which somebody works an item of the quarantine off."""

__all__ = [
    "DONE_CHARS_MAX",
    "SPOOL_REASON_CHARS_MAX",
    "Closing",
    "EventFilter",
    "LinkState",
    "Quarantined",
    "QuarantinedHead",
    "QuarantinedItem",
    "SpoolView",
    "UnknownSpoolError",
    "close_spool",
    "spool_views",
]


@dataclass(frozen=True, slots=True)
class EventView:
    """A recorded event with what belongs to it: its scan's feedback, its private body.

    ``event`` is the line as read, ``body`` what its private body holds, if it is there.
    """

    stored: StoredEvent
    event: Event
    feedback: Feedback | None
    body: CodeBody | ActBody | None

    @property
    def line_b64(self) -> str:
        """The line's bytes as received."""
        return base64.b64encode(self.stored.line).decode("ascii")


@dataclass(frozen=True, slots=True)
class EdgeView:
    """An enrolled edge and what it last said of itself."""

    site: str
    edge: str
    public_key: str
    enrolled_at: datetime
    connected: bool
    last_state_at: datetime | None
    state: State | None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StationFactView:
    """A fact about a station, and when it counts as having happened."""

    at: datetime
    said: Station


def events(
    tx: Connection,
    wanted: EventFilter,
    cipher: BodyCipher,
    *,
    after_id: int = 0,
    limit: int = 100,
    newest_first: bool = False,
) -> list[EventView]:
    """Events in the order of their arrival after an id, or the newest first (before an id)."""
    found = store.page_of_events(tx, wanted, after_id, limit, newest_first=newest_first)
    parsed = [(stored, parse_line(stored.line)) for stored in found]
    scans = [(stored, event) for stored, event in parsed if isinstance(event, Scan)]
    feedback = _feedback(tx, [stored for stored, _ in scans])
    hashes = {sha256 for _, event in parsed if (sha256 := _body_of(event)) is not None}
    bodies = read_bodies(tx, hashes, cipher) if hashes else {}
    return [
        EventView(
            stored,
            event,
            feedback.get((stored.spool_id, stored.seq)),
            bodies.get(_body_of(event) or ""),
        )
        for stored, event in parsed
    ]


def scans_of(
    tx: Connection, waybills: Sequence[str], received_until: datetime, each_max: int
) -> list[Fact]:
    """Each waybill's newest scans as the projections got them, at most ``each_max`` of each."""
    found = store.newest_of(tx, "scan", waybills, received_until, each_max)
    return [store.fact_of(stored) for stored in found]


def sightings_of(
    tx: Connection, waybills: Sequence[str], received_until: datetime, each_max: int
) -> list[Fact]:
    """Each waybill's newest sightings by cameras, at most ``each_max`` of each."""
    found = store.newest_of(tx, "camera", waybills, received_until, each_max)
    return [store.fact_of(stored) for stored in found]


def events_at(tx: Connection, site: str, edge: str, spool: str, seqs: Sequence[int]) -> list[Fact]:
    """Those events of a spool that are stored: what an act's ``scans`` point at."""
    return [store.fact_of(stored) for stored in store.events_at(tx, site, edge, spool, seqs)]


def was_scanned_at(tx: Connection, waybill: str, sites: frozenset[str]) -> bool:
    """Say whether a waybill was ever scanned, or sighted, at one of these sites."""
    return store.was_scanned_at(tx, waybill, sites)


def _body_of(event: Event) -> str | None:
    return event.body if isinstance(event, Scan | Act) else None


def newest_event_at(tx: Connection) -> datetime | None:
    """When the newest event arrived, hub time: the wall's "last event 3 s ago"."""
    return store.newest_received_at(tx)


def edges(tx: Connection) -> list[EdgeView]:
    """All enrolled edges by site and name, with their last states."""
    known = states.every_state(tx)
    views = []
    for edge in list_edges(tx):
        state = known.get((edge.site, edge.edge))
        views.append(
            EdgeView(
                edge.site,
                edge.edge,
                edge.public_key,
                edge.enrolled_at,
                state is not None and state.connected,
                None if state is None else state.received_at,
                None if state is None else state.state,
                edge.revoked_at,
            )
        )
    return views


def spools_of(tx: Connection, site: str, edge: str) -> dict[str, ChainHead]:
    """How far each of an edge's newest spools is stored, the newest first."""
    return store.newest_spools(tx, site, edge)


def newest_scans(tx: Connection) -> dict[tuple[str, str], datetime]:
    """When each edge, by site and name, scanned last, event time; a long quiet one is missing."""
    return store.newest_scans(tx)


def station_facts(tx: Connection, site: str, edge: str, limit: int) -> list[StationFactView]:
    """What a station said of itself, the newest first."""
    found = [(e, parse_line(e.line)) for e in store.page_of_station_events(tx, site, edge, limit)]
    return [
        StationFactView(stored.occurred_at, event)
        for stored, event in found
        if isinstance(event, Station)
    ]


def program_runs(tx: Connection, site: str, edge: str, limit: int) -> list[datetime]:
    """When an edge's program was started, as its first state told, the newest first."""
    return states.runs(tx, site, edge, limit)


def quarantined(
    tx: Connection, after_id: int, limit: int, sites: frozenset[str] | None = None
) -> list[QuarantinedItem]:
    """What could not be read or was refused, in the order of arrival; ``sites`` None: of all."""
    return quarantine_store.page_of_quarantine(tx, after_id, limit, sites)


def newest_quarantined(
    tx: Connection, before_id: int | None, limit: int, sites: frozenset[str] | None
) -> list[QuarantinedHead]:
    """Quarantine without its bytes, the newest first; ``sites`` None: of all."""
    return quarantine_store.newest_heads(tx, before_id, limit, sites)


def quarantined_bytes(tx: Connection, item_id: int, sites: frozenset[str] | None) -> bytes | None:
    """One item's bytes as received; None: there is none, or it is of another site."""
    return quarantine_store.raw_of(tx, item_id, sites)


def close_spools(tx: Connection, site: str, edge: str, now: datetime) -> None:
    """Close an edge's spools at what is stored: its disk is gone, and what it had not sent.

    Those that it named last (or its newest, if it never told) are on record as cut off there, and
    an alert says so; the others had ended before.
    """
    closed = store.close_spools(tx, site, edge, now)
    last = states.find_state(tx, site, edge)
    told = {} if last is None else {head.spool: head.seq for head in last.state.heads}
    cut = [spool for spool in closed if spool in told] or list(closed)[-1:]
    lost_zh, lost_en = [], []
    for spool in cut:
        upto_seq = closed[spool].seq
        close_in_record(tx, site, edge, spool, upto_seq, now)
        known = max(0, told.get(spool, 0) - upto_seq)
        lost_zh.append(f"记录段 {spool[:8]} 第 {upto_seq} 条之后（至少 {known} 条）")
        lost_en.append(f"rest of spool {spool[:8]} after event {upto_seq} (at least {known})")
    if cut:
        words = {"what_zh": "；".join(lost_zh), "what_en": "; ".join(lost_en)}
        finding = Finding(AlertKind.SPOOL_LOST, f"{site}/{edge}", now, site=site, words=words)
        raise_alert(tx, finding, now)


def work_off(
    tx: Connection, item_id: int, sites: frozenset[str] | None, who: str, why: str, now: datetime
) -> bool:
    """Say that nobody has to look at an item any more; its bytes stay. The first word stands.

    Returns:
        Whether there is such an item at these sites.
    """
    is_open = quarantine_store.open_item(tx, item_id, sites)
    if is_open:
        quarantine_store.work_off(tx, item_id, who, why, now)
    return is_open is not None


def ask_again(
    tx: Connection, item_id: int, sites: frozenset[str] | None, who: str, now: datetime
) -> bool:
    """Have an item read again, its cause being cured; ingest does it within seconds.

    Returns:
        Whether there is such an item at these sites.
    """
    is_open = quarantine_store.open_item(tx, item_id, sites)
    if is_open:
        quarantine_store.ask_again(tx, item_id, who, now)
    return is_open is not None


def raise_silences(
    tx: Connection, silent_after: timedelta, now: datetime, set_at: datetime | None = None
) -> None:
    """Raise an alert for each enrolled edge without a state for so long; one is enough.

    Only while ingest itself has listened that long: else all edges are silent for one cause, which
    the hub's own health tells. ``set_at``: the hub's clock was set then, so that moments before,
    and those that are still to come, say nothing.
    """
    ingest = heartbeats(tx).get(Role.INGEST)
    if ingest is None or ingest.listening_since is None or now - ingest.beat_at >= silent_after:
        return
    known = states.every_state(tx)
    for edge in heard_edges(tx):
        state = known.get((edge.site, edge.edge))
        heard_at = edge.enrolled_at if state is None else state.received_at
        since = max(heard_at, ingest.listening_since)
        if set_at is not None and not set_at <= since <= now:
            since = set_at
        if now - since < silent_after:
            continue
        subject = f"{edge.site}/{edge.edge}"
        words = {"at": format_at(heard_at)}
        finding = Finding(AlertKind.EDGE_SILENT, subject, now, site=edge.site, words=words)
        if find_unclosed(tx, AlertKind.EDGE_SILENT, subject) is None:
            raise_alert(tx, finding, now)


def _feedback(tx: Connection, scans: Sequence[StoredEvent]) -> dict[tuple[int, int], Feedback]:
    lines = store.feedback_lines(tx, [(scan.spool_id, scan.seq) for scan in scans])
    found = {}
    for place, line in lines.items():
        event = parse_line(line)
        if isinstance(event, Feedback):
            found[place] = event
    return found
