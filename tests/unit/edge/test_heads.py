"""Our half of the comparison of heads: every case of its table."""

import pytest

from edge.heads import find_divergence
from wire.messages import Problem, SpoolHead
from wire.names import ZERO_HEAD

OURS, OTHER = "a" * 64, "b" * 64
HEALS = None


@pytest.mark.parametrize(
    ("seq", "head", "upto_seq", "ours", "has_first", "expected"),
    [
        (0, ZERO_HEAD, 0, None, True, HEALS),
        (0, ZERO_HEAD, 0, None, False, HEALS),
        (0, ZERO_HEAD, 7, None, True, HEALS),
        (0, ZERO_HEAD, 7, None, False, Problem.BROKEN_CHAIN),
        (0, OTHER, 0, None, True, Problem.BROKEN_CHAIN),
        (4, OURS, 7, OURS, True, HEALS),
        (4, OURS, 7, OURS, False, HEALS),
        (9, OURS, 7, OURS, True, HEALS),
        (4, OTHER, 7, OURS, True, Problem.EQUIVOCATION),
        (9, OTHER, 7, OURS, True, Problem.EQUIVOCATION),
        (4, OTHER, 7, None, False, Problem.BROKEN_CHAIN),
        (10, OTHER, 7, None, True, Problem.EQUIVOCATION),
        (99, OTHER, 0, None, True, Problem.EQUIVOCATION),
    ],
    ids=[
        "the hub has nothing, and nothing was sent",
        "the hub has nothing, nothing was receipted",
        "the hub has nothing more, line 1 is here",
        "the hub has nothing more, line 1 is gone",
        "nothing with a head",
        "the hub lags behind: send again",
        "the hub lags behind what is kept",
        "a receipt",
        "another line in the past",
        "another line at its head",
        "the hub lags behind what is forgotten",
        "one line more than ours",
        "many lines more than ours",
    ],
)
def test_each_head_of_the_hubs_heals_or_is_a_problem(
    seq: int,
    head: str,
    upto_seq: int,
    ours: str | None,
    has_first: bool,
    expected: Problem | None,
) -> None:
    known = SpoolHead(spool="5" * 32, seq=seq, head=head)
    assert find_divergence(known, 9, upto_seq, ours, has_first=has_first) is expected
