"""When an event counts as having happened. Source: design section 5."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.config import load_policy
from hub.fact import EventTime, is_simulated, time_of
from tests import samples
from wire.events import ClockReading
from wire.limits import INT_MAX
from wire.names import format_at

RECEIVED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLICY = load_policy(None).late


def judge(at: datetime, offset_ms: int | None = 0) -> EventTime:
    scan = samples.scan(at=format_at(at), clock=ClockReading(offset_ms=offset_ms, error_ms=1))
    return time_of(scan, RECEIVED, POLICY)


def test_the_clock_offset_puts_the_time_right() -> None:
    found = judge(RECEIVED - timedelta(seconds=60), offset_ms=59_000)
    assert found == EventTime(RECEIVED - timedelta(seconds=1), late=False, doubted=False)


def test_an_unknown_offset_counts_as_none() -> None:
    at = RECEIVED - timedelta(seconds=2)
    assert judge(at, offset_ms=None) == EventTime(at, late=False, doubted=False)


@pytest.mark.parametrize(("age_s", "late"), [(5, False), (5.001, True), (86_400 * 400, True)])
def test_late_begins_where_policy_says(age_s: float, late: bool) -> None:
    assert judge(RECEIVED - timedelta(seconds=age_s)).late is late


@pytest.mark.parametrize(("ahead_h", "doubted"), [(24, False), (24.001, True)])
def test_a_time_too_far_ahead_is_not_believed(ahead_h: float, doubted: bool) -> None:
    found = judge(RECEIVED + timedelta(hours=ahead_h))
    assert found.doubted is doubted
    assert (found.occurred_at == RECEIVED) is doubted


def test_a_time_before_2020_is_not_believed_and_not_called_late() -> None:
    assert judge(datetime(2019, 12, 31, 23, 59, tzinfo=UTC)) == EventTime(RECEIVED, False, True)


@pytest.mark.parametrize("offset_ms", [INT_MAX, -INT_MAX])
def test_an_offset_beyond_the_calendar_is_not_believed(offset_ms: int) -> None:
    assert judge(RECEIVED, offset_ms) == EventTime(RECEIVED, late=False, doubted=True)


@pytest.mark.parametrize(
    ("source", "simulated"),
    [
        ("pts:/dev/pts/3", True),
        ("tcp:127.0.0.1:4001", True),
        ("tcp:[::1]:4001", True),
        ("file:", True),
        ("usb:0c2e:0b61:1234", False),
        ("tcp:10.0.0.7:4001", False),
        (None, False),
    ],
)
def test_a_pty_a_loopback_peer_or_a_film_is_marked_as_simulated(
    source: str | None, simulated: bool
) -> None:
    assert is_simulated(source) is simulated
