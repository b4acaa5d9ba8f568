"""What a station reports of a parcel: an exception, or a refused handover. Pure.

Of a high-value parcel any anomaly stops the flow at once and is worked as an incident until a
person releases it (HV-3, HV-2.2.6). Of an ordinary one nothing stops: CS has its problem parcels
worked and registered (CS-D2), so it is an alert that somebody looks at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.incidents.rules import Kind, Suspicion
from wire.events import Act, ActKind
from wire.names import ExceptionReason

REPORTS = frozenset({ActKind.EXCEPTION, ActKind.HANDOVER_REFUSE})

_REASONS: Mapping[str, tuple[str, str]] = {
    ExceptionReason.DAMAGED: ("破损", "damaged"),
    ExceptionReason.SEAL_BROKEN: ("封签损坏", "seal broken"),
    ExceptionReason.COUNT_DIFFERS: ("件数不符", "the count differs"),
    ExceptionReason.CONTENTS_DIFFER: ("内件不符", "the contents differ"),
    ExceptionReason.PAPERS_MISSING: ("单证缺失", "papers missing"),
    ExceptionReason.SUSPICIOUS: ("可疑", "suspicious"),
    ExceptionReason.OTHER: ("其他", "other"),
}
"""A refusal's label may say anything else, which stays as it is."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Where and when a parcel was scanned last, event time."""

    site: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported of one parcel; ``at`` is event time.

    ``scanned_since``: its newest scan, where that is newer than the report: the flow went on.
    """

    waybill: str
    act: Act
    at: datetime
    came_late: bool
    scanned_since: Sight | None

    @property
    def is_late(self) -> bool:
        """Say whether it came too late to stop the parcel where it was reported."""
        return self.came_late or self.scanned_since is not None


def sentences(report: Report, zone: ZoneInfo) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was reported, and that it came late, in Chinese and English."""
    reason = report.act.reason or "–"
    zh, en = _REASONS.get(reason, (reason, reason))
    is_refusal = report.act.act is ActKind.HANDOVER_REFUSE
    chinese = [f"{'拒绝交接' if is_refusal else '异常'}：{zh}"]
    english = [f"{'handover refused' if is_refusal else 'exception'}: {en}"]
    since = report.scanned_since
    if since is not None:
        local = since.at.astimezone(zone).strftime("%m-%d %H:%M")
        chinese.append(f"报告迟到：此后 {since.site} 已有扫描（{local}）")
        english.append(f"reported late: scanned since at {since.site} ({local})")
    elif report.came_late:
        chinese.append("报告迟到")
        english.append("reported late")
    return tuple(chinese), tuple(english)


def suspicion_of(report: Report, zone: ZoneInfo) -> Suspicion:
    """The incident that a report of a high-value parcel begins."""
    chinese, english = sentences(report, zone)
    return Suspicion(
        kind=Kind.ANOMALY,
        subject=report.waybill,
        waybills=(report.waybill,),
        site=report.act.site,
        previous_site=None,
        since=report.at,
        expected_site=None,
        expected_by=None,
        p_lost=None,
        tier="report",
        reasons_zh=chinese,
        reasons_en=english,
    )
