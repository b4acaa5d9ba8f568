"""``python -m bench partition``: three days without the hub, and what is scanned when it is back.

A real spool is filled with 72 hours of scans at 10 a second by a simulated clock (2,592,000; ten to
a commit, for the disk's time is another bench's). Then the hub is there: its real ingest worker
with every projection, SQLite FULL, in a process of its own; the edge's real uplink; between them a
pipe in place of a broker. The drain runs in real time with 10 live scans a second beside it.
``CUSTOS_PARTITION_SCANS`` makes it shorter. A real station writes a feedback line beside each scan:
count those as scans here.
"""

import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import psutil

from bench.figures import Spread
from edge.clock import SystemClock as EdgeClock
from edge.pack import PackKeeper, open_pack
from edge.spool import Spool
from edge.spool_reader import SpoolReader
from edge.station_events import Receipted, Recorded
from edge.uplink_core import UplinkCore, UplinkSetup
from edge.uplink_events import Arrived, Connected, Publish, UplinkOutput, Waited
from edge.verdict import shipped_list
from edge.wanted import WantedKeeper
from hub.app import make_projections
from hub.clock import SystemClock
from hub.db.checkpoints import checkpoints_beside
from hub.db.engine import INGEST_CHECKPOINT_PAGES, open_database, parse_url
from hub.db.upgrade import upgrade
from hub.failpoints import NO_FAIL_POINTS
from hub.ingest.commands import CommandDesk
from hub.ingest.intake import Incoming, Intake
from hub.ingest.link import Received
from hub.ingest.worker import Worker
from tests import samples
from tests.faults.spooling import scan
from tests.hub_parts import SigningEdge, open_hub
from wire.events import ClockReading, Scan, Station, StationFact
from wire.names import Result, format_at
from wire.policy import parse_policy
from wire.site_pack import edge_policy
from wire.topics import Topic

HOURS = 72
SCANS_PER_S = 10
SCANS = HOURS * 3600 * SCANS_PER_S
HV_EVERY = 50
LIVE_EVERY_S = 1 / SCANS_PER_S
FIRST, NEXT = "5" * 32, "6" * 32
RUN = "d" * 32
SETTLE_S = 5
"""Live scans go on so long after the old spool has drained: their lag without it."""


# ---------------------------------------------------------------- the hub's process


class PipeLink:
    """A broker that is a pipe: nothing is lost, and its acknowledgement is nobody's business."""

    def __init__(self, pipe: "Connection[bytes, bytes]", clock: SystemClock) -> None:
        self._pipe, self._clock = pipe, clock
        self._since = clock.now()
        self.is_open = True

    @property
    def listening_since(self) -> datetime | None:
        """Since the beginning."""
        return self._since

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        """What has come; waits a little for the first."""
        found: list[Received] = []
        size = 0
        while len(found) < count_max and size < bytes_max:
            if not self._pipe.poll(0 if found else timeout_s):
                break
            try:
                topic, payload = self._pipe.recv()
            except EOFError:
                self.is_open = False
                break
            size += len(payload)
            found.append(Received(Incoming(topic, payload, self._clock.now()), 0, 1, 0))
        return found

    def acknowledge(self, received: Sequence[Received]) -> None:
        """A pipe needs none."""

    def send(self, topic: Topic, payload: bytes) -> None:  # noqa: ARG002  the seam's
        """To the one edge that there is."""
        self._pipe.send(payload)


def run_hub(folder: str, pipe: "Connection[bytes, bytes]") -> None:
    """Ingest, until the edge closes the pipe."""
    clock = SystemClock()
    url = parse_url(f"sqlite:///{folder}/hub.sqlite", Path(folder))
    database = open_database(url, INGEST_CHECKPOINT_PAGES)
    upgrade(url, database)
    beside = checkpoints_beside(database, NO_FAIL_POINTS)
    with closing(database), open_hub(Path(folder), url) as home, beside:
        home.enrol(SigningEdge())
        role = replace(home.role, clock=clock)
        commands = CommandDesk(clock.random_bytes)
        intake = Intake(make_projections(role), role.policy, commands)
        link = PipeLink(pipe, clock)
        worker = Worker(database, link, intake, (), home.keys.statement, clock)
        pipe.send(home.keys.statement.public_key)
        stop = threading.Event()
        while link.is_open:
            worker.step(stop)


# ---------------------------------------------------------------- the edge


@dataclass(slots=True)
class Drain:
    """What was seen while the old spool drained; lags in ms, from the commit to its receipt."""

    seconds: float
    lags_meanwhile: list[float]
    lags_after: list[float]
    edge_mib: float
    hub_mib: float


class LiveEdge:
    """The edge while the hub is back: the uplink, the pipe, and scans as they come."""

    def __init__(
        self, spool: Spool, reader: SpoolReader, pipe: "Connection[bytes, bytes]", hub_pid: int
    ) -> None:
        self.spool, self.pipe = spool, pipe
        hub_key = pipe.recv()
        self.clock = EdgeClock(None)
        shipped = shipped_list(POLICY.waybill)
        reads = partial(open_pack, site="755A", edge="dock", hub_key=hub_key)
        self.core = UplinkCore(
            UplinkSetup("755A", "dock", RUN, "1", samples.EDGE_KEY, hub_key),
            reader,
            WantedKeeper(shipped, None),
            lambda _kept: None,
            self.clock,
            None,
            PackKeeper(reads, lambda _kept: None, None, None),
        )
        self._processes = psutil.Process(), psutil.Process(hub_pid)
        self._committed: dict[int, float] = {}
        self._live = spool.id
        self.lags: list[float] = []
        self.mib = [0.0, 0.0]
        self._scanned = 0
        self._next_s = time.perf_counter()
        self.step(Connected(RUN))

    def step(self, event: Recorded | Waited | Arrived | Connected) -> None:
        """One event for the uplink; what comes of it."""
        outputs: list[UplinkOutput] = self.core.step(event)
        for output in outputs:
            match output:
                case Publish():
                    topic = str(Topic("755A", "dock", output.channel))
                    self.pipe.send((topic, output.payload))
                case Receipted():
                    self._receipted(output)

    def _receipted(self, output: Receipted) -> None:
        self.spool.mark_receipted(output.spool, output.upto_seq)
        if output.spool == self._live:
            now = time.perf_counter()
            for seq in [seq for seq in self._committed if seq <= output.upto_seq]:
                self.lags.append((now - self._committed.pop(seq)) * 1000)

    def turn(self) -> None:
        """A scan if one is due, and whatever the hub says meanwhile."""
        now = time.perf_counter()
        if now >= self._next_s:
            self._next_s += LIVE_EVERY_S
            self._scanned += 1
            event = made(SCANS + self._scanned, self.clock.now(), self.clock.boottime_ms())
            (sealed,) = self.spool.append([event], {}, {})
            self._committed[sealed.seq] = time.perf_counter()
            self.step(Recorded(sealed.seq))
            if self._scanned % (5 * SCANS_PER_S) == 0:
                self.spool.tidy(None)
                sizes = [each.memory_info().rss / 2**20 for each in self._processes]
                self.mib = [max(pair) for pair in zip(self.mib, sizes, strict=True)]
        wait_s = min(self.core.wait_ms() / 1000, max(0.0, self._next_s - time.perf_counter()))
        if self.pipe.poll(wait_s):
            self.step(Arrived(self.pipe.recv()))
        else:
            self.step(Waited())


POLICY = edge_policy(parse_policy((Path(__file__).parents[1] / "wire/policy.toml").read_bytes()))
_SCAN = scan(0)


def made(number: int, at: datetime, mono_ms: int) -> Scan:
    """One of the scans; every fiftieth is of a high-value parcel."""
    is_hv = number % HV_EVERY == 0
    waybill = f"{103 if is_hv else 755}{number:09d}"
    return msgspec.structs.replace(
        _SCAN,
        at=format_at(at),
        mono_ms=mono_ms,
        clock=ClockReading(offset_ms=0, error_ms=5),
        waybill=waybill,
        code_hex=waybill.encode().hex(),
        text=waybill,
        result=Result.HV if is_hv else Result.CLEAR,
    )


def fill(spool: Spool, scans: int, until: datetime) -> float:
    """Scans up to a moment, by a simulated clock; the seconds that it took."""
    began_s = time.perf_counter()
    at = until - timedelta(seconds=scans / SCANS_PER_S)
    for first in range(0, scans, SCANS_PER_S):
        moment = at + timedelta(seconds=first / SCANS_PER_S)
        events = [
            made(first + n, moment + timedelta(milliseconds=100 * n), 100 * (first + n))
            for n in range(min(SCANS_PER_S, scans - first))
        ]
        spool.append(events, {}, {})
        if first % (1_000 * SCANS_PER_S) == 0:
            spool.tidy(None)
    return time.perf_counter() - began_s


def change_over(spool: Spool, at: datetime) -> None:
    """As the station does it when the first receipt comes."""
    fields = {"site": "755A", "edge": "dock", "at": format_at(at), "mono_ms": 1, "boot": "b" * 32}
    end, start = (
        Station(**fields, clock=ClockReading(), fact=fact)
        for fact in (StationFact.SPOOL_END, StationFact.SPOOL_START)
    )
    spool.change_over(NEXT, [end], start, {})


def drain(spool: Spool, reader: SpoolReader, folder: Path) -> Drain:
    """Send everything, with live scans beside it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    (folder / "hub").mkdir()
    hub = context.Process(target=run_hub, args=(str(folder / "hub"), theirs), daemon=True)
    hub.start()
    theirs.close()
    assert hub.pid is not None
    edge = LiveEdge(spool, reader, ours, hub.pid)
    began_s = time.perf_counter()
    told_s = began_s
    while spool.depth > spool.backlog:
        edge.turn()
        if time.perf_counter() - told_s > 30:
            told_s = time.perf_counter()
            print(f"  {told_s - began_s:6.0f} s: {spool.depth:>9,} to send", flush=True)
    seconds = time.perf_counter() - began_s
    meanwhile, edge.lags = edge.lags, []
    while time.perf_counter() - began_s < seconds + SETTLE_S:
        edge.turn()
    ours.close()
    hub.join(30)
    return Drain(seconds, meanwhile, edge.lags, *edge.mib)


def measure() -> dict[str, object]:
    """Fill, drain and print every figure."""
    scans = int(os.environ.get("CUSTOS_PARTITION_SCANS", SCANS))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "spool.sqlite"
        clock = SystemClock()
        spool = Spool(path, FIRST)
        fill_s = fill(spool, scans, clock.now())
        spool.tidy(None)
        size = sum(each.stat().st_size for each in folder.glob("spool.sqlite*"))
        filled_mib = psutil.Process().memory_info().rss / 2**20
        hours = scans / SCANS_PER_S / 3600
        print(f"partition of {hours:.1f} h at {SCANS_PER_S} scans/s: {scans:,} scans")
        print(f"  spool on disk        {size / 2**20:9.1f} MiB, {size / scans:.0f} bytes a scan")
        print(f"  filled in            {fill_s:9.1f} s, ten to a commit")
        print(f"  edge's memory then   {filled_mib:9.1f} MiB", flush=True)
        began_s = time.perf_counter()
        spool.close()
        spool = Spool(path, FIRST)
        open_s = time.perf_counter() - began_s
        print(f"  opened again in      {open_s * 1000:9.1f} ms", flush=True)
        change_over(spool, clock.now())
        with closing(SpoolReader(path)) as reader:
            found = drain(spool, reader, folder)
        spool.close()
        hub_bytes = sum(each.stat().st_size for each in (folder / "hub").glob("hub.sqlite*"))
    rate = scans / found.seconds
    meanwhile, after = Spread.of(found.lags_meanwhile), Spread.of(found.lags_after)
    print(f"  drained in           {found.seconds:9.1f} s, {rate:.0f} scans/s")
    print(f"  live lag meanwhile   {meanwhile} ms")
    print(f"  live lag after it    {after} ms")
    print(f"  edge's memory        {found.edge_mib:9.1f} MiB at most")
    print(f"  hub's memory         {found.hub_mib:9.1f} MiB at most")
    print(f"  hub's database       {hub_bytes / 2**20:9.1f} MiB")
    if scans < SCANS:
        print(f"  a shorter run: {SCANS:,} scans would drain in {SCANS / rate / 60:.0f} min")
    return {
        "scans": scans,
        "spool_bytes": size,
        "fill_s": fill_s,
        "open_s": open_s,
        "drain_s": found.seconds,
        "drain_per_s": rate,
        "live_lag_ms": {"median": meanwhile.median, "p99": meanwhile.p99, "max": meanwhile.most},
        "live_lag_after_ms": {"median": after.median, "p99": after.p99, "max": after.most},
        "edge_mib": found.edge_mib,
        "hub_mib": found.hub_mib,
        "hub_bytes": hub_bytes,
    }
