"""Passages of high-value parcels, and what stations report of themselves.

Wanted and stopped parcels are ``hub.wanted``'s. Source: HV-2.11.1, design sections 3 and 5.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts import raising
from hub.alerts.rules import AlertKind, Finding
from hub.fact import Fact
from hub.parcels.service import high_value_among
from wire.events import Scan, Station, StationFact
from wire.names import Result
from wire.policy import Policy


class AlertProjection:
    """Raises the alerts of arriving events; the policy says what is high value."""

    name = "alerts"

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events in the order in which they were stored."""
        scans = [fact.event for fact in facts if isinstance(fact.event, Scan)]
        waybills = {scan.waybill for scan in scans if scan.waybill is not None}
        high_value = high_value_among(tx, waybills, self._policy) if waybills else frozenset()
        for fact in facts:
            event = fact.event
            if isinstance(event, Scan):
                _apply_scan(tx, fact, event, high_value, now)
            elif isinstance(event, Station):
                _apply_station(tx, fact, event, now)


def _apply_scan(
    tx: Connection, fact: Fact, scan: Scan, high_value: frozenset[str], now: datetime
) -> None:
    if scan.result is Result.HOSTILE:
        raising.raise_alert(tx, _about_device(AlertKind.HOSTILE_LABEL, fact), now)
    if scan.waybill is None:
        return
    # A wanted HV parcel is still a passing one: its visits must not have holes.
    if scan.result is Result.HV or scan.waybill in high_value:
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
