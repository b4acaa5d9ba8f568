"""Notice that the wall clock was set, and that a minute is over.

Pure. Source: design section 3 (``clock_step``, ``head``).
"""

from datetime import datetime

CLOCK_STEP_MS = 1000
"""A wall clock that moved by more than this against CLOCK_BOOTTIME was set by somebody."""
HEAD_EVERY_MS = 60_000


class Timekeeper:
    """Compares the wall clock with CLOCK_BOOTTIME from one look to the next."""

    def __init__(self) -> None:
        self._wall_ahead_ms: int | None = None
        self._head_due_ms: int | None = None

    def clock_step_ms(self, now: datetime, mono_ms: int) -> int | None:
        """By how many ms the wall clock was set since the last look; None if it was not."""
        wall_ahead_ms = int(now.timestamp() * 1000) - mono_ms
        before_ms, self._wall_ahead_ms = self._wall_ahead_ms, wall_ahead_ms
        if before_ms is None or abs(wall_ahead_ms - before_ms) <= CLOCK_STEP_MS:
            return None
        return wall_ahead_ms - before_ms

    def is_head_due(self, mono_ms: int) -> bool:
        """Say once in each minute, the first time at once, that a head line is due."""
        if self._head_due_ms is not None and mono_ms < self._head_due_ms:
            return False
        self._head_due_ms = mono_ms + HEAD_EVERY_MS
        return True
