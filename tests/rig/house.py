"""A whole house for one test: broker, hub, one edge and a simulated scanner on a pty."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.cable import PtyCable
from simulators.pull_log import PullLog
from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from tests.rig.programs import Broker, Edge, Hub, http_status, running, wait_until
from wire.names import Signal

DEVICE = "dock-1"


@dataclass
class House:
    """The running programs, by name; ``pulls`` is the simulated scanner's own log."""

    broker: Broker
    hub: Hub
    edge: Edge
    scanner: SimulatedScanner
    pulls: Path

    def scan(
        self, code: str | bytes, aim: str | None = "C0", timeout_s: float = 5.0
    ) -> Signal | None:
        """Pull the trigger once; the signal that the scanner heard within ``timeout_s``."""
        return scan(self.scanner, code, aim, timeout_s)

    def start_edge(self) -> None:
        """Start the edge again and wait until it hears the scanner."""
        self.edge.start()
        self.edge.wait_scanners()

    def wait_delivered(self, timeout_s: float = 30.0) -> None:
        """Until the edge has a receipt for every line it has recorded."""
        wait_until(lambda: self.edge.depth() == 0, "the edge's spool is receipted", timeout_s)


def scan(
    scanner: SimulatedScanner, code: str | bytes, aim: str | None = "C0", timeout_s: float = 5.0
) -> Signal | None:
    """Pull the trigger once; the signal heard within ``timeout_s``, None if there was none."""
    scanner.pull(code, aim)
    answer = scanner.wait_answer(timeout_s)
    return answer.signal if answer else None


@contextmanager
def plugged_scanner(directory: Path) -> Iterator[SimulatedScanner]:
    """A honeywell scanner on a pty at ``directory/scanner``, logging to ``pulls.jsonl``."""
    log = PullLog(directory / "pulls.jsonl")
    cable = PtyCable(directory / "scanner")
    with SimulatedScanner(cable, ScannerProtocol.HONEYWELL, log=log) as scanner:
        yield scanner


@contextmanager
def open_house(
    directory: Path, policy: str = "", env: dict[str, str] | None = None
) -> Iterator[House]:
    """Start everything and wait until the edge is enrolled and its first state has arrived.

    ``env`` is added to the environment of hub and edge.
    """
    broker = Broker(directory)
    hub = Hub(directory, broker.url, policy)
    with plugged_scanner(directory) as scanner:
        edge = Edge(directory, hub, broker.url, {DEVICE: (scanner.cable.url, "honeywell")})
        for program in (hub, edge):
            program.env.update(env or {})
        with running(broker, hub, edge):
            wait_until(lambda: is_connected(hub, edge), "the edge's first state at the hub")
            edge.wait_scanners()
            yield House(broker, hub, edge, scanner, directory / "pulls.jsonl")


def is_connected(hub: Hub, edge: Edge) -> bool:
    """Say whether the hub has a live state of the edge."""
    if http_status(f"{hub.url}/readyz") != 200:
        return False
    return any(e["edge"] == edge.edge and e["connected"] for e in hub.get("edges")["items"])
