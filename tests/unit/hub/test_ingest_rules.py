"""Exactly once, against edges that repeat, skip, fork and lie. Source: design section 3."""

import pytest

from hub.ingest.rules import (
    NEW_SPOOL,
    Ahead,
    Duplicate,
    Refused,
    Store,
    Verdict,
    classify,
    read_line,
)
from ledger.chain import ChainHead
from tests import samples
from wire.lines import LineError, line_hash, seal_line
from wire.messages import Batch, Problem
from wire.names import ZERO_HEAD


def chain(count: int, first_seq: int = 1, prev: str = ZERO_HEAD, mark: int = 0) -> list[bytes]:
    lines = []
    for seq in range(first_seq, first_seq + count):
        line = seal_line(samples.scan(mono_ms=mark), samples.SPOOL, seq, prev)
        lines.append(line)
        prev = line_hash(line)
    return lines


LINES = chain(6)


def head_after(count: int) -> ChainHead:
    return ChainHead(count, line_hash(LINES[count - 1])) if count else NEW_SPOOL


def judge(
    lines: list[bytes], first_seq: int, stored: int, head: str | None = None, count: int = 0
) -> Verdict:
    batch = Batch(
        site="755A",
        edge="dock",
        spool=samples.SPOOL,
        first_seq=first_seq,
        count=count or len(lines),
        head=head or line_hash(lines[-1]),
    )
    hashes = {seq: line_hash(LINES[seq - 1]) for seq in range(1, stored + 1)}
    return classify(batch, lines, head_after(stored), hashes)


def refused_for(verdict: Verdict) -> Problem:
    assert isinstance(verdict, Refused), verdict
    return verdict.problem


def test_the_first_batch_of_a_new_spool_is_stored() -> None:
    assert judge(LINES[:3], 1, 0) == Store(1, tuple(LINES[:3]), head_after(3))


def test_what_continues_at_the_head_is_stored() -> None:
    assert judge(LINES[3:], 4, 3) == Store(4, tuple(LINES[3:]), head_after(6))


@pytest.mark.parametrize("first", [1, 2, 4])
def test_a_batch_that_came_before_is_a_duplicate(first: int) -> None:
    assert judge(LINES[first - 1 : 4], first, 4) == Duplicate()


def test_a_duplicate_of_the_past_is_one_also_when_the_spool_has_moved_on() -> None:
    assert judge(LINES[:2], 1, 6) == Duplicate()


@pytest.mark.parametrize("known", range(1, 6))
def test_of_an_overlapping_batch_only_the_new_lines_are_stored(known: int) -> None:
    assert judge(LINES, 1, known) == Store(known + 1, tuple(LINES[known:]), head_after(6))


@pytest.mark.parametrize("first", [3, 5])
def test_a_batch_ahead_of_the_head_is_not_stored(first: int) -> None:
    assert judge(LINES[first - 1 :], first, 1) == Ahead()


def test_other_bytes_at_a_stored_place_are_equivocation() -> None:
    fork = chain(4, mark=7)
    assert refused_for(judge(fork, 1, 3)) is Problem.EQUIVOCATION
    assert refused_for(judge(fork[:2], 1, 3)) is Problem.EQUIVOCATION


def test_a_fork_that_begins_after_a_true_line_is_equivocation() -> None:
    fork = [LINES[0], *chain(3, 2, line_hash(LINES[0]), mark=7)]
    assert refused_for(judge(fork, 1, 3)) is Problem.EQUIVOCATION


def test_a_new_line_that_does_not_follow_the_head_breaks_the_chain() -> None:
    fork = chain(4, mark=7)[3:]
    assert refused_for(judge(fork, 4, 3)) is Problem.BROKEN_CHAIN


def test_a_new_spool_begins_with_zeros() -> None:
    lines = chain(2, prev="ab" * 32)
    assert refused_for(judge(lines, 1, 0)) is Problem.BROKEN_CHAIN


@pytest.mark.parametrize(
    "tampered",
    [
        [LINES[0], LINES[2]],
        [LINES[1], LINES[0], LINES[2]],
        [LINES[0], LINES[1].replace(b"arrive", b"depart"), LINES[2]],
        [LINES[0], LINES[1]],
        [LINES[0], LINES[1], LINES[2], LINES[3]],
    ],
    ids=["dropped", "swapped", "changed", "cut", "added"],
)
def test_lines_that_the_signed_head_does_not_cover_are_refused(tampered: list[bytes]) -> None:
    signed_head = line_hash(LINES[2])
    verdict = judge(tampered, 1, 0, head=signed_head, count=3)
    assert refused_for(verdict) is Problem.BROKEN_CHAIN


def test_tampered_lines_are_not_called_the_edges_equivocation() -> None:
    tampered = [LINES[0].replace(b"arrive", b"depart"), *LINES[1:3]]
    verdict = judge(tampered, 1, 3, head=line_hash(LINES[2]))
    assert refused_for(verdict) is Problem.BROKEN_CHAIN


def test_an_unreadable_line_counts_by_its_place_and_hash() -> None:
    garbage = b"\xff not json"
    after = seal_line(samples.scan(), samples.SPOOL, 3, line_hash(garbage))
    lines = [LINES[0], garbage, after]
    assert judge(lines, 1, 0) == Store(1, tuple(lines), ChainHead(3, line_hash(after)))


@pytest.mark.parametrize(
    "fields",
    [{"site": "755W"}, {"edge": "cage"}],
    ids=["site", "edge"],
)
def test_a_line_of_another_edge_goes_to_quarantine(fields: dict[str, object]) -> None:
    line = seal_line(samples.scan(**fields), samples.SPOOL, 1, ZERO_HEAD)
    batch = Batch(
        site="755A", edge="dock", spool=samples.SPOOL, first_seq=1, count=1, head=line_hash(line)
    )
    with pytest.raises(LineError, match="another edge"):
        read_line(line, batch, 1)
