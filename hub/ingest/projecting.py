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
    """Apply the projections in their order to all events, and one by one where that fails.

    Raises:
        OperationalError: the database itself failed: nothing can be stored now.
    """
    if _apply(tx, projections, facts, now) is None:
        return []
    failures = []
    for projection in projections:
        if _apply(tx, [projection], facts, now) is None:
            continue
        for fact in facts:
            error = _apply(tx, [projection], [fact], now)
            if error is not None:
                _failures.labels(projection.name).inc()
                failures.append(Failure(projection.name, fact, error))
    return failures


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
