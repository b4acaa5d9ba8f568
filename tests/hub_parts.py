"""Parts for tests of the hub: a clock that is set, an edge that signs, a hub without processes."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import URL

from hub.access.service import Enrolment, adopt_admin_token, enrol_edge
from hub.alerts.service import Alert, AlertKind, list_alerts
from hub.app import make_projections
from hub.config import Settings, load_policy
from hub.custody.service import Chains
from hub.db.engine import Database, open_database
from hub.heartbeat import Role
from hub.incidents.service import Search
from hub.ingest.commands import CommandDesk
from hub.ingest.intake import Incoming, Intake, Outgoing
from hub.ingest.projecting import Projection
from hub.ingest.service import EventFilter, EventView, events
from hub.keys import HubKeys, load_keys
from hub.network import EMPTY, Network
from hub.roles import RoleContext, make_chains, make_search
from hub.wanted.rules import entry_id_of
from hub.wanted.service import adopt_rules, current_list, put_entry
from hub.web.context import HubContext
from ledger.keys import SigningKey
from ledger.signing import seal
from tests import samples
from wire.bodies import PrivateBody
from wire.events import Act, ActKind, Event, Scan
from wire.lines import line_hash, seal_line
from wire.messages import Batch, Bodies, DeviceState, Enrol, Receipt, SpoolHead, State, encode
from wire.names import ZERO_HEAD, format_at
from wire.topics import Channel, Topic
from wire.wanted import ListHead, WantedEntry, WantedResult, list_sha256

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ADMIN_TOKEN = "test-administrator"
ALERTS_MAX = 10_000
BEARER = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START
        self.drawn = 0

    def now(self) -> datetime:
        return self.at

    @property
    def rate(self) -> float:
        return 1.0

    def mono_ns(self) -> int:
        return int((self.at - START).total_seconds() * 1e9)

    def random_bytes(self, count: int) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(count, "big")

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class SigningEdge:
    """An edge with one spool; it makes what a real one would send."""

    site: str = "755A"
    edge: str = "dock"
    key: SigningKey = field(default_factory=lambda: samples.EDGE_KEY)
    spool: str = samples.SPOOL
    seq: int = 0
    head: str = ZERO_HEAD
    n: int = 0

    def line(self, event: Event) -> bytes:
        """Seal an event at the spool's end."""
        line = seal_line(event, self.spool, self.seq + 1, self.head)
        return self.raw_line(line)

    def raw_line(self, line: bytes) -> bytes:
        """Put any bytes at the spool's end."""
        self.seq += 1
        self.head = line_hash(line)
        return line

    def scan(self, waybill: str | None = "755123456789", **fields: object) -> Scan:
        own = {"site": self.site, "edge": self.edge, "waybill": waybill, "at": format_at(START)}
        clock = samples.ClockReading(offset_ms=0, error_ms=5)
        return samples.scan(**{**own, "clock": clock, **fields})

    def deliver(self, waybill: str = "103000000001", **fields: object) -> Act:
        own = {"site": self.site, "edge": self.edge, "waybill": waybill, "at": format_at(START)}
        clock = samples.ClockReading(offset_ms=0, error_ms=5)
        base = {"mono_ms": 1, "boot": samples.BOOT, "clock": clock, "act": ActKind.DELIVER}
        return Act(**{**own, **base, **fields})

    def batch(self, lines: list[bytes], first_seq: int | None = None) -> bytes:
        """A signed batch; by default of the lines that were made last."""
        first = self.seq - len(lines) + 1 if first_seq is None else first_seq
        header = Batch(
            site=self.site,
            edge=self.edge,
            spool=self.spool,
            first_seq=first,
            count=len(lines),
            head=line_hash(lines[-1]),
        )
        return seal(header, self.key, lines)

    def state(self, wanted: ListHead | None = None, **fields: object) -> State:
        self.n += 1
        own: dict[str, object] = {
            "site": self.site,
            "edge": self.edge,
            "n": self.n,
            "boot": samples.BOOT,
            "connection": samples.CONNECTION,
            "at": format_at(START),
            "mono_ms": 1,
            "heads": (SpoolHead(spool=self.spool, seq=self.seq, head=self.head),),
            "wanted": wanted,
            "clock": samples.CLOCK,
            "depth": 0,
            "oldest_at": None,
            "devices": (
                DeviceState(
                    id="dock-1", source="pts:/dev/pts/3", protocol="honeywell", connected=True
                ),
            ),
            "version": "0.1.0",
        }
        return State(**{**own, **fields})

    def enrol_message(self, secret: str | None = None) -> Enrol:
        return Enrol(
            site=self.site,
            edge=self.edge,
            public_key=self.key.public_key.hex(),
            secret=secret,
            boot=samples.BOOT,
        )


@dataclass
class HubHome:
    """A hub's data directory with an open database, in this process."""

    data_dir: Path
    url: URL
    database: Database
    keys: HubKeys
    clock: SetClock
    settings: Settings
    role: RoleContext

    def search(self) -> Search:
        """The search for missing parcels, as every role has it."""
        return make_search(
            self.settings, self.role.policy, self.role.network, self.keys, self.clock
        )

    def chains(self) -> Chains:
        """What custody is folded with, as every role has it."""
        return make_chains(self.role.policy, self.role.network)

    def intake(self, projections: list[Projection] | None = None) -> Intake:
        found = make_projections(self.role) if projections is None else projections
        return Intake(found, self.role.policy, CommandDesk(self.clock.random_bytes))

    def take(
        self,
        payload: bytes,
        channel: Channel = Channel.EVENTS,
        site: str = "755A",
        edge: str = "dock",
        intake: Intake | None = None,
    ) -> list[Outgoing]:
        """Give the intake one message in a transaction of its own."""
        incoming = Incoming(str(Topic(site, edge, channel)), payload, self.clock.now())
        with self.database.writing() as tx:
            return (intake or self.intake()).take(tx, incoming)

    def enrol(self, edge: SigningEdge) -> SigningEdge:
        with self.database.writing() as tx:
            enrol_edge(
                tx,
                edge.enrol_message(),
                Enrolment.FIRST_USE,
                self.clock.now(),
                self.clock.random_bytes,
            )
        return edge

    def events(self, wanted: EventFilter | None = None) -> list[EventView]:
        with self.database.reading() as tx:
            return events(tx, wanted or EventFilter(), self.keys.bodies, limit=1000)

    def alerts(self, kind: AlertKind | None = None) -> list[Alert]:
        """All alerts, or those of a kind, newest first."""
        with self.database.reading() as tx:
            found = list_alerts(tx, limit=ALERTS_MAX)
        assert len(found) < ALERTS_MAX, "a page is full: there may be more"
        return [each for each in found if kind in (None, each.kind)]

    def put_wanted(self, waybill: str, **fields: object) -> None:
        plain: dict[str, object] = {"result": WantedResult.WANTED, "reason": "lost at 755W"}
        entry = WantedEntry(id=entry_id_of(waybill), waybill=waybill, **{**plain, **fields})
        with self.database.writing() as tx:
            put_entry(tx, entry, self.clock.now())

    def list_head(self) -> ListHead:
        """The head of the wanted list as it stands."""
        with self.database.reading() as tx:
            wanted = current_list(tx)
        at = format_at(self.clock.now())
        return ListHead(version=wanted.version, list_sha256=list_sha256(wanted), head_at=at)

    def web(self, enrolment: Enrolment = Enrolment.TOKEN) -> HubContext:
        return HubContext(
            database=self.database,
            keys=self.keys,
            clock=self.clock,
            policy=self.role.policy,
            own_policy_keys=self.role.own_policy_keys,
            network=self.role.network,
            search=self.search(),
            chains=self.chains(),
            mqtt="mqtt://127.0.0.1:1883",
            enrolment=enrolment,
            test_clock=None,
            data_dir=self.data_dir,
        )

    def count(self, table: str) -> int:
        with self.database.reading() as tx:
            return int(tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


@cache
def _database_of(url: URL) -> Database:
    """One for all tests on a database: a new one would compile every statement anew."""
    return open_database(url)


@contextmanager
def open_hub(data_dir: Path, url: URL, network: Network = EMPTY) -> Iterator[HubHome]:
    """Make a hub's home in a database that has its schema: keys, token, rules."""
    clock = SetClock()
    settings = Settings(data_dir=data_dir)
    database = _database_of(url)
    policy = load_policy(None)
    try:
        keys = load_keys(data_dir, clock.random_bytes)
        with database.writing() as tx:
            adopt_admin_token(tx, ADMIN_TOKEN, clock.now())
            adopt_rules(tx, policy, clock.now())
        role = RoleContext(
            role=Role.INGEST,
            settings=settings,
            policy=policy,
            own_policy_keys=frozenset(),
            network=network,
            clock=clock,
            database=database,
            keys=keys,
            stop=threading.Event(),
            listen_fd=None,
        )
        yield HubHome(data_dir, url, database, keys, clock, settings, role)
    finally:
        database.close()


def receipt_of(outgoing: list[Outgoing]) -> Receipt:
    """The one receipt among the answers."""
    (found,) = [each.message for each in outgoing if isinstance(each.message, Receipt)]
    return found


def body_of(code: bytes) -> tuple[str, bytes]:
    """A code's private body: its hash and its line."""
    return body_with(json.dumps({"code_hex": code.hex(), "text": code.decode()}))


def body_with(text: str) -> tuple[str, bytes]:
    """A private body that holds a text: its hash and its line."""
    body = PrivateBody(salt="0a" * 16, body=text)
    digest = hashlib.sha256(bytes.fromhex(body.salt) + text.encode()).hexdigest()
    return digest, encode(body)


def sealed_bodies(edge: SigningEdge, lines: list[bytes], **fields: object) -> bytes:
    """Bodies as an edge posts them; ``fields`` replace what is signed."""
    joined = b"".join(line + b"\n" for line in lines)
    own = {"count": len(lines), "sha256": hashlib.sha256(joined).hexdigest()}
    return seal(Bodies(site=edge.site, edge=edge.edge, **{**own, **fields}), edge.key, lines)
