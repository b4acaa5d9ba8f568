"""What a parcel is, and where it was seen, whatever the order in which scans arrive. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where and when a parcel was scanned, event time."""

    site: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """First and last scan of a parcel by event time, and how many there were."""

    first: Sighting
    last: Sighting
    scans: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """What was said of a parcel at acceptance; ``people`` is encrypted."""

    declared_value_cny: Decimal | None
    origin: str | None
    destination: str | None
    route: tuple[str, ...] | None
    accepted_at: datetime | None
    people: bytes | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One waybill: declared, seen, or both."""

    waybill: str
    declaration: Declaration | None
    declared_by: str | None
    declared_at: datetime | None
    seen: Seen | None


def see(known: Seen | None, sighting: Sighting) -> Seen:
    """Fold one scan in; of two at the same moment the first told stays the first."""
    if known is None:
        return Seen(sighting, sighting, 1)
    first = sighting if sighting.at < known.first.at else known.first
    last = sighting if sighting.at >= known.last.at else known.last
    return Seen(first, last, known.scans + 1)
