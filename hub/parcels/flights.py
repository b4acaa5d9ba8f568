"""A flight that took high-value parcels is registered in time. The caller owns the transaction.

Source: HV-2.4.2 ("enters dispatch data in the air-transport system within the set time"). A
flight's manifest is its dispatch data: it belongs to the departure of which it lists a parcel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.fact import Fact
from hub.moves import DEPARTURE_MAX
from hub.network import Network
from hub.parcels import flight_store, service
from hub.parcels.flight_store import FlightDeparture
from hub.parcels.service import Manifest, ManifestKind
from wire.events import ContainerKind, Scan
from wire.names import Step, is_name
from wire.policy import Policy

TIMERS_PER_TURN_MAX = 100


class FlightProjection:
    """Keeps the departures of flights with high-value parcels, and a timer for each."""

    name = "flights"

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events: one look at what is high value for all of them."""
        left: list[tuple[str, str, datetime, tuple[str, ...]]] = []
        for fact in facts:
            scan = fact.event
            if isinstance(scan, Scan) and scan.container is not None and _is_departure(scan):
                parcels = service.waybills_of(tx, scan)
                left.append((scan.container, scan.site, fact.occurred_at, parcels))
        asked = {waybill for *_, parcels in left for waybill in parcels}
        high_value = service.high_value_among(tx, asked, self._policy) if asked else frozenset()
        for flight, site, at, parcels in left:
            mine = high_value.intersection(parcels)
            if mine:
                self._note(tx, flight, site, at, mine, now)

    def _note(
        self,
        tx: Connection,
        flight: str,
        site: str,
        at: datetime,
        waybills: Iterable[str],
        now: datetime,
    ) -> None:
        alarm_after = timedelta(minutes=self._policy.manifest.flight_min)
        found = flight_store.around(tx, flight, site, at - DEPARTURE_MAX, at + DEPARTURE_MAX)
        if found is None:
            departure_id = flight_store.add(tx, flight, site, at, at + alarm_after)
        else:
            departure_id, last_at = found.id, max(at, found.last_at)
            changes: dict[str, datetime | None] = {
                "first_at": min(at, found.first_at),
                "last_at": last_at,
            }
            if found.alarm_at is not None:
                changes["alarm_at"] = last_at + alarm_after
            flight_store.change(tx, departure_id, changes)
        flight_store.add_parcels(tx, departure_id, waybills)
        manifest = service.find_manifest(tx, flight)
        if manifest is not None:
            _register(tx, manifest, now)


def register(tx: Connection, manifest: Manifest) -> None:
    """A manifest came: if it is a flight's, the departures whose parcels it lists are registered.

    The alert that told of a missing one closes.
    """
    _register(tx, manifest, manifest.put_at)


def _register(tx: Connection, manifest: Manifest, now: datetime) -> None:
    if manifest.kind is not ManifestKind.FLIGHT:
        return
    for each in flight_store.unregistered(tx, manifest.id, manifest.origin):
        if flight_store.parcels(tx, each.id).intersection(manifest.waybills):
            flight_store.change(tx, each.id, {"registered_at": now, "alarm_at": None})
            close_alert(tx, AlertKind.FLIGHT_UNREGISTERED, _subject(each), now)


@dataclass(frozen=True, slots=True)
class FlightDuty:
    """Raises one alert for each departure whose manifest did not come in time."""

    network: Network
    name = "flights"

    def run(self, tx: Connection, now: datetime) -> None:
        """What is due: alert and end of its timer are one transaction."""
        for each in flight_store.due(tx, now, TIMERS_PER_TURN_MAX):
            local = each.last_at.astimezone(self.network.zone_of(each.site))
            words = {"flight": each.flight, "at": f"{local:%m-%d %H:%M}"}
            finding = Finding(
                AlertKind.FLIGHT_UNREGISTERED,
                _subject(each),
                each.last_at,
                late=False,
                site=each.site,
                words=words,
            )
            raise_alert(tx, finding, now)
            flight_store.change(tx, each.id, {"alarm_at": None})


def _subject(departure: FlightDeparture) -> str:
    return f"{departure.site}/{departure.flight}/{departure.id}"


def _is_departure(scan: Scan) -> bool:
    is_flight = scan.container_kind is ContainerKind.FLIGHT and scan.step is Step.DEPART
    # An id that no label of ours can carry names nothing.
    return is_flight and scan.container is not None and is_name(scan.container)
