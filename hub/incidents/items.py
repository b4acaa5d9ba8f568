"""Searches as REST shows them. Source: interface (REST), HV-2.11.2."""

from pydantic import BaseModel

from hub.incidents.rules import Kind, State
from hub.incidents.service import Dossier, Incident
from hub.web.context import at_text
from hub.web.evidence import EvidenceItem, SecondLookItem, evidence_item, second_look_item


class IncidentItem(BaseModel):
    """One search, as a list shows it.

    What is expected, ``p_lost``, ``tier``, reasons and ``evidence`` are of ``second_look``, where
    there was one, of a group at the one of its parcels that is the most likely to be lost.
    """

    id: int
    kind: Kind
    subject: str
    waybills: list[str]
    unseen: list[str]
    state: State
    site: str
    previous_site: str | None
    since: str | None
    expected_site: str | None
    expected_by: str | None
    p_lost: float | None
    tier: str
    reasons_zh: list[str]
    reasons_en: list[str]
    evidence: EvidenceItem | None
    second_look: SecondLookItem | None
    opened_at: str | None
    changed_at: str | None


class HistoryItem(BaseModel):
    """One thing that happened."""

    at: str | None
    act: str
    who: str
    site: str | None
    note: str | None


class TimerItem(BaseModel):
    """A timer; ``due_at`` null: it has fired; ``site``: which site's time it is, if one's."""

    timer: str
    site: str | None
    due_at: str | None
    fired_at: str | None


class MailItem(BaseModel):
    """A mail and what the server said of it."""

    message_id: str
    to: list[str]
    state: str
    queued_at: str | None
    sent_at: str | None
    attempts: int
    answer: str | None


class AttachmentItem(BaseModel):
    """A filed document."""

    name: str
    sha256: str
    at: str | None
    who: str


class IncidentPage(BaseModel):
    """Incidents, newest first; ``next`` is the cursor of the next page."""

    items: list[IncidentItem]
    next: str | None


class IncidentDossier(IncidentItem):
    """One search with everything that belongs to it."""

    history: list[HistoryItem]
    timers: list[TimerItem]
    mails: list[MailItem]
    attachments: list[AttachmentItem]


def dossier_of(found: Dossier) -> IncidentDossier:
    """A search with everything that belongs to it."""
    return IncidentDossier(
        **item_of(found.incident).model_dump(),
        history=[
            HistoryItem(at=at_text(h.at), act=h.act, who=h.who, site=h.site, note=h.note)
            for h in found.history
        ],
        timers=[
            TimerItem(
                timer=t.timer, site=t.site, due_at=at_text(t.due_at), fired_at=at_text(t.fired_at)
            )
            for t in found.timers
        ],
        mails=[
            MailItem(
                message_id=mail.message_id,
                to=list(mail.to),
                state=mail.state,
                queued_at=at_text(mail.queued_at),
                sent_at=at_text(mail.sent_at),
                attempts=mail.attempts,
                answer=mail.answer,
            )
            for mail in found.mails
        ],
        attachments=[
            AttachmentItem(name=a.name, sha256=a.sha256, at=at_text(a.at), who=a.who)
            for a in found.attachments
        ],
    )


def item_of(incident: Incident) -> IncidentItem:
    """A search as a list shows it."""
    suspicion, look = incident.newest, incident.look
    return IncidentItem(
        id=incident.id,
        kind=suspicion.kind,
        subject=suspicion.subject,
        waybills=list(suspicion.waybills),
        unseen=list(incident.unseen),
        state=incident.state,
        site=suspicion.site,
        previous_site=suspicion.previous_site,
        since=at_text(suspicion.since),
        expected_site=suspicion.expected_site,
        expected_by=at_text(suspicion.expected_by),
        p_lost=suspicion.p_lost,
        tier=suspicion.tier,
        reasons_zh=list(suspicion.reasons_zh),
        reasons_en=list(suspicion.reasons_en),
        evidence=evidence_item(suspicion.evidence),
        second_look=second_look_item(look, incident.suspicion.tier, incident.suspicion.evidence),
        opened_at=at_text(incident.opened_at),
        changed_at=at_text(incident.changed_at),
    )
