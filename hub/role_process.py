"""A role as a process of its own, started by the supervisor only.

Its order comes as one JSON line on stdin, which then stays open: when it ends, the supervisor is
gone, however it died, and the role ends at once. Source: design section 5.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
import structlog
from prometheus_client import Counter

from hub import heartbeat
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.clock import ClockSetting, SystemClock
from hub.config import Settings
from hub.db.engine import INGEST_CHECKPOINT_PAGES, open_database, parse_url
from hub.heartbeat import Role
from hub.keys import load_keys
from hub.network import Network
from hub.roles import RoleContext
from hub.telemetry import start_logging
from wire.policy import Policy

ORPHANED_EXIT_CODE = 70
_STDIN = 0

_log = structlog.get_logger()
_restarts = Counter("custos_hub_role_restarts", "Roles that died and were started again", ["role"])


class RoleOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor tells a role; ``died_of`` says why it had to be started again."""

    role: Role
    settings: str
    policy: Policy
    network: Network
    listen_fd: int | None = None
    died_of: str | None = None
    clock_start_at: datetime | None = None
    clock_rate: float = 1.0
    clock_anchor_ns: int = 0


def run_as_process(runners: Mapping[Role, Callable[[RoleContext], None]]) -> None:
    """Read the order and work until SIGTERM, or until the supervisor is gone."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=RoleOrder)
    start_logging(order.role)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    # Ctrl-C reaches the whole terminal; the supervisor stops its roles in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    context = _make_context(order, stop)
    _announce(context, order.died_of)
    try:
        runners[context.role](context)
    finally:
        context.database.close()


def _make_context(order: RoleOrder, stop: threading.Event) -> RoleContext:
    settings = Settings.from_json(order.settings)
    setting = None
    if order.clock_start_at is not None:
        setting = ClockSetting(order.clock_start_at, order.clock_rate, order.clock_anchor_ns)
    clock = SystemClock(setting)
    pages = INGEST_CHECKPOINT_PAGES if order.role is Role.INGEST else 0
    return RoleContext(
        role=order.role,
        settings=settings,
        policy=order.policy,
        network=order.network,
        clock=clock,
        database=open_database(parse_url(settings.database, settings.data_dir), pages),
        keys=load_keys(settings.data_dir, clock.random_bytes),
        stop=stop,
        listen_fd=order.listen_fd,
    )


def _announce(context: RoleContext, died_of: str | None) -> None:
    now = context.clock.now()
    with context.database.writing() as tx:
        heartbeat.begin(tx, context.role, now)
        if died_of is not None:
            _restarts.labels(context.role).inc()
            words = {"why": died_of}
            finding = Finding(AlertKind.ROLE_RESTARTED, context.role, now, words=words)
            raise_alert(tx, finding, now)
    _log.info("role started", pid=os.getpid())


def _end_with_supervisor() -> None:
    # The descriptor and not sys.stdin: a thread inside its buffer's lock breaks a normal exit.
    while os.read(_STDIN, 1):
        pass
    os._exit(ORPHANED_EXIT_CODE)
