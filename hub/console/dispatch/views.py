"""What the dispatch register's screens show, as values. Times are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.dispatch.service import DispatchList


class Act(StrEnum):
    """What a person can do with a list."""

    SEND = "send"
    FORWARD = "forward"
    RECEIVE = "receive"


@dataclass(frozen=True, slots=True)
class ListLine:
    """One list; ``due_at`` is its next deadline, None: nothing more has one.

    ``late`` names the acts that were, or are, behind their time.
    """

    found: DispatchList
    due_at: datetime | None
    late: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """One parcel of a list; address and phone are masked."""

    serial: int | None
    waybill: str
    departed_at: datetime
    is_presumed: bool
    destination: str | None
    area: str | None
    centre: str | None
    address: str | None
    phone: str | None
    sent_at: datetime | None
    forwarded_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListSight:
    """One list with its parcels, and what this person may do with it now.

    ``centres``: for which destination centres they may confirm the receipt.
    """

    line: ListLine
    parcels: tuple[ParcelRow, ...]
    acts: tuple[Act, ...]
    centres: tuple[str, ...]
