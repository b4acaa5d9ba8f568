"""``make demo``: hub, two edges and a busy dock on this machine, until Ctrl-C.

Shell. The programs are the real ones; only the far ends of the scanners' cables are simulated.
"""

import fcntl
import itertools
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.children import Child, ChildDiedError, Children, StopRequestedError
from simulators.demo_site import (
    EDGES,
    LOOPBACK,
    SCANNERS,
    SITES,
    DemoPorts,
    EdgePlan,
    ScannerPlan,
    find_ports,
    find_station_ports,
    make_cable,
    write_edge_config,
    write_hub_config,
)
from simulators.hub_rest import HubRest
from simulators.play import script
from simulators.pull_log import PullLog
from simulators.refused import RefusedError
from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from simulators.stage import Stage

READY_TIMEOUT_S = 60.0
SEED_MAX = 10**6
CONSOLE_PREFIX = "Console (one use): "
STATION_PREFIX = "Station page: "


@dataclass(frozen=True, slots=True)
class Programs:
    """How hub and edge are started; ``--config FILE`` is added."""

    hub: tuple[str, ...]
    edge: tuple[str, ...]


REAL_PROGRAMS = Programs((sys.executable, "-m", "hub"), (sys.executable, "-m", "edge"))


def run_demo(
    data_dir: Path,
    http_port: int,
    seed: int | None,
    beats_max: int | None,
    programs: Programs = REAL_PROGRAMS,
    speed: float = 1.0,
) -> int:
    """Run everything until Ctrl-C or ``beats_max`` beats, then stop it all.

    ``speed`` is how many times faster than an onlooker can follow.

    Returns:
        The exit code: 0 after a wished end, 1 if a program died or was not ready in time.

    Raises:
        RefusedError: the console's port is taken, another demo uses ``data_dir``, or it cannot be
            written. Nothing was started.
        CableTakenError: a scanner's path is something else. Nothing was started.
    """
    data_dir = data_dir.absolute()
    with _locked(data_dir), ExitStack() as far_ends:
        ports = find_ports(http_port)
        log_dir = data_dir / "logs"
        log_dir.mkdir(exist_ok=True)
        scanners: dict[str, SimulatedScanner] = {}
        for plan in SCANNERS:
            scanner = _make_scanner(data_dir, log_dir, plan)
            scanners[plan.id] = far_ends.enter_context(scanner)
        children = Children(log_dir)
        try:
            with children.looked_after():
                rest = _start_hub(data_dir, ports, children, programs)
                _start_edges(data_dir, ports, scanners, children, programs)
                stage = Stage(scanners, SITES, rest, children, _say, speed)
                _play(stage, log_dir, seed, beats_max)
        except StopRequestedError:
            _say("停止 Stopped.")
        except ChildDiedError as error:
            print(f"custos-sim: {error}", file=sys.stderr)
            return 1
    return 0


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Hold the data folder, made private because the administrator's token will lie in it."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "demo.lock").open("wb")
    except OSError as error:
        raise RefusedError(f"cannot write {data_dir}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefusedError(f"another demo is running in {data_dir}") from error
        yield


def _make_scanner(data_dir: Path, log_dir: Path, plan: ScannerPlan) -> SimulatedScanner:
    log_path = log_dir / f"{plan.id}.jsonl"
    log_path.unlink(missing_ok=True)
    cable = make_cable(data_dir, plan)
    return SimulatedScanner(cable, ScannerProtocol.HONEYWELL, log=PullLog(log_path))


def _start_hub(data_dir: Path, ports: DemoPorts, children: Children, programs: Programs) -> HubRest:
    print("starting the hub …", file=sys.stderr, flush=True)
    config = write_hub_config(data_dir, ports)
    hub = children.start("hub", [*programs.hub, "--config", str(config)])
    url = f"http://{LOOPBACK}:{ports.http}"
    link = children.wait_ready(hub, f"{url}/readyz", CONSOLE_PREFIX, READY_TIMEOUT_S)
    _say(f"{CONSOLE_PREFIX}{link}")
    return HubRest(url, (data_dir / "hub" / "admin.token").read_text().strip())


def _start_edges(
    data_dir: Path,
    ports: DemoPorts,
    scanners: dict[str, SimulatedScanner],
    children: Children,
    programs: Programs,
) -> None:
    print("starting the edges …", file=sys.stderr, flush=True)
    started: list[tuple[EdgePlan, str, Child]] = []
    for plan, port in zip(EDGES, find_station_ports(ports), strict=True):
        urls = {scanner.id: scanners[scanner.id].cable.url for scanner in plan.scanners}
        config = write_edge_config(data_dir, plan, ports, port, urls)
        edge = children.start(plan.name, [*programs.edge, "--config", str(config)])
        started.append((plan, f"http://{LOOPBACK}:{port}/readyz", edge))
    for plan, ready_url, edge in started:
        page = children.wait_ready(edge, ready_url, STATION_PREFIX, READY_TIMEOUT_S)
        _say(f"{STATION_PREFIX}{page}  ({plan.site} {plan.edge})")


def _play(stage: Stage, log_dir: Path, seed: int | None, beats_max: int | None) -> None:
    if seed is None:
        seed = random.SystemRandom().randrange(SEED_MAX)
    _say(f"日志 Logs: {log_dir}   种子 Seed: {seed}   Ctrl-C 停止 stops everything")
    stage.wait_hosts()
    played = stage.play(itertools.islice(script(random.Random(seed)), beats_max))
    _say(f"{played} beats, {stage.surprises} surprises")


def _say(line: str) -> None:
    print(line, flush=True)
