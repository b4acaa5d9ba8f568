"""Event lines: the facts that an edge records, one line of UTF-8 JSON each.

A line is serialised once, at the edge; the same bytes are spooled, sent, stored, hashed and
proven. Readers ignore fields they do not know, since the bytes stay whole either way.
Source: design section 3.

    LineError
    +- the bytes are no event line: quarantine them, take the next
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire import WIRE_VERSION, WireVersion, strict
from wire.limits import (
    ACT_CHECKS_MAX,
    ACT_SCANS_MAX,
    CODE_BYTES_MAX,
    ERROR_TEXT_MAX,
    INT_MAX,
    LINE_BYTES_MAX,
    LINE_DEPTH_MAX,
)
from wire.names import (
    END,
    ZERO_HEAD,
    At,
    Count,
    Hex16,
    Hex32,
    Micros,
    Name,
    Result,
    Seq,
    Sha256,
    Signal,
    Step,
    parse_at,
)

# PostgreSQL keeps no NUL in a text: such a line goes to quarantine, else its batch never fits in.
NO_NUL = r"^[^\u0000]*" + END
ShortText = Annotated[str, Meta(pattern=NO_NUL, max_length=256)]
CodeText = Annotated[str, Meta(pattern=NO_NUL, max_length=CODE_BYTES_MAX)]
CodeHex = Annotated[str, Meta(pattern=r"^([0-9a-f]{2})*" + END, max_length=2 * CODE_BYTES_MAX)]
Waybill = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,64}" + END)]
SignedMillis = Annotated[int, Meta(ge=-INT_MAX, le=INT_MAX)]

UNSEALED_SPOOL = "0" * 32
UNSEALED_SEQ = 1
SEALED_KEYS = frozenset({"v", "spool", "seq", "prev"})
"""Have placeholders in the types; a line that was sealed has them all."""


class LineError(ValueError):
    """The bytes are no event line; the sentence says why."""


class ClockReading(Struct, frozen=True, kw_only=True):
    """How far the edge's clock is from the hub's, in ms; both null while unknown.

    ``offset_ms`` is what to add to ``at``; ``error_ms`` is half the round trip plus drift since.
    """

    offset_ms: SignedMillis | None = None
    error_ms: Count | None = None


class EventBase(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """The fields every kind has.

    ``spool``, ``seq`` and ``prev`` are placeholders until the spool seals the line, because only
    the spool knows what came before. ``mono_ms`` is CLOCK_BOOTTIME, ``boot`` the kernel's boot id,
    ``source`` what the operating system says of the port, ``by`` a pseudonym (never a badge).
    """

    v: WireVersion = WIRE_VERSION
    site: Name
    edge: Name
    spool: Hex32 = UNSEALED_SPOOL
    seq: Seq = UNSEALED_SEQ
    prev: Sha256 = ZERO_HEAD
    at: At
    mono_ms: Count
    boot: Hex32
    clock: ClockReading
    device: Name | None = None
    source: ShortText | None = None
    by: Hex16 | None = None

    def __post_init__(self) -> None:
        parse_at(self.at)


class ScanTiming(Struct, frozen=True, kw_only=True):
    """Microseconds from a frame's last byte to its code, and from the code to the verdict."""

    decode: Micros
    verdict: Micros


class ContainerKind(StrEnum):
    """What a parcel is put into; each has its own command label (interface: labels)."""

    BAG = "bag"
    VEHICLE = "vehicle"
    FLIGHT = "flight"
    PALLET = "pallet"


class QueuedScan(Struct, frozen=True, kw_only=True):
    """A handheld scanned this while it had no edge, and handed it in later.

    ``queue`` names the handheld's queue and ``n`` the place in it, so that handing in twice stores
    once. ``at`` is the handheld's own clock, ``result`` and ``list_version`` are what it told the
    person then; the line's ``at`` is that moment in the edge's time.
    """

    queue: Hex32
    n: Seq
    at: At
    result: Result
    list_version: Count

    def __post_init__(self) -> None:
        parse_at(self.at)


class Scan(EventBase, frozen=True, kw_only=True, tag="scan"):
    """One trigger pull outside the repeat guard.

    For a code that is neither waybill nor command label, and for every badge, ``code_hex`` and
    ``text`` are null and ``body`` is the hash of the private body that holds them.
    """

    waybill: Waybill | None = None
    code_hex: CodeHex | None = None
    text: CodeText | None = None
    body: Sha256 | None = None
    length: Count
    aim: Annotated[str, Meta(pattern=r"^[A-Za-z][0-9A-Za-z]" + END)] | None = None
    symbology: ShortText | None = None
    step: Step | None = None
    place: Name | None = None
    container: ShortText | None = None
    container_kind: ContainerKind | None = None
    result: Result
    list_version: Count
    list_age_s: Count | None = None
    timing_us: ScanTiming
    maybe_repeat_of: Seq | None = None
    queued: QueuedScan | None = None


class Feedback(EventBase, frozen=True, kw_only=True, tag="feedback"):
    """What the person was told about scan ``of_seq``; written after the tone, never delaying one.

    ``commit_us`` runs from the verdict to the durable row, ``feedback_us`` from there until the
    answer was handed to the port (null: the port has no return channel). ``device_ack``: the
    scanner acknowledged the whole answer before this was written; null where the protocol cannot
    acknowledge.
    """

    of_seq: Seq
    signal: Signal
    commit_us: Micros | None = None
    feedback_us: Micros | None = None
    device_ack: bool | None = None
    repeats: Count = 0


class ActKind(StrEnum):
    """What people did with parcels beyond scanning them (design sections 3 and 6)."""

    HANDOVER_ACCEPT = "handover_accept"
    HANDOVER_REFUSE = "handover_refuse"
    SEAL_CHECK = "seal_check"
    EXCEPTION = "exception"
    DELIVER = "deliver"
    SELF_CHECK = "self_check"
    """The search that a suspect asks of a site (HV-2.11.2)."""
    CORRECTION = "correction"


class Act(EventBase, frozen=True, kw_only=True, tag="act"):
    """One act at a station; ``scans`` are the sequence numbers in this spool that it covers.

    The optional fields belong to single kinds: ``giver`` and ``receiver`` (pseudonyms) and
    ``seal`` to a handover, ``reason`` to a refusal or an exception, ``incident``, ``found`` and
    ``checks`` (what was ticked) to a self-check, ``corrects`` to a correction. What was typed of
    people, a signer's ID or an exception's words, stands in the private body alone.
    """

    act: ActKind
    waybill: Waybill | None = None
    scans: Annotated[tuple[Seq, ...], Meta(max_length=ACT_SCANS_MAX)] = ()
    step: Step | None = None
    place: Name | None = None
    giver: Hex16 | None = None
    receiver: Hex16 | None = None
    seal: Name | None = None
    reason: ShortText | None = None
    incident: Seq | None = None
    found: bool | None = None
    checks: Annotated[tuple[Name, ...], Meta(max_length=ACT_CHECKS_MAX)] = ()
    corrects: Seq | None = None
    body: Sha256 | None = None


class StationFact(StrEnum):
    """What a station can report of itself."""

    CLOCK_STEP = "clock_step"
    DEVICE_LOST = "device_lost"
    DEVICE_BACK = "device_back"
    SCANNER_REPROGRAMMED = "scanner_reprogrammed"
    """AIM ids are configured and one came without (facts.md: "BadBarcode")."""
    SPOOL_START = "spool_start"
    SPOOL_END = "spool_end"


class Station(EventBase, frozen=True, kw_only=True, tag="station"):
    """A fact about the station itself; the optional fields belong to single facts."""

    fact: StationFact
    reason: ShortText | None = None
    clock_step_ms: SignedMillis | None = None
    after_spool: Hex32 | None = None
    after_seq: Seq | None = None
    after_head: Sha256 | None = None


class Head(EventBase, frozen=True, kw_only=True, tag="head"):
    """Once a minute: the station lives, has ``depth`` unreceipted events and this wanted list."""

    depth: Count
    list_version: Count
    list_age_s: Count | None = None


Event = Scan | Feedback | Act | Station | Head

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def line_hash(line: bytes) -> str:
    """SHA-256 of a line's bytes without LF, lower hex: the next line's ``prev``."""
    return hashlib.sha256(line).hexdigest()


def seal_line(event: Event, spool: str, seq: int, prev: str) -> bytes:
    """Serialise an event at its place in a spool: the bytes that are kept for ever, without LF.

    Raises:
        LineError: the line would be longer than ``LINE_BYTES_MAX``.
    """
    line = _encoder.encode(msgspec.structs.replace(event, spool=spool, seq=seq, prev=prev))
    if len(line) > LINE_BYTES_MAX:
        raise LineError(f"line of {len(line)} bytes, at most {LINE_BYTES_MAX} are allowed")
    return line


def parse_line(line: bytes) -> Event:
    """Read one event line (without LF).

    Raises:
        LineError: too long, too deep, not JSON, an unknown kind, a field out of its bounds, never
            sealed, or readable in two ways (:mod:`wire.strict`).
    """
    if len(line) > LINE_BYTES_MAX:
        raise LineError(f"line of {len(line)} bytes, at most {LINE_BYTES_MAX} are allowed")
    if b"\n" in line:
        raise LineError("a line feed inside a line")
    if _is_deeper_than(line, LINE_DEPTH_MAX):
        raise LineError(f"nested deeper than {LINE_DEPTH_MAX}")
    try:
        event = _decoder.decode(line)
        if _encoder.encode(event) != line:
            _check_foreign(line)
    except (ValueError, RecursionError) as error:
        raise LineError(str(error)[:ERROR_TEXT_MAX]) from error
    if event.spool == UNSEALED_SPOOL:
        raise LineError("a line that no spool has sealed")
    return event


def read_checked(line: bytes) -> Event:
    """Read a line that :func:`parse_line` has taken before; only its types are checked again.

    Raises:
        LineError: it is none.
    """
    try:
        return _decoder.decode(line)
    except (ValueError, RecursionError) as error:
        raise LineError(str(error)[:ERROR_TEXT_MAX]) from error


def _check_foreign(line: bytes) -> None:
    # Not as our encoder writes it: fields of a later version, other spacing, or a trick.
    missing = SEALED_KEYS - strict.read_keys(line)
    if missing:
        raise ValueError(f"a line without {', '.join(sorted(missing))}")


def _is_deeper_than(line: bytes, depth_max: int) -> bool:
    # The cheap bound first: no line can be deeper than its opening brackets are many.
    if line.count(b"{") + line.count(b"[") <= depth_max:
        return False
    depth = 0
    in_string = escaped = False
    for byte in line:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"{[":
            depth += 1
            if depth > depth_max:
                return True
        elif byte in b"}]":
            depth -= 1
    return False
