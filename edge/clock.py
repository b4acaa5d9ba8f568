"""The one place of the edge that reads clocks and the random source.

Source: style ("Threads and time"), interface ("Test clock").
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
RATE_MAX = 100_000.0


@dataclass(frozen=True, slots=True)
class TestClock:
    """Time as a test wants it: it starts at ``start_at`` and runs ``rate`` times as fast."""

    __test__ = False  # pytest takes the name for a test case

    start_at: datetime
    rate: float

    def __str__(self) -> str:
        return f"{self.start_at.isoformat()},{self.rate:g}"


def parse_test_clock(text: str | None) -> TestClock | None:
    """Read CUSTOS_TEST_CLOCK, ``<start>,<rate>``; None means the machine's own clock.

    Raises:
        ValueError: another form, a start without a zone, or a rate outside 0 to 100,000.
    """
    if text is None:
        return None
    start, _, rate = text.partition(",")
    try:
        parsed = TestClock(datetime.fromisoformat(start), float(rate))
    except ValueError as error:
        raise ValueError(f"CUSTOS_TEST_CLOCK is {text!r}; it must be <start>,<rate>") from error
    if parsed.start_at.tzinfo is None or not 0 < parsed.rate <= RATE_MAX:
        raise ValueError(
            f"CUSTOS_TEST_CLOCK is {text!r}; the start needs a zone, the rate lies in 0 to 100000"
        )
    return parsed


class SystemClock:
    """The machine's clocks, or a test's time laid over them."""

    def __init__(self, test_clock: TestClock | None = None) -> None:
        self.test_clock = test_clock
        self._started_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def now(self) -> datetime:
        """Wall time, aware UTC."""
        if self.test_clock is None:
            return datetime.now(UTC)
        elapsed_s = (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - self._started_ns) / 1e9
        passed = timedelta(seconds=elapsed_s * self.test_clock.rate)
        return self.test_clock.start_at.astimezone(UTC) + passed

    def mono_ns(self) -> int:
        """A clock for durations, in ns; a test clock does not change it: tones stay tones."""
        return time.perf_counter_ns()

    def boottime_ms(self) -> int:
        """CLOCK_BOOTTIME in ms; under a test clock it runs at that clock's rate."""
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if self.test_clock is None:
            return now_ns // 1_000_000
        passed_ns = (now_ns - self._started_ns) * self.test_clock.rate
        return int(self._started_ns + passed_ns) // 1_000_000

    def boot_id(self) -> str:
        """The kernel's boot id: 32 hex, another one after each start of the machine."""
        return BOOT_ID_FILE.read_text(encoding="ascii").strip().replace("-", "")

    def random_bytes(self, count: int) -> bytes:
        """Random bytes fit for keys, salts and ids."""
        return os.urandom(count)
