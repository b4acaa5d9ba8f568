"""Power cuts under the hub's store: what was acknowledged to a broker is there, and fits together.

The real worker, intake and rooms on the real schema, over a disk that forgets what was not synced.
Mutants must be caught: one that commits without waiting for the disk, one that copies the log back
so, and one that acknowledges before it commits. Source: promise P2, facts.md ("SQLite, spool").
"""

import random
import shutil
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
from sqlalchemy.exc import DBAPIError

from hub.db import engine
from hub.db.checkpoints import Checkpoints
from hub.db.engine import Database, open_database, parse_url
from hub.db.files import CHECKPOINT
from hub.db.upgrade import upgrade
from hub.failpoints import NO_FAIL_POINTS
from hub.ingest.intake import Incoming
from hub.ingest.link import Received
from hub.ingest.worker import Worker
from ledger.keys import SigningKey
from ledger.signing import peek
from tests.faults import apsw_dbapi
from tests.faults.hub_truth import stored_lines
from tests.faults.power import PowerDisk
from tests.hub_parts import HubHome, SigningEdge, open_hub
from wire.limits import BATCH_BYTES_MAX
from wire.lines import LineError
from wire.messages import Batch
from wire.names import Result
from wire.topics import Channel, Topic

CUTS = 30
GROUPS = 60
SITES = ("755A", "755W", "020W")
CHECKPOINT_PAGES = 200
"""Few, so that commits copy pages back too, besides the thread that does nothing else."""
CHECKPOINT_SHARE = 0.05
"""Of the groups after which that thread has its turn; each turn helps the first mutant, too."""
STOP = threading.Event()
HONEST: Mapping[str, str] = {}
UNSYNCED_COMMITS = {"PRAGMA synchronous=FULL": "PRAGMA synchronous=NORMAL"}
UNSYNCED_COPIES = {CHECKPOINT: f"PRAGMA synchronous=OFF; {CHECKPOINT}"}

Promise = tuple[str, int, str]
"""A spool, the last line that was acknowledged, and its hash."""


class PromisingLink:
    """A broker's side: brings groups, and writes down what it was told is stored."""

    listening_since: datetime | None = None

    def __init__(self, disk: PowerDisk, groups: list[list[Received]]) -> None:
        self._disk = disk
        self._groups = groups

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        return self._groups.pop(0) if self._groups else []

    def acknowledge(self, received: Sequence[Received]) -> None:
        for each in received:
            batch = cast(Batch, peek(each.incoming.payload, BATCH_BYTES_MAX))
            promise: Promise = (batch.spool, batch.first_seq + batch.count - 1, batch.head)
            self._disk.acknowledge(promise)

    def send(self, topic: Topic, payload: bytes) -> None:
        """Nobody listens."""


class HastyWorker(Worker):
    """The mutant: it tells the broker first, and stores afterwards."""

    def _take_in(self, group: list[Received], stop: threading.Event) -> None:
        self._link.acknowledge(group)
        self._link.acknowledge, honest = lambda _: None, self._link.acknowledge  # type: ignore[method-assign] # a mutant
        try:
            super()._take_in(group, stop)
        finally:
            self._link.acknowledge = honest  # type: ignore[method-assign] # a mutant


@dataclass(frozen=True)
class Recorded:
    """A day on a disk: cut it anywhere from ``first`` on."""

    disk: PowerDisk
    first: int


@contextmanager
def recorded_day(
    folder: Path, kind: type[Worker] = Worker, instead: Mapping[str, str] = HONEST
) -> Iterator[Recorded]:
    """Let a worker store a day on a disk that remembers each write; a mutant's runs ``instead``."""
    origin = folder / "origin"
    origin.mkdir()
    url = parse_url(None, origin)
    with closing(open_database(url)) as database:
        upgrade(url, database)
    with open_hub(origin, url) as hub:
        edges = [hub.enrol(_edge(n, site)) for n, site in enumerate(SITES)]
    disk = PowerDisk(f"hub-{folder.name}")
    disk.remember(origin / "hub.sqlite")
    first = len(disk.log)
    patched = pytest.MonkeyPatch()
    try:
        patched.setattr(engine, "sqlite_module", lambda: cast(ModuleType, apsw_dbapi))
        apsw_dbapi.choose(disk.name, instead)
        with closing(open_database(url, CHECKPOINT_PAGES)) as database:
            _play(hub, kind, database, disk, edges)
        yield Recorded(disk, first)
    finally:
        apsw_dbapi.choose(None)
        patched.undo()
        disk.close()


def _edge(number: int, site: str) -> SigningEdge:
    key = SigningKey(bytes([number + 1]) * 32)
    return SigningEdge(site=site, key=key, spool=f"{number + 1:032x}")


def _play(
    hub: HubHome,
    kind: type[Worker],
    database: Database,
    disk: PowerDisk,
    edges: Sequence[SigningEdge],
) -> None:
    rng = random.Random(20261123)
    groups = [[_batch(hub, rng, each) for each in edges] for _ in range(GROUPS)]
    link = PromisingLink(disk, groups)
    worker = kind(database, link, hub.intake(), (), hub.keys.statement, hub.clock)
    checkpoints = Checkpoints(database, NO_FAIL_POINTS)
    while groups:
        hub.clock.move(0.05)
        worker.step(STOP)
        if rng.random() < CHECKPOINT_SHARE:
            checkpoints.step()


def _batch(hub: HubHome, rng: random.Random, edge: SigningEdge) -> Received:
    lines = []
    for _ in range(rng.randrange(1, 5)):
        series = rng.choice(("103", "755"))
        result = Result.HV if series == "103" else Result.CLEAR
        lines.append(edge.line(edge.scan(f"{series}{rng.randrange(20):09d}", result=result)))
    topic = str(Topic(edge.site, edge.edge, Channel.EVENTS))
    return Received(Incoming(topic, edge.batch(lines), hub.clock.now()), 1, 1, 1)


def losses(recorded: Recorded, folder: Path, cuts: int, rng: random.Random) -> int:
    """Cut the power so many times; in how many cases a promise was broken."""
    lost, disk = 0, recorded.disk
    # The store's own driver opens what is left, as the hub does after a power cut.
    apsw_dbapi.choose(None)
    for number, cut in enumerate(disk.cuts(cuts, recorded.first, rng)):
        restored = folder / f"cut-{number}"
        restored.mkdir()
        disk.restore(cut, restored, rng)
        promises: list[Promise] = disk.acknowledged_before(cut)
        lost += not _holds(restored, promises)
        shutil.rmtree(restored)
    return lost


def _holds(folder: Path, promises: Sequence[Promise]) -> bool:
    try:
        stored = stored_lines(folder)
    except (AssertionError, DBAPIError, LineError):
        traceback.print_exc()
        return False
    return all(stored.get((spool, seq)) == head for spool, seq, head in promises)


def cut_the_hub(folder: Path, rng: random.Random) -> dict[str, float]:
    """The honest hub and both mutants, each in one recorded day."""
    lost = {}
    for name, kind, instead in KINDS:
        (folder / name).mkdir()
        with recorded_day(folder / name, kind, instead) as recorded:
            lost[name] = losses(recorded, folder / name, CUTS, rng)
    assert lost["honest"] == 0
    assert min(lost["NORMAL"], lost["hasty"]) > CUTS // 3
    assert lost["unsynced_copies"] > 0
    return {"cuts": CUTS, **{f"lost_by_{name}": count for name, count in lost.items()}}


KINDS = (
    ("honest", Worker, HONEST),
    ("NORMAL", Worker, UNSYNCED_COMMITS),
    ("hasty", HastyWorker, HONEST),
    ("unsynced_copies", Worker, UNSYNCED_COPIES),
)


@pytest.mark.timeout(180)
def test_no_power_cut_takes_what_was_acknowledged_or_tears_what_fits_together(
    tmp_path: Path,
) -> None:
    with recorded_day(tmp_path) as recorded:
        assert losses(recorded, tmp_path, CUTS, random.Random(7)) == 0


@pytest.mark.timeout(180)
def test_a_mutant_that_does_not_wait_for_the_disk_is_caught(tmp_path: Path) -> None:
    with recorded_day(tmp_path, instead=UNSYNCED_COMMITS) as recorded:
        lost = losses(recorded, tmp_path, CUTS, random.Random(7))
    print(f"synchronous=NORMAL lost acknowledged batches in {lost} of {CUTS} power cuts")
    assert lost > CUTS // 3


@pytest.mark.timeout(180)
def test_a_mutant_that_acknowledges_before_it_commits_is_caught(tmp_path: Path) -> None:
    with recorded_day(tmp_path, HastyWorker) as recorded:
        lost = losses(recorded, tmp_path, CUTS, random.Random(7))
    print(f"acknowledging first lost acknowledged batches in {lost} of {CUTS} power cuts")
    assert lost > CUTS // 3


@pytest.mark.timeout(180)
def test_a_mutant_that_copies_the_log_back_without_waiting_for_the_disk_is_caught(
    tmp_path: Path,
) -> None:
    with recorded_day(tmp_path, instead=UNSYNCED_COPIES) as recorded:
        lost = losses(recorded, tmp_path, CUTS, random.Random(7))
    print(f"copying back without a sync lost acknowledged batches in {lost} of {CUTS} power cuts")
    assert lost > 0
