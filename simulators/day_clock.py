"""The demo's clock: the same hours that its programs keep under their test clock.

Shell: it reads the machine's monotonic clock. Source: interface ("Test clock").
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class TestClockError(ValueError):
    """``CUSTOS_TEST_CLOCK`` is no clock; the sentence says so."""

    __test__ = False  # pytest takes the name for a test case


class DayClock:
    """Begins at ``start_at`` when it is made, and runs ``rate`` times as fast as the machine's."""

    def __init__(self, start_at: datetime, rate: float) -> None:
        self._start_at = start_at.astimezone(UTC)
        self.rate = rate
        self._anchor_s = time.monotonic()

    def now(self) -> datetime:
        """The hour of the simulated day, in UTC."""
        return self._start_at + timedelta(seconds=self._elapsed_s() * self.rate)

    def wait_s(self, until: datetime) -> float:
        """Real seconds until a simulated moment; 0 once it is past."""
        return max(0.0, (until - self.now()).total_seconds() / self.rate)

    def variable(self) -> str:
        """``CUSTOS_TEST_CLOCK`` for a program that starts now."""
        return f"{self.now().isoformat()},{self.rate:g}"

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._anchor_s


def clock_of(variable: str | None) -> Callable[[], int]:
    """What a program that starts now has for the time, in ms since 1970.

    ``variable``: its ``CUSTOS_TEST_CLOCK``; without one it is the machine's.

    Raises:
        TestClockError: the variable is not ``<start>,<rate>``.
    """
    if not variable:
        return lambda: time.time_ns() // 1_000_000
    start, _, rate = variable.partition(",")
    try:
        clock = DayClock(datetime.fromisoformat(start), float(rate))
    except ValueError as error:
        raise TestClockError(f"CUSTOS_TEST_CLOCK is {variable!r}") from error
    return lambda: int(clock.now().timestamp() * 1000)
