"""What the staff screen shows, as values. Times are aware UTC."""

from dataclasses import dataclass
from enum import StrEnum

from hub.access.service import BadgeToken
from hub.network import Staff


class BadgeState(StrEnum):
    """What counts at the scanners when this person's badge is scanned."""

    PLAIN = "plain"
    """Its plain number, which anybody can read off it."""
    TOKEN = "token"
    REVOKED = "revoked"
    """Nothing: the person needs a new badge."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person with the newest token that was printed for them."""

    staff: Staff
    token: BadgeToken | None

    @property
    def state(self) -> BadgeState:
        """What counts now."""
        if self.token is None:
            return BadgeState.PLAIN
        return BadgeState.TOKEN if self.token.revoked_at is None else BadgeState.REVOKED


@dataclass(frozen=True, slots=True)
class StaffSight:
    """People by site and badge; ``is_cut``: more fit what was asked than are shown."""

    people: tuple[PersonLine, ...]
    is_cut: bool
    may_change: bool
