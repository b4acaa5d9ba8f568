"""HV parcels that left a branch stand on its list of the shift. Source: HV-2.7.

A depart scan puts them there. Where it was not made, the first scan at another site tells that they
have left: they are added late, by their last scan at the branch, and the list says so.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.dispatch import store
from hub.dispatch.rules import DispatchList, Window, centre_of, deadlines, window_of
from hub.fact import Fact
from hub.network import Network, SiteKind
from hub.parcels.service import first_sites, high_value_among, last_at, waybills_of
from wire.events import Scan
from wire.names import Step
from wire.policy import Policy

Departures = dict[str, datetime]
"""When each parcel left, by waybill."""
Leaving = tuple[str, str, datetime]
"""A branch, a waybill, and when it left."""


class DispatchProjection:
    """Drafts the lists; a scan that comes late takes its place, also after the list was sent."""

    name = "dispatch"

    def __init__(self, policy: Policy, network: Network) -> None:
        self._policy = policy
        self._network = network

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events: one look at what is high value for all of them."""
        del now  # Only event times count here; every projection is called the same way.
        if not self._network.shifts_of:
            return
        left: list[Leaving] = []
        seen: set[tuple[str, str]] = set()
        for fact in facts:
            scan = fact.event
            if isinstance(scan, Scan) and self._is_departure(scan):
                at, site = fact.occurred_at, scan.site
                left += [(site, waybill, at) for waybill in waybills_of(tx, scan)]
            elif isinstance(scan, Scan) and scan.waybill is not None:
                seen.add((scan.waybill, scan.site))
        asked = {waybill for _, waybill, _ in left} | {waybill for waybill, _ in seen}
        high_value = high_value_among(tx, asked, self._policy) if asked else frozenset()
        self._list(tx, (each for each in left if each[1] in high_value), is_presumed=False)
        skipped = self._unlisted(tx, {each for each in seen if each[0] in high_value})
        self._list(tx, skipped, is_presumed=True)

    def _is_departure(self, scan: Scan) -> bool:
        return scan.step is Step.DEPART and self._keeps_lists(scan.site)

    def _keeps_lists(self, code: str) -> bool:
        site = self._network.sites.get(code)
        is_branch = site is not None and site.kind is SiteKind.BRANCH
        return is_branch and code in self._network.shifts_of

    def _unlisted(self, tx: Connection, seen: set[tuple[str, str]]) -> list[Leaving]:
        """Who was seen away from its origin branch, and is on none of that branch's lists."""
        origins = first_sites(tx, {waybill for waybill, _ in seen}) if seen else {}
        away = {
            (waybill, origins[waybill])
            for waybill, site in seen
            if origins.get(waybill, site) != site and self._keeps_lists(origins[waybill])
        }
        if not away:
            return []
        unlisted = away - store.listed_at(tx, {waybill for waybill, _ in away})
        found = [(site, waybill, last_at(tx, waybill, site)) for waybill, site in sorted(unlisted)]
        return [(site, waybill, at) for site, waybill, at in found if at is not None]

    def _list(self, tx: Connection, left: Iterable[Leaving], *, is_presumed: bool) -> None:
        lists: dict[tuple[str, Window], Departures] = {}
        for site, waybill, at in left:
            window = window_of(self._network.shifts_of[site], self._network.zone_of(site), at)
            if window is not None:
                departures = lists.setdefault((site, window), {})
                departures[waybill] = max(at, departures.get(waybill, at))
        for (site, window), departures in lists.items():
            self._draft(tx, site, window, departures, is_presumed=is_presumed)

    def _draft(
        self, tx: Connection, site: str, window: Window, left: Departures, *, is_presumed: bool
    ) -> None:
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
                changes: dict[str, object] = {"departed_at": at, "is_presumed": is_presumed}
                store.set_entry(tx, list_id, waybill, changes)
            else:
                store.add_entry(tx, list_id, waybill, at, is_presumed=is_presumed)

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
