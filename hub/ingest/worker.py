"""The ingest loop: take messages, store them in one commit, acknowledge, answer.

One thread, one writing connection. Nothing is acknowledged and no answer leaves before the commit;
a kill between the two means that the messages come again and are known already.
Source: design section 3 ("Exactly once").
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub import heartbeat
from hub.clock import Clock
from hub.db import outbox
from hub.db.engine import Database
from hub.failpoints import NO_FAIL_POINTS, FailPoint, FailPoints
from hub.heartbeat import BEAT_S, Role
from hub.ingest import quarantine_store
from hub.ingest.again import take_again
from hub.ingest.intake import Intake, Outgoing, keep_unusable
from hub.ingest.link import Received
from hub.ingest.pushes import Pusher
from ledger.keys import SigningKey
from ledger.signing import seal
from wire.messages import Receipt
from wire.names import format_at
from wire.topics import Topic

GROUP_MESSAGES_MAX = 64
GROUP_BYTES_MAX = 4 * 1024 * 1024
"""What one commit takes in at most."""
RETRY_S = 1.0
AGAIN_MAX = 20
"""Quarantined items that are read again between two groups."""

_log = structlog.get_logger()
_commits = Histogram("custos_hub_ingest_commit_seconds", "Taking a group in, with its commit")
_database_failures = Counter("custos_hub_ingest_database_failures", "Groups tried again")
_unusable = Counter("custos_hub_ingest_message_failures", "Messages that our own code fails on")


class Link(Protocol):
    """The broker as the worker needs it."""

    @property
    def listening_since(self) -> datetime | None:
        """Since when messages can come; ``None`` while they cannot."""

    def take(self, count_max: int, bytes_max: int, timeout_s: float) -> list[Received]:
        """What has come."""

    def acknowledge(self, received: Sequence[Received]) -> None:
        """Tell the broker that these are stored."""

    def send(self, topic: Topic, payload: bytes) -> None:
        """Send to an edge."""


class Worker:
    """Joins link, intake and database."""

    def __init__(
        self,
        database: Database,
        link: Link,
        intake: Intake,
        pushers: Sequence[Pusher],
        key: SigningKey,
        clock: Clock,
        fail_points: FailPoints = NO_FAIL_POINTS,
        sign_of_life: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._link = link
        self._intake = intake
        self._pushers = pushers
        self._key = key
        self._clock = clock
        self._fail_points = fail_points
        self._sign_of_life = sign_of_life
        self._last_beat_ns = self._last_push_ns = -(10**18)

    def step(self, stop: threading.Event) -> None:
        """One turn: at most one group, the news, and a heartbeat when it is due."""
        self._sign_of_life()
        group = self._link.take(GROUP_MESSAGES_MAX, GROUP_BYTES_MAX, outbox.POLL_S)
        try:
            if group:
                self._take_in(group, stop)
            self._beat()
            self._push()
        except (OperationalError, PoolTimeout):
            _database_failures.inc()
            _log.exception("database does not answer")
            stop.wait(RETRY_S)

    def _take_in(self, group: list[Received], stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._fail_points.hit(FailPoint.INGEST_RECEIVED)
                outgoing = self._commit(group)
                self._fail_points.hit(FailPoint.INGEST_COMMITTED)
            except (OperationalError, PoolTimeout):
                # Unacknowledged, so nothing is lost; meanwhile the inbox fills and stops reading.
                _database_failures.inc()
                _log.exception("cannot store, trying the same messages again", count=len(group))
                stop.wait(RETRY_S)
                self._sign_of_life()
                continue
            self._link.acknowledge(group)
            self._fail_points.hit(FailPoint.INGEST_ACKNOWLEDGED)
            self._send(outgoing)
            self._fail_points.hit(FailPoint.INGEST_ANSWERED)
            return

    def _commit(self, group: Sequence[Received]) -> list[Outgoing]:
        try:
            with _commits.time(), self._database.writing() as tx:
                outgoing = self._intake.take_group(tx, [each.incoming for each in group])
                self._fail_points.hit(FailPoint.INGEST_BEFORE_COMMIT)
            return outgoing
        except (OperationalError, PoolTimeout):
            raise
        except Exception:  # noqa: BLE001 - one message must never stop those behind it
            if len(group) > 1:
                return [out for each in group for out in self._commit([each])]
            _unusable.inc()
            _log.exception("a message cannot be worked on", topic=group[0].incoming.topic)
        with self._database.writing() as tx:
            keep_unusable(tx, group[0].incoming)
        return []

    def _send(self, outgoing: Sequence[Outgoing]) -> None:
        for each in outgoing:
            message = each.message
            if isinstance(message, Receipt):
                # From received_at and sent_at the edge learns its clock's offset.
                sent_at = format_at(self._clock.now())
                message = msgspec.structs.replace(message, sent_at=sent_at)
            self._link.send(each.topic, seal(message, self._key))

    def _push(self) -> None:
        mono_ns = self._clock.mono_ns()
        if mono_ns - self._last_push_ns < outbox.POLL_S * 1e9:
            return
        self._last_push_ns = mono_ns
        with self._database.reading() as tx:
            since = self._link.listening_since
            pushes = [out for each in self._pushers for out in each.due(tx, since, self._clock)]
        self._send(pushes)

    def _beat(self) -> None:
        mono_ns = self._clock.mono_ns()
        if mono_ns - self._last_beat_ns < BEAT_S * 1e9:
            return
        self._last_beat_ns = mono_ns
        with self._database.writing() as tx:
            heartbeat.beat(tx, Role.INGEST, self._clock.now(), self._link.listening_since)
        self._take_again()

    def _take_again(self) -> None:
        """Read what somebody asked for once more, each in a commit of its own."""
        with self._database.reading() as tx:
            items = quarantine_store.asked(tx, AGAIN_MAX)
        for item in items:
            try:
                with self._database.writing() as tx:
                    take_again(self._intake, tx, item, self._clock.now())
            except (OperationalError, PoolTimeout):
                raise
            except Exception as error:  # noqa: BLE001 - one item must not stop what comes in
                _unusable.inc()
                _log.exception("quarantined bytes cannot be worked on", item=item.id)
                with self._database.writing() as tx:
                    quarantine_store.note_tried(tx, item.id, type(error).__name__)
