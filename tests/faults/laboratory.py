"""A real house whose every cable passes through our hands: proxies, shifted clocks, busy scanners.

Edge and hub reach the broker through a proxy each. Test clocks run ten times as fast, so that what
is sent again after five seconds is sent again after half of one.
"""

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulators.cable import Cable, PtyCable
from simulators.pull_log import PullLog
from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from simulators.tcp_cable import TcpCable
from tests.faults.proxy import Proxy, proxied
from tests.faults.truth import check_truth, usual_tone, wait_equal
from tests.rig.house import is_connected
from tests.rig.programs import Broker, Edge, Hub, running, wait_until
from wire.names import Signal

RATE = 10.0
"""How many seconds of the programs pass in a real one."""
CODES_PER_SCANNER = 100_000
HV_EVERY = 20
ANSWER_S = 2.0


@dataclass
class Bench:
    """One scanner at its edge, and the codes that it has not scanned yet."""

    edge: Edge
    device: str
    scanner: SimulatedScanner
    pulls: Path
    codes: Iterator[str]

    def scan(self, timeout_s: float = ANSWER_S) -> Signal | None:
        """Pull the trigger on a new label; what was heard."""
        self.scanner.pull(next(self.codes))
        answer = self.scanner.wait_answer(timeout_s)
        return answer.signal if answer else None

    def scan_all(self, count: int) -> None:
        """So many scans, each answered rightly."""
        for _ in range(count):
            heard = self.scan()
            pull = self.scanner.last_pull
            assert pull is not None
            assert heard is usual_tone(bytes.fromhex(pull.code_hex).decode()), (heard, pull)


@dataclass
class Laboratory:
    """The running programs; edges speak over ``edge_wire``, the hub over ``hub_wire``."""

    directory: Path
    broker: Broker
    hub: Hub
    edge_wire: Proxy
    hub_wire: Proxy
    benches: list[Bench]

    @property
    def edges(self) -> list[Edge]:
        return list({bench.edge.edge: bench.edge for bench in self.benches}.values())

    def heal(self) -> None:
        """No fault in the network any more."""
        for wire in (self.edge_wire, self.hub_wire):
            wire.heal()

    def scan_all(self, count: int) -> None:
        """So many scans with each scanner, each answered rightly."""
        for bench in self.benches:
            bench.scan_all(count)

    def settle(self, timeout_s: float = 30.0) -> None:
        """Scan on until all is receipted: an edge where nothing happens looks up once a second."""

        def is_settled() -> bool:
            if all(edge.depth() == 0 for edge in self.edges):
                return True
            self.scan_all(1)
            return False

        wait_until(is_settled, "receipts for all lines", timeout_s, pause_s=0.04)

    def check(self, timeout_s: float = 30.0) -> dict[str, int]:
        """Wait until both sides are equal, and compare all that was told with all that is true."""
        wait_equal(self.hub, self.edges, timeout_s)
        pulls = {(bench.edge.edge, bench.device): bench.pulls for bench in self.benches}
        return check_truth(self.hub, pulls, self.edges)

    @contextmanager
    def scanning(self, pause_s: float) -> Iterator[None]:
        """Every scanner scans, each in a person's hand of its own, until the block ends."""
        over = threading.Event()

        def work(bench: Bench) -> None:
            while not over.wait(pause_s):
                bench.scan(timeout_s=1.0)

        people = [threading.Thread(target=work, args=(bench,)) for bench in self.benches]
        for person in people:
            person.start()
        try:
            yield
        finally:
            over.set()
            for person in people:
                person.join()


def codes(n: int) -> Iterator[str]:
    """The labels of the ``n``-th scanner: all different, one in twenty of high value."""
    for number in itertools.count(CODES_PER_SCANNER * n):
        yield f"{'103' if number % HV_EVERY == 0 else '755'}{number:09}"


def fast_clock() -> dict[str, str]:
    """The environment of a program whose clock begins now and runs at ``RATE``."""
    return {"CUSTOS_TEST_CLOCK": f"{datetime.now(UTC).isoformat()},{RATE:g}"}


@contextmanager
def open_laboratory(
    directory: Path, scanners: Sequence[Sequence[str]], env: dict[str, str], policy: str = ""
) -> Iterator[Laboratory]:
    """Start everything. ``scanners``: for each edge the kinds of its scanners, "pty" or "tcp"."""
    with ExitStack() as stack:
        broker = Broker(directory)
        edge_wire = stack.enter_context(proxied(broker.port))
        hub_wire = stack.enter_context(proxied(broker.port))
        hub = Hub(directory, f"mqtt://127.0.0.1:{hub_wire.port}", policy)
        benches: list[Bench] = []
        for n, kinds in enumerate(scanners):
            plugged = [_plug(directory, f"e{n}-s{m}", kind) for m, kind in enumerate(kinds)]
            for scanner, _ in plugged:
                stack.enter_context(scanner)
            devices = {
                f"s{m}": (each.cable.url, "honeywell") for m, (each, _) in enumerate(plugged)
            }
            edge = Edge(directory, hub, f"mqtt://127.0.0.1:{edge_wire.port}", devices, name=f"e{n}")
            for device, (scanner, pulls) in zip(devices, plugged, strict=True):
                benches.append(Bench(edge, device, scanner, pulls, codes(len(benches))))
        lab = Laboratory(directory, broker, hub, edge_wire, hub_wire, benches)
        for program in (hub, *lab.edges):
            program.env.update(env)
        stack.enter_context(running(broker, hub, *lab.edges))
        for edge in lab.edges:
            wait_until(lambda edge=edge: is_connected(hub, edge), f"{edge.name} is heard")
            edge.wait_scanners()
        yield lab


def _plug(directory: Path, name: str, kind: str) -> tuple[SimulatedScanner, Path]:
    cable: Cable = PtyCable(directory / name) if kind == "pty" else TcpCable("127.0.0.1", 0)
    pulls = directory / f"{name}.jsonl"
    return SimulatedScanner(cable, ScannerProtocol.HONEYWELL, log=PullLog(pulls)), pulls
