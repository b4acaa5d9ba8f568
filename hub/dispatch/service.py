"""Send, forward and receive the HV lists of shifts. The caller owns the transaction.

Source: HV-2.7.

    DispatchError   what was asked does not fit the list      (hub.dispatch.rules)
    LookupError     there is no such list
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.dispatch import store
from hub.dispatch.letters import Line, letters
from hub.dispatch.rules import (
    ENTRIES_PER_SENDING_MAX,
    DispatchError,
    DispatchList,
    Entry,
    ListState,
    Recipient,
    area_of,
    centre_of,
    recipient_of,
    subject_of,
)
from hub.keys import NONCE_BYTES, BodyCipher
from hub.mail.service import MailQueue
from hub.network import Network
from hub.parcels.service import Manifest, ManifestKind, find_parcel, put_manifest, recipient_in

__all__ = [
    "DispatchError",
    "DispatchList",
    "Entry",
    "ListState",
    "Recipient",
    "area_of",
    "centre_of",
]

TIMERS_PER_TURN_MAX = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """What stays the same from list to list."""

    network: Network
    mails: MailQueue
    cipher: BodyCipher
    random_bytes: Callable[[int], bytes]
    receive_min: int
    """How soon a destination's centre has received what was forwarded to it."""


def find_list(tx: Connection, list_id: int) -> DispatchList | None:
    """One list."""
    return store.find(tx, list_id)


def list_lists(
    tx: Connection,
    sites: frozenset[str] | None,
    day: date | None,
    before_id: int | None,
    limit: int,
) -> list[DispatchList]:
    """Lists of those branches and dispatch centres (null: all), newest first."""
    return store.page(tx, sites, day, before_id, limit)


def entries_of(tx: Connection, list_id: int) -> list[Entry]:
    """A list's parcels in the order in which they left, at most ``ENTRIES_PER_SENDING_MAX``."""
    return store.entries(tx, list_id, ENTRIES_PER_SENDING_MAX)


def recipients_of(
    tx: Connection, cipher: BodyCipher, list_id: int, entries: Sequence[Entry]
) -> dict[str, Recipient]:
    """Personal data: as it was sent, or as it is declared now where nothing was sent yet."""
    sent = store.recipients(tx, list_id)
    found = {}
    for entry in entries:
        if entry.waybill in sent:
            plain = cipher.decrypt(sent[entry.waybill], _context(list_id, entry.waybill))
            if plain is not None:
                found[entry.waybill] = msgspec.json.decode(plain, type=Recipient)
        else:
            found[entry.waybill] = _declared(tx, cipher, entry.waybill)[1]
    return found


def send_list(tx: Connection, desk: Desk, list_id: int, who: str, now: datetime) -> DispatchList:
    """Send what is not sent yet of a list to the branch's dispatch centre; it is a manifest then.

    Raises:
        LookupError: no such list.
        DispatchError: nothing to send, or nobody to send it to.
    """
    found = _read(tx, list_id)
    entries = store.untold(tx, list_id, ENTRIES_PER_SENDING_MAX, forward=False)
    if not entries:
        raise DispatchError("everything on this list is sent")
    if found.centre is None:
        raise DispatchError(f"the network names no dispatch centre above {found.site}")
    lines = [
        _number(tx, desk, found, entry, serial, now)
        for serial, entry in enumerate(entries, store.last_serial(tx, list_id) + 1)
    ]
    to = _address(desk, found.centre)
    if not to:
        raise DispatchError(f"the network names no address of {found.centre}")
    _mail(tx, desk, found, found.centre, to, lines, now, forwarded=False)
    changes: dict[str, object] = {"sent_by": who, "sent_at": now}
    if len(entries) == found.unsent:
        changes["send_alarm_at"] = None
        _close(tx, AlertKind.DISPATCH_UNSENT, found, now)
    store.set_list(tx, list_id, changes)
    waybills = store.sent_waybills(tx, list_id, ENTRIES_PER_SENDING_MAX)
    manifest_id, kind = f"dispatch-{list_id}", ManifestKind.DISPATCH
    put_manifest(tx, Manifest(manifest_id, kind, found.site, found.centre, waybills, who, now))
    return _read(tx, list_id)


def forward_list(tx: Connection, desk: Desk, list_id: int, who: str, now: datetime) -> DispatchList:
    """Forward what was sent to the destinations' dispatch centres, each its own part.

    A parcel whose destination, its centre or that centre's address nobody knows stays unforwarded.

    Raises:
        LookupError: no such list.
        DispatchError: there is nothing that could be forwarded.
    """
    found = _read(tx, list_id)
    parts: dict[str, list[Entry]] = {}
    unreachable: set[str] = set()
    for entry in store.untold(tx, list_id, ENTRIES_PER_SENDING_MAX, forward=True):
        # Declared only after the list was sent: better late than nowhere.
        destination = entry.destination or _declared(tx, desk.cipher, entry.waybill)[0]
        centre = centre_of(desk.network, destination)
        if centre is not None and not _address(desk, centre):
            unreachable.add(centre)
        elif centre is not None:
            parts.setdefault(centre, []).append(entry)
            changes: dict[str, object] = {"forwarded_at": now, "destination": destination}
            store.set_entry(tx, list_id, entry.waybill, changes)
    if not parts and unreachable:
        centres = ", ".join(sorted(unreachable))
        raise DispatchError(f"the network names no address of {centres}")
    if not parts:
        raise DispatchError("nothing that was sent has a destination centre and is unforwarded")
    for centre, entries in sorted(parts.items()):
        alarm_at = now + timedelta(minutes=desk.receive_min)
        store.put_receipt(tx, list_id, centre, now, alarm_at)
        known = recipients_of(tx, desk.cipher, list_id, entries)
        lines = [_line(found, entry, known) for entry in entries]
        _mail(tx, desk, found, centre, _address(desk, centre), lines, now, forwarded=True)
    changes = {"forwarded_by": who, "forwarded_at": now}
    if sum(map(len, parts.values())) == found.unforwarded:
        changes["forward_alarm_at"] = None
        _close(tx, AlertKind.DISPATCH_UNFORWARDED, found, now)
    store.set_list(tx, list_id, changes)
    return _read(tx, list_id)


def receive_list(
    tx: Connection, list_id: int, centre: str, who: str, now: datetime
) -> DispatchList:
    """A destination's dispatch centre has its part; the first receipt stands.

    Raises:
        LookupError: no such list.
        DispatchError: nothing of it was forwarded there.
    """
    found = _read(tx, list_id)
    mine = next((each for each in found.receipts if each.centre == centre), None)
    if mine is None:
        raise DispatchError(f"nothing of this list was forwarded to {centre}")
    if mine.received_at is None:
        store.set_received(tx, list_id, centre, who, now)
        close_alert(tx, AlertKind.DISPATCH_UNRECEIVED, _subject_at(found, centre), now)
    return _read(tx, list_id)


@dataclass(frozen=True, slots=True)
class DispatchDuty:
    """Raises an alert for each list that was not sent, forwarded or received in time, once."""

    network: Network
    name = "dispatch"

    def run(self, tx: Connection, now: datetime) -> None:
        """What is due: alert and end of its timer are one transaction."""
        for found in store.due(tx, "send_alarm_at", now, TIMERS_PER_TURN_MAX):
            due_at = found.deadlines.list_at
            self._raise(tx, AlertKind.DISPATCH_UNSENT, found, found.site, due_at, now)
            store.set_list(tx, found.id, {"send_alarm_at": None})
        for found in store.due(tx, "forward_alarm_at", now, TIMERS_PER_TURN_MAX):
            site, due_at = found.centre or found.site, found.deadlines.forward_at
            self._raise(tx, AlertKind.DISPATCH_UNFORWARDED, found, site, due_at, now)
            store.set_list(tx, found.id, {"forward_alarm_at": None})
        for list_id, receipt in store.unreceived(tx, now, TIMERS_PER_TURN_MAX):
            found, kind = _read(tx, list_id), AlertKind.DISPATCH_UNRECEIVED
            subject = _subject_at(found, receipt.centre)
            self._raise(tx, kind, found, receipt.centre, receipt.forwarded_at, now, subject)

    def _raise(
        self,
        tx: Connection,
        kind: AlertKind,
        found: DispatchList,
        site: str,
        due_at: datetime,
        now: datetime,
        subject: str | None = None,
    ) -> None:
        local = due_at.astimezone(self.network.zone_of(found.site))
        words = {
            "branch": found.site,
            "shift": found.shift,
            "day": found.day.isoformat(),
            "at": f"{local:%m-%d %H:%M}",
        }
        subject = subject or subject_of(found.site, found.shift, found.day)
        raise_alert(tx, Finding(kind, subject, now, site=site, words=words), now)


def _read(tx: Connection, list_id: int) -> DispatchList:
    found = store.find(tx, list_id)
    if found is None:
        raise LookupError(f"there is no dispatch list {list_id}")
    return found


def _close(tx: Connection, kind: AlertKind, found: DispatchList, now: datetime) -> None:
    close_alert(tx, kind, subject_of(found.site, found.shift, found.day), now)


def _subject_at(found: DispatchList, centre: str) -> str:
    return f"{subject_of(found.site, found.shift, found.day)}/{centre}"


def _address(desk: Desk, centre: str) -> tuple[str, ...]:
    """A dispatch centre's mail addresses; none: the network names none."""
    return desk.network.sites[centre].contacts if centre in desk.network.sites else ()


def _number(
    tx: Connection, desk: Desk, found: DispatchList, entry: Entry, serial: int, now: datetime
) -> Line:
    """Give an entry its number and freeze what is told of it."""
    destination, recipient = _declared(tx, desk.cipher, entry.waybill)
    name, nonce = _context(found.id, entry.waybill), desk.random_bytes(NONCE_BYTES)
    changes: dict[str, object] = {
        "serial": serial,
        "destination": destination,
        "recipient": desk.cipher.encrypt(msgspec.json.encode(recipient), name, nonce),
        "sent_at": now,
    }
    store.set_entry(tx, found.id, entry.waybill, changes)
    return Line(serial, entry, found.site, destination, recipient)


def _line(found: DispatchList, entry: Entry, known: dict[str, Recipient]) -> Line:
    recipient = known.get(entry.waybill, Recipient(None, None))
    return Line(entry.serial or 0, entry, found.site, entry.destination, recipient)


def _declared(tx: Connection, cipher: BodyCipher, waybill: str) -> tuple[str | None, Recipient]:
    parcel = find_parcel(tx, waybill)
    if parcel is None or parcel.declaration is None:
        return None, Recipient(None, None)
    return parcel.declaration.destination, recipient_of(recipient_in(parcel, cipher))


def _mail(
    tx: Connection,
    desk: Desk,
    found: DispatchList,
    centre: str,
    to: tuple[str, ...],
    lines: Sequence[Line],
    now: datetime,
    *,
    forwarded: bool,
) -> None:
    zone = desk.network.zone_of(found.site)
    for mail in letters(found, centre, to, lines, zone, forwarded=forwarded):
        desk.mails.put(tx, mail, now)


def _context(list_id: int, waybill: str) -> str:
    """What an entry's recipient is encrypted for: it opens nowhere else."""
    return f"dispatch/{list_id}/{waybill}"
