"""Edges and hubs with one promise taken out; a simulation that lets them live proves nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from edge.failpoints import FailPoints
from edge.seams import NO_QUEUES, Sealed
from edge.spool import Spool, Tidied
from edge.spool_tail import seal
from edge.station_events import Receipted
from edge.uplink_events import Publish
from hub.ingest import rules
from hub.ingest.intake import Outgoing
from hub.ingest.link import Received
from hub.ingest.worker import Worker
from ledger.chain import ChainHead
from ledger.signing import peek
from tests.simulation.day import Kinds
from tests.simulation.edge_machine import EdgeKinds
from tests.simulation.edge_uplink import Uplink
from wire.bodies import PrivateBody
from wire.events import Event
from wire.limits import BATCH_BYTES_MAX
from wire.lines import line_hash
from wire.messages import Batch
from wire.topics import Channel


class HastyWorker(Worker):
    """Tells the broker that messages are stored, and stores them then."""

    def _take_in(self, group: list[Received], stop: object) -> None:
        self._link.acknowledge(group)
        super()._take_in(group, stop)  # type: ignore[arg-type] # whatever it is


class RashWorker(Worker):
    """Sends its receipts before it commits."""

    def _commit(self, group: Sequence[Received]) -> list[Outgoing]:
        with self._database.writing() as tx:
            self._send(self._intake.take_group(tx, [each.incoming for each in group]))
        return []


class HastySpool(Spool):
    """Says "recorded" at once, and commits a scan with the next one."""

    _late: tuple[object, ...] | None = None

    def append(
        self,
        events: Sequence[Event],
        bodies: Mapping[str, PrivateBody],
        sessions: Mapping[str, bytes],
        queues: Mapping[str, int] = NO_QUEUES,
    ) -> list[Sealed]:
        self._write_late()
        sealed = seal(events, self.id, self.head)
        self._late = (sealed, events, bodies, sessions, queues)
        self._tail.grown(sealed)
        return sealed

    def tidy(self, now: datetime | None) -> Tidied:
        self._write_late()
        return super().tidy(now)

    def _write_late(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            self._commit(*late)  # type: ignore[arg-type] # as append had them


class HurriedSpool(Spool):
    """Waits for the disk at a checkpoint only."""

    def __init__(
        self, path: Path, new_id: str, *, vfs: str, bytes_max: int, fail_points: FailPoints
    ) -> None:
        super().__init__(path, new_id, vfs=vfs, bytes_max=bytes_max, fail_points=fail_points)
        self._connection.pragma("synchronous", "normal")


class ForgetfulUplink(Uplink):
    """Takes the broker's acknowledgement of a batch for the hub's receipt."""

    def sent(self, mid: int, output: Publish) -> None:
        if output.channel is Channel.EVENTS:
            self._batches = {**getattr(self, "_batches", {}), mid: output.payload}

    def acknowledged(self, mid: int) -> None:
        super().acknowledged(mid)
        payload = getattr(self, "_batches", {}).pop(mid, None)
        batch = None if payload is None else peek(payload, BATCH_BYTES_MAX)
        if isinstance(batch, Batch):
            upto_seq = batch.first_seq + batch.count - 1
            for feed in self.core._publisher._feeds:
                if feed.id == batch.spool:
                    feed._move_to(upto_seq)
            self._process.put(Receipted(batch.spool, upto_seq))


def _believe(known: ChainHead, first_seq: int, head: str, lines: Sequence[bytes]) -> ChainHead:
    """What a hub that looks at no ``prev`` makes of a batch."""
    del head
    return ChainHead(first_seq + len(lines) - 1, line_hash(lines[-1]) if lines else known.head)


@contextmanager
def credulous_hub() -> Iterator[None]:
    """While this lasts, no hub of this process follows a chain."""
    honest, rules.extend = rules.extend, _believe
    try:
        yield
    finally:
        rules.extend = honest


MUTANTS = {
    "the hub acknowledges before it commits": Kinds(worker=HastyWorker),
    "the hub sends receipts before it commits": Kinds(worker=RashWorker),
    "the edge signals before it commits": Kinds(edge=EdgeKinds(spool=HastySpool)),
    "the edge does not wait for its disk": Kinds(edge=EdgeKinds(spool=HurriedSpool)),
    "the edge forgets on the broker's word": Kinds(edge=EdgeKinds(uplink=ForgetfulUplink)),
}
CREDULOUS = Kinds(altered=0.05)
"""Under :func:`credulous_hub`."""
