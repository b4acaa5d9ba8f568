"""The demo's site: which programs, ports, cables and configuration files it consists of.

Shell: it looks for free ports and writes files.
"""

import json
import socket
from dataclasses import dataclass
from pathlib import Path

from simulators.cable import Cable, PtyCable
from simulators.refused import RefusedError
from simulators.tcp_cable import TcpCable

LOOPBACK = "127.0.0.1"
BROKER_PORT = 1883
STATION_PORT = 8081
SCANNER_PORT = 9101
PORTS_TRIED_MAX = 200
"""How far above its usual number a port is looked for."""


@dataclass(frozen=True, slots=True)
class ScannerPlan:
    """One scanner; ``tcp`` puts it behind a TCP port instead of a serial one."""

    id: str
    tcp: bool = False


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """One edge of one site with its scanners."""

    site: str
    edge: str
    scanners: tuple[ScannerPlan, ...]

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.site}-{self.edge}"


EDGES = (
    EdgePlan("755A", "dock", (ScannerPlan("dock-1"), ScannerPlan("dock-2", tcp=True))),
    EdgePlan("755W", "hall", (ScannerPlan("hall-1"),)),
)
SCANNERS = tuple(scanner for plan in EDGES for scanner in plan.scanners)
SITES = {scanner.id: plan.site for plan in EDGES for scanner in plan.scanners}
"""The site of each scanner, by its id."""


@dataclass(frozen=True, slots=True)
class DemoPorts:
    """The TCP ports that were free when they were looked for."""

    http: int
    broker: int


def find_ports(http_port: int) -> DemoPorts:
    """Choose the hub's ports: the console's as asked, the broker's the next free one.

    Raises:
        RefusedError: the console's port is taken, or no other is free.
    """
    if not _is_free(http_port):
        raise RefusedError(
            f"port {http_port} is taken by another program; "
            "stop that one or choose another console port with --http-port"
        )
    return DemoPorts(http_port, _next_free(BROKER_PORT, {http_port}))


def find_station_ports(ports: DemoPorts) -> tuple[int, ...]:
    """Choose the edges' ports, the next free ones, when the edges are about to start.

    Not with the hub's: until that runs, another program may have taken them.

    Raises:
        RefusedError: none is free.
    """
    used = {ports.http, ports.broker}
    return tuple(_next_free(STATION_PORT, used) for _ in EDGES)


def make_cable(data_dir: Path, plan: ScannerPlan) -> Cable:
    """Make a scanner's cable and plug it in.

    Raises:
        CableTakenError: its path in ``data_dir`` is something else.
        RefusedError: no TCP port is free.
    """
    if plan.tcp:
        return TcpCable(LOOPBACK, _next_free(SCANNER_PORT, set()))
    folder = data_dir / "scanners"
    folder.mkdir(exist_ok=True)
    return PtyCable(folder / plan.id)


def write_hub_config(data_dir: Path, ports: DemoPorts) -> Path:
    """Write hub.toml and return its path."""
    path = data_dir / "hub.toml"
    path.write_text(
        f"data_dir = {_quoted(data_dir / 'hub')}\n"
        f'mqtt = "embedded://{LOOPBACK}:{ports.broker}"\n'
        f'http = "{LOOPBACK}:{ports.http}"\n'
        "\n[edges]\n"
        'enrolment = "first-use"\n',
        encoding="utf-8",
    )
    return path


def write_edge_config(
    data_dir: Path, plan: EdgePlan, ports: DemoPorts, station_port: int, urls: dict[str, str]
) -> Path:
    """Write one edge's edge.toml and return its path; ``urls`` by scanner id."""
    scanners = "".join(
        f'\n[[scanner]]\nid = "{scanner.id}"\n'
        f'url = {_quoted(urls[scanner.id])}\nprotocol = "honeywell"\n'
        for scanner in plan.scanners
    )
    path = data_dir / f"{plan.name}.toml"
    path.write_text(
        f'site = "{plan.site}"\n'
        f'edge = "{plan.edge}"\n'
        f"data_dir = {_quoted(data_dir / plan.name)}\n"
        "\n[hub]\n"
        f'mqtt = "mqtt://{LOOPBACK}:{ports.broker}"\n'
        f'http = "http://{LOOPBACK}:{ports.http}"\n'
        "\n[station]\n"
        f'listen = "{LOOPBACK}:{station_port}"\n'
        f"{scanners}",
        encoding="utf-8",
    )
    return path


def _next_free(port: int, used: set[int]) -> int:
    for candidate in range(port, port + PORTS_TRIED_MAX):
        if candidate not in used and _is_free(candidate):
            used.add(candidate)
            return candidate
    raise RefusedError(f"no port from {port} to {port + PORTS_TRIED_MAX - 1} is free")


def _is_free(port: int) -> bool:
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError:
        return False
    return True


def _quoted(text: Path | str) -> str:
    # A JSON string of printable text is a TOML basic string.
    return json.dumps(str(text), ensure_ascii=False)
