"""One process a role, watched: a dead one comes back, and none outlives the supervisor.

Source: design section 5.

    StartError      the hub cannot start; one sentence, exit 2
"""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import structlog

from hub.broker import EmbeddedBroker
from hub.clock import Clock, ClockSetting
from hub.config import MqttScheme, Settings
from hub.heartbeat import Role
from hub.network import Network
from hub.role_process import RoleOrder
from wire.messages import encode
from wire.policy import Policy

POLL_S = 0.1
BACKOFF_S = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
"""How long a role that died waits before it starts again; the last one repeats."""
HEALTHY_AFTER_S = 60.0
"""A role that lived so long begins the backoff anew."""
STOP_TIMEOUT_S = 10.0
REQUESTS_WAITING_MAX = 256
BROKER_RETRY_S = 2.0

_log = structlog.get_logger()


class StartError(Exception):
    """The hub cannot start; the sentence says why."""


@dataclass
class _Child:
    """One role's process and its history."""

    role: Role
    process: subprocess.Popen[bytes] | None = None
    started_ns: int = 0
    start_due_ns: int = 0
    deaths_in_a_row: int = 0
    died_of: str | None = None


class Supervisor:
    """Starts broker and roles, keeps them alive, stops them in order."""

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        network: Network,
        roles: Sequence[Role],
        clock: Clock,
        clock_setting: ClockSetting | None,
        on_broker_restart: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._policy = policy
        self._network = network
        self._clock = clock
        self._clock_setting = clock_setting
        self._children = [_Child(role) for role in roles]
        self._stop = threading.Event()
        self._on_broker_restart = on_broker_restart
        self._broker: EmbeddedBroker | None = None
        self._broker_due_ns = 0
        self._listener: socket.socket | None = None

    @property
    def http_port(self) -> int | None:
        """The port that the web role listens on, once it is open."""
        return None if self._listener is None else int(self._listener.getsockname()[1])

    def open(self) -> None:
        """Take the ports: what cannot start is known before anything runs.

        Raises:
            StartError: a port is taken, or the broker does not start.
        """
        if any(child.role is Role.WEB for child in self._children):
            self._listener = _listen(*self._settings.http_address)
        if self._wants_broker():
            config_path = Path(self._settings.data_dir) / "broker.toml"
            self._broker = EmbeddedBroker(config_path, *self._settings.mqtt_address)
            try:
                self._broker.start(self._clock.mono_ns())
            except (OSError, RuntimeError) as error:
                self.close()
                raise StartError(f"mqtt: the embedded broker cannot start: {error}") from error

    def run(self, on_turn: Callable[[], None]) -> None:
        """Watch until SIGTERM or SIGINT; ``on_turn`` is called ten times a second."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._watch(child)
                self._watch_broker()
                on_turn()
                self._stop.wait(POLL_S)
        finally:
            self.close()

    def close(self) -> None:
        """Stop every process: roles first, then the broker, so that no answer is cut off."""
        running = [c.process for c in self._children if c.process is not None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _close_stdin(process)
        for child in self._children:
            child.process = None
        if self._broker is not None:
            self._broker.stop()
            self._broker = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    # ------------------------------------------------------------ roles

    def _watch(self, child: _Child) -> None:
        now_ns = self._clock.mono_ns()
        if child.process is None:
            if now_ns >= child.start_due_ns:
                self._try_start(child, now_ns)
            return
        code = child.process.poll()
        if code is not None:
            self._bury(child, now_ns, describe_exit(code))

    def _try_start(self, child: _Child, now_ns: int) -> None:
        try:
            self._start(child, now_ns)
        except BrokenPipeError:
            return  # It died before it read its order: the next turn sees that.
        except OSError as error:
            # No process, no memory, no descriptor left: the other roles go on.
            self._bury(child, now_ns, f"cannot be started: {error.strerror}")

    def _bury(self, child: _Child, now_ns: int, why: str) -> None:
        lived_s = (now_ns - child.started_ns) / 1e9
        child.deaths_in_a_row = 1 if lived_s > HEALTHY_AFTER_S else child.deaths_in_a_row + 1
        wait_s = backoff_s(child.deaths_in_a_row)
        child.start_due_ns = now_ns + int(wait_s * 1e9)
        child.died_of = why
        if child.process is not None:
            _close_stdin(child.process)
        child.process = None
        _log.error("role died", name=child.role, why=child.died_of, again_in_s=wait_s)

    def _start(self, child: _Child, now_ns: int) -> None:
        child.started_ns = now_ns
        listen_fd = None
        if child.role is Role.WEB and self._listener is not None:
            listen_fd = self._listener.fileno()
        clock = self._clock_setting
        order = RoleOrder(
            role=child.role,
            settings=self._settings.to_json(),
            policy=self._policy,
            network=self._network,
            listen_fd=listen_fd,
            died_of=child.died_of,
            clock_start_at=None if clock is None else clock.start_at,
            clock_rate=1.0 if clock is None else clock.rate,
            clock_anchor_ns=0 if clock is None else clock.anchor_ns,
        )
        child.process = subprocess.Popen(
            [sys.executable, "-m", "hub.app"],
            stdin=subprocess.PIPE,
            pass_fds=() if listen_fd is None else (listen_fd,),
        )
        if child.process.stdin is not None:
            child.process.stdin.write(encode(order) + b"\n")
            child.process.stdin.flush()

    # ------------------------------------------------------------ broker

    def _wants_broker(self) -> bool:
        has_ingest = any(child.role is Role.INGEST for child in self._children)
        return has_ingest and self._settings.mqtt_scheme is MqttScheme.EMBEDDED

    def _watch_broker(self) -> None:
        now_ns = self._clock.mono_ns()
        if self._broker is None or now_ns < self._broker_due_ns:
            return
        why = self._broker.failure(now_ns)
        if why is None:
            return
        self._broker_due_ns = now_ns + int(BROKER_RETRY_S * 1e9)
        _log.error("broker died, starting it again", why=why)
        try:
            self._broker.start(now_ns)
        except (OSError, RuntimeError):
            _log.exception("broker does not start")
            return
        self._on_broker_restart(why)


def backoff_s(deaths_in_a_row: int) -> float:
    """How long to wait after the n-th death in a row, n from 1."""
    return BACKOFF_S[min(deaths_in_a_row, len(BACKOFF_S)) - 1]


def describe_exit(code: int) -> str:
    """A process's end in words."""
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}"


def _close_stdin(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        # An order that it never read is flushed again here.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(f"http: cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(REQUESTS_WAITING_MAX)
    except OSError as error:
        listener.close()
        raise StartError(f"http: cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
