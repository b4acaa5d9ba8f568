"""The names, hashes and times that every message is made of.

All are strings on the wire; a value that does not fit its pattern never gets past the decoder.
Source: design section 3 ("Event line").
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from wire.limits import INT_MAX

# Python's ``$`` also matches before a final line feed; ``(?!\n)`` closes that in both Python and
# the JSON Schemas that are made from these patterns.
END = r"$(?!\n)"
NAME_PATTERN = r"^[A-Za-z0-9_-]{1,32}" + END
_NAME = re.compile(NAME_PATTERN)

Name = Annotated[str, Meta(pattern=NAME_PATTERN)]
"""A site code, an edge's or a device's name, a place or container id."""
Hex16 = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}" + END)]
Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}" + END)]
"""A spool id, a boot id, a connection id."""
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}" + END)]
Hex128 = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}" + END)]
"""A signature."""
CurvePoint = Annotated[str, Meta(pattern=r"^04[0-9a-f]{128}" + END)]
"""A public key for TLS: the uncompressed point of P-256, 65 bytes (SEC 1, 2.3.3)."""
_AT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z" + END
_AT = re.compile(_AT_PATTERN)
At = Annotated[str, Meta(pattern=_AT_PATTERN)]
"""UTC with milliseconds and ``Z``; a type that holds one refuses a moment that does not exist."""
Prefix = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,32}" + END)]
"""How a series of waybills begins."""
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]" + END)]
"""A local time of day, ``HH:MM``."""
Seq = Annotated[int, Meta(ge=1, le=INT_MAX)]
Count = Annotated[int, Meta(ge=0, le=INT_MAX)]
Micros = Annotated[int, Meta(ge=0, le=INT_MAX)]
"""A duration in microseconds."""

ZERO_HEAD = "0" * 64
"""``prev`` of the first line of a spool."""


class Result(StrEnum):
    """What the edge decided about one scan (design section 3)."""

    CLEAR = "clear"
    HV = "hv"
    WANTED = "wanted"
    STOP = "stop"
    NOT_A_PARCEL = "not_a_parcel"
    HOSTILE = "hostile"


class Signal(StrEnum):
    """What the person at the scanner hears and sees (interface: scanner bytes)."""

    OK = "ok"
    WARN = "warn"
    WANTED = "wanted"
    STOP = "stop"
    REJECT = "reject"
    NOT_RECORDED = "not_recorded"
    OFFLINE = "offline"
    """A light beside the others, never an answer to a scan."""


class Step(StrEnum):
    """Work steps that a ``CX:STEP:`` label may name (interface: labels)."""

    ACCEPT = "accept"
    PACK = "pack"
    ARRIVE = "arrive"
    DEPART = "depart"
    SORT = "sort"
    LOAD = "load"
    UNLOAD = "unload"
    STORE = "store"
    RETRIEVE = "retrieve"
    HANDOVER = "handover"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVER = "deliver"
    RETURN = "return"
    INSPECT = "inspect"
    COUNT = "count"


class ExceptionReason(StrEnum):
    """What is wrong with a parcel (ours: the sources say "any anomaly", HV-3)."""

    DAMAGED = "damaged"
    SEAL_BROKEN = "seal_broken"
    COUNT_DIFFERS = "count_differs"
    CONTENTS_DIFFER = "contents_differ"
    PAPERS_MISSING = "papers_missing"
    SUSPICIOUS = "suspicious"
    OTHER = "other"


def is_name(text: str) -> bool:
    """Say whether ``text`` may stand where a name stands: 1 to 32 of ``A-Za-z0-9_-``."""
    return _NAME.match(text) is not None


def parse_at(text: str) -> datetime:
    """Read a wire time, e.g. ``2026-11-22T01:02:03.456Z``.

    Raises:
        ValueError: not in wire form, or no such moment exists (month 13, hour 25).
    """
    if _AT.match(text) is None:
        raise ValueError(f"no wire time: {text[:40]!r}")
    return datetime.fromisoformat(text)


def format_at(at: datetime) -> str:
    """Write an aware time as a wire time, cut to milliseconds.

    Raises:
        ValueError: ``at`` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone never goes on the wire")
    # isoformat and not strftime: the latter writes the year 999 with three digits.
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
