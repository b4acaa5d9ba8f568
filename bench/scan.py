"""``make bench AREA=scan``: from bytes to tone, and what 100,000 scans leave behind.

Everything runs for real: pty, edge with commits on a disk file system, mosquitto, hub on SQLite.
The peer is the script that most people write first (bench/peers/naive_scanner.py), same run,
same disk. Aims: median under 5 ms, p99 under 25 ms; resident size after 100,000 scans at most
5 % above that after 20,000.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.figures import Spread, code_size, fdatasync_ms, file_system, resident_mib
from bench.probe import Probe
from tests.rig.house import is_connected
from tests.rig.programs import Broker, Edge, Hub, running, wait_until

SCANS = 2_000
PEER_SCANS = 500
MEMORY_FIRST, MEMORY_LAST = 20_000, 100_000
COLD_STARTS = 5
DISK_FREE_MIN = 2**30


def measure() -> dict[str, Any]:
    """Run all parts; returns the figures as JSON."""
    base = Path("build")
    base.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-scan-", dir=base)).resolve()
    try:
        figures: dict[str, Any] = {"disk": _disk(directory)}
        figures["peer_ms"] = _peer(directory)
        with _house(directory) as (hub, edge, probe):
            figures["scan_ms"] = _latency(probe)
            figures["where_us"] = _where_time_goes(hub)
            figures["memory"] = _memory(hub, edge, probe)
        figures["cold_start_s"] = _cold_starts(directory)
        figures["code"] = _code()
        return figures
    finally:
        shutil.rmtree(directory)


def _disk(directory: Path) -> dict[str, Any]:
    if shutil.disk_usage(directory).free < DISK_FREE_MIN:
        raise SystemExit("less than 1 GiB free: these figures would measure the full disk")
    kind, sync = file_system(directory), fdatasync_ms(directory)
    print(f"disk: {kind}\n  fdatasync of 4 KiB, ms      {sync}")
    return {"file_system": kind, "fdatasync_ms": asdict(sync)}


def _peer(directory: Path) -> dict[str, Any]:
    probe = Probe(directory / "peer-scanner")
    command = [sys.executable, "-m", "bench.peers.naive_scanner"]
    command += [str(directory / "peer-scanner"), str(directory / "peer.db")]
    peer = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert peer.stdout is not None
        peer.stdout.readline()
        spread = Spread.of([probe.scan_ms(f"{755600000000 + n}") for n in range(PEER_SCANS)])
    finally:
        peer.kill()
        peer.communicate()
        probe.close()
    print(f"naive script (pyserial + sqlite3 commit), ms\n  bytes in to tone out        {spread}")
    return asdict(spread)


@contextmanager
def _house(directory: Path) -> Iterator[tuple[Hub, Edge, Probe]]:
    probe = Probe(directory / "scanner")
    try:
        broker = Broker(directory)
        hub = Hub(directory, broker.url)
        hub.is_cold = True
        scanners = {"dock-1": (str(directory / "scanner"), "honeywell")}
        edge = Edge(directory, hub, broker.url, scanners)
        edge.is_cold = True
        with running(broker, hub, edge):
            wait_until(lambda: is_connected(hub, edge), "edge connected")
            yield hub, edge, probe
    finally:
        probe.close()


def _latency(probe: Probe) -> dict[str, Any]:
    for number in range(50):
        probe.scan_ms(f"{755700000000 + number}")
    taken = []
    for number in range(SCANS):
        taken.append(probe.scan_ms(f"{755710000000 + number}"))
        # A person pulls a trigger, at most a few times a second per device; a pause lets the
        # publisher's work fall between scans as well as under them.
        time.sleep(0.005)
    spread = Spread.of(taken)
    print(f"custos, commit inside, ms\n  bytes in to tone out        {spread}")
    return asdict(spread)


def _where_time_goes(hub: Hub) -> dict[str, Any]:
    wait_until(
        lambda: len(hub.events()) >= SCANS and hub.events()[-2]["feedback"],
        "scans at the hub",
        60,
    )
    items = [item for item in hub.events() if item["feedback"]]
    parts = {
        "decode": [float(item["timing_us"]["decode"]) for item in items],
        "verdict": [float(item["timing_us"]["verdict"]) for item in items],
        "commit": [float(item["feedback"]["commit_us"]) for item in items],
        "feedback": [float(item["feedback"]["feedback_us"]) for item in items],
    }
    spreads = {name: Spread.of(values) for name, values in parts.items()}
    print("where the time goes, us (the rest is pty and threads)")
    for name, spread in spreads.items():
        print(f"  {name:<26}  {spread}")
    return {name: asdict(spread) for name, spread in spreads.items()}


def _memory(hub: Hub, edge: Edge, probe: Probe) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    start, done = time.monotonic(), 0
    for upto in (MEMORY_FIRST, MEMORY_LAST):
        codes = (f"{755800000000 + n}" for n in range(done, upto))
        answered = probe.stream(codes)
        assert answered == upto - done, f"{answered} of {upto - done} scans answered"
        done = upto
        wait_until(lambda: _depth(hub, edge) == 0, f"{upto} scans receipted", 300, pause_s=1)
        figures[str(upto)] = {"edge": resident_mib(edge.pid), "hub": resident_mib(hub.pid)}
    figures["scans_per_s"] = done / (time.monotonic() - start)
    print("resident size, MiB")
    for name in ("edge", "hub"):
        first, last = figures[str(MEMORY_FIRST)][name], figures[str(MEMORY_LAST)][name]
        figures[f"{name}_growth_percent"] = (last / first - 1) * 100
        print(
            f"  {name:<5} after 20,000: {first:6.1f}   after 100,000: {last:6.1f}"
            f"   growth {(last / first - 1) * 100:+.1f} %   (aim <= 5 %)"
        )
    print(f"  scans/s through one scanner, to the receipt: {figures['scans_per_s']:.0f}")
    return figures


def _depth(hub: Hub, edge: Edge) -> int:
    return next(int(e["depth"]) for e in hub.get("edges")["items"] if e["edge"] == edge.edge)


def _cold_starts(directory: Path) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"hub": [], "edge": []}
    for round_ in range(COLD_STARTS):
        place = directory / f"cold-{round_}"
        place.mkdir()
        broker = Broker(place)
        hub = Hub(place, broker.url)
        edge = Edge(place, hub, broker.url, {"dock-1": (str(place / "none"), "honeywell")})
        hub.is_cold = edge.is_cold = True
        with running(broker):
            for name, program in (("hub", hub), ("edge", edge)):
                start = time.monotonic()
                program.start()
                taken[name].append(time.monotonic() - start)
            edge.kill()
            hub.kill()
    print("cold start to ready, s")
    for name, values in taken.items():
        print(f"  {name:<26}  {Spread.of(values)}")
    return {name: asdict(Spread.of(values)) for name, values in taken.items()}


def _code() -> dict[str, object]:
    size = code_size()
    print("the code")
    for name, value in size.items():
        print(f"  {name:<26}  {value}")
    return size
