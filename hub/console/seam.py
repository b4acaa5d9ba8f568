"""What the console needs of the rooms; ``rooms.DatabaseRooms`` is the real one."""

from typing import Protocol

from hub.console.views import Changes, Decision, Health, HistoryLine, ParcelSight


class Rooms(Protocol):
    """Blocking: the console calls these in a thread."""

    def changes(self, after: int | None) -> Changes:
        """Cards that changed after a news id; None asks for the whole wall."""

    def health(self) -> Health:
        """How the hub and its edges are, now."""

    def history(self, alert_id: int) -> tuple[HistoryLine, ...]:
        """What was done to an alert, oldest first."""

    def parcel(self, waybill: str) -> ParcelSight:
        """What is recorded of a waybill, be it nothing."""

    def answer(self, alert_id: int, decision: Decision, who: str, reason: str | None) -> None:
        """Record what a person decided.

        Raises:
            UnknownAlertError: no such alert.
            ClosedAlertError: it is closed.
        """
