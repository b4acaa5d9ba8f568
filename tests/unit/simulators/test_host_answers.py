"""Answers of the host: every pattern, every split, the two that begin alike, and noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.answers import QUIET_NS, Answer, AnswerReader
from wire.names import Signal

PATTERNS = {
    Signal.OK: b"\x1b7,",
    Signal.WARN: b"\x1b5,\x1b5,",
    Signal.WANTED: b"\x1b6,\x1b6,\x1b6,\x1b3,",
    Signal.STOP: b"\x1b6,\x1b6,\x1b6,\x1b6,\x1b6,\x1b3,",
    Signal.REJECT: b"\x1b8,",
    Signal.NOT_RECORDED: b"\x1b8,\x1b8,",
}
COMPLETE_AT_ONCE = set(PATTERNS) - {Signal.REJECT}
T0_NS = 1_000_000_000
ms = 1_000_000


def read_all(chunks: list[bytes], gap_ns: int = ms) -> list[Answer]:
    reader = AnswerReader()
    answers: list[Answer] = []
    now_ns = T0_NS
    for chunk in chunks:
        answers += reader.feed(chunk, now_ns)
        now_ns += gap_ns
    return answers + reader.settle(now_ns + QUIET_NS)


def signals(answers: list[Answer]) -> list[Signal | None]:
    return [answer.signal for answer in answers]


@pytest.mark.parametrize("signal", PATTERNS)
def test_every_pattern_is_read_from_every_split_at_every_byte(signal: Signal) -> None:
    raw = PATTERNS[signal]
    for first in range(len(raw) + 1):
        for second in range(first, len(raw) + 1):
            answers = read_all([raw[:first], raw[first:second], raw[second:]])
            assert signals(answers) == [signal]
            assert answers[0].raw == raw


@pytest.mark.parametrize("signal", sorted(COMPLETE_AT_ONCE))
def test_an_answer_that_cannot_grow_needs_no_quiet(signal: Signal) -> None:
    assert signals(AnswerReader().feed(PATTERNS[signal], T0_NS)) == [signal]


def test_reject_waits_for_the_quiet_and_bears_the_time_of_its_last_byte() -> None:
    reader = AnswerReader()
    assert reader.feed(b"\x1b8,", T0_NS) == []
    assert reader.quiet_at_ns == T0_NS + QUIET_NS
    assert reader.settle(T0_NS + QUIET_NS - 1) == []
    assert reader.settle(T0_NS + QUIET_NS) == [Answer(Signal.REJECT, b"\x1b8,", T0_NS)]
    assert reader.quiet_at_ns is None


def test_two_rejects_with_the_quiet_between_them_are_not_a_not_recorded() -> None:
    assert signals(read_all([b"\x1b8,", b"\x1b8,"], gap_ns=QUIET_NS)) == [Signal.REJECT] * 2
    assert signals(read_all([b"\x1b8,", b"\x1b8,"], gap_ns=QUIET_NS - 1)) == [Signal.NOT_RECORDED]


def test_a_lone_reject_that_is_cut_claims_nothing() -> None:
    reader = AnswerReader()
    reader.feed(b"\x1b8,", T0_NS)
    assert signals(reader.cut()) == [None]
    assert reader.settle(T0_NS + QUIET_NS) == []


@pytest.mark.parametrize("raw", [raw[:-1] for raw in PATTERNS.values()])
def test_an_answer_without_its_last_byte_claims_no_good_read(raw: bytes) -> None:
    assert Signal.OK not in signals(read_all([raw]))


@pytest.mark.parametrize(
    "raw", [b"\x1b9,", b"\x1b6,\x1b6,\x1b3,", b"\x1b6,\x1b6,\x1b6,\x1b6,\x1b3,", b"\x1b5,"]
)
def test_commands_that_are_no_pattern_have_no_signal(raw: bytes) -> None:
    answers = read_all([raw])
    assert set(signals(answers)) == {None}
    assert b"".join(answer.raw for answer in answers) == raw


def test_a_good_read_after_half_an_alarm_is_still_heard() -> None:
    assert signals(read_all([b"\x1b6,\x1b6,\x1b7,"])) == [None, Signal.OK]


def test_noise_is_counted_and_ends_what_came_before_it() -> None:
    reader = AnswerReader()
    answers = reader.feed(b"xx\x1b8,y\x1b\x1b7,\x1b78", T0_NS)
    assert signals(answers) == [Signal.REJECT, Signal.OK]
    assert reader.noise_bytes == len(b"xxy\x1b") + len(b"\x1b78")


@given(st.lists(st.sampled_from(sorted(COMPLETE_AT_ONCE)), max_size=8), st.data())
def test_any_split_of_several_answers_gives_the_same_signals(
    expected: list[Signal], data: st.DataObject
) -> None:
    raw = b"".join(PATTERNS[signal] for signal in expected)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    chunks = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert signals(read_all(chunks)) == expected


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_in_any_split_are_read_without_an_error_and_alike(raw: bytes, size: int) -> None:
    whole = read_all([raw])
    pieces = read_all([raw[at : at + size] for at in range(0, len(raw), size)] or [b""], 0)
    assert [(a.signal, a.raw) for a in whole] == [(a.signal, a.raw) for a in pieces]
