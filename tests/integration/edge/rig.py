"""What the edge stands between, real enough: a scanner's pty, a broker, a hub that keeps lines."""

import contextlib
import json
import os
import select
import signal
import subprocess
import tty
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.integration.edge.fake_hub import EDGE, PATIENCE_S, SITE, TOKEN, FakeHub
from tests.rig import warm
from tests.rig.personal import check_log
from tests.rig.programs import free_port, is_listening, wait_until
from tests.rig.warm import WarmProcess


class Broker:
    """Debian's mosquitto on a loopback port."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._config = directory / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "max_packet_size 400000\nretain_available false\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self._config)], stderr=subprocess.DEVNULL
        )
        wait_until(lambda: is_listening(self.port), "the broker listens")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None


class Scanner:
    """The far end of a honeywell scanner's cable."""

    def __init__(self, directory: Path) -> None:
        self.link = directory / "scanner"
        self._master, slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(slave)
        self.link.symlink_to(os.ttyname(slave))
        self._slave = slave  # held, so that the cable is there before and after the edge

    def scan(self, code: str, aim: str = "]C0", timeout_s: float = 5.0) -> bytes:
        """Pull the trigger; the answer, empty if none came."""
        os.write(self._master, f"{aim}{code}\r".encode())
        ready, _, _ = select.select([self._master], [], [], timeout_s)
        return os.read(self._master, 100) if ready else b""

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)


class EdgeProgram:
    """``custos-edge`` as it runs at a site."""

    def __init__(
        self, directory: Path, hub: FakeHub, broker: Broker, scanner: Scanner, more_config: str
    ) -> None:
        self.data_dir = directory / "edge"
        self.config = directory / "edge.toml"
        self.log = directory / "edge.log"
        self.env = dict(os.environ)
        self.port = free_port()
        self.config.write_text(
            f'site = "{SITE}"\nedge = "{EDGE}"\ndata_dir = "{self.data_dir}"\n'
            f'[hub]\nmqtt = "mqtt://127.0.0.1:{broker.port}"\n'
            f'http = "http://127.0.0.1:{hub.http_port}"\ntoken = "{TOKEN}"\n'
            f'[[scanner]]\nid = "dock-1"\nurl = "{scanner.link}"\nprotocol = "honeywell"\n'
            f'[station]\nlisten = "127.0.0.1:{self.port}"\n{more_config}'
        )
        self._process: WarmProcess | None = None

    def start(self) -> None:
        """Start it and wait until it records what its scanner sends."""
        self.launch()
        wait_until(self.is_ready, "the edge is ready")
        wait_until(self._has_scanner, "the scanner's port is open")

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start it; an armed fail-point may kill it at any time from now on."""
        with self.log.open("a") as log:
            command = ["--config", str(self.config)]
            self._process = warm.launch("edge", command, env=self.env, stderr=log.fileno())
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == f"Station page: http://127.0.0.1:{self.port}/\n", self.log.read_text()

    def is_ready(self) -> bool:
        return self.get("readyz") == "ready"

    def _has_scanner(self) -> bool:
        return bool(self.page()["devices"][0]["connected"])

    def get(self, path: str) -> str:
        url = f"http://127.0.0.1:{self.port}/{path}"
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as answer:
            return str(answer.read().decode())
        return ""

    def page(self) -> dict[str, Any]:
        with connect(f"ws://127.0.0.1:{self.port}/ws", proxy=None) as page:
            state: dict[str, Any] = json.loads(page.recv(timeout=PATIENCE_S))
            return state

    def kill(self) -> None:
        self._end(signal.SIGKILL, -signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM, 0)

    def _end(self, number: int, expected: int) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE_S)
        self.wait()
        assert code == expected, self.log.read_text()

    def wait(self) -> int:
        """Wait for the program to end by itself."""
        assert self._process is not None
        code = self._process.wait(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        check_log(self.log)
        return code


class House:
    """Everything around one edge."""

    def __init__(self, directory: Path, more_config: str) -> None:
        self.broker = Broker(directory)
        self.hub = FakeHub(self.broker.port)
        self.scanner = Scanner(directory)
        self.edge = EdgeProgram(directory, self.hub, self.broker, self.scanner, more_config)


@contextlib.contextmanager
def open_house(directory: Path, more_config: str = "") -> Iterator[House]:
    house = House(directory, more_config)
    try:
        yield house
        assert house.hub.wrong == []
    finally:
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            house.edge.stop()
        house.hub.close()
        house.broker.kill()
        house.scanner.close()
