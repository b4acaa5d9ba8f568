"""How far a camera's pictures are from the edge's clock, by a code that the edge shows it. Pure.

The station page shows ``CX:CLOCK:<ms since 1970>`` by the edge's clock, renewed four times a
second. Where a picture shows it, the picture was taken while that code was on the screen. That the
picture had come a while later is what is measured: it holds for all pictures of that camera, and so
for its footage. Source: design section 8 ("Each camera has a clock offset with error").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from edge.video.cutting import DRIFT_MAX

PREFIX = "CX:CLOCK:"
RENEWED_MS = 250
SCREEN_MS = 100
"""From a code's making to its being seen on the screen."""
FAR_MS_MAX = 60_000
"""A code that says another time than this around the edge's is none of ours."""
TOLD_EVERY_S = 60.0
_CODE = re.compile(rf"{PREFIX}([0-9]{{1,15}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a picture was taken by the edge's clock, as its coming told: give or take ``doubt_ms``.

    ``rate``: how many times as fast as a second the edge's clock runs; 1 but under a test clock.
    """

    at_ms: int
    doubt_ms: int
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Offset:
    """What must be added to a picture's time to get the edge's, wrong by at most ``error_ms``."""

    offset_ms: int
    error_ms: int

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the most that it may be."""
        return self.offset_ms - self.error_ms, self.offset_ms + self.error_ms


def shown_ms(codes: Iterable[bytes]) -> tuple[int, ...]:
    """The times that the clock codes among these say, each once."""
    texts = (code.decode("ascii", "replace") for code in codes)
    found = (_CODE.fullmatch(text) for text in texts)
    return tuple(sorted({int(match[1]) for match in found if match is not None}))


def measure(said_ms: int, picture: Moment) -> Offset | None:
    """What a picture of the code tells; None: no screen of ours showed it.

    It is not believed when it is far from the edge's clock, or of a time after the picture came.
    """
    ahead_ms = said_ms - picture.at_ms
    if ahead_ms < -FAR_MS_MAX * picture.rate or ahead_ms > picture.doubt_ms:
        return None
    half_ms = round((RENEWED_MS + SCREEN_MS) * picture.rate / 2)
    return Offset(ahead_ms + half_ms, half_ms + picture.doubt_ms)


class ShownClock:
    """One camera's offset, narrowed with each picture of the code. Not for sharing."""

    def __init__(self) -> None:
        self._known: tuple[float, float] | None = None
        self._known_s = 0.0
        self._told: Offset | None = None
        self._told_s = 0.0

    def take(self, measured: Offset, at_s: float) -> None:
        """One more picture of the code, at ``at_s`` of the pictures' clock."""
        ends: tuple[float, float] = measured.ends
        if self._known is not None:
            # What was known is worth less by now; what it excludes is a clock that was changed.
            worn_ms = (at_s - self._known_s) * DRIFT_MAX * 1000
            low = max(ends[0], self._known[0] - worn_ms)
            high = min(ends[1], self._known[1] + worn_ms)
            ends = (low, high) if low <= high else ends
        self._known, self._known_s = ends, at_s

    def tell(self, at_s: float) -> Offset | None:
        """What is to be told now: the first at once, then not more than once a minute.

        One that changed by more than its error does not wait.
        """
        if self._known is None:
            return None
        low, high = self._known
        now = Offset(round((low + high) / 2), max(1, round((high - low) / 2)))
        if self._told is not None:
            moved_ms = abs(now.offset_ms - self._told.offset_ms)
            is_early = at_s - self._told_s < TOLD_EVERY_S
            is_same = now == self._told
            if is_same or (is_early and moved_ms <= self._told.error_ms):
                return None
        self._told, self._told_s = now, at_s
        return now
