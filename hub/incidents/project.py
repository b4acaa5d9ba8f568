"""Arriving events: any scan finds a parcel; a station answers its self-check, or reports a parcel.

Source: HV-2.11.2, HV-3, design section 7 ("found: any scan").
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.fact import Fact, sighted
from hub.incidents import steps, store
from hub.incidents.anomalies import take_report
from hub.incidents.answers import Answer, record_answer
from hub.incidents.reports import REPORTS
from hub.incidents.rules import Act as IncidentAct
from hub.incidents.search import SYSTEM, Search
from wire.events import Act, ActKind, Scan
from wire.policy import Policy


class IncidentProjection:
    """Follows the searches that are on."""

    name = "incidents"

    def __init__(self, search: Search, policy: Policy) -> None:
        self._search = search
        self._policy = policy

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events in the order in which they were stored: one read for all."""
        for fact in facts:
            act = fact.event
            if isinstance(act, Act) and act.act is ActKind.SELF_CHECK:
                _answer(tx, act, now)
            elif isinstance(act, Act) and act.act in REPORTS:
                take_report(tx, self._search, self._policy, fact, act, now)
        self._sight(tx, facts, now)
        scans = [(f, f.event.waybill) for f in facts if isinstance(f.event, Scan)]
        waybills = {waybill for _, waybill in scans if waybill is not None}
        if not waybills:
            return
        waiting = store.awaiting(tx, waybills)
        for incident_id, waybill, since in waiting:
            # A scan from before the suspicion's last one shows nothing new, however late it comes.
            seen = [f for f, scanned in scans if scanned == waybill and f.occurred_at > since]
            if seen:
                first = min(seen, key=lambda fact: fact.occurred_at)
                site, at = first.event.site, first.occurred_at
                self._search.see(tx, incident_id, waybill, site, at, now)

    def _sight(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Tell searches of sightings, each site once; they go on.

        Found is any scan, and only a scan: somebody had the parcel in hand. A camera saw a label,
        which may by now lie in a bin or on another parcel; where to look is all that it says.
        """
        seen = [(f, sighted(f.event)) for f in facts]
        waybills = {waybill for _, waybill in seen if waybill is not None}
        for incident_id, waybill, since in store.awaiting(tx, waybills) if waybills else ():
            sites = {f.event.site for f, its in seen if its == waybill and f.occurred_at > since}
            for site in sorted(sites):
                if not steps.was_done(tx, incident_id, IncidentAct.SIGHTED, site):
                    steps.record(tx, incident_id, IncidentAct.SIGHTED, SYSTEM, now, site, waybill)


def _answer(tx: Connection, act: Act, now: datetime) -> None:
    incident = None if act.incident is None else store.find(tx, act.incident)
    # An edge answers for its own site only, whatever number it writes.
    if incident is None or act.found is None or act.site not in incident.sites:
        return
    answer = Answer(act.site, act.by or "–", act.found, act.checks, None)
    record_answer(tx, incident, answer, now)
