"""Compare what a manifest says is aboard with what was scanned. The caller owns the transaction.

Source: HV-2.4.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.parcels import trace_store
from hub.parcels.rules.manifests import Comparison, Manifest, compare
from hub.parcels.rules.traces import container_unit
from hub.parcels.service import containers_of
from wire.names import Step
from wire.policy import Policy


def compare_manifest(tx: Connection, manifest: Manifest, policy: Policy) -> Comparison:
    """Compare a manifest with the scans since ``[manifest] window_h`` before it was put."""
    since = manifest.put_at - timedelta(hours=policy.manifest.window_h)
    container = manifest.kind.container
    if container is None:
        listed, origin = manifest.waybills, manifest.origin
        aboard = trace_store.recorded_at(tx, listed, origin, since, Step.DEPART)
    else:
        held = container_unit(container, manifest.id)
        aboard = frozenset(_scanned_aboard(tx, held, manifest.origin, since))
    waybills = aboard.union(manifest.waybills)
    arrived = trace_store.recorded_at(tx, waybills, manifest.destination, since)
    return compare(manifest, aboard, arrived)


def _scanned_aboard(tx: Connection, container: str, site: str, since: datetime) -> set[str]:
    """The waybills that were put into a container at a site, by themselves or in bags."""
    found: set[str] = set()
    bags: list[str] = []
    for unit in trace_store.put_in(tx, container, site, since):
        if ":" in unit:
            bags.append(unit)
        else:
            found.add(unit)
    for bag in bags:
        # A bag's load of another day is not this one's: only who lay in it on this trip counts.
        for unit in trace_store.put_in(tx, bag, None, since):
            chain = containers_of(tx, unit) if ":" not in unit else ()
            if any(each.unit == container and each.since >= since for each in chain):
                found.add(unit)
    return found
