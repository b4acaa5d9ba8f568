"""Tables and SQL of flights that took high-value parcels; no rule is decided here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    insert,
    select,
    update,
)

from hub.db.schema import RowId, UtcDateTime, metadata

flight_departure = Table(
    "flight_departure",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("flight", String(32), nullable=False),
    Column("site", String(32), nullable=False),
    # Its first and last depart scan of a high-value parcel.
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    # When its manifest came.
    Column("registered_at", UtcDateTime),
    # The timer; null once it has fired or the manifest came.
    Column("alarm_at", UtcDateTime, index=True),
    Index(None, "flight", "site"),
)
flight_parcel = Table(
    "flight_parcel",
    metadata,
    Column("departure_id", BigInteger, ForeignKey("flight_departure.id"), primary_key=True),
    Column("waybill", String(64), primary_key=True),
)


@dataclass(frozen=True, slots=True)
class FlightDeparture:
    """One departure of a flight with high-value parcels; a row of the table."""

    id: int
    flight: str
    site: str
    first_at: datetime
    last_at: datetime
    registered_at: datetime | None
    alarm_at: datetime | None


def around(
    tx: Connection, flight: str, site: str, since: datetime, until: datetime
) -> FlightDeparture | None:
    """A flight's departure at a site that reaches into a time; the latest of several."""
    found = flight_departure.c
    mine = (found.flight == flight) & (found.site == site)
    within = (found.last_at >= since) & (found.first_at <= until)
    query = select(flight_departure).where(mine, within).order_by(found.first_at.desc()).limit(1)
    row = tx.execute(query).one_or_none()
    return None if row is None else FlightDeparture(*row)


def unregistered(tx: Connection, flight: str, site: str) -> list[FlightDeparture]:
    """A flight's departures from a site whose manifest has not come, the newest first."""
    found = flight_departure.c
    mine = (found.flight == flight) & (found.site == site) & found.registered_at.is_(None)
    query = select(flight_departure).where(mine).order_by(found.first_at.desc())
    return [FlightDeparture(*row) for row in tx.execute(query)]


def due(tx: Connection, now: datetime, limit: int) -> list[FlightDeparture]:
    """Departures whose timer has run out."""
    alarm_at = flight_departure.c.alarm_at
    query = select(flight_departure).where(alarm_at <= now).order_by(alarm_at).limit(limit)
    return [FlightDeparture(*row) for row in tx.execute(query)]


def add(tx: Connection, flight: str, site: str, at: datetime, alarm_at: datetime) -> int:
    """Keep a departure; return the row's id."""
    row = {"flight": flight, "site": site, "first_at": at, "last_at": at, "alarm_at": alarm_at}
    added = tx.execute(insert(flight_departure).values(row).returning(flight_departure.c.id))
    return int(added.scalar_one())


def change(tx: Connection, departure_id: int, changes: dict[str, datetime | None]) -> None:
    """Change some of a departure's columns."""
    mine = flight_departure.c.id == departure_id
    tx.execute(update(flight_departure).where(mine).values(changes))


def add_parcels(tx: Connection, departure_id: int, waybills: Iterable[str]) -> None:
    """Keep whom a departure took, each once."""
    new = set(waybills) - parcels(tx, departure_id)
    if new:
        rows = [{"departure_id": departure_id, "waybill": each} for each in sorted(new)]
        tx.execute(insert(flight_parcel), rows)


def parcels(tx: Connection, departure_id: int) -> set[str]:
    """The high-value parcels that a departure took."""
    mine = flight_parcel.c.departure_id == departure_id
    return set(tx.execute(select(flight_parcel.c.waybill).where(mine)).scalars())
