"""The chain against an attacker: each move is refused, and what was believed stays as it was."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import ChainError, ChainHead, extend
from tests.samples import SPOOL, chain, scan
from wire.lines import line_hash, seal_line
from wire.names import ZERO_HEAD

START = ChainHead(0, ZERO_HEAD)
LINES = chain([scan(waybill=f"75500000000{n}") for n in range(6)])
HEAD = line_hash(LINES[-1])
OTHER = seal_line(scan(waybill="999999999999"), SPOOL, 3, line_hash(LINES[1]))


def refused(lines: list[bytes], head: str = HEAD, start: ChainHead = START) -> str:
    with pytest.raises(ChainError) as caught:
        extend(start, start.seq + 1, head, lines)
    assert (START.seq, START.head) == (0, ZERO_HEAD)
    # Nothing changed: what was true before is taken after, as if the attack had not been.
    assert extend(START, 1, HEAD, LINES) == ChainHead(6, HEAD)
    return str(caught.value)


def test_a_chain_is_followed_in_one_piece_or_in_any_two() -> None:
    assert extend(START, 1, HEAD, LINES) == ChainHead(6, HEAD)
    for cut in range(1, len(LINES)):
        middle = extend(START, 1, line_hash(LINES[cut - 1]), LINES[:cut])
        assert middle == ChainHead(cut, line_hash(LINES[cut - 1]))
        assert extend(middle, cut + 1, HEAD, LINES[cut:]) == ChainHead(6, HEAD)


def test_no_lines_leave_the_head_where_it_was() -> None:
    assert extend(ChainHead(6, HEAD), 7, HEAD, []) == ChainHead(6, HEAD)


MOVES: dict[str, Callable[[], list[bytes]]] = {
    "drop the first": lambda: LINES[1:],
    "drop one inside": lambda: LINES[:2] + LINES[3:],
    "swap two": lambda: [LINES[1], LINES[0], *LINES[2:]],
    "double one": lambda: [*LINES[:3], LINES[2], *LINES[3:]],
    "insert one": lambda: [*LINES[:2], OTHER, *LINES[2:]],
    "replace one": lambda: [*LINES[:2], OTHER, *LINES[3:]],
    "cut the tail": lambda: LINES[:-1],
    "cut everything": list,
    "add a tail": lambda: [*LINES, seal_line(scan(), SPOOL, 7, HEAD)],
    "turn it round": lambda: LINES[::-1],
    "change the last": lambda: [*LINES[:-1], LINES[-1].replace(b"755000000005", b"755000000009")],
}


@pytest.mark.parametrize("move", MOVES)
def test_an_attackers_move_is_refused_and_nothing_changed(move: str) -> None:
    refused(MOVES[move]())


@given(st.integers(0, len(LINES) - 1), st.data())
def test_any_one_byte_changed_anywhere_is_refused(index: int, data: st.DataObject) -> None:
    line = bytearray(LINES[index])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))
    refused([*LINES[:index], bytes(line), *LINES[index + 1 :]])


def test_a_tail_cut_with_a_head_made_to_fit_needs_the_edges_signature_and_shows_at_the_hub() -> (
    None
):
    # The chain alone cannot see it: the header's head is signed, and the hub's own head is ahead.
    cut = extend(START, 1, line_hash(LINES[3]), LINES[:4])
    assert cut.seq < 6
    with pytest.raises(ChainError, match="does not follow 6"):
        extend(ChainHead(6, HEAD), 5, line_hash(LINES[3]), LINES[:4])


def test_a_batch_that_comes_again_or_too_early_does_not_follow() -> None:
    for first_seq in (0, 2, 7):
        with pytest.raises(ChainError, match="does not follow"):
            extend(START, first_seq, HEAD, LINES)


def test_lines_of_another_history_do_not_follow_the_head() -> None:
    refused(LINES[2:], start=ChainHead(2, "f" * 64))


def test_a_claimed_head_that_is_not_the_last_lines_is_refused() -> None:
    assert "another head" in refused(LINES, head=line_hash(LINES[0]))
    assert "another head" in refused(LINES, head=HEAD.upper())


UNREADABLE = [
    b"garbage",
    b"\xff\xfe",
    b'{"seq":2,"prev":"\xff"}',
    b'{"seq":"2","prev":1}',
    b'{"seq":' + b"9" * 5000 + b',"prev":"x"}',
    b'{"seq":2}',
    b"[" * 30_000,
    b'{"x":' * 5000,
    b"null",
]


@pytest.mark.parametrize("garbage", UNREADABLE, ids=lambda line: repr(line[:24]))
def test_an_unreadable_line_counts_by_its_place_and_those_behind_it_flow(garbage: bytes) -> None:
    behind = seal_line(scan(), SPOOL, 3, line_hash(garbage))
    found = extend(START, 1, line_hash(behind), [LINES[0], garbage, behind])
    assert found == ChainHead(3, line_hash(behind))


def test_an_unreadable_line_put_in_by_another_is_refused() -> None:
    refused([LINES[0], b"garbage", *LINES[2:]])
    refused([*LINES[:3], b"garbage", *LINES[3:]])


def test_a_thousand_random_rearrangements_are_refused() -> None:
    shuffler = random.Random(42)
    tried = 0
    while tried < 1000:
        lines = shuffler.choices(LINES, k=len(LINES))
        if lines != LINES:
            tried += 1
            with pytest.raises(ChainError):
                extend(START, 1, HEAD, lines)
