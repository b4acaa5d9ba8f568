from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.names import format_at, is_name, parse_at

_YEARS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))


@given(_YEARS, st.integers(-23, 23))
def test_a_time_comes_back_as_written_whatever_its_zone(naive: datetime, hours: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    cut = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert parse_at(format_at(at)) == cut
    assert format_at(parse_at(format_at(at))) == format_at(at)


def test_a_time_is_cut_to_milliseconds_and_never_rounded_up() -> None:
    at = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert format_at(at) == "2026-12-31T23:59:59.999Z"


def test_a_time_without_zone_is_never_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        format_at(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-22", "2026-11-22T01:02:03.456", "2026-11-22T01:02:03.456Z\n",
     "2026-11-22 01:02:03.456Z", "2026-11-22T01:02:03,456Z", "20261122T010203.456Z",
     "2026-W47-7T01:02:03.456Z", "2026-13-01T00:00:00.000Z", "٢٠٢٦-11-22T01:02:03.456Z"],
)  # fmt: skip
def test_what_is_no_wire_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_at(text)


@pytest.mark.parametrize("text", ["a", "755A", "dock-1", "_", "a" * 32])
def test_a_name_is_a_name(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["", "a" * 33, "a\n", "\na", "a b", "a/b", "#", "+", "ä", "٣", "a\x00", "a."]
)
def test_what_is_no_name_is_told(text: str) -> None:
    assert not is_name(text)
