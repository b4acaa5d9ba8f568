"""What the shift board shows, as values. Times are aware UTC; ``None`` is a gap."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.missing.service import ShiftAsk


class DueKind(StrEnum):
    """What has to be done."""

    QUERY = "query"
    """Ask for the suspects, once a shift (HV-2.11.2)."""
    SELF_CHECK = "self_check"
    UPSTREAM = "upstream"
    FOLLOW_UP = "follow_up"
    SEND = "send"
    """Send the shift's list to the dispatch centre (HV-2.7)."""
    FORWARD = "forward"
    RECEIVE = "receive"
    DELIVER = "deliver"
    """Deliver what is out by 18:00 (HV-2.6)."""
    STORE = "store"
    """Parcels that rest in the store (HV-2.8)."""


@dataclass(frozen=True, slots=True)
class DueCard:
    """One thing to do: at which site, about what, until when; ``due_at`` None: no deadline.

    ``since`` is when the oldest of it began. ``warn_at``: from then on it is pressing; None: it is
    pressing only once it is over.
    """

    kind: DueKind
    site: str
    about: str
    count: int
    due_at: datetime | None
    since: datetime | None = None
    warn_at: datetime | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class ShiftBoard:
    """What is due at somebody's sites, the next first; ``shifts`` are those that are on."""

    now: datetime
    shifts: tuple[ShiftAsk, ...]
    cards: tuple[DueCard, ...]
