"""The hub's ingest between its start and its end: the real worker, and a link that is simulated.

The worker polls for news twenty times a second and beats once; here it does so when something may
have changed, for a poll that finds nothing changes nothing.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection as SqlConnection

from hub.ingest.commands import HEAD_EVERY_S, CommandDesk
from hub.ingest.intake import Intake, Outgoing
from hub.ingest.link import Received
from hub.ingest.pushes import FootagePusher, PackPusher, WantedPusher
from hub.ingest.worker import Worker
from hub.wanted.service import current_list
from ledger.signing import peek
from tests.simulation.broker import UNTAKEN_MAX, Connection
from tests.simulation.world import SECOND, Alarm
from wire.limits import BATCH_BYTES_MAX
from wire.messages import Batch, Receipt
from wire.topics import Topic
from wire.wanted import ListHead

if TYPE_CHECKING:
    from tests.simulation.hub_machine import HubMachine

RECONNECT_MS = 2 * SECOND
POLL_MS = (HEAD_EVERY_S + 1) * SECOND


class HubProcess:
    """From its start until :meth:`end`; also the worker's link to the broker."""

    def __init__(self, machine: "HubMachine") -> None:
        self.machine, self.world = machine, machine.world
        self.is_alive = True
        self.listening_since: datetime | None = None
        self._cable: Connection | None = None
        self._connection = 0
        self._inbox: deque[Received] = deque(maxlen=UNTAKEN_MAX)
        self._alarm = Alarm(self.world, self._step)
        self._news = Alarm(self.world, self._poll)
        self._polls = False
        commands = _Desk(machine)
        pushers = (WantedPusher(commands), PackPusher(commands), FootagePusher(commands))
        intake = Intake(machine.projections, machine.role.policy, commands)
        self.worker: Worker = machine.kind(
            machine.store, self, intake, pushers, machine.keys.statement, machine.clock
        )
        self._own_push, self.worker._push = self.worker._push, self._push  # type: ignore[method-assign] # polls seldom
        self.worker._beat = lambda: None  # type: ignore[method-assign] # nobody looks
        self._own_send, self.worker._send = self.worker._send, self._check  # type: ignore[method-assign] # looks at what leaves

    def start(self) -> None:
        """Connect to the broker."""
        self._connect()

    def end(self) -> None:
        """The end, as a kill brings it about."""
        self.is_alive = False
        if self._cable is not None:
            self.machine.broker.abandon(self._cable)

    # ------------------------------------------------------------ turns

    def has_news(self) -> None:
        """Something was changed at the hub that edges may have to hear of."""
        self._news.set(self.world.rng.randrange(50, 1_000))

    def _poll(self) -> None:
        if self.machine.broker.edges:
            self._polls = True
            self._alarm.set(0)
        self._news.set(POLL_MS)

    def _step(self) -> None:
        machine = self.machine
        if not self.is_alive:
            return
        if self.world.now_ms < machine.stalls_until_ms:
            self._alarm.set(machine.stalls_until_ms - self.world.now_ms)
            return
        self.worker.step(machine.role.stop)
        if self._inbox:
            self._alarm.set(self.world.rng.randrange(1, 50))

    def _push(self) -> None:
        if self._polls:
            self._polls = False
            self._own_push()

    # ------------------------------------------------------------ the worker's link

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        found: list[Received] = []
        size = 0
        while self._inbox and len(found) < count_max and size < bytes_max:
            found.append(self._inbox.popleft())
            size += len(found[-1].incoming.payload)
        if self._cable is not None:
            self._cable.untaken -= len(found)
        return found

    def acknowledge(self, received: Sequence[Received]) -> None:
        """What the broker may forget now is stored, or refused for good."""
        self.machine.hit("before the acknowledgement")
        heads = self.machine.heads()
        for each in received:
            payload = each.incoming.payload
            batch = peek_batch(payload) if payload in self.machine.broker.genuine else None
            if batch is not None and batch.spool not in self.machine.doubted:
                upto_seq = heads.get(batch.spool, 0)
                is_stored = upto_seq >= batch.first_seq + batch.count - 1
                assert is_stored or batch.first_seq > upto_seq + 1, "acknowledged, not stored"
        self.machine.hit("after the acknowledgement")

    def send(self, topic: Topic, payload: bytes) -> None:
        if self._cable is not None and self.listening_since is not None:
            self.machine.broker.publish(self._cable, str(topic), payload)

    def _check(self, outgoing: Sequence[Outgoing]) -> None:
        """Nothing is told to an edge that is not committed."""
        heads = self.machine.heads()
        for each in outgoing:
            message = each.message
            if isinstance(message, Receipt):
                for said in message.heads:
                    assert said.seq <= heads.get(said.spool, 0), "receipted, not stored"
        for each in outgoing:
            self._own_send([each])
            self.machine.hit("between two answers")

    # ------------------------------------------------------------ the broker's calls

    def _connect(self) -> None:
        if self.is_alive and self._cable is None:
            self._cable = self.machine.broker.connect("hub", self)

    def connected(self) -> None:
        self._connection += 1
        self.listening_since = self.machine.clock.now()
        self._poll()

    def disconnected(self, reason: str) -> None:
        self._cable = self.listening_since = None
        self.world.after(RECONNECT_MS, self._connect)

    def arrived(self, topic: str, payload: bytes) -> None:
        incoming = self.machine.incoming(topic, payload)
        self._inbox.append(Received(incoming, 0, 1, self._connection))
        self._alarm.set(self.world.rng.randrange(20, 2_000))

    def acknowledged(self, mid: int) -> None:
        """The broker has an answer."""


class _Desk(CommandDesk):
    """Remembers each list that the hub puts its name to."""

    def __init__(self, machine: "HubMachine") -> None:
        super().__init__(machine.clock.random_bytes)
        self._lists = machine.lists

    def _head(self, tx: SqlConnection, version: int, now: datetime) -> ListHead:
        head = super()._head(tx, version, now)
        if (version, head.list_sha256) not in self._lists.known:
            self._lists.signed(version, head.list_sha256, current_list(tx))
        return head


def peek_batch(payload: bytes) -> Batch | None:
    """The batch that a message says it is."""
    try:
        claimed = peek(payload, BATCH_BYTES_MAX)
    except ValueError:
        return None
    return claimed if isinstance(claimed, Batch) else None
