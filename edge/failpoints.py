"""Named places at which a test lets the program die, or lets the disk or the network fail it.

Off unless CUSTOS_FAIL_POINT="name:hit[:fail]" is set, more of them separated by commas; then the
``hit``-th passing of that place is the last thing the program does, as in a power cut, or with
``fail`` raises what a failing disk or network raises there. A place before and one after each act
that others see give both forms of a fault: it failed, and it failed after it had happened. The hub
has its own (``hub/failpoints.py``): nothing that both may import may kill a process.
Source: promises P1 and P2, style ("Faults in pairs").
"""

import errno
import json
import os
import signal
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import apsw


class FailPoint(StrEnum):
    """The places, in the order in which one scan passes them."""

    READ = "read"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_TONE = "before_tone"
    AFTER_TONE = "after_tone"
    BEFORE_PUBLISH = "before_publish"
    AFTER_PUBLISH = "after_publish"
    """The broker has acknowledged it."""
    RECEIPT_ARRIVED = "receipt_arrived"
    BEFORE_RECEIPT = "before_receipt"
    """The station has it and has not noted it."""
    AFTER_RECEIPT = "after_receipt"
    BEFORE_LOSS = "before_loss"
    """The hub was restored, and the disk does not know yet what it needs again."""
    AFTER_LOSS = "after_loss"
    BEFORE_BODIES = "before_bodies"
    AFTER_BODIES = "after_bodies"
    """The hub has them, and they are not put away."""
    BEFORE_LIST = "before_list"
    AFTER_LIST = "after_list"
    BEFORE_CHANGE_OVER = "before_change_over"
    AFTER_CHANGE_OVER = "after_change_over"


_IN_THE_SPOOL = frozenset(
    {
        FailPoint.BEFORE_COMMIT,
        FailPoint.AFTER_COMMIT,
        FailPoint.BEFORE_LOSS,
        FailPoint.AFTER_LOSS,
        FailPoint.BEFORE_CHANGE_OVER,
        FailPoint.AFTER_CHANGE_OVER,
    }
)


class Action(StrEnum):
    """What happens at an armed place."""

    KILL = "kill"
    FAIL = "fail"


class FailPoints(Protocol):
    """Anything that wants to know where the program is."""

    def hit(self, point: FailPoint) -> None:
        """The program passes ``point``."""


class NoFailPoints:
    """The usual case: nothing happens."""

    def hit(self, point: FailPoint) -> None:
        """Go on."""


NO_FAIL_POINTS = NoFailPoints()


class ArmedFailPoints:
    """Counts passings; at an armed one it tells stderr and acts."""

    def __init__(self, armed: Mapping[tuple[FailPoint, int], Action]) -> None:
        self._armed = armed
        self._passed: Counter[FailPoint] = Counter()

    def hit(self, point: FailPoint) -> None:
        """Count, and die or fail when it is time.

        Raises:
            apsw.IOError, OSError: as ``fail`` wants it, in the spool or elsewhere.
        """
        self._passed[point] += 1
        action = self._armed.get((point, self._passed[point]))
        if action is None:
            return
        line = json.dumps({"event": "fail point", "point": point, "action": action})
        os.write(2, f"{line}\n".encode())
        if action is Action.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if point in _IN_THE_SPOOL:
            raise apsw.IOError(f"fail point {point}")
        raise OSError(errno.EIO, f"fail point {point}")


def parse_fail_points(text: str | None) -> FailPoints:
    """Read ``name:hit[:fail],…``; None means no fail-point.

    Raises:
        ValueError: another form, an unknown name, or a hit below 1.
    """
    if text is None:
        return NO_FAIL_POINTS
    return ArmedFailPoints(dict(_parse(each) for each in text.split(",")))


def _parse(text: str) -> tuple[tuple[FailPoint, int], Action]:
    name, _, rest = text.partition(":")
    hit, _, action = rest.partition(":")
    if name not in set(FailPoint) or not hit.isdecimal() or int(hit) < 1 or action not in _ACTIONS:
        raise ValueError(
            f"CUSTOS_FAIL_POINT has {text!r}; it must be name:hit or name:hit:fail "
            f"with one of {', '.join(FailPoint)}"
        )
    return (FailPoint(name), int(hit)), Action(action or Action.KILL)


_ACTIONS = {"", *Action}
