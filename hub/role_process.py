"""A role as a process of its own: a copy of the supervisor, made once all rooms are imported.

It ends at once when the supervisor is gone, however that died: then the last writing end of their
common pipe is closed. Source: design section 5, ADR 0020.
"""

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from prometheus_client import Counter

from hub import heartbeat
from hub.alerts.service import AlertKind, Finding, raise_alert
from hub.db.engine import INGEST_CHECKPOINT_PAGES, open_database, parse_url
from hub.heartbeat import Role
from hub.keys import load_keys
from hub.roles import RoleContext
from hub.supervisor import Life, RoleOrder
from hub.telemetry import reserve_metrics, start_logging

ORPHANED_EXIT_CODE = 70
GARBAGE_AFTER = 50_000
"""New objects after which a role looks for garbage. After every 700, as Python does, it took a
fifth of the web role's time, whose open pages are many small objects that stay, and an eighth of
ingest's, whose events are many that end by themselves."""

_log = structlog.get_logger()
_restarts = Counter("custos_hub_role_restarts", "Roles that died and were started again", ["role"])


def run_as_process(order: RoleOrder, runner: Callable[[RoleContext], None]) -> None:
    """Work until SIGTERM, or until the supervisor is gone."""
    look_less_for_garbage()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    # Ctrl-C reaches the whole terminal; the supervisor stops its roles in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # Ours would keep the others from seeing that the supervisor is gone.
    os.close(order.life.writer)
    threading.Thread(target=_end_with_supervisor, args=(order.life,), daemon=True).start()
    _name_process(order.role)
    start_logging(order.role)
    reserve_metrics()
    context = _make_context(order, stop)
    _announce(context, order.died_of)
    try:
        runner(context)
    finally:
        context.database.close()


def look_less_for_garbage() -> None:
    """Set this process up as a role's: see ``GARBAGE_AFTER``."""
    # What the imports brought stays for good: to search it for garbage again and again would stop
    # this role for a tenth of a second each time, and copy memory that all roles share.
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


def _name_process(role: Role) -> None:
    # For ``ps`` and ``top``: all roles have the supervisor's command line.
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"custos-{role}", "ascii")


def _make_context(order: RoleOrder, stop: threading.Event) -> RoleContext:
    settings = order.settings
    pages = INGEST_CHECKPOINT_PAGES if order.role is Role.INGEST else 0
    return RoleContext(
        role=order.role,
        settings=settings,
        policy=order.policy,
        own_policy_keys=order.own_policy_keys,
        network=order.network,
        clock=order.clock,
        database=open_database(parse_url(settings.database, settings.data_dir), pages),
        keys=load_keys(settings.data_dir, order.clock.random_bytes),
        stop=stop,
        # By a test clock nights come by the minute.
        trains=order.role is Role.CLOCK and order.clock.rate == 1,
        listen_fd=order.listen_fd,
        fail_points=order.fail_points,
        sign_of_life=order.sign_of_life,
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


def _end_with_supervisor(life: Life) -> None:
    os.read(life.reader, 1)
    os._exit(ORPHANED_EXIT_CODE)
