"""What the wanted list finds in scans, as alerts in the making. Source: HV-2.11.1, HV-2.5, HV-3."""

from datetime import datetime

from hub.alerts.service import AlertKind, Finding
from hub.fact import Fact
from wire.events import ContainerKind, Scan
from wire.names import Result, Step, format_at
from wire.wanted import WantedEntry, WantedResult, holds

_CARRIERS = frozenset({ContainerKind.VEHICLE, ContainerKind.FLIGHT})


def past_match(entry: WantedEntry, site: str, at: datetime) -> Finding:
    """A parcel on the list was scanned before it was wanted; ``at`` is event time."""
    return Finding(
        AlertKind.WANTED_PAST,
        entry.waybill,
        at,
        late=True,
        waybill=entry.waybill,
        site=site,
        words={"reason": entry.reason, "at": format_at(at)},
    )


def find_in_scan(
    scan: Scan, fact: Fact, entry: WantedEntry | None, now: datetime
) -> Finding | None:
    """What one scan means to the list.

    The scanner's own alarm (result wanted or stop) always is an alert, even when its entry is gone
    by now. A quiet scan of a parcel whose entry holds is a match that came too late.
    """
    if scan.waybill is None:
        return None
    if scan.result in (Result.WANTED, Result.STOP):
        return Finding(
            AlertKind.WANTED if scan.result is Result.WANTED else AlertKind.STOP,
            scan.waybill,
            fact.occurred_at,
            fact.late,
            waybill=scan.waybill,
            site=scan.site,
            words={"reason": entry.reason} if entry is not None else {},
        )
    if entry is not None and holds(entry, scan.site, now):
        return past_match(entry, scan.site, fact.occurred_at)
    return None


def is_bag_leaving(scan: Scan) -> bool:
    """Say whether a label that is no parcel's is scanned outbound, into a vehicle or flight."""
    if scan.waybill is not None or scan.text is None:
        return False
    is_loaded = scan.step is Step.LOAD and scan.container_kind in _CARRIERS
    return is_loaded or scan.step is Step.DEPART


def stopped_aboard(scan: Scan, fact: Fact, entry: WantedEntry, now: datetime) -> Finding | None:
    """A stopped parcel leaves in its bag: the scanner answered for the bag (HV-2.5, HV-3)."""
    if entry.result is not WantedResult.STOP or not holds(entry, scan.site, now):
        return None
    return Finding(
        AlertKind.STOP,
        entry.waybill,
        fact.occurred_at,
        fact.late,
        waybill=entry.waybill,
        site=scan.site,
        words={"reason": f"{entry.reason} ({scan.text})"},
    )
