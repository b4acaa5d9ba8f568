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
from hub.incidents.rules import (
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
from hub.wanted.service import (
    WantedError,
    entry_id_of,
    find_entry,
    is_high_value_entry,
    put_entry,
    remove_entry,
)
from wire.policy import IncidentPolicy
from wire.wanted import WantedEntry, WantedResult

SYSTEM = "custos"
BANNER_ZH = "疑似遗失件 请截留"
BANNER_EN = "SUSPECTED LOST: HOLD IT"


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
        if suspicion.kind is not Kind.SITE:
            self._put_wanted(tx, incident, incident.sites, WantedResult.WANTED, now)
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
        if row.timer is Timer.FOLLOW_UP:
            self._raise(tx, AlertKind.FOLLOW_UP_LATE, incident, now)
            return
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
        self._put_wanted(tx, incident, None, WantedResult.WANTED, now)
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
        if incident.state is not State.STOPPED:
            self._drop_wanted(tx, incident, (waybill,), now)
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
        store.set_state(tx, incident.id, State.FOUND, now, over=True)
        steps.record(tx, incident.id, Act.FOUND, who, now, site, note)
        self._drop_wanted(tx, incident, incident.suspicion.waybills, now)
        self._close_alerts(tx, incident, now)
        renew_packs(tx, incident.sites)

    # ------------------------------------------------------------ the other rooms

    def stop(self, tx: Connection, incident: Incident, now: datetime) -> None:
        """No scanner lets it pass until it is released (HV-3)."""
        self._put_wanted(tx, incident, None, WantedResult.STOP, now)

    def search_on(self, tx: Connection, incident: Incident, now: datetime) -> None:
        """Released without having been seen: wanted everywhere again, and the time runs on."""
        self._put_wanted(tx, incident, None, WantedResult.WANTED, now)
        due_at = now + timedelta(hours=self.policy.lost_h)
        steps.set_timer(tx, incident.id, Deadline(Timer.LOSE, due_at))

    def end_follow_up(self, tx: Connection, incident: Incident, now: datetime) -> None:
        """Somebody has followed up, late or in time."""
        close_alert(tx, AlertKind.FOLLOW_UP_LATE, subject_of(incident), now)

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

    def _put_wanted(
        self,
        tx: Connection,
        incident: Incident,
        scope: tuple[str, ...] | None,
        result: WantedResult,
        now: datetime,
    ) -> None:
        for waybill in incident.unseen:
            known = find_entry(tx, waybill)
            if known is not None and not self._may_replace(known, incident):
                continue
            entry = WantedEntry(
                id=entry_id_of(waybill),
                waybill=waybill,
                result=result,
                reason=f"事件 {incident.id} / incident {incident.id}",
                banner_zh=BANNER_ZH if result is WantedResult.WANTED else None,
                banner_en=BANNER_EN if result is WantedResult.WANTED else None,
                priority=1,
                owner=owner_of(incident.id),
                scope=scope,
            )
            try:
                put_entry(tx, entry, now)
            except WantedError as error:
                steps.record(tx, incident.id, Act.NOT_WANTED, SYSTEM, now, note=str(error))
                return

    def _may_replace(self, known: WantedEntry, incident: Incident) -> bool:
        # A person's own entry says more than ours; a high-value parcel's mark says less.
        return known.owner == owner_of(incident.id) or is_high_value_entry(known)

    def _drop_wanted(
        self, tx: Connection, incident: Incident, waybills: tuple[str, ...], now: datetime
    ) -> None:
        for waybill in waybills:
            known = find_entry(tx, waybill)
            if known is not None and known.owner == owner_of(incident.id):
                remove_entry(tx, waybill, now)

    def _raise(
        self, tx: Connection, kind: AlertKind, incident: Incident, now: datetime, who: str = ""
    ) -> None:
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
        finding = Finding(
            kind, subject_of(incident), now, waybill=waybill, site=suspicion.site, words=words
        )
        raise_alert(tx, finding, now)

    def _close_alerts(self, tx: Connection, incident: Incident, now: datetime) -> None:
        kinds = (AlertKind.SUSPECT, AlertKind.ESCALATED, AlertKind.LOST, AlertKind.FOLLOW_UP_LATE)
        for kind in kinds:
            close_alert(tx, kind, subject_of(incident), now)


def read(tx: Connection, incident_id: int) -> Incident:
    """An incident that is known to be there.

    Raises:
        LookupError: it is not.
    """
    found = store.find(tx, incident_id)
    if found is None:
        raise LookupError(f"there is no incident {incident_id}")
    return found


def owner_of(incident_id: int) -> str:
    """Who stands in the wanted entries that an incident makes."""
    return f"incident/{incident_id}"


def subject_of(incident: Incident) -> str:
    """What an incident's alerts are about: one of a kind each."""
    return f"{incident.suspicion.kind}/{incident.suspicion.subject}"
