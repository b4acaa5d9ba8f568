"""Why a parcel is suspected: what is worked out of what is known, and its three lines. Pure.

1. Where it was seen last, and where it should have been by when; the hours of its silence against
   those within which 99 of 100 such parcels are scanned.
2. How rare such a silence is among parcels that are not lost.
3. What became of those that travelled with it; of one that travels alone, what its site skips.

Beside them: who answers for it. Source: console.md, HV-2.11.2, HV-L4, docs/adr/0042.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.evidence import Evidence, Line, Look, Share
from hub.missing.rules.plan import Phase, Stop
from hub.missing.rules.reads import Reads, owed_of
from hub.missing.rules.scoring import STEP, Company, Outlook, Scorer, Silence
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.watch import Watch
from hub.missing.rules.words import Words, hours

USUAL_ODDS = 0.01
"""Of 100 such parcels 99 are scanned by then."""
USUAL_MAX = timedelta(days=21)
"""So far after the first expected scan that is looked for."""

ReadRate = Callable[[Stop], float]
"""P(such a scan is made at all), 0 where its site was cut off."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a suspected parcel.

    ``together`` are those that were put with it, the bag first. ``outlook`` null: nobody planned
    its way. ``usual_until``: by then 99 of 100 such parcels are scanned. ``reads``: what the site
    that should scan it next made of such scans in ``days`` days; null where these are not counted.
    ``company``: what of it the outlook takes into account. ``searching`` are the sites that look
    for it themselves, until ``checked_by``.
    """

    fold: Watch
    together: Sequence[Siblings]
    outlook: Outlook | None
    usual_until: datetime | None
    reads: Reads | None
    days: int
    company: Company
    shares: tuple[Share, ...]
    searching: tuple[str, ...]
    checked_by: datetime


def make_evidence(words: Words, known: Known, now: datetime) -> Evidence:
    """The three lines and what belongs to them, as of ``now``, aware UTC."""
    fold, outlook = known.fold, known.outlook
    if outlook is None:
        silence, rarity = words.unplanned(fold, now)
    else:
        usual_h = None
        if known.usual_until is not None:
            usual_h = hours(known.usual_until - fold.last.at)
        upto_h = hours(fold.stops[0].by + USUAL_MAX - fold.last.at)
        silence = words.silence(fold, now, usual_h, upto_h)
        rarity = words.rarity(outlook.odds, known.company)
    stop = fold.stops[0] if fold.stops else None
    return Evidence(
        at=now,
        lines=(silence, rarity, _company_line(words, known)),
        expected_site=None if stop is None else stop.site,
        expected_by=None if stop is None else stop.by,
        p_lost=None if outlook is None else outlook.p_lost,
        p_diverted=None if outlook is None else outlook.p_diverted,
        prior_per_10000=_prior(words, outlook),
        budget_per_1000=words.policy.false_per_1000,
        shares=known.shares,
        looks=_looks(words, known, now),
    )


def _prior(words: Words, outlook: Outlook | None) -> float:
    """Of 10,000 parcels so many are lost, to a tenth: as learned, else the policy's."""
    if outlook is None or outlook.prior is None:
        return words.policy.lost_per_10000
    return round(10_000 * outlook.prior, 1)


def _company_line(words: Words, known: Known) -> Line:
    fold = known.fold
    told = most_telling(known.together)
    if told is not None:
        return words.company(told, fold.stops[0].site if fold.stops else None)
    owed = None if not fold.stops else owed_of(fold.stops[0].key)
    if owed is None or known.reads is None:
        return words.alone(fold)
    return words.reads(*owed, known.reads, known.days)


def _looks(words: Words, known: Known, now: datetime) -> tuple[Look, ...]:
    ahead = [stop for stop in known.fold.stops if stop.by > now]
    looks = [words.next_scan(stop) for stop in ahead[:1]]
    if known.checked_by > now:
        looks.append(words.self_check(known.searching, known.checked_by))
    return tuple(sorted(looks, key=lambda look: look.at))


def most_telling(together: Sequence[Siblings]) -> Siblings | None:
    """The company of which the largest share was seen since; of equal ones the first, the bag."""
    with_others = [each for each in together if each.total > 1]
    return max(with_others, key=lambda each: 1 - len(each.unseen) / each.total, default=None)


def usual_until(scorer: Scorer, silence: Silence) -> datetime | None:
    """By when 99 of 100 such parcels are scanned, to a quarter of an hour.

    Args:
        scorer: whose S(t) only falls, and does so from the first plan on.
        silence: without what its company tells, so that it is the usual time of its lane.

    Returns:
        ``None``: fewer are, up to ``USUAL_MAX`` after the first expected scan.
    """
    planned, steps = silence.stops[0].by, range(USUAL_MAX // STEP + 1)

    def is_usual(step: int) -> bool:
        return scorer.outlook(silence, planned + step * STEP).odds <= USUAL_ODDS

    found = bisect_left(steps, True, key=is_usual)
    return planned + found * STEP if found < len(steps) else None


def shares_by_site(fold: Watch, read_rate: ReadRate, now: datetime) -> tuple[Share, ...]:
    """Who answers for it: how the ways in which it can be lost fall upon sites; they sum to one.

    It can have been lost before each scan ahead that is owed by ``now``. For that it must have gone
    unread through the scans before it: the weight is the product of P(skipped) of those. Whoever
    had it last answers for it, by record: a scan out of a site is that site's to make, and between
    two sites it is the first one's until the second has scanned it in. This proposes which link is
    the abnormal one; monitoring staff confirm it. Source: HV-2.11.2.2, HV-L4 ("the last confirmed
    custodian").
    """
    unread, weights = 1.0, dict[str, float]()
    for stop in fold.stops:
        if stop.by > now:
            break
        site = responsible_for(stop, fold.last.site)
        weights[site] = weights.get(site, 0.0) + unread
        unread *= 1 - read_rate(stop)
    if not weights:
        weights = {fold.last.site: 1.0}
    return _as_shares(weights)


def responsible_for(stop: Stop, last_site: str) -> str:
    """Who answers for a parcel until this scan is made."""
    return (stop.origin or last_site) if stop.phase is Phase.IN else stop.site


def _as_shares(weights: Mapping[str, float]) -> tuple[Share, ...]:
    total = sum(weights.values())
    found = [Share(site, min(1.0, weight / total)) for site, weight in weights.items()]
    return tuple(sorted(found, key=lambda each: (-each.share, each.site)))
