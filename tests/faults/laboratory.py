"""A real house whose every cable passes through our hands: proxies, shifted clocks, busy scanners.

Edge and hub reach the broker through a proxy each. Test clocks run twenty times as fast, so that
what is sent again after five seconds is sent again after a quarter of one.
"""

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulators.cable import Cable, PtyCable
from simulators.pull_log import PullLog
from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from simulators.tcp_cable import DialCable, TcpCable
from tests.faults.proxy import Proxy, proxied
from tests.faults.truth import STOPPED, check_truth, usual_tone, wait_equal
from tests.rig.closed import ClosedBroker, write_broker_folder
from tests.rig.house import is_connected
from tests.rig.programs import Broker, Edge, Hub, free_port, running, wait_until
from tests.rig.set_clock import SetClock
from wire.names import Signal

RATE = 20.0
"""How many seconds of the programs pass in a real one."""
CODES_PER_SCANNER = 100_000
HV_EVERY = 20
ANSWER_S = 2.0
WAIT_S = 10.0


@dataclass
class Bench:
    """One scanner at its edge, and the codes that it has not scanned yet."""

    edge: Edge
    device: str
    scanner: SimulatedScanner
    pulls: Path
    codes: Iterator[str]

    @property
    def is_deaf(self) -> bool:
        """Whether it has no return channel: the station page is its tone."""
        return self.scanner.protocol is ScannerProtocol.PLAIN

    def scan(self, timeout_s: float = ANSWER_S, code: str | None = None) -> Signal | None:
        """Pull the trigger on a label, a new one if none is named; what was heard."""
        self.scanner.pull(code or next(self.codes))
        answer = self.scanner.wait_answer(timeout_s)
        return answer.signal if answer else None

    def scan_all(self, count: int) -> None:
        """So many scans, each answered rightly."""
        for _ in range(count):
            heard = self.scan()
            pull = self.scanner.last_pull
            assert pull is not None
            if self.is_deaf:
                assert pull.sent
                continue
            assert heard is usual_tone(bytes.fromhex(pull.code_hex).decode()), (heard, pull)


@dataclass
class Laboratory:
    """The running programs; edges speak over ``edge_wire``, the hub over ``hub_wire``."""

    directory: Path
    broker: Broker | ClosedBroker
    hub: Hub
    edge_wire: Proxy
    hub_wire: Proxy
    benches: list[Bench]
    clocks: dict[str, SetClock]
    """Of the hub and of each edge, by name; they run at ``RATE`` and are set by tests."""

    @property
    def edges(self) -> list[Edge]:
        return list({bench.edge.edge: bench.edge for bench in self.benches}.values())

    def heal(self) -> None:
        """No fault in the network any more."""
        for wire in (self.edge_wire, self.hub_wire):
            wire.heal()

    def wait_scanners(self, timeout_s: float = WAIT_S) -> None:
        """Until every scanner has its edge, and every edge its scanners."""
        for bench in self.benches:
            assert bench.scanner.wait_host(timeout_s), f"{bench.edge.name} opens {bench.device}"
        for edge in self.edges:
            edge.wait_scanners()

    def scan_all(self, count: int) -> None:
        """So many scans with each scanner, each answered rightly."""
        for bench in self.benches:
            bench.scan_all(count)

    def stop_one(self, n: int) -> None:
        """Stop the ``n``-th parcel of those, and see that the scanners obey: the list goes on."""
        code = f"{STOPPED}{n}"
        entry = {"result": "stop", "reason": "stolen trolley"}
        assert self.hub.call("PUT", f"wanted/{code}", entry)[0] in (200, 201)
        version = self.hub.get("wanted")["version"]

        def have() -> bool:
            lists = [edge.page()["list"] for edge in self.edges]
            return all(each["version"] == version and not each["stale"] for each in lists)

        wait_until(have, "every edge has the newest list")
        assert self.benches[0].scan(code=code) is Signal.STOP

    def settle(self, timeout_s: float = 30.0) -> None:
        """Scan on until all is receipted: an edge where nothing happens looks up once a second."""

        def is_settled() -> bool:
            if all(edge.depth() == 0 for edge in self.edges):
                return True
            for bench in self.benches:
                bench.scan()
            return False

        wait_until(is_settled, "receipts for all lines", timeout_s, pause_s=0.04)

    def check(self, timeout_s: float = 30.0) -> dict[str, int]:
        """Wait until both sides are equal, and compare all that was told with all that is true."""
        wait_equal(self.hub, self.edges, timeout_s)
        pulls = {(bench.edge.edge, bench.device): bench.pulls for bench in self.benches}
        return check_truth(self.hub, pulls, self.edges)

    @contextmanager
    def scanning(self, pause_s: float, benches: Sequence[Bench] | None = None) -> Iterator[None]:
        """Every scanner, or these, scans, each in a hand of its own, until the block ends."""
        over = threading.Event()

        def work(bench: Bench) -> None:
            while not over.wait(pause_s):
                bench.scan(timeout_s=1.0)

        people = [threading.Thread(target=work, args=(bench,)) for bench in benches or self.benches]
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


@contextmanager
def open_laboratory(
    directory: Path,
    scanners: Sequence[Sequence[str]],
    rate: float = RATE,
    env: Mapping[str, str] | None = None,
    *,
    is_closed: bool = False,
) -> Iterator[Laboratory]:
    """Start everything; ``env`` is added to the environment of hub and edges.

    ``is_closed``: by TLS, where ``rate`` is 1 and proxies see bytes and no packets.

    ``scanners``: for each edge its scanners, as a cable ("pty", "tcp" or "listen") and a protocol
    after a colon, honeywell without one. Clocks run ``rate`` times as fast as the machine's.
    """
    with ExitStack() as stack:
        broker = ClosedBroker(directory, free_port()) if is_closed else Broker(directory)
        url = "mqtts://localhost" if is_closed else "mqtt://127.0.0.1"
        edge_wire, hub_wire = (
            stack.enter_context(proxied(broker.port, is_mqtt=not is_closed)) for _ in range(2)
        )
        hub = Hub(directory, f"{url}:{hub_wire.port}")
        if isinstance(broker, ClosedBroker):
            write_broker_folder(hub, broker)
        benches: list[Bench] = []
        for n, kinds in enumerate(scanners):
            plugged = [
                (f"s{m}", *_plug(directory, f"e{n}-s{m}", kind)) for m, kind in enumerate(kinds)
            ]
            devices = {name: (each.cable.url, each.protocol.value) for name, each, _ in plugged}
            edge = Edge(directory, hub, f"{url}:{edge_wire.port}", devices, name=f"e{n}")
            for name, scanner, pulls in plugged:
                stack.enter_context(scanner)
                benches.append(Bench(edge, name, scanner, pulls, codes(len(benches))))
        programs = {"hub": hub} | {bench.edge.edge: bench.edge for bench in benches}
        clocks = {name: SetClock(directory / f"{name}.clock") for name in programs}
        for name, program in programs.items():
            program.env.update(clocks[name].env() | dict(env or {}))
            if rate != 1.0:
                now = datetime.now(UTC).isoformat()
                program.env["CUSTOS_TEST_CLOCK"] = f"{now},{rate:g}"
        lab = Laboratory(directory, broker, hub, edge_wire, hub_wire, benches, clocks)
        stack.enter_context(running(broker, *programs.values()))
        for edge in lab.edges:
            wait_until(lambda edge=edge: is_connected(hub, edge), f"{edge.name} is heard")
        lab.wait_scanners()
        yield lab


def _plug(directory: Path, name: str, kind: str) -> tuple[SimulatedScanner, Path]:
    cable_kind, _, protocol = kind.partition(":")
    cable: Cable
    match cable_kind:
        case "pty":
            cable = PtyCable(directory / name)
        case "tcp":
            cable = TcpCable("127.0.0.1", 0)
        case _:
            cable = DialCable("127.0.0.1", free_port())
    pulls = directory / f"{name}.jsonl"
    spoken = ScannerProtocol(protocol or "honeywell")
    return SimulatedScanner(cable, spoken, log=PullLog(pulls)), pulls
