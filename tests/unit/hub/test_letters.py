"""The mails of a search carry its evidence as plain text, in both languages (HV-2.11.2)."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from hub.evidence import Bar, Evidence, Line, LineKind, Look, Share
from hub.incidents.letters import ask_previous_link, report_to_region
from hub.incidents.rules import Incident, State
from tests.hub_parts import START
from tests.incident_parts import WAYBILL, suspicion

CHINA = ZoneInfo("Asia/Shanghai")
EVIDENCE = Evidence(
    at=START,
    lines=(
        Line(
            LineKind.SILENCE,
            "最后一次扫描",
            "Last scan",
            Bar(31.5, 31.5, "竖线", "mark", mark=12.0),
        ),
        Line(LineKind.RARITY, "每 1,000 件", "Of 1,000", Bar(3, 1000, "有 3 件", "3 of 1,000")),
        Line(LineKind.UNKNOWN, "没有同行快件可比", "Nothing travels with it"),
    ),
    expected_site="021W",
    expected_by=START - timedelta(hours=5),
    p_lost=0.37,
    p_diverted=None,
    prior_per_10000=10,
    budget_per_1000=6,
    shares=(Share("755W", 0.91), Share("021W", 0.09)),
    looks=(Look(START + timedelta(hours=1), "自查", "they look"),),
)
INCIDENT = Incident(7, suspicion(evidence=EVIDENCE), State.SELF_CHECK, START, START, (WAYBILL,))


def test_the_link_before_reads_three_lines_with_their_bars() -> None:
    mail = ask_previous_link(INCIDENT, ("desk@755w.example",), CHINA)
    assert "  1. 最后一次扫描\n     ▮▮▮▮|▮▮▮▮▮▮  竖线\n  2. 每 1,000 件\n" in mail.text_zh
    assert "     ▯▯▯▯▯▯▯▯▯▯  有 3 件\n  3. 没有同行快件可比\n遗失概率" in mail.text_zh
    assert "  1. Last scan\n     ▮▮▮▮|▮▮▮▮▮▮  mark\n  2. Of 1,000\n" in mail.text_en
    assert "     ▯▯▯▯▯▯▯▯▯▯  3 of 1,000\n  3. Nothing travels with it\nProb" in mail.text_en


def test_chances_shares_and_what_is_next_are_in_the_mail_with_prior_and_budget() -> None:
    mail = report_to_region(INCIDENT, ("ops@south.example",), "south", [], CHINA)
    for text in (mail.text_zh, mail.text_en):
        assert "37%" in text
        assert "755W 91%" in text
        assert "021W 9%" in text
    assert "先验万分之 10，误报预算千分之 6" in mail.text_zh
    assert "误转他处概率：无法估计" in mail.text_zh
    assert "prior 10 in 10,000, budget of false alarms 6 in 1,000" in mail.text_en
    assert "gone another way: not known" in mail.text_en
    at = (START + timedelta(hours=1)).astimezone(CHINA).strftime("%Y-%m-%d %H:%M %Z")
    assert f"  - {at}：自查" in mail.text_zh
    assert f"  - {at}: they look" in mail.text_en


def test_no_mail_tells_what_a_parcel_is_worth() -> None:
    mail = ask_previous_link(INCIDENT, ("desk@755w.example",), CHINA)
    for text in (mail.text_zh, mail.text_en, mail.subject_zh, mail.subject_en):
        assert not {"¥", "CNY", "元"} & set(text.split())
        assert "¥" not in text


def test_a_search_from_before_evidence_still_has_its_reasons_in_the_mail() -> None:
    older = replace(INCIDENT, suspicion=suspicion())
    mail = ask_previous_link(older, ("desk@755w.example",), CHINA)
    assert "依据：\n  - 晚点 5 小时\n" in mail.text_zh
    assert "Evidence:\n  - 5 hours behind plan\n" in mail.text_en
