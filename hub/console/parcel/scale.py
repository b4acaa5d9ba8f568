"""A ruler on which short moments can still be told apart. Pure.

A handover takes seconds and a trunk road a day: in proportion the one would be invisible. So each
stretch between two neighbouring knots has at least a share of the ruler's width; what is left is
shared out by length. Order is kept, and every mark carries its own time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

STRETCH_MIN = 0.045
"""The least share of the width that a stretch has, as long as there are few."""
FLOOR_MAX = 0.6
"""Of the width, what all least shares may take together."""
MARK_APART_MIN = 0.075
"""Between two written moments, as a share of the width."""


class Scale:
    """Puts moments on a ruler from 0 to 1."""

    def __init__(self, knots: Iterable[datetime]) -> None:
        """Stretch a ruler from the first knot to the last.

        Args:
            knots: where something begins or ends, aware UTC, at least one.
        """
        self._knots: Sequence[datetime] = sorted(set(knots))
        count = len(self._knots) - 1
        whole = self._knots[-1] - self._knots[0]
        floor = min(STRETCH_MIN, FLOOR_MAX / count) if count else 0.0
        self._places = [0.0]
        for start, end in zip(self._knots, self._knots[1:], strict=False):
            share = floor + (1 - floor * count) * ((end - start) / whole)
            self._places.append(self._places[-1] + share)

    def place(self, at: datetime) -> float:
        """Where a moment stands; what lies outside stands at the end that is nearer."""
        if at <= self._knots[0]:
            return 0.0
        if at >= self._knots[-1]:
            return 1.0
        left = bisect_right(self._knots, at) - 1
        start, end = self._knots[left], self._knots[left + 1]
        width = self._places[left + 1] - self._places[left]
        return self._places[left] + width * ((at - start) / (end - start))

    def marks(self) -> list[tuple[float, datetime]]:
        """The knots that can be written without touching each other."""
        written: list[tuple[float, datetime]] = []
        for place, at in zip(self._places, self._knots, strict=True):
            if not written or place - written[-1][0] >= MARK_APART_MIN:
                written.append((place, at))
        return written


def full_minute(at: datetime) -> datetime:
    """The minute's end, so that a ruler that runs until now is drawn anew once a minute."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)
