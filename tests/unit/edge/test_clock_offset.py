"""The clock offset, learned from receipts."""

from datetime import UTC, datetime, timedelta

from edge.clock_offset import ClockOffset, Exchange
from wire.events import ClockReading

T = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def ms(value: float) -> timedelta:
    return timedelta(milliseconds=value)


def exchange(ahead: float, there: float, back: float, at_hub: float = 0, mono: int = 0) -> Exchange:
    """The hub's clock is ``ahead`` ms; the ways take ``there`` and ``back`` ms."""
    received = T + ms(there + ahead)
    return Exchange(T, received, received + ms(at_hub), T + ms(there + at_hub + back), mono)


def test_nothing_is_known_at_first() -> None:
    assert ClockOffset().reading(0) == ClockReading(offset_ms=None, error_ms=None)


def test_the_offset_is_what_to_add_and_the_true_one_lies_within_the_error() -> None:
    offset = ClockOffset()
    offset.learn(exchange(ahead=3_600_000, there=30, back=10, at_hub=500))
    reading = offset.reading(0)
    assert reading == ClockReading(offset_ms=3_600_010, error_ms=21)


def test_the_error_grows_with_drift() -> None:
    offset = ClockOffset()
    offset.learn(exchange(0, 1, 1))
    assert offset.reading(1_000_000).error_ms == 52


def test_a_surer_sample_replaces_a_less_sure_one_and_not_the_other_way_round() -> None:
    offset = ClockOffset()
    offset.learn(exchange(100, 40, 40))
    offset.learn(exchange(100, 2, 2))
    offset.learn(exchange(100, 90, 10))
    assert offset.reading(0) == ClockReading(offset_ms=100, error_ms=3)


def test_samples_that_exclude_each_other_mean_that_a_clock_was_set() -> None:
    offset = ClockOffset()
    offset.learn(exchange(0, 1, 1))
    offset.learn(exchange(60_000, 50, 50))
    assert offset.reading(0).offset_ms == 60_000


def test_impossible_samples_are_not_believed() -> None:
    offset = ClockOffset()
    offset.learn(Exchange(T, T + ms(10), T, T + ms(20), 0))  # sent before it was received
    offset.learn(Exchange(T, T, T, T - ms(1), 0))  # our clock ran backwards
    offset.learn(exchange(0, 40_000, 40_000))  # too slow to say anything
    assert offset.reading(0).offset_ms is None


def test_a_step_of_our_clock_voids_what_was_known() -> None:
    offset = ClockOffset()
    offset.learn(exchange(5, 1, 1))
    offset.forget()
    assert offset.reading(0).offset_ms is None
