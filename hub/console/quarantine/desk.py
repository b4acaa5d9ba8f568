"""The quarantine as the console reads it; whoever sees raw bytes is on record (CS-P1)."""

from dataclasses import dataclass

from hub.access.service import Caller, Role, record_look
from hub.ingest.service import (
    QuarantinedHead,
    ask_again,
    newest_quarantined,
    quarantined_bytes,
    work_off,
)
from hub.web.context import HubContext

PAGE_ITEMS = 50
LOOK_REASON = "console: quarantine"


@dataclass(frozen=True, slots=True)
class QuarantineSight:
    """A page of the quarantine, newest first; ``more``: there are older ones."""

    items: tuple[QuarantinedHead, ...]
    more: bool


class QuarantineDesk:
    """Reads the quarantine for the screen, and writes down who worked it off."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def items(self, caller: Caller, before_id: int | None) -> QuarantineSight:
        """A page of what is of the caller's sites."""
        with self._hub.database.reading() as tx:
            found = newest_quarantined(tx, before_id, PAGE_ITEMS + 1, caller.sites)
        return QuarantineSight(tuple(found[:PAGE_ITEMS]), len(found) > PAGE_ITEMS)

    def raw(self, item_id: int, caller: Caller) -> bytes | None:
        """An item's bytes; the look is recorded before they are shown.

        Raises:
            MayNotUnmaskError: the caller's role may not see raw bytes.
        """
        with self._hub.database.writing() as tx:
            now = self._hub.clock.now()
            record_look(tx, caller, "quarantine", str(item_id), now, reason=LOOK_REASON)
            return quarantined_bytes(tx, item_id, caller.sites)

    def work_off(self, item_id: int, why: str, caller: Caller) -> bool:
        """Say that nobody has to look at it any more; False: not this person's to say."""
        if caller.role is not Role.ADMINISTRATOR:
            return False
        with self._hub.database.writing() as tx:
            now = self._hub.clock.now()
            return work_off(tx, item_id, caller.sites, caller.name, why, now)

    def ask_again(self, item_id: int, caller: Caller) -> bool:
        """Have it read again, its cause being cured; False: not this person's to ask."""
        if caller.role is not Role.ADMINISTRATOR:
            return False
        with self._hub.database.writing() as tx:
            return ask_again(tx, item_id, caller.sites, caller.name, self._hub.clock.now())
