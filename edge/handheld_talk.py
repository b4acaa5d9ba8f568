"""What a handheld's browser and its edge say to each other, strictly read.

A handheld keeps every scan in a queue of its own before it sends it. ``HandIn`` is all it ever
says once it is paired: the oldest scans of that queue, or none, when it only asks how things are.
The answer names the last one that is durable here; the handheld forgets up to that one and nothing
else. Scans follow each other without a gap, so that whatever overtakes whatever on the way, a scan
is stored once and in its order. Source: promises P1, P2; docs/adr/0021.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.page_state import ListView, ScanView, Screen, SessionView
from wire.events import CodeHex, SignedMillis
from wire.names import END, At, Count, Hex32, Name, Result, Seq, parse_at

HAND_IN_SCANS_MAX = 20
"""Each is a commit, and a cabled scanner's next scan waits for all of them."""
HAND_IN_BYTES_MAX = 64 * 1024
PAIR_BYTES_MAX = 256
PATIENCE_MS = 1500
"""So long a person waits for the edge's word; then the handheld says "kept" (handheld.js)."""
CODE_DIGITS = 6


class QueuedCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trigger pull in a handheld's queue.

    ``at`` is the handheld's own clock; ``result`` and ``list_version`` are its own judgement.
    ``size`` is the code's length in bytes, ``code_hex`` holds its head. ``kept``: the person was
    told "kept", because no edge answered in time.
    """

    n: Seq
    at: At
    code_hex: CodeHex
    size: Count
    result: Result
    list_version: Count
    kept: bool

    def __post_init__(self) -> None:
        parse_at(self.at)
        if self.size < len(self.code_hex) // 2:
            raise ValueError("a code longer than its size")


class OwnClock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the handheld's clock is from its edge's, as the handheld measured it, in ms.

    ``offset_ms`` is what to add to its times, ``error_ms`` half the round trip.
    """

    offset_ms: SignedMillis
    error_ms: Count


class HandIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The oldest scans of a queue, in their order.

    ``forgotten``: everything up to here was acknowledged to the handheld, and it has it no more.
    """

    queue: Hex32
    forgotten: Count
    clock: OwnClock | None
    scans: Annotated[tuple[QueuedCode, ...], Meta(max_length=HAND_IN_SCANS_MAX)]

    def __post_init__(self) -> None:
        for n, scan in enumerate(self.scans, start=self.forgotten + 1):
            if scan.n != n:
                raise ValueError("scans that do not follow each other")
            if scan.kept and self.clock is None:
                raise ValueError("a kept scan without a clock")


class PairAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code that somebody read off the station page; ``queue`` is the browser's own, random."""

    code: Annotated[str, Meta(pattern=rf"^[0-9]{{{CODE_DIGITS}}}" + END)]
    queue: Hex32


class ListAsk(Struct, frozen=True):
    """The handheld wants its copy of the wanted list."""


class PairRefusal(StrEnum):
    """Why a browser was not paired."""

    NO_CODE = "no_code"
    """No code is shown on the station page, or its time is over."""
    WRONG = "wrong"
    TOO_SOON = "too_soon"
    """After a wrong one the next is not read for a while."""
    DISK = "disk"
    BUSY = "busy"


class HandInProblem(StrEnum):
    """Why scans were not taken; the handheld keeps them."""

    NOT_PAIRED = "not_paired"
    OTHER_QUEUE = "other_queue"
    """Another queue than the one this handheld was paired with."""
    DISK = "disk"
    BUSY = "busy"


class Paired(Struct, frozen=True, kw_only=True):
    """A browser is a handheld now; of its ``token`` only the hash is kept here."""

    device: Name
    token: str


class Told(Struct, frozen=True, kw_only=True):
    """What the edge says of one scan that it has just recorded."""

    n: Seq
    screen: Screen
    scan: ScanView


class HandInAnswer(Struct, frozen=True, kw_only=True):
    """How things stand: ``upto`` is the last scan of this queue that is durable here.

    ``told`` are those of this request that were recorded by it. ``at`` is the edge's clock.
    ``guard_ms`` is the repeat guard's.
    """

    site: str
    edge: str
    device: str
    version: str
    at: At
    upto: Count
    problem: HandInProblem | None
    told: tuple[Told, ...]
    session: SessionView
    list: ListView
    pack_version: Count
    guard_ms: Count


_hand_in_decoder = msgspec.json.Decoder(HandIn)
_pair_decoder = msgspec.json.Decoder(PairAsk)


def parse_hand_in(data: bytes) -> HandIn:
    """Read what a handheld says.

    Raises:
        ValueError: anything else.
    """
    return _hand_in_decoder.decode(data)


def parse_pair(data: bytes) -> PairAsk:
    """Read a try to pair.

    Raises:
        ValueError: anything else.
    """
    return _pair_decoder.decode(data)
