"""What a day still has to be done, in order of time; one scanner's work can be put off.

Pure.
"""

import heapq
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from simulators.carrier.pulls import Call, Doing


class Turn(NamedTuple):
    """A doing with its time; ``n`` keeps the order of the day where times are equal."""

    due_at: datetime
    n: int
    doing: Doing


class DayQueue:
    """Gives one turn after the other."""

    def __init__(self, doings: Iterable[Doing]) -> None:
        """``doings`` in order of time."""
        self._turns = [Turn(doing.at, n, doing) for n, doing in enumerate(doings)]
        self._put_off: dict[tuple[str, str], datetime] = {}

    def next(self) -> Turn | None:
        """The next turn; None at the end of the day."""
        while self._turns:
            turn = heapq.heappop(self._turns)
            until = self._put_off.get(_desk(turn.doing), turn.due_at)
            if turn.due_at >= until:
                return turn
            heapq.heappush(self._turns, turn._replace(due_at=until))
        return None

    def put_off(self, turn: Turn, until: datetime) -> None:
        """Do this, and whatever else its scanner was to do before, only then."""
        self._put_off[_desk(turn.doing)] = until
        heapq.heappush(self._turns, turn._replace(due_at=until))


def _desk(doing: Doing) -> tuple[str, str]:
    return ("", "") if isinstance(doing, Call) else (doing.site, doing.device)
