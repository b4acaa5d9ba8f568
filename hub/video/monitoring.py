"""Make the monitoring logs, send them to the department above, and tell of what is missing.

Source: HV-2.11.3: playback is viewed daily at hubs; how many branches, their dispatch centre
decides, so a branch's log is made where somebody viewed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.alerts.service import AlertKind, Finding, close_alert, raise_alert
from hub.mail.service import Mail, MailQueue, MailState, receipts_about
from hub.network import HUB_KINDS, Network, Site
from hub.video.looks import FootageLook, TakenClip, clips_of, looks_of
from hub.video.rules.monitoring import (
    LINES_MAX,
    Log,
    Period,
    Taken,
    Viewed,
    days_due,
    log_document,
    log_text,
    month_due,
)
from hub.video.store import clips, footage, logs, looks
from hub.video.store.logs import MadeLog
from wire.policy import MonitoringPolicy

EVERY = timedelta(minutes=1)
UNSENT_PER_TURN_MAX = 200


@dataclass(slots=True)
class MonitoringDuty:
    """Looks once a minute for logs that are to be made, were sent, or are late."""

    network: Network
    policy: MonitoringPolicy
    mails: MailQueue
    name = "monitoring"
    _due_at: datetime | None = None

    def run(self, tx: Connection, now: datetime) -> None:
        """Make what is due, then follow what is on its way."""
        if self._due_at is not None and now < self._due_at:
            return
        self._due_at = now + EVERY
        for code in self.network.channels_of:
            site = self.network.sites.get(code)
            if site is not None:
                self._make_due(tx, site, now)
        for each in logs.unsent(tx, UNSENT_PER_TURN_MAX):
            self._follow(tx, each, now)

    def _make_due(self, tx: Connection, site: Site, now: datetime) -> None:
        for period in self._periods_due(tx, site, now):
            log = _log_of(tx, site, period)
            is_due = self._was_to_view(tx, site, period.since, period.until)
            if log.views_total or log.clips_total or is_due:
                self._make(tx, site, log, now)
                if period.is_day and is_due and not log.views_total:
                    _tell_missed(tx, site, period, now)

    def _periods_due(self, tx: Connection, site: Site, now: datetime) -> list[Period]:
        """The month before, and the days since the last log: the hub may have been down then."""
        zone = self.network.zone_of(site.code)
        month = month_due(now, zone, self.policy)
        due = [] if logs.has(tx, site.code, month.name) else [month]
        made = logs.last_day(tx, site.code, before=now.astimezone(zone).date().isoformat())
        days = days_due(now, zone, self.policy, made)
        # Where nothing is to be told, a turn is one look and not one for each day.
        if days and self._was_anything(tx, site, days[0].since, days[-1].until):
            due = [*days, *due]
        return due

    def _was_anything(self, tx: Connection, site: Site, since: datetime, until: datetime) -> bool:
        when = (site.code, since, until)
        return (
            bool(looks.count_by_person(tx, *when))
            or clips.count_of_site(tx, *when) > 0
            or self._was_to_view(tx, site, since, until)
        )

    def _was_to_view(self, tx: Connection, site: Site, since: datetime, until: datetime) -> bool:
        """Say whether somebody had to: a site that recorded nothing then had nothing to view."""
        return site.kind in HUB_KINDS and any(
            footage.is_any_between(tx, site.code, each.camera, since, until)
            for each in self.network.channels_of[site.code]
        )

    def _make(self, tx: Connection, site: Site, log: Log, now: datetime) -> None:
        zone, period = self.network.zone_of(site.code), log.period
        text_zh, text_en = log_text(log, zone)
        mail = Mail(
            key=_about(site.code, period.name),
            about=_about(site.code, period.name),
            to=self._department_above(site),
            subject_zh=f"[Custos] 监控记录 {site.code} {period.name}",
            subject_en=f"monitoring log {site.code} {period.name}",
            text_zh=text_zh,
            text_en=text_en,
        )
        self.mails.put(tx, mail, now)
        due_at, total = period.due_at, log.views_total
        made = MadeLog(site.code, period.name, total, now, due_at, None, alarm_at=due_at)
        logs.add(tx, made, log_document(log, zone))

    def _department_above(self, site: Site) -> tuple[str, ...]:
        above = None if site.superior is None else self.network.sites[site.superior]
        if above is not None and above.contacts:
            return above.contacts
        return (self.network.regions[site.region].operations_contact,)

    def _follow(self, tx: Connection, log: MadeLog, now: datetime) -> None:
        about = _about(log.site, log.period)
        sent = [r.sent_at for r in receipts_about(tx, about) if r.state is MailState.SENT]
        if sent:
            logs.change(tx, log, sent_at=sent[0] or now, alarm_at=None)
            close_alert(tx, AlertKind.MONITORING_LOG_LATE, f"{log.site}/{log.period}", now)
        elif log.alarm_at is not None and log.alarm_at <= now:
            local = log.due_at.astimezone(self.network.zone_of(log.site))
            words = {"period": log.period, "at": f"{local:%m-%d %H:%M}"}
            subject = f"{log.site}/{log.period}"
            finding = Finding(
                AlertKind.MONITORING_LOG_LATE, subject, log.due_at, site=log.site, words=words
            )
            raise_alert(tx, finding, now)
            logs.change(tx, log, alarm_at=None)


def _log_of(tx: Connection, site: Site, period: Period) -> Log:
    when = (site.code, period.since, period.until)
    return Log(
        site.code,
        site.name,
        period,
        tuple(_viewed(each) for each in reversed(looks_of(tx, *when)[:LINES_MAX])),
        looks.count_by_person(tx, *when),
        # Taken the day after its look, a clip stands in that day's log.
        tuple(_taken(each) for each in reversed(clips_of(tx, *when)[:LINES_MAX])),
        clips.count_of_site(tx, *when),
    )


def _tell_missed(tx: Connection, site: Site, period: Period, now: datetime) -> None:
    words = {"day": period.name}
    subject = f"{site.code}/{period.name}"
    finding = Finding(AlertKind.PLAYBACK_MISSED, subject, period.since, site=site.code, words=words)
    raise_alert(tx, finding, now)


def _about(site: str, period: str) -> str:
    return f"monitoring/{site}/{period}"


def _taken(clip: TakenClip) -> Taken:
    return Taken(
        *(clip.who, clip.camera, clip.since, clip.until, clip.at, clip.purpose, clip.sha256)
    )


def _viewed(look: FootageLook) -> Viewed:
    found = look.finding
    return Viewed(
        look.who,
        look.camera,
        look.since,
        look.until,
        look.at,
        look.purpose,
        None if found is None else found.safe_at_rest,
        None if found is None else found.standard_placement,
        "" if found is None else found.note,
    )
