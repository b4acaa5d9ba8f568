"""What each room's open work comes to on the shift board. Computed only.

Source: HV-2.6, HV-2.7, HV-2.8, HV-2.11.2.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from hub.access.service import Caller
from hub.console.incidents.views import Task
from hub.console.screens import ROOT
from hub.console.shift.views import DueCard, DueKind
from hub.dispatch.service import DispatchList
from hub.incidents.service import Incident
from hub.missing.service import ShiftAsk
from hub.parcels.service import Sighting
from wire.policy import DeliveryPolicy

_NEVER = datetime.max.replace(tzinfo=UTC)
_TASKS = {
    "self_check": DueKind.SELF_CHECK,
    "upstream": DueKind.UPSTREAM,
    "follow_up": DueKind.FOLLOW_UP,
}

ZoneOf = Callable[[str], ZoneInfo]


def most_pressing_first(cards: Iterable[DueCard]) -> list[DueCard]:
    """The next deadline first; what has none comes after, the oldest first."""
    return sorted(
        cards,
        key=lambda card: (card.due_at or _NEVER, card.since or _NEVER, card.kind, card.about),
    )


def is_pressing(card: DueCard, now: datetime) -> bool:
    """Say whether a card needs somebody at once."""
    pressing_from = card.warn_at or card.due_at
    return pressing_from is not None and now >= pressing_from


def query_cards(asks: Iterable[ShiftAsk]) -> list[DueCard]:
    """Shifts that are on and in which nobody has asked for the suspects."""
    return [
        DueCard(DueKind.QUERY, ask.site, ask.shift, 1, ask.ends_at, link=f"{ROOT}/suspects")
        for ask in asks
        if ask.query is None
    ]


def task_cards(found: Iterable[tuple[Incident, Iterable[Task]]], caller: Caller) -> list[DueCard]:
    """Open tasks of searches at the caller's sites."""
    return [
        DueCard(
            kind=_TASKS[task.name],
            site=task.site,
            about=incident.suspicion.subject,
            count=1,
            due_at=task.due_at,
            since=incident.opened_at,
            link=f"{ROOT}/incidents/{incident.id}",
        )
        for incident, tasks in found
        for task in tasks
        if task.done_at is None and task.name in _TASKS and caller.sees(task.site)
    ]


def dispatch_cards(lists: Iterable[DispatchList], caller: Caller) -> list[DueCard]:
    """Lists that somebody of the caller's sites has to send, forward or receive."""
    return [card for each in lists for card in _cards_of(each, caller)]


def _cards_of(found: DispatchList, caller: Caller) -> Iterator[DueCard]:
    about, link = f"{found.site} {found.shift} {found.day}", f"{ROOT}/dispatch/{found.id}"
    due, since = found.deadlines, found.last_depart_at
    if found.unsent and caller.sees(found.site):
        kind, count = DueKind.SEND, found.unsent
        yield DueCard(kind, found.site, about, count, due.list_at, since, link=link)
    if found.unforwarded and not found.unsent and caller.sees(found.centre):
        kind, site = DueKind.FORWARD, found.centre or found.site
        yield DueCard(kind, site, about, found.unforwarded, due.forward_at, since, link=link)
    for receipt in found.receipts:
        if receipt.received_at is None and caller.sees(receipt.centre):
            kind, since = DueKind.RECEIVE, receipt.forwarded_at
            yield DueCard(kind, receipt.centre, about, found.count, None, since, link=link)


def delivery_cards(
    out: Mapping[str, Sighting], zone_of: ZoneOf, policy: DeliveryPolicy
) -> list[DueCard]:
    """One card a site for what is out for delivery, due on the day on which it went out."""
    by_site: dict[str, list[tuple[str, Sighting]]] = defaultdict(list)
    for waybill, seen in out.items():
        by_site[seen.site].append((waybill, seen))
    cards = []
    for site, parcels in by_site.items():
        oldest = min(seen.at for _, seen in parcels)
        zone = zone_of(site)
        cards.append(
            DueCard(
                kind=DueKind.DELIVER,
                site=site,
                about=_only(parcels),
                count=len(parcels),
                due_at=_at(oldest, policy.due_at, zone),
                since=oldest,
                warn_at=_at(oldest, policy.warn_at, zone),
                link=_link(parcels),
            )
        )
    return cards


def store_cards(stored: Mapping[str, Sighting]) -> list[DueCard]:
    """One card a site for what rests in its store."""
    by_site: dict[str, list[tuple[str, Sighting]]] = defaultdict(list)
    for waybill, seen in stored.items():
        by_site[seen.site].append((waybill, seen))
    return [
        DueCard(
            kind=DueKind.STORE,
            site=site,
            about=_only(parcels),
            count=len(parcels),
            due_at=None,
            since=min(seen.at for _, seen in parcels),
            link=_link(parcels),
        )
        for site, parcels in by_site.items()
    ]


def _only(parcels: list[tuple[str, Sighting]]) -> str:
    return parcels[0][0] if len(parcels) == 1 else ""


def _link(parcels: list[tuple[str, Sighting]]) -> str:
    """To the one that waits longest."""
    waybill, _ = min(parcels, key=lambda each: each[1].at)
    return f"{ROOT}/parcels/{waybill}"


def _at(day_of: datetime, clock: str, zone: ZoneInfo) -> datetime:
    day = day_of.astimezone(zone).date()
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)
