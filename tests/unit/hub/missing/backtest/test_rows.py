"""A row of a carrier's history is a scan, or a sentence about what is wrong with it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.missing.backtest.rows import (
    NAME_MAX,
    Checks,
    Doubt,
    Fault,
    Layout,
    Outcome,
    RowError,
    read_header,
    read_row,
)
from hub.missing.backtest.words import FILE_FAULTS, FINDINGS, Tongue
from wire.names import Step

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ZONES = {"755A": ZoneInfo("Asia/Shanghai"), "755W": ZoneInfo("Asia/Shanghai")}
OPEN = Checks(NOW, None)
KNOWN = Checks(NOW, ZONES)
LAYOUT = read_header("waybill,site,step,at,next_site,planned_at,outcome,product,value_class")
GOOD = "W1,755A,arrive,2026-11-22T09:30:00+08:00,755W,2026-11-22T20:00:00+08:00,,STD,A"


def fault(line: str, checks: Checks = KNOWN) -> tuple[Fault | Doubt, str, str, str]:
    with pytest.raises(RowError) as raised:
        read_row(line, 17, LAYOUT, checks)
    found = raised.value.at(17)
    english = Tongue(is_chinese=False).finding(found)
    assert english.startswith("row 17: ")
    assert Tongue(is_chinese=True).finding(found).startswith("第 17 行: ")
    return found.what, found.column, found.value, english


def test_a_row_is_read_as_it_was_meant() -> None:
    scan, findings = read_row(GOOD, 2, LAYOUT, KNOWN)
    assert not findings
    assert (scan.waybill, scan.site, scan.step, scan.next_site) == (
        "W1", "755A", Step.ARRIVE, "755W",
    )  # fmt: skip
    assert scan.at_s == datetime(2026, 11, 22, 1, 30, tzinfo=UTC).timestamp()
    assert scan.planned_s is not None
    assert scan.planned_s - scan.at_s == 10.5 * 3600
    assert scan.offset_s == 8 * 3600
    assert (scan.outcome, scan.product, scan.value_class) == (Outcome.NONE, "STD", "A")


def test_columns_may_stand_in_any_order_and_others_are_named() -> None:
    layout = read_header("AT, Step ,colour,site,waybill\r")
    assert layout.unread == ("colour",)
    scan, _ = read_row("2026-11-22T01:30:00Z,arrive,red,755A,W1", 2, layout, OPEN)
    assert (scan.waybill, scan.site, scan.next_site, scan.planned_s) == ("W1", "755A", "", None)


@pytest.mark.parametrize(
    ("old", "new", "what", "column", "words"),
    [
        ("09:30:00+08:00", "09:30:00", Fault.NO_ZONE, "at", "no time zone in 2026-11-22T09:30:00"),
        ("2026-11-22T09:30:00+08:00", "22.11.26", Fault.NO_TIME, "at", "22.11.26 is no time"),
        ("2026-11-22T09", "2026-13-22T09", Fault.NO_TIME, "at", "is no time"),
        ("2026-11-22T09", "1996-11-22T09", Fault.TOO_OLD, "at", "before the year 2000"),
        ("2026-11-22T09", "2026-11-24T09", Fault.FUTURE, "at", "in the future"),
        ("20:00:00+08:00", "20:00:00", Fault.NO_ZONE, "planned_at", "no time zone"),
        ("2026-11-22T20", "2027-11-22T20", Fault.PLAN_FAR, "planned_at", "more than 60 days"),
        ("arrive", "arive", Fault.UNKNOWN_STEP, "step", "there are accept, pack, arrive"),
        (",,STD", ",gone,STD", Fault.UNKNOWN_OUTCOME, "outcome", "there are delivered, lost"),
        ("755A", "999A", Fault.UNKNOWN_SITE, "site", "999A is not in the network file"),
        ("755W", "999W", Fault.UNKNOWN_SITE, "next_site", "999W is not in the network file"),
        ("W1", "", Fault.EMPTY, "waybill", "empty"),
        ("W1", "W" * (NAME_MAX + 1), Fault.ODD, "waybill", "too long"),
        ("W1", "W\x1b[2J", Fault.ODD, "waybill", "W?[2J"),
        (",STD", ",STD,more", Fault.FIELDS, "", "10 columns where 9 are due"),
        ("W1", '"W1', Fault.NO_CSV, "", "quote"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(
    old: str, new: str, what: Fault, column: str, words: str
) -> None:
    found = fault(GOOD.replace(old, new, 1))
    assert found[:2] == (what, column)
    assert words in found[3]


def test_an_offset_that_is_not_the_sites_is_told_and_the_moment_is_taken_as_written() -> None:
    scan, findings = read_row(GOOD.replace("+08:00", "+01:00"), 17, LAYOUT, KNOWN)
    assert [each.what for each in findings] == [Doubt.OTHER_ZONE]
    assert "Asia/Shanghai" in Tongue(is_chinese=False).finding(findings[0])
    assert scan.at_s == datetime(2026, 11, 22, 8, 30, tzinfo=UTC).timestamp()
    assert scan.offset_s == 8 * 3600  # what o'clock it is there
    assert not read_row(GOOD.replace("+08:00", "+01:00"), 17, LAYOUT, OPEN)[1]


@pytest.mark.parametrize("missing", ["waybill", "site", "step", "at"])
def test_a_header_without_a_column_that_must_be_there_is_refused(missing: str) -> None:
    names = [each for each in ("waybill", "site", "step", "at") if each != missing]
    with pytest.raises(RowError) as raised:
        read_header(",".join(names))
    assert (raised.value.what, raised.value.column) == (Fault.FIELDS, missing)


def test_a_header_with_a_column_twice_is_refused() -> None:
    with pytest.raises(RowError) as raised:
        read_header("waybill,site,step,at,site")
    assert (raised.value.what, raised.value.column) == (Fault.NO_CSV, "site")


def test_everything_that_is_found_has_words_in_both_languages() -> None:
    assert set(FINDINGS) == {*Fault, *Doubt}
    for sentences in (FINDINGS, FILE_FAULTS):
        for chinese, english in sentences.values():
            assert chinese.count("{value}") == english.count("{value}")
            assert any("一" <= each <= "鿿" for each in chinese)
            assert not any("一" <= each <= "鿿" for each in english)


@given(line=st.text(max_size=300) | st.builds(lambda *a: ",".join(a), *[st.text(max_size=30)] * 9))
def test_any_line_is_a_scan_or_a_sentence(line: str) -> None:
    layouts: list[Layout] = [LAYOUT]
    try:
        layouts.append(read_header(line))
    except RowError as error:
        assert error.at(1).value.isprintable()
    for layout in layouts:
        try:
            read_row(line, 2, layout, KNOWN)
        except RowError as error:
            assert Tongue(is_chinese=True).finding(error.at(2)).isprintable()
