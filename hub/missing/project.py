"""Arriving scans set the next deadline, teach, and end suspicion. Source: HV-2.11.2.

Nothing is suspected here: a deadline waits in its row until the clock's duty reads what is due.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from hub.fact import Fact
from hub.incidents.service import Search, end_silence
from hub.missing import read_store, store, suspect_store
from hub.missing.judge import Question, SilenceJudge, next_look
from hub.missing.rules.learned import NOTHING, pool_of
from hub.missing.rules.reads import tally
from hub.missing.rules.suspicion import UNLOADING
from hub.missing.rules.watch import Lesson, ParcelScan, Ride, fold_scan, learn
from hub.missing.store import Watched
from hub.parcels.service import Heading, headings, waybills_of
from wire.events import Act, ActKind, Scan
from wire.names import Step
from wire.policy import Policy

Taught = list[tuple[ParcelScan, list[Lesson]]]
"""Scans, and what each of them taught."""

UNIT_STEPS = frozenset({Step.LOAD, Step.UNLOAD, Step.ARRIVE, Step.DEPART, Step.HANDOVER})


class MissingProjection:
    """Keeps one row a watched parcel: what is expected of it, and by when."""

    name = "missing"

    def __init__(self, judge: SilenceJudge, search: Search, policy: Policy) -> None:
        self._judge = judge
        self._search = search
        self._policy = policy

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Fold scans into their parcels: a few reads and writes, however many scans."""
        scans = _sightings(tx, facts)
        self._hear(tx, facts, now)
        if not scans:
            return
        known = store.known(tx, {waybill for waybill, _ in scans})
        headed = headings(tx, {w for w, _ in scans}, self._judge.network, self._policy)
        folded, taught = self._fold(known, scans, headed)
        _learn(tx, [lesson for _, lessons in taught for lesson in lessons])
        read_store.add(tx, tally(taught, self._day_of, now))
        changed = {w: each for w, each in folded.items() if w not in known or each != known[w]}
        moved = [w for w in changed if w not in known or changed[w].fold.last != known[w].fold.last]
        changed |= self._set_deadlines(tx, known, [changed[w] for w in moved], headed, now)
        suspects = [known[waybill].suspect_id for waybill in moved if waybill in known]
        store.put(tx, changed.values(), known)
        for bag in _opened(known, [changed[waybill] for waybill in moved]):
            store.look_soon(tx, bag, now + UNLOADING)
        suspect_store.close(tx, [each for each in suspects if each is not None], now)

    def _fold(
        self,
        known: dict[str, Watched],
        scans: Sequence[tuple[str, ParcelScan]],
        headed: Mapping[str, Heading],
    ) -> tuple[dict[str, Watched], Taught]:
        folded = dict(known)
        taught: Taught = []
        for waybill, scan in scans:
            before = folded.get(waybill)
            fold, learnt = fold_scan(
                None if before is None else before.fold,
                scan,
                headed[waybill].route,
                self._judge.planner,
            )
            if before is None:
                folded[waybill] = Watched(waybill, fold)
            else:
                folded[waybill] = Watched(waybill, fold, before.suspect_id, before.due_at)
            if learnt:
                taught.append((scan, learnt))
        return folded, taught

    def _day_of(self, site: str, at: datetime) -> date:
        return at.astimezone(self._judge.network.zone_of(site)).date()

    def _set_deadlines(
        self,
        tx: Connection,
        known: Mapping[str, Watched],
        moved: Sequence[Watched],
        headed: Mapping[str, Heading],
        now: datetime,
    ) -> dict[str, Watched]:
        # What still leaves with the shift that it waited for has its deadline already.
        moved = [each for each in moved if not _waits_on(known.get(each.waybill), each)]
        scorer = self._judge.scorer(tx, [each.fold for each in moved], now)
        asked = [
            Question(each.waybill, each.fold, headed[each.waybill].high_value) for each in moved
        ]
        due = self._judge.deadlines(scorer, asked)
        return {
            each.waybill: Watched(each.waybill, each.fold, due_at=next_look(each.fold, due_at, now))
            for each, due_at in zip(moved, due, strict=True)
        }

    def _hear(self, tx: Connection, facts: Iterable[Fact], now: datetime) -> None:
        newest: dict[str, datetime] = {}
        for fact in facts:
            if isinstance(fact.event, Scan):
                site = fact.event.site
                newest[site] = max(fact.occurred_at, newest.get(site, fact.occurred_at))
        if not newest:
            return
        store.hear_sites(tx, newest)
        for outage in store.outages(tx, now):
            if outage.until is None and outage.site in newest:
                store.end_outage(tx, outage.site, now)
                store.rejudge(tx, outage.site, now)
                end_silence(tx, self._search, outage.site, now)


def _opened(known: Mapping[str, Watched], moved: Iterable[Watched]) -> list[Ride]:
    """The bags that these came out of: what is left in there was not scanned with them."""
    found: dict[str, Ride] = {}
    for each in moved:
        before = known.get(each.waybill)
        was_in = before is not None and before.fold.is_in_bag
        if was_in and not each.fold.is_in_bag and each.fold.bag is not None:
            found[each.fold.bag.name] = each.fold.bag
    return list(found.values())


def _waits_on(before: Watched | None, after: Watched) -> bool:
    if before is None or before.due_at is None or not after.fold.stops:
        return False
    return before.fold.stops == after.fold.stops


def _sightings(tx: Connection, facts: Iterable[Fact]) -> list[tuple[str, ParcelScan]]:
    """What was seen of parcels: their own scans, those of their bag, and what people answered."""
    found: list[tuple[str, ParcelScan]] = []
    for fact in facts:
        event, at = fact.event, fact.occurred_at
        if isinstance(event, Scan) and event.waybill is not None:
            found.append((event.waybill, ParcelScan(event.site, event.step, at, _container(event))))
        elif isinstance(event, Scan):
            scan = ParcelScan(event.site, event.step, at, _container(event), is_own=False)
            found += [(waybill, scan) for waybill in _inside(tx, event)]
        elif isinstance(event, Act) and event.waybill is not None:
            if event.act is ActKind.DELIVER:
                found.append((event.waybill, ParcelScan(event.site, Step.DELIVER, at)))
            elif event.act is ActKind.SELF_CHECK and event.found:
                found.append((event.waybill, ParcelScan(event.site, None, at)))
    return found


def _inside(tx: Connection, scan: Scan) -> tuple[str, ...]:
    """The waybills in a bag or pallet whose own label was scanned as one thing."""
    return waybills_of(tx, scan) if scan.step in UNIT_STEPS else ()


def _container(scan: Scan) -> str | None:
    if scan.container is None or scan.container_kind is None:
        return None
    return f"{scan.container_kind.value}:{scan.container}"


def _learn(tx: Connection, lessons: Sequence[Lesson]) -> None:
    if not lessons:
        return
    keys = {each.key for each in lessons}
    keys |= {pool_of(key) for key in keys}
    counts = dict.fromkeys(keys, NOTHING) | store.counts_of(tx, keys)
    learn(counts, lessons)
    store.put_counts(tx, counts)
