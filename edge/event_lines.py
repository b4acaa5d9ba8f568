"""The events of this edge, made from what its core knows; the spool seals them.

Pure. Source: design section 3 ("Event line").
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from devices.symbology import WaybillLabel
from edge.acts import ActDraft
from edge.feedback_log import Draft
from edge.scan_lines import Reading
from edge.session import Session
from wire.events import (
    Act,
    ClockReading,
    Feedback,
    Head,
    Scan,
    ScanTiming,
    Station,
    StationFact,
)
from wire.names import format_at

REASON_CHARS_MAX = 256


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where and when an event happens; ``mono_ms`` is CLOCK_BOOTTIME."""

    site: str
    edge: str
    boot: str
    now: datetime
    mono_ms: int
    clock: ClockReading


class CommonFields(TypedDict):
    """What every event has, wherever it happens."""

    site: str
    edge: str
    boot: str
    at: str
    mono_ms: int
    clock: ClockReading


def common_fields(stamp: Stamp) -> CommonFields:
    """An event's place and time."""
    return CommonFields(
        site=stamp.site,
        edge=stamp.edge,
        boot=stamp.boot,
        at=format_at(stamp.now),
        mono_ms=stamp.mono_ms,
        clock=stamp.clock,
    )


def make_scan(stamp: Stamp, reading: Reading, body_sha256: str | None) -> Scan:
    """One trigger pull; with ``body_sha256`` the code itself stays out of the line."""
    label, session, verdict = reading.label, reading.session, reading.verdict
    is_open = body_sha256 is None
    return Scan(
        **common_fields(stamp),
        device=reading.device,
        source=reading.source,
        by=session.by,
        waybill=label.waybill if isinstance(label, WaybillLabel) else None,
        code_hex=label.raw.hex() if is_open else None,
        text=label.text if is_open else None,
        body=body_sha256,
        length=label.length,
        aim=label.aim,
        symbology=label.symbology,
        step=session.step,
        place=session.place,
        container=session.container,
        container_kind=session.container_kind,
        result=verdict.result,
        list_version=verdict.list_version,
        list_age_s=verdict.list_age_s,
        timing_us=ScanTiming(decode=reading.decode_us, verdict=reading.verdict_us),
        maybe_repeat_of=reading.maybe_repeat_of,
        queued=reading.queued,
    )


def make_act(
    stamp: Stamp,
    draft: ActDraft,
    device: str,
    source: str | None,
    session: Session,
    body_sha256: str | None = None,
) -> Act:
    """An act at a scanner; ``session`` says at which step and where."""
    return Act(
        **common_fields(stamp),
        device=device,
        source=source,
        by=draft.by,
        act=draft.act,
        waybill=draft.waybill,
        scans=draft.scans,
        step=session.step,
        place=session.place,
        giver=draft.giver,
        receiver=draft.receiver,
        seal=draft.seal,
        reason=draft.reason,
        incident=draft.incident,
        found=draft.found,
        checks=draft.checks,
        body=body_sha256,
    )


def make_feedback(stamp: Stamp, draft: Draft) -> Feedback:
    """What people were told about one scan."""
    return Feedback(
        **common_fields(stamp),
        device=draft.device,
        source=draft.source,
        by=draft.by,
        of_seq=draft.of_seq,
        signal=draft.signal,
        commit_us=draft.commit_us,
        feedback_us=draft.feedback_us,
        device_ack=draft.device_ack,
        repeats=draft.repeats,
    )


def make_fact(
    stamp: Stamp,
    fact: StationFact,
    *,
    device: str | None = None,
    source: str | None = None,
    reason: str | None = None,
    clock_step_ms: int | None = None,
) -> Station:
    """A fact about the station itself; a long ``reason`` is cut."""
    return Station(
        **common_fields(stamp),
        device=device,
        source=source,
        fact=fact,
        reason=reason[:REASON_CHARS_MAX] if reason is not None else None,
        clock_step_ms=clock_step_ms,
    )


def make_head(stamp: Stamp, depth: int, list_version: int, list_age_s: int | None) -> Head:
    """The station lives, has so many unreceipted events, and this list."""
    return Head(
        **common_fields(stamp), depth=depth, list_version=list_version, list_age_s=list_age_s
    )
