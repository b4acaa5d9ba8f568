"""The office work of a carrier's day: dispatch lists on their way, suspects asked for each shift.

Shell: REST calls, as whoever sits there would make them: lists under the administrator's name,
suspects by a person who has logged in. Without them the wall would fill with what nobody did.
Source: HV-2.7, HV-2.11.2.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from simulators.hub_rest import HubRest, HubRestError
from wire.names import parse_at

WORK_EVERY = timedelta(minutes=10)
ASK_EVERY = timedelta(hours=1)
SEND_BEFORE = timedelta(minutes=25)
"""How long before its time is up a list is sent: the shift's transfer is over by then."""
LISTS_MAX = 100


class Onlookers(Protocol):
    """Whom the clerk tells what went wrong."""

    def surprise(self, site: str, words: str) -> None:
        """Something went otherwise than expected."""


class Asking(Protocol):
    """Who asks the hub."""

    def get(self, path: str) -> Any:
        """The JSON of a route under /api/v1."""


class Clerk:
    """Works through what is due, every few minutes of the day."""

    def __init__(
        self, hub: HubRest, person: Asking, sites: Sequence[str], people: Onlookers
    ) -> None:
        """``person`` asks for the suspects of ``sites``."""
        self._hub, self._person, self._sites, self._people = hub, person, sites, people
        self._works_at: datetime | None = None
        self._asks_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Do what is due; ``now`` is the day's time."""
        if self._works_at is not None and now < self._works_at:
            return
        self._works_at = now + WORK_EVERY
        try:
            for each in self._hub.get(f"dispatch?limit={LISTS_MAX}")["items"]:
                self._move_on(each, now)
            if self._asks_at is None or now >= self._asks_at:
                self._asks_at = now + ASK_EVERY
                for site in self._sites:
                    self._person.get(f"suspects?site={site}")
        except HubRestError as error:
            self._people.surprise("hub", str(error))

    def _move_on(self, found: dict[str, Any], now: datetime) -> None:
        """One list a step further: sent, forwarded, received."""
        path = f"dispatch/{found['id']}"
        match found["state"]:
            case "draft":
                due_at = found["list_due_at"]
                if due_at is not None and now >= parse_at(due_at) - SEND_BEFORE:
                    self._hub.send("POST", f"{path}/send", {})
            case "sent":
                self._hub.send("POST", f"{path}/forward", {})
            case "forwarded":
                for receipt in found["receipts"]:
                    if receipt["received_at"] is None:
                        self._hub.send("POST", f"{path}/receive", {"centre": receipt["centre"]})
