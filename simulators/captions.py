"""What the demo's story says to an onlooker: Chinese, English, and the page to look at.

Pure. ``[2/5]`` is the second of five chapters; an incident that somebody closes in the console
leaves the last ones out.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from simulators.demo_day import Theft

MARK = "***"
"""Begins each line of the story, among the many of the day's work."""


class Chapter(StrEnum):
    """The theft, its incident's states (interface: ``GET incidents``), and the site's answer."""

    STOLEN = "stolen"
    SELF_CHECK = "self_check"
    SEARCHED = "searched"
    ESCALATED = "escalated"
    FOUND = "found"
    STOPPED = "stopped"
    LOST = "lost"


class Caption(NamedTuple):
    """One chapter's words; ``where`` is a page or two."""

    zh: str
    en: str
    where: str


_CAPTIONS = {
    Chapter.STOLEN: Caption(
        "[1/5] 失窃：无人看见，有人在 {site} 拿走了 {waybill}",
        "[1/5] Stolen: nobody sees that {waybill} is taken at {site}",
        "{console}/parcels/{waybill}",
    ),
    Chapter.SELF_CHECK: Caption(
        "[2/5] 疑似遗失：系统怀疑 {waybill}；{site} 开始自查，上一环节收到邮件",
        "[2/5] Suspected: the hub misses {waybill}; {site} searches, the link before gets a mail",
        "{console}/incidents/{incident}  {station}",
    ),
    Chapter.SEARCHED: Caption(
        "[3/5] 自查：{site} 的保管员在网点页面上答复：未找到",
        "[3/5] Searched: the keeper of {site} answers on the station page: nothing found",
        "{console}/incidents/{incident}",
    ),
    Chapter.ESCALATED: Caption(
        "[4/5] 上报：一小时内未找到，两个网点上报区域运营",
        "[4/5] Reported: not found within the hour, both sites report to the region",
        "{console}/incidents/{incident}",
    ),
    Chapter.FOUND: Caption(
        "[5/5] 找到：{waybill} 在第三个网点被扫描，调查到此为止；这一天继续",
        "[5/5] Found: {waybill} was scanned at a third site; its search ends, the day goes on",
        "{console}/incidents/{incident}",
    ),
    Chapter.STOPPED: Caption(
        "监控室已将 {waybill} 禁止流转",
        "The control room has stopped {waybill}",
        "{console}/incidents/{incident}",
    ),
    Chapter.LOST: Caption(
        "{waybill} 认定遗失", "{waybill} was declared lost", "{console}/incidents/{incident}"
    ),
}


def caption(chapter: Chapter, **values: object) -> Caption:
    """A chapter's words; ``values`` are console, site, its station page, waybill and incident."""
    return Caption(*(text.format(**values) for text in _CAPTIONS[chapter]))


def programme(theft: Theft, now: datetime, rate: float, console: str) -> list[str]:
    """What there will be to see, and when by the onlooker's watch.

    ``rate`` is how many times as fast as that watch the day's clock runs.
    """
    stolen, found = (
        f"{max(1, round((at - now) / timedelta(minutes=rate)))}"
        for at in (theft.stolen_at, theft.found_at)
    )
    return [
        f"{MARK} 看什么 What to watch: {console}/",
        f"{MARK}   现在：报警墙，755A 门口有通缉件、禁止流转件和恶意标签",
        f"{MARK}   now: the alert wall; wanted, stopped and hostile labels at the gate of 755A",
        f"{MARK}   约 {stolen} 分钟后：{theft.site} 有一件被偷，随后被怀疑、查找",
        f"{MARK}   in about {stolen} min: a theft at {theft.site}, then suspected and searched",
        f"{MARK}   约 {found} 分钟后：在 {theft.third_site} 被扫描而找到",
        f"{MARK}   in about {found} min: found by a scan at {theft.third_site}",
    ]
