"""One process a role, watched: a dead or hung one comes back, none outlives the supervisor.

A role is a copy of this process, so this one has one thread, and no database open while it starts
one. Source: design section 5, ADR 0020.

    StartError      the hub cannot start; one sentence, exit 2
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkContext, ForkProcess
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import structlog

from hub.broker import EmbeddedBroker
from hub.clock import Clock
from hub.config import MqttScheme, Settings
from hub.failpoints import NO_FAIL_POINTS, FailPoints
from hub.heartbeat import Role
from hub.life_signs import LifeSigns
from hub.network import Network
from hub.telemetry import release_metrics
from wire.policy import Policy

POLL_S = 0.1
BACKOFF_S = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
"""How long a role that died waits before it starts again; the last one repeats."""
HEALTHY_AFTER_S = 60.0
"""A role that lived so long begins the backoff anew."""
STOP_TIMEOUT_S = 10.0
HUNG_TURNS = 600
"""A role that gives no sign of life for so many turns, a minute, is killed and started again. Turns
and not seconds: what stops the whole machine for a while stops these too."""
REQUESTS_WAITING_MAX = 256
UNREAD_MS_MAX = 30_000
"""Who takes nothing of what is sent for so long is hung up on by the kernel: else what waits for it
would stay for ever."""
BROKER_RETRY_S = 2.0
_HUNG = "gave no sign of life for a minute"
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_fork = ForkContext()
_log = structlog.get_logger()


class StartError(Exception):
    """The hub cannot start; the sentence says why."""


class Life(NamedTuple):
    """A pipe that nobody writes to: its reader hears when the last who could is gone."""

    reader: int
    writer: int


@dataclass(frozen=True)
class RoleOrder:
    """What a role is to be; ``died_of`` says why it had to be started again."""

    role: Role
    settings: Settings
    policy: Policy
    own_policy_keys: frozenset[str]
    network: Network
    clock: Clock
    life: Life
    listen_fd: int | None
    died_of: str | None
    fail_points: FailPoints
    sign_of_life: Callable[[], None]


@dataclass
class _Child:
    """One role's process and its history."""

    role: Role
    process: ForkProcess | None = None
    started_ns: int = 0
    start_due_ns: int = 0
    deaths_in_a_row: int = 0
    died_of: str | None = None
    signs: int = 0
    silent_turns: int = 0
    is_hung: bool = False


class Supervisor:
    """Starts broker and roles, keeps them alive, stops them in order."""

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        own_policy_keys: frozenset[str],
        network: Network,
        roles: Sequence[Role],
        clock: Clock,
        on_broker_restart: Callable[[str], None],
        fail_points: FailPoints = NO_FAIL_POINTS,
    ) -> None:
        """``fail_points`` are armed in each role's first life only."""
        self._settings = settings
        self._policy = policy
        self._own_policy_keys = own_policy_keys
        self._network = network
        self._clock = clock
        self._children = [_Child(role) for role in roles]
        self._signs = LifeSigns(roles)
        self._stop = threading.Event()
        self._on_broker_restart = on_broker_restart
        self._fail_points = fail_points
        self._broker: EmbeddedBroker | None = None
        self._broker_due_ns = 0
        self._listener: socket.socket | None = None
        self._life: Life | None = None

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

    def run(self, run_role: Callable[[RoleOrder], None], on_turn: Callable[[], None]) -> None:
        """Watch until SIGTERM or SIGINT.

        Args:
            run_role: what a role's process does.
            on_turn: called ten times a second; leaves no database open.
        """
        for number in _STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        self._life = Life(*os.pipe())
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._watch(child, run_role)
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
            process.join(STOP_TIMEOUT_S)
            if process.exitcode is None:
                process.kill()
                process.join()
            process.close()
        for child in self._children:
            child.process = None
        if self._broker is not None:
            self._broker.stop()
            self._broker = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._life is not None:
            os.close(self._life.reader)
            os.close(self._life.writer)
            self._life = None

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    # ------------------------------------------------------------ roles

    def _watch(self, child: _Child, run_role: Callable[[RoleOrder], None]) -> None:
        now_ns = self._clock.mono_ns()
        if child.process is None:
            if now_ns >= child.start_due_ns:
                self._start(child, now_ns, run_role)
            return
        code = child.process.exitcode
        if code is not None:
            self._bury(child, now_ns, _HUNG if child.is_hung else describe_exit(code))
        elif self._hangs(child):
            child.is_hung = True
            # Nothing less ends a process that is stopped.
            child.process.kill()

    def _hangs(self, child: _Child) -> bool:
        signs = self._signs.given(child.role)
        child.silent_turns = child.silent_turns + 1 if signs == child.signs else 0
        child.signs = signs
        return child.silent_turns > HUNG_TURNS

    def _bury(self, child: _Child, now_ns: int, why: str) -> None:
        lived_s = (now_ns - child.started_ns) / 1e9
        child.deaths_in_a_row = 1 if lived_s > HEALTHY_AFTER_S else child.deaths_in_a_row + 1
        wait_s = backoff_s(child.deaths_in_a_row)
        child.start_due_ns = now_ns + int(wait_s * 1e9)
        child.died_of = why
        if child.process is not None:
            release_metrics(child.process.pid or 0)
            child.process.close()
        child.process = None
        _log.error("role died", name=child.role, why=child.died_of, again_in_s=wait_s)

    def _start(self, child: _Child, now_ns: int, run_role: Callable[[RoleOrder], None]) -> None:
        child.started_ns = now_ns
        child.silent_turns, child.is_hung = 0, False
        process = _fork.Process(target=run_role, args=(self._order(child),), name=child.role)
        try:
            with _signals_held():
                process.start()
        except OSError as error:
            # No process, no memory, no descriptor left: the other roles go on.
            self._bury(child, now_ns, f"cannot be started: {error.strerror}")
        else:
            child.process = process

    def _order(self, child: _Child) -> RoleOrder:
        if self._life is None:
            raise RuntimeError("a role is started by a running supervisor only")
        listener = self._listener if child.role is Role.WEB else None
        return RoleOrder(
            role=child.role,
            settings=self._settings,
            policy=self._policy,
            own_policy_keys=self._own_policy_keys,
            network=self._network,
            clock=self._clock,
            life=self._life,
            listen_fd=None if listener is None else listener.fileno(),
            died_of=child.died_of,
            fail_points=self._fail_points if child.died_of is None else NO_FAIL_POINTS,
            sign_of_life=partial(self._signs.give, child.role),
        )

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


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let no stop signal come to a copy that still has our handlers; it lets them in itself."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(f"http: cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS_MAX)
        listener.bind(address)
        listener.listen(REQUESTS_WAITING_MAX)
    except OSError as error:
        listener.close()
        raise StartError(f"http: cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
