"""What somebody tells a camera while it runs, and the line protocol for it. Pure.

A line is ``CAMERA ORDER``; ``*`` is every camera of the process::

    belt-1 lost | stall | freeze | black | covered | defocus | moved | noise | ok
    belt-1 lights off | on
    belt-1 person                     somebody begins to walk by now
    belt-1 parcel WAYBILL             a parcel is laid onto the belt by now
    belt-1 clock OFFSET_MS [PPM]      the camera's clock is wrong, and drifts from now on: in the
                                      picture, and as ONVIF tells it
    belt-1 onvif hang | drip | garbage | bomb | fault | login | local | long | ok
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from simulators.cameras.clock_code import AT_MS_MAX
from simulators.cameras.faults import Fault
from simulators.cameras.surroundings import DAYLIGHT, WALK_MS, Conditions, Laid

LINE_BYTES_MAX = 200
OFFSET_MS_MAX = 10 * 365 * 86_400_000
DRIFT_PPM_MAX = 100_000
WALKS_MAX = 16
"""Of people at once in one picture."""
LAID_MAX = 32
"""Of parcels that were laid last; older ones are off the belt, or vanish."""
_WAYBILL = re.compile(r"[0-9]{12}", re.ASCII)


class OrderError(ValueError):
    """The sentence says what a camera cannot be told."""


class OnvifFault(StrEnum):
    """How a camera answers who asks for its time.

    ``HANG`` never · ``DRIP`` byte by byte · ``GARBAGE`` no HTTP · ``BOMB`` XML whose entities grow
    · ``FAULT`` · ``LOGIN`` it wants a password · ``LOCAL`` its local time alone · ``LONG`` without
    an end in sight
    """

    OK = "ok"
    HANG = "hang"
    DRIP = "drip"
    GARBAGE = "garbage"
    BOMB = "bomb"
    FAULT = "fault"
    LOGIN = "login"
    LOCAL = "local"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Clock:
    """How a camera's clock differs from the true one: ``offset_ms`` at ``since_ms``, growing."""

    offset_ms: int = 0
    drift_ppm: int = 0
    since_ms: int = 0

    def shown_ms(self, at_ms: int) -> int:
        """What it shows at ``at_ms``."""
        drifted_ms = (at_ms - self.since_ms) * self.drift_ppm // 1_000_000
        return min(AT_MS_MAX, max(0, at_ms + self.offset_ms + drifted_ms))


@dataclass(frozen=True, slots=True)
class Orders:
    """All that a camera was told."""

    fault: Fault = Fault.OK
    conditions: Conditions = DAYLIGHT
    clock: Clock = Clock()
    onvif: OnvifFault = OnvifFault.OK


def split_line(line: str) -> tuple[str, tuple[str, ...]]:
    """A line's camera and the words of its order.

    Raises:
        OrderError: the line does not hold both.
    """
    camera, *words = line.split()[:5] or [""]
    if not words:
        raise OrderError("say CAMERA and ORDER, e.g. belt-1 black")
    return camera, tuple(words)


def follow(orders: Orders, words: tuple[str, ...], at_ms: int) -> Orders:
    """What holds after one more order at ``at_ms``.

    Raises:
        OrderError: no such order.
    """
    conditions = orders.conditions
    match words:
        case ("lights", "on" | "off" as state):
            return replace(orders, conditions=replace(conditions, lit=state == "on"))
        case ("person",):
            walking = [begin for begin in conditions.walks if at_ms - begin < WALK_MS]
            walks = (*walking, at_ms)[-WALKS_MAX:]
            return replace(orders, conditions=replace(conditions, walks=walks))
        case ("parcel", waybill):
            if not _WAYBILL.fullmatch(waybill):
                raise OrderError(f"a parcel's waybill is twelve digits, not {waybill}")
            laid = (*conditions.laid, Laid(waybill, at_ms))[-LAID_MAX:]
            return replace(orders, conditions=replace(conditions, laid=laid))
        case ("clock", offset, *drift) if len(drift) <= 1:
            offset_ms = _number(offset, OFFSET_MS_MAX, "ms")
            drift_ppm = _number(drift[0], DRIFT_PPM_MAX, "ppm") if drift else 0
            return replace(orders, clock=Clock(offset_ms, drift_ppm, at_ms))
        case ("onvif", answers) if answers in {str(known) for known in OnvifFault}:
            return replace(orders, onvif=OnvifFault(answers))
        case (fault,) if fault in {str(known) for known in Fault}:
            return replace(orders, fault=Fault(fault))
    raise OrderError(f"a camera knows no order '{' '.join(words)}'")


def _number(text: str, most: int, unit: str) -> int:
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15 or int(digits) > most:
        raise OrderError(f"at most {most} {unit} either way, not {text}")
    return int(text)
