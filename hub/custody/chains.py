"""Read what a parcel's custody is folded from, and fold it. The caller owns the transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from hub.custody import carriage_store, note_store
from hub.custody.people import People
from hub.custody.rules.carriage import carrier_of, with_carriage
from hub.custody.rules.chain import BreachKind, Chain, Ground, Subject
from hub.custody.rules.fold import fold
from hub.custody.rules.reading import read_scan, read_sighting
from hub.custody.rules.records import UNIT_KINDS, Container, Record, in_order
from hub.ingest.service import scans_of, sightings_of
from hub.network import Network
from hub.parcels.service import (
    goods_classes,
    high_value_among,
    planned_routes,
    refusals_among,
    replaced_among,
)
from wire.events import Camera, Scan
from wire.names import Step
from wire.policy import Policy

SCANS_FOLDED_MAX = 2_000
"""A parcel's newest scans; of older ones the chain says that they were left out."""

SIGHTINGS_FOLDED_MAX = 500
"""A parcel's newest sightings; older ones are evidence of less than its scans are."""


@dataclass(frozen=True, slots=True)
class Chains:
    """What every role folds custody with."""

    network: Network
    policy: Policy
    people: People

    def fold(
        self, tx: Connection, waybills: Iterable[str], now: datetime, received_until: datetime
    ) -> dict[str, Chain]:
        """The custody of parcels as believed at ``now``, from what was received until a moment."""
        asked = sorted(set(waybills))
        if not asked:
            return {}
        records, cut = _records(tx, asked, received_until)
        new = {old: link.new for old, link in replaced_among(tx, asked).items()}
        for old, first in _first_scans(tx, new, received_until).items():
            records[old].append(first)
        subjects = self._subjects(tx, asked, new)
        everyone = self.people.behind(tx, (each for own in records.values() for each in own))
        policy = self.policy
        ground = Ground(
            self.network,
            policy.handover,
            policy.delivery,
            policy.storage,
            policy.vehicle,
            everyone,
        )
        _add_carriages(tx, records)
        chains = {each: fold(records[each], subjects[each], ground, now) for each in asked}
        return {
            waybill: replace(chain, complete=False) if waybill in cut else chain
            for waybill, chain in chains.items()
        }

    def _subjects(
        self, tx: Connection, waybills: Sequence[str], new: Mapping[str, str]
    ) -> dict[str, Subject]:
        high = high_value_among(tx, waybills, self.policy)
        refused = refusals_among(tx, waybills, self.policy)
        breach = {waybill: BreachKind(refusal) for waybill, refusal in refused.items()}
        routes = planned_routes(tx, waybills, self.network)
        return {
            each: Subject(each, each in high, breach.get(each), routes.get(each), new.get(each))
            for each in waybills
        }


def _records(
    tx: Connection, waybills: Sequence[str], received_until: datetime
) -> tuple[dict[str, list[Record]], set[str]]:
    """Each parcel's records, and those parcels of which older scans were left out."""
    own: dict[str, list[Record]] = {waybill: [] for waybill in waybills}
    for fact in scans_of(tx, waybills, received_until, SCANS_FOLDED_MAX):
        scan = fact.event
        if isinstance(scan, Scan) and scan.waybill is not None:
            own[scan.waybill].append(read_scan(fact, scan))
    seen = sightings_of(tx, waybills, received_until, SIGHTINGS_FOLDED_MAX)
    cut = {waybill for waybill, found in own.items() if len(found) >= SCANS_FOLDED_MAX}
    units = {waybill: _units(found) for waybill, found in own.items()}
    subjects = [*waybills, *{note_store.key_of(unit) for each in units.values() for unit in each}]
    notes = note_store.notes_of(tx, subjects, received_until)
    for waybill in waybills:
        for subject in (waybill, *map(note_store.key_of, units[waybill])):
            own[waybill] += notes.get(subject, [])
    for fact in seen:
        camera = fact.event
        if isinstance(camera, Camera) and camera.waybill is not None:
            own[camera.waybill].append(read_sighting(fact, camera))
    return own, cut


def _add_carriages(tx: Connection, records: dict[str, list[Record]]) -> None:
    """Put to each load what was on record of vehicle and goods when it came in (HV-X8)."""
    carriers = {carrier_of(each) for own in records.values() for each in own} - {None}
    if not carriers:
        return
    kinds = carriage_store.kinds_of(tx, [each for each in carriers if each is not None])
    goods = goods_classes(tx, records)
    for waybill, own in records.items():
        for nth, each in enumerate(own):
            carrier = carrier_of(each)
            if carrier is not None:
                said = goods.get(waybill, [])
                own[nth] = with_carriage(each, kinds.get(carrier, []), said)


def _first_scans(
    tx: Connection, new: Mapping[str, str], received_until: datetime
) -> dict[str, Record]:
    """The first scan of the waybill under which each of some parcels goes on (HV-2.9)."""
    own: dict[str, list[Record]] = {}
    for fact in scans_of(tx, list(new.values()), received_until, SCANS_FOLDED_MAX) if new else ():
        scan = fact.event
        if isinstance(scan, Scan) and scan.waybill is not None:
            own.setdefault(scan.waybill, []).append(read_scan(fact, scan))
    return {old: in_order(own[waybill])[0] for old, waybill in new.items() if waybill in own}


def _units(records: Sequence[Record]) -> Mapping[Container, None]:
    """The bags and pallets that a parcel was ever scanned into."""
    return {
        each.container: None
        for each in records
        if each.step in (Step.PACK, Step.LOAD)
        and each.container is not None
        and each.container.kind in UNIT_KINDS
    }
