"""What a station reports of a parcel, in words: HV-3, HV-2.2.6."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.incidents.reports import Report, Sight, sentences, suspicion_of
from hub.incidents.rules import Kind, name_of
from tests import samples
from wire.events import Act, ActKind
from wire.names import ExceptionReason, format_at

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def report(
    kind: ActKind = ActKind.EXCEPTION,
    reason: str | None = "damaged",
    late: bool = False,
    since: Sight | None = None,
) -> Report:
    act = Act(
        site="755A",
        edge="dock",
        at=format_at(AT),
        mono_ms=1,
        boot=samples.BOOT,
        clock=samples.CLOCK,
        act=kind,
        reason=reason,
    )
    return Report("103000000001", act, AT, late, since)


@pytest.mark.parametrize(
    ("kind", "reason", "zh", "en"),
    [
        (ActKind.EXCEPTION, "seal_broken", "异常：封签损坏", "exception: seal broken"),
        (ActKind.HANDOVER_REFUSE, "damaged", "拒绝交接：破损", "handover refused: damaged"),
        (ActKind.HANDOVER_REFUSE, "wet-9", "拒绝交接：wet-9", "handover refused: wet-9"),
        (ActKind.HANDOVER_REFUSE, None, "拒绝交接：–", "handover refused: –"),
    ],
)
def test_a_report_says_what_was_reported_also_by_a_label_that_nobody_knows(
    kind: ActKind, reason: str | None, zh: str, en: str
) -> None:
    found = report(kind, reason)
    assert sentences(found, ZONE) == ((zh,), (en,))
    assert not found.is_late


def test_a_report_that_came_late_says_so_and_where_the_parcel_went_meanwhile() -> None:
    plain = report(late=True)
    assert plain.is_late
    assert [each[-1] for each in sentences(plain, ZONE)] == ["报告迟到", "reported late"]
    overtaken = report(since=Sight("755W", AT + timedelta(hours=2)))
    assert overtaken.is_late
    zh, en = (each[-1] for each in sentences(overtaken, ZONE))
    assert zh == "报告迟到：此后 755W 已有扫描（11-22 11:00）"
    assert en == "reported late: scanned since at 755W (11-22 11:00)"


def test_an_anomaly_is_about_its_parcel_and_predicts_nothing() -> None:
    found = suspicion_of(report(), ZONE)
    assert (found.kind, found.site, found.since) == (Kind.ANOMALY, "755A", AT)
    assert (found.previous_site, found.expected_by, found.p_lost) == (None, None, None)
    assert name_of(found) == ("快件 103000000001", "parcel 103000000001")


@pytest.mark.parametrize("reason", ExceptionReason)
def test_what_a_station_can_report_has_words_in_both_languages(reason: ExceptionReason) -> None:
    zh, en = sentences(report(reason=reason.value), ZONE)
    assert reason.value not in zh[0]
    assert "_" not in en[0]
