"""A carrier of three sites with real programs on a fast clock, and a mail server beside them."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulators.cable import PtyCable
from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from tests.network_parts import NETWORK_TOML
from tests.rig.house import is_connected, scan
from tests.rig.programs import Broker, Edge, Hub, running, wait_until
from tests.smtp_parts import Mailbox, smtp_server

SITES = ("755A", "755W", "021W")
RATE = 600.0
"""An hour is six seconds."""
SHORT_LANES = NETWORK_TOML.replace("planned_h = 20", "planned_h = 0.5").replace(
    "planned_h = 4", "planned_h = 0.5"
)
"""A parcel may miss one scan and be read at the next site: short ways make that wait short."""


@dataclass
class FastClock:
    """The test clock as it goes on: a program that starts again starts at the time that it is."""

    start_at: datetime = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    begun_s: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.start_at + timedelta(seconds=(time.monotonic() - self.begun_s) * RATE)

    def env(self) -> dict[str, str]:
        return {"CUSTOS_TEST_CLOCK": f"{self.now().isoformat()},{RATE}"}


@dataclass
class SearchHouse:
    """Broker, hub, an edge with a scanner at each site, and the mailbox of everybody written to."""

    clock: FastClock
    hub: Hub
    edges: dict[str, Edge]
    scanners: dict[str, SimulatedScanner]
    mailbox: Mailbox

    def scan(self, site: str, code: str) -> None:
        """Pull the trigger at a site; the scanner must have heard something."""
        assert scan(self.scanners[site], code, timeout_s=10) is not None, self.edges[site].tail()

    def kill_hub(self) -> None:
        """SIGKILL for the hub and all its roles; it starts again at the time that it is."""
        self.hub.kill()
        self.hub.env.update(self.clock.env())
        self.hub.start()

    def incident(self, waybill: str) -> dict[str, Any] | None:
        """The newest search for a parcel with all that belongs to it."""
        items = self.hub.get(f"incidents?waybill={waybill}")["items"]
        return self.hub.get(f"incidents/{items[0]['id']}") if items else None

    def wait_state(self, waybill: str, state: str, timeout_s: float = 60) -> dict[str, Any]:
        """Until the search for a parcel has reached a state."""

        def reached() -> dict[str, Any] | None:
            found = self.incident(waybill)
            return found if found is not None and found["state"] == state else None

        found: dict[str, Any] = wait_until(reached, f"{waybill} is {state}", timeout_s, 0.1)
        return found


@contextmanager
def open_search_house(directory: Path, policy: str) -> Iterator[SearchHouse]:
    """Start everything and wait until each edge is heard."""
    with ExitStack() as stack:
        mailbox = Mailbox()
        port = stack.enter_context(smtp_server(mailbox))
        broker = Broker(directory)
        hub = Hub(directory, broker.url, policy, network=SHORT_LANES, mail_port=port)
        clock = FastClock()
        scanners, edges = {}, {}
        for site in SITES:
            cable = PtyCable(directory / f"scanner-{site}")
            scanners[site] = stack.enter_context(SimulatedScanner(cable, ScannerProtocol.HONEYWELL))
            device = {"dock-1": (cable.url, "honeywell")}
            edges[site] = Edge(directory, hub, broker.url, device, name=f"e-{site}", site=site)
        stack.enter_context(running(broker))
        for program in (hub, *edges.values()):
            program.env.update(clock.env())
            stack.enter_context(running(program))
        for edge in edges.values():
            wait_until(lambda edge=edge: is_connected(hub, edge), "the edge is heard", 30)
        yield SearchHouse(clock, hub, edges, scanners, mailbox)
