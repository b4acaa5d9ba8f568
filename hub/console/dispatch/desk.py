"""The dispatch register as the console reads and works it: each call is one short transaction."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from hub.access.service import Caller, mask_text, may
from hub.console.dispatch.views import Act, ListLine, ListSight, ParcelRow
from hub.console.seam import NotAllowedError
from hub.dispatch import service
from hub.dispatch.service import (
    Desk,
    DispatchList,
    Entry,
    Recipient,
    area_of,
    centre_of,
)
from hub.web.context import HubContext

LISTS_SHOWN_MAX = 100
PARCELS_SHOWN_MAX = 500
_NEVER = datetime.max.replace(tzinfo=UTC)


class DispatchDesk:
    """Reads and works the shifts' lists for the screens."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def lists(self, caller: Caller) -> tuple[ListLine, ...]:
        """The lists that are the caller's business, the next deadline first, done ones last."""
        now = self._hub.clock.now()
        with self._hub.database.reading() as tx:
            found = service.list_lists(tx, caller.sites, None, None, LISTS_SHOWN_MAX)
        lines = [line_of(each, now) for each in found]
        return tuple(sorted(lines, key=lambda line: (line.due_at or _NEVER, -line.found.id)))

    def one(self, list_id: int, caller: Caller) -> ListSight | None:
        """One list; None: there is none, or it is not the caller's business."""
        hub = self._hub
        with hub.database.reading() as tx:
            found = _find(tx, list_id, caller)
            if found is None:
                return None
            entries = service.entries_of(tx, list_id)[:PARCELS_SHOWN_MAX]
            people = service.recipients_of(tx, hub.keys.bodies, list_id, entries)
        nobody = Recipient(None, None)
        return ListSight(
            line=line_of(found, hub.clock.now()),
            parcels=tuple(self._row(each, people.get(each.waybill, nobody)) for each in entries),
            acts=tuple(act for act in Act if _fits(found, act, caller)),
            centres=_centres(found, caller),
        )

    def act(self, list_id: int, act: Act, caller: Caller, centre: str | None = None) -> None:
        """Send, forward or receive a list.

        Raises:
            NotAllowedError: the caller's role may not, or the site is not theirs.
            DispatchError: it does not fit the list as it stands now.
            LookupError: no such list, or not the caller's business.
        """
        hub, now = self._hub, self._hub.clock.now()
        with hub.database.writing() as tx:
            found = _find(tx, list_id, caller)
            if found is None:
                raise LookupError(f"there is no dispatch list {list_id}")
            site = {Act.SEND: found.site, Act.FORWARD: found.centre, Act.RECEIVE: centre}[act]
            if not _is_allowed(act, site, caller):
                raise NotAllowedError
            cipher, receive_min = hub.keys.bodies, hub.policy.dispatch.receive_min
            random_bytes = hub.clock.random_bytes
            desk = Desk(hub.network, hub.search.mails, cipher, random_bytes, receive_min)
            if act is Act.SEND:
                service.send_list(tx, desk, list_id, caller.name, now)
            elif act is Act.FORWARD:
                service.forward_list(tx, desk, list_id, caller.name, now)
            else:
                service.receive_list(tx, list_id, centre or "", caller.name, now)

    def _row(self, entry: Entry, person: Recipient) -> ParcelRow:
        return ParcelRow(
            serial=entry.serial,
            waybill=entry.waybill,
            departed_at=entry.departed_at,
            is_presumed=entry.is_presumed,
            destination=entry.destination,
            area=area_of(entry.destination),
            centre=centre_of(self._hub.network, entry.destination),
            address=None if person.address is None else mask_text(person.address),
            phone=None if person.phone is None else mask_text(person.phone),
            sent_at=entry.sent_at,
            forwarded_at=entry.forwarded_at,
        )


def line_of(found: DispatchList, now: datetime) -> ListLine:
    """A list with its next deadline, and with what was done late or is late now."""
    due = found.deadlines
    sent_at = now if found.unsent or found.sent_at is None else found.sent_at
    passed_on_at = now if found.unforwarded or found.forwarded_at is None else found.forwarded_at
    late = [
        act
        for act, done_at, due_at in (
            (Act.SEND, sent_at, due.list_at),
            (Act.FORWARD, passed_on_at, due.forward_at),
        )
        if done_at > due_at
    ]
    due_at = due.list_at if found.unsent else due.forward_at if found.unforwarded else None
    return ListLine(found, due_at, tuple(late))


def _find(tx: Connection, list_id: int, caller: Caller) -> DispatchList | None:
    found = service.find_list(tx, list_id)
    if found is None:
        return None
    centres = (receipt.centre for receipt in found.receipts)
    return found if caller.sees_any((found.site, found.centre, *centres)) else None


def _is_allowed(act: Act, site: str | None, caller: Caller) -> bool:
    return may(caller.role, f"POST /api/v1/dispatch/{{list_id}}/{act}") and caller.sees(site)


def _fits(found: DispatchList, act: Act, caller: Caller) -> bool:
    """Say whether an act can be offered: it is the caller's, and the list waits for it."""
    if act is Act.SEND:
        return found.unsent > 0 and _is_allowed(act, found.site, caller)
    if act is Act.FORWARD:
        # Unforwarded are all that were not told on; only what was sent can be.
        return found.unforwarded > found.unsent and _is_allowed(act, found.centre, caller)
    return any(_is_allowed(act, centre, caller) for centre in _centres(found, caller))


def _centres(found: DispatchList, caller: Caller) -> tuple[str, ...]:
    """The centres whose receipt is open, among the caller's."""
    return tuple(
        receipt.centre
        for receipt in found.receipts
        if receipt.received_at is None and caller.sees(receipt.centre)
    )
