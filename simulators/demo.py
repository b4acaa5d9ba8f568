"""``make demo``: a hub, four edges and a carrier's day on this machine, until Ctrl-C.

Shell. The programs are the real ones; only the far ends of the scanners' cables, the people and
the mail server are simulated, and the day runs faster than the machine's clock.
"""

import fcntl
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from simulators.captions import MARK, programme
from simulators.carrier.network_text import network_text
from simulators.carrier.pulls import Pull
from simulators.carrier.world import World
from simulators.children import Child, ChildDiedError, Children, StopRequestedError
from simulators.clerk import Clerk
from simulators.day_clock import DayClock
from simulators.day_stage import DayStage, Looker, Scanners
from simulators.demo_cameras import (
    BeltHand,
    camera_urls,
    missing_libraries,
    onvif_urls,
    start_cameras,
)
from simulators.demo_day import (
    FROM,
    PARCELS_PER_DAY,
    gate_people,
    make_days,
    make_world,
    opens_at,
    starts_at,
)
from simulators.demo_site import (
    LOOPBACK,
    DemoPorts,
    EdgePlan,
    ScannerPlan,
    find_camera_ports,
    find_ports,
    find_station_ports,
    make_cable,
    plan_edges,
    put_aside,
    write_edge_config,
    write_hub_config,
)
from simulators.hub_person import HubPerson
from simulators.hub_rest import HubRest
from simulators.play import GATE_1, GATE_2, script
from simulators.post_office import PostOffice
from simulators.pull_log import PullLog
from simulators.refused import RefusedError
from simulators.scanner import ScannerProtocol
from simulators.simulated_scanner import SimulatedScanner
from simulators.stage import Stage
from simulators.typist import Typist
from simulators.watcher import Pages, Watcher

READY_TIMEOUT_S = 60.0
SEED_MAX = 10**6
MINUTE_AN_HOUR = 60.0
"""The day's rate at speed 1."""
_BOLD, _PLAIN = "\x1b[1;33m", "\x1b[0m"
"""How the story stands out on a terminal: bold and yellow."""
CONSOLE_PREFIX = "Console (one use): "
STATION_PREFIX = "Station page: "


@dataclass(frozen=True, slots=True)
class Programs:
    """How hub and edge are started; ``--config FILE`` is added."""

    hub: tuple[str, ...]
    edge: tuple[str, ...]


REAL_PROGRAMS = Programs((sys.executable, "-m", "hub"), (sys.executable, "-m", "edge"))


@dataclass(frozen=True, slots=True)
class Show:
    """What is played, how many times faster than at speed 1, and after how many beats it ends."""

    world: World
    seed: int
    speed: float
    beats_max: int | None
    parcels_per_day: int
    has_cameras: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where everything lies and listens, and what was made there."""

    data_dir: Path
    ports: DemoPorts
    edges: tuple[EdgePlan, ...]
    scanners: Scanners
    post_office: PostOffice
    programs: Programs
    children: Children

    @property
    def log_dir(self) -> Path:
        """The folder of all logs."""
        return self.data_dir / "logs"


def run_demo(
    data_dir: Path,
    http_port: int,
    seed: int | None,
    beats_max: int | None,
    speed: float = 1.0,
    parcels_per_day: int = PARCELS_PER_DAY,
    programs: Programs = REAL_PROGRAMS,
    *,
    cameras: bool = True,
) -> int:
    """Run everything until Ctrl-C or ``beats_max`` beats of the scenes, then stop it all.

    ``speed`` is how many times faster than an onlooker can follow; at 1 an hour takes a minute.

    Returns:
        The exit code: 0 after a wished end, 1 if a program died or was not ready in time.

    Raises:
        RefusedError: the console's port is taken, another demo uses ``data_dir``, or it cannot be
            written. Nothing was started.
        CableTakenError: a scanner's path is something else. Nothing was started.
    """
    data_dir = data_dir.absolute()
    if seed is None:
        seed = random.SystemRandom().randrange(SEED_MAX)
    with _locked(data_dir), ExitStack() as far_ends:
        ports = find_ports(http_port)
        (data_dir / "logs").mkdir(exist_ok=True)
        world = make_world(seed)
        edges = plan_edges(world)
        put_aside(data_dir, edges)
        place = _Place(
            data_dir=data_dir,
            ports=ports,
            edges=edges,
            scanners=_make_scanners(data_dir, edges, far_ends),
            post_office=far_ends.enter_context(PostOffice()),
            programs=programs,
            children=Children(data_dir / "logs"),
        )
        try:
            with place.children.looked_after():
                _run(place, Show(world, seed, speed, beats_max, parcels_per_day, cameras))
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


def _make_scanners(data_dir: Path, edges: tuple[EdgePlan, ...], far_ends: ExitStack) -> Scanners:
    return {
        (plan.site, scanner.id): far_ends.enter_context(_make_scanner(data_dir, plan.site, scanner))
        for plan in edges
        for scanner in plan.scanners
    }


def _make_scanner(data_dir: Path, site: str, plan: ScannerPlan) -> SimulatedScanner:
    log_path = data_dir / "logs" / f"{site}-{plan.id}.jsonl"
    log_path.unlink(missing_ok=True)
    cable = make_cable(data_dir, site, plan)
    return SimulatedScanner(cable, ScannerProtocol.HONEYWELL, log=PullLog(log_path))


def _run(place: _Place, show: Show) -> None:
    world = show.world
    clock = DayClock(starts_at(world), MINUTE_AN_HOUR * show.speed)
    console, rest = _start_hub(place, clock, network_text(world))
    stations = _find_stations(place)
    cameras = _start_cameras(place, clock) if show.has_cameras else None
    gate = {name: place.scanners[FROM, name] for name in (GATE_1, GATE_2)}
    scenes = Stage(gate, FROM, rest, place.children, clock, _say, show.speed)
    pages = {site: f"http://{address}/" for site, address in stations.items()}
    typists = {site: Typist(url) for site, url in pages.items()}
    hand = None if cameras is None else BeltHand(cameras.control_port, scenes)
    see = _look_away if hand is None else hand.see
    stage = DayStage(place.scanners, typists, rest, world, scenes, see)
    person = HubPerson(f"http://{LOOPBACK}:{place.ports.http}", rest, "office")
    clerk = Clerk(rest, person, [site.code for site in world.sites], stage)
    clerk.look(clock.now())
    _start_edges(place, clock, stations, cameras or _Cameras({}, {}, 0))
    _say(f"日志 Logs: {place.log_dir}   种子 Seed: {show.seed}   Ctrl-C 停止 stops everything")
    stage.wait_hosts()
    stage.compare_clocks()
    days = make_days(show.seed, opens_at(clock.now()), show.parcels_per_day)
    for line in programme(days.thefts[0], clock.now(), clock.rate, console):
        _say(line)
    office = place.post_office
    watcher = Watcher(days.thefts, rest, stage, office.collect, Pages(console, pages))
    beats = script(random.Random(show.seed), gate_people(world))
    lookers: tuple[Looker, ...] = (watcher, clerk) if hand is None else (watcher, clerk, hand)
    stage.play(days.doings, islice(beats, show.beats_max), lookers)
    _say(f"{scenes.beats} beats, {stage.pulls} pulls, {scenes.surprises} surprises")


def _start_hub(place: _Place, clock: DayClock, network: str) -> tuple[str, HubRest]:
    """Start the hub; return where its console is and a way to ask it."""
    print("starting the hub …", file=sys.stderr, flush=True)
    config = write_hub_config(place.data_dir, place.ports, place.post_office.port, network)
    argv = [*place.programs.hub, "--config", str(config)]
    hub = place.children.start("hub", argv, clock.variable())
    url = f"http://{LOOPBACK}:{place.ports.http}"
    link = place.children.wait_ready(hub, f"{url}/readyz", CONSOLE_PREFIX, READY_TIMEOUT_S)
    _say(f"{CONSOLE_PREFIX}{link}")
    token = (place.data_dir / "hub" / "admin.token").read_text().strip()
    return f"{url}/console", HubRest(url, token)


def _find_stations(place: _Place) -> dict[str, str]:
    """The address of each site's station page."""
    ports = find_station_ports(place.ports, len(place.edges))
    return {plan.site: f"{LOOPBACK}:{port}" for plan, port in zip(place.edges, ports, strict=True)}


@dataclass(frozen=True, slots=True)
class _Cameras:
    """Where each camera's pictures and some cameras' times are, and where they take orders."""

    urls: Mapping[str, str]
    onvif_urls: Mapping[str, str]
    control_port: int


def _start_cameras(place: _Place, clock: DayClock) -> _Cameras | None:
    lacking = missing_libraries()
    if lacking is not None:
        _say(f"没有摄像头 No cameras, this machine lacks a library for them: {lacking}")
        return None
    print("starting the cameras …", file=sys.stderr, flush=True)
    ports = find_camera_ports(place.ports)
    start_cameras(place.children, ports, clock.variable())
    return _Cameras(camera_urls(ports.pictures), onvif_urls(ports.onvif), ports.orders)


def _look_away(_pull: Pull) -> None:
    """Without a camera nobody sees what is scanned."""


def _start_edges(
    place: _Place, clock: DayClock, stations: dict[str, str], cameras: _Cameras
) -> None:
    print("starting the edges …", file=sys.stderr, flush=True)
    started: list[tuple[EdgePlan, Child]] = []
    for plan in place.edges:
        urls = {each.id: place.scanners[plan.site, each.id].cable.url for each in plan.scanners}
        page = stations[plan.site]
        config = write_edge_config(
            place.data_dir, plan, place.ports, page, urls, cameras.urls, cameras.onvif_urls
        )
        argv = [*place.programs.edge, "--config", str(config)]
        started.append((plan, place.children.start(plan.name, argv, clock.variable())))
    for plan, edge in started:
        ready = f"http://{stations[plan.site]}/readyz"
        page = place.children.wait_ready(edge, ready, STATION_PREFIX, READY_TIMEOUT_S)
        _say(f"{STATION_PREFIX}{page}  ({plan.site} {plan.edge})")


def _say(line: str) -> None:
    is_story = MARK in line and sys.stdout.isatty()
    print(f"{_BOLD}{line}{_PLAIN}" if is_story else line, flush=True)
