"""Everything that can go wrong, at once and drawn from a seed, while people scan in a real house.

Each thing that can fail has its own line of turns, so nothing meets two faults of one kind at the
same time, and everything else overlaps. Then all faults end, and both sides must become equal. The
same seed draws the same turns; which instruction they meet is the machine's affair.
"""

import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from simulators.scanner import frame_packets
from tests.faults.laboratory import Bench, Laboratory, open_laboratory
from tests.faults.poison import send_all, unreadable
from tests.faults.proxy import Act, Proxy, Way
from tests.rig.bounds import env_of
from tests.rig.programs import Program, http_status, wait_until
from tests.rig.set_clock import SetClock
from tests.rig.small_disk import clear_disk, fill_disk, small_disk
from wire.topics import Channel, Topic

SCANNERS = (("pty", "tcp"), ("pty",))
HUB_DISK_MIB, EDGE_DISK_MIB = 64, 24
ANSWER_S = 1.0
PAUSE_S_MAX = 0.06
RUSH_SCANS = 30
JUMP_S_MAX = 90_000
POISONS = 10
BACKLOG, BACKLOG_EVENTS = "edge.change_over.BACKLOG_EVENTS_MAX", (20, 300)
"""After so many unsent events an edge begins another spool: far fewer than usual."""
RECOVERED_S_MAX = 180.0

Fault = Callable[[random.Random], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long people scan among faults, and how long pauses and faults last, in seconds."""

    span_s: float
    pause_s: tuple[float, float]
    fault_s: tuple[float, float]
    rate: float


SHORT = Plan(span_s=2.5, pause_s=(0.2, 0.8), fault_s=(0.1, 0.6), rate=10.0)
LONG = Plan(span_s=25.0, pause_s=(0.5, 6.0), fault_s=(0.1, 4.0), rate=1.0)


@dataclass(frozen=True, slots=True)
class Turn:
    """From ``at_s`` on, ``target`` suffers ``fault`` for ``for_s``."""

    at_s: float
    target: str
    fault: str
    for_s: float


def run_seed(folder: Path, rng: random.Random, plan: Plan = LONG) -> dict[str, object]:
    """One house, one schedule; the figures of what was met and of what is true afterwards.

    Raises:
        AssertionError: something was lost, doubled, out of order or told wrongly.
    """
    with ExitStack() as stack:
        sizes = {"hub": HUB_DISK_MIB} | {f"edge-e{n}": EDGE_DISK_MIB for n in range(len(SCANNERS))}
        for name, mib in sizes.items():
            stack.enter_context(small_disk(folder / name, mib))
        env = env_of({BACKLOG: rng.randint(*BACKLOG_EVENTS)})
        lab = stack.enter_context(open_laboratory(folder, SCANNERS, plan.rate, env))
        targets = targets_of(lab)
        turns = draw(rng, targets, plan)
        print("\n".join(map(str, turns)))
        suffer(lab, targets, turns, rng.randrange(2**32))
        began_s = time.monotonic()
        try:
            recover(lab)
            truth = lab.check(RECOVERED_S_MAX)
        except AssertionError:
            for program in (lab.broker, lab.hub, *lab.edges):
                print(f"---- {program.name}\n{program.tail()}")
            raise
    met = Counter(f"{turn.target}: {turn.fault}" for turn in turns)
    packets = Counter(str(act) for w in (lab.edge_wire, lab.hub_wire) for act in w.met.elements())
    recovered_s = round(time.monotonic() - began_s, 1)
    return {"truth": truth, "met": met, "packets": packets, "recovered_s": recovered_s}


def draw(rng: random.Random, targets: Mapping[str, Mapping[str, Fault]], plan: Plan) -> list[Turn]:
    """For each target pauses and faults in turns, until the span is over."""
    turns = []
    for target, faults in targets.items():
        at_s = rng.uniform(0, plan.pause_s[1])
        while at_s < plan.span_s:
            for_s = min(rng.uniform(*plan.fault_s), plan.span_s - at_s)
            turns.append(Turn(round(at_s, 2), target, rng.choice(list(faults)), round(for_s, 2)))
            at_s += for_s + rng.uniform(*plan.pause_s)
    return sorted(turns, key=lambda turn: turn.at_s)


def suffer(
    lab: Laboratory,
    targets: Mapping[str, Mapping[str, Fault]],
    turns: Sequence[Turn],
    seed: int,
) -> None:
    """Let people scan and everything fail as it was drawn; afterwards every fault has ended."""
    over, began_s = threading.Event(), time.monotonic()

    def fail(target: str) -> None:
        rng = random.Random(f"{seed} {target}")
        for turn in (each for each in turns if each.target == target):
            time.sleep(max(0.0, began_s + turn.at_s - time.monotonic()))
            with targets[target][turn.fault](rng):
                time.sleep(turn.for_s)

    with ThreadPoolExecutor(len(targets) + len(lab.benches)) as hands:
        people = [
            hands.submit(scan_on, bench, random.Random(f"{seed} {n}"), over)
            for n, bench in enumerate(lab.benches)
        ]
        failing = [hands.submit(fail, target) for target in targets]
        try:
            for each in failing:
                each.result()
        finally:
            over.set()
        for person in people:
            person.result()


def scan_on(bench: Bench, rng: random.Random, over: threading.Event) -> None:
    """A person at a scanner: now slowly, now in a rush; now and then the plug comes out."""
    while not over.is_set():
        if not bench.scanner.wait_host(ANSWER_S):
            continue
        match rng.choices(("scan", "rush", "plug"), (90, 3, 2))[0]:
            case "rush":
                for _ in range(RUSH_SCANS):
                    bench.scan(ANSWER_S)
            case "plug":
                (frame,) = frame_packets(bench.scanner.protocol, next(bench.codes).encode(), "C0")
                with suppress(Exception):  # nobody is there: then nothing is cut in two
                    bench.scanner.cable.write(frame[: rng.randrange(1, len(frame))])
                bench.scanner.unplug()
                time.sleep(rng.uniform(0, 0.3))
                bench.scanner.replug()
            case _:
                bench.scan(ANSWER_S)
        over.wait(rng.uniform(0.01, PAUSE_S_MAX))


def recover(lab: Laboratory) -> None:
    """Start again what has ended, as an operator's system does, and wait until all are well."""
    lab.heal()
    lab.broker.wait_ready(lambda: True)
    for program in (lab.hub, *lab.edges):
        wait_until(partial(is_well, program), f"{program.name} is well", RECOVERED_S_MAX, 0.1)
    lab.wait_scanners(RECOVERED_S_MAX)
    lab.settle(RECOVERED_S_MAX)


def is_well(program: Program) -> bool:
    """Whether it serves; one that has ended, as on a full disk, is started again."""
    if program.process is None or program.process.poll() is not None:
        program.kill()
        program.launch()
    return http_status(f"{program.url}/readyz") == 200  # type: ignore[attr-defined]


# ---------------------------------------------------------------- what can fail


def targets_of(lab: Laboratory) -> dict[str, dict[str, Fault]]:
    """Each thing that can fail, and in which ways."""
    roles = {
        f"{how} {role}": partial(_role, lab, role, number)
        for role in ("ingest", "web", "clock")
        for how, number in (("kill", signal.SIGKILL), ("stop", signal.SIGSTOP))
    }
    found: dict[str, dict[str, Fault]] = {
        "broker": _program(lab.broker),
        "hub": _program(lab.hub) | roles,
        "edge wire": _wire(lab.edge_wire, "events", "receipt"),
        "hub wire": _wire(lab.hub_wire, "receipt", "events"),
        "topics": {"poison": partial(_poison, lab)},
    }
    for edge in lab.edges:
        found[edge.name] = _program(edge)
    for program in (lab.hub, *lab.edges):
        if program.data_dir.is_mount():  # else nobody may mount here, and the disk is everybody's
            found[f"{program.name}'s disk"] = {"full": partial(_full, program.data_dir)}
    for name, clock in lab.clocks.items():
        found[f"{name}'s clock"] = {"jump": partial(_jump, clock)}
    return found


def _program(program: Program) -> dict[str, Fault]:
    return {"kill": partial(_kill, program), "stop": partial(_stop, program)}


@contextmanager
def _kill(program: Program, _rng: random.Random) -> Iterator[None]:
    program.kill()
    yield
    program.launch()


@contextmanager
def _stop(program: Program, _rng: random.Random) -> Iterator[None]:
    with suppress(ProcessLookupError):  # it has ended by itself, as on a full disk
        program.signal_group(signal.SIGSTOP)
    yield
    with suppress(ProcessLookupError):
        program.signal_group(signal.SIGCONT)


@contextmanager
def _role(
    lab: Laboratory, role: str, number: signal.Signals, _rng: random.Random
) -> Iterator[None]:
    """The supervisor starts a dead one again; a stopped one goes on, unless it was replaced."""
    found = []
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(lab.hub.pid).children()
        found = [child for child in children if child.name() == f"custos-{role}"]
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    yield
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)


def _wire(wire: Proxy, up: str, down: str) -> dict[str, Fault]:
    channels = {Way.UP: up, Way.DOWN: down}
    packets = {str(act): partial(_packets, wire, channels, act) for act in Act}
    lasting: dict[str, Fault] = {
        "away": partial(_set, wire, "is_refusing", True),
        "half-open": partial(_set, wire, "is_swallowing", True),
        "slow": partial(_set, wire, "delay_s", 0.1),
    }
    return packets | lasting


@contextmanager
def _packets(
    wire: Proxy, channels: Mapping[Way, str], act: Act, rng: random.Random
) -> Iterator[None]:
    way = rng.choice(list(Way))
    # Until it is met: now there may be nobody to send anything.
    wire.arm(way, act, channels[way], rng.randint(1, 3))
    yield


@contextmanager
def _set(wire: Proxy, name: str, value: object, _rng: random.Random) -> Iterator[None]:
    before = getattr(wire, name)
    setattr(wire, name, value)
    if name == "is_refusing":
        wire.cut()
    yield
    setattr(wire, name, before)


@contextmanager
def _full(directory: Path, _rng: random.Random) -> Iterator[None]:
    fill_disk(directory)
    yield
    clear_disk(directory)


@contextmanager
def _jump(clock: SetClock, rng: random.Random) -> Iterator[None]:
    clock.jump(rng.uniform(-JUMP_S_MAX, JUMP_S_MAX))
    yield


@contextmanager
def _poison(lab: Laboratory, rng: random.Random) -> Iterator[None]:
    edges = [*(edge.edge for edge in lab.edges), "nobody"]
    chosen = rng.sample(list(unreadable()), POISONS)
    with suppress(OSError, RuntimeError, ValueError):  # the broker is away, or goes
        send_all(
            lab.broker.port,
            [(Topic("755A", rng.choice(edges), rng.choice(list(Channel))), p) for p in chosen],
        )
    yield


if __name__ == "__main__":
    # The turns of one seed again: ``python -m tests.faults.all_at_once SEED``.
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(run_seed(Path(directory), random.Random(int(sys.argv[1])))))
