"""Named places at which a test lets the program kill itself, as a power cut would.

Off unless CUSTOS_FAIL_POINT="name:hit" is set; then the ``hit``-th passing of that place is the
last thing the program does. Source: promises P1 and P2, style ("Faults in pairs").
"""

import os
import signal
from collections import Counter
from enum import StrEnum
from typing import Protocol


class FailPoint(StrEnum):
    """The places, in the order in which one scan passes them."""

    READ = "read"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    AFTER_TONE = "after_tone"
    AFTER_PUBLISH = "after_publish"
    AFTER_RECEIPT = "after_receipt"


class FailPoints(Protocol):
    """Anything that wants to know where the program is."""

    def hit(self, point: FailPoint) -> None:
        """The program passes ``point``."""


class NoFailPoints:
    """The usual case: nothing happens."""

    def hit(self, point: FailPoint) -> None:
        """Go on."""


NO_FAIL_POINTS = NoFailPoints()


class KillAt:
    """SIGKILL this process at the ``hit``-th passing of one place."""

    def __init__(self, point: FailPoint, hit: int) -> None:
        self._point = point
        self._hit = hit
        self._passed: Counter[FailPoint] = Counter()

    def hit(self, point: FailPoint) -> None:
        """Count, and die when it is time."""
        self._passed[point] += 1
        if point is self._point and self._passed[point] == self._hit:
            os.kill(os.getpid(), signal.SIGKILL)


def parse_fail_point(text: str | None) -> FailPoints:
    """Read ``name:hit``; None means no fail-point.

    Raises:
        ValueError: another form, an unknown name, or a hit below 1.
    """
    if text is None:
        return NO_FAIL_POINTS
    name, _, hit = text.partition(":")
    names = ", ".join(FailPoint)
    if name not in set(FailPoint) or not hit.isdecimal() or int(hit) < 1:
        raise ValueError(f"CUSTOS_FAIL_POINT is {text!r}; it must be name:hit with one of {names}")
    return KillAt(FailPoint(name), int(hit))
