"""The register's mails, Chinese and English. Pure. Source: HV-2.7.

Unlike all other mails they name recipients' addresses and phones, because HV-2.7 asks for them;
the mail's room keeps every text encrypted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hub.dispatch.rules import DispatchList, Entry, Recipient, area_of
from hub.mail.service import Mail

LINES_PER_MAIL_MAX = 100
"""A mail's text has a bound; a longer list goes in several mails."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the register as it is sent."""

    serial: int
    entry: Entry
    origin: str
    destination: str | None
    recipient: Recipient


def about(list_id: int) -> str:
    """What the register's mails belong to."""
    return f"dispatch/{list_id}"


def letters(
    found: DispatchList,
    centre: str,
    to: tuple[str, ...],
    lines: Sequence[Line],
    zone: ZoneInfo,
    *,
    forwarded: bool,
) -> list[Mail]:
    """The mails that carry some lines of a list to a dispatch centre; the list can go in parts."""
    parts = [
        lines[start : start + LINES_PER_MAIL_MAX]
        for start in range(0, len(lines), LINES_PER_MAIL_MAX)
    ]
    way = "forward" if forwarded else "send"
    return [
        Mail(
            key=f"{about(found.id)}/{way}/{centre}/{part[0].serial}",
            about=about(found.id),
            to=to,
            subject_zh=f"[Custos] 高价值快件发运清单 {found.site} {found.day} {found.shift}",
            subject_en=f"HV dispatch list of {found.site}, {found.day}, {found.shift}",
            text_zh=f"{_opening_zh(found, forwarded)}\n{_HEAD_ZH}\n{_table(part, zone)}",
            text_en=f"{_opening_en(found, forwarded)} {len(part)} parcels, as listed above.",
        )
        for part in parts
    ]


_HEAD_ZH = "序号 | 日期 | 运单号 | 始发 | 目的地区号 | 收件地址 | 收件电话"


def _opening_zh(found: DispatchList, forwarded: bool) -> str:
    start = f"{found.centre} 转发：" if forwarded else ""
    return f"{start}{found.site} 班次 {found.shift}（{found.day}）特殊安全产品(高价值)快件清单"


def _opening_en(found: DispatchList, forwarded: bool) -> str:
    start = f"Forwarded by {found.centre}: " if forwarded else ""
    return f"{start}high-value parcels of {found.site}, shift {found.shift}, {found.day}."


def _table(lines: Sequence[Line], zone: ZoneInfo) -> str:
    return "\n".join(
        " | ".join(
            (
                str(line.serial),
                _date(line.entry, zone),
                line.entry.waybill,
                line.origin,
                area_of(line.destination) or "–",
                _plain(line.recipient.address),
                _plain(line.recipient.phone),
            )
        )
        for line in lines
    )


def _date(entry: Entry, zone: ZoneInfo) -> str:
    day = entry.departed_at.astimezone(zone).date().isoformat()
    return f"{day}（无发出扫描 / no depart scan）" if entry.is_presumed else day


def _plain(text: str | None) -> str:
    """One line, whatever somebody typed."""
    return "–" if text is None else " ".join(text.split())
