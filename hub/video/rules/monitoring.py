"""The monitoring log: which one is due when, and how it reads. Pure.

A day's log goes to the superior department by noon of the next day, a month's summary by the 5th of
the next month. Source: HV-2.11.3.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from wire.policy import MonitoringPolicy

LINES_MAX = 500
"""Of views, and of clips, that one log lists; more are counted."""
DAYS_BACK_MAX = 31
"""Of so many days a log is still made when the hub was down as it was due; a month's lists them."""


@dataclass(frozen=True, slots=True)
class Period:
    """A local day (``2026-11-21``) or month (``2026-11``) whose log has to leave by ``due_at``."""

    name: str
    since: datetime
    until: datetime
    due_at: datetime

    @property
    def is_day(self) -> bool:
        """A day's log; else a month's summary."""
        return len(self.name) == len("2026-11-21")


@dataclass(frozen=True, slots=True)
class Viewed:
    """One view of playback, and what was found (null: nobody has said)."""

    who: str
    camera: str
    since: datetime
    until: datetime
    at: datetime
    purpose: str
    safe_at_rest: bool | None
    standard_placement: bool | None
    note: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A clip of footage that somebody took away."""

    who: str
    camera: str
    since: datetime
    until: datetime
    at: datetime
    purpose: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Log:
    """A site's log of a period; ``views`` and ``clips`` are the last ``LINES_MAX`` of all.

    ``people``: how often each of them viewed.
    """

    site: str
    site_name: str
    period: Period
    views: tuple[Viewed, ...]
    people: Mapping[str, int]
    clips: tuple[Taken, ...] = ()
    clips_total: int = 0

    @property
    def views_total(self) -> int:
        """Of everybody, listed or not."""
        return sum(self.people.values())


def days_due(
    now: datetime, zone: ZoneInfo, policy: MonitoringPolicy, made: str = ""
) -> list[Period]:
    """The days before, each once its log is to be sent; the oldest first.

    Args:
        now: aware UTC.
        zone: the site's.
        policy: local times.
        made: the day whose log was made last; the days after it are due, at most ``DAYS_BACK_MAX``.
    """
    today = _newest(now, zone, policy)
    noon = time.fromisoformat(policy.log_due_at)
    days = [today - timedelta(days=back) for back in range(DAYS_BACK_MAX, -1, -1)]
    return [
        Period(
            day.isoformat(),
            _midnight(day, zone),
            _midnight(after, zone),
            datetime.combine(after, noon, zone),
        )
        for day, after in pairwise(days)
        if day.isoformat() > made
    ]


def month_due(now: datetime, zone: ZoneInfo, policy: MonitoringPolicy) -> Period:
    """The month before, from the next one's first day on."""
    first = _newest(now, zone, policy).replace(day=1)
    last_month = (first - timedelta(days=1)).replace(day=1)
    after_due = first.replace(day=policy.month_day) + timedelta(days=1)
    return Period(
        f"{last_month:%Y-%m}",
        _midnight(last_month, zone),
        _midnight(first, zone),
        _midnight(after_due, zone),
    )


def log_text(log: Log, zone: ZoneInfo) -> tuple[str, str]:
    """The log as a mail's text, in Chinese and in English."""
    zh = [f"{log.site} {log.site_name} 监控回放查看记录：{log.period.name}"]
    en = [f"{log.site} {log.site_name}, views of the playback: {log.period.name}"]
    zh.append(f"共查看 {log.views_total} 次。" if log.views else "无人查看。")
    en.append(f"{log.views_total} views in all." if log.views else "Nobody viewed it.")
    for each in log.views:
        when, seen = _local(each.at, zone), _stretch(each, zone)
        zh.append(
            f"{when} {each.who} {each.camera} {seen} {each.purpose}；"
            f"静态安全：{_zh(each.safe_at_rest)}，"
            f"摆放规范：{_zh(each.standard_placement)} {each.note}"
        )
        en.append(
            f"{when} {each.who} {each.camera} {seen} {each.purpose}; safe at rest: "
            f"{_en(each.safe_at_rest)}, standard placement: {_en(each.standard_placement)} "
            f"{each.note}"
        )
    if log.clips:
        zh.append(f"下载片段 {log.clips_total} 个（副本，非证据）。")
        en.append(f"{log.clips_total} clips were taken away (copies, not evidence).")
    for clip in log.clips:
        told = f"{_local(clip.at, zone)} {clip.who} {clip.camera} {_stretch(clip, zone)}"
        said = f"{told} {clip.purpose} SHA-256 {clip.sha256}"
        zh.append(said)
        en.append(said)
    return _lines(zh), _lines(en)


def _lines(told: Sequence[str]) -> str:
    """Each in one line: what a person wrote must not look like a line of the log."""
    return "".join(" ".join(line.split()) + "\n" for line in told)


def log_document(log: Log, zone: ZoneInfo) -> str:
    """The log as a page that can be printed and signed; everything in it is text."""
    views = _table(_COLUMNS, [_cells(each, zone) for each in log.views])
    who = "、".join(f"{html.escape(name)} {count}" for name, count in log.people.items())
    empty = "" if log.views else "<p>无人查看 / Nobody viewed the playback</p>"
    title = f"{html.escape(log.site)} {html.escape(log.site_name)} · {log.period.name}"
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>{_STYLE}'
        f"<h1>特殊安全产品(高价值)快件监控记录<br><small>Monitoring log</small></h1><p>{title}</p>"
        f"<p>查看 {log.views_total} 次 / views: {log.views_total} {who}</p>{empty}"
        f"{views}{_clips(log, zone)}</html>\n"
    )


def _clips(log: Log, zone: ZoneInfo) -> str:
    if not log.clips:
        return ""
    rows = [
        (
            *(_local(each.at, zone), each.who, each.camera, _stretch(each, zone)),
            *(each.purpose, each.sha256),
        )
        for each in log.clips
    ]
    return (
        f"<h2>下载片段 {log.clips_total} 个（副本，非证据）<br><small>Clips taken away: "
        f"{log.clips_total} (copies, not evidence)</small></h2>{_table(_CLIP_COLUMNS, rows)}"
    )


def _table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{zh}<br><small>{en}</small></th>" for zh, en in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_COLUMNS = (
    ("时间", "viewed at"),
    ("查看人", "by"),
    ("通道", "channel"),
    ("回放时段", "footage of"),
    ("目的", "purpose"),
    ("静态安全", "safe at rest"),
    ("摆放规范", "standard placement"),
    ("备注", "note"),
)
_CLIP_COLUMNS = (
    ("时间", "taken at"),
    ("下载人", "by"),
    ("通道", "channel"),
    ("片段时段", "footage of"),
    ("目的", "purpose"),
    ("文件校验值", "SHA-256 of the copy"),
)
_STYLE = (
    "<style>body{font:14px/1.5 sans-serif;margin:2em}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #888;padding:4px 6px;text-align:left;vertical-align:top}"
    "small{color:#555;font-weight:normal}</style>"
)


def _cells(each: Viewed, zone: ZoneInfo) -> Sequence[str]:
    return (
        _local(each.at, zone),
        each.who,
        each.camera,
        _stretch(each, zone),
        each.purpose,
        f"{_zh(each.safe_at_rest)} {_en(each.safe_at_rest)}",
        f"{_zh(each.standard_placement)} {_en(each.standard_placement)}",
        each.note,
    )


def _cell(text: str) -> str:
    return f"<td>{html.escape(text)}</td>"


def _stretch(each: Viewed | Taken, zone: ZoneInfo) -> str:
    return f"{_local(each.since, zone)}–{each.until.astimezone(zone):%H:%M:%S}"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M:%S}"


def _zh(found: bool | None) -> str:
    return "未填" if found is None else ("是" if found else "否")


def _en(found: bool | None) -> str:
    return "not said" if found is None else ("yes" if found else "no")


def _newest(now: datetime, zone: ZoneInfo, policy: MonitoringPolicy) -> date:
    """The local day on which logs of the days before are sent."""
    local = now.astimezone(zone)
    is_early = local.time() < time.fromisoformat(policy.log_send_at)
    return local.date() - timedelta(days=is_early)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
