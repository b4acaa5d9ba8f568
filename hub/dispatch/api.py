"""Routes of the dispatch register. Source: HV-2.7."""

from collections.abc import Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from hub.access.service import Caller, mask_text, record_looks
from hub.dispatch import service
from hub.dispatch.rules import area_of, centre_of
from hub.dispatch.service import Desk, DispatchError, DispatchList, Entry, ListState, Recipient
from hub.web.context import (
    ITEMS_DEFAULT,
    CalledBy,
    Hub,
    HubContext,
    IdCursor,
    Limit,
    UnmaskReason,
    at_text,
    sites_asked,
)
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1/dispatch", tags=["dispatch"])

ListId = Annotated[int, Path(ge=1, le=2**53 - 1)]
_SITE = r"^[A-Za-z0-9_-]{1,32}$"


class ReceiptItem(BaseModel):
    """A destination's dispatch centre that a list was forwarded to."""

    centre: str
    forwarded_at: str | None
    received_by: str | None
    received_at: str | None


class ListItem(BaseModel):
    """A branch's list of one shift; ``late`` ones were due before they were sent or forwarded."""

    id: int
    site: str
    shift: str
    date: date
    state: ListState
    centre: str | None
    parcels: int
    unsent: int
    unforwarded: int
    last_depart_at: str | None
    list_due_at: str | None
    forward_due_at: str | None
    sent_by: str | None
    sent_at: str | None
    send_late: bool
    forwarded_by: str | None
    forwarded_at: str | None
    forward_late: bool
    receipts: list[ReceiptItem]


class EntryItem(BaseModel):
    """One parcel; address and phone are masked unless a reason was given.

    ``is_presumed``: it left without a depart scan, and ``departed_at`` is its last at the branch.
    """

    serial: int | None
    waybill: str
    departed_at: str | None
    is_presumed: bool
    origin: str
    destination: str | None
    destination_area: str | None
    centre: str | None
    address: str | None
    phone: str | None
    sent_at: str | None
    forwarded_at: str | None


class WholeListItem(ListItem):
    """A list with its parcels, in the order in which they left."""

    entries: list[EntryItem]


class ListPage(BaseModel):
    """Lists, newest first; ``next`` is the cursor of the next page."""

    items: list[ListItem]
    next: str | None


class Reception(BaseModel):
    """Which centre has received its part; may be left out where it is the only one."""

    model_config = ConfigDict(extra="forbid")

    centre: str | None = Field(default=None, pattern=_SITE)


@router.get("")
def list_lists(
    hub: Hub,
    caller: CalledBy,
    site: Annotated[str | None, Query(pattern=_SITE)] = None,
    day: Annotated[date | None, Query(alias="date")] = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> ListPage:
    """Lists of a branch or dispatch centre; ``date`` is the local day on which the shift ends."""
    before_id = None if cursor is None else int(cursor)
    with hub.database.reading() as tx:
        found = service.list_lists(tx, sites_asked(caller, site), day, before_id, limit)
    more = str(found[-1].id) if len(found) == limit else None
    now = hub.clock.now()
    return ListPage(items=[_list_item(each, now) for each in found], next=more)


@router.get("/{list_id}")
def get_list(
    list_id: ListId, hub: Hub, caller: CalledBy, unmask: UnmaskReason = None
) -> WholeListItem:
    """One list with its parcels."""
    with hub.database.reading() if unmask is None else hub.database.writing() as tx:
        found = _seen(tx, list_id, caller)
        if unmask is not None:
            waybills = [entry.waybill for entry in service.entries_of(tx, list_id)]
            record_looks(tx, caller, "people", waybills, hub.clock.now(), reason=unmask)
        return _item(tx, found, hub, masked=unmask is None)


@router.post("/{list_id}/send")
def send(list_id: ListId, hub: Hub, caller: CalledBy) -> WholeListItem:
    """The branch sends its list to its dispatch centre, by mail."""

    def act(tx: Connection, found: DispatchList) -> DispatchList:
        _check(caller, found.site)
        return service.send_list(tx, _desk(hub), list_id, caller.name, hub.clock.now())

    return _act(list_id, hub, caller, act)


@router.post("/{list_id}/forward")
def forward(list_id: ListId, hub: Hub, caller: CalledBy) -> WholeListItem:
    """The branch's dispatch centre forwards the list to the destinations' centres."""

    def act(tx: Connection, found: DispatchList) -> DispatchList:
        _check(caller, found.centre)
        return service.forward_list(tx, _desk(hub), list_id, caller.name, hub.clock.now())

    return _act(list_id, hub, caller, act)


@router.post("/{list_id}/receive")
def receive(
    list_id: ListId,
    hub: Hub,
    caller: CalledBy,
    reception: Annotated[Reception | None, Body()] = None,
) -> WholeListItem:
    """A destination's dispatch centre has received its part."""

    def act(tx: Connection, found: DispatchList) -> DispatchList:
        centre = None if reception is None else reception.centre
        mine = [each.centre for each in found.receipts if caller.sees(each.centre)]
        if centre is None and len(mine) != 1:
            raise DispatchError("say which centre has received its part")
        centre = centre or mine[0]
        _check(caller, centre)
        return service.receive_list(tx, list_id, centre, caller.name, hub.clock.now())

    return _act(list_id, hub, caller, act)


def _act(
    list_id: int,
    hub: HubContext,
    caller: Caller,
    act: Callable[[Connection, DispatchList], DispatchList],
) -> WholeListItem:
    try:
        with hub.database.writing() as tx:
            done = act(tx, _seen(tx, list_id, caller))
            return _item(tx, done, hub, masked=True)
    except DispatchError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error


def _seen(tx: Connection, list_id: int, caller: Caller) -> DispatchList:
    found = service.find_list(tx, list_id)
    if found is not None:
        centres = (receipt.centre for receipt in found.receipts)
        if caller.sees_any((found.site, found.centre, *centres)):
            return found
    raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no dispatch list {list_id}")


def _check(caller: Caller, site: str | None) -> None:
    if not caller.sees(site):
        raise ProblemError(HTTPStatus.FORBIDDEN, f"this is for {site} to do")


def _desk(hub: HubContext) -> Desk:
    keys, policy = hub.keys, hub.policy.dispatch
    random_bytes = hub.clock.random_bytes
    return Desk(hub.network, hub.search.mails, keys.bodies, random_bytes, policy.receive_min)


def _item(tx: Connection, found: DispatchList, hub: HubContext, *, masked: bool) -> WholeListItem:
    entries = service.entries_of(tx, found.id)
    people = service.recipients_of(tx, hub.keys.bodies, found.id, entries)
    told = [_entry(each, found, people.get(each.waybill), hub, masked=masked) for each in entries]
    return WholeListItem(**_list_item(found, hub.clock.now()).model_dump(), entries=told)


def _entry(
    entry: Entry, found: DispatchList, person: Recipient | None, hub: HubContext, *, masked: bool
) -> EntryItem:
    shown = person or Recipient(None, None)
    if masked:
        shown = Recipient(_masked(shown.address), _masked(shown.phone))
    return EntryItem(
        serial=entry.serial,
        waybill=entry.waybill,
        departed_at=at_text(entry.departed_at),
        is_presumed=entry.is_presumed,
        origin=found.site,
        destination=entry.destination,
        destination_area=area_of(entry.destination),
        centre=centre_of(hub.network, entry.destination),
        address=shown.address,
        phone=shown.phone,
        sent_at=at_text(entry.sent_at),
        forwarded_at=at_text(entry.forwarded_at),
    )


def _masked(text: str | None) -> str | None:
    return None if text is None else mask_text(text)


def _list_item(found: DispatchList, now: datetime) -> ListItem:
    due = found.deadlines
    told_at = now if found.unsent or found.sent_at is None else found.sent_at
    passed_on_at = now if found.unforwarded or found.forwarded_at is None else found.forwarded_at
    return ListItem(
        id=found.id,
        site=found.site,
        shift=found.shift,
        date=found.day,
        state=found.state,
        centre=found.centre,
        parcels=found.count,
        unsent=found.unsent,
        unforwarded=found.unforwarded,
        last_depart_at=at_text(found.last_depart_at),
        list_due_at=at_text(due.list_at),
        forward_due_at=at_text(due.forward_at),
        sent_by=found.sent_by,
        sent_at=at_text(found.sent_at),
        send_late=told_at > due.list_at,
        forwarded_by=found.forwarded_by,
        forwarded_at=at_text(found.forwarded_at),
        forward_late=passed_on_at > due.forward_at,
        receipts=[
            ReceiptItem(
                centre=each.centre,
                forwarded_at=at_text(each.forwarded_at),
                received_by=each.received_by,
                received_at=at_text(each.received_at),
            )
            for each in found.receipts
        ],
    )
