"""A simulated carrier's days as custody's rules read them, all at once and without a hub."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hub.custody.rules.carriage import carrier_of, with_carriage
from hub.custody.rules.chain import Breach, BreachKind, Chain, Ground, Span, Standing, Subject
from hub.custody.rules.flights import departures_of, held_by, judge_departure
from hub.custody.rules.fold import fold
from hub.custody.rules.reading import read_act, read_scan
from hub.custody.rules.records import UNIT_KINDS, Container, Record
from hub.custody.rules.siblings import judge_lot, lots_of
from hub.fact import Fact
from hub.network import Network
from simulators.carrier.day import CarrierDays
from simulators.carrier.truth import Breach as TrueBreach
from simulators.carrier.truth import Holding, Truth
from tests.carrier_bridge import by_of, inputs, network_of
from tests.samples import POLICY
from wire.events import Act, ContainerKind, Scan
from wire.names import Step
from wire.policy import GoodsClass

SERIES_HV = "103"
HV_ABOVE_CNY = Decimal(20_000)
KIND_OF = {
    "branch_bag": BreachKind.BAGGED_AT_BRANCH,
    "left_apart": BreachKind.LEFT_SIBLINGS,
    "bag_split": BreachKind.LEFT_SIBLINGS,
    "mixed_bag": BreachKind.BAGGED_WITH_OTHERS,
    "bad_store": BreachKind.STORAGE,
    "stop_moved": BreachKind.STOPPED_MOVED,
    "no_signer": BreachKind.NO_SIGNER,
    "one_sided": BreachKind.OPEN_HANDOVER,
    "arrived_alone": BreachKind.NO_HANDOVER,
    "low_value": BreachKind.SERIES_MISUSED,
    "sent_back": BreachKind.RETURN_UNSAID,
    "half_closed": BreachKind.VEHICLE_KIND,
    "unlisted": BreachKind.VEHICLE_UNLISTED,
    "left_lying": BreachKind.NOT_STORED,
    "wrong_receiver": BreachKind.WRONG_RECEIVER,
    "wrong_deliverer": BreachKind.WRONG_DELIVERER,
    "loaded_last": BreachKind.NOT_LOADED_FIRST,
}
"""By the truth's word; a site without cameras is no parcel's breach and is not among them."""
CHANGES_NOBODY = {"pack", "unload", "refuse"}
"""Truths that leave the holder as they found him."""

Found = tuple[BreachKind, str | None, str]


@dataclass
class Days:
    """Everything that was recorded, sorted by what it is about."""

    carrier: CarrierDays
    own: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    logs: dict[Container, list[Record]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, Decimal] = field(default_factory=dict)
    goods: dict[str, list[tuple[datetime, GoodsClass | None]]] = field(default_factory=dict)
    ends_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        scans: dict[tuple[str, str, str, int], Record] = {}
        for each in inputs(self.carrier):
            if not isinstance(each, Fact):
                if each.path.startswith("parcels/") and each.body is not None:
                    self._declare(each.path.removeprefix("parcels/"), each.body, each.at)
                continue
            self.ends_at = each.received_at + timedelta(days=1)
            if isinstance(each.event, Scan):
                record = read_scan(each, each.event)
                scans[record.line] = record
                self._file(record)
            elif isinstance(each.event, Act):
                self._file_act(each, each.event, scans)

    def _declare(self, waybill: str, body: Mapping[str, object], at: datetime) -> None:
        self.values[waybill] = Decimal(str(body["declared_value_cny"]))
        if not self._is_misused(waybill):
            self.goods[waybill] = [(at, GoodsClass(str(body["goods_class"])))]

    def _is_misused(self, waybill: str) -> bool:
        """Refused: what such a declaration says of the goods does not count."""
        return waybill.startswith(SERIES_HV) and self.values[waybill] <= HV_ABOVE_CNY

    def _file(self, record: Record) -> None:
        if record.waybill is not None:
            self.own[record.waybill].append(record)
        elif record.unit is not None:
            self.logs[record.unit].append(record)
        if record.container is not None and (record.waybill or record.unit):
            self.logs[record.container].append(record)

    def _file_act(
        self, fact: Fact, act: Act, scans: Mapping[tuple[str, str, str, int], Record]
    ) -> None:
        covered: dict[tuple[str | None, Container | None], list[int]] = defaultdict(list)
        for seq in act.scans:
            scan = scans[act.site, act.edge, act.spool, seq]
            covered[act.waybill or scan.waybill, scan.unit].append(seq)
        for (waybill, unit), seqs in covered.items():
            self._file(read_act(fact, act, waybill, unit, tuple(seqs)))

    def chains(self) -> dict[str, Chain]:
        """The custody of every high-value parcel."""
        network = network_of(self.carrier)
        people = {
            (site, by_of(site, badge)): person
            for site in network.sites
            for badge, person in network.people.items()
        }
        ground = Ground(
            network,
            POLICY.handover,
            POLICY.delivery,
            POLICY.storage,
            POLICY.vehicle,
            people,
        )
        return {
            waybill: fold(
                self._carried(waybill, network), self._subject(waybill), ground, self.ends_at
            )
            for waybill in self.carrier.truth.plans
            if waybill.startswith(SERIES_HV)
        }

    def breaches(self, chains: Mapping[str, Chain]) -> list[Breach]:
        """All breaches of parcels, single and in bags and vehicles."""
        found = [breach for chain in chains.values() for breach in chain.breaches]
        exits = {waybill: chain.exits for waybill, chain in chains.items()}
        high = {waybill for waybill in self.own if waybill.startswith(SERIES_HV)}
        for container, log in self.logs.items():
            is_carrier = container.kind not in UNIT_KINDS
            kept = [each for each in log if not is_carrier or self._is_kept(each)]
            for lot in lots_of(container, kept):
                found += judge_lot(lot, exits, high)
            if container.kind == ContainerKind.FLIGHT:
                for departure in departures_of(container, kept):
                    held = held_by(departure, self.logs, dict.fromkeys(self.logs, exits))
                    found += judge_departure(departure, held, high)
        return found

    def _records(self, waybill: str) -> list[Record]:
        units = {
            each.container
            for each in self.own[waybill]
            if each.step is Step.PACK and each.container is not None
        }
        moves = [each for unit in units for each in self.logs[unit] if each.unit == unit]
        return self.own[waybill] + moves

    def _carried(self, waybill: str, network: Network) -> list[Record]:
        """Its records, each load with what the hub has on record of vehicle and goods."""
        found = []
        for record in self._records(waybill):
            carrier = carrier_of(record)
            if carrier is not None:
                kind = network.carrier_kind(carrier.kind, carrier.id)
                kinds = [(record.received_at, kind)]
                record = with_carriage(record, kinds, self.goods.get(waybill, []))
            found.append(record)
        return found

    def _subject(self, waybill: str) -> Subject:
        route = tuple(visit.site for visit in self.carrier.truth.plans[waybill])
        is_misused = self._is_misused(waybill)
        return Subject(waybill, True, BreachKind.SERIES_MISUSED if is_misused else None, route)

    def _is_kept(self, record: Record) -> bool:
        is_watched = record.waybill is None or record.waybill.startswith(SERIES_HV)
        is_flown = record.container is not None and record.container.kind == ContainerKind.FLIGHT
        return is_watched or (is_flown and record.step is Step.LOAD)


def found_of(breaches: Iterable[Breach]) -> set[Found]:
    return {(each.kind, each.waybill, each.site) for each in breaches}


def injected(breaches: Iterable[TrueBreach]) -> set[Found]:
    """The truth's breaches of parcels."""
    return {
        (KIND_OF[each.what], each.waybill, each.site)
        for each in breaches
        if each.waybill is not None
    }


def out_by_the_records(truth: Truth) -> set[str]:
    """Whose delivery or return nobody scanned: the records rightly have them out past the hour."""
    return {
        waybill
        for waybill, holdings in truth.holdings.items()
        if any(
            one.why == "out_for_delivery" and not other.told for one, other in pairwise(holdings)
        )
    }


def unstored_by_the_records(truth: Truth) -> set[Found]:
    """Where parcels lay for long, and no scan was made that shows them stored.

    Left behind in a corner, or stored and taken out again without scans: the records rightly lack
    a storage, though nobody broke the rule on purpose.
    """
    within = timedelta(minutes=POLICY.storage.within_min)
    found: set[Found] = set()
    for waybill, holdings in truth.holdings.items():
        site, since = "", holdings[0].at
        for each in holdings:
            if each.at - since > within and each.site == site:
                found.add((BreachKind.NOT_STORED, waybill, site))
            if each.site != site:
                site, since = each.site, each.at
            elif each.why in ("store", "retrieve") and each.told:
                since = each.at
    return found


def wrongly_held(
    holdings: list[Holding], chain: Chain
) -> list[tuple[Holding, datetime, str | None]]:
    """Truths that the events allow to be known, and an instant at which the chain tells otherwise.

    Every instant of a holding is looked at: its first, and each at which the chain changes. What
    became of the parcel in the end is looked at until the fold's own time.
    """
    wrong = []
    is_known = False
    ends = [*(each.at for each in holdings[1:]), chain.as_of]
    for holding, end in zip(holdings, ends, strict=True):
        if holding.why not in CHANGES_NOBODY or not holding.told:
            is_known = holding.told
        if is_known and holding.at < end:
            changes = (span.to_at for span in chain.spans if span.to_at is not None)
            instants = [holding.at, *(each for each in changes if holding.at < each < end)]
            told = [(each, _told_at(chain, each)) for each in instants]
            wrong += [(holding, at, badge) for at, badge in told if badge != holding.holder]
    return wrong


def _told_at(chain: Chain, at: datetime) -> str | None:
    span = chain.span_at(at)
    return None if span is None or span.holder is None else span.holder.badge


def jumps(chain: Chain) -> list[tuple[Span, Span]]:
    """Where another took it than held it before, elsewhere, by one badge and without a claim.

    A place's named keeper is not looked at (the holder before may have stored it there himself),
    nor who takes what was delivered: that is a contradiction.
    """
    return [
        (one, other)
        for one, other in pairwise(chain.spans)
        if one.holder is not None
        and other.holder is not None
        and other.holder.by is not None
        and not one.holder.is_same(other.holder)
        and one.site != other.evidence[0].site
        and other.standing is Standing.RECORDED
        and one.closed_by != Step.DELIVER
    ]
