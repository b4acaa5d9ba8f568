"""The wall as it reads and works the rooms: each call is one short transaction, no SQL here."""

from datetime import timedelta

from sqlalchemy import Connection

from hub.access.service import Caller
from hub.alerts.service import (
    Act,
    Alert,
    AlertKind,
    AlertState,
    UnknownAlertError,
    alert_history,
    alerts_by_ids,
    answer_alert,
    get_alert,
    list_alerts,
)
from hub.console.reading import find_still, read_card
from hub.console.rules import CARDS_KEPT_MAX, next_on_route, previous_on_route
from hub.console.seam import NotAllowedError, may_answer
from hub.console.views import (
    Brief,
    Card,
    Changes,
    Decision,
    EdgeSight,
    Health,
    HistoryLine,
    Holding,
    Ingest,
    Level,
    Seen,
)
from hub.custody.service import last_holder
from hub.db import outbox
from hub.db.outbox import NewsTopic
from hub.heartbeat import Role, heartbeats, is_alive
from hub.incidents.service import (
    OPEN,
    REASON_CHARS_MAX,
    Kind,
    Suspicion,
    incident_about,
    list_incidents,
    open_incident,
)
from hub.ingest.service import edges, newest_event_at
from hub.parcels.service import Sighting, last_seen, planned_routes
from hub.web.context import HubContext

ABOUT_INCIDENTS = frozenset(
    {AlertKind.SUSPECT, AlertKind.ESCALATED, AlertKind.LOST, AlertKind.FOLLOW_UP_LATE}
)
"""Kinds of alerts whose subject is a search's own."""
TIER_PERSON = "person"
"""Where a scorer would stand: somebody has begun this search."""


class NowhereSeenError(Exception):
    """No site can be asked to look: the parcel was scanned nowhere."""


class WallDesk:
    """Reads and answers alerts for the wall; see ``seam.News`` for what the feed needs of it."""

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
        if not self._hub.database.has_room():
            state = Ingest.FULL
        elif ingest is None or not is_alive(ingest, now, self._hub.clock.rate):
            state = Ingest.DOWN
        else:
            state = Ingest.DEAF if ingest.listening_since is None else Ingest.LISTENING
        return Health(now, state, last_event_at, sights)

    def brief(self, card: Card) -> Brief:
        """What stands beside the chosen card."""
        hub, now = self._hub, self._hub.clock.now()
        with hub.database.reading() as tx:
            history = alert_history(tx, card.id)
            found = None if card.waybill is None else last_holder(tx, hub.chains, card.waybill, now)
            seen = None if card.waybill is None else last_seen(tx, card.waybill)
            next_site = self._next_site(tx, card.waybill, seen)
            incident_id = self._incident_id(tx, card)
            still = find_still(hub, tx, card.site, card.moment, card.last_at)
        named = None if next_site is None else hub.network.sites.get(next_site)
        site = card.site
        return Brief(
            history=tuple(
                HistoryLine(each.at, each.act, each.who, each.reason) for each in history
            ),
            holding=None
            if found is None
            else Holding(
                by=found.holder.by,
                person=self._name_of(found.holder.badge),
                site=found.site,
                place=found.place,
                since=found.since,
                standing=found.standing,
            ),
            seen=None if seen is None else Seen(seen.site, seen.at),
            next_site=next_site,
            next_name=None if named is None else named.name,
            incident_id=incident_id,
            still=still,
            has_cameras=site is not None and hub.network.has_cameras(site),
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

    def start_search(self, alert_id: int, caller: Caller, reason: str) -> int:
        """Begin a search for an alert's parcel; the alert is accepted with it. Return its id.

        Raises:
            NotAllowedError: the caller's role may not.
            UnknownAlertError: no such alert, of a parcel, among the caller's.
            ClosedAlertError: it is closed.
            NowhereSeenError: no site can be asked to look.
        """
        if not may_answer(caller):
            raise NotAllowedError
        now = self._hub.clock.now()
        with self._hub.database.writing() as tx:
            alert = get_alert(tx, alert_id)
            if alert.waybill is None or not caller.sees(alert.site):
                raise UnknownAlertError(f"there is no alert {alert_id} of a parcel")
            suspicion = self._suspicion(tx, alert, alert.waybill, reason[:REASON_CHARS_MAX])
            incident_id = open_incident(tx, self._hub.search, suspicion, now, caller.name)
            if Level(alert.level) is not Level.PASSAGE:
                answer_alert(tx, alert_id, Act.ACCEPT, caller.name, reason, now)
        return incident_id

    def _suspicion(self, tx: Connection, alert: Alert, waybill: str, reason: str) -> Suspicion:
        seen = last_seen(tx, waybill)
        site = alert.site if seen is None else seen.site
        if site is None:
            raise NowhereSeenError
        route = planned_routes(tx, [waybill], self._hub.network).get(waybill, ())
        return Suspicion(
            kind=Kind.PARCEL,
            subject=waybill,
            waybills=(waybill,),
            site=site,
            previous_site=previous_on_route(route, site),
            since=alert.last_at if seen is None else seen.at,
            expected_site=next_on_route(route, site),
            expected_by=None,
            p_lost=None,
            tier=TIER_PERSON,
            reasons_zh=(reason,),
            reasons_en=(reason,),
        )

    def _next_site(self, tx: Connection, waybill: str | None, seen: Sighting | None) -> str | None:
        if waybill is None or seen is None:
            return None
        route = planned_routes(tx, [waybill], self._hub.network).get(waybill, ())
        return next_on_route(route, seen.site)

    def _incident_id(self, tx: Connection, card: Card) -> int | None:
        if card.kind in ABOUT_INCIDENTS:
            return incident_about(tx, card.subject)
        if card.waybill is None:
            return None
        found = list_incidents(tx, states=OPEN, waybill=card.waybill, limit=1)
        return found[0].id if found else None

    def _name_of(self, badge: str | None) -> str | None:
        person = None if badge is None else self._hub.network.people.get(badge)
        return None if person is None else person.name

    def _cards(self, tx: Connection, alerts: list[Alert]) -> tuple[Card, ...]:
        return tuple(read_card(self._hub, tx, alert) for alert in alerts)


def _unclosed(tx: Connection) -> list[Alert]:
    states = (AlertState.OPEN, AlertState.ACKED)
    return [a for state in states for a in list_alerts(tx, state=state, limit=CARDS_KEPT_MAX)]
