"""Play simulated days into a hub's rooms: stored events and REST calls, in order of arrival."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from hub.access.store import set_salt
from hub.fact import Fact
from hub.ingest import store
from hub.ingest.projecting import Projection
from hub.parcels.declaring import DeclarationRefusedError, declare_parcel, keep_refusal
from hub.parcels.service import Declaration
from ledger.chain import ChainHead
from simulators.carrier.day import CarrierDays
from simulators.carrier.pulls import Call
from tests.carrier_bridge import inputs, salt_of
from tests.hub_parts import HubHome
from wire.events import Scan
from wire.lines import seal_line
from wire.names import ZERO_HEAD
from wire.policy import GoodsClass

FACTS_PER_BATCH = 200


class Stage:
    """A hub in which days are played; its network must be the simulated one."""

    def __init__(self, hub: HubHome, projections: Sequence[Projection]) -> None:
        self._hub = hub
        self._projections = projections
        self._spools: dict[tuple[str, str, str], int] = {}
        with hub.database.writing() as tx:
            for site in hub.role.network.sites:
                set_salt(tx, site, salt_of(site))

    def play(self, days: CarrierDays) -> datetime:
        """Play everything; return when the last of it was received."""
        waiting: list[Fact] = []
        for each in inputs(days):
            if isinstance(each, Fact):
                waiting.append(each)
            else:
                self._obey(each)
            if len(waiting) == FACTS_PER_BATCH:
                self._store(waiting)
                waiting = []
        self._store(waiting)
        return self._hub.clock.now()

    def _obey(self, call: Call) -> None:
        if call.path.startswith("parcels/") and call.body is not None:
            self._declare(call.path.removeprefix("parcels/"), call.body, call.at)

    def _declare(self, waybill: str, body: dict[str, object], now: datetime) -> None:
        value = Decimal(str(body["declared_value_cny"]))
        accepted_at = datetime.fromisoformat(str(body["accepted_at"]))
        declaration = Declaration(
            value,
            str(body["origin"]),
            str(body["destination"]),
            None,
            accepted_at,
            None,
            "as asked",
            goods_class=GoodsClass(str(body["goods_class"])),
        )
        policy = self._hub.role.policy
        with self._hub.database.writing() as tx:
            try:
                declare_parcel(tx, waybill, declaration, "carrier", policy, now)
            except DeclarationRefusedError as error:
                keep_refusal(tx, waybill, declaration, error, "carrier", now)

    def _store(self, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        now = self._hub.clock.at = facts[-1].received_at
        with self._hub.database.writing() as tx:
            store.add_events(tx, [self._row(tx, fact) for fact in facts])
            for projection in self._projections:
                projection.apply(tx, facts, now)

    def _row(self, tx: Connection, fact: Fact) -> store.NewEvent:
        event = fact.event
        spool = (event.site, event.edge, event.spool)
        if spool not in self._spools:
            head = ChainHead(event.seq, ZERO_HEAD)
            self._spools[spool] = store.add_spool(tx, *spool, head, fact.received_at)
        return store.NewEvent(
            spool_id=self._spools[spool],
            seq=event.seq,
            kind=str(event.__struct_config__.tag),
            waybill=event.waybill if isinstance(event, Scan) else None,
            of_seq=None,
            occurred_at=fact.occurred_at,
            received_at=fact.received_at,
            late=fact.late,
            doubted=False,
            line=seal_line(event, event.spool, event.seq, ZERO_HEAD),
        )
