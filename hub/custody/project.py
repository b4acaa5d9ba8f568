"""Arriving scans and acts: keep what custody needs of them, and judge whom they touch.

Source: design section 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.custody import carriage_store, note_store, store
from hub.custody.judging import Judge
from hub.custody.rules.carriage import carrier_of
from hub.custody.rules.chain import Breach, BreachKind
from hub.custody.rules.reading import container_of, read_act, read_scan, unit_of
from hub.custody.rules.records import UNIT_KINDS, Container, Record
from hub.custody.rules.storage import is_blind
from hub.fact import Fact, sighted
from hub.ingest.service import events_at
from hub.parcels.service import high_value_among, refusals_among
from wire.events import Act, ContainerKind, Scan
from wire.names import Result, Step

ABOARD_AGE_MAX = timedelta(days=30)
"""How long before a bag's scan its parcels may have been packed."""

_LOGGED = frozenset({Step.PACK, Step.LOAD, Step.DEPART, Step.ARRIVE, Step.UNLOAD})
_FILLED = frozenset({Step.PACK, Step.LOAD, Step.UNLOAD})
_WATCHED_RESULTS = frozenset({Result.HV, Result.WANTED, Result.STOP})


@dataclass(slots=True)
class _Batch:
    """What a batch of events tells custody.

    ``scans`` are those that name a container or a store, ``flagged`` the parcels whose scanner
    sounded. ``touched`` tells from when on containers are looked at, ``packed`` which of them
    something was put into or taken out of, ``carriers`` when a load into a vehicle or flight came
    in first.
    """

    scans: list[Record] = field(default_factory=list)
    flagged: set[str] = field(default_factory=set)
    notes: list[tuple[str, Record]] = field(default_factory=list)
    waybills: set[str] = field(default_factory=set)
    touched: dict[Container, datetime] = field(default_factory=dict)
    packed: set[Container] = field(default_factory=set)
    carriers: dict[Container, datetime] = field(default_factory=dict)

    def touch(self, container: Container, at: datetime) -> None:
        self.touched[container] = min(at, self.touched.get(container, at))

    def note_carrier(self, record: Record) -> None:
        carrier = carrier_of(record)
        if carrier is not None:
            earlier = self.carriers.get(carrier, record.received_at)
            self.carriers[carrier] = min(earlier, record.received_at)


class CustodyProjection:
    """Watches high-value, wanted and refused parcels; of others only what bags need is kept."""

    name = "custody"

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Keep notes, then judge parcels, then the containers that they were put in."""
        batch = _Batch()
        for fact in facts:
            if isinstance(fact.event, Scan):
                _read_scan(batch, fact, fact.event)
            elif isinstance(fact.event, Act):
                _read_act(tx, batch, fact, fact.event)
            elif (waybill := sighted(fact.event)) is not None:
                batch.waybills.add(waybill)
        self._note_carriers(tx, batch)
        watched = self._watched(tx, batch)
        for scan in batch.scans:
            _log(batch, scan, scan.waybill in watched)
        note_store.add_notes(tx, batch.notes)
        watched |= _aboard(tx, batch)
        exits = self._judge.judge_parcels(tx, watched, now)
        for container, at in exits.items():
            batch.touch(container, at)
        if batch.touched:
            self._judge.judge_containers(tx, batch.touched, batch.packed, now)
        self._judge_cameras(tx, batch, now)

    def _note_carriers(self, tx: Connection, batch: _Batch) -> None:
        """What the network says of vehicles now is on record for what is loaded from now on."""
        network = self._judge.chains.network
        seen = {
            each: (at, network.carrier_kind(each.kind, each.id))
            for each, at in batch.carriers.items()
        }
        if seen:
            carriage_store.note_kinds(tx, seen)

    def _watched(self, tx: Connection, batch: _Batch) -> set[str]:
        asked = batch.waybills
        if not asked:
            return set()
        policy = self._judge.chains.policy
        high, refused = high_value_among(tx, asked, policy), refusals_among(tx, asked, policy)
        known = store.watched(tx, asked)
        return batch.flagged | high | refused.keys() | known.keys()

    def _judge_cameras(self, tx: Connection, batch: _Batch, now: datetime) -> None:
        """One standing breach for a site that stores high value without any camera (HV-2.8)."""
        network, policy = self._judge.chains.network, self._judge.chains.policy
        stored = [(s.waybill, s) for s in batch.scans if s.step is Step.STORE]
        high = high_value_among(tx, (waybill for waybill, _ in stored if waybill), policy)
        for record in {each.site: each for waybill, each in stored if waybill in high}.values():
            breach = Breach(
                BreachKind.NO_CAMERA, None, record.at, record.site, record, (), record.at
            )
            blind = is_blind(network, record.site)
            self._judge.judge_site(tx, breach, stands=blind, now=now)


def _read_scan(batch: _Batch, fact: Fact, scan: Scan) -> None:
    if scan.waybill is not None:
        batch.waybills.add(scan.waybill)
        if scan.result in _WATCHED_RESULTS:
            batch.flagged.add(scan.waybill)
        # Most scans name no container: of these nothing is kept but the event itself.
        if scan.container is not None or scan.step is Step.STORE:
            own = read_scan(fact, scan)
            batch.scans.append(own)
            batch.note_carrier(own)
        return
    unit = unit_of(scan)
    if unit is None:
        return
    record = read_scan(fact, scan)
    batch.notes.append((note_store.key_of(unit), record))
    batch.touch(unit, record.at)
    batch.note_carrier(record)
    carrier = container_of(scan)
    if carrier is not None and carrier != unit:
        batch.notes.append((note_store.key_of(carrier), record))
        batch.touch(carrier, record.at)


def _read_act(tx: Connection, batch: _Batch, fact: Fact, act: Act) -> None:
    if act.waybill is not None:
        batch.notes.append((act.waybill, read_act(fact, act, act.waybill, None, act.scans)))
        batch.waybills.add(act.waybill)
        return
    covered: dict[tuple[str | None, Container | None], list[int]] = {}
    for found in events_at(tx, act.site, act.edge, act.spool, act.scans):
        if isinstance(found.event, Scan):
            subject = (found.event.waybill, unit_of(found.event))
            covered.setdefault(subject, []).append(found.event.seq)
    for (waybill, unit), seqs in covered.items():
        record = read_act(fact, act, waybill, unit, tuple(seqs))
        if waybill is not None:
            batch.notes.append((waybill, record))
            batch.waybills.add(waybill)
        elif unit is not None:
            batch.notes.append((note_store.key_of(unit), record))
            batch.touch(unit, record.at)


def _log(batch: _Batch, scan: Record, is_watched: bool) -> None:
    """Note a parcel's scan in the log of what it names.

    Vehicles' logs hold only watched ones, flights' also others' loads: high value goes first.
    """
    container = scan.container
    if container is None or scan.step not in _LOGGED:
        return
    is_flown = container.kind == ContainerKind.FLIGHT and scan.step is Step.LOAD
    if container.kind in UNIT_KINDS or is_flown or is_watched:
        batch.notes.append((note_store.key_of(container), scan))
        batch.touch(container, scan.at)
        if scan.step in _FILLED:
            batch.packed.add(container)


def _aboard(tx: Connection, batch: _Batch) -> set[str]:
    """The watched parcels in the bags and pallets that were scanned or handed over as a whole."""
    found: set[str] = set()
    for container, at in batch.touched.items():
        moved = [n for n in batch.notes if n[1].unit == container]
        if moved:
            until = max(record.at for _, record in moved)
            found.update(note_store.members_of(tx, container, at - ABOARD_AGE_MAX, until))
    return set(store.watched(tx, found)) if found else set()
