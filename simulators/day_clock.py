"""The demo's clock: the same hours that its programs keep under their test clock.

Shell: it reads the machine's monotonic clock. Source: interface ("Test clock").
"""

import time
from datetime import UTC, datetime, timedelta


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
