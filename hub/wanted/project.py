"""Arriving scans of wanted parcels raise alerts. Source: HV-2.11.1, HV-2.5, HV-3."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts.service import raise_alert
from hub.fact import Fact
from hub.parcels.service import high_value_by_declaration, waybills_of
from hub.wanted import store
from hub.wanted.findings import find_in_scan, is_bag_leaving, stopped_aboard
from hub.wanted.rules import is_high_value_entry
from wire.events import Scan
from wire.names import Result


class WantedProjection:
    """Looks up each scanned waybill, and those in a leaving bag, on the list as it stands now."""

    name = "wanted"

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events in the order in which they were stored: one read for all."""
        scans = [(fact, fact.event) for fact in facts if isinstance(fact.event, Scan)]
        waybills = {scan.waybill for _, scan in scans if scan.waybill is not None}
        _look_into_bags(tx, scans, now)
        if not waybills:
            return
        entries = store.find_all(tx, waybills)
        unlisted = [
            scan.waybill
            for _, scan in scans
            if scan.waybill and scan.result is Result.WANTED and scan.waybill not in entries
        ]
        marked = {waybill for waybill, entry in entries.items() if is_high_value_entry(entry)}
        # Delivered meanwhile, so its entry is gone: it was high value, nobody searched for it.
        marked |= high_value_by_declaration(tx, unlisted) if unlisted else set()
        for fact, scan in scans:
            if scan.waybill in marked and scan.result is not Result.STOP:
                continue
            finding = find_in_scan(scan, fact, entries.get(scan.waybill or ""), now)
            if finding is not None:
                raise_alert(tx, finding, now)


def _look_into_bags(tx: Connection, scans: Sequence[tuple[Fact, Scan]], now: datetime) -> None:
    for fact, scan in scans:
        if not is_bag_leaving(scan):
            continue
        for entry in store.find_all(tx, waybills_of(tx, scan)).values():
            finding = stopped_aboard(scan, fact, entry, now)
            if finding is not None:
                raise_alert(tx, finding, now)
