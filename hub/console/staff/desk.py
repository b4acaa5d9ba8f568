"""People and badges as the console reads and works them; each call is one short transaction."""

import structlog

from hub.access.service import Caller, may, revoke_badge, tokens_of
from hub.console.seam import NotAllowedError
from hub.console.staff.views import PersonLine, StaffSight
from hub.network import Staff
from hub.packs.service import renew_packs
from hub.web.context import HubContext

PEOPLE_SHOWN_MAX = 200

_log = structlog.get_logger()


class StaffDesk:
    """Reads people for the screens, and ends badges."""

    def __init__(self, hub: HubContext) -> None:
        self._hub = hub

    def people(self, asked: str, caller: Caller) -> StaffSight:
        """The caller's people of whom a part of site, badge, name or duty was typed."""
        asked = asked.strip().casefold()
        everyone = sorted(self._hub.network.staff, key=lambda each: (each.site, each.badge))
        found = [each for each in everyone if caller.sees(each.site) and _matches(each, asked)]
        shown = found[:PEOPLE_SHOWN_MAX]
        with self._hub.database.reading() as tx:
            tokens = tokens_of(tx, [each.badge for each in shown])
        return StaffSight(
            people=tuple(PersonLine(each, tokens.get(each.badge)) for each in shown),
            is_cut=len(found) > len(shown),
            may_change=may(caller.role, "DELETE /api/v1/staff/{badge}/token"),
        )

    def revoke(self, badge: str, caller: Caller) -> bool:
        """End a person's badge, e.g. a lost one; say whether there was one that counted.

        Raises:
            NotAllowedError: the caller's role may not, or the person is not of their sites.
        """
        person = self._hub.network.people.get(badge)
        if not may(caller.role, "DELETE /api/v1/staff/{badge}/token"):
            raise NotAllowedError
        if person is None or not caller.sees(person.site):
            raise NotAllowedError
        with self._hub.database.writing() as tx:
            was_there = revoke_badge(tx, badge, caller.name, self._hub.clock.now())
            renew_packs(tx, [person.site])
        _log.info("badge revoked", site=person.site, by=caller.name)
        return was_there


def _matches(person: Staff, asked: str) -> bool:
    texts = (person.site, person.badge, person.name, person.duty)
    return any(asked in text.casefold() for text in texts)
