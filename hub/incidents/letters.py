"""The mails of an incident, in both languages, with their evidence. Pure.

No sender's or recipient's data stands in them. Source: HV-2.11.2, HV-3a.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.evidence import SecondLook, drawn, percent
from hub.incidents.rules import Incident, Suspicion, name_of
from hub.mail.service import Mail

CHECKLIST = (
    ("dock", "卸货口、传送带及其下方", "Docks, belts and the floor under them"),
    ("cage", "滞留笼与滞留仓", "Retention cages and store"),
    ("vehicle", "车厢与空袋", "Vehicles and emptied bags"),
    ("counter", "柜台与问题件区", "Counters and the problem-parcel shelf"),
    ("video", "最后一次扫描前后的录像", "Video around the last scan"),
)
"""What a self-check looks through (HV-2.11.2); ids, Chinese, English."""


def ask_previous_link(incident: Incident, to: tuple[str, ...], zone: ZoneInfo) -> Mail:
    """To the link before: look for it too, within the hour."""
    zh, en = name_of(incident.suspicion)
    site = incident.suspicion.site
    return Mail(
        key=f"incident/{incident.id}/upstream",
        about=about(incident.id),
        to=to,
        subject_zh=f"[Custos] 请协查：{zh}",
        subject_en=f"please look for {en}",
        text_zh=f"{site} 正在自查 {zh}。请贵处立即核查是否仍在贵网点，并在一小时内答复。\n"
        + _evidence_zh(incident, zone),
        text_en=f"{site} is looking for {en}. Please check at once whether it is still with you, "
        "and answer within the hour.\n" + _evidence_en(incident, zone),
    )


def report_to_region(
    incident: Incident, to: tuple[str, ...], region: str, answers: list[str], zone: ZoneInfo
) -> Mail:
    """To a region's operations contact, for both sites, after an hour without a find."""
    zh, en = name_of(incident.suspicion)
    sites = " / ".join(incident.sites)
    answered = "\n".join(answers) or "–"
    return Mail(
        key=f"incident/{incident.id}/region/{region}",
        about=about(incident.id),
        to=to,
        subject_zh=f"[Custos] 自查未果上报：{zh}",
        subject_en=f"not found: {en}",
        text_zh=f"{sites} 一小时内自查未找到 {zh}，现按规定上报。\n自查答复：\n{answered}\n"
        + _evidence_zh(incident, zone),
        text_en=f"{sites} did not find {en} within the hour; this is their report.\n"
        f"Answers of the self-check:\n{answered}\n" + _evidence_en(incident, zone),
    )


def assign(
    incident: Incident, to: tuple[str, ...], number: int, level: str, abnormal: str, note: str
) -> Mail:
    """To the responsible site: monitoring staff have confirmed the abnormal link there."""
    zh, en = name_of(incident.suspicion)
    return Mail(
        key=f"incident/{incident.id}/triage/{number}",
        about=about(incident.id),
        to=to,
        subject_zh=f"[Custos] 请跟进：{zh}",
        subject_en=f"please follow up: {en}",
        text_zh=f"监控（{level}）确认异常环节：{abnormal}。请立即跟进并回复。\n说明：{note}\n",
        text_en=f"Monitoring staff ({level}) confirm the abnormal link: {abnormal}. "
        f"Follow it up and answer.\nNote: {note}\n",
    )


def tell_claims(incident: Incident, to: tuple[str, ...], number: int, name: str, note: str) -> Mail:
    """To the region's claims contact: the police report and its explanation are on file (HV-3a)."""
    zh, en = name_of(incident.suspicion)
    return Mail(
        key=f"incident/{incident.id}/police/{number}",
        about=about(incident.id),
        to=to,
        subject_zh=f"[Custos] 已报警：{zh}",
        subject_en=f"reported to the police: {en}",
        text_zh=f"{zh} 已报警，回执“{name}”已归档于事件 {incident.id}。\n情况说明：{note}\n",
        text_en=f"{en} was reported to the police; the receipt “{name}” is filed with incident "
        f"{incident.id}.\nExplanation: {note}\n",
    )


def about(incident_id: int) -> str:
    """What an incident's mails are filed under."""
    return f"incident/{incident_id}"


def _evidence_zh(incident: Incident, zone: ZoneInfo) -> str:
    suspicion = incident.suspicion
    lines = [
        "",
        f"最后一次扫描：{_local(suspicion.since, zone)}",
        f"预计扫描：{suspicion.expected_site or '–'}，{_local(suspicion.expected_by, zone)}",
        f"上一环节：{suspicion.previous_site or '–'}",
        "依据：",
        *_reasons_zh(suspicion, zone),
        *_look_zh(incident.look, zone),
        f"运单：{'、'.join(incident.unseen[:50])}",
        f"事件编号：{incident.id}",
    ]
    return "\n".join(lines)


def _evidence_en(incident: Incident, zone: ZoneInfo) -> str:
    suspicion = incident.suspicion
    lines = [
        "",
        f"Last scan: {_local(suspicion.since, zone)}",
        f"Expected: {suspicion.expected_site or '–'}, {_local(suspicion.expected_by, zone)}",
        f"Link before: {suspicion.previous_site or '–'}",
        "Evidence:",
        *_reasons_en(suspicion, zone),
        *_look_en(incident.look, zone),
        f"Waybills: {', '.join(incident.unseen[:50])}",
        f"Incident: {incident.id}",
    ]
    return "\n".join(lines)


def _reasons_zh(suspicion: Suspicion, zone: ZoneInfo) -> list[str]:
    evidence = suspicion.evidence
    if evidence is None:
        return [f"  - {reason}" for reason in suspicion.reasons_zh]
    lines = []
    for number, line in enumerate(evidence.lines, 1):
        lines.append(f"  {number}. {line.zh}")
        if line.bar is not None:
            lines.append(f"     {drawn(line.bar)}  {line.bar.zh}")
    shares = "，".join(f"{each.site} {percent(each.share)}" for each in evidence.shares)
    return [
        f"（截至 {_local(evidence.at, zone)}）",
        *lines,
        f"遗失概率：{_chance(evidence.p_lost, '无法估计')}；误转他处概率："
        f"{_chance(evidence.p_diverted, '无法估计')}"
        f"（先验万分之 {evidence.prior_per_10000:g}，误报预算千分之 {evidence.budget_per_1000}）",
        f"按网点的责任份额（建议，由监控确认）：{shares}",
        "接下来：",
        *(f"  - {_local(look.at, zone)}：{look.zh}" for look in evidence.looks),
    ]


def _reasons_en(suspicion: Suspicion, zone: ZoneInfo) -> list[str]:
    evidence = suspicion.evidence
    if evidence is None:
        return [f"  - {reason}" for reason in suspicion.reasons_en]
    lines = []
    for number, line in enumerate(evidence.lines, 1):
        lines.append(f"  {number}. {line.en}")
        if line.bar is not None:
            lines.append(f"     {drawn(line.bar)}  {line.bar.en}")
    shares = ", ".join(f"{each.site} {percent(each.share)}" for each in evidence.shares)
    return [
        f"(as of {_local(evidence.at, zone)})",
        *lines,
        f"Probability lost: {_chance(evidence.p_lost, 'not known')}; gone another way: "
        f"{_chance(evidence.p_diverted, 'not known')} (prior {evidence.prior_per_10000:g} in "
        f"10,000, budget of false alarms {evidence.budget_per_1000} in 1,000)",
        f"Share of each site in answering for it (proposed, monitoring staff confirm): {shares}",
        "Next:",
        *(f"  - {_local(look.at, zone)}: {look.en}" for look in evidence.looks),
    ]


def _look_zh(look: SecondLook | None, zone: ZoneInfo) -> list[str]:
    if look is None:
        return []
    now, first = (_chance(p, "无法估计") for p in (look.evidence.p_lost, look.p_lost_first))
    explained = [] if look.why_zh is None else [f"  暂有解释（查找照常）：{look.why_zh}"]
    at = _local(look.evidence.at, zone)
    return [f"复看 {at}：{look.waybill} 遗失概率 {now}（首次预警 {first}）", *explained]


def _look_en(look: SecondLook | None, zone: ZoneInfo) -> list[str]:
    if look is None:
        return []
    now, first = (_chance(p, "not known") for p in (look.evidence.p_lost, look.p_lost_first))
    explained = [] if look.why_en is None else [f"  Explained for now, search on: {look.why_en}"]
    at = _local(look.evidence.at, zone)
    return [f"Looked at again {at}: {look.waybill} lost with {now} (first {first})", *explained]


def _chance(probability: float | None, unknown: str) -> str:
    return unknown if probability is None else percent(probability)


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return "–" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
