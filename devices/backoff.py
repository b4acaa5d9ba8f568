"""How long to wait before the next try. Pure."""

from dataclasses import dataclass

DOUBLINGS_MAX = 30
"""More would overflow a float after a long outage."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling from ``first_s`` up to ``max_s``, in seconds."""

    first_s: float
    max_s: float

    def delay_s(self, failures: int) -> float:
        """The wait after ``failures`` (from 1) in a row."""
        return min(self.max_s, self.first_s * 2.0 ** min(failures - 1, DOUBLINGS_MAX))
