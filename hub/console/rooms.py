"""The rooms as the console reads them: each call is one short transaction, no SQL here."""

from datetime import timedelta

from sqlalchemy import Connection

from hub.access.service import Caller
from hub.alerts.service import (
    Act,
    Alert,
    AlertState,
    UnknownAlertError,
    alert_history,
    alerts_by_ids,
    answer_alert,
    get_alert,
    list_alerts,
)
from hub.console.rules import CARDS_KEPT_MAX
from hub.console.seam import NotAllowedError, may_answer
from hub.console.views import (
    Card,
    Changes,
    Decision,
    Declared,
    EdgeSight,
    Health,
    HistoryLine,
    Ingest,
    Level,
    Moment,
    ParcelSight,
    ScanLine,
    ScanTimes,
    Seen,
    State,
)
from hub.db import outbox
from hub.db.outbox import NewsTopic
from hub.heartbeat import Role, heartbeats, is_alive
from hub.ingest.service import EventFilter, EventView, edges, events, newest_event_at
from hub.parcels.service import find_parcel, may_see
from hub.web.context import HubContext
from wire.events import Scan

SCANS_SHOWN_MAX = 200
"""A parcel's newest scans that its page shows."""
CARDS_SHOWN_MAX = 50
"""A parcel's newest alerts that its page shows."""


class DatabaseRooms:
    """The hub's own rooms; see ``seam.Rooms``."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def changes(self, after: int | None) -> Changes:
        """Cards that changed after a news id; None asks for the whole wall."""
        with self._hub.database.reading() as tx:
            if after is None:
                newest = outbox.newest_id(tx)
                return Changes(newest, self._cards(tx, _unclosed(tx)))
            news = outbox.news_after(tx, after)
            ids = sorted({item.subject_id for item in news if item.topic is NewsTopic.ALERT})
            cards = self._cards(tx, alerts_by_ids(tx, ids)) if ids else ()
            return Changes(news[-1].id if news else after, cards)

    def health(self) -> Health:
        """How the hub and its edges are, now."""
        now = self._hub.clock.now()
        silent_after = timedelta(seconds=self._hub.policy.link.hub_silent_s)
        with self._hub.database.reading() as tx:
            ingest = heartbeats(tx).get(Role.INGEST)
            last_event_at = newest_event_at(tx)
            sights = tuple(
                EdgeSight(
                    site=edge.site,
                    edge=edge.edge,
                    heard_at=edge.last_state_at,
                    is_online=edge.connected
                    and edge.last_state_at is not None
                    and now - edge.last_state_at < silent_after,
                    depth=0 if edge.state is None else edge.state.depth,
                )
                for edge in edges(tx)
            )
        if ingest is None or not is_alive(ingest, now, self._hub.clock.rate):
            state = Ingest.DOWN
        else:
            state = Ingest.DEAF if ingest.listening_since is None else Ingest.LISTENING
        return Health(now, state, last_event_at, sights)

    def history(self, alert_id: int) -> tuple[HistoryLine, ...]:
        """What was done to an alert, oldest first."""
        with self._hub.database.reading() as tx:
            found = alert_history(tx, alert_id)
        return tuple(HistoryLine(each.at, each.act, each.who, each.reason) for each in found)

    def parcel(self, waybill: str, caller: Caller) -> ParcelSight:
        """What is recorded of a waybill and is the caller's business, be it nothing."""
        with self._hub.database.reading() as tx:
            if not may_see(tx, caller, waybill):
                return ParcelSight(waybill, None, None, None, 0, (), ())
            known = find_parcel(tx, waybill)
            scans = self._scans(tx, waybill, caller.sites)
            alerts = list_alerts(tx, waybill=waybill, sites=caller.sites, limit=CARDS_SHOWN_MAX)
            cards = self._cards(tx, alerts)
        declared = None if known is None else known.declaration
        seen = None if known is None else known.seen
        return ParcelSight(
            waybill=waybill,
            declared=None
            if declared is None
            else Declared(declared.declared_value_cny, declared.origin, declared.destination),
            first=None if seen is None else Seen(seen.first.site, seen.first.at),
            last=None if seen is None else Seen(seen.last.site, seen.last.at),
            count=len(scans) if seen is None else max(seen.scans, len(scans)),
            scans=scans,
            cards=cards,
        )

    def answer(self, alert_id: int, decision: Decision, caller: Caller, reason: str | None) -> None:
        """Record a person's act; see ``seam.Rooms`` for what it raises."""
        if not may_answer(caller):
            raise NotAllowedError
        with self._hub.database.writing() as tx:
            if not caller.sees(get_alert(tx, alert_id).site):
                raise UnknownAlertError(f"there is no alert {alert_id}")
            now = self._hub.clock.now()
            answer_alert(tx, alert_id, Act(decision), caller.name, reason, now)

    def _scans(
        self, tx: Connection, waybill: str, sites: frozenset[str] | None
    ) -> tuple[ScanLine, ...]:
        wanted = EventFilter(waybill=waybill, sites=sites, kind="scan")
        newest = events(tx, wanted, self._hub.keys.bodies, limit=SCANS_SHOWN_MAX, newest_first=True)
        lines = [line for view in newest if (line := _scan_line(view)) is not None]
        # Late ones take the place of their own time; inside a spool the order is the edge's.
        return tuple(sorted(lines, key=lambda line: (line.at, line.site, line.edge, line.seq)))

    def _cards(self, tx: Connection, alerts: list[Alert]) -> tuple[Card, ...]:
        return tuple(self._card(tx, alert) for alert in alerts)

    def _card(self, tx: Connection, alert: Alert) -> Card:
        declared = None
        moment = None
        if alert.waybill is not None:
            parcel = find_parcel(tx, alert.waybill)
            declared = None if parcel is None else parcel.declaration
            moment = self._moment(tx, alert.waybill, alert.site)
        return Card(
            id=alert.id,
            kind=alert.kind,
            level=Level(alert.level),
            state=State(alert.state),
            subject=alert.subject,
            waybill=alert.waybill,
            site=alert.site,
            raised_at=alert.raised_at,
            last_at=alert.last_at,
            late=alert.late,
            count=alert.count,
            text_zh=alert.text_zh,
            text_en=alert.text_en,
            value_cny=None if declared is None else declared.declared_value_cny,
            moment=moment,
        )

    def _moment(self, tx: Connection, waybill: str, site: str | None) -> Moment | None:
        wanted = EventFilter(waybill=waybill, site=site, kind="scan")
        found = events(tx, wanted, self._hub.keys.bodies, limit=1, newest_first=True)
        line = _scan_line(found[0]) if found else None
        if line is None:
            return None
        return Moment(
            site=line.site,
            edge=line.edge,
            place=line.place,
            step=line.step,
            by=line.by,
            device=line.device,
            source=line.source,
            list_version=line.list_version,
        )


def _unclosed(tx: Connection) -> list[Alert]:
    states = (AlertState.OPEN, AlertState.ACKED)
    return [a for state in states for a in list_alerts(tx, state=state, limit=CARDS_KEPT_MAX)]


def _scan_line(view: EventView) -> ScanLine | None:
    scan, stored, feedback = view.event, view.stored, view.feedback
    if not isinstance(scan, Scan):
        return None
    return ScanLine(
        site=scan.site,
        edge=scan.edge,
        spool=scan.spool,
        seq=scan.seq,
        at=stored.occurred_at,
        received_at=stored.received_at,
        late=stored.late,
        doubted=stored.doubted,
        place=scan.place,
        step=scan.step,
        by=scan.by,
        container=scan.container,
        device=scan.device,
        source=scan.source,
        result=scan.result,
        signal=None if feedback is None else feedback.signal,
        repeats=0 if feedback is None else feedback.repeats,
        maybe_repeat_of=scan.maybe_repeat_of,
        list_version=scan.list_version,
        list_age_s=scan.list_age_s,
        symbology=scan.symbology,
        aim=scan.aim,
        code_hex=scan.code_hex,
        clock_error_ms=scan.clock.error_ms,
        times=ScanTimes(
            decode_us=scan.timing_us.decode,
            verdict_us=scan.timing_us.verdict,
            commit_us=None if feedback is None else feedback.commit_us,
            feedback_us=None if feedback is None else feedback.feedback_us,
        ),
    )
