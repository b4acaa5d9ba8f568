"""Put scans of high-value parcels into the passages of their visits, many scans at once.

Each scan is placed as if it were alone; what it does to a passage is gathered and written once.
The caller owns the transaction. Source: design section 5 ("a visit lasts …").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from hub.alerts import store
from hub.alerts.rules import SYSTEM, Act, AlertState, Finding, Visit, place_scan
from hub.alerts.store import Told
from hub.db import outbox
from hub.db.outbox import NewsTopic

_FIRST_NEW = 2**62
"""Passages that are not written yet sort behind all that are."""


def record_passages(tx: Connection, findings: Sequence[Finding], now: datetime) -> None:
    """Put scans, in the order in which they were stored, into their visits' passages.

    Raises:
        ValueError: a passage without waybill and site.
    """
    waybills = {finding.waybill for finding in findings if finding.waybill is not None}
    if not waybills:
        return
    known = store.passages(tx, waybills)
    parcels = {waybill: _Parcel(known.get(waybill, [])) for waybill in waybills}
    for finding in findings:
        if finding.waybill is None or finding.site is None:
            raise ValueError("a passage needs a waybill and a site")
        parcels[finding.waybill].place(finding.site, finding)
    _write(tx, [each for parcel in parcels.values() for each in parcel.changed()], now)


@dataclass(slots=True)
class _Passage:
    """One passage as it will be; ``found`` are the scans that came to it now."""

    told: Told
    is_new: bool = False
    is_closed_now: bool = False
    found: list[Finding] = field(default_factory=list)

    def count(self, finding: Finding) -> None:
        told, at = self.told, finding.happened_at
        first_at, last_at = min(told.visit.first_at, at), max(told.visit.last_at, at)
        visit = replace(told.visit, first_at=first_at, last_at=last_at)
        self.told = Told(visit, told.count + 1, late=told.late or finding.late)
        self.found.append(finding)

    def close(self) -> None:
        visit = replace(self.told.visit, state=AlertState.CLOSED)
        self.told = replace(self.told, visit=visit)
        self.is_closed_now = True


class _Parcel:
    """A parcel's passages by their ids."""

    def __init__(self, known: Iterable[Told]) -> None:
        self._passages = {told.visit.alert_id: _Passage(told) for told in known}

    def place(self, site: str, finding: Finding) -> None:
        visits = [each.told.visit for each in self._passages.values()]
        visits.sort(key=lambda visit: (visit.first_at, visit.alert_id))
        placed = place_scan(visits, site, finding.happened_at)
        for alert_id in placed.closes:
            self._passages[alert_id].close()
        counts_in = placed.counts_in
        if counts_in is None:
            counts_in = self._begin(site, finding.happened_at, over=placed.over)
        self._passages[counts_in].count(finding)

    def changed(self) -> list[_Passage]:
        """Those that something was done to, in the order in which they began."""
        return [each for each in self._passages.values() if each.found or each.is_closed_now]

    def _begin(self, site: str, at: datetime, *, over: bool) -> int:
        state = AlertState.CLOSED if over else AlertState.OPEN
        new_id = _FIRST_NEW + len(self._passages)
        told = Told(Visit(new_id, site, at, at, state), count=0, late=False)
        self._passages[new_id] = _Passage(told, is_new=True)
        return new_id


def _write(tx: Connection, changed: Sequence[_Passage], now: datetime) -> None:
    known = [each for each in changed if not each.is_new]
    new = [each for each in changed if each.is_new]
    # First those that end: only one of a parcel's passages is open at a time.
    store.renew(tx, [(each.told, each.is_closed_now) for each in known], now)
    ids = store.add_told(tx, [(each.found[0], each.told) for each in new], now)
    ended = [each.told.visit.alert_id for each in known if each.is_closed_now]
    ended += [i for i, each in zip(ids, new, strict=True) if each.is_closed_now]
    acts = [*((i, Act.RAISED) for i in ids), *((i, Act.CLOSED) for i in ended)]
    store.record_all(tx, acts, SYSTEM, now)
    outbox.tell(tx, NewsTopic.ALERT, [*(each.told.visit.alert_id for each in known), *ids], now)
