"""Which shift a departure belongs to, and when its list is due: HV-2.7."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.dispatch.letters import LINES_PER_MAIL_MAX, Line, letters
from hub.dispatch.rules import (
    Deadlines,
    DispatchList,
    Entry,
    ListState,
    Receipt,
    Recipient,
    area_of,
    centre_of,
    deadlines,
    recipient_of,
    window_of,
)
from hub.network import Network, Shift, Site, SiteKind

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAY = Shift(site="755A", name="day", starts="08:00", ends="18:00")
NIGHT = Shift(site="755A", name="night", starts="22:00", ends="06:00")


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "shift", "day", "ends_at"),
    [
        ("2026-11-22T08:00", "day", date(2026, 11, 22), "2026-11-22T18:00"),
        ("2026-11-22T17:59", "day", date(2026, 11, 22), "2026-11-22T18:00"),
        # After the scheduled end, before the next shift: that transfer took longer.
        ("2026-11-22T21:59", "day", date(2026, 11, 22), "2026-11-22T18:00"),
        ("2026-11-22T22:00", "night", date(2026, 11, 23), "2026-11-23T06:00"),
        ("2026-11-23T00:30", "night", date(2026, 11, 23), "2026-11-23T06:00"),
        ("2026-11-23T07:59", "night", date(2026, 11, 23), "2026-11-23T06:00"),
    ],
)
def test_a_departure_belongs_to_the_shift_that_began_last(
    at: str, shift: str, day: date, ends_at: str
) -> None:
    window = window_of([DAY, NIGHT], SHANGHAI, local(at))
    assert window is not None
    assert (window.shift, window.day, window.ends_at) == (shift, day, local(ends_at))


def test_a_site_without_shifts_has_no_lists() -> None:
    assert window_of([], SHANGHAI, local("2026-11-22T08:00")) is None


def test_a_shift_of_a_whole_day_ends_where_it_began() -> None:
    whole = Shift(site="755A", name="all", starts="08:00", ends="08:00")
    window = window_of([whole], SHANGHAI, local("2026-11-22T07:00"))
    assert window is not None
    assert (window.day, window.ends_at) == (date(2026, 11, 22), local("2026-11-22T08:00"))


def test_shifts_follow_the_site_s_own_clock() -> None:
    night_of_the_change = window_of([NIGHT], BERLIN, local("2026-10-25T03:30", BERLIN))
    assert night_of_the_change is not None
    length = night_of_the_change.ends_at - night_of_the_change.starts_at
    assert night_of_the_change.ends_at.astimezone(UTC) == datetime(2026, 10, 25, 5, tzinfo=UTC)
    assert length == timedelta(hours=8)


@settings(deadline=None)
@given(at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30), timezones=st.just(UTC)))
def test_every_departure_belongs_to_a_shift_that_had_begun(at: datetime) -> None:
    window = window_of([DAY, NIGHT], SHANGHAI, at)
    assert window is not None
    assert timedelta() <= at - window.starts_at < timedelta(hours=14)


@pytest.mark.parametrize(
    ("departed", "list_at", "forward_at"),
    [
        ("2026-11-22T12:00", "2026-11-22T18:30", "2026-11-23T00:00"),
        ("2026-11-22T19:10", "2026-11-22T19:40", "2026-11-23T00:00"),
        # Nothing is to be passed on before it had to be there (ours).
        ("2026-11-22T23:50", "2026-11-23T00:20", "2026-11-23T00:20"),
    ],
)
def test_a_list_is_due_after_the_transfer_and_passed_on_by_midnight(
    departed: str, list_at: str, forward_at: str
) -> None:
    window = window_of([DAY], SHANGHAI, local("2026-11-22T12:00"))
    assert window is not None
    due = deadlines(window, SHANGHAI, local(departed), 30)
    assert due == Deadlines(local(list_at), local(forward_at))


def test_a_shift_across_midnight_is_passed_on_by_the_end_of_the_day_on_which_it_ends() -> None:
    window = window_of([NIGHT], SHANGHAI, local("2026-11-22T23:00"))
    assert window is not None
    due = deadlines(window, SHANGHAI, local("2026-11-22T23:00"), 30)
    assert due == Deadlines(local("2026-11-23T06:30"), local("2026-11-24T00:00"))


def test_a_branch_s_dispatch_centre_is_the_next_one_above_it() -> None:
    def site(code: str, kind: SiteKind, superior: str | None = None) -> Site:
        return Site(code=code, name=code, kind=kind, region="south", superior=superior)

    network = Network(
        site=(
            site("755A", SiteKind.BRANCH, "755W"),
            site("755W", SiteKind.LEVEL_2, "755D"),
            site("755D", SiteKind.DISPATCH),
            site("020A", SiteKind.BRANCH),
        )
    )
    asked = ("755A", "755D", "020A", "999", None)
    assert [centre_of(network, each) for each in asked] == ["755D", "755D", None, None, None]


def test_an_area_code_is_what_a_site_code_begins_with() -> None:
    assert [area_of(each) for each in ("755A", "020W", "BER", None)] == ["755", "020", "BER", None]


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"name": "王芳", "Address": "深南大道 1 号", "Mobile": "13900001234"}, True),
        ({"地址": "深南大道 1 号", "电话": "13900001234"}, True),
        ({"name": "王芳"}, False),
        (None, False),
    ],
)
def test_address_and_phone_are_found_among_a_recipient_s_fields(
    person: dict[str, str] | None, expected: bool
) -> None:
    full = Recipient("深南大道 1 号", "13900001234")
    assert recipient_of(person) == (full if expected else Recipient(None, None))


def test_a_recipient_in_one_text_is_taken_as_the_address() -> None:
    assert recipient_of("王芳 深南大道 1 号") == Recipient("王芳 深南大道 1 号", None)


def a_list(**fields: object) -> DispatchList:
    at = local("2026-11-22T18:00")
    plain: dict[str, object] = {
        "id": 7,
        "site": "755A",
        "shift": "day",
        "day": date(2026, 11, 22),
        "centre": "755D",
        "ends_at": at,
        "last_depart_at": at,
        "deadlines": Deadlines(at, at),
        "sent_by": None,
        "sent_at": None,
        "forwarded_by": None,
        "forwarded_at": None,
        "send_alarm_at": None,
        "forward_alarm_at": None,
        "count": 2,
        "unsent": 0,
        "unforwarded": 0,
        "receipts": (),
    }
    return DispatchList(**{**plain, **fields})  # type: ignore[arg-type] # a test's


def test_a_list_s_state_is_that_of_its_parcel_that_is_furthest_behind() -> None:
    at = local("2026-11-22T18:00")
    waiting, there = Receipt("020D", at), Receipt("755D", at, "li", at)
    assert a_list(unsent=1, unforwarded=2).state is ListState.DRAFT
    assert a_list(unforwarded=1).state is ListState.SENT
    assert a_list(receipts=(waiting, there)).state is ListState.FORWARDED
    assert a_list(receipts=(there,)).state is ListState.RECEIVED


def test_a_long_list_goes_in_several_mails_and_each_line_is_in_one() -> None:
    at = local("2026-11-22T12:00")
    last = LINES_PER_MAIL_MAX + 1
    lines = [
        Line(
            n,
            Entry(f"103{n:09}", at, is_presumed=n == last - 1),
            "755A",
            "020A",
            Recipient("路\n1 号", None),
        )
        for n in range(1, last + 1)
    ]
    first, second = letters(a_list(), "755D", ("d@d",), lines, SHANGHAI, forwarded=False)
    assert first.key != second.key
    told = (first.text_zh + second.text_zh).splitlines()
    assert sum(" | 103" in line for line in told) == len(lines)
    assert ["无发出扫描" in line for line in told if " | 103" in line].count(True) == 1
    assert told[-1] == "101 | 2026-11-22 | 103000000101 | 755A | 020 | 路 1 号 | –"
