"""Arriving scans renew where parcels were first and last seen."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.fact import Fact
from hub.parcels import store
from hub.parcels.rules import Seen, Sighting, see
from wire.events import Scan


class ParcelProjection:
    """Keeps one row a waybill."""

    name = "parcels"

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Fold scans into their parcels: one read and two writes, however many scans."""
        del now  # Only event times count here; every projection is called the same way.
        scanned: dict[str, list[Sighting]] = {}
        for fact in facts:
            if isinstance(fact.event, Scan) and fact.event.waybill is not None:
                sighting = Sighting(fact.event.site, fact.occurred_at)
                scanned.setdefault(fact.event.waybill, []).append(sighting)
        if not scanned:
            return
        known = store.seen_of(tx, scanned)
        folded = {waybill: _fold(known.get(waybill), all_) for waybill, all_ in scanned.items()}
        store.add_seen(tx, {w: seen for w, seen in folded.items() if w not in known})
        store.update_seen(tx, {w: seen for w, seen in folded.items() if w in known})


def _fold(known: Seen | None, sightings: list[Sighting]) -> Seen:
    seen = see(known, sightings[0])
    for sighting in sightings[1:]:
        seen = see(seen, sighting)
    return seen
