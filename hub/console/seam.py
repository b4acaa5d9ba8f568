"""What the console needs of the rooms; ``rooms.DatabaseRooms`` is the real one."""

from typing import Protocol

from hub.access.service import Caller, may
from hub.console.views import Changes, Decision, Health, HistoryLine, ParcelSight


class NotAllowedError(Exception):
    """The caller's role may look at this, and not act on it."""


def may_answer(caller: Caller) -> bool:
    """Say whether somebody may answer alerts; the screens ask what REST asks."""
    return may(caller.role, "POST /api/v1/alerts/{alert_id}/ack")


class Rooms(Protocol):
    """Blocking: the console calls these in a thread."""

    def changes(self, after: int | None) -> Changes:
        """Cards that changed after a news id; None asks for the whole wall."""

    def health(self) -> Health:
        """How the hub and its edges are, now."""

    def history(self, alert_id: int) -> tuple[HistoryLine, ...]:
        """What was done to an alert, oldest first."""

    def parcel(self, waybill: str, caller: Caller) -> ParcelSight:
        """What is recorded of a waybill and is the caller's business, be it nothing."""

    def answer(self, alert_id: int, decision: Decision, caller: Caller, reason: str | None) -> None:
        """Record what a person decided.

        Raises:
            NotAllowedError: the caller's role may not.
            UnknownAlertError: no such alert.
            ClosedAlertError: it is closed.
        """
