"""Reading what people type, paste and export from spreadsheets."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hub.console.wanted.reading import CHARS_MAX, LINES_MAX, Reader, Terms, becomes_of, read_lines
from hub.console.wanted.views import Becomes, Column, Draft, Fault
from hub.wanted.service import entry_id_of
from tests.hub_parts import START
from wire.limits import SCOPE_SITES_MAX
from wire.policy import parse_policy
from wire.wanted import WantedEntry, WantedResult

ROOT = Path(__file__).parents[5]
SHIPPED = parse_policy((ROOT / "wire" / "policy.toml").read_bytes())
TERMS = msgspec.json.decode(
    (ROOT / "hub" / "console" / "wanted" / "terms.json").read_bytes(), type=Terms
)
SITES = frozenset({"755A", "755W", "021W"})
READER = Reader(TERMS, SHIPPED.waybill, SITES, None, ZoneInfo("Asia/Shanghai"), START)
BOUND = Reader(TERMS, SHIPPED.waybill, SITES, frozenset({"755A"}), ZoneInfo("Asia/Shanghai"), START)
GOOD = {Column.WAYBILL: "103000000001", Column.REASON: "客户报案"}


def draft(**fields: str) -> Draft:
    found, faults = READER.read({**GOOD, **fields})
    assert found is not None, faults
    return found


def faults(reader: Reader = READER, **fields: str) -> tuple[Fault, ...]:
    found, wrong = reader.read({**GOOD, **fields})
    assert (found is None) == bool(wrong)
    return wrong


def test_a_waybill_and_a_reason_are_enough() -> None:
    assert draft() == Draft(
        "103000000001", WantedResult.WANTED, "客户报案", None, None, False, 5, None, None
    )


@pytest.mark.parametrize(
    "typed",
    ["1030 0000 0001", " 103000000001 ", '="103000000001"', "'103000000001", "1030\t00000001"],
)
def test_a_waybill_is_read_as_people_and_spreadsheets_write_it(typed: str) -> None:
    assert draft(waybill=typed).waybill == "103000000001"


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", Fault.NO_WAYBILL),
        ("  ", Fault.NO_WAYBILL),
        ("1.03E+11", Fault.SPREADSHEET),
        ("1,03E+11", Fault.SPREADSHEET),
        ("12345", Fault.WAYBILL),
        ("10300000000１", Fault.WAYBILL),
        ("<script>", Fault.WAYBILL),
        ("1" * 65, Fault.WAYBILL),
    ],
)
def test_what_no_scanner_takes_for_a_waybill_is_refused(typed: str, fault: Fault) -> None:
    assert faults(waybill=typed) == (fault,)


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("", "wanted"),
        ("通缉", "wanted"),
        ("WANTED", "wanted"),
        ("禁止流转", "stop"),
        (" Stop ", "stop"),
    ],
)
def test_results_are_read_in_both_languages(typed: str, result: str) -> None:
    assert draft(result=typed).result == result


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("2026-11-30 18:00", datetime(2026, 11, 30, 10, 0, tzinfo=UTC)),
        ("2026-11-30T18:00", datetime(2026, 11, 30, 10, 0, tzinfo=UTC)),
        ("2026/11/30 18:00:00", datetime(2026, 11, 30, 10, 0, tzinfo=UTC)),
        ("2026.1.2 ", None),
        ("2026-11-30", datetime(2026, 11, 30, 16, 0, tzinfo=UTC)),
        ("2026-11-30T18:00:00Z", datetime(2026, 11, 30, 18, 0, tzinfo=UTC)),
        ("2026-11-30T18:00:00+09:00", datetime(2026, 11, 30, 9, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_local_and_a_date_alone_ends_with_its_day(
    typed: str, at: datetime | None
) -> None:
    if at is None:
        assert faults(expires_at=typed) == (Fault.PAST,)
    else:
        assert draft(expires_at=typed).expires_at == at


@pytest.mark.parametrize(
    "typed", ["明天", "2026-02-30", "2026-11-30 25:00", "30.11.26", "9999-12-31"]
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    assert faults(expires_at=typed) == (Fault.EXPIRES,)


def test_a_time_that_is_now_has_passed() -> None:
    assert faults(expires_at=START.isoformat()) == (Fault.PAST,)
    assert faults(expires_at=(START + timedelta(seconds=1)).isoformat()) == ()


@pytest.mark.parametrize("typed", ["755A 755W", "755A,755W", "755A、755W", "755A|755W|755A"])
def test_sites_are_read_however_they_are_parted(typed: str) -> None:
    assert set(draft(scope=typed).scope or ()) == {"755A", "755W"}


def test_a_site_that_does_not_exist_is_refused_unless_no_network_is_known() -> None:
    assert faults(scope="755A ZZZ") == (Fault.SCOPE,)
    anywhere = Reader(TERMS, SHIPPED.waybill, frozenset(), None, READER.zone, START)
    assert faults(anywhere, scope="ZZZ") == ()
    assert faults(anywhere, scope="Z Z!") == (Fault.SCOPE,)
    many = " ".join(f"S{i}" for i in range(SCOPE_SITES_MAX + 1))
    assert faults(anywhere, scope=many) == (Fault.SCOPE_LONG,)


def test_who_answers_for_sites_sets_entries_at_these_sites_only() -> None:
    assert faults(BOUND) == (Fault.NOT_YOURS,)
    assert faults(BOUND, scope="755A 755W") == (Fault.NOT_YOURS,)
    assert faults(BOUND, scope="755A") == ()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"result": "看看"}, Fault.RESULT),
        ({"reason": " "}, Fault.NO_REASON),
        ({"reason": "x" * 201}, Fault.REASON),
        ({"reason": "a\x07b"}, Fault.REASON),
        ({"covert": "也许"}, Fault.COVERT),
        ({"priority": "10"}, Fault.PRIORITY),
        ({"priority": "²"}, Fault.PRIORITY),
        ({"banner_zh": "长" * 81}, Fault.BANNER),
    ],
)
def test_each_wrong_field_has_its_fault(fields: dict[str, str], fault: Fault) -> None:
    assert faults(**fields) == (fault,)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert set(faults(waybill="", reason="", result="?", expires_at="?")) == {
        Fault.NO_WAYBILL,
        Fault.NO_REASON,
        Fault.RESULT,
        Fault.EXPIRES,
    }


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table_with_a_heading_is_read_by_its_columns_whatever_their_order(delimiter: str) -> None:
    rows = [["原因", "运单号", "处理"], ["报案", "103000000001", "禁止流转"]]
    (line,) = read_lines("\n".join(delimiter.join(row) for row in rows), READER)
    assert line.number == 2
    assert line.draft is not None
    assert (line.draft.reason, line.draft.result) == ("报案", WantedResult.STOP)


def test_a_table_without_a_heading_has_its_columns_in_the_usual_order() -> None:
    first, second = read_lines('103000000001,stop,"a, b"\r\n\r\n103000000002,,c', READER)
    assert first.draft is not None
    assert second.draft is not None
    assert (first.number, first.draft.reason) == (1, "a, b")
    assert (second.number, second.draft.reason) == (2, "c")


def test_a_byte_order_mark_and_unknown_columns_are_passed_over() -> None:
    (line,) = read_lines("\ufeffwaybill,电话,reason\n103000000001,139,x", READER)
    assert line.draft is not None


def test_the_second_line_of_a_waybill_is_a_fault_that_names_the_first() -> None:
    _, _, again = read_lines("103000000001,,a\n103000000002,,b\n1030 0000 0001,stop,c", READER)
    assert (again.becomes, again.faults, again.same_as) == (Becomes.FAULTY, (Fault.TWICE,), 1)


def test_a_line_with_more_cells_than_the_heading_is_refused() -> None:
    (line,) = read_lines("waybill,reason\n103000000001,a,b", READER)
    assert line.faults == (Fault.COLUMNS,)


def test_no_text_is_no_line_and_a_long_one_is_cut_at_its_bounds() -> None:
    assert read_lines(" \n\n", READER) == []
    full = "\n".join(f"{103_000_000_000 + i},,x" for i in range(LINES_MAX + 1))
    assert len(read_lines(full, READER)) == LINES_MAX
    assert read_lines("\n" * CHARS_MAX + "103000000001,,x", READER) == []


def test_an_open_quote_swallows_its_line_and_no_more_than_the_text() -> None:
    lines = read_lines('103000000001,,"a\n103000000002,,b', READER)
    assert [line.waybill for line in lines] == ["103000000001"]


def test_what_an_entry_would_do_depends_on_what_stands_there() -> None:
    made = WantedEntry(
        id=entry_id_of("1"), waybill="1", result=WantedResult.STOP, reason="x", owner="a"
    )
    assert becomes_of(None, made) is Becomes.NEW
    assert becomes_of(made, made) is Becomes.SAME
    other = WantedEntry(id=made.id, waybill="1", result=WantedResult.STOP, reason="y", owner="a")
    assert becomes_of(other, made) is Becomes.CHANGE
