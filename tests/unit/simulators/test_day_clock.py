"""The clock that a simulated program has under ``CUSTOS_TEST_CLOCK``."""

import time
from datetime import UTC, datetime

import pytest

from simulators.day_clock import DayClock, TestClockError, clock_of

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("variable", [None, ""])
def test_without_the_variable_it_is_the_machines(variable: str | None) -> None:
    assert abs(clock_of(variable)() - time.time() * 1000) < 1_000


def test_with_it_the_program_begins_at_its_start() -> None:
    since_ms = clock_of(DayClock(START, 60.0).variable())() - START.timestamp() * 1000
    assert 0 <= since_ms < 60 * 5_000


@pytest.mark.parametrize("variable", ["noon", "2026-11-22T01:00:00+00:00", ",60"])
def test_what_is_no_clock_is_refused(variable: str) -> None:
    with pytest.raises(TestClockError, match="CUSTOS_TEST_CLOCK"):
        clock_of(variable)
