"""The demo's site: which programs, ports, cables and configuration files it consists of.

Shell: it looks for free ports and writes files.
"""

import json
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulators.cable import Cable, PtyCable
from simulators.carrier.pulls import EDGE
from simulators.carrier.world import World
from simulators.demo_day import CHANNELS, EDGE_SITES, FROM, POLICY, devices_of
from simulators.play import GATE_1, GATE_2
from simulators.refused import RefusedError
from simulators.tcp_cable import TcpCable

LOOPBACK = "127.0.0.1"
BROKER_PORT = 1883
STATION_PORT = 8081
SCANNER_PORT = 9101
CAMERA_PORT = 8554
PORTS_TRIED_MAX = 200
"""How far above its usual number a port is looked for."""


@dataclass(frozen=True, slots=True)
class ScannerPlan:
    """One scanner; ``tcp`` puts it behind a TCP port instead of a serial one."""

    id: str
    tcp: bool = False


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """One edge of one site with its scanners, and its cameras' ids."""

    site: str
    edge: str
    scanners: tuple[ScannerPlan, ...]
    cameras: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.site}-{self.edge}"


def plan_edges(world: World) -> tuple[EdgePlan, ...]:
    """One edge for each site that the days work at; the gate's scanners hang on the first."""
    # The one whose plug is pulled has a path of its own: a port might be another's by then.
    gate = (ScannerPlan(GATE_1, tcp=True), ScannerPlan(GATE_2))
    return tuple(
        EdgePlan(
            site,
            EDGE,
            (*(gate if site == FROM else ()), *map(ScannerPlan, devices_of(world, site))),
            tuple(each.camera for each in CHANNELS if each.site == site),
        )
        for site in EDGE_SITES
    )


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


def find_station_ports(ports: DemoPorts, count: int) -> tuple[int, ...]:
    """Choose the edges' ports, the next free ones, when the edges are about to start.

    Not with the hub's: until that runs, another program may have taken them.

    Raises:
        RefusedError: none is free.
    """
    used = {ports.http, ports.broker}
    return tuple(_next_free(STATION_PORT, used) for _ in range(count))


@dataclass(frozen=True, slots=True)
class CameraPorts:
    """Where the cameras send pictures, take orders and tell their time."""

    pictures: int
    orders: int
    onvif: int


def find_camera_ports(ports: DemoPorts) -> CameraPorts:
    """Choose the cameras' ports.

    Raises:
        RefusedError: none is free.
    """
    used = {ports.http, ports.broker}
    return CameraPorts(*(_next_free(CAMERA_PORT, used) for _ in range(3)))


def make_cable(data_dir: Path, site: str, plan: ScannerPlan) -> Cable:
    """Make a scanner's cable and plug it in.

    Raises:
        CableTakenError: its path in ``data_dir`` is something else.
        RefusedError: no TCP port is free.
    """
    if plan.tcp:
        return TcpCable(LOOPBACK, _next_free(SCANNER_PORT, set()))
    folder = data_dir / "scanners"
    folder.mkdir(exist_ok=True)
    return PtyCable(folder / f"{site}-{plan.id}")


def put_aside(data_dir: Path, edges: tuple[EdgePlan, ...]) -> None:
    """Keep what the demo before has recorded in ``before``, and what was there no longer.

    The clock begins at the same hour each time: old records would lie in the day's future.

    Raises:
        RefusedError: it cannot be moved.
    """
    before = data_dir / "before"
    names = ("hub", *(plan.name for plan in edges))
    left = [data_dir / name for name in names if (data_dir / name).exists()]
    if not left:
        return
    try:
        if before.exists():
            shutil.rmtree(before)
        before.mkdir()
        for each in left:
            each.rename(before / each.name)
    except OSError as error:
        raise RefusedError(f"cannot move what lies in {data_dir}: {error.strerror}") from error


def write_hub_config(data_dir: Path, ports: DemoPorts, smtp_port: int, network: str) -> Path:
    """Write hub.toml, the network and the policy file, and return the first one's path."""
    network_path, policy_path = data_dir / "network.toml", data_dir / "policy.toml"
    network_path.write_text(network, encoding="utf-8")
    policy_path.write_text(POLICY, encoding="utf-8")
    path = data_dir / "hub.toml"
    path.write_text(
        f"data_dir = {_quoted(data_dir / 'hub')}\n"
        f'mqtt = "embedded://{LOOPBACK}:{ports.broker}"\n'
        f'http = "{LOOPBACK}:{ports.http}"\n'
        f"network = {_quoted(network_path)}\n"
        f"policy = {_quoted(policy_path)}\n"
        "\n[edges]\n"
        'enrolment = "first-use"\n'
        "\n[smtp]\n"
        f'host = "{LOOPBACK}"\n'
        f"port = {smtp_port}\n"
        'security = "none"\n'
        'sender = "custos@demo.example"\n',
        encoding="utf-8",
    )
    return path


def write_edge_config(
    data_dir: Path,
    plan: EdgePlan,
    ports: DemoPorts,
    station: str,
    urls: Mapping[str, str],
    camera_urls: Mapping[str, str],
    onvif_urls: Mapping[str, str],
) -> Path:
    """Write one edge's edge.toml and return its path.

    ``station`` is its page's address; ``urls`` by scanner id, ``camera_urls`` and ``onvif_urls`` by
    camera id, as far as there are cameras.
    """
    scanners = "".join(
        f'\n[[scanner]]\nid = "{scanner.id}"\n'
        f'url = {_quoted(urls[scanner.id])}\nprotocol = "honeywell"\n'
        for scanner in plan.scanners
    )
    cameras = "".join(
        f'\n[[camera]]\nid = "{each}"\nurl = {_quoted(camera_urls[each])}\n'
        + (f"onvif = {_quoted(onvif_urls[each])}\n" if each in onvif_urls else "")
        for each in plan.cameras
        if each in camera_urls
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
        f'listen = "{station}"\n'
        f"{scanners}{cameras}",
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
