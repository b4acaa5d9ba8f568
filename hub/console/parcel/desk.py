"""A parcel as its page reads it: one short transaction, no SQL here."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from hub.access.service import Caller, Look, list_looks, mask_person, may, record_look
from hub.alerts.service import HistoryEntry, alert_history, list_alerts
from hub.console.cameras.player import Watched
from hub.console.naming import name_for, named_history
from hub.console.parcel.films import films_of
from hub.console.parcel.replay import Layout
from hub.console.parcel.views import Film, ParcelSight, Person, Replay, Searched
from hub.console.reading import read_card, scan_line
from hub.console.views import Card, Level, ScanLine, Seen
from hub.custody.service import FoundBreach, Holder, Record, breaches_of, custody_of, loads_of
from hub.incidents.service import (
    HistoryLine,
    Incident,
    list_incidents,
    next_deadlines,
    read_dossier,
)
from hub.ingest.service import EventFilter, events
from hub.parcels.service import (
    Parcel,
    attempts_to_deliver,
    containers_of,
    declarations_of,
    find_parcel,
    high_value_among,
    manifest_of,
    may_see,
    recipient_in,
    signed_copies,
    track_of,
)
from hub.video.service import (
    as_issued,
    certificates_of,
    clips_for_parcel,
    earlier_issues,
    looks_for_parcel,
)
from hub.web.context import HubContext

SCANS_SHOWN_MAX = 200
"""A parcel's newest scans that its page shows."""
CARDS_SHOWN_MAX = 50
"""A parcel's newest alerts that its page shows."""
SEARCHES_SHOWN_MAX = 10
LOOKS_SHOWN_MAX = 50


class ParcelDesk:
    """Reads parcels for the screens."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def parcel(self, waybill: str, caller: Caller, as_of: datetime | None = None) -> ParcelSight:
        """What is recorded of a waybill and is the caller's business, be it nothing.

        ``as_of``: custody, scans, alerts and searches as far as they were known then.
        """
        with self._hub.database.reading() as tx:
            if not may_see(tx, caller, waybill):
                return ParcelSight(waybill)
            return self._sight(tx, waybill, caller, as_of)

    def _sight(
        self, tx: Connection, waybill: str, caller: Caller, as_of: datetime | None
    ) -> ParcelSight:
        known = find_parcel(tx, waybill)
        said = declarations_of(tx, waybill)
        said = [each for each in said if as_of is None or each.at <= as_of]
        scans = self._scans(tx, waybill, caller.sites, as_of)
        cards = self._cards(tx, waybill, caller, as_of)
        replay, breaches, loads = self._custody(tx, waybill, caller, as_of, scans, cards)
        # Where it stands is told of now only; what was recorded until then is told above.
        now = known if as_of is None else None
        seen = None if now is None else now.seen
        return ParcelSight(
            waybill=waybill,
            as_of=as_of,
            is_high_value=bool(high_value_among(tx, [waybill], self._hub.policy)),
            declared=next((each.declaration for each in said if each.refusal is None), None),
            said=tuple(said),
            track=None if now is None else track_of(tx, now, self._hub.network),
            first=None if seen is None else Seen(seen.first.site, seen.first.at),
            last=None if seen is None else Seen(seen.last.site, seen.last.at),
            count=len(scans) if seen is None else max(seen.scans, len(scans)),
            scans=scans,
            cards=cards,
            answers=_answers(tx, cards or (), as_of),
            replay=replay,
            breaches=breaches,
            loads=loads,
            containers=() if as_of is not None else containers_of(tx, waybill),
            manifest=None if as_of is not None else manifest_of(tx, waybill),
            attempts=() if as_of is not None else attempts_to_deliver(tx, waybill),
            copies=() if as_of is not None else signed_copies(tx, waybill),
            searches=self._searches(tx, waybill, caller, as_of),
            looks=self._looks(tx, waybill, caller),
            film_looks=tuple(looks_for_parcel(tx, waybill)),
            film_clips=tuple(clips_for_parcel(tx, waybill)),
            replaces=None if now is None else now.replaces,
            replaced_by=None if now is None else now.replaced_by,
            recipient=None if known is None else mask_person(self._recipient(known)),
        )

    def reveal(self, waybill: str, caller: Caller, reason: str) -> dict[str, str] | str | None:
        """The declared recipient in clear; the look is on record before anybody sees it (CS-P1).

        Raises:
            MayNotUnmaskError: the role may not.
        """
        with self._hub.database.writing() as tx:
            known = find_parcel(tx, waybill)
            if known is None or not may_see(tx, caller, waybill):
                return None
            record_look(tx, caller, "people", waybill, self._hub.clock.now(), reason=reason)
        return self._recipient(known)

    def _recipient(self, parcel: Parcel) -> dict[str, str] | str | None:
        return recipient_in(parcel, self._hub.keys.bodies)

    def _scans(
        self, tx: Connection, waybill: str, sites: frozenset[str] | None, as_of: datetime | None
    ) -> tuple[ScanLine, ...]:
        wanted = EventFilter(waybill=waybill, sites=sites, kind="scan")
        newest = events(tx, wanted, self._hub.keys.bodies, limit=SCANS_SHOWN_MAX, newest_first=True)
        lines = [line for view in newest if (line := scan_line(view)) is not None]
        known = [line for line in lines if as_of is None or line.received_at <= as_of]
        # Late ones take the place of their own time; inside a spool the order is the edge's.
        return tuple(sorted(known, key=lambda line: (line.at, line.site, line.edge, line.seq)))

    def _cards(
        self, tx: Connection, waybill: str, caller: Caller, as_of: datetime | None
    ) -> tuple[Card, ...] | None:
        if not may(caller.role, "GET /api/v1/alerts"):
            return None
        alerts = list_alerts(tx, waybill=waybill, sites=caller.sites, limit=CARDS_SHOWN_MAX)
        return tuple(
            read_card(self._hub, tx, alert)
            for alert in alerts
            if as_of is None or alert.raised_at <= as_of
        )

    def _custody(
        self,
        tx: Connection,
        waybill: str,
        caller: Caller,
        as_of: datetime | None,
        scans: tuple[ScanLine, ...],
        cards: tuple[Card, ...] | None,
    ) -> tuple[Replay | None, tuple[FoundBreach, ...], tuple[Record, ...]]:
        hub = self._hub
        chain = custody_of(tx, hub.chains, waybill, hub.clock.now(), as_of)
        if chain is None:
            return None, (), ()
        records = [record for span in chain.spans for record in span.evidence]
        behind = hub.chains.people.behind(tx, records)

        def holder(one: Holder) -> Person:
            staff = None if one.badge is None else hub.network.people.get(one.badge)
            return Person(one.site, one.by, name_for(caller, staff))

        def person(site: str, by: str) -> Person:
            return Person(site, by, name_for(caller, behind.get((site, by))))

        def site_name(code: str) -> str | None:
            site = hub.network.sites.get(code)
            return None if site is None else site.name

        layout = Layout(chain, holder, person, site_name)
        breaches = tuple(breaches_of(tx, waybill, chain.as_of))
        films = self._films(tx, waybill, caller, as_of)
        return layout.replay(scans, cards or (), films), breaches, loads_of(chain)

    def _films(
        self, tx: Connection, waybill: str, caller: Caller, as_of: datetime | None
    ) -> list[Film] | None:
        if not may(caller.role, "POST /api/v1/playbacks"):
            return None

        def cameras(site: str, place: str | None) -> list[Watched]:
            seeing = self._hub.network.channels_seeing(site, place)
            return [Watched(site, each.camera, each.name or each.camera) for each in seeing]

        seen = [each for each in certificates_of(tx, waybill) if caller.sees(each.site)]
        earlier = earlier_issues(tx, waybill)
        if as_of is None:
            return films_of(seen, cameras, earlier)
        # As it was believed: neither what was certified since, nor that it is so no longer.
        then = [as_issued(each, earlier.get(each.id, ()), as_of) for each in seen]
        return films_of([each for each in then if each is not None], cameras)

    def _searches(
        self, tx: Connection, waybill: str, caller: Caller, as_of: datetime | None
    ) -> tuple[Searched, ...]:
        found = list_incidents(tx, sites=caller.sites, waybill=waybill, limit=SEARCHES_SHOWN_MAX)
        known = [each for each in found if as_of is None or each.opened_at <= as_of]
        due = next_deadlines(tx, [each.id for each in known])

        def history_of(incident: Incident) -> tuple[HistoryLine, ...]:
            told = read_dossier(tx, incident.id).history
            then = [line for line in told if as_of is None or line.at <= as_of]
            return tuple(named_history(tx, self._hub.network, caller, then))

        return tuple(Searched(each, due.get(each.id), history_of(each)) for each in known)

    def _looks(self, tx: Connection, waybill: str, caller: Caller) -> tuple[Look, ...] | None:
        if not may(caller.role, "GET /api/v1/looks"):
            return None
        return tuple(list_looks(tx, about=waybill, who=None, before_id=None, limit=LOOKS_SHOWN_MAX))


def _answers(
    tx: Connection, cards: Iterable[Card], as_of: datetime | None
) -> dict[int, tuple[HistoryEntry, ...]]:
    """The reasons that people gave when they answered alerts, by the alert's id."""
    asked = [card.id for card in cards if card.level is not Level.PASSAGE]
    given = {id_: tuple(_reasons(alert_history(tx, id_), as_of)) for id_ in asked}
    return {id_: lines for id_, lines in given.items() if lines}


def _reasons(lines: Iterable[HistoryEntry], as_of: datetime | None) -> Iterator[HistoryEntry]:
    for line in lines:
        if line.reason is not None and (as_of is None or line.at <= as_of):
            yield line
