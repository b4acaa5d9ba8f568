"""How far the clock that a camera writes into its picture is from the edge's. Pure.

It is no measure of the footage, whose times are those of its coming: it says what somebody reads
who looks at the picture. A camera tells whole seconds. Each answer bounds the offset by that second
and by how long the answer took; asked next at the moment at which the answer halves what is left,
eight answers leave a hundredth of a second and half a round trip. Source: docs/adr/0029.
"""

from edge.video.shown_clock import Offset

ASKS = 8
"""In a row; each halves the doubt."""
ROUND_EVERY_S = 3600.0
TOLD_EVERY_S = 86_400.0
_SECOND_MS = 1000


class Narrowing:
    """What the answers of one row tell together. Not for sharing."""

    def __init__(self) -> None:
        self._ends: tuple[int, int] | None = None
        self._travel_ms = 0

    def take(self, said_s: int, sent_ms: int, came_ms: int) -> None:
        """One more answer, read by the camera between two moments of the edge's clock.

        What excludes all before it is a clock that was set meanwhile: then it alone counts.
        """
        said_ms = said_s * _SECOND_MS
        low, high = sent_ms - said_ms - _SECOND_MS, came_ms - said_ms
        if self._ends is not None:
            left = max(low, self._ends[0]), min(high, self._ends[1])
            low, high = left if left[0] <= left[1] else (low, high)
        self._ends, self._travel_ms = (low, high), (came_ms - sent_ms) // 2

    @property
    def offset(self) -> Offset | None:
        """What must be added to the camera's time to get the edge's; None: nothing was told."""
        if self._ends is None:
            return None
        low, high = self._ends
        return Offset((low + high) // 2, max(1, (high - low + 1) // 2))

    def wait_ms(self, now_ms: int) -> int:
        """How long to wait with the next question, so that its answer halves what is left.

        It then reaches the camera where its second turns, if the offset is the middle.
        """
        if self._ends is None:
            return 0
        middle_ms = sum(self._ends) // 2
        return (middle_ms - self._travel_ms - now_ms) % _SECOND_MS


class OwnClockNews:
    """Which offsets are told: the first, one that changed by more than its error, one a day."""

    def __init__(self) -> None:
        self._told: Offset | None = None
        self._told_s = 0.0

    def is_news(self, found: Offset, at_s: float) -> bool:
        """Say whether this one is told now, at ``at_s`` of a clock for durations; then it is."""
        if self._told is not None:
            is_moved = abs(found.offset_ms - self._told.offset_ms) > self._told.error_ms
            if not is_moved and at_s - self._told_s < TOLD_EVERY_S:
                return False
        self._told, self._told_s = found, at_s
        return True
