"""The hub's only door to clock and random; everything else takes them as arguments.

Source: design section 2 ("Cores and shells"), interface "Test clock".
"""

import os
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

TEST_CLOCK_VARIABLE = "CUSTOS_TEST_CLOCK"
_RATE_MAX = 100_000.0


class Clock(Protocol):
    """What the hub asks of the machine."""

    def now(self) -> datetime:
        """Aware UTC."""

    @property
    def rate(self) -> float:
        """How many seconds of :meth:`now` pass in a real one: 1, but for the test clock."""

    def mono_ns(self) -> int:
        """Nanoseconds that never go back, for durations and time limits."""

    def random_bytes(self, count: int) -> bytes:
        """Unpredictable bytes: keys, secrets, ids."""


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """A clock that began at ``start_at`` and runs ``rate`` times as fast.

    ``anchor_ns`` is the monotonic moment of ``start_at``: handed to every role, so that all agree.
    """

    start_at: datetime
    rate: float
    anchor_ns: int


class SystemClock:
    """The machine's clock, or the test clock where one is set."""

    def __init__(self, test: ClockSetting | None = None) -> None:
        self._test = test

    def now(self) -> datetime:
        """Aware UTC."""
        if self._test is None:
            return datetime.now(UTC)
        elapsed_s = (time.monotonic_ns() - self._test.anchor_ns) / 1e9
        return self._test.start_at + timedelta(seconds=elapsed_s * self._test.rate)

    @property
    def rate(self) -> float:
        """1, or the test clock's rate."""
        return 1.0 if self._test is None else self._test.rate

    def mono_ns(self) -> int:
        """Nanoseconds that never go back; the test clock does not touch them."""
        return time.monotonic_ns()

    def random_bytes(self, count: int) -> bytes:
        """Unpredictable bytes."""
        return secrets.token_bytes(count)


def read_test_clock() -> ClockSetting | None:
    """Read ``CUSTOS_TEST_CLOCK=<start>,<rate>``, anchored at this very moment.

    Raises:
        ValueError: set, but not ``<ISO time with zone>,<positive number>``.
    """
    text = os.environ.get(TEST_CLOCK_VARIABLE)
    if not text:
        return None
    start, _, rate_text = text.partition(",")
    try:
        start_at = datetime.fromisoformat(start)
        rate = float(rate_text)
    except ValueError as error:
        raise ValueError(f"{TEST_CLOCK_VARIABLE} must be <start>,<rate>: {error}") from error
    if start_at.tzinfo is None or not 0 < rate <= _RATE_MAX:
        raise ValueError(f"{TEST_CLOCK_VARIABLE} needs a time with a zone and a rate above 0")
    return ClockSetting(start_at.astimezone(UTC), rate, time.monotonic_ns())
