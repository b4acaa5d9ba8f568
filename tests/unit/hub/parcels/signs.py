"""Traces for tests: one line says who was recorded where, when, how."""

from datetime import timedelta
from itertools import count

from hub.parcels.rules.traces import Standing, Stay, Trace, fold, in_fold_order, stays_of
from tests.hub_parts import START
from wire.names import Step

_numbers = count(1)


def trace(
    minute: float,
    site: str,
    step: Step | None = None,
    container: str | None = None,
    unit: str = "103000000001",
    **fields: object,
) -> Trace:
    """A trace from a spool of its own, received as it was recorded."""
    at = START + timedelta(minutes=minute)
    own: dict[str, object] = {
        "spool": f"{next(_numbers):032x}",
        "seq": 1,
        "received_at": at,
        "edge": "dock",
    }
    return Trace(
        unit=unit,
        at=at,
        site=site,
        step=step,
        container=container,
        **{**own, **fields},
    )


def standing(*traces: Trace) -> Standing:
    return fold(None, in_fold_order(traces))


def stays(*traces: Trace) -> list[tuple[str, float, float | None]]:
    """Container, and the minutes from which until which."""
    return [_told(each) for each in stays_of(in_fold_order(traces))]


def _told(stay: Stay) -> tuple[str, float, float | None]:
    until = None if stay.until is None else (stay.until - START) / timedelta(minutes=1)
    return stay.container, (stay.since - START) / timedelta(minutes=1), until
