"""A whole house for one test: broker, hub, one edge and a simulated scanner on a pty."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.cable import SimulatedScanner
from tests.rig.programs import Broker, Edge, Hub, http_status, running, wait_until


@dataclass
class House:
    """The running programs, by name."""

    broker: Broker
    hub: Hub
    edge: Edge
    scanner: SimulatedScanner
    directory: Path

    def wait_delivered(self, timeout_s: float = 30.0) -> None:
        """Until the station has nothing that the hub has not receipted."""

        def is_empty() -> bool:
            states = self.hub.get("edges")["items"]
            return any(state["edge"] == self.edge.edge and state["depth"] == 0 for state in states)

        wait_until(is_empty, "the edge's spool is receipted", timeout_s)


@contextmanager
def open_house(
    directory: Path, policy: str = "", edge_env: dict[str, str] | None = None
) -> Iterator[House]:
    """Start everything and wait until the edge is enrolled and its first state has arrived."""
    broker = Broker(directory)
    hub = Hub(directory, broker.url, policy)
    with SimulatedScanner.on_pty(directory / "scanner", "honeywell") as scanner:
        edge = Edge(
            directory, hub, broker.url, {"dock-1": (str(directory / "scanner"), "honeywell")}
        )
        edge.env.update(edge_env or {})
        with running(broker, hub, edge):
            house = House(broker, hub, edge, scanner, directory)
            wait_until(lambda: connected(hub, edge), "the edge's first state at the hub")
            yield house


def connected(hub: Hub, edge: Edge) -> bool:
    """Say whether the hub has a live state of the edge."""
    if http_status(f"{hub.url}/readyz") != 200:
        return False
    return any(e["edge"] == edge.edge and e["connected"] for e in hub.get("edges")["items"])
