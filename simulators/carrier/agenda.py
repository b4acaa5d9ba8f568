"""What is still to happen, in order of time; ties in the order they were noted.

Pure.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

Action = Callable[[datetime], None]


@dataclass(slots=True)
class Agenda:
    """A queue of future actions."""

    _due: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _noted: int = 0

    def note(self, at: datetime, action: Action) -> None:
        """Do this then."""
        self._noted += 1
        heapq.heappush(self._due, (at, self._noted, action))

    def run(self) -> None:
        """Do everything, also what is noted meanwhile."""
        while self._due:
            at, _, action = heapq.heappop(self._due)
            action(at)
