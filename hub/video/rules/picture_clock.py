"""How far a camera's pictures are from their edge's clock, and which footage shows a time. Pure.

Source: design section 8 ("Each camera has a clock offset with error"), docs/adr/0029.
"""

from dataclasses import dataclass
from datetime import timedelta

from hub.video.rules.coverage import Stretch

OFF_MAX_MS = 61_000
"""An edge believes no code that is more than a minute off (edge.video.shown_clock); a code is on
the screen for a moment more."""


@dataclass(frozen=True, slots=True)
class PictureClock:
    """``offset_ms`` is added to a picture's time to get its edge's, wrong by ``error_ms``."""

    offset_ms: int
    error_ms: int

    def is_believed(self, rate: float) -> bool:
        """Say whether an edge can have measured this.

        ``rate``: how many times as fast as a second the clocks run; 1 but under a test clock.
        """
        return max(abs(self.offset_ms), self.error_ms) <= OFF_MAX_MS * rate

    def footage_of(self, asked: Stretch) -> Stretch:
        """The time of the pictures that show ``asked``, by the footage's own clock."""
        offset, error = (timedelta(milliseconds=ms) for ms in (self.offset_ms, self.error_ms))
        try:
            return Stretch(asked.since - offset - error, asked.until - offset + error)
        except OverflowError:
            # At the calendar's ends there are no pictures that could be elsewhere.
            return asked


UNMEASURED = PictureClock(0, 0)
"""Nobody knows how far they are off: they are taken at their own times."""
