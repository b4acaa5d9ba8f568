"""The hub's half of the comparison of heads: every case of its table, and of links."""

import pytest

from hub.ingest.heads import (
    Agreement,
    LinkState,
    StoredSpool,
    compare_head,
    find_vanished,
    judge_link,
    lines_missing,
)
from ledger.chain import ChainHead
from wire.messages import SpoolHead

HEAD, OTHER = "a" * 64, "b" * 64
OLD, NEW = "1" * 32, "2" * 32


def said(seq: int, head: str = HEAD) -> SpoolHead:
    return SpoolHead(spool=OLD, seq=seq, head=head)


def stored(seq: int = 9, **fields: object) -> StoredSpool:
    return StoredSpool(1, OLD, ChainHead(seq, HEAD), **fields)  # type: ignore[arg-type]  # a test's


@pytest.mark.parametrize(
    ("edge", "hub", "ours", "expected"),
    [
        (said(0), None, None, Agreement.SAME),
        (said(4), None, None, Agreement.BEHIND),
        (said(9), stored(), None, Agreement.SAME),
        (said(9, OTHER), stored(), None, Agreement.OTHER),
        (said(10, OTHER), stored(), None, Agreement.BEHIND),
        (said(4, OTHER), stored(), OTHER, Agreement.ROLLED_BACK),
        (said(4, OTHER), stored(), HEAD, Agreement.OTHER),
        (said(4, OTHER), stored(), None, Agreement.OTHER),
        (said(0, OTHER), stored(), None, Agreement.ROLLED_BACK),
        (said(4, OTHER), stored(is_closed=True), HEAD, Agreement.CLOSED),
        (said(99, OTHER), stored(is_closed=True), None, Agreement.CLOSED),
    ],
)
def test_each_head_of_an_edges_heals_or_is_told(
    edge: SpoolHead, hub: StoredSpool | None, ours: str | None, expected: Agreement
) -> None:
    assert compare_head(edge, hub, ours) is expected


def test_a_spool_that_is_not_named_any_more_must_have_come_to_its_end() -> None:
    assert find_vanished({OLD: stored()}, {OLD: said(9)}) == []
    assert find_vanished({OLD: stored()}, {}) == [stored()]
    assert find_vanished({OLD: stored(is_ended=True)}, {}) == []
    assert find_vanished({OLD: stored(is_closed=True)}, {}) == []


def follower(seq: int, head: str = HEAD) -> StoredSpool:
    return StoredSpool(2, NEW, ChainHead(1, OTHER), said(seq, head))


@pytest.mark.parametrize(
    ("spool", "before", "is_named", "expected", "missing"),
    [
        (stored(), None, True, LinkState.FIRST, 0),
        (follower(9), stored(), True, LinkState.FITS, 0),
        (follower(9), stored(), False, LinkState.FITS, 0),
        (follower(9, OTHER), stored(), True, LinkState.BROKEN, 0),
        (follower(8), stored(), True, LinkState.BROKEN, 0),
        (follower(12), stored(), True, LinkState.WAITING, 3),
        (follower(12), None, True, LinkState.WAITING, 12),
        (follower(12), stored(), False, LinkState.BROKEN, 3),
        (follower(12), None, False, LinkState.BROKEN, 12),
        (follower(12), stored(is_closed=True), True, LinkState.GAP, 3),
        (follower(9), stored(is_closed=True), False, LinkState.GAP, 0),
    ],
)
def test_a_link_fits_waits_or_is_shown(
    spool: StoredSpool,
    before: StoredSpool | None,
    is_named: bool,
    expected: LinkState,
    missing: int,
) -> None:
    assert judge_link(spool, before, is_named=is_named) is expected
    assert lines_missing(spool, before) == missing
