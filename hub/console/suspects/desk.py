"""The suspects as the console reads them; only a person's own query is recorded (HV-2.11.2)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection

from hub.access.service import WORTH_ROLES, Caller, may
from hub.console.seam import NotAllowedError
from hub.console.suspects.lanes import columns_of, dots_by_site
from hub.console.suspects.views import Evidence, SuspectLine, SuspectSight, Worth
from hub.incidents.service import Deadline, State, find_incident, next_deadlines
from hub.missing import service
from hub.missing.service import P_UNKNOWN, Asked, NextLook, Order, Suspect
from hub.parcels.service import planned_routes
from hub.web.context import HubContext

SUSPECTS_SHOWN_MAX = 200
LOOKS_READ_MAX = 400
"""Parcels under way that the lanes show."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class SuspectDesk:
    """Reads suspects for the screens, and records who asked for them."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def suspects(self, asked: Asked, caller: Caller, chosen: str | None = None) -> SuspectSight:
        """The suspects that are the caller's business; nobody's query is recorded.

        ``chosen``: the parcel whose evidence is asked for, None: the most pressing one's.
        """
        hub, now = self._hub, self._hub.clock.now()
        sites = _sites(asked, caller)
        with hub.database.reading() as tx:
            found = self._list(tx, asked, caller, SUSPECTS_SHOWN_MAX + 1)
            lines = self._lines(tx, found[:SUSPECTS_SHOWN_MAX], caller, now)
            # A day that is over has no next look; what is under way is under way now.
            looks = [] if asked.day else service.next_looks(tx, sites, LOOKS_READ_MAX)
            current = [line for line in lines if line.suspect.closed_at is None]
            waybills = [line.suspect.waybill for line in current]
            last_sites = service.last_sites(tx, waybills)
            dots = dots_by_site(current, last_sites, looks, now)
            routes = planned_routes(tx, [*waybills, *(each.waybill for each in looks)], hub.network)
            asks = service.shift_asks(tx, hub.network, sites, now)
            if chosen is None and lines:
                chosen = lines[0].suspect.waybill
            evidence = None if chosen is None else _evidence(tx, chosen, lines, looks, now)
        names = {code: site.name for code, site in hub.network.sites.items()}
        return SuspectSight(
            lines=tuple(lines),
            next_looks=tuple(looks),
            columns=columns_of(dots, routes.values(), names),
            asks=tuple(asks),
            evidence=evidence,
            is_cut=len(found) > SUSPECTS_SHOWN_MAX,
        )

    def query(self, asked: Asked, caller: Caller) -> int:
        """A named person asks for the suspects, on record; return how many there are.

        Raises:
            NotAllowedError: the caller's role may not, or the site is not theirs.
        """
        if not may(caller.role, "GET /api/v1/suspects"):
            raise NotAllowedError
        if asked.site is not None and not caller.sees(asked.site):
            raise NotAllowedError
        with self._hub.database.writing() as tx:
            found = len(self._list(tx, asked, caller, SUSPECTS_SHOWN_MAX))
            now, by_token = self._hub.clock.now(), caller.by_token
            service.record_query(tx, asked, caller.name, found, now, by_token=by_token)
        return found

    def _list(self, tx: Connection, asked: Asked, caller: Caller, limit: int) -> list[Suspect]:
        if asked.site is not None and not caller.sees(asked.site):
            return []
        order = Order.WORTH if caller.role in WORTH_ROLES else Order.NEWEST
        network = self._hub.network
        return service.list_suspects(tx, network, asked, caller.sites, limit=limit, order=order)

    def _lines(
        self, tx: Connection, found: list[Suspect], caller: Caller, now: datetime
    ) -> list[SuspectLine]:
        ids = {each.incident for each in found}
        states: dict[int, State] = {id_: find_incident(tx, id_).state for id_ in sorted(ids)}
        due: dict[int, Deadline] = next_deadlines(tx, ids)
        lines = [SuspectLine(each, states[each.incident], due.get(each.incident)) for each in found]
        if caller.role not in WORTH_ROLES:
            return sorted(lines, key=_most_pressing_first)
        minute = now.replace(second=0, microsecond=0)
        lines = [replace(line, worth=_worth(line.suspect, minute)) for line in lines]
        return sorted(lines, key=lambda line: line.suspect.closed_at is not None)


def _worth(suspect: Suspect, now: datetime) -> Worth | None:
    value, at = suspect.value, max(now, suspect.trail_at)
    worth = service.worth_of(suspect, at)
    if value is None or worth is None:
        return None
    estimate = suspect.newest.p_lost
    p_lost = P_UNKNOWN if estimate is None else estimate
    saved = service.saved_share(suspect.trail_at, at)
    return Worth(Decimal(round(worth)), p_lost, estimate is not None, value, saved)


def _sites(asked: Asked, caller: Caller) -> frozenset[str] | None:
    return caller.sites if asked.site is None else frozenset({asked.site})


def _most_pressing_first(line: SuspectLine) -> tuple[bool, datetime, datetime, str]:
    due_at = _NEVER if line.due is None else line.due.due_at
    suspect = line.suspect
    return suspect.closed_at is not None, due_at, suspect.since, suspect.waybill


def _evidence(
    tx: Connection,
    waybill: str,
    lines: Iterable[SuspectLine],
    looks: Iterable[NextLook],
    now: datetime,
) -> Evidence:
    line = next((each for each in lines if each.suspect.waybill == waybill), None)
    look = next((each for each in looks if each.waybill == waybill), None)
    # Who is neither is not this caller's business, or was scanned since.
    company = () if line is None and look is None else tuple(service.company_of(tx, waybill))
    return Evidence(waybill, now.replace(second=0, microsecond=0), line, look, company)
