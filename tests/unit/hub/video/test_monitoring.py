"""The monitoring log: due when, and readable by whoever gets it (HV-2.11.3)."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.video.rules.monitoring import (
    DAYS_BACK_MAX,
    Log,
    Period,
    Taken,
    Viewed,
    days_due,
    log_document,
    log_text,
    month_due,
)
from tests.samples import POLICY

ZONE = ZoneInfo("Asia/Shanghai")
MONITORING = POLICY.monitoring


def periods_due(now: str) -> tuple[Period, Period]:
    """The newest day whose log is due, and the month."""
    at = local(now).astimezone(UTC)
    return days_due(at, ZONE, MONITORING)[-1], month_due(at, ZONE, MONITORING)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "day", "month"),
    [
        ("2026-11-22 07:59", "2026-11-20", "2026-10"),
        ("2026-11-22 08:00", "2026-11-21", "2026-10"),
        ("2026-12-01 07:59", "2026-11-29", "2026-10"),
        ("2026-12-01 08:00", "2026-11-30", "2026-11"),
        ("2027-01-01 08:00", "2026-12-31", "2026-12"),
    ],
)
def test_the_day_and_the_month_before_are_due_from_the_hour_of_sending(
    now: str, day: str, month: str
) -> None:
    found = periods_due(now)
    assert [each.name for each in found] == [day, month]
    assert [each.is_day for each in found] == [True, False]


def test_a_days_log_is_due_at_noon_and_a_months_until_the_fifth_is_over() -> None:
    day, month = periods_due("2026-12-01 09:00")
    assert (day.since, day.until) == (local("2026-11-30 00:00"), local("2026-12-01 00:00"))
    assert day.due_at == local("2026-12-01 12:00")
    assert (month.since, month.until) == (local("2026-11-01 00:00"), local("2026-12-01 00:00"))
    assert month.due_at == local("2026-12-06 00:00")


@pytest.mark.parametrize(
    ("made", "due"),
    [
        ("2026-11-30", []),
        ("2026-11-28", ["2026-11-29", "2026-11-30"]),
        # Names of months are not days, and the first of a month follows the last of another.
        ("2026-10-31", [f"2026-11-{day:02}" for day in range(1, 31)]),
    ],
)
def test_every_day_since_the_last_log_is_due_the_oldest_first(made: str, due: list[str]) -> None:
    now = local("2026-12-01 09:00").astimezone(UTC)
    found = days_due(now, ZONE, MONITORING, made)
    assert [each.name for each in found] == due
    assert all(each.due_at == each.until + timedelta(hours=12) for each in found)


@pytest.mark.parametrize("made", ["", "2026-10-29", "2026-10-30"])
def test_no_log_is_due_of_a_day_longer_ago_than_its_bound(made: str) -> None:
    now = local("2026-12-01 09:00").astimezone(UTC)
    first, *_ = found = days_due(now, ZONE, MONITORING, made)
    assert (first.name, len(found)) == ("2026-10-31", DAYS_BACK_MAX)


def log_of(*views: Viewed) -> Log:
    (day, _) = periods_due("2026-11-22 09:00")
    return Log("755W", "深圳<中转>", day, views, Counter(each.who for each in views))


VIEW = Viewed(
    "li<b>",
    "cage-1",
    local("2026-11-20 22:00"),
    local("2026-11-20 22:10"),
    local("2026-11-21 09:30"),
    "daily view",
    safe_at_rest=True,
    standard_placement=False,
    note="a box on the floor",
)


def test_a_log_tells_who_viewed_what_and_what_was_found_in_both_languages() -> None:
    zh, en = log_text(log_of(VIEW), ZONE)
    assert "11-21 09:30:00 li<b> cage-1 11-20 22:00:00–22:10:00" in zh
    assert "静态安全：是，摆放规范：否 a box on the floor" in zh
    assert "safe at rest: yes, standard placement: no" in en
    assert "1 views in all" in en


CLIP = Taken(
    "li<b>",
    "cage-1",
    local("2026-11-20 22:03:10"),
    local("2026-11-20 22:03:40"),
    local("2026-11-21 09:40"),
    "insurer's claim",
    "ab" * 32,
)


def test_a_log_tells_which_clips_were_taken_away_and_that_they_are_copies() -> None:
    log = replace(log_of(), clips=(CLIP,), clips_total=7)
    zh, en = log_text(log, ZONE)
    told = (
        f"11-21 09:40:00 li<b> cage-1 11-20 22:03:10–22:03:40 insurer's claim SHA-256 {'ab' * 32}"
    )
    assert told in zh and told in en
    assert "下载片段 7 个（副本，非证据）" in zh
    assert "7 clips were taken away (copies, not evidence)" in en
    page = log_document(log, ZONE)
    assert "下载片段 7 个" in page and "ab" * 32 in page and "<b>" not in page
    assert "下载片段" not in log_document(log_of(VIEW), ZONE)


@pytest.mark.parametrize(
    "end", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"]
)
def test_what_a_viewer_wrote_adds_no_line_to_the_mail(end: str) -> None:
    forged = f"11-21 18:00:00 wang cage-1{end}safe at rest: yes"
    view = replace(VIEW, note=f"ok{end}{end}{forged}", purpose=f"round{end}{forged}")
    clip = replace(CLIP, purpose=f"claim{end}{forged}")
    log = replace(log_of(view), clips=(clip,), clips_total=1)
    for text in log_text(log, ZONE):
        told = [line for line in text.splitlines() if "11-21 18:00:00 wang" in line]
        assert len(text.splitlines()) == 5
        assert [line[:20] for line in told] == ["11-21 09:30:00 li<b>", "11-21 09:40:00 li<b>"]
        assert "ok 11-21 18:00:00 wang cage-1 safe at rest: yes" in told[0]


def test_a_log_without_a_view_says_so() -> None:
    zh, en = log_text(log_of(), ZONE)
    assert "无人查看" in zh and "Nobody viewed" in en


def test_the_document_holds_no_markup_of_others() -> None:
    page = log_document(log_of(VIEW), ZONE)
    assert "li&lt;b&gt;" in page and "li<b>" not in page
    assert "深圳&lt;中转&gt;" in page
