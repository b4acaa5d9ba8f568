"""The hub's own room judges a carrier: it learns from the warm-up once, then each variant goes on.

A variant may be blind to what travels together, or hold every site for as good a reader as the
whole network. Both are put in from outside; the room's code is as it is shipped.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from bench.missing.carrier.days import Carrier
from bench.missing.carrier.model import learn_models, note_scans
from hub.calendar import Holidays
from hub.config import load_policy
from hub.incidents.service import Suspicion
from hub.missing import judge as judge_module
from hub.missing import watchman as watchman_module
from hub.missing.judge import make_judge
from hub.missing.learning import assembling
from hub.missing.project import MissingProjection
from hub.missing.rules.company_past import PastCompany
from hub.missing.rules.learned import AFTER_SKIPS, Counts, Learned, pool_of
from hub.missing.rules.suspicion import Siblings
from hub.missing.rules.watch import ParcelScan
from hub.missing.store import Watched
from hub.missing.watchman import DUE_PER_TURN_MAX, Watchman, make_watchman
from hub.network import Network
from tests.carrier_bridge import inputs, network_of
from tests.carrier_judging import (
    Input,
    declare_in_memory,
    heard_before,
    note_sightings,
    ticks,
)
from tests.memory_missing import MemoryTables
from wire.policy import Policy

TICK = timedelta(minutes=15)


@dataclass(frozen=True)
class Variant:
    """What the room is let see."""

    name: str
    siblings: bool = True
    read_rates: bool = True
    learned: bool = True
    """By a model that was learned from the warm-up; else by the schedule alone (tier T0)."""


SCHEDULE = Variant("schedule (T0)", learned=False)
VARIANTS = (
    Variant("whole"),
    Variant("without siblings", siblings=False),
    Variant("without read rates", read_rates=False),
    Variant("without both", siblings=False, read_rates=False),
    SCHEDULE,
)


@dataclass(frozen=True)
class Record:
    """A parcel's newest scan became known at ``heard_at``; ``watched`` says what was due then."""

    heard_at: datetime
    watched: Watched


class RecordingTables(MemoryTables):
    """Notes beside the rows when which scan became the newest one."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.records: dict[str, list[Record]] = {}
        self.now: datetime | None = None

    def put(self, tx: object, watched: Iterable[Watched], known: object = None) -> None:
        watched = list(watched)
        for each in watched:
            before = self.watches.get(each.waybill)
            if self.now and (before is None or before.fold.last != each.fold.last):
                self.records.setdefault(each.waybill, []).append(Record(self.now, each))
        super().put(tx, watched, known)


@dataclass(frozen=True)
class Learnt:
    """Where the room stands when the warm-up is over, and what is still to come."""

    carrier: Carrier
    network: Network
    tables: RecordingTables
    seen_at: dict[str, list[datetime]]
    rest: list[Input]
    read_share: float
    """Of the warm-up's scans, over all sites."""
    scans: dict[str, list[ParcelScan]]


@dataclass(frozen=True)
class Judged:
    """What one variant suspected, and when each parcel was scanned."""

    opened: list[tuple[datetime, Suspicion]]
    seen_at: dict[str, list[datetime]]
    records: dict[str, list[Record]]


class Alone:
    """Stands for ``company.Rides``: nothing travels with anything."""

    def __init__(self, _tx: object) -> None:
        pass

    def siblings(self, _fold: object) -> list[Siblings]:
        return []

    def waiting(self, _fold: object) -> int:
        return 1


def even(share: float) -> type[Learned]:
    """``Learned`` that knows no site apart: each makes the same share of the scans it owes."""

    class Even(Learned):
        def read_rate(self, key: str) -> float:
            return super().read_rate(key) if key in AFTER_SKIPS else share

    return Even


def learn(carrier: Carrier, tick: timedelta = TICK) -> Learnt:
    """Let the room work through the warm-up under the shipped policy."""
    network, given = network_of(carrier.days), inputs(carrier.days)
    place = heard_before(given, carrier.judged_from)
    tables = RecordingTables(network)
    seen_at: dict[str, list[datetime]] = {}
    policy = load_policy(None)
    scans: dict[str, list[ParcelScan]] = {}
    with stood_in(tables, SCHEDULE, 1.0):
        _work(tables, network, policy, given[:place], seen_at, tick, timedelta(), scans=scans)
    share = read_share(tables.learned)
    return Learnt(carrier, network, tables, seen_at, given[place:], share, scans)


def models(learnt: Learnt, variant: Variant, budgets: Sequence[float]) -> dict[float, bytes]:
    """What is learned from the warm-up, as the hub stores it, by budget."""
    judging = make_judge(
        learnt.network, load_policy(None), Holidays(load_policy(None).holiday).is_holiday
    )
    with stood_in(learnt.tables, variant, learnt.read_share):
        return learn_models(
            learnt.tables, judging, learnt.scans, learnt.carrier.judged_from, budgets
        )


def judge(
    learnt: Learnt,
    variant: Variant,
    budget: int,
    tick: timedelta = TICK,
    model: bytes | None = None,
) -> Judged:
    """Go on from the end of the warm-up with a budget of false alarms, of 1,000 good parcels."""
    shipped = load_policy(None)
    policy = replace(shipped, missing=replace(shipped.missing, false_per_1000=budget))
    tables = learnt.tables.fork()
    tables.opened = []
    tables.models = [] if model is None else [model]
    seen_at = {waybill: list(each) for waybill, each in learnt.seen_at.items()}
    with stood_in(tables, variant, learnt.read_share):
        _work(tables, learnt.network, policy, learnt.rest, seen_at, tick)
    return Judged(tables.opened, seen_at, tables.records)


@contextmanager
def stood_in(tables: MemoryTables, variant: Variant, share: float) -> Iterator[None]:
    """The tables in the room's place, and before its eyes what the variant may see."""
    with pytest.MonkeyPatch.context() as patch:
        tables.stand_in(patch)
        if not variant.siblings:
            patch.setattr(watchman_module, "Rides", Alone)
            patch.setattr(assembling, "PastCompany", lambda _, policy: PastCompany((), policy))
        if not variant.read_rates:
            patch.setattr(judge_module, "Learned", even(share))
            patch.setattr(
                assembling, "read_rates", lambda _, counted: dict.fromkeys(counted.counts, share)
            )
        yield


def read_share(learned: dict[str, Counts]) -> float:
    """How many of the scans that were owed were made, over all sites."""
    own = [each for key, each in learned.items() if key != pool_of(key)]
    made, skipped = sum(each[0] for each in own), sum(each[1] for each in own)
    return made / max(1, made + skipped)


def _work(
    tables: RecordingTables,
    network: Network,
    policy: Policy,
    given: list[Input],
    seen_at: dict[str, list[datetime]],
    tick: timedelta,
    *afterwards: timedelta,
    scans: dict[str, list[ParcelScan]] | None = None,
) -> None:
    judging = make_judge(network, policy, Holidays(policy.holiday).is_holiday)
    projection = MissingProjection(judging, None, policy)  # type: ignore[arg-type]  # incidents are told to the tables
    watchman = make_watchman(judging, None, policy)  # type: ignore[arg-type]  # the same
    for now, calls, parts in ticks(given, tick, *afterwards):
        for call in calls:
            declare_in_memory(tables, call)
        for part in parts:
            tables.see(part)
            note_sightings(seen_at, tables, part)
            if scans is not None:
                note_scans(scans, tables, part)
            tables.now = max(fact.received_at for fact in part)
            projection.apply(None, part, now)  # type: ignore[arg-type]  # no database
            tables.now = None
        _look(watchman, now)


def _look(watchman: Watchman, now: datetime) -> None:
    """The clock looks every second; here it looks until nothing is due."""
    watchman.judge_sites(None, now)  # type: ignore[arg-type]  # no database
    while watchman.judge_parcels(None, now) == DUE_PER_TURN_MAX:  # type: ignore[arg-type]  # the same
        pass
