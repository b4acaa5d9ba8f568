"""The signed messages between edge and hub, as types; line 1 of each is one of these as JSON.

Source: design section 3 ("Batch", "Exactly once", "Nothing is retained").
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from wire import WIRE_VERSION, WireVersion
from wire.events import ClockReading, ShortText
from wire.limits import (
    BATCH_EVENTS_MAX,
    BODIES_PER_MESSAGE_MAX,
    CERTIFICATE_CHARS_MAX,
    DELTA_ENTRIES_MAX,
    DEVICES_PER_EDGE_MAX,
    ENROLLED_CHARS_MAX,
    FOOTAGE_FILE_BYTES_MAX,
    FOOTAGE_PART_BYTES_MAX,
    ORDER_FILES_MAX,
    PICTURE_BYTES_MAX,
    SPOOLS_PER_EDGE_MAX,
    WANTED_RULES_MAX,
)
from wire.names import At, Count, CurvePoint, Hex32, Hex128, Name, Seq, Sha256, parse_at
from wire.wanted import ListHead, WantedEntry, WantedRule

Pem = Annotated[
    str, Meta(max_length=CERTIFICATE_CHARS_MAX, pattern=r"^-----BEGIN CERTIFICATE-----\n")
]
"""One X.509 certificate."""


class MessageBase(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Whom a message is from or for; the hub ties both to topic and signing key."""

    v: WireVersion = WIRE_VERSION
    site: Name
    edge: Name


class SpoolHead(Struct, frozen=True, kw_only=True):
    """Where one spool stands: the last sequence number and the hash of its line."""

    spool: Hex32
    seq: Count
    head: Sha256


class Problem(StrEnum):
    """Why the hub stores nothing more of a spool until a person decides."""

    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_IDENTITY = "wrong_identity"
    BROKEN_CHAIN = "broken_chain"
    EQUIVOCATION = "equivocation"
    UNREADABLE = "unreadable"


# ---------------------------------------------------------------- edge -> hub


class Batch(MessageBase, frozen=True, kw_only=True, tag="batch"):
    """Header of a batch; ``count`` event lines follow the signature, ``head`` hashes the last."""

    spool: Hex32
    first_seq: Seq
    count: Annotated[int, Meta(ge=1, le=BATCH_EVENTS_MAX)]
    head: Sha256


class DeviceState(Struct, frozen=True, kw_only=True):
    """One scanner as its edge sees it now."""

    id: Name
    source: ShortText | None
    protocol: ShortText
    connected: bool


class State(MessageBase, frozen=True, kw_only=True, tag="state"):
    """Every 30 s, and at once after a connect; ``n`` grows within a boot of the program."""

    n: Seq
    boot: Hex32
    connection: Hex32
    at: At
    mono_ms: Count
    heads: Annotated[tuple[SpoolHead, ...], Meta(max_length=SPOOLS_PER_EDGE_MAX)]
    wanted: ListHead | None
    clock: ClockReading
    depth: Count
    oldest_at: At | None
    devices: Annotated[tuple[DeviceState, ...], Meta(max_length=DEVICES_PER_EDGE_MAX)]
    version: ShortText
    pack_version: Count = 0
    """Of the site pack that it holds; 0: none."""
    problem: Problem | None = None
    """Why it sends nothing more of a spool: the hub refused it, or their heads contradict."""

    def __post_init__(self) -> None:
        parse_at(self.at)
        if self.oldest_at is not None:
            parse_at(self.oldest_at)


class Gone(MessageBase, frozen=True, kw_only=True, tag="gone"):
    """The last will, made anew before every CONNECT: this connection ended, and no more."""

    boot: Hex32
    connection: Hex32


class Bodies(MessageBase, frozen=True, kw_only=True, tag="bodies"):
    """Header of private bodies, by HTTP only; ``count`` :class:`PrivateBody` lines follow."""

    count: Annotated[int, Meta(ge=1, le=BODIES_PER_MESSAGE_MAX)]
    sha256: Sha256
    """Over the lines as sent, line feeds included: the signature covers them through this."""


class FootagePart(MessageBase, frozen=True, kw_only=True, tag="footage_part"):
    """Header of a part of an ordered file, by HTTP only; ``count`` bytes and a line feed follow.

    ``sha256`` and ``bytes`` are the whole file's, as its ``segment`` line said. The answer is a
    :class:`FootageHave`; a part that does not begin where the hub's copy ends is not taken, and
    ``count`` 0 only asks. Source: design section 8.
    """

    sha256: Sha256
    bytes: Annotated[int, Meta(ge=1, le=FOOTAGE_FILE_BYTES_MAX)]
    offset: Annotated[int, Meta(ge=0, le=FOOTAGE_FILE_BYTES_MAX)]
    count: Annotated[int, Meta(ge=0, le=FOOTAGE_PART_BYTES_MAX)]
    part_sha256: Sha256
    """Over the ``count`` bytes: the signature covers them through this."""


class FootageGone(MessageBase, frozen=True, kw_only=True, tag="footage_gone"):
    """An ordered file is not here, by HTTP only; ``reason`` says why."""

    sha256: Sha256
    reason: ShortText


class Picture(MessageBase, frozen=True, kw_only=True, tag="picture"):
    """Header of a still (JPEG) of ``camera``, by HTTP only; its ``bytes`` and a line feed follow.

    ``is_named``: a ``camera`` line holds its hash, so it is kept as long as footage is; any other
    only shows what the camera shows now.
    """

    camera: Name
    at: At
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=1, le=PICTURE_BYTES_MAX)]
    is_named: bool

    def __post_init__(self) -> None:
        parse_at(self.at)


class Enrol(MessageBase, frozen=True, kw_only=True, tag="enrol"):
    """An edge shows its new key, signed with that key; ``secret`` is null on first use."""

    public_key: Sha256
    """The raw Ed25519 key, 64 hex digits."""
    secret: ShortText | None
    boot: Hex32
    enrolled: Annotated[str, Meta(max_length=ENROLLED_CHARS_MAX)] | UnsetType = UNSET
    """The hub's own signed :class:`Enrolled`, shown to a hub that knows us no more: it was
    restored from a backup that is older."""
    tls_key: CurvePoint | UnsetType = UNSET
    """The key that its certificate is to be for; unset: it needs none."""


class Renew(MessageBase, frozen=True, kw_only=True, tag="renew"):
    """An enrolled edge asks for a certificate of its key for TLS; answer: :class:`Certified`."""

    tls_key: CurvePoint
    at: At

    def __post_init__(self) -> None:
        parse_at(self.at)


class Rotate(MessageBase, frozen=True, kw_only=True, tag="rotate"):
    """An edge changes its signing key: the old one signs this; answer: :class:`Enrolled`.

    ``proof`` is the new key's own signature (``ledger.signing.rotation_proof``): nobody can put
    under an edge's name a key that is not held there.
    """

    public_key: Sha256
    proof: Hex128


class PackFetch(MessageBase, frozen=True, kw_only=True, tag="pack_fetch"):
    """An edge asks for its site pack; ``have_version`` is what it holds."""

    have_version: Count
    at: At

    def __post_init__(self) -> None:
        parse_at(self.at)


class Fetch(MessageBase, frozen=True, kw_only=True, tag="fetch"):
    """An edge asks for the newest wanted snapshot; ``have_version`` is what it holds."""

    have_version: Count
    at: At

    def __post_init__(self) -> None:
        parse_at(self.at)


# ---------------------------------------------------------------- hub -> edge


class Receipt(MessageBase, frozen=True, kw_only=True, tag="receipt"):
    """What the hub has committed; the only thing on which an edge forgets (P2).

    ``answers`` is the SHA-256 of the first line of the batch or state that this answers.
    ``received_at`` and ``sent_at`` are hub times, from which the edge learns its clock offset.
    A spool the hub never saw has seq 0 and the zero head.
    """

    answers: Sha256
    heads: Annotated[tuple[SpoolHead, ...], Meta(max_length=SPOOLS_PER_EDGE_MAX)]
    wanted_version: Count
    problem: Problem | None = None
    received_at: At
    sent_at: At

    def __post_init__(self) -> None:
        parse_at(self.received_at)
        parse_at(self.sent_at)


class Command(MessageBase, frozen=True, kw_only=True):
    """Commands are signed, idempotent and expire."""

    id: Hex32
    expires_at: At

    def __post_init__(self) -> None:
        parse_at(self.expires_at)


class WantedDelta(Command, frozen=True, kw_only=True, tag="wanted_delta"):
    """Changes from ``from_version``; ``head`` says what the list must be afterwards."""

    from_version: Count
    put: Annotated[tuple[WantedEntry, ...], Meta(max_length=DELTA_ENTRIES_MAX)]
    remove: Annotated[tuple[Name, ...], Meta(max_length=DELTA_ENTRIES_MAX)]
    rules: Annotated[tuple[WantedRule, ...], Meta(max_length=WANTED_RULES_MAX)] | None = None
    """The whole new rule set, or null where it did not change."""
    head: ListHead


class WantedHead(Command, frozen=True, kw_only=True, tag="wanted_head"):
    """Renewed every 60 s even without change, so that the list's age can be trusted."""

    head: ListHead


class WantedFetch(Command, frozen=True, kw_only=True, tag="wanted_fetch"):
    """The edge is too far behind for deltas: fetch the snapshot over HTTP."""

    version: Count


class PackHead(Command, frozen=True, kw_only=True, tag="pack_head"):
    """The site has a newer pack: fetch it over HTTP."""

    version: Count


class FootageOrder(Command, frozen=True, kw_only=True, tag="footage_order"):
    """Send these files, by their hashes, the first ones first; the same order twice is one."""

    files: Annotated[tuple[Sha256, ...], Meta(min_length=1, max_length=ORDER_FILES_MAX)]
    is_urgent: bool = False
    """Somebody waits to see these: they go before all that are not."""


class SpoolClose(Command, frozen=True, kw_only=True, tag="spool_close"):
    """End ``spool``, send no more of it and begin another: an administrator accepted the gap.

    The hub has it up to ``upto_seq``; the same command again changes nothing.
    """

    spool: Hex32
    upto_seq: Count


class FootageHave(Struct, frozen=True, kw_only=True):
    """The hub's unsigned answer to a part: so many of the file's bytes are on its disk."""

    have: Count


class Pack(MessageBase, frozen=True, kw_only=True, tag="pack"):
    """Answer to a pack fetch; one line follows: the site pack's bytes, which ``sha256`` hashes."""

    version: Count
    sha256: Sha256
    made_at: At

    def __post_init__(self) -> None:
        parse_at(self.made_at)


class WantedSnapshot(MessageBase, frozen=True, kw_only=True, tag="wanted_snapshot"):
    """Answer to a fetch; one line follows: the list's canonical bytes, which ``head`` hashes."""

    head: ListHead


class Enrolled(MessageBase, frozen=True, kw_only=True, tag="enrolled"):
    """The hub took the edge's key; the site's salt makes badges into pseudonyms."""

    public_key: Sha256
    hub_key: Sha256
    site_salt: Hex32
    certificate: Pem | UnsetType = UNSET
    """Of the key for TLS that was shown; CN is ``{site}/{edge}``. ``ca`` comes with it."""
    ca: Pem | UnsetType = UNSET


class Certified(MessageBase, frozen=True, kw_only=True, tag="certified"):
    """The edge's certificate for TLS, and that of the hub's CA, which the broker's is signed by."""

    tls_key: CurvePoint
    certificate: Pem
    ca: Pem


FromEdge = (
    Batch
    | State
    | Gone
    | Bodies
    | Enrol
    | Renew
    | Rotate
    | Fetch
    | PackFetch
    | FootagePart
    | FootageGone
    | Picture
)
FromHub = (
    Receipt
    | WantedDelta
    | WantedHead
    | WantedFetch
    | WantedSnapshot
    | PackHead
    | Pack
    | FootageOrder
    | SpoolClose
    | Enrolled
    | Certified
)
Message = FromEdge | FromHub
AnyCommand = WantedDelta | WantedHead | WantedFetch

_encoder = msgspec.json.Encoder()


def encode(message: Struct) -> bytes:
    """Serialise line 1 of a message, or a private body's line: compact, fields in order."""
    return _encoder.encode(message)
