"""The real programs, started and killed as an operator would: broker, hub, edge.

Each program is its own process group, so that killing it kills what it started. Everything
listens on free loopback ports and keeps its files below the test's own directory.
"""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets import Origin
from websockets.sync.client import connect

from tests.rig import warm
from tests.rig.personal import check_log
from tests.rig.warm import WarmProcess

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 45.0
STOP_TIMEOUT_S = 15.0
FIRST_PORT = 12_000
PORTS_PER_PROCESS = 2_000
_OWN_PORTS = PORTS_PER_PROCESS * int(
    os.environ.get("PYTEST_XDIST_WORKER", "gw9").removeprefix("gw")
)
_ports = itertools.count()


def free_port() -> int:
    """A loopback port that nobody has, and that nobody is given for a connection of theirs.

    It lies below the range from which the kernel takes ports, so it stays free until a program that
    a test starts listens there; test processes that run beside each other have ranges of their own.
    """
    for _ in range(PORTS_PER_PROCESS):
        port = FIRST_PORT + _OWN_PORTS + next(_ports) % PORTS_PER_PROCESS
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port")


def wait_until(
    condition: Callable[[], Any], what: str, timeout_s: float = 20.0, pause_s: float = 0.02
) -> Any:
    """Poll until ``condition`` gives something true; what it gave, or a failure that says what."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(pause_s)
    raise AssertionError(f"not within {timeout_s:g} s: {what}")


def is_listening(port: int) -> bool:
    """Say whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def http_status(url: str) -> int:
    """The status that a GET answers with; 0 while nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def metrics_of(url: str) -> str:
    """A program's metrics, as text."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


@dataclass
class Program:
    """One child process with its log file."""

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | WarmProcess | None = None

    def start(self) -> None:
        """Start the program; the programs below also wait until it is ready."""
        self.launch()

    def launch(self) -> None:
        """Start the program and do not wait for anything."""
        assert self.process is None, f"{self.name} already runs"
        with self.log.open("ab") as log:
            self.process = self.spawn(log.fileno(), {**os.environ, **self.env})

    def spawn(self, log: int, env: dict[str, str]) -> subprocess.Popen[bytes] | WarmProcess:
        return subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def signal_group(self, number: int) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """SIGKILL for the program and all it started."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.signal_group(signal.SIGKILL)
        self.process.wait(STOP_TIMEOUT_S)
        self.process = None

    def stop(self) -> int:
        """SIGTERM and wait; the exit status. A program that does not stop fails the test."""
        assert self.process is not None
        self.process.terminate()
        try:
            status = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop\n{self.tail()}") from None
        self.process = None
        return status

    def tail(self, characters: int = 4000) -> str:
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    def wait_ready(self, ready: Callable[[], bool], timeout_s: float = START_TIMEOUT_S) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            assert self.process is not None
            status = self.process.poll()
            if status is not None:
                raise AssertionError(f"{self.name} ended with {status}\n{self.tail()}")
            if ready():
                return
            time.sleep(0.02)
        raise AssertionError(f"{self.name} is not ready after {timeout_s:g} s\n{self.tail()}")


class Broker(Program):
    """Debian's mosquitto on a free port, without persistence: a pipe that may lose everything."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        conf = directory / "mosquitto.conf"
        self._conf = conf
        self._write("persistence false\n")
        super().__init__("broker", ["mosquitto", "-c", str(conf)], directory / "broker.log")
        path = f"/usr/sbin:/usr/local/sbin:{os.environ.get('PATH', '')}"
        self.env = {"PATH": path}
        self.command[0] = _which("mosquitto", path)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def keep_in(self, folder: Path) -> None:
        """From the next start on it writes every change of what it holds to a file."""
        self._write(
            f"persistence true\npersistence_location {folder}/\nautosave_on_changes true\n"
            "autosave_interval 1\n"
        )

    def _write(self, persistence: str) -> None:
        self._conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{persistence}"
            "set_tcp_nodelay true\nretain_available false\nuser root\n"
        )

    def start(self) -> None:
        super().start()
        self.wait_ready(lambda: is_listening(self.port))


class CustosProgram(Program):
    """One of our own: its command is ``edge`` or ``hub`` with arguments."""

    is_cold = False
    """Start it as an operator does: what is measured of it is then what an operator sees."""

    def spawn(self, log: int, env: dict[str, str]) -> subprocess.Popen[bytes] | WarmProcess:
        program, *arguments = self.command
        if not self.is_cold:
            return warm.launch(program, arguments, env=env, stdout=log, stderr=log)
        return subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=env,
            start_new_session=True,
        )


class Hub(CustosProgram):
    """``custos-hub`` with all its roles on SQLite.

    ``policy`` and ``network`` are the texts of those files; ``mail_port`` a server without TLS.
    """

    def __init__(
        self,
        directory: Path,
        mqtt: str,
        policy: str = "",
        edges: str = "first-use",
        network: str = "",
        mail_port: int | None = None,
    ):
        self.data_dir = directory / "hub"
        self.port = free_port()
        config = directory / "hub.toml"
        lines = [
            f'data_dir = "{self.data_dir}"',
            f'mqtt = "{mqtt}"',
            f'http = "127.0.0.1:{self.port}"',
        ]
        if policy:
            (directory / "policy.toml").write_text(policy)
            lines.append(f'policy = "{directory / "policy.toml"}"')
        if network:
            (directory / "network.toml").write_text(network, encoding="utf-8")
            lines.append(f'network = "{directory / "network.toml"}"')
        lines += ["[edges]", f'enrolment = "{edges}"']
        if mail_port is not None:
            lines += ["[smtp]", 'host = "127.0.0.1"', f"port = {mail_port}", 'security = "none"']
            lines.append('sender = "custos@carrier.example"')
        config.write_text("\n".join([*lines, ""]))
        self.config = config
        super().__init__("hub", ["hub", "--config", str(config)], directory / "hub.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        super().start()
        self.wait_ready(lambda: http_status(f"{self.url}/readyz") == 200)

    @property
    def token(self) -> str:
        return (self.data_dir / "admin.token").read_text().strip()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One REST call as the administrator: status and decoded JSON."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw) if raw else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def get(self, path: str) -> Any:
        status, body = self.call("GET", path)
        assert status == 200, (status, body)
        return body

    def events(self, query: str = "kind=scan") -> list[dict[str, Any]]:
        """All events of a query, page after page."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"events?{query}&limit=1000{cursor}")
            items += page["items"]
            if not page["next"]:
                return items
            cursor = f"&cursor={page['next']}"


class Edge(CustosProgram):
    """``custos-edge`` with scanners at the given URLs: {id: (url, protocol)}."""

    def __init__(
        self,
        directory: Path,
        hub: Hub,
        mqtt: str,
        scanners: dict[str, tuple[str, str]],
        name: str = "dock",
        site: str = "755A",
        token: str = "",
    ):
        self.site, self.edge = site, name
        self.data_dir = directory / f"edge-{name}"
        self.port = free_port()
        self.config = directory / f"edge-{name}.toml"
        lines = [f'site = "{site}"', f'edge = "{name}"', f'data_dir = "{self.data_dir}"']
        lines += ["[hub]", f'mqtt = "{mqtt}"', f'http = "{hub.url}"']
        lines += [f'token = "{token}"'] if token else []
        for device, (url, protocol) in scanners.items():
            lines += ["[[scanner]]", f'id = "{device}"', f'url = "{url}"']
            lines += [f'protocol = "{protocol}"']
        lines += ["[station]", f'listen = "127.0.0.1:{self.port}"', ""]
        self.config.write_text("\n".join(lines))
        command = ["edge", "--config", str(self.config)]
        super().__init__(f"edge {name}", command, directory / f"edge-{name}.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def depth(self) -> int:
        """Lines without a receipt, as the edge's own metrics count them now."""
        lines = self.metrics().splitlines()
        found = [line for line in lines if line.startswith("custos_edge_spool_depth ")]
        return int(float(found[0].split()[1]))

    def metrics(self) -> str:
        """Its metrics as text."""
        return metrics_of(self.url)

    def page(self) -> dict[str, Any]:
        """What the station page shows now, as its WebSocket sends it."""
        with connect(f"ws://127.0.0.1:{self.port}/ws", origin=Origin(self.url)) as page:
            state: dict[str, Any] = json.loads(page.recv(timeout=5))
            return state

    def wait_scanners(self) -> None:
        """Until it hears every scanner: what comes while a port is being opened may be dropped."""
        wait_until(
            lambda: all(device["connected"] for device in self.page()["devices"]),
            f"{self.name} hears its scanners",
        )

    def start(self) -> None:
        super().start()
        self.wait_ready(lambda: http_status(f"{self.url}/readyz") == 200)


def _which(program: str, path: str) -> str:
    found = shutil.which(program, path=path)
    assert found, f"{program} is not installed: run make test, which installs it"
    return found


@contextmanager
def running(*programs: Program) -> Iterator[None]:
    """Start programs in order; whatever happens, none outlives the block.

    What they logged is searched for personal data (CS-P1).
    """
    try:
        for program in programs:
            program.start()
        yield
    finally:
        for program in reversed(programs):
            program.kill()
    for program in programs:
        check_log(program.log)
