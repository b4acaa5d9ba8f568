"""One judged label: its private body, and how to know it again.

Pure. Source: design section 3 ("Personal data never stands in a line").
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from devices.symbology import CommandLabel, Label, Verb, WaybillLabel
from edge.acts import ActHint
from edge.session import Session
from edge.verdict import Verdict
from wire.bodies import ActBody, CodeBody, PrivateBody
from wire.events import QueuedScan, Scan, Station, StationFact
from wire.lines import LineError, parse_line
from wire.messages import encode
from wire.names import Signal

SALT_BYTES = 16
LINK_SEQ = 1
"""A later spool's first line names the spool before it: what would name a line there names this."""

_body_decoder = msgspec.json.Decoder(CodeBody)


@dataclass(frozen=True, slots=True)
class Reading:
    """One label as read and judged; times in microseconds.

    ``hint`` says why it changed less than whoever scanned it may think; ``queued``: a handheld
    scanned it while it had no edge.
    """

    device: str
    source: str | None
    label: Label
    session: Session
    verdict: Verdict
    decode_us: int
    verdict_us: int
    maybe_repeat_of: int | None
    hint: ActHint | None = None
    queued: QueuedScan | None = None

    @property
    def signal(self) -> Signal:
        """What people are told; a label without its effect is never simply good."""
        signal = self.verdict.signal
        return Signal.WARN if self.hint is not None and signal is Signal.OK else signal


def is_private(label: Label) -> bool:
    """Say whether a code must not stand in a line: a badge, or nothing of ours."""
    if isinstance(label, CommandLabel):
        return label.verb is Verb.BY
    return not isinstance(label, WaybillLabel)


def body_hash(body: PrivateBody) -> str:
    """SHA-256 over the salt's 16 bytes and the body's UTF-8, lower hex: what the line holds."""
    return hashlib.sha256(bytes.fromhex(body.salt) + body.body.encode("utf-8")).hexdigest()


def code_body(label: Label) -> CodeBody:
    """What of a private code must not stand in a line."""
    return CodeBody(code_hex=label.raw.hex(), text=label.text)


def private_bodies(body: CodeBody | ActBody, salt: bytes) -> dict[str, PrivateBody]:
    """A private body under its hash; ``salt`` are ``SALT_BYTES`` random bytes."""
    private = PrivateBody(salt=salt.hex(), body=encode(body).decode("utf-8"))
    return {body_hash(private): private}


@dataclass(frozen=True, slots=True)
class LastScan:
    """The last scan that a device delivered before this start; ``raw`` None if it is gone."""

    seq: int
    raw: bytes | None


def last_scans(
    lines: Iterable[bytes], bodies: Mapping[str, PrivateBody], spool: str
) -> dict[str, LastScan]:
    """The newest scan of each device, to recognise a scanner's own resend after a crash.

    Args:
        lines: the spools' newest lines, oldest first.
        bodies: private bodies by hash; a code whose body the hub has cannot be recognised.
        spool: the live one; a scan of the one before is named by the line that names that spool.
    """
    found: dict[str, LastScan] = {}
    for line in lines:
        try:
            event = parse_line(line)
        except LineError:
            continue
        if isinstance(event, Scan) and event.device is not None:
            seq = event.seq if event.spool == spool else LINK_SEQ
            found[event.device] = LastScan(seq, _raw(event, bodies))
    return found


def missing_devices(lines: Iterable[bytes]) -> frozenset[str]:
    """The devices that were told as lost and not yet as back; ``lines`` as of ``last_scans``."""
    found: set[str] = set()
    for line in lines:
        try:
            event = parse_line(line)
        except LineError:
            continue
        if isinstance(event, Station) and event.device is not None:
            if event.fact is StationFact.DEVICE_LOST:
                found.add(event.device)
            elif event.fact is StationFact.DEVICE_BACK:
                found.discard(event.device)
    return frozenset(found)


def _raw(scan: Scan, bodies: Mapping[str, PrivateBody]) -> bytes | None:
    if scan.code_hex is not None:
        return bytes.fromhex(scan.code_hex)
    body = bodies.get(scan.body or "")
    return bytes.fromhex(_body_decoder.decode(body.body).code_hex) if body else None
