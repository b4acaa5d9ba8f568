"""How far this edge's clock is from the hub's, learned from receipts as NTP does.

Pure. Four moments: sent (our wall clock), received and sent back (the hub's), arrived (ours).
Source: design section 3 (``clock{offset_ms, error_ms}``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wire.events import ClockReading

DRIFT_PPM = 50
"""What a cheap quartz may drift; the error grows by this since the sample was taken."""
ROUND_TRIP_MS_MAX = 60_000
"""A sample from a slower answer says too little to be kept."""


@dataclass(frozen=True, slots=True)
class _Sample:
    offset_ms: float
    error_ms: float
    taken_ms: int

    def error_at(self, mono_ms: int) -> float:
        return self.error_ms + max(0, mono_ms - self.taken_ms) * DRIFT_PPM / 1_000_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and its receipt; ``arrived_ms`` is CLOCK_BOOTTIME at the receipt's arrival."""

    sent_at: datetime
    hub_received_at: datetime
    hub_sent_at: datetime
    arrived_at: datetime
    arrived_ms: int


class ClockOffset:
    """Keeps the sample that is surest now."""

    def __init__(self) -> None:
        self._best: _Sample | None = None

    def learn(self, exchange: Exchange) -> None:
        """Take a sample, unless it is impossible or less sure than what is known."""
        sample = _measure(exchange)
        if sample is None:
            return
        best, now_ms = self._best, exchange.arrived_ms
        if best is not None:
            doubt_ms = best.error_at(now_ms) + sample.error_ms
            # Two samples that exclude each other: a clock was set, the newer one is right.
            is_compatible = abs(best.offset_ms - sample.offset_ms) <= doubt_ms
            if is_compatible and sample.error_ms > best.error_at(now_ms):
                return
        self._best = sample

    def forget(self) -> None:
        """Our wall clock was set: nothing is known any more."""
        self._best = None

    def reading(self, mono_ms: int) -> ClockReading:
        """The offset with its error now; nulls while nothing is known."""
        if self._best is None:
            return ClockReading()
        # Wire times are cut to milliseconds, hence one more.
        error_ms = int(self._best.error_at(mono_ms)) + 1
        return ClockReading(offset_ms=round(self._best.offset_ms), error_ms=error_ms)


def _measure(exchange: Exchange) -> _Sample | None:
    round_trip_ms = _ms(exchange.arrived_at - exchange.sent_at)
    at_hub_ms = _ms(exchange.hub_sent_at - exchange.hub_received_at)
    travel_ms = round_trip_ms - at_hub_ms
    if not 0 <= round_trip_ms <= ROUND_TRIP_MS_MAX or at_hub_ms < 0 or travel_ms < -1:
        return None
    there_ms = _ms(exchange.hub_received_at - exchange.sent_at)
    back_ms = _ms(exchange.hub_sent_at - exchange.arrived_at)
    return _Sample((there_ms + back_ms) / 2, max(0.0, travel_ms / 2), exchange.arrived_ms)


def _ms(duration: timedelta) -> float:
    return duration.total_seconds() * 1000
