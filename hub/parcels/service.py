"""Declare parcels and tell where they were seen. The caller owns the transaction."""

from datetime import datetime

from sqlalchemy import Connection

from hub.parcels import store
from hub.parcels.rules import Declaration, Parcel, Sighting


def find_parcel(tx: Connection, waybill: str) -> Parcel | None:
    """One parcel, if it was declared or ever scanned."""
    return store.find(tx, waybill)


def declare_parcel(
    tx: Connection, waybill: str, declaration: Declaration, who: str, now: datetime
) -> None:
    """Write or overwrite what was declared of a parcel."""
    store.declare(tx, waybill, declaration, who, now)


def last_seen(tx: Connection, waybill: str) -> Sighting | None:
    """The newest scan of a parcel by event time."""
    seen = store.seen_of(tx, [waybill]).get(waybill)
    return None if seen is None else seen.last
