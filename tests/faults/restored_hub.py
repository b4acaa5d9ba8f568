"""A hub's backup, its loss and its return, with the real programs: what a drill is made of.

Edges and broker run on all the while. Source: promise P2, docs/adr/0035.
"""

import base64
import json
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw
from websockets.sync.client import connect

from simulators.cable import PtyCable
from simulators.pull_log import PullLog
from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from tests.rig import warm
from tests.rig.house import is_connected, scan
from tests.rig.programs import Broker, Edge, Hub, running, wait_until
from tests.video_parts import write_clip
from wire.events import Act, Scan
from wire.lines import parse_line
from wire.names import Signal

Key = tuple[str, str, int]
"""A line's edge, spool and place."""
PATIENCE_S = 60.0


@dataclass
class Station:
    """An edge with a scanner; ``scans`` counts the codes so that none comes twice."""

    edge: Edge
    scanner: SimulatedScanner
    prefix: str
    scans: int = 0

    def work(self, count: int) -> None:
        """Scans of parcels, and of codes that stand in private bodies."""
        for _ in range(count):
            self.scans += 1
            is_private = self.scans % 4 == 0
            code = f"no-parcel-{self.scans}" if is_private else f"{self.prefix}{self.scans:06d}"
            heard = scan(self.scanner, code)
            assert heard in (Signal.OK, Signal.WARN), (code, heard)

    def complain(self, waybill: str, note: str) -> None:
        """Report an exception on the station page: an act with a private body."""
        form = {
            "type": "exception",
            "key": f"{self.scans:032x}",
            "device": "dock-1",
            "waybill": waybill,
            "reason": "damaged",
            "note": note,
        }
        with connect(f"ws://127.0.0.1:{self.edge.port}/ws", proxy=None) as page:
            page.send(json.dumps(form))
            while (said := json.loads(page.recv(timeout=15)))["type"] != "answer":
                pass
        assert said["reason"] is None, said

    def lines(self) -> dict[Key, bytes]:
        """What it has recorded, as its disk has it."""
        path = self.edge.data_dir / "spool.sqlite"
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as spool:
            rows: list[tuple[bytes]] = list(spool.execute("SELECT line FROM line"))
        events = [(parse_line(line), line) for (line,) in rows]
        return {(event.edge, event.spool, event.seq): line for event, line in events}


@dataclass
class Drill:
    """The programs; ``backups`` is where backups go."""

    folder: Path
    broker: Broker
    hub: Hub
    stations: list[Station] = field(default_factory=list)

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    def call_hub(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``custos-hub`` with this hub's configuration."""
        return warm.run("hub", "--config", str(self.hub.config), *arguments)

    def must(self, *arguments: str) -> str:
        """The same; what it printed, if it ended well."""
        found = self.call_hub(*arguments)
        assert found.returncode == 0, (arguments, found.stderr)
        return found.stdout

    def add_station(self, stack: ExitStack, name: str, prefix: str, *, films: bool = False) -> None:
        """Enrol one more edge by its token and start it."""
        folder = self.folder / name
        folder.mkdir()
        cable = PtyCable(folder / "scanner")
        log = PullLog(folder / "pulls.jsonl")
        scanner = stack.enter_context(SimulatedScanner(cable, ScannerProtocol.HONEYWELL, log=log))
        token = self.must("enrol", "755A", name).strip().splitlines()[-1]
        scanners = {"dock-1": (scanner.cable.url, "honeywell")}
        edge = Edge(folder, self.hub, self.broker.url, scanners, name=name, token=token)
        if films:
            write_clip(folder / "clip.mp4", 2)
            with edge.config.open("a") as config:
                config.write(f'[[camera]]\nid = "{name}-cam"\nurl = "{folder / "clip.mp4"}"\n')
        stack.enter_context(running(edge))
        wait_until(lambda: is_connected(self.hub, edge), f"{name} is connected", PATIENCE_S)
        edge.wait_scanners()
        self.stations.append(Station(edge, scanner, prefix))

    def recorded(self) -> dict[Key, bytes]:
        """Every line on every edge's disk."""
        return {key: line for station in self.stations for key, line in station.lines().items()}

    def stored(self) -> dict[Key, bytes]:
        """Every line at the hub; one that stands there twice fails."""
        items = self.hub.events("")
        keys = [(str(e["edge"]), str(e["spool"]), int(e["seq"])) for e in items]
        twice = [key for key, count in Counter(keys).items() if count > 1]
        assert not twice, f"doubled: {twice[:5]}"
        lines = [base64.b64decode(each["line_b64"]) for each in items]
        return dict(zip(keys, lines, strict=True))

    def bodies_at_hub(self) -> set[str]:
        """The hashes of the private bodies that the hub has."""
        path = self.hub.data_dir / "hub.sqlite"
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as database:
            rows: list[tuple[str]] = list(database.execute("SELECT sha256 FROM private_body"))
        return {sha256 for (sha256,) in rows}

    def is_refilled(self) -> bool:
        """Whether the hub has every line and every body that any edge has on its disk."""
        recorded = self.recorded()
        stored = self.stored()
        return recorded.keys() <= stored.keys() and bodies_named(recorded) <= self.bodies_at_hub()

    def settle(self, what: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait until the hub has everything; then nothing of it may differ by a byte."""
        wait_until(self.is_refilled, what, timeout_s, pause_s=0.1)
        recorded = self.recorded()
        stored = self.stored()
        assert {key: stored.get(key) for key in recorded} == recorded

    def lose_hub(self) -> None:
        """The hub dies with all it has; edges and broker go on."""
        self.hub.kill()
        shutil.rmtree(self.hub.data_dir)


def bodies_named(lines: dict[Key, bytes]) -> set[str]:
    """The hashes of the private bodies that lines name."""
    events = [parse_line(line) for line in lines.values()]
    return {each.body for each in events if isinstance(each, Scan | Act) and each.body is not None}


@contextmanager
def open_drill(folder: Path) -> Iterator[tuple[Drill, ExitStack]]:
    """A broker and a hub that takes edges by their tokens; whatever runs at the end is killed."""
    broker = Broker(folder)
    hub = Hub(folder, broker.url, edges="token")
    with running(broker, hub), ExitStack() as stack:
        yield Drill(folder, broker, hub), stack


def since(began_s: float) -> float:
    """Seconds, for printing."""
    return round(time.monotonic() - began_s, 2)
