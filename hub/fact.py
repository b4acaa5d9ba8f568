"""A recorded event as the rooms' projections receive it.

``occurred_at`` is what rules count with: the edge's time put right by its clock offset, or
``received_at`` where that is not to be believed. Source: design section 5 ("Fold order").
"""

from datetime import UTC, datetime, timedelta

from msgspec import Struct

from wire.events import Camera, CameraFact, Event
from wire.names import parse_at
from wire.policy import LatePolicy

YEAR_MIN = datetime(2020, 1, 1, tzinfo=UTC)


class Fact(Struct, frozen=True):
    """One stored event line; ``late`` = received longer after it was recorded than policy says."""

    event: Event
    occurred_at: datetime
    received_at: datetime
    late: bool


class EventTime(Struct, frozen=True):
    """When an event counts as having happened; ``doubted`` = its own time was not believed."""

    occurred_at: datetime
    late: bool
    doubted: bool


def time_of(event: Event, received_at: datetime, policy: LatePolicy) -> EventTime:
    """Put an event's time right.

    More than ``future_max_h`` ahead, before 2020, or beyond the calendar: ``received_at`` counts
    instead, marked. Such an event is not called late, since nobody knows.
    """
    occurred_at, offset_ms = parse_at(event.at), event.clock.offset_ms
    try:
        if offset_ms:
            occurred_at += timedelta(milliseconds=offset_ms)
    except OverflowError:
        return EventTime(received_at, late=False, doubted=True)
    ahead_s = (occurred_at - received_at).total_seconds()
    if ahead_s > policy.future_max_h * 3600 or occurred_at < YEAR_MIN:
        return EventTime(received_at, late=False, doubted=True)
    return EventTime(occurred_at, late=-ahead_s > policy.late_s, doubted=False)


def sighted(event: Event) -> str | None:
    """The waybill that a camera read; None: the event is no sighting."""
    if isinstance(event, Camera) and event.fact is CameraFact.SIGHTING:
        return event.waybill
    return None


def is_simulated(source: str | None) -> bool:
    """Say whether a port is a pty or a loopback peer, or a camera a film (P6).

    Then nobody held a real scanner, and no real camera stood there.
    """
    simulated = ("pts:", "tcp:127.", "tcp:::1:", "tcp:[::1]", "tcp:localhost", "file:")
    return source is not None and source.startswith(simulated)
