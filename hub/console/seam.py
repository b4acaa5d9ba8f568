"""Where pages meet what they read, and whom they refuse."""

from typing import Protocol

from hub.access.service import Caller, may
from hub.console.views import Changes, Health


class NotAllowedError(Exception):
    """The caller's role may look at this, and not act on it."""


def may_answer(caller: Caller) -> bool:
    """Say whether somebody may answer alerts; the screens ask what REST asks."""
    return may(caller.role, "POST /api/v1/alerts/{alert_id}/ack")


class News(Protocol):
    """What the feed reads; ``wall_desk.WallDesk`` is the real one. Blocking: called in a thread."""

    def changes(self, after: int | None) -> Changes:
        """Cards that changed after a news id; None asks for the whole wall."""

    def health(self) -> Health:
        """How the hub and its edges are, now."""
