"""Routes of events, edges, devices and quarantine. Source: interface (REST)."""

import base64
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from hub.fact import is_simulated
from hub.ingest import service
from hub.ingest.service import EdgeView, EventFilter, EventView, QuarantinedItem
from hub.web.context import (
    ITEMS_DEFAULT,
    NO_NUL,
    CalledBy,
    Hub,
    IdCursor,
    Limit,
    at_text,
    sites_asked,
    to_utc,
)
from wire.events import Feedback, Scan
from wire.names import Result, Signal, Step

router = APIRouter(prefix="/api/v1", tags=["events"])


class TimingItem(BaseModel):
    """Microseconds: last byte to code, code to verdict."""

    decode: int
    verdict: int


class FeedbackItem(BaseModel):
    """What the person was told, and how long it took (microseconds)."""

    signal: Signal
    commit_us: int | None
    feedback_us: int | None
    device_ack: bool | None
    repeats: int


class EventItem(BaseModel):
    """A recorded event; what does not belong to its kind is null.

    ``at`` is the edge's own time, ``occurred_at`` what rules count with; ``time_doubted`` says that
    the edge's time was not to be believed. ``line_b64`` are the recorded bytes.
    """

    site: str
    edge: str
    spool: str
    seq: int
    at: str
    occurred_at: str | None
    received_at: str | None
    time_doubted: bool
    kind: str
    waybill: str | None = None
    step: Step | None = None
    place: str | None = None
    by: str | None
    device: str | None
    source: str | None
    simulated: bool
    code_hex: str | None = None
    text: str | None = None
    aim: str | None = None
    result: Result | None = None
    list_version: int | None = None
    list_age_s: int | None = None
    container: str | None = None
    symbology: str | None = None
    maybe_repeat_of: int | None = None
    timing_us: TimingItem | None = None
    late: bool
    feedback: FeedbackItem | None = None
    line_b64: str


class EventPage(BaseModel):
    """Events in the order of their arrival; ``next`` is the cursor of the next page."""

    items: list[EventItem]
    next: str | None


class SpoolItem(BaseModel):
    """How far a spool is stored."""

    spool: str
    upto_seq: int


class ClockItem(BaseModel):
    """The edge's clock against the hub's, in ms; null while unknown."""

    offset_ms: int | None
    error_ms: int | None


class EdgeItem(BaseModel):
    """An enrolled edge; what it says of itself is null before its first state."""

    site: str
    edge: str
    public_key: str
    enrolled_at: str | None
    connected: bool
    last_state_at: str | None
    version: str | None
    depth: int | None
    oldest_at: str | None
    wanted_version: int | None
    clock: ClockItem | None
    spools: list[SpoolItem]


class DeviceItem(BaseModel):
    """A scanner as its edge last saw it."""

    site: str
    edge: str
    id: str
    source: str | None
    simulated: bool
    protocol: str
    connected: bool
    last_state_at: str | None


class QuarantineItem(BaseModel):
    """Raw bytes that are no event: an unreadable line, or a refused message."""

    id: int
    what: str
    site: str
    edge: str
    spool: str | None
    seq: int | None
    reason: str
    received_at: str | None
    raw_b64: str


class EdgeList(BaseModel):
    """All enrolled edges."""

    items: list[EdgeItem]


class DeviceList(BaseModel):
    """All scanners of all edges."""

    items: list[DeviceItem]


class QuarantinePage(BaseModel):
    """Quarantine in the order of arrival; ``next`` is the cursor of the next page."""

    items: list[QuarantineItem]
    next: str | None


@router.get("/events")
def list_events(
    hub: Hub,
    caller: CalledBy,
    waybill: Annotated[str | None, Query(max_length=64, pattern=NO_NUL)] = None,
    site: Annotated[str | None, Query(max_length=32, pattern=NO_NUL)] = None,
    since: Annotated[AwareDatetime | None, Query(description="received at or after")] = None,
    kind: Annotated[str | None, Query(max_length=16, pattern=NO_NUL)] = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> EventPage:
    """Recorded events in the order of their arrival."""
    sites = sites_asked(caller, site)
    wanted = EventFilter(waybill=waybill, sites=sites, since=to_utc(since), kind=kind)
    with hub.database.reading() as tx:
        found = service.events(tx, wanted, hub.keys.bodies, after_id=int(cursor or 0), limit=limit)
    more = str(found[-1].stored.id) if len(found) == limit else None
    return EventPage(items=[event_item(each) for each in found], next=more)


@router.get("/edges")
def list_edges(hub: Hub, caller: CalledBy) -> EdgeList:
    """All enrolled edges with their last states."""
    return EdgeList(items=[_edge_item(each) for each in _edges_seen(hub, caller)])


@router.get("/devices")
def list_devices(hub: Hub, caller: CalledBy) -> DeviceList:
    """All scanners as their edges last saw them."""
    found = _edges_seen(hub, caller)
    return DeviceList(items=[item for edge in found for item in _device_items(edge)])


@router.get("/quarantine")
def list_quarantine(
    hub: Hub, caller: CalledBy, limit: Limit = ITEMS_DEFAULT, cursor: IdCursor = None
) -> QuarantinePage:
    """Unreadable lines and refused messages, as received."""
    with hub.database.reading() as tx:
        found = service.quarantined(tx, int(cursor or 0), limit, caller.sites)
    more = str(found[-1].id) if len(found) == limit else None
    return QuarantinePage(items=[_quarantine_item(each) for each in found], next=more)


def _edges_seen(hub: Hub, caller: CalledBy) -> list[EdgeView]:
    with hub.database.reading() as tx:
        return [each for each in service.edges(tx) if caller.sees(each.site)]


def event_item(view: EventView) -> EventItem:
    """An event as JSON tells it."""
    event, stored = view.event, view.stored
    item = EventItem(
        site=event.site,
        edge=event.edge,
        spool=event.spool,
        seq=event.seq,
        at=event.at,
        occurred_at=at_text(stored.occurred_at),
        received_at=at_text(stored.received_at),
        time_doubted=stored.doubted,
        kind=str(event.__struct_config__.tag),
        by=event.by,
        device=event.device,
        source=event.source,
        simulated=is_simulated(event.source),
        late=stored.late,
        line_b64=view.line_b64,
    )
    return _with_scan(item, event, view) if isinstance(event, Scan) else item


def _with_scan(item: EventItem, scan: Scan, view: EventView) -> EventItem:
    code = view.code
    return item.model_copy(
        update={
            "waybill": scan.waybill,
            "step": scan.step,
            "place": scan.place,
            "code_hex": scan.code_hex if code is None else code.code_hex,
            "text": scan.text if code is None else code.text,
            "aim": scan.aim,
            "result": scan.result,
            "list_version": scan.list_version,
            "list_age_s": scan.list_age_s,
            "container": scan.container,
            "symbology": scan.symbology,
            "maybe_repeat_of": scan.maybe_repeat_of,
            "timing_us": TimingItem(decode=scan.timing_us.decode, verdict=scan.timing_us.verdict),
            "feedback": None if view.feedback is None else _feedback_item(view.feedback),
        }
    )


def _feedback_item(feedback: Feedback) -> FeedbackItem:
    return FeedbackItem(
        signal=feedback.signal,
        commit_us=feedback.commit_us,
        feedback_us=feedback.feedback_us,
        device_ack=feedback.device_ack,
        repeats=feedback.repeats,
    )


def _edge_item(view: EdgeView) -> EdgeItem:
    state = view.state
    wanted = None if state is None else state.wanted
    return EdgeItem(
        site=view.site,
        edge=view.edge,
        public_key=view.public_key,
        enrolled_at=at_text(view.enrolled_at),
        connected=view.connected,
        last_state_at=at_text(view.last_state_at),
        version=None if state is None else state.version,
        depth=None if state is None else state.depth,
        oldest_at=None if state is None else state.oldest_at,
        wanted_version=None if wanted is None else wanted.version,
        clock=None
        if state is None
        else ClockItem(offset_ms=state.clock.offset_ms, error_ms=state.clock.error_ms),
        spools=[SpoolItem(spool=s, upto_seq=head.seq) for s, head in view.spools.items()],
    )


def _device_items(view: EdgeView) -> list[DeviceItem]:
    devices = () if view.state is None else view.state.devices
    return [
        DeviceItem(
            site=view.site,
            edge=view.edge,
            id=device.id,
            source=device.source,
            simulated=is_simulated(device.source),
            protocol=device.protocol,
            connected=device.connected and view.connected,
            last_state_at=at_text(view.last_state_at),
        )
        for device in devices
    ]


def _quarantine_item(item: QuarantinedItem) -> QuarantineItem:
    return QuarantineItem(
        id=item.id,
        what=item.what,
        site=item.site,
        edge=item.edge,
        spool=item.spool,
        seq=item.seq,
        reason=item.reason,
        received_at=at_text(item.received_at),
        raw_b64=base64.b64encode(item.raw).decode("ascii"),
    )
