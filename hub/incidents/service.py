"""Open, work and read incidents. The caller owns the transaction.

Source: HV-2.11.2, HV-3, HV-3a, design section 7.

    UnknownIncidentError    no incident has this id              (hub.incidents.reading)
    IncidentError           the act does not fit its state       (hub.incidents.rules)
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.incidents import letters, steps, store
from hub.incidents.answers import Answer, record_answer
from hub.incidents.letters import CHECKLIST
from hub.incidents.reading import (
    Dossier,
    UnknownIncidentError,
    find_incident,
    incident_about,
    list_incidents,
    next_deadlines,
    read_dossier,
    tasks_of,
)
from hub.incidents.rules import (
    NOTE_CHARS_MAX,
    OPEN,
    REASON_CHARS_MAX,
    SEARCHED,
    Act,
    Deadline,
    Incident,
    IncidentError,
    Kind,
    State,
    Suspicion,
    Timer,
    TriageLevel,
    check_act,
    sites_of,
    state_after_release,
)
from hub.incidents.search import SYSTEM, Search, read
from hub.incidents.second_looks import Told, note_look, searched_among
from hub.incidents.steps import Attachment, HistoryLine, TimerRow
from hub.keys import NONCE_BYTES

__all__ = [
    "CHECKLIST",
    "NOTE_CHARS_MAX",
    "OPEN",
    "REASON_CHARS_MAX",
    "SEARCHED",
    "Act",
    "Answer",
    "Attachment",
    "Deadline",
    "Dossier",
    "HistoryLine",
    "Incident",
    "IncidentError",
    "Kind",
    "Search",
    "State",
    "Suspicion",
    "Timer",
    "TimerRow",
    "Told",
    "TriageLevel",
    "UnknownIncidentError",
    "find_incident",
    "incident_about",
    "list_incidents",
    "may_follow",
    "next_deadlines",
    "note_look",
    "read_dossier",
    "searched_among",
    "see_parcel",
    "sites_of",
    "tasks_of",
]

TIMERS_PER_TURN_MAX = 100


@dataclass(frozen=True, slots=True)
class Triage:
    """Monitoring staff's analysis: which link was abnormal, and who must follow up."""

    level: TriageLevel
    abnormal_site: str
    note: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the responsible person of a site did about the abnormal link, and what came of it."""

    site: str
    note: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be filed; ``police`` also tells the region's claims contact (HV-3a)."""

    name: str
    content: bytes
    police: bool
    note: str


@dataclass(frozen=True, slots=True)
class IncidentDuty:
    """Fires the timers that are due, a bounded number at a turn."""

    search: Search
    name = "incidents"

    def run(self, tx: Connection, now: datetime) -> None:
        """Each timer once: its effects and its end are one transaction."""
        for row in steps.due_timers(tx, now, TIMERS_PER_TURN_MAX):
            self.search.fire(tx, row, now)


def see_parcel(
    tx: Connection, search: Search, waybill: str, site: str, at: datetime, now: datetime
) -> None:
    """A parcel was seen at a site under another number than the one that is searched for."""
    for incident_id, _, since in store.awaiting(tx, [waybill]):
        # As of a scan: one from before the suspicion's last shows nothing new.
        if at > since:
            search.see(tx, incident_id, waybill, site, at, now)


# ---------------------------------------------------------------- suspicions


def open_incident(
    tx: Connection, search: Search, suspicion: Suspicion, now: datetime, who: str = SYSTEM
) -> int:
    """Begin a search; the one that is on for this subject is returned as it is."""
    return search.begin(tx, suspicion, now, who)


def end_silence(tx: Connection, search: Search, site: str, now: datetime) -> bool:
    """A silent site is heard again; say whether there was an incident of it."""
    incident = store.find_open(tx, Kind.SITE, site)
    if incident is None:
        return False
    search.find(tx, incident, "custos", site, None, now)
    return True


# ---------------------------------------------------------------- people's acts


def may_follow(incident: Incident, act: Act) -> bool:
    """Say whether a person's act fits an incident as it stands, so that it can be offered."""
    try:
        check_act(incident.suspicion.kind, incident.state, act)
    except IncidentError:
        return False
    return True


def answer_self_check(tx: Connection, incident_id: int, answer: Answer, now: datetime) -> Incident:
    """A site has looked.

    Raises:
        UnknownIncidentError: no such incident.
        IncidentError: the search is over, or the site takes no part in it.
    """
    incident = find_incident(tx, incident_id)
    check_act(incident.suspicion.kind, incident.state, Act.CHECKED)
    if answer.site not in incident.sites:
        raise IncidentError(f"{answer.site} takes no part in this search")
    record_answer(tx, incident, answer, now)
    return read(tx, incident_id)


def triage(
    tx: Connection, search: Search, incident_id: int, found: Triage, who: str, now: datetime
) -> Incident:
    """Confirm the abnormal link and send it to the responsible site (HV-2.11.2.2).

    Raises:
        UnknownIncidentError: no such incident.
        IncidentError: the search is over.
    """
    incident = find_incident(tx, incident_id)
    check_act(incident.suspicion.kind, incident.state, Act.TRIAGED)
    note = f"{found.level}: {found.note}"
    number = steps.record(tx, incident_id, Act.TRIAGED, who, now, found.abnormal_site, note)
    search.write(
        tx,
        incident,
        search.contacts_of(found.abnormal_site),
        lambda to: letters.assign(
            incident, to, number, found.level, found.abnormal_site, found.note
        ),
        found.abnormal_site,
        now,
    )
    due_at = now + timedelta(minutes=search.policy.follow_up_min)
    steps.set_timer(tx, incident_id, Deadline(Timer.FOLLOW_UP, due_at, found.abnormal_site))
    return incident


def follow_up(
    tx: Connection, search: Search, incident_id: int, done: FollowUp, who: str, now: datetime
) -> Incident:
    """The responsible person of a site has followed up; another site still has to.

    Raises:
        UnknownIncidentError: no such incident.
        IncidentError: the search is over, or nobody has asked this site.
    """
    incident = find_incident(tx, incident_id)
    check_act(incident.suspicion.kind, incident.state, Act.FOLLOWED_UP)
    if not steps.was_done(tx, incident_id, Act.TRIAGED, done.site):
        raise IncidentError(f"nobody has asked {done.site} to follow up")
    steps.record(tx, incident_id, Act.FOLLOWED_UP, who, now, done.site, done.note)
    search.end_follow_up(tx, incident, done.site, now)
    return incident


def stop(
    tx: Connection, search: Search, incident_id: int, who: str, note: str, now: datetime
) -> Incident:
    """No scanner lets its parcels pass any more, those of a group that were seen too (HV-3).

    Raises:
        UnknownIncidentError: no such incident.
        IncidentError: there is nothing to stop, or the wanted list takes no more; roll back.
    """
    incident = find_incident(tx, incident_id)
    check_act(incident.suspicion.kind, incident.state, Act.STOPPED)
    if not search.stop(tx, incident, who, note, now):
        raise IncidentError("the wanted list takes no more entries: nothing is stopped")
    return read(tx, incident_id)


def release(
    tx: Connection, search: Search, incident_id: int, who: str, note: str, now: datetime
) -> Incident:
    """The parcel may go on; unseen so far, it is searched for again.

    Raises:
        UnknownIncidentError: no such incident.
        IncidentError: it was not stopped.
    """
    incident = find_incident(tx, incident_id)
    check_act(incident.suspicion.kind, incident.state, Act.RELEASED)
    was_escalated = steps.was_done(tx, incident_id, Act.ESCALATED)
    state = state_after_release(is_seen=not incident.unseen, was_escalated=was_escalated)
    steps.record(tx, incident_id, Act.RELEASED, who, now, note=note)
    if incident.suspicion.kind is Kind.ANOMALY:
        search.rest(tx, incident, now)
    elif state is State.FOUND:
        search.find(tx, incident, who, None, None, now)
    else:
        search.search_on(tx, incident, state, now)
    return read(tx, incident_id)


def confirm_lost(
    tx: Connection, search: Search, incident_id: int, who: str, note: str, now: datetime
) -> Incident:
    """A person declares it lost.

    Raises:
        UnknownIncidentError: no such incident.
        IncidentError: the search has not gone to the region, or is over.
    """
    incident = find_incident(tx, incident_id)
    check_act(incident.suspicion.kind, incident.state, Act.LOST)
    search.lose(tx, incident, who, note, now)
    return read(tx, incident_id)


def attach(
    tx: Connection, search: Search, incident_id: int, document: Document, who: str, now: datetime
) -> str:
    """File a document, encrypted; return its SHA-256.

    Raises:
        UnknownIncidentError: no such incident.
    """
    incident = find_incident(tx, incident_id)
    sha256 = hashlib.sha256(document.content).hexdigest()
    nonce = search.mails.random_bytes(NONCE_BYTES)
    context = _attachment_context(incident_id, sha256)
    encrypted = search.mails.cipher.encrypt(document.content, context, nonce)
    number = steps.add_attachment(tx, incident_id, who, document.name, sha256, encrypted, now)
    steps.record(tx, incident_id, Act.ATTACHED, who, now, note=f"{document.name}: {document.note}")
    if document.police:
        region = search.network.region_of(incident.suspicion.site)
        to = () if region is None else (region.claims_contact,)
        search.write(
            tx,
            incident,
            to,
            lambda to: letters.tell_claims(incident, to, number, document.name, document.note),
            incident.suspicion.site,
            now,
        )
    return sha256


def read_attachment(tx: Connection, search: Search, incident_id: int, sha256: str) -> bytes | None:
    """A filed document's content."""
    encrypted = steps.attachment(tx, incident_id, sha256)
    if encrypted is None:
        return None
    return search.mails.cipher.decrypt(encrypted, _attachment_context(incident_id, sha256))


def _attachment_context(incident_id: int, sha256: str) -> str:
    return f"incident/{incident_id}/{sha256}"
