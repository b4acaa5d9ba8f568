"""One judged label: its private body, its face on the page, and how to know it again.

Pure. Source: design section 3 ("Personal data never stands in a line").
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from devices.symbology import (
    CommandLabel,
    HostileLabel,
    Label,
    UnknownLabel,
    Verb,
    WaybillLabel,
)
from edge.page_state import CommandView, ScanView
from edge.session import BUILT_VERBS, Session
from edge.verdict import Verdict
from wire.events import LineError, Scan, parse_line
from wire.messages import CodeBody, PrivateBody, encode
from wire.names import Signal

_body_decoder = msgspec.json.Decoder(CodeBody)


@dataclass(frozen=True, slots=True)
class Reading:
    """One label as read and judged; times in microseconds."""

    device: str
    source: str | None
    label: Label
    session: Session
    verdict: Verdict
    decode_us: int
    verdict_us: int
    maybe_repeat_of: int | None


def is_private(label: Label) -> bool:
    """Say whether a code must not stand in a line: a badge, or nothing of ours."""
    if isinstance(label, CommandLabel):
        return label.verb is Verb.BY
    return not isinstance(label, WaybillLabel)


def body_hash(body: PrivateBody) -> str:
    """SHA-256 over the salt's 16 bytes and the body's UTF-8, lower hex: what the line holds."""
    return hashlib.sha256(bytes.fromhex(body.salt) + body.body.encode("utf-8")).hexdigest()


def private_body(label: Label, salt: bytes) -> PrivateBody:
    """The private body of a code; ``salt`` are 16 random bytes."""
    code = CodeBody(code_hex=label.raw.hex(), text=label.text)
    return PrivateBody(salt=salt.hex(), body=encode(code).decode("utf-8"))


def make_view(reading: Reading, at: str, seq: int | None, hint: str | None = None) -> ScanView:
    """The scan as the station page shows it.

    Args:
        reading: the judged label.
        at: the event's wire time.
        seq: its place in the spool; None if it was not recorded.
        hint: why it was not recorded; otherwise the label's own reason is shown.
    """
    label, session, verdict = reading.label, reading.session, reading.verdict
    is_waybill = isinstance(label, WaybillLabel)
    is_badge = isinstance(label, CommandLabel) and label.verb is Verb.BY
    banner = verdict.banner
    reason = label.reason if isinstance(label, UnknownLabel | HostileLabel) else None
    return ScanView(
        seq=seq,
        at=at,
        device=reading.device,
        waybill=label.waybill if isinstance(label, WaybillLabel) else None,
        text=None if is_waybill or is_badge else label.text,
        symbology=label.symbology,
        symbology_unknown=isinstance(label, WaybillLabel) and label.symbology_unknown,
        result=verdict.shown,
        banner_zh=banner.zh if banner else None,
        banner_en=banner.en if banner else None,
        reason=banner.reason if banner else None,
        owner=banner.owner if banner else None,
        command=_command_view(label, session),
        hint=hint or reason,
        step=session.step,
        by=session.by,
        place=session.place,
        container=session.container,
        signal=verdict.signal if seq is not None else Signal.NOT_RECORDED,
    )


def _command_view(label: Label, session: Session) -> CommandView | None:
    if not isinstance(label, CommandLabel):
        return None
    value = session.by if label.verb is Verb.BY else label.value
    return CommandView(verb=label.verb, value=value, not_yet=label.verb not in BUILT_VERBS)


@dataclass(frozen=True, slots=True)
class LastScan:
    """The last scan that a device delivered before this start; ``raw`` None if it is gone."""

    seq: int
    raw: bytes | None


def last_scans(lines: Iterable[bytes], bodies: Mapping[str, PrivateBody]) -> dict[str, LastScan]:
    """The newest scan of each device, to recognise a scanner's own resend after a crash.

    Args:
        lines: the spool's newest lines, oldest first.
        bodies: private bodies by hash; a code whose body the hub has cannot be recognised.
    """
    found: dict[str, LastScan] = {}
    for line in lines:
        try:
            event = parse_line(line)
        except LineError:
            continue
        if isinstance(event, Scan) and event.device is not None:
            found[event.device] = LastScan(event.seq, _raw(event, bodies))
    return found


def _raw(scan: Scan, bodies: Mapping[str, PrivateBody]) -> bytes | None:
    if scan.code_hex is not None:
        return bytes.fromhex(scan.code_hex)
    body = bodies.get(scan.body or "")
    return bytes.fromhex(_body_decoder.decode(body.body).code_hex) if body else None
