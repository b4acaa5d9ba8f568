"""The shift board as it reads the rooms; each call is one short transaction."""

from sqlalchemy import Connection

from hub.access.service import Caller
from hub.console.incidents.story import tasks_of
from hub.console.incidents.views import Task
from hub.console.shift.duties import (
    delivery_cards,
    dispatch_cards,
    most_pressing_first,
    query_cards,
    store_cards,
    task_cards,
)
from hub.console.shift.views import ShiftBoard
from hub.dispatch.service import list_lists
from hub.incidents.service import OPEN, Incident, list_incidents, read_dossier
from hub.missing.service import shift_asks
from hub.parcels.service import Sighting, high_value_among, in_store, out_for_delivery
from hub.web.context import HubContext

LISTS_READ_MAX = 100
SEARCHES_READ_MAX = 50
PARCELS_READ_MAX = 500


class ShiftDesk:
    """Reads what is due for the screens."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def board(self, caller: Caller) -> ShiftBoard:
        """What is due at the caller's sites."""
        hub, now, sites = self._hub, self._hub.clock.now(), caller.sites
        with hub.database.reading() as tx:
            shifts = shift_asks(tx, hub.network, sites, now)
            lists = list_lists(tx, sites, None, None, LISTS_READ_MAX)
            searches = self._searches(tx, caller)
            out = self._high_value(tx, out_for_delivery(tx, sites, PARCELS_READ_MAX))
            stored = self._high_value(tx, in_store(tx, sites, PARCELS_READ_MAX))
        cards = [
            *query_cards(shifts),
            *task_cards(searches, caller),
            *dispatch_cards(lists, caller),
            *delivery_cards(out, hub.network.zone_of, hub.policy.delivery),
            *store_cards(stored),
        ]
        # To the minute: the browser counts, and what did not change is not drawn again.
        minute = now.replace(second=0, microsecond=0)
        return ShiftBoard(minute, tuple(shifts), tuple(most_pressing_first(cards)))

    def _searches(self, tx: Connection, caller: Caller) -> list[tuple[Incident, tuple[Task, ...]]]:
        found = list_incidents(tx, states=OPEN, sites=caller.sites, limit=SEARCHES_READ_MAX)
        return [(each, tasks_of(read_dossier(tx, each.id))) for each in found]

    def _high_value(self, tx: Connection, found: dict[str, Sighting]) -> dict[str, Sighting]:
        known = high_value_among(tx, found, self._hub.policy)
        return {waybill: seen for waybill, seen in found.items() if waybill in known}
