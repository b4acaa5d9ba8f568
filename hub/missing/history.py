"""A carrier's past, read page by page from what is recorded and folded again in memory.

What arrived late stands at its own time, and a new release reads the past by its own rules.
Source: design section 7.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from msgspec import structs

from hub.db.engine import Database
from hub.missing import store
from hub.missing.judge import SilenceJudge
from hub.missing.products import Products
from hub.missing.rules.past import PastSilence, Way, as_of, silences_of
from hub.missing.rules.suspicion import Outage
from hub.missing.rules.watch import Lesson, ParcelScan
from hub.parcels.service import (
    WAYS_PAGE_MAX,
    RecordedWay,
    Sign,
    count_seen_since,
    high_value_among,
    recorded_ways,
)
from wire.policy import Policy

HISTORY_DAYS = 60
"""So far back a model looks at most: a season's timetable, not the one before."""
HISTORY_DAYS_MIN = 15
PARCELS_MAX = 20_000
"""Parcels that a model is taught with; a large carrier's last two weeks are more. Their siblings
must be among them, so days are left out, not parcels."""

Tell = Callable[[int, int], None]
"""How many parcels were read, of how many."""


@dataclass
class Recorded:
    """What was read: silences, lessons with the parcel that taught them, counts by product."""

    past: list[PastSilence] = field(default_factory=list)
    lessons: list[tuple[datetime, Lesson]] = field(default_factory=list)
    parcels: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    outages: list[Outage] = field(default_factory=list)

    def add(
        self,
        past: Sequence[PastSilence],
        lessons: Sequence[Lesson],
        product: str,
        ended_at: datetime,
    ) -> None:
        """One parcel; ``ended_at``: its newest scan."""
        self.parcels[product] += 1
        self.past += [
            replace(each, silence=structs.replace(each.silence, product=product)) for each in past
        ]
        self.lessons += [(ended_at, each) for each in lessons]


def read_history(
    database: Database, judge: SilenceJudge, policy: Policy, now: datetime, tell: Tell
) -> Recorded:
    """Read the past of all parcels that were recorded lately.

    Args:
        database: read in pages, a transaction each.
        judge: with the carrier's plan.
        policy: whose products they are.
        now: up to when.
        tell: hears how far it is.
    """
    products, found = Products(policy), Recorded()
    with database.reading() as tx:
        since, expected = _window(lambda day: count_seen_since(tx, day), now)
        found.outages = store.outages(tx, since)
    after, read = "", 0
    while True:
        with database.reading() as tx:
            page = recorded_ways(tx, judge.network, since, after)
            high_value = high_value_among(tx, [each.waybill for each in page], policy)
        for way in page:
            product = products.of(way.waybill, high_value=way.waybill in high_value)
            _add(found, way, product, judge, now)
        read += len(page)
        tell(read, max(read, expected))
        if len(page) < WAYS_PAGE_MAX:
            return found
        after = page[-1].waybill


def _window(count_since: Callable[[datetime], int], now: datetime) -> tuple[datetime, int]:
    """From when on is read, and how many parcels that are."""
    days = HISTORY_DAYS
    while True:
        since = now - timedelta(days=days)
        count = count_since(since)
        if count <= PARCELS_MAX or days <= HISTORY_DAYS_MIN:
            return since, count
        days = max(HISTORY_DAYS_MIN, days // 2)


def _add(
    found: Recorded, way: RecordedWay, product: str, judge: SilenceJudge, now: datetime
) -> None:
    scans = [scan_of(sign) for sign in way.signs]
    past, lessons = silences_of(Way(way.waybill, scans, way.route), judge.planner, now)
    if any(each.at <= now for each in scans):
        found.add(past, lessons, product, scans[-1].at)
        found.lost[product] += way.is_lost


def scan_of(sign: Sign) -> ParcelScan:
    """A recorded sign as the watch folds it."""
    return ParcelScan(sign.site, sign.step, sign.at, sign.container, sign.is_own)


def of_time(recorded: Recorded, until: datetime) -> tuple[Sequence[PastSilence], Sequence[Lesson]]:
    """What was known at a moment; what lasted still is open."""
    past = [as_of(each, until) for each in recorded.past if each.since <= until]
    return past, [lesson for at, lesson in recorded.lessons if at <= until]
