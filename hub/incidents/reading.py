"""Read incidents: lists, one with all that belongs to it, and the tasks of a site.

UnknownIncidentError    no incident has this id
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from hub.incidents import letters, steps, store
from hub.incidents.rules import SEARCHED, Act, Deadline, Incident, Kind, State, Timer
from hub.incidents.steps import Attachment, HistoryLine, TimerRow
from hub.mail.service import MailReceipt, receipts_about
from hub.network import Network
from wire.limits import PACK_TASKS_MAX
from wire.names import format_at
from wire.site_pack import CheckItem, SelfCheckTask


class UnknownIncidentError(Exception):
    """No incident has this id."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything of one incident, for its page."""

    incident: Incident
    history: list[HistoryLine]
    timers: list[TimerRow]
    mails: list[MailReceipt]
    attachments: list[Attachment]


def find_incident(tx: Connection, incident_id: int) -> Incident:
    """One incident.

    Raises:
        UnknownIncidentError: no such incident.
    """
    found = store.find(tx, incident_id)
    if found is None:
        raise UnknownIncidentError(f"there is no incident {incident_id}")
    return found


def list_incidents(
    tx: Connection,
    *,
    states: Collection[State] | None = None,
    sites: frozenset[str] | None = None,
    waybill: str | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Incident]:
    """Incidents, newest first; ``sites``: those that one of these sites searches for."""
    return store.page(tx, states, sites, waybill, before_id, limit)


def next_deadlines(tx: Connection, incident_ids: Collection[int]) -> dict[int, Deadline]:
    """What time will do next to each of these incidents; one that waits for no time is missing."""
    earliest: dict[int, Deadline] = {}
    for row in steps.running_timers(tx, incident_ids):
        if row.due_at is not None and row.incident_id not in earliest:
            earliest[row.incident_id] = Deadline(row.timer, row.due_at)
    return earliest


def incident_about(tx: Connection, subject: str) -> int | None:
    """The newest search about ``<kind>/<parcel, container or site>``, as its alerts name it.

    An alert that is one site's alone says ``@<site>`` behind it.
    """
    kind, _, rest = subject.partition("/")
    name, _, _ = rest.partition("@")
    return store.find_newest(tx, kind, name)


def read_dossier(tx: Connection, incident_id: int) -> Dossier:
    """Everything of one incident.

    Raises:
        UnknownIncidentError: no such incident.
    """
    incident = find_incident(tx, incident_id)
    return Dossier(
        incident,
        steps.history(tx, incident_id),
        steps.timers(tx, incident_id),
        receipts_about(tx, letters.about(incident_id)),
        steps.attachments(tx, incident_id),
    )


def tasks_of(tx: Connection, network: Network, site: str) -> tuple[SelfCheckTask, ...]:
    """The self-checks that a site has not answered yet, oldest first."""
    open_ones = store.page(tx, SEARCHED, {site}, None, None, PACK_TASKS_MAX)
    return tuple(
        _task(tx, network, incident)
        for incident in reversed(open_ones)
        if incident.suspicion.kind is Kind.PARCEL and not _has_answered(tx, incident, site)
    )


def _has_answered(tx: Connection, incident: Incident, site: str) -> bool:
    lines = steps.history(tx, incident.id)
    return any(line.act is Act.CHECKED and line.site == site for line in lines)


def _task(tx: Connection, network: Network, incident: Incident) -> SelfCheckTask:
    suspicion = incident.suspicion
    due = [
        t.due_at or t.fired_at for t in steps.timers(tx, incident.id) if t.timer is Timer.ESCALATE
    ]
    region = network.region_of(suspicion.site)
    local = suspicion.since.astimezone(network.zone_of(suspicion.site)).strftime("%m-%d %H:%M")
    last_site = suspicion.previous_site or suspicion.site
    return SelfCheckTask(
        incident=incident.id,
        waybill=suspicion.subject,
        since=format_at(incident.opened_at),
        due_at=format_at(next((at for at in due if at is not None), incident.opened_at)),
        last_seen_zh=f"最后一次扫描：{last_site}，{local}",
        last_seen_en=f"Last scan: {last_site}, {local}",
        contact=region.operations_contact if region is not None else "–",
        checks=tuple(CheckItem(id=id_, zh=zh, en=en) for id_, zh, en in letters.CHECKLIST),
    )
