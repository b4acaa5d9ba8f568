"""When a deadline has passed: is it this parcel, its whole bag or vehicle, or its whole site? Pure.

Source: HV-2.11.2, design section 7 ("No sibling seen = one alert for the bag or vehicle; a silent
site = one incident").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.missing.rules.learned import Learned
from hub.missing.rules.plan import Stop
from wire.policy import MissingPolicy

LATE_AT_MOST = timedelta(hours=12)
"""What was due so long before a site went silent would have been scanned before."""

PARTY_ODDS_MIN = 0.01
"""However late it is: a party may be lost, stolen or sent elsewhere, and the site works."""


@dataclass(frozen=True, slots=True)
class Siblings:
    """What travelled in one bag, vehicle or flight; ``unseen`` was not seen by itself since."""

    ride: str
    total: int
    unseen: tuple[str, ...]

    def is_group(self, policy: MissingPolicy) -> bool:
        """Say whether it is the whole of them that is silent, not single ones."""
        enough = len(self.unseen) >= policy.group_min
        return enough and 100 * len(self.unseen) >= policy.group_pct * self.total


@dataclass(frozen=True, slots=True)
class Due:
    """A parcel that a site should have scanned; those of one ``party`` come or go together."""

    party: str
    stop: Stop


def quiet_odds(due: Iterable[Due], learned: Learned, now: datetime) -> float:
    """P(a working site has scanned none of these), parties taken as independent of each other.

    What travels together is late together, so of each party lateness counts once, and skipped
    scans for each of its parcels.
    """
    odds = 1.0
    for stops in _by_party(due).values():
        late_h = (now - max(stop.by for stop in stops)) / timedelta(hours=1)
        late = learned.lateness(stops[0].key).survival(late_h)
        skipped = (1 - learned.read_rate(stops[0].key)) ** len(stops)
        odds *= max(late + (1 - late) * skipped, PARTY_ODDS_MIN)
    return odds


def _by_party(due: Iterable[Due]) -> Mapping[str, list[Stop]]:
    parties: dict[str, list[Stop]] = {}
    for each in due:
        parties.setdefault(each.party, []).append(each.stop)
    return parties


@dataclass(frozen=True, slots=True)
class Outage:
    """A site that was heard of by nobody from ``since`` on; ``until`` null: it still is."""

    site: str
    since: datetime
    until: datetime | None

    def hides(self, stop: Stop) -> bool:
        """Say whether a scan expected then and there may have been made unheard, or not at all."""
        if stop.site != self.site or stop.by < self.since - LATE_AT_MOST:
            return False
        return self.until is None or stop.by <= self.until
