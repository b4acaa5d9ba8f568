"""Let the rooms work on stored events; a failure costs its own event's effect and no more.

Source: design section 5 ("A projection failing on one event").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from prometheus_client import Counter
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from hub.fact import Fact

_log = structlog.get_logger()
_failures = Counter("custos_hub_projection_failures", "Events a room could not use", ["room"])


class Projection(Protocol):
    """A room's part in arriving events."""

    name: str

    def apply(self, tx: Connection, facts: Sequence[Fact], now: datetime) -> None:
        """Work through events in the order in which they were stored."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A room could not work on one event."""

    room: str
    fact: Fact
    error: str


def project(
    tx: Connection, projections: Sequence[Projection], facts: Sequence[Fact], now: datetime
) -> list[Failure]:
    """Apply the projections in their order to all events; where that fails, each by itself.

    Raises:
        OperationalError: the database itself failed: nothing can be stored now.
    """
    if not facts or _apply(tx, projections, facts, now) is None:
        return []
    return [each for room in projections for each in _failures_of(tx, room, facts, now)]


def _failures_of(
    tx: Connection, room: Projection, facts: Sequence[Fact], now: datetime
) -> list[Failure]:
    """Let one room work; halve what it fails on until the event that it is remains."""
    error = _apply(tx, [room], facts, now)
    if error is None:
        return []
    if len(facts) == 1:
        _failures.labels(room.name).inc()
        return [Failure(room.name, facts[0], error)]
    half = len(facts) // 2
    return _failures_of(tx, room, facts[:half], now) + _failures_of(tx, room, facts[half:], now)


def _apply(
    tx: Connection, projections: Sequence[Projection], facts: Sequence[Fact], now: datetime
) -> str | None:
    try:
        with tx.begin_nested():
            for projection in projections:
                projection.apply(tx, facts, now)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - the event must stay stored whatever a room does
        _log.exception("projection failed", rooms=[p.name for p in projections], events=len(facts))
        return f"{type(error).__name__}: {error}"
    return None
