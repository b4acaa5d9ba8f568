"""Which shift a departure belongs to, when its list is due, and to whom it goes. Pure.

Source: HV-2.7.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hub.network import Network, Shift, SiteKind

ENTRIES_PER_SENDING_MAX = 2_000
"""What is left over waits for the next sending of the same list."""
_AREA = re.compile(r"[0-9]+")
_ADDRESS_FIELDS = ("address", "addr", "地址", "收件地址")
_PHONE_FIELDS = ("phone", "mobile", "tel", "telephone", "电话", "手机")


class DispatchError(Exception):
    """What was asked does not fit the list as it stands; the sentence says why."""


class ListState(StrEnum):
    """How far a shift's list has come."""

    DRAFT = "draft"
    """Some of it is not sent."""
    SENT = "sent"
    FORWARDED = "forwarded"
    RECEIVED = "received"
    """By every destination centre."""


@dataclass(frozen=True, slots=True)
class Window:
    """One occurrence of a shift; ``day`` is the local day on which it ends (ours)."""

    shift: str
    day: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When a list is due at the origin's dispatch centre, and at the destinations'."""

    list_at: datetime
    forward_at: datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """Personal data: encrypted at rest, masked in answers."""

    address: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One parcel on a list; ``serial`` is given when it is sent.

    ``is_presumed``: its depart scan is missing, and ``departed_at`` is its last scan at the branch.
    """

    waybill: str
    departed_at: datetime
    serial: int | None = None
    sent_at: datetime | None = None
    forwarded_at: datetime | None = None
    destination: str | None = None
    is_presumed: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """A destination's dispatch centre that a list was forwarded to."""

    centre: str
    forwarded_at: datetime
    received_by: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DispatchList:
    """A branch's HV parcels of one shift; ``centre`` is the branch's own dispatch centre.

    ``count`` parcels are on it, of which ``unsent`` and ``unforwarded`` are not yet told.
    The alarms are timers: null once they have fired, or what they wait for was done.
    """

    id: int
    site: str
    shift: str
    day: date
    centre: str | None
    ends_at: datetime
    last_depart_at: datetime
    deadlines: Deadlines
    sent_by: str | None
    sent_at: datetime | None
    forwarded_by: str | None
    forwarded_at: datetime | None
    send_alarm_at: datetime | None
    forward_alarm_at: datetime | None
    count: int
    unsent: int
    unforwarded: int
    receipts: tuple[Receipt, ...]

    @property
    def state(self) -> ListState:
        """How far it has come."""
        if self.unsent:
            return ListState.DRAFT
        if self.unforwarded:
            return ListState.SENT
        if all(receipt.received_at for receipt in self.receipts):
            return ListState.RECEIVED
        return ListState.FORWARDED


def window_of(shifts: Sequence[Shift], zone: ZoneInfo, at: datetime) -> Window | None:
    """The shift that a departure belongs to: the one that began last; null: there are none.

    A departure after a shift's end, before the next begins, is that shift's too: its transfer took
    longer.
    """
    today = at.astimezone(zone).date()
    begun = [
        window
        for shift in shifts
        for day in (today, today - timedelta(days=1))
        if (window := _window(shift, zone, day)).starts_at <= at
    ]
    return max(begun, key=lambda window: (window.starts_at, window.shift), default=None)


def deadlines(window: Window, zone: ZoneInfo, last_depart_at: datetime, list_min: int) -> Deadlines:
    """When a shift's list must be sent and forwarded.

    Sent: ``list_min`` minutes after the transfer, the later of the shift's scheduled end and its
    last departure. Forwarded: by 24:00 of the shift's day, but never before it had to be sent
    (ours).
    """
    list_at = max(window.ends_at, last_depart_at) + timedelta(minutes=list_min)
    midnight = datetime.combine(window.day + timedelta(days=1), time(), zone)
    return Deadlines(list_at, max(midnight, list_at))


def centre_of(network: Network, site: str | None) -> str | None:
    """The dispatch centre above a site; null: the network names none."""
    above = None if site is None else network.sites.get(site)
    while above is not None and above.kind is not SiteKind.DISPATCH:
        above = None if above.superior is None else network.sites.get(above.superior)
    return None if above is None else above.code


def area_of(site: str | None) -> str | None:
    """A destination's area code: the digits that its site code begins with, else the code."""
    if site is None:
        return None
    digits = _AREA.match(site)
    return site if digits is None else digits.group()


def recipient_of(person: dict[str, str] | str | None) -> Recipient:
    """Address and phone of a declared recipient; a single text is taken as the address."""
    if person is None or isinstance(person, str):
        return Recipient(person, None)
    fields = {name.strip().lower(): value for name, value in person.items()}
    address = next((fields[name] for name in _ADDRESS_FIELDS if name in fields), None)
    phone = next((fields[name] for name in _PHONE_FIELDS if name in fields), None)
    return Recipient(address, phone)


def subject_of(site: str, shift: str, day: date) -> str:
    """What a list's alerts are about."""
    return f"{site}/{day}/{shift}"


def _window(shift: Shift, zone: ZoneInfo, day: date) -> Window:
    starts, ends = time.fromisoformat(shift.starts), time.fromisoformat(shift.ends)
    last_day = day if ends > starts else day + timedelta(days=1)
    return Window(
        shift.name,
        last_day,
        datetime.combine(day, starts, zone),
        datetime.combine(last_day, ends, zone),
    )
