"""``make bench-peers``: the hub beside what a user would pick instead, in one run.

The same signed batches over the same kind of broker: Custos (signatures, chain, exactly once, all
rooms, alerts, receipts), Node-RED with WAL and many rows a statement (the best of three runs), and
the loop most people write first. The peers check nothing and answer nothing. Aims: 12 times
Node-RED in batches of 50, six times one by one.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.batches import make_batches
from bench.feeder import Order
from bench.hub_under_load import EDGES, feed, loaded_hub
from tests.rig.programs import Broker, free_port, http_status, running, wait_until

EVENTS = {50: 300_000, 1: 40_000}
ROUNDS = 3
HERE = Path(__file__).parent / "peers" / "nodered"
INSTALL_S_MAX = 600
STALLED_S = 20.0
"""No row more for so long: what has not come by then never does."""


def measure() -> dict[str, Any]:
    """Run it; returns the figures as JSON."""
    build = Path("build").resolve()
    build.mkdir(exist_ok=True)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="bench-peers-", dir=build) as name:
        folder = Path(name)
        modules = _install(build / "nodered")
        for size, events in EVENTS.items():
            files = make_batches(folder, events, EDGES, size)
            figures[f"batches of {size}"] = _compare(folder, files, size, events, modules)
    return figures


def _compare(
    folder: Path, files: list[Path], size: int, events: int, modules: Path | None
) -> dict[str, Any]:
    names, batches = [str(each) for each in files], events // size
    with loaded_hub(folder / f"hub-{size}") as loaded:
        told = loaded.feed(files=names, batches=batches)
    found: dict[str, Any] = {"custos": told.events / told.seconds}
    naive = [_naive(folder, names, batches, size)]
    found["naive loop"] = max(naive)
    if modules is None:
        found["node-red"] = None
    else:
        runs = [_nodered(folder, names, batches, size, modules) for _ in range(ROUNDS)]
        found["node-red"], found["node-red, each run"] = max(runs), runs
    print(f"batches of {size}, events/s")
    for peer in ("custos", "node-red", "naive loop"):
        rate = found[peer]
        times = "" if rate is None else f"   custos is {found['custos'] / rate:.2f} times that"
        print(f"  {peer:<11} {'not installed' if rate is None else f'{rate:10,.0f}'}{times}")
    return found


def _install(folder: Path) -> Path | None:
    """Node-RED with its SQLite driver, once; None where it cannot be had."""
    if shutil.which("npm") is None:
        print("no npm here: Node-RED is not measured")
        return None
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "settings.js"):
        shutil.copy(HERE / name, folder / name)
    if not (folder / "node_modules" / "node-red").exists():
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=INSTALL_S_MAX, check=False
        )
        if done.returncode:
            print(f"Node-RED cannot be installed: {done.stderr.decode()[-300:]}")
            return None
    return folder


def _nodered(folder: Path, files: list[str], batches: int, size: int, modules: Path) -> float:
    path = Path(tempfile.mkdtemp(dir=folder))
    broker, port = _broker(path), free_port()
    (path / "flow.json").write_text(json.dumps(_flow(broker.port, path / "peer.db")))
    environment = {**os.environ, "PORT": str(port), "FLOW": str(path / "flow.json")}
    program = modules / "node_modules" / "node-red" / "red.js"
    command = ["node", str(program), "--userDir", str(modules), "-s", str(modules / "settings.js")]
    with running(broker), _peer(command, path / "nodered.log", environment):
        wait_until(lambda: http_status(f"http://127.0.0.1:{port}/") == 200, "Node-RED", 60)
        wait_until(lambda: _count(path / "peer.db") == 0, "Node-RED's table", 30)
        time.sleep(1.0)
        return _rate(folder, path, broker, files, batches, size)


def _naive(folder: Path, files: list[str], batches: int, size: int) -> float:
    path = Path(tempfile.mkdtemp(dir=folder))
    broker = _broker(path)
    command = [sys.executable, "-m", "bench.peers.naive_hub", str(broker.port)]
    with running(broker), _peer([*command, str(path / "peer.db")], path / "naive.log", None):
        wait_until(lambda: "ready" in (path / "naive.log").read_text(), "the naive loop", 30)
        return _rate(folder, path, broker, files, batches, size)


def _rate(
    folder: Path, path: Path, broker: Broker, files: list[str], batches: int, size: int
) -> float:
    """Events/s from the first publish until every row is there; fewer rows are what they are."""
    began_s, wanted = time.time(), batches * size
    order = Order(port=broker.port, files=files, edges=EDGES, batches=batches, with_receipts=False)
    feed(folder, order)
    rows, grown_s = 0, time.time()
    while rows < wanted and time.time() - grown_s < STALLED_S:
        found = _count(path / "peer.db") or 0
        if found > rows:
            rows, grown_s = found, time.time()
        time.sleep(0.05)
    if rows < wanted:
        print(f"  a peer kept {rows:,} of {wanted:,} events")
    return rows / (grown_s - began_s)


def _count(path: Path) -> int | None:
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
            (found,) = store.execute("SELECT count(*) FROM event").fetchone()
            return int(found)
    except sqlite3.OperationalError:
        return None


def _broker(path: Path) -> Broker:
    broker = Broker(path)
    # A peer has no receipts: what the broker drops would be lost, so let it drop nothing.
    with (path / "mosquitto.conf").open("a") as file:
        file.write("max_queued_messages 0\nmax_inflight_messages 0\n")
    return broker


@contextmanager
def _peer(command: list[str], log: Path, environment: dict[str, str] | None) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _flow(port: int, database: Path) -> list[dict[str, object]]:
    """One flow: MQTT in, one function, alerts out; as JSON."""
    begin = (
        f'const db = new sqlite3.Database("{database}");\n'
        'context.set("db", db); context.set("rows", []); context.set("busy", false);\n'
        'db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE event ('
        "id INTEGER PRIMARY KEY, edge TEXT, spool TEXT, seq INTEGER, at TEXT, kind TEXT,"
        ' waybill TEXT, result TEXT, line TEXT)");'
    )
    broker = {"id": "broker", "type": "mqtt-broker", "broker": "127.0.0.1", "port": str(port)}
    return [
        {"id": "tab", "type": "tab", "label": "custos bench"},
        broker | {"protocolVersion": "5", "clientid": "nodered", "cleansession": True},
        {
            "id": "in",
            "type": "mqtt in",
            "z": "tab",
            "topic": "custos/v1/+/+/events",
            "qos": "1",
            "datatype": "buffer",
            "broker": "broker",
            "inputs": 0,
            "wires": [["store"]],
        },
        {
            "id": "store",
            "type": "function",
            "z": "tab",
            "func": (HERE / "store.js").read_text(),
            "initialize": begin,
            "outputs": 1,
            "libs": [{"var": "sqlite3", "module": "sqlite3"}],
            "wires": [["out"]],
        },
        {"id": "out", "type": "mqtt out", "z": "tab", "qos": "1", "broker": "broker", "wires": []},
    ]
