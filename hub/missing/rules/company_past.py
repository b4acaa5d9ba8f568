"""What those that travelled with a parcel told of its past silences, as the hub would have seen.

Pure. While a parcel is silent the hub looks at its bag, its vehicle, and at the others that wait
for the same departure (``suspicion.evidence_of``). Here the same is worked out for silences that
are over: at each half hour after the plan, from when the others were seen. Source: design 7.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.missing.rules.past import PastSilence
from hub.missing.rules.plan import Phase
from hub.missing.rules.scoring import ALONE, Company
from hub.missing.rules.suspicion import TOGETHER, UNLOADING, half_of, is_left
from wire.policy import MissingPolicy

_Key = tuple[Hashable, ...]
"""What is gone in, or waited for: a ride's, a bag's or a departure's name."""


@dataclass(frozen=True, slots=True)
class _Party:
    """When the members of a ride, a bag or a departure were seen next, the earliest first.

    ``elsewhere``: of those that were seen at another site.
    """

    seen_at: Sequence[datetime]
    elsewhere: Sequence[datetime]

    def unseen(self, at: datetime) -> int:
        """How many are silent at a moment."""
        return len(self.seen_at) - bisect_right(self.seen_at, at)

    def has_come(self, at: datetime) -> bool:
        """Say whether any was seen at another site by then."""
        return bool(self.elsewhere) and self.elsewhere[0] <= at

    @property
    def tells_from(self) -> datetime | None:
        """From when on all should have been seen; ``None``: too few ever were."""
        half = half_of(len(self.seen_at))
        return self.elsewhere[half - 1] + UNLOADING if len(self.elsewhere) >= half else None

    def is_unloaded(self, at: datetime) -> bool:
        """Say whether half of them were seen so long ago that all should have been."""
        return self.tells_from is not None and self.tells_from <= at


class PastCompany:
    """Reads all silences of a time together."""

    def __init__(self, past: Iterable[PastSilence], policy: MissingPolicy) -> None:
        self._policy = policy
        self._party_of: dict[tuple[str, _Key], _Party] = {}
        members: dict[_Key, list[PastSilence]] = {}
        for each in past:
            for key in _names(each):
                if key is not None:
                    members.setdefault(key, []).append(each)
        for key, some in members.items():
            for together in _apart(key, some):
                party = _party(key, together)
                if len(party.seen_at) > 1:
                    self._party_of |= {(each.waybill, key): party for each in together}

    def company(self, past: PastSilence, at: datetime) -> Company:
        """What the hub would have known of a parcel's company at a moment of its silence."""
        ride, bag, waiting = (
            None if key is None else self._party_of.get((past.waybill, key)) for key in _names(past)
        )
        bag = bag if _is_packed(past, at) else None
        groups = [each for each in (ride, bag) if each is not None and self._is_group(each, at)]
        come = any(
            each is not None and each not in groups and each.is_unloaded(at) for each in (ride, bag)
        )
        silent = max([each.unseen(at) for each in groups], default=1)
        left = 1 if waiting is None else waiting.unseen(at)
        silent = max(silent, left)
        if silent == 1 and not come and not groups:
            return ALONE
        is_riding = past.ride is not None
        return Company(
            silent=silent,
            has_come=come and is_riding and len(past.silence.stops) > 1,
            is_opened=come and not is_riding,
            is_late=ride is not None and ride in groups and not ride.has_come(at),
            is_left=is_left(past.silence.stops, left, self._policy, at),
        )

    def told_at(self, past: PastSilence) -> datetime | None:
        """From when on an opened bag tells of what was not scanned out of it; ``None``: never."""
        if past.bag is None or past.ride is not None:
            return None
        bag = self._party_of.get((past.waybill, ("bag", past.bag.name)))
        told_at = None if bag is None else bag.tells_from
        return told_at if told_at is not None and _is_packed(past, told_at) else None

    def left_in_bags(self) -> tuple[int, int]:
        """How many were not scanned when their bag was opened, and how many lay in such bags."""
        bags = {id(each): each for (_, key), each in self._party_of.items() if _is_bag(key)}
        told = [(each, each.tells_from) for each in bags.values()]
        left = sum(each.unseen(at) for each, at in told if at is not None)
        return left, sum(len(each.seen_at) for each, at in told if at is not None)

    def _is_group(self, party: _Party, at: datetime) -> bool:
        """As ``suspicion.Siblings.is_group``."""
        unseen, total = party.unseen(at), len(party.seen_at)
        enough = unseen >= self._policy.group_min
        return enough and 100 * unseen >= self._policy.group_pct * total


def _is_bag(key: _Key) -> bool:
    return key[0] == "bag"


def _names(past: PastSilence) -> tuple[_Key | None, _Key | None, _Key | None]:
    """Of its ride, its bag, and the departure that it waits for; ``None``: it has none."""
    first = past.silence.stops[0]
    return (
        None if past.ride is None else ("ride", past.ride.name),
        None if past.bag is None else ("bag", past.bag.name),
        ("waits", first.site, first.by) if first.phase is Phase.OUT else None,
    )


def _apart(key: _Key, members: list[PastSilence]) -> Iterator[list[PastSilence]]:
    """The rides of one container, each by itself: it goes the same way again the next day.

    A departure is one by its name, however long some have waited for it.
    """

    def went_at(past: PastSilence) -> datetime:
        ride = past.bag if _is_bag(key) else past.ride
        return past.since if ride is None else ride.at

    members.sort(key=went_at)
    together: list[PastSilence] = []
    for each in members:
        if together and key[0] != "waits" and went_at(each) - went_at(together[0]) > TOGETHER:
            yield together
            together = []
        together.append(each)
    yield together


def _party(key: _Key, members: Sequence[PastSilence]) -> _Party:
    """Each parcel counts once, by its last silence in there."""
    last: dict[str, PastSilence] = {}
    for each in members:
        known = last.get(each.waybill)
        if known is None or each.until >= known.until:
            last[each.waybill] = each
    seen = [_seen(key, each) for each in last.values()]
    return _Party(sorted(at for at, _ in seen), sorted(at for at, is_away in seen if is_away))


def _seen(key: _Key, past: PastSilence) -> tuple[datetime, bool]:
    """When it was seen next, and whether at another site than where its ride or bag left."""
    if _is_bag(key) and past.bag is not None and past.unpacked_at is not None:
        return past.unpacked_at, past.silence.stops[0].site != past.bag.site
    ride = past.bag if _is_bag(key) else past.ride
    is_away = ride is not None and past.seen_site is not None and past.seen_site != ride.site
    return past.until, is_away


def _is_packed(past: PastSilence, at: datetime) -> bool:
    """Say whether it still lay in the bag that it lay in when it fell silent."""
    return past.unpacked_at is None or at < past.unpacked_at
