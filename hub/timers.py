"""The role ``clock``: what happens because time passes. Source: design section 5.

It only writes rows; what edges must learn of it, ingest sends.
"""

from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub import heartbeat
from hub.access.service import forget_expired
from hub.db import outbox
from hub.heartbeat import BEAT_S, Role
from hub.ingest.service import raise_silences
from hub.roles import RoleContext
from hub.wanted.service import expire_entries
from wire.policy import LinkPolicy

STEP_S = 0.5
SWEEP_S = 60.0
"""How often what is over for good is deleted."""

_log = structlog.get_logger()
_failures = Counter("custos_hub_clock_failures", "Turns of the clock role that failed")


class Timers:
    """Remembers when it last swept and beat."""

    def __init__(self) -> None:
        self._last_beat_ns = self._last_sweep_ns = -(10**18)

    def turn(self, tx: Connection, policy: LinkPolicy, now: datetime, mono_ns: int) -> None:
        """Do what is due; ``mono_ns`` counts real time."""
        expire_entries(tx, now)
        raise_silences(tx, timedelta(seconds=policy.hub_silent_s), now)
        if mono_ns - self._last_beat_ns >= BEAT_S * 1e9:
            self._last_beat_ns = mono_ns
            heartbeat.beat(tx, Role.CLOCK, now)
        if mono_ns - self._last_sweep_ns >= SWEEP_S * 1e9:
            self._last_sweep_ns = mono_ns
            forget_expired(tx, now)
            outbox.prune(tx)


def run_clock(context: RoleContext) -> None:
    """Look every ``STEP_S`` for what is due, until told to stop."""
    timers, clock = Timers(), context.clock
    while not context.stop.wait(STEP_S):
        try:
            with context.database.writing() as tx:
                timers.turn(tx, context.policy.link, clock.now(), clock.mono_ns())
        except (OperationalError, PoolTimeout):
            _failures.inc()
            _log.exception("database does not answer")


def run_signer(context: RoleContext) -> None:
    """The role ``signer``: idle until there is a log to sign, but alive."""
    _log.info("idle: there is no log to sign yet")
    while not context.stop.wait(BEAT_S):
        try:
            with context.database.writing() as tx:
                heartbeat.beat(tx, Role.SIGNER, context.clock.now())
        except (OperationalError, PoolTimeout):
            _failures.inc()
            _log.exception("database does not answer")
