"""A model as the hub would learn it at the end of the warm-up, from what it had heard by then."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.config import load_policy
from hub.fact import Fact
from hub.missing.history import Recorded
from hub.missing.judge import SilenceJudge
from hub.missing.learning.assembling import History, learn_for
from hub.missing.project import UNIT_STEPS
from hub.missing.rules.past import Way, silences_of
from hub.missing.rules.tables import pack
from hub.missing.rules.watch import ParcelScan
from hub.missing.train import setting_of
from tests.memory_missing import MemoryTables
from wire.events import Act, ActKind, Scan
from wire.names import Step

CONFIRMED_AFTER = timedelta(hours=73)
"""A search goes to the region after an hour, and counts as lost 72 h later (policy)."""


def note_scans(
    scans: dict[str, list[ParcelScan]], tables: MemoryTables, facts: Sequence[Fact]
) -> None:
    """Keep what each parcel's way is made of, as ``unit_trace`` does."""
    for fact in facts:
        event, at = fact.event, fact.occurred_at
        if isinstance(event, Act) and event.act is ActKind.DELIVER and event.waybill:
            scans.setdefault(event.waybill, []).append(ParcelScan(event.site, Step.DELIVER, at))
        if not isinstance(event, Scan):
            continue
        container = f"{event.container_kind}:{event.container}" if event.container else None
        if event.waybill is not None:
            scan = ParcelScan(event.site, event.step, at, container)
            scans.setdefault(event.waybill, []).append(scan)
        elif event.step in UNIT_STEPS:
            for waybill in tables.waybills_of(None, event):
                scan = ParcelScan(event.site, event.step, at, container, is_own=False)
                scans.setdefault(waybill, []).append(scan)


def learn_models(
    tables: MemoryTables,
    judging: SilenceJudge,
    scans: dict[str, list[ParcelScan]],
    now: datetime,
    budgets: Sequence[float],
) -> dict[float, bytes]:
    """What ``custos-hub train`` would have stored then, for each budget."""
    recorded = Recorded()
    for waybill, some in scans.items():
        high_value = bool(tables.high_value_among(None, [waybill], None))
        product = judging.products.of(waybill, high_value=high_value)
        way = Way(waybill, some, tables.routes.get(waybill))
        recorded.add(*silences_of(way, judging.planner, now), product, some[-1].at)
    setting = setting_of(judging, load_policy(None), tables.outage_rows)
    history = History(
        recorded.past,
        [lesson for _, lesson in recorded.lessons],
        dict(recorded.parcels),
        _lost(tables, judging, scans, now),
    )
    return {budget: pack(each) for budget, each in learn_for(history, setting, budgets).items()}


def _lost(
    tables: MemoryTables,
    judging: SilenceJudge,
    scans: dict[str, list[ParcelScan]],
    now: datetime,
) -> Counter[str]:
    """By product: who was searched for so long that the search ended, and was not seen since."""
    found: Counter[str] = Counter()
    told = {
        waybill: at
        for at, suspicion in tables.opened
        for waybill in suspicion.waybills
        if at <= now - CONFIRMED_AFTER
    }
    for waybill, at in told.items():
        if waybill in scans and scans[waybill][-1].at <= at:
            high_value = bool(tables.high_value_among(None, [waybill], None))
            found[judging.products.of(waybill, high_value=high_value)] += 1
    return found
