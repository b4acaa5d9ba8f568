"""When a deadline has passed: is it this parcel, its whole bag or vehicle, or its whole site? Pure.

Source: HV-2.11.2, design section 7 ("No sibling seen = one alert for the bag or vehicle; a silent
site = one incident").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.missing.rules.learned import Learned
from hub.missing.rules.plan import Stop
from hub.missing.rules.scoring import Company
from hub.missing.rules.watch import Watch
from wire.policy import MissingPolicy

LATE_AT_MOST = timedelta(hours=12)
"""What was due so long before a site went silent would have been scanned before."""

TOGETHER = timedelta(hours=8)
"""What goes into the same container at the same site within this goes together."""
LOOK_EVERY = timedelta(hours=1)
"""How often what travels in company is looked at once its next scan is overdue."""
UNLOADING = timedelta(hours=1)
"""So long after half of a vehicle or a bag the last of it is scanned."""
HARDLY_LATE = timedelta(minutes=30)
"""Plans are as coarse as their slots, and what is loaded is expected a little before its vehicle
was seen to leave: so late says nothing of a site."""
ALONE_ODDS_MIN = 0.02
PARTY_ODDS_MIN = 0.002
"""However late it is: one parcel may be lost, stolen, put off or sent elsewhere, and the site
works; less often a few that wait for the same courier, least often a whole vehicle."""


@dataclass(frozen=True, slots=True)
class Siblings:
    """What travelled in one bag, vehicle or flight; ``unseen`` was not seen by itself since.

    ``has_come``: some of the others were seen at another site, ``come`` says how many, and
    ``come_at`` when half of all had been, ``None``: fewer were. ``seen_at`` are the sites where
    they were seen since, ``skipped`` the keys of the scans that were not made on their way there.
    Who has gone on in another bag or vehicle since is one of them still.
    """

    ride: str
    total: int
    unseen: tuple[str, ...]
    has_come: bool = False
    seen_at: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    come: int = 0
    come_at: datetime | None = None

    def is_group(self, policy: MissingPolicy) -> bool:
        """Say whether it is the whole of them that is silent, not single ones."""
        enough = len(self.unseen) >= policy.group_min
        return enough and 100 * len(self.unseen) >= policy.group_pct * self.total


def half_of(total: int) -> int:
    """How many are half of those that travelled together; at least one."""
    return max(1, (total + 1) // 2)


def silent_group(together: Iterable[Siblings], policy: MissingPolicy) -> Siblings | None:
    """The largest that is silent as a whole: a bag is late with its vehicle."""
    groups = [each for each in together if each.is_group(policy)]
    return max(groups, key=lambda each: len(each.unseen), default=None)


def evidence_of(
    fold: Watch,
    together: Sequence[Siblings],
    waiting: int,
    policy: MissingPolicy,
    now: datetime,
) -> Company:
    """What a parcel's bag and vehicle tell of its silence, and the others that wait with it.

    ``waiting``: so many wait for the same departure, itself included. If all wait, it is late.
    So is a vehicle of which nobody has come. Where most are silent the few that were seen say
    little: their site could not scan, or they were put off. Nor do those that were seen just now:
    what came with them is being unloaded (``UNLOADING``). Several that are left where they wait for
    a departure were not lost each by itself: a peak day leaves more than it takes.
    """
    group = silent_group(together, policy)
    vehicle = None if fold.ride is None else fold.ride.name
    has_come = any(
        each.come_at is not None and each.come_at <= now - UNLOADING and not each.is_group(policy)
        for each in together
    )
    return Company(
        silent=waiting if group is None else max(waiting, len(group.unseen)),
        has_come=has_come and fold.is_riding and len(fold.stops) > 1,
        is_opened=has_come and not fold.is_riding,
        is_late=any(
            each.ride == vehicle and each.is_group(policy) and not each.has_come
            for each in together
        ),
        is_left=is_left(fold.stops, waiting, policy, now),
    )


def is_left(stops: Sequence[Stop], waiting: int, policy: MissingPolicy, now: datetime) -> bool:
    """Say whether so many wait for a departure whose time has come that it left without them."""
    return waiting >= policy.group_min and bool(stops) and stops[0].by < now


@dataclass(frozen=True, slots=True)
class Due:
    """A parcel that a site should have scanned; those of one ``party`` come or go together.

    ``has_passed``: others of its party were seen at a later site. It was here, late or not.
    """

    party: str
    stop: Stop
    has_passed: bool = False


def sign_of(party: str, stop: Stop, together: Sequence[Siblings]) -> Due | None:
    """What an overdue scan says of its site; ``None``: nothing.

    A vehicle that came before its time was seen here, or went another way: what was not seen of
    it is no sign of silence. One that went on from here, and was never seen here, is a strong one.
    """
    if not any(each.has_come for each in together):
        return Due(party, stop)
    was_seen = any(stop.site in each.seen_at for each in together)
    if was_seen or not any(stop.key in each.skipped for each in together):
        return None
    return Due(party, stop, has_passed=True)


def quiet_odds(due: Iterable[Due], learned: Learned, now: datetime) -> float:
    """P(a working site has scanned none of these), parties taken as independent of each other.

    What travels together is late together, so of each party lateness counts once, and skipped
    scans for each of its parcels.
    """
    odds = 1.0
    for party in _by_party(due).values():
        key = party[0].stop.key
        late_by = now - max(each.stop.by for each in party)
        has_passed = any(each.has_passed for each in party)
        if late_by < HARDLY_LATE and not has_passed:
            continue
        late = 0.0 if has_passed else learned.lateness(key).survival(late_by / timedelta(hours=1))
        skipped = (1 - learned.read_rate(key)) ** len(party)
        least = max(ALONE_ODDS_MIN / len(party), PARTY_ODDS_MIN)
        odds *= max(late + (1 - late) * skipped, least)
    return odds


def _by_party(due: Iterable[Due]) -> Mapping[str, list[Due]]:
    parties: dict[str, list[Due]] = {}
    for each in due:
        parties.setdefault(each.party, []).append(each)
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
