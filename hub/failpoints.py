"""Named places at which a test lets a role die, or lets the disk or the network fail it.

Off unless CUSTOS_FAIL_POINT="name:hit[:fail]" is set, more of them separated by commas; then the
``hit``-th passing of that place in one role's first life ends the process as a power cut would, or
with ``fail`` raises what a failing database or network raises there. A place before and one after
each act that others see give both forms of a fault: it failed, and it failed after it had happened.
The edge has its own (``edge/failpoints.py``): nothing that both may import may kill a process.
Source: promise P2, style ("Faults in pairs").
"""

import errno
import json
import os
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from hub.fact import Fact

FAIL_POINT_VARIABLE = "CUSTOS_FAIL_POINT"


class FailPoint(StrEnum):
    """The places, role by role, each in the order in which they are passed."""

    INGEST_RECEIVED = "ingest_received"
    INGEST_WRITTEN = "ingest_written"
    """Events and heads are written, the rooms have not worked yet."""
    INGEST_BEFORE_COMMIT = "ingest_before_commit"
    INGEST_COMMITTED = "ingest_committed"
    INGEST_ACKNOWLEDGED = "ingest_acknowledged"
    INGEST_ANSWERED = "ingest_answered"
    """Receipts and commands are with the broker's client."""
    INGEST_BEFORE_CHECKPOINT = "ingest_before_checkpoint"
    INGEST_CHECKPOINTED = "ingest_checkpointed"
    """The log is copied back into the database, on a thread of its own."""

    NEWS_READ = "news_read"
    NEWS_HANDED_ON = "news_handed_on"
    BODIES_BEFORE_COMMIT = "bodies_before_commit"
    BODIES_COMMITTED = "bodies_committed"
    BODIES_ANSWERED = "bodies_answered"
    FOOTAGE_ON_DISK = "footage_on_disk"
    """The bytes are, and nothing is on record of them yet."""
    FOOTAGE_ON_RECORD = "footage_on_record"
    FOOTAGE_ANSWERED = "footage_answered"

    TIMER_BEFORE_COMMIT = "timer_before_commit"
    TIMER_COMMITTED = "timer_committed"
    MAIL_BEFORE_SENDING = "mail_before_sending"
    MAIL_SENT = "mail_sent"
    MAIL_BEFORE_COMMIT = "mail_before_commit"
    MAIL_COMMITTED = "mail_committed"


_BESIDE_THE_DATABASE = frozenset(
    {
        FailPoint.INGEST_ACKNOWLEDGED,
        FailPoint.INGEST_ANSWERED,
        FailPoint.INGEST_BEFORE_CHECKPOINT,
        FailPoint.INGEST_CHECKPOINTED,
        FailPoint.BODIES_ANSWERED,
        FailPoint.FOOTAGE_ON_DISK,
        FailPoint.FOOTAGE_ANSWERED,
        FailPoint.MAIL_BEFORE_SENDING,
        FailPoint.MAIL_SENT,
    }
)


class Action(StrEnum):
    """What happens at an armed place."""

    KILL = "kill"
    FAIL = "fail"


class FailPoints(Protocol):
    """Anything that wants to know where a role is."""

    def hit(self, point: FailPoint) -> None:
        """The role passes ``point``."""


class NoFailPoints:
    """The usual case: nothing happens."""

    def hit(self, point: FailPoint) -> None:
        """Go on."""


NO_FAIL_POINTS = NoFailPoints()


class ArmedFailPoints:
    """Counts passings; at an armed one it tells stderr and acts."""

    def __init__(self, armed: Mapping[tuple[FailPoint, int], Action]) -> None:
        self._armed = armed
        self._passed: Counter[FailPoint] = Counter()

    def hit(self, point: FailPoint) -> None:
        """Count, and die or fail when it is time.

        Raises:
            OperationalError, OSError: as ``fail`` wants it, where the database or anything else is
                at work.
        """
        self._passed[point] += 1
        action = self._armed.get((point, self._passed[point]))
        if action is None:
            return
        line = json.dumps({"event": "fail point", "point": point, "action": action})
        os.write(2, f"{line}\n".encode())
        if action is Action.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        failure = OSError(errno.EIO, f"fail point {point}")
        if point in _BESIDE_THE_DATABASE:
            raise failure
        raise OperationalError("fail point", None, failure)


class FailingProjection:
    """Stands before the rooms, so that a fault can come between the events and their effects."""

    name = "fail point"

    def __init__(self, fail_points: FailPoints) -> None:
        self._fail_points = fail_points

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Pass :attr:`FailPoint.INGEST_WRITTEN`."""
        del tx, facts, now
        self._fail_points.hit(FailPoint.INGEST_WRITTEN)


def parse_fail_points(text: str | None) -> FailPoints:
    """Read ``name:hit[:fail],…``; None means no fail-point.

    Raises:
        ValueError: another form, an unknown name, or a hit below 1.
    """
    if text is None:
        return NO_FAIL_POINTS
    return ArmedFailPoints(dict(_parse(each) for each in text.split(",")))


def _parse(text: str) -> tuple[tuple[FailPoint, int], Action]:
    name, _, rest = text.partition(":")
    hit, _, action = rest.partition(":")
    if name not in set(FailPoint) or not hit.isdecimal() or int(hit) < 1 or action not in _ACTIONS:
        raise ValueError(
            f"{FAIL_POINT_VARIABLE} has {text!r}; it must be name:hit or name:hit:fail "
            f"with one of {', '.join(FailPoint)}"
        )
    return (FailPoint(name), int(hit)), Action(action or Action.KILL)


_ACTIONS = {"", *Action}
