"""What company told of past silences is what the hub would have seen when it judged (design 7)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from hub.calendar import Holidays
from hub.config import load_policy
from hub.fact import Fact
from hub.missing import models, project
from hub.missing.company import Rides
from hub.missing.judge import SilenceJudge, make_judge
from hub.missing.project import MissingProjection
from hub.missing.rules.company_past import PastCompany
from hub.missing.rules.past import Way, silences_of
from hub.missing.rules.scoring import Company
from hub.missing.rules.suspicion import evidence_of
from hub.missing.rules.watch import ParcelScan, Watch, replan
from simulators.carrier.day import simulate
from simulators.carrier.noise import Noise
from tests.carrier_bridge import inputs, network_of
from tests.integration.hub.test_missing_carrier import declare_in_memory, ticks
from tests.memory_missing import MemoryTables

SEEDS, PARCELS, DAYS = (6, 32), 900, 5
"""In the second one much is taken out of bags where it waits for days."""
TICK = timedelta(hours=1)
OVERDUE = timedelta(minutes=30)
LOOK_EVERY_H = 3


class Moment(NamedTuple):
    """A silent parcel at a moment: what the room knew, and what its past tells."""

    live: Company
    past: Company


class _Seen(NamedTuple):
    at: datetime
    waybill: str
    fold: Watch
    live: Company


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    return [each for seed in SEEDS for each in play(seed)]


def play(seed: int) -> list[Moment]:
    """A carrier played into the room; every third hour all that is overdue is looked at."""
    days = simulate(seed, PARCELS, Noise(links=0, powers=0), days=DAYS)
    policy = load_policy(None)
    network = network_of(days)
    tables, scans = MemoryTables(network), defaultdict[str, list[ParcelScan]](list)
    seen: list[_Seen] = []
    real = project._sightings

    def sightings(tx: Connection, facts: Sequence[Fact]) -> list[tuple[str, ParcelScan]]:
        found = real(tx, facts)
        for waybill, scan in found:
            scans[waybill].append(scan)
        return found

    with pytest.MonkeyPatch.context() as patch:
        tables.stand_in(patch)
        patch.setattr(models, "model_store", SimpleNamespace(live_id=lambda _: None))
        patch.setattr(project, "_sightings", sightings)
        judge = make_judge(network, policy, Holidays(policy.holiday).is_holiday)
        room = MissingProjection(judge, None, policy)  # type: ignore[arg-type]  # no incidents
        for now, calls, parts in ticks(inputs(days), TICK):
            for call in calls:
                declare_in_memory(tables, call)
            for part in parts:
                tables.see(part)
                room.apply(None, part, now)  # type: ignore[arg-type]  # no database
            _plan_again(tables, judge, now)
            if now.hour % LOOK_EVERY_H == 0:
                seen += _overdue(tables, now)
        past = [
            each
            for waybill, own in scans.items()
            for each in silences_of(
                Way(waybill, own, tables.routes.get(waybill)), judge.planner, now
            )[0]
        ]
    company = PastCompany(past, policy.missing)
    mine = defaultdict(list)
    for each in past:
        mine[each.waybill].append(each)
    found = []
    for at, waybill, fold, live in seen:
        own = [p for p in mine[waybill] if p.since <= fold.last.at and at < p.until]
        if own and own[-1].silence.stops == fold.stops:
            found.append(Moment(live, company.company(own[-1], at)))
    assert len(found) == len(seen)
    return found


def _plan_again(tables: MemoryTables, judge: SilenceJudge, now: datetime) -> None:
    """As the clock does with those of which a declaration came after a scan."""
    due = tables.due(None, now, len(tables.watches))
    routes = tables.routes
    tables.put(
        None,
        [
            replace(each, fold=replan(each.fold, routes.get(each.waybill), judge.planner))
            for each in due
        ],
    )


def _overdue(tables: MemoryTables, now: datetime) -> Iterator[_Seen]:
    rides, policy = Rides(None), load_policy(None).missing  # type: ignore[arg-type]  # no database
    for waybill, each in tables.watches.items():
        fold = each.fold
        if fold.stops and now - fold.stops[0].by > OVERDUE:
            live = evidence_of(fold, rides.siblings(fold), rides.waiting(fold), policy, now)
            yield _Seen(now, waybill, fold, live)


def test_what_company_told_is_what_the_room_saw(moments: list[Moment]) -> None:
    kinds = Counter((m.live.has_come, m.live.is_opened, m.live.is_late) for m in moments)
    assert min(kinds[True, False, False], kinds[False, True, False], kinds[False, False, True]) > 5
    assert [each for each in moments if each.live != each.past] == []
