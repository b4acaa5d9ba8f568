"""Depart scans of HV parcels put them on their branch's list of the shift. Source: HV-2.7."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.dispatch import store
from hub.dispatch.rules import DispatchList, Window, centre_of, deadlines, window_of
from hub.fact import Fact
from hub.network import Network, SiteKind
from hub.parcels.service import high_value_among, waybills_of
from wire.events import Scan
from wire.names import Step
from wire.policy import Policy

Departures = dict[str, datetime]
"""When each parcel left, by waybill."""


class DispatchProjection:
    """Drafts the lists; a scan that comes late takes its place, also after the list was sent."""

    name = "dispatch"

    def __init__(self, policy: Policy, network: Network) -> None:
        self._policy = policy
        self._network = network

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events: one look at what is high value for all of them."""
        del now  # Only event times count here; every projection is called the same way.
        left: list[tuple[str, str, datetime]] = []
        for fact in facts:
            if isinstance(fact.event, Scan) and self._is_departure(fact.event):
                at, site = fact.occurred_at, fact.event.site
                left += [(site, waybill, at) for waybill in waybills_of(tx, fact.event)]
        if not left:
            return
        high_value = high_value_among(tx, [waybill for _, waybill, _ in left], self._policy)
        lists: dict[tuple[str, Window], Departures] = {}
        for site, waybill, at in left:
            window = window_of(self._network.shifts_of[site], self._network.zone_of(site), at)
            if window is not None and waybill in high_value:
                departures = lists.setdefault((site, window), {})
                departures[waybill] = max(at, departures.get(waybill, at))
        for (site, window), departures in lists.items():
            self._draft(tx, site, window, departures)

    def _is_departure(self, scan: Scan) -> bool:
        site = self._network.sites.get(scan.site)
        is_branch = site is not None and site.kind is SiteKind.BRANCH
        return is_branch and scan.step is Step.DEPART and scan.site in self._network.shifts_of

    def _draft(self, tx: Connection, site: str, window: Window, left: Departures) -> None:
        found = store.find_shift(tx, site, window)
        entries = {} if found is None else store.entries_of(tx, found.id, left)
        # What was sent stays as it was told; a later scan of the same parcel adds nothing.
        drafted = {
            waybill: at
            for waybill, at in left.items()
            if waybill not in entries
            or (entries[waybill].sent_at is None and entries[waybill].departed_at < at)
        }
        if not drafted:
            return
        last = max(drafted.values())
        last = last if found is None else max(last, found.last_depart_at)
        row = self._times(site, window, found, last)
        if found is None:
            centre = centre_of(self._network, site)
            new = {**row, "ends_at": window.ends_at, "centre": centre}
            list_id = store.add_list(tx, site, window, new)
        else:
            list_id = found.id
            store.set_list(tx, list_id, row)
        for waybill, at in drafted.items():
            if waybill in entries:
                store.set_entry(tx, list_id, waybill, {"departed_at": at})
            else:
                store.add_entry(tx, list_id, waybill, at)

    def _times(
        self, site: str, window: Window, found: DispatchList | None, last: datetime
    ) -> dict[str, object]:
        list_min = self._policy.dispatch.list_min
        due = deadlines(window, self._network.zone_of(site), last, list_min)
        row: dict[str, object] = {
            "last_depart_at": last,
            "list_due_at": due.list_at,
            "forward_due_at": due.forward_at,
        }
        # A list that waits already has its timer, or the timer has fired: then it stays silent.
        if found is None or not found.unsent or found.send_alarm_at is not None:
            row["send_alarm_at"] = due.list_at
        if found is None or not found.unforwarded or found.forward_alarm_at is not None:
            row["forward_alarm_at"] = due.forward_at
        return row
