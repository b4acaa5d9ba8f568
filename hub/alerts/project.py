"""Passages of high-value parcels, and what stations report of themselves.

Wanted and stopped parcels are ``hub.wanted``'s. Source: HV-2.4.1, HV-2.11.1, design sections 3
and 5.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts import raising
from hub.alerts.passages import record_passages
from hub.alerts.rules import AlertKind, Finding
from hub.fact import Fact
from hub.network import HUB_KINDS, Network
from hub.parcels.service import high_value_among, undeclared_among
from wire.events import Scan, Station, StationFact
from wire.names import Result
from wire.policy import Policy


class AlertProjection:
    """Raises the alerts of arriving events; the policy says what is high value."""

    name = "alerts"

    def __init__(self, policy: Policy, network: Network) -> None:
        self._policy = policy
        self._network = network

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events in the order in which they were stored."""
        scans = [fact.event for fact in facts if isinstance(fact.event, Scan)]
        waybills = {scan.waybill for scan in scans if scan.waybill is not None}
        high_value = high_value_among(tx, waybills, self._policy) if waybills else frozenset()
        passing: list[Finding] = []
        for fact in facts:
            event = fact.event
            if isinstance(event, Scan):
                passing += _passages(fact, event, high_value)
                if event.result is Result.HOSTILE:
                    raising.raise_alert(tx, _about_device(AlertKind.HOSTILE_LABEL, fact), now)
            elif isinstance(event, Station):
                _apply_station(tx, fact, event, now)
        record_passages(tx, passing, now)
        self._tell_undeclared(tx, facts, high_value, now)

    def _tell_undeclared(
        self, tx: Connection, facts: Sequence[Fact], high_value: frozenset[str], now: datetime
    ) -> None:
        """At each scan in transit a high-value parcel's data is checked: there are none (HV-2.4.1).

        Where it is accepted the declaration may still be on its way.
        """
        scans = [(fact, fact.event) for fact in facts if isinstance(fact.event, Scan)]
        in_transit = [
            (fact, scan.waybill)
            for fact, scan in scans
            if scan.waybill in high_value and self._is_transit(scan.site)
        ]
        if not in_transit:
            return
        unknown = undeclared_among(tx, {waybill for _, waybill in in_transit if waybill})
        for fact, waybill in in_transit:
            if waybill in unknown:
                raising.raise_alert(tx, _about_parcel(AlertKind.UNDECLARED, fact, waybill), now)

    def _is_transit(self, site: str) -> bool:
        known = self._network.sites.get(site)
        return known is not None and known.kind in HUB_KINDS


def _passages(fact: Fact, scan: Scan, high_value: frozenset[str]) -> list[Finding]:
    # A wanted HV parcel is still a passing one: its visits must not have holes.
    if scan.waybill is None or not (scan.result is Result.HV or scan.waybill in high_value):
        return []
    return [_about_parcel(AlertKind.HV_PASSAGE, fact, scan.waybill)]


def _apply_station(tx: Connection, fact: Fact, station: Station, now: datetime) -> None:
    if station.fact is StationFact.SCANNER_REPROGRAMMED:
        raising.raise_alert(tx, _about_device(AlertKind.SCANNER_REPROGRAMMED, fact), now)
    elif station.fact is StationFact.DEVICE_LOST:
        raising.raise_alert(tx, _about_device(AlertKind.DEVICE_LOST, fact), now)
    elif station.fact is StationFact.DEVICE_BACK:
        raising.close_alert(tx, AlertKind.DEVICE_LOST, _device_subject(fact), now)


def _about_parcel(kind: AlertKind, fact: Fact, waybill: str) -> Finding:
    site = fact.event.site
    return Finding(kind, waybill, fact.occurred_at, fact.late, waybill=waybill, site=site)


def _about_device(kind: AlertKind, fact: Fact) -> Finding:
    return Finding(kind, _device_subject(fact), fact.occurred_at, fact.late, site=fact.event.site)


def _device_subject(fact: Fact) -> str:
    event = fact.event
    return f"{event.site}/{event.edge}/{event.device or '-'}"
