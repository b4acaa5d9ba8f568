"""The parts of the station page that show a scan, a session and the work to do.

Pure. Source: console ("Station page").
"""

from datetime import datetime

from devices.symbology import CommandLabel, HostileLabel, UnknownLabel, Verb, WaybillLabel
from edge.handover import NOT_BEGUN, Handover
from edge.open_work import OpenWork
from edge.page_state import (
    CheckView,
    CommandView,
    DeliveryView,
    HandoverOutcome,
    HandoverView,
    ScanView,
    SessionView,
    TaskView,
)
from edge.roster import Roster
from edge.scan_lines import Reading
from edge.session import Session
from wire.events import Scan
from wire.names import Signal, Step, parse_at
from wire.site_pack import SelfCheckTask


def scan_view(
    reading: Reading,
    roster: Roster,
    handover: HandoverView | None,
    at: str,
    seq: int | None,
    hint: str | None = None,
) -> ScanView:
    """One scan.

    Args:
        reading: the judged label.
        roster: who and what is known.
        handover: as the scan left it, if it belongs to one.
        at: the event's wire time.
        seq: its place in the spool; None if it was not recorded.
        hint: why it was not recorded, or changed little; otherwise the label's own reason is shown.
    """
    label, verdict = reading.label, reading.verdict
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
        command=_command_view(reading, roster),
        hint=hint or reason,
        step=reading.session.step,
        signal=reading.signal if seq is not None else Signal.NOT_RECORDED,
        handover=handover,
    )


def _command_view(reading: Reading, roster: Roster) -> CommandView | None:
    label, session = reading.label, reading.session
    if not isinstance(label, CommandLabel):
        return None
    is_badge = label.verb is Verb.BY
    return CommandView(
        verb=label.verb,
        value=None if is_badge else label.value,
        person=roster.person(session.by) if is_badge else None,
        place=roster.place(label.value) if label.verb is Verb.PLACE else None,
    )


def handover_left(
    device: str, before: Session, after: Session, roster: Roster, *, has_ended: bool
) -> HandoverView | None:
    """The handover that a scan belongs to, as the scan left it; None if it belongs to none.

    Args:
        device: the scanner.
        before: the session that the scan's line has, with the config's values.
        after: the session after it, with the config's values.
        roster: who is known.
        has_ended: the scan was the label END.
    """
    told = before.handover
    if not has_ended or told is None or not told.items:
        return handover_now(device, after, roster)
    is_whole = told.receiver is not None
    outcome = HandoverOutcome.ACCEPTED if is_whole else HandoverOutcome.ONE_SIDED
    return _handover(device, told, before, outcome, roster)


def handover_now(device: str, session: Session, roster: Roster) -> HandoverView | None:
    """The handover under way in a session, with the config's values; None at other steps."""
    if session.step is not Step.HANDOVER:
        return None
    handover = session.handover or NOT_BEGUN
    return _handover(device, handover, session, HandoverOutcome.OPEN, roster)


def _handover(
    device: str, handover: Handover, session: Session, outcome: HandoverOutcome, roster: Roster
) -> HandoverView:
    parcels = sum(item.is_parcel for item in handover.items)
    return HandoverView(
        device=device,
        outcome=outcome,
        giver=roster.person(session.by),
        receiver=roster.person(handover.receiver),
        parcels=parcels,
        units=len(handover.items) - parcels,
        refused=handover.refused,
        accepted=handover.accepted,
        is_full=handover.is_full,
    )


def session_view(device: str, session: Session, roster: Roster) -> SessionView:
    """Who, what and where; ``session`` has the config's values."""
    return SessionView(
        device=device,
        who=roster.person(session.by),
        step=session.step,
        place=roster.place(session.place),
        container=session.container,
        container_kind=session.container_kind,
    )


def task_view(task: SelfCheckTask, work: OpenWork, now: datetime) -> TaskView:
    """A search; ``now`` is the hub's time as far as it is known."""
    return TaskView(
        incident=task.incident,
        waybill=task.waybill,
        since=task.since,
        due_in_s=int((parse_at(task.due_at) - now).total_seconds()),
        last_seen_zh=task.last_seen_zh,
        last_seen_en=task.last_seen_en,
        contact=task.contact,
        checks=tuple(CheckView(id=check.id, zh=check.zh, en=check.en) for check in task.checks),
        found=work.answers.get(task.incident),
    )


def delivery_view(waybill: str, scan: Scan, roster: Roster) -> DeliveryView:
    """A delivery that waits for its signer."""
    return DeliveryView(
        waybill=waybill, at=scan.at, device=scan.device or "", who=roster.person(scan.by)
    )
