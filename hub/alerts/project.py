"""Passages of high-value parcels, and what stations report of themselves.

Wanted and stopped parcels are ``hub.wanted``'s. Source: HV-2.11.1, design sections 3 and 5.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts import raising
from hub.alerts.rules import AlertKind, Finding
from hub.fact import Fact
from wire.events import Scan, Station, StationFact
from wire.names import Result


class AlertProjection:
    """Raises the alerts of arriving events; ``series_hv`` are the prefixes of HV waybills."""

    name = "alerts"

    def __init__(self, series_hv: Sequence[str]) -> None:
        self._series_hv = tuple(series_hv)

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events in the order in which they were stored."""
        for fact in facts:
            event = fact.event
            if isinstance(event, Scan):
                self._apply_scan(tx, fact, event, now)
            elif isinstance(event, Station):
                _apply_station(tx, fact, event, now)

    def _apply_scan(self, tx: Connection, fact: Fact, scan: Scan, now: datetime) -> None:
        if scan.result is Result.HOSTILE:
            finding = _about_device(AlertKind.HOSTILE_LABEL, fact)
            raising.raise_alert(tx, finding, now)
        if scan.waybill is None:
            return
        # A wanted HV parcel is still a passing one: its visits must not have holes.
        if scan.result is Result.HV or scan.waybill.startswith(self._series_hv):
            raising.record_passage(tx, _passage(fact, scan.waybill), now)


def _apply_station(tx: Connection, fact: Fact, station: Station, now: datetime) -> None:
    if station.fact is StationFact.SCANNER_REPROGRAMMED:
        raising.raise_alert(tx, _about_device(AlertKind.SCANNER_REPROGRAMMED, fact), now)
    elif station.fact is StationFact.DEVICE_LOST:
        raising.raise_alert(tx, _about_device(AlertKind.DEVICE_LOST, fact), now)
    elif station.fact is StationFact.DEVICE_BACK:
        raising.close_alert(tx, AlertKind.DEVICE_LOST, _device_subject(fact), now)


def _passage(fact: Fact, waybill: str) -> Finding:
    kind, site = AlertKind.HV_PASSAGE, fact.event.site
    return Finding(kind, waybill, fact.occurred_at, fact.late, waybill=waybill, site=site)


def _about_device(kind: AlertKind, fact: Fact) -> Finding:
    return Finding(kind, _device_subject(fact), fact.occurred_at, fact.late, site=fact.event.site)


def _device_subject(fact: Fact) -> str:
    event = fact.event
    return f"{event.site}/{event.edge}/{event.device or '-'}"
