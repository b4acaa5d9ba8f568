"""The station's times: stamps for its lines, the hub's time, and a wall clock that somebody set.

Pure: the clocks are an argument. Source: design section 3 ("Event line", ``clock_step``, ``head``).
"""

from datetime import datetime, timedelta

from edge.event_lines import Stamp
from edge.seams import Clock
from edge.station_events import CLOCK_UNKNOWN, StationSetup

CLOCK_STEP_MS = 1000
"""A wall clock that moved by more than this against CLOCK_BOOTTIME was set by somebody."""
HEAD_EVERY_MS = 60_000


class Timekeeper:
    """``reading`` is how far this clock is from the hub's, as the uplink last told it."""

    def __init__(self, setup: StationSetup, clock: Clock) -> None:
        self.reading = CLOCK_UNKNOWN
        self._setup = setup
        self._clock = clock
        self._wall_ahead_ms: int | None = None
        self._head_due_ms: int | None = None

    def stamp(self) -> Stamp:
        """Where and when something happens now."""
        return Stamp(
            site=self._setup.site,
            edge=self._setup.edge,
            boot=self._setup.boot,
            now=self._clock.now(),
            mono_ms=self._clock.boottime_ms(),
            clock=self.reading,
        )

    def hub_time(self, now: datetime) -> datetime:
        """The hub's time as far as it is known: lists and their entries age in it."""
        return now + timedelta(milliseconds=self.reading.offset_ms or 0)

    def known_hub_time(self) -> datetime | None:
        """The hub's time now; None while this clock is unsure."""
        return None if self.reading.offset_ms is None else self.hub_time(self._clock.now())

    def notice_clock_step_ms(self) -> int | None:
        """By how many ms the wall clock was set since the last look; None if it was not.

        Then what was known of its distance from the hub's is void at once, not only when the
        uplink has heard of it.
        """
        wall_ahead_ms = int(self._clock.now().timestamp() * 1000) - self._clock.boottime_ms()
        before_ms, self._wall_ahead_ms = self._wall_ahead_ms, wall_ahead_ms
        if before_ms is None or abs(wall_ahead_ms - before_ms) <= CLOCK_STEP_MS:
            return None
        self.reading = CLOCK_UNKNOWN
        return wall_ahead_ms - before_ms

    def is_head_due(self, mono_ms: int) -> bool:
        """Say once in each minute, the first time at once, that a head line is due."""
        if self._head_due_ms is not None and mono_ms < self._head_due_ms:
            return False
        self._head_due_ms = mono_ms + HEAD_EVERY_MS
        return True
