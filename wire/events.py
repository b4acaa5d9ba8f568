"""Event lines: the facts that an edge records, one line of UTF-8 JSON each.

What each kind of event says; :mod:`wire.lines` writes and reads the bytes.
Source: design section 3 ("Event line"), section 8 (cameras and segments).
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from wire import WIRE_VERSION, WireVersion
from wire.limits import ACT_CHECKS_MAX, ACT_SCANS_MAX, CODE_BYTES_MAX, INT_MAX
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
    ``source`` what the operating system says of the port, of a camera only whether it is this very
    machine (null: it was not open, or an older edge's), ``by`` a pseudonym (never a badge).
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


class CameraFact(StrEnum):
    """What an edge can say of one of its cameras, and of the footage that it keeps of it."""

    LOST = "lost"
    """Nothing comes from it."""
    BACK = "back"
    GAP = "gap"
    """No footage of the time before ``at``."""
    DELETED = "deleted"
    """Footage that was kept is gone: its time is over, or the disk's budget was."""
    BLACK = "black"
    COVERED = "covered"
    FROZEN = "frozen"
    MOVED = "moved"
    """It looks elsewhere than it did."""
    DEFOCUSED = "defocused"
    SIGHTING = "sighting"
    """It read a waybill's label: evidence of place, no custody (design section 6)."""
    CLOCK = "clock"
    """How far its pictures' times are from the edge's was measured."""
    OWN_CLOCK = "own_clock"
    """How far the clock that it writes into its picture is from the edge's; no measure of its
    footage, which is timed by its coming (docs/adr/0029)."""
    DAMAGED = "damaged"
    """A kept file is not what was recorded any more."""
    SHORT = "short"
    """The disk will not hold footage for as long as it is to be kept; of no single camera."""


class Damage(StrEnum):
    """What became of a kept file: the ``reason`` of a ``damaged`` fact."""

    CHANGED = "changed"
    MISSING = "missing"
    """Or it cannot be read."""
    SWAPPED = "swapped"
    """Its content is another file's."""


class Camera(EventBase, frozen=True, kw_only=True, tag="camera"):
    """A fact about camera ``device``; the optional fields belong to single facts.

    A gap is of the ``length_ms`` before ``at``. Deleted were ``segments`` with pictures ``since``
    one moment ``until`` another, by this edge's clock of then. What is wrong with the picture began
    ``since`` a moment, the last one at which it was vouched for, or of a freeze the first picture
    that came again, which may be later; ``is_over`` tells its end with the same ``since``, or none
    if the edge's machine was started anew meanwhile, and ``picture`` is the hash of a still (JPEG)
    of the moment, which the edge keeps and sends.

    A sighting names the ``waybill`` that was in view from ``since`` until ``at``; its picture is
    the label. A clock's ``offset_ms`` is what must be added to a picture's time to get the edge's,
    an own clock's what must be added to the time that the camera itself writes, both wrong by at
    most ``error_ms``; ``reason`` says how it was measured (``shown``, ``onvif``). Damaged is the
    file that was recorded as ``segment``; ``reason`` is a :class:`Damage`. Short is a disk that
    holds ``days_fit`` of the ``days_asked`` at the last day's rate; ``is_over`` tells that it holds
    them all.
    """

    fact: CameraFact
    length_ms: Count | None = None
    since: At | None = None
    until: At | None = None
    is_over: bool = False
    picture: Sha256 | None = None
    segments: Count | None = None
    waybill: Waybill | None = None
    offset_ms: SignedMillis | None = None
    error_ms: Count | None = None
    segment: Sha256 | None = None
    days_fit: Count | None = None
    days_asked: Count | None = None
    reason: ShortText | None = None


class Codec(StrEnum):
    """How the pictures of a segment are coded."""

    H264 = "h264"
    H265 = "h265"


class Segment(EventBase, frozen=True, kw_only=True, tag="segment"):
    """Footage of camera ``device``: the ``length_ms`` before ``at``, in a file of its own.

    ``at`` and ``mono_ms`` are the end of its last picture; ``error_ms`` is how far its times may be
    from the edge's clock, by what a picture took to arrive. ``sha256`` is of the whole file, of
    ``bytes`` bytes, which begins with a key frame. ``salvaged``: it was cut short by a crash.
    """

    length_ms: Count
    error_ms: Count
    sha256: Sha256
    bytes: Count
    codec: Codec
    frames: Count
    salvaged: bool = False


Event = Scan | Feedback | Act | Station | Head | Camera | Segment
