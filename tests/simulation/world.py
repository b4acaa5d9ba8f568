"""One thread, one queue of what happens next, one source of chance: the world of a simulated day.

Nothing here reads the machine's clock, sleeps, or starts a thread. What is due at the same moment
happens in the order in which it was put in, so a seed makes one history, and its hash says so.
"""

import hashlib
import heapq
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

START = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
"""Midnight where the site is (Asia/Shanghai)."""
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
"""In the world's milliseconds."""
EVENTS_MAX = 200_000
"""More in one day is an endless loop of somebody's."""

Act = Callable[[], None]
Event = TypeVar("Event")


class Died(BaseException):
    """A process, or its whole machine, ends here; never caught by what is simulated."""

    def __init__(self, bury: Act) -> None:
        super().__init__()
        self.bury = bury
        """What is left to do once nothing of the dead runs any more."""


class World:
    """Time in ms since midnight; ``faults`` counts what was done to the day, by kind."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now_ms = 0
        self.events = 0
        self.faults: Counter[str] = Counter()
        self.trace = hashlib.sha256()
        self._queue: list[tuple[int, int, Act]] = []
        self._order = 0

    def after(self, delay_ms: float, act: Act) -> None:
        """Let something happen so much later."""
        self._order += 1
        heapq.heappush(self._queue, (self.now_ms + max(0, int(delay_ms)), self._order, act))

    def at(self, when_ms: float, act: Act) -> None:
        """Let something happen at a time of the day; one that is over means now."""
        self.after(when_ms - self.now_ms, act)

    def run(self, until_ms: int) -> None:
        """Let everything happen that is due by then."""
        while self._queue and self._queue[0][0] <= until_ms:
            self.now_ms, _, act = heapq.heappop(self._queue)
            self.events += 1
            assert self.events < EVENTS_MAX, "the day never ends"
            try:
                act()
            except Died as death:
                death.bury()
        self.now_ms = until_ms

    def note(self, what: str) -> None:
        """Put a word about what has happened into the history."""
        self.trace.update(f"{self.now_ms} {what}\n".encode())

    def fault(self, kind: str) -> None:
        """Count something that was done to the day."""
        self.faults[kind] += 1
        self.note(kind)

    def chance(self, share: float) -> bool:
        """Say yes in this share of cases."""
        return self.rng.random() < share


class Clock:
    """A machine's clocks and its random source, as edge and hub ask for them.

    Its wall clock runs ``drift_ppm`` too fast and can be set; what durations are measured with
    runs on, and begins anew when the machine does.
    """

    rate = 1.0

    def __init__(self, world: World, offset_ms: int, drift_ppm: int) -> None:
        self.offset_ms = offset_ms
        self._world = world
        self._speed = 1 + drift_ppm / 1_000_000
        self._rng = random.Random(world.rng.random())
        self._booted_ms = -HOUR
        self._looks = 0

    def now(self) -> datetime:
        return START + timedelta(milliseconds=self.offset_ms + int(self._elapsed_ms()))

    def later(self, ms: int) -> datetime:
        """What this clock will show after so long."""
        return self.now() + timedelta(milliseconds=ms)

    def boottime_ms(self) -> int:
        return int(self._elapsed_ms()) - self._booted_ms

    def mono_ns(self) -> int:
        # Each look takes a nanosecond: durations are never negative, nor all alike.
        self._looks += 1
        return self.boottime_ms() * 1_000_000 + self._looks

    def random_bytes(self, count: int) -> bytes:
        return self._rng.randbytes(count)

    def boot(self) -> None:
        """The machine starts anew."""
        self._booted_ms = int(self._elapsed_ms()) - 20 * SECOND

    def _elapsed_ms(self) -> float:
        return self._world.now_ms * self._speed


class Inbox(Generic[Event]):
    """A queue between two threads: in order, and sometimes late because a thread has to wait."""

    def __init__(self, world: World, take: Callable[[Event], None]) -> None:
        self._world = world
        self._take = take
        self._last_ms = 0

    def put(self, event: Event) -> None:
        """Hand over an event to the other thread."""
        rng = self._world.rng
        wait_ms = rng.randrange(300) if rng.random() < 0.02 else rng.randrange(3)
        self._last_ms = max(self._last_ms, self._world.now_ms + wait_ms)
        self._world.at(self._last_ms, lambda: self._take(event))


class Alarm:
    """What wakes a thread that waits: at the earliest time that was asked for since it last did."""

    def __init__(self, world: World, ring: Act) -> None:
        self._world = world
        self._ring = ring
        self._due_ms: int | None = None

    def set(self, wait_ms: float) -> None:
        """Ring after so long, or before, if that is set already."""
        due_ms = self._world.now_ms + max(0, int(wait_ms))
        if self._due_ms is None or due_ms < self._due_ms:
            self._due_ms = due_ms
            self._world.at(due_ms, lambda: self._rung(due_ms))

    def _rung(self, due_ms: int) -> None:
        if self._due_ms == due_ms:
            self._due_ms = None
            self._ring()
