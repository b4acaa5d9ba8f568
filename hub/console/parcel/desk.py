"""A parcel as its page reads it: one short transaction, no SQL here."""

from sqlalchemy import Connection

from hub.access.service import Caller
from hub.alerts.service import list_alerts
from hub.console.reading import read_card, scan_line
from hub.console.views import Declared, ParcelSight, ScanLine, Seen
from hub.ingest.service import EventFilter, events
from hub.parcels.service import find_parcel, may_see
from hub.web.context import HubContext

SCANS_SHOWN_MAX = 200
"""A parcel's newest scans that its page shows."""
CARDS_SHOWN_MAX = 50
"""A parcel's newest alerts that its page shows."""


class ParcelDesk:
    """Reads parcels for the screens."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def parcel(self, waybill: str, caller: Caller) -> ParcelSight:
        """What is recorded of a waybill and is the caller's business, be it nothing."""
        with self._hub.database.reading() as tx:
            if not may_see(tx, caller, waybill):
                return ParcelSight(waybill, None, None, None, 0, (), ())
            known = find_parcel(tx, waybill)
            scans = self._scans(tx, waybill, caller.sites)
            alerts = list_alerts(tx, waybill=waybill, sites=caller.sites, limit=CARDS_SHOWN_MAX)
            cards = tuple(read_card(self._hub, tx, alert) for alert in alerts)
        declared = None if known is None else known.declaration
        seen = None if known is None else known.seen
        return ParcelSight(
            waybill=waybill,
            declared=None
            if declared is None
            else Declared(declared.declared_value_cny, declared.origin, declared.destination),
            first=None if seen is None else Seen(seen.first.site, seen.first.at),
            last=None if seen is None else Seen(seen.last.site, seen.last.at),
            count=len(scans) if seen is None else max(seen.scans, len(scans)),
            scans=scans,
            cards=cards,
        )

    def _scans(
        self, tx: Connection, waybill: str, sites: frozenset[str] | None
    ) -> tuple[ScanLine, ...]:
        wanted = EventFilter(waybill=waybill, sites=sites, kind="scan")
        newest = events(tx, wanted, self._hub.keys.bodies, limit=SCANS_SHOWN_MAX, newest_first=True)
        lines = [line for view in newest if (line := scan_line(view)) is not None]
        # Late ones take the place of their own time; inside a spool the order is the edge's.
        return tuple(sorted(lines, key=lambda line: (line.at, line.site, line.edge, line.seq)))
