"""The search itself: what each step of it does to the other rooms.

Everything here happens in the caller's transaction: state, history, timers, the wanted entry, the
alert and the mail's row, or none of them. Source: HV-2.11.2, HV-3, design section 7.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.incidents import letters, steps, store
from hub.incidents.listing import settle
from hub.incidents.rules import (
    OPEN,
    Act,
    Deadline,
    Incident,
    Kind,
    State,
    Suspicion,
    Timer,
    first_deadlines,
    name_of,
    state_after_scan,
    state_after_timer,
)
from hub.incidents.steps import TimerRow
from hub.mail.service import Mail, MailQueue
from hub.network import Network
from hub.packs.service import renew_packs
from hub.parcels.service import note_lost
from hub.wanted.service import WantedError
from wire.policy import IncidentPolicy

SYSTEM = "custos"


_KINDS = (AlertKind.SUSPECT, AlertKind.ESCALATED, AlertKind.LOST, AlertKind.EXCEPTION)
"""Alerts that end with the incident; those of one site's follow-up do, too."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search needs of the house; made once by the composition root."""

    policy: IncidentPolicy
    network: Network
    mails: MailQueue

    # ------------------------------------------------------------ begin

    def begin(self, tx: Connection, suspicion: Suspicion, now: datetime, who: str) -> int:
        """Open an incident, or return the one that is open for this subject."""
        known = store.find_open(tx, suspicion.kind, suspicion.subject)
        if known is not None:
            return known.id
        incident_id = store.add(tx, suspicion, now)
        incident = read(tx, incident_id)
        steps.record(tx, incident_id, Act.OPENED, who, now, suspicion.site)
        for deadline in first_deadlines(suspicion.kind, now, self.policy):
            steps.set_timer(tx, incident_id, deadline)
        self._raise(tx, AlertKind.SUSPECT, incident, now)
        self._settle(tx, incident, now)
        if suspicion.kind is not Kind.SITE:
            self._ask_previous_link(tx, incident, now)
        renew_packs(tx, incident.sites)
        return incident_id

    def _ask_previous_link(self, tx: Connection, incident: Incident, now: datetime) -> None:
        site = incident.suspicion.previous_site
        if site is None:
            return
        zone = self.network.zone_of(site)
        self.write(
            tx,
            incident,
            self.contacts_of(site),
            lambda to: letters.ask_previous_link(incident, to, zone),
            site,
            now,
        )

    # ------------------------------------------------------------ time

    def fire(self, tx: Connection, row: TimerRow, now: datetime) -> None:
        """Do what a due timer asks for; it never fires again."""
        steps.set_fired(tx, row, now)
        incident = read(tx, row.incident_id)
        if row.timer is Timer.FOLLOW_UP and incident.state in OPEN:
            self._raise(tx, AlertKind.FOLLOW_UP_LATE, incident, now, site=row.site)
        state = state_after_timer(incident.state, row.timer)
        if state is State.ESCALATED:
            self._escalate(tx, incident, now)
        elif state is State.LOST:
            self.lose(tx, incident, SYSTEM, None, now)

    def _escalate(self, tx: Connection, incident: Incident, now: datetime) -> None:
        store.set_state(tx, incident.id, State.ESCALATED, now, over=False)
        steps.record(tx, incident.id, Act.ESCALATED, SYSTEM, now)
        due_at = now + timedelta(hours=self.policy.lost_h)
        steps.set_timer(tx, incident.id, Deadline(Timer.LOSE, due_at))
        # The region looks everywhere, not only at the two sites that did not find it.
        self._settle(tx, incident, now)
        answers = [
            f"{line.site or '–'} {line.who}: {line.note or '–'}"
            for line in steps.history(tx, incident.id)
            if line.act is Act.CHECKED
        ]
        regions = {
            region.code: (region.operations_contact, site)
            for site in reversed(incident.sites)
            if (region := self.network.region_of(site)) is not None
        }
        for code, (contact, site) in sorted(regions.items()):
            zone = self.network.zone_of(site)
            mail = letters.report_to_region(incident, (contact,), code, answers, zone)
            self.mails.put(tx, mail, now)
        for site in incident.sites:
            if self.network.region_of(site) is None:
                steps.record(tx, incident.id, Act.NO_CONTACT, SYSTEM, now, site)
        self._raise(tx, AlertKind.ESCALATED, incident, now)

    def lose(
        self, tx: Connection, incident: Incident, who: str, note: str | None, now: datetime
    ) -> None:
        """Count a parcel as lost; it stays wanted everywhere, and any scan finds it."""
        store.set_state(tx, incident.id, State.LOST, now, over=True)
        steps.record(tx, incident.id, Act.LOST, who, now, note=note)
        steps.end_timers(tx, incident.id, tuple(Timer))
        for waybill in incident.unseen:
            note_lost(tx, waybill, now)
        self._close_alerts(tx, incident, now)
        self._raise(tx, AlertKind.LOST, incident, now, who=who)
        renew_packs(tx, incident.sites)

    # ------------------------------------------------------------ scans

    def see(
        self, tx: Connection, incident_id: int, waybill: str, site: str, at: datetime, now: datetime
    ) -> None:
        """A parcel of the incident was scanned at ``site``; ``at`` is event time."""
        store.set_seen(tx, incident_id, waybill, at)
        incident = read(tx, incident_id)
        steps.record(tx, incident_id, Act.SEEN, SYSTEM, now, site, waybill)
        self._settle(tx, incident, now, (waybill,))
        if state_after_scan(incident.state, len(incident.unseen)) is State.FOUND:
            self.find(tx, incident, SYSTEM, site, None, now)

    def find(
        self,
        tx: Connection,
        incident: Incident,
        who: str,
        site: str | None,
        note: str | None,
        now: datetime,
    ) -> None:
        """The search is over: everything that it set in motion comes to rest."""
        steps.record(tx, incident.id, Act.FOUND, who, now, site, note)
        self.rest(tx, incident, now)

    def rest(self, tx: Connection, incident: Incident, now: datetime) -> None:
        """Found, or an anomaly's release: nothing of the incident asks anybody any more."""
        store.set_state(tx, incident.id, State.FOUND, now, over=True)
        steps.end_timers(tx, incident.id, tuple(Timer))
        self._settle(tx, incident, now)
        self._close_alerts(tx, incident, now)
        renew_packs(tx, incident.sites)

    # ------------------------------------------------------------ stop and release

    def stop(
        self, tx: Connection, incident: Incident, who: str, note: str | None, now: datetime
    ) -> bool:
        """No scanner lets its parcels pass until it is released (HV-3); say whether that holds."""
        store.set_state(tx, incident.id, State.STOPPED, now, over=False)
        steps.record(tx, incident.id, Act.STOPPED, who, now, note=note)
        steps.end_timers(tx, incident.id, (Timer.ESCALATE, Timer.LOSE))
        return self._settle(tx, incident, now)

    def search_on(self, tx: Connection, incident: Incident, state: State, now: datetime) -> None:
        """Released without having been seen: the search goes on in ``state``, its time anew.

        The hour of a self-check runs from its beginning (HV-2.11.2): when it is over by now, the
        timer is due at once and tells the region as ever.
        """
        store.set_state(tx, incident.id, state, now, over=False)
        self._settle(tx, incident, now)
        if state is State.ESCALATED:
            due_at = now + timedelta(hours=self.policy.lost_h)
            steps.set_timer(tx, incident.id, Deadline(Timer.LOSE, due_at))
            return
        for deadline in first_deadlines(incident.suspicion.kind, incident.opened_at, self.policy):
            steps.set_timer(tx, incident.id, deadline)

    # ------------------------------------------------------------ the other rooms

    def end_follow_up(self, tx: Connection, incident: Incident, site: str, now: datetime) -> None:
        """A site has followed up, late or in time."""
        steps.end_follow_up(tx, incident.id, site)
        close_alert(tx, AlertKind.FOLLOW_UP_LATE, subject_of(incident, site), now)

    def contacts_of(self, site: str) -> tuple[str, ...]:
        """A site's addresses, or those of the nearest site above it that has any."""
        found = self.network.sites.get(site)
        while found is not None and not found.contacts and found.superior is not None:
            found = self.network.sites.get(found.superior)
        return () if found is None else found.contacts

    def write(
        self,
        tx: Connection,
        incident: Incident,
        to: tuple[str, ...],
        letter: Callable[[tuple[str, ...]], Mail],
        site: str | None,
        now: datetime,
    ) -> None:
        """Queue a letter, or record that there is nobody to send it to."""
        if to:
            self.mails.put(tx, letter(to), now)
        else:
            steps.record(tx, incident.id, Act.NO_CONTACT, SYSTEM, now, site)

    def _settle(
        self,
        tx: Connection,
        incident: Incident,
        now: datetime,
        waybills: tuple[str, ...] | None = None,
    ) -> bool:
        """Bring the wanted list up to date; where it takes no more, that is in the history."""
        try:
            settle(tx, incident.suspicion.waybills if waybills is None else waybills, now)
        except WantedError as error:
            steps.record(tx, incident.id, Act.NOT_WANTED, SYSTEM, now, note=str(error))
            return False
        return True

    def _raise(
        self,
        tx: Connection,
        kind: AlertKind,
        incident: Incident,
        now: datetime,
        who: str = "",
        site: str | None = None,
    ) -> None:
        """``site``: the alert is this one's alone, one of several that an incident can have."""
        suspicion = incident.suspicion
        zh, en = name_of(suspicion)
        words = {
            "what_zh": zh,
            "what_en": en,
            "reason_zh": "；".join(suspicion.reasons_zh),
            "reason_en": "; ".join(suspicion.reasons_en),
            "who": who,
        }
        waybill = suspicion.subject if suspicion.kind is Kind.PARCEL else None
        at = site or suspicion.site
        finding = Finding(
            kind, subject_of(incident, site), now, waybill=waybill, site=at, words=words
        )
        raise_alert(tx, finding, now)

    def _close_alerts(self, tx: Connection, incident: Incident, now: datetime) -> None:
        for kind in _KINDS:
            close_alert(tx, kind, subject_of(incident), now)
        for line in steps.history(tx, incident.id):
            if line.act is Act.TRIAGED:
                subject = subject_of(incident, line.site)
                close_alert(tx, AlertKind.FOLLOW_UP_LATE, subject, now)


def read(tx: Connection, incident_id: int) -> Incident:
    """An incident that is known to be there.

    Raises:
        LookupError: it is not.
    """
    found = store.find(tx, incident_id)
    if found is None:
        raise LookupError(f"there is no incident {incident_id}")
    return found


def subject_of(incident: Incident, site: str | None = None) -> str:
    """What an incident's alerts are about: one of a kind each, or one of a kind and site."""
    subject = f"{incident.suspicion.kind}/{incident.suspicion.subject}"
    return subject if site is None else f"{subject}@{site}"
