"""The role ``clock``: what happens because time passes. Source: design section 5.

Each room's part is a duty with a transaction of its own, so that one room's trouble costs the
others nothing. Duties only write rows; what edges must learn of it, ingest sends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub import heartbeat
from hub.access.service import ENDING, broker_ends_at, forget_expired
from hub.alerts.service import AlertKind, Finding, close_alert, find_unclosed, raise_alert
from hub.broker_folder import refresh_revocations
from hub.broker_identity import keep_certificate
from hub.config import MqttScheme
from hub.db import outbox
from hub.db.engine import Database
from hub.failpoints import NO_FAIL_POINTS, FailPoint, FailPoints
from hub.heartbeat import BEAT_S, Role
from hub.ingest.service import raise_silences
from hub.roles import RoleContext
from hub.wanted.service import expire_entries
from wire.names import format_at
from wire.policy import LinkPolicy, Policy

STEP_S = 0.5
LOOK_S_MAX = 10.0
"""Two looks of the clock role that are further apart, or not in order: the clock was set, or the
machine stood still."""
SWEEP_S = 60.0
"""How often what is over for good is deleted."""

_log = structlog.get_logger()
_failures = Counter("custos_hub_clock_failures", "Duties of the clock role that failed", ["duty"])


class Duty(Protocol):
    """What a room does because time passes."""

    name: str

    def run(self, tx: Connection, now: datetime) -> None:
        """Do what is due at ``now``, aware UTC; asked every ``STEP_S`` of real time."""


@dataclass(frozen=True, slots=True)
class ExpireEntries:
    """Take expired entries off the wanted list."""

    name = "wanted"

    def run(self, tx: Connection, now: datetime) -> None:
        """One new version of the list for all that expired."""
        expire_entries(tx, now)


@dataclass(slots=True)
class RaiseSilences:
    """Tell of edges that the hub does not hear.

    A clock that was set, or a machine that stood still, is no edge's silence: from then on each
    gets its time again. ``clock_rate`` is the test clock's, else 1.
    """

    policy: LinkPolicy
    clock_rate: float = 1.0
    name = "silences"
    _looked_at: datetime | None = None
    _set_at: datetime | None = None

    def run(self, tx: Connection, now: datetime) -> None:
        """One alert for each silent edge."""
        gap = timedelta(seconds=LOOK_S_MAX * self.clock_rate)
        if self._looked_at is not None and not timedelta(0) <= now - self._looked_at <= gap:
            self._set_at = now
        self._looked_at = now
        raise_silences(tx, timedelta(seconds=self.policy.hub_silent_s), now, self._set_at)


@dataclass(frozen=True, slots=True)
class WatchBrokerCertificate:
    """Tell in time that the broker's certificate ends."""

    name = "broker certificate"

    def run(self, tx: Connection, now: datetime) -> None:
        """One alert, which a newer certificate closes."""
        ends_at = broker_ends_at(tx)
        if ends_at is None:
            return
        if now < ends_at - ENDING:
            close_alert(tx, AlertKind.BROKER_CERTIFICATE, "broker", now)
        elif find_unclosed(tx, AlertKind.BROKER_CERTIFICATE, "broker") is None:
            words = {"at": format_at(ends_at)}
            raise_alert(tx, Finding(AlertKind.BROKER_CERTIFICATE, "broker", now, words=words), now)


def frame_duties(policy: Policy, clock_rate: float) -> list[Duty]:
    """The duties that every hub has, whatever rooms stand behind it."""
    return [ExpireEntries(), RaiseSilences(policy.link, clock_rate), WatchBrokerCertificate()]


class Timers:
    """Runs the duties, and remembers when it last swept and beat."""

    def __init__(
        self,
        database: Database,
        duties: Sequence[Duty],
        fail_points: FailPoints = NO_FAIL_POINTS,
        sign_of_life: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._duties = duties
        self._fail_points = fail_points
        self._sign_of_life = sign_of_life
        self._last_beat_ns = self._last_sweep_ns = -(10**18)

    def turn(self, now: datetime, mono_ns: int) -> None:
        """Do what is due; ``mono_ns`` counts real time.

        Raises:
            OperationalError, PoolTimeout: the database does not answer.
        """
        for duty in self._duties:
            self._sign_of_life()
            self._run(duty, now)
        with self._database.writing() as tx:
            if mono_ns - self._last_beat_ns >= BEAT_S * 1e9:
                self._last_beat_ns = mono_ns
                heartbeat.beat(tx, Role.CLOCK, now)
            if mono_ns - self._last_sweep_ns >= SWEEP_S * 1e9:
                self._last_sweep_ns = mono_ns
                forget_expired(tx, now)
                outbox.prune(tx)

    def _run(self, duty: Duty, now: datetime) -> None:
        try:
            with self._database.writing() as tx:
                duty.run(tx, now)
                self._fail_points.hit(FailPoint.TIMER_BEFORE_COMMIT)
            self._fail_points.hit(FailPoint.TIMER_COMMITTED)
        except (OperationalError, PoolTimeout):
            raise
        except Exception:  # noqa: BLE001 - a room's mistake must not stop the other rooms' timers
            _failures.labels(duty.name).inc()
            _log.exception("duty failed", duty=duty.name)


class WireKeeper:
    """Files of the closed wire that follow what is on record: they are written outside of tx."""

    def __init__(self, context: RoleContext) -> None:
        self._context = context
        self._last_ns = -(10**18)

    def turn(self, mono_ns: int) -> None:
        """Once a minute: the broker's list of revocations, and the hub's own certificate.

        Raises:
            OperationalError, PoolTimeout: the database does not answer.
        """
        if mono_ns - self._last_ns < SWEEP_S * 1e9:
            return
        self._last_ns = mono_ns
        context, data_dir = self._context, self._context.settings.data_dir
        refresh_revocations(data_dir, context.database, context.keys.authority, context.clock)
        if context.settings.mqtt_scheme is MqttScheme.MQTTS:
            try:
                keep_certificate(data_dir, context.database, context.keys, context.clock)
            except OSError:
                _failures.labels("certificate").inc()
                _log.exception("the certificate for the broker cannot be kept")


def run_clock(context: RoleContext, duties: Sequence[Duty]) -> None:
    """Look every ``STEP_S`` for what is due, until told to stop."""
    clock = context.clock
    timers = Timers(context.database, duties, context.fail_points, context.sign_of_life)
    wire = WireKeeper(context)
    while not context.stop.wait(STEP_S):
        try:
            timers.turn(clock.now(), clock.mono_ns())
            wire.turn(clock.mono_ns())
        except (OperationalError, PoolTimeout):
            _failures.labels("database").inc()
            _log.exception("database does not answer")


def run_signer(context: RoleContext) -> None:
    """The role ``signer``: idle until there is a log to sign, but alive."""
    _log.info("idle: there is no log to sign yet")
    while not context.stop.wait(BEAT_S):
        context.sign_of_life()
        try:
            with context.database.writing() as tx:
                heartbeat.beat(tx, Role.SIGNER, context.clock.now())
        except (OperationalError, PoolTimeout):
            _failures.labels("signer").inc()
            _log.exception("database does not answer")
