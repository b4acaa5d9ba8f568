"""Where scans come from: one device, by cable or not, and who works with it at what.

Pure. Source: design section 3.
"""

from dataclasses import dataclass
from datetime import datetime

from edge.roster import NO_ROSTER, Roster
from edge.session import FixedSession, Session, current, with_fixed
from edge.verdict import HeldList
from wire.site_pack import EdgePolicy, SitePack


class Known:
    """What the station knows now.

    ``policy`` and ``roster`` come with the newest site pack, ``held`` is the wanted list, and
    ``site_salt`` (32 hex; None before enrolment) makes badges into pseudonyms.
    """

    def __init__(
        self, site: str, shipped: EdgePolicy, held: HeldList, site_salt: str | None
    ) -> None:
        self.site = site
        self.policy = shipped
        self.roster = NO_ROSTER
        self.held = held
        self.site_salt = site_salt
        self._shipped = shipped

    def adopt(self, pack: SitePack | None) -> None:
        """Work by this pack; without one, by the shipped policy."""
        self.roster = Roster(pack)
        self.policy = pack.policy if pack else self._shipped


@dataclass(slots=True)
class Workplace:
    """One device; ``source`` is what is known of its other end, ``session`` as last stored."""

    device: str
    fixed: FixedSession
    session: Session
    source: str | None = None

    def current(self, known: Known, now: datetime) -> Session:
        """The session as it is now, without the config's values."""
        idle_min = known.policy.session.idle_min
        return current(self.session, idle_min, known.roster.shifts, now)

    def shown(self, known: Known, now: datetime) -> Session:
        """The session as it is now, as events and screen show it."""
        return self.with_fixed(self.current(known, now), known)

    def with_fixed(self, session: Session, known: Known) -> Session:
        """A session of this device with the config's values."""
        return with_fixed(session, self.fixed, known.site_salt)
