"""Fold parcels again and keep what is new: breaches found and withdrawn, gaps, when they are due.

The caller owns the transaction. Breaches of one *scope* (a parcel, a container, a site) are judged
together: what stands and is found again stays, what is not found any more is withdrawn.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.custody import note_store, store
from hub.custody.chains import Chains
from hub.custody.findings import tell, untell
from hub.custody.rules.chain import Breach, Chain, Exit
from hub.custody.rules.flights import departures_of, held_by, judge_departure
from hub.custody.rules.records import UNIT_KINDS, Container, Record
from hub.custody.rules.siblings import judge_lot, lots_of
from hub.custody.store import FoundBreach
from hub.parcels.service import high_value_among
from wire.events import ContainerKind

LOT_AGE_MAX = timedelta(days=7)
"""How far before a new record of a container its lots are judged again."""

DEPARTURE_AGE_MAX = timedelta(days=1)
"""How far before a new record of a flight its departures are judged again."""
PACKED_AGE_MAX = timedelta(days=14)
"""How long before its flight a bag or pallet may have been packed."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges parcels and the containers that they were put in."""

    chains: Chains

    def judge_parcels(
        self, tx: Connection, waybills: Iterable[str], now: datetime
    ) -> dict[Container, datetime]:
        """Fold parcels again; from now on they are watched.

        Returns:
            The containers that a parcel newly turns out not to have left with, and from when on
            their lots must be looked at.
        """
        chains = self.chains.fold(tx, waybills, now, now)
        if not chains:
            return {}
        stood = store.standing(tx, list(chains))
        for waybill, chain in chains.items():
            _compare(tx, waybill, stood.get(waybill, []), chain.breaches, now)
        store.replace_gaps(tx, {waybill: chain.gaps for waybill, chain in chains.items()})
        exits = {waybill: chain.exits for waybill, chain in chains.items()}
        touched: dict[Container, datetime] = {}
        for waybill in store.replace_exits(tx, exits):
            for each in exits[waybill]:
                at = touched.get(each.container, each.put.at)
                touched[each.container] = min(at, each.put.at)
        self._watch(tx, chains)
        return touched

    def judge_containers(
        self,
        tx: Connection,
        touched: Mapping[Container, datetime],
        packed: AbstractSet[Container],
        now: datetime,
    ) -> None:
        """Look at containers' lots.

        Args:
            tx: the transaction.
            touched: from when on something may have changed in which container.
            packed: those into which something was put.
            now: aware UTC.
        """
        flights = {each: at for each, at in touched.items() if each.kind == ContainerKind.FLIGHT}
        keys = [note_store.key_of(each) for each in touched]
        exits, stood = store.exits_from(tx, keys), store.standing(tx, keys)
        for container, touched_at in touched.items():
            scope = note_store.key_of(container)
            # In a vehicle all may travel together, and a bag that moves mixes nothing: else only
            # who was seen outside can be wrong.
            is_packing = container.kind in UNIT_KINDS and container in packed
            if is_packing or scope in exits or scope in stood:
                since = touched_at - LOT_AGE_MAX
                # Read from further back, so that the first lot that is judged is a whole one.
                log = note_store.log_of(tx, container, since - LOT_AGE_MAX)
                for flight, at in _flown_in(container, log, touched_at).items():
                    flights[flight] = min(at, flights.get(flight, at))
                wanted = self._judge_lots(tx, container, log, exits.get(scope, {}), since)
                known = [each for each in stood.get(scope, []) if _is_since(each.lot_at, since)]
                _compare(tx, scope, known, list(wanted), now, wanted)
        for flight, touched_at in flights.items():
            self._judge_flight(tx, flight, touched_at - DEPARTURE_AGE_MAX, now)

    def _judge_lots(
        self,
        tx: Connection,
        container: Container,
        log: Sequence[Record],
        exits: Mapping[str, Sequence[Exit]],
        since: datetime,
    ) -> dict[Breach, datetime]:
        """The breaches in a container's lots from a moment on, and when the lot of each began."""
        lots = [lot for lot in lots_of(container, log) if lot.began_at >= since]
        members = {waybill for lot in lots for waybill in lot.members}
        high = high_value_among(tx, members, self.chains.policy)
        return {breach: lot.began_at for lot in lots for breach in judge_lot(lot, exits, high)}

    def _judge_flight(
        self, tx: Connection, flight: Container, since: datetime, now: datetime
    ) -> None:
        """Look at a flight's departures from a moment on (HV-2.4.2)."""
        log = note_store.log_of(tx, flight, since - DEPARTURE_AGE_MAX)
        departures = [each for each in departures_of(flight, log) if each.began_at >= since]
        units = {scan.unit for each in departures for scan in each.scans if scan.unit is not None}
        logs = note_store.logs_of(tx, units, since - PACKED_AGE_MAX)
        keys = {note_store.key_of(unit): unit for unit in units}
        exits = {keys[key]: found for key, found in store.exits_from(tx, list(keys)).items()}
        held = [held_by(each, logs, exits) for each in departures]
        aboard = {waybill for of_one in held for parcels in of_one for waybill in parcels}
        high = high_value_among(tx, aboard, self.chains.policy)
        wanted = {
            breach: departure.began_at
            for departure, parcels in zip(departures, held, strict=True)
            for breach in judge_departure(departure, parcels, high)
        }
        scope = f"departures/{note_store.key_of(flight)}"
        stood = store.standing(tx, [scope]).get(scope, [])
        known = [each for each in stood if _is_since(each.lot_at, since)]
        _compare(tx, scope, known, list(wanted), now, wanted)

    def judge_site(self, tx: Connection, breach: Breach, *, stands: bool, now: datetime) -> None:
        """A site's standing breach: kept while it stands, by the record that showed it first."""
        stood = store.standing(tx, [breach.site]).get(breach.site, [])
        if stands and stood:
            return
        _compare(tx, breach.site, stood, [breach] if stands else [], now)

    def _watch(self, tx: Connection, chains: Mapping[str, Chain]) -> None:
        known = store.watched(tx, chains)
        moved = {
            waybill: chain.due_at
            for waybill, chain in chains.items()
            if waybill not in known or known[waybill] != chain.due_at
        }
        store.watch(tx, moved, known)


def tell_due(tx: Connection, now: datetime, limit: int) -> None:
    """Tell people of breaches that could have been mended until now."""
    due = store.untold(tx, now, limit)
    for found in due:
        tell(tx, found.breach, now)
    if due:
        store.set_told(tx, [found.id for found in due])


def _compare(
    tx: Connection,
    scope: str,
    stood: Sequence[FoundBreach],
    wanted: Sequence[Breach],
    now: datetime,
    began: Mapping[Breach, datetime] | None = None,
) -> None:
    known = {_key(each.breach): each for each in stood}
    fresh = {_key(breach): breach for breach in wanted}
    # In their own order, not that of a set: alerts are raised alike in every run.
    for key, breach in fresh.items():
        if key in known:
            continue
        wait = breach.tell_at if breach.tell_at > now else None
        lot_at = None if began is None else began[breach]
        store.add_breach(tx, scope, breach, now, wait, lot_at)
        if wait is None:
            tell(tx, breach, now)
    for key, found in known.items():
        if key not in fresh:
            store.withdraw(tx, found, now)
            untell(tx, found.breach, now)


def _flown_in(unit: Container, log: Sequence[Record], since: datetime) -> dict[Container, datetime]:
    """The flights that a bag or pallet was loaded into from a moment on, and when first."""
    found: dict[Container, datetime] = {}
    for record in log:
        flight = record.container
        is_own = record.unit == unit and record.at >= since
        if is_own and flight is not None and flight.kind == ContainerKind.FLIGHT:
            found[flight] = min(record.at, found.get(flight, record.at))
    return found


def _is_since(lot_at: datetime | None, since: datetime) -> bool:
    return lot_at is not None and lot_at >= since


def _key(breach: Breach) -> tuple[object, ...]:
    # A late line may change when a handover was given up, and so since when it is a breach.
    return breach.kind, breach.waybill, breach.evidence.line, breach.at
