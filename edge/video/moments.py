"""Times of pictures as an event line has them. Pure. Source: design section 3 ("Event line")."""

from dataclasses import dataclass

from edge.video.footage import Covered


@dataclass(frozen=True, slots=True)
class Moments:
    """One look at all clocks: wall time and CLOCK_BOOTTIME in ms, and the pictures' own in s.

    Under a test clock the first two run ``rate`` times as fast as the pictures.
    """

    wall_ms: int
    mono_ms: int
    boot: str
    picture_s: float
    rate: float = 1.0

    def at(self, picture_s: float) -> Covered:
        """What the clocks showed, or will show, at a moment of the pictures' clock."""
        since_ms = self.span_ms(self.picture_s - picture_s)
        return Covered(self.wall_ms - since_ms, max(0, self.mono_ms - since_ms), self.boot)

    def span_ms(self, length_s: float) -> int:
        """A length of the pictures' clock, in ms of the others."""
        return round(length_s * 1000 * self.rate)

    def picture_time(self, covered: Covered) -> float:
        """When that was, by the pictures' clock of now; never after now.

        After a start of the machine only wall time is left to tell, and that may have been set.
        """
        if covered.boot == self.boot:
            since_ms = self.mono_ms - covered.mono_ms
        else:
            since_ms = self.wall_ms - covered.at_ms
        return self.picture_s - max(0, since_ms) / 1000 / self.rate
