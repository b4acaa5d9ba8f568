"""Routes of events, edges, devices and quarantine. Source: interface (REST)."""

import base64
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from hub.access.service import CODE_ROLES, record_looks
from hub.fact import is_simulated
from hub.ingest import service
from hub.ingest.event_items import EventItem, event_item, event_name
from hub.ingest.service import EdgeView, EventFilter, QuarantinedItem
from hub.web.context import (
    ITEMS_DEFAULT,
    NO_NUL,
    CalledBy,
    Hub,
    IdCursor,
    Limit,
    UnmaskReason,
    at_text,
    sites_asked,
    to_utc,
)
from ledger.chain import ChainHead
from wire.bodies import CodeBody

router = APIRouter(prefix="/api/v1", tags=["events"])


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
    revoked_at: str | None
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
    is_asked: bool
    tried: str | None
    done_at: str | None
    done_by: str | None
    done_why: str | None


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
    unmask: UnmaskReason = None,
) -> EventPage:
    """Recorded events in the order of their arrival.

    A code that is no parcel's is told to administrators and auditors, what was typed of people to
    nobody without a reason; each look is on record before the answer leaves.
    """
    sites = sites_asked(caller, site)
    wanted = EventFilter(waybill=waybill, sites=sites, since=to_utc(since), kind=kind)
    with hub.database.reading() as tx:
        found = service.events(tx, wanted, hub.keys.bodies, after_id=int(cursor or 0), limit=limit)
    sees_codes = caller.role in CODE_ROLES
    shown = {
        event_name(view)
        for view in found
        if view.body is not None
        and (unmask is not None or (sees_codes and isinstance(view.body, CodeBody)))
    }
    if shown:
        with hub.database.writing() as tx:
            reason = unmask or ""
            record_looks(tx, caller, "event", sorted(shown), hub.clock.now(), reason=reason)
    more = str(found[-1].stored.id) if len(found) == limit else None
    items = [event_item(each, is_shown=event_name(each) in shown) for each in found]
    return EventPage(items=items, next=more)


@router.get("/edges")
def list_edges(hub: Hub, caller: CalledBy) -> EdgeList:
    """All enrolled edges with their last states."""
    with hub.database.reading() as tx:
        found = [each for each in service.edges(tx) if caller.sees(each.site)]
        items = [_edge_item(each, service.spools_of(tx, each.site, each.edge)) for each in found]
    return EdgeList(items=items)


@router.get("/devices")
def list_devices(hub: Hub, caller: CalledBy) -> DeviceList:
    """All scanners as their edges last saw them."""
    with hub.database.reading() as tx:
        found = [each for each in service.edges(tx) if caller.sees(each.site)]
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


def _edge_item(view: EdgeView, spools: dict[str, ChainHead]) -> EdgeItem:
    state = view.state
    wanted = None if state is None else state.wanted
    return EdgeItem(
        site=view.site,
        edge=view.edge,
        public_key=view.public_key,
        enrolled_at=at_text(view.enrolled_at),
        revoked_at=at_text(view.revoked_at),
        connected=view.connected,
        last_state_at=at_text(view.last_state_at),
        version=None if state is None else state.version,
        depth=None if state is None else state.depth,
        oldest_at=None if state is None else state.oldest_at,
        wanted_version=None if wanted is None else wanted.version,
        clock=None
        if state is None
        else ClockItem(offset_ms=state.clock.offset_ms, error_ms=state.clock.error_ms),
        spools=[SpoolItem(spool=s, upto_seq=head.seq) for s, head in spools.items()],
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
        is_asked=item.is_asked,
        tried=item.tried,
        done_at=at_text(item.done_at),
        done_by=item.done_by,
        done_why=item.done_why,
    )
