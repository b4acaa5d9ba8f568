"""The drafts of feedback lines and their bounds."""

from edge.feedback_log import DELAY_MS, DRAFTS_KEPT_MAX, DRAFTS_MAX, Draft, FeedbackLog
from wire.names import Signal

GUARD_MS = 300


def draft(seq: int, durable_ms: int = 0) -> Draft:
    return Draft(seq, "dock-1", None, None, Signal.OK, 1, durable_ms * 1_000_000)


def seqs(drafts: list[Draft]) -> list[int]:
    return [draft.of_seq for draft in drafts]


def test_a_draft_goes_along_once_it_is_answered_and_cannot_be_repeated_any_more() -> None:
    log = FeedbackLog(GUARD_MS)
    log.open(draft(1))
    assert log.ripe((GUARD_MS + 1) * 1_000_000) == []
    log.sent(1, 5_000)
    assert log.ripe(GUARD_MS * 1_000_000) == []
    assert seqs(log.ripe((GUARD_MS + 1) * 1_000_000)) == [1]


def test_an_unanswered_draft_is_written_after_its_delay() -> None:
    log = FeedbackLog(GUARD_MS)
    log.open(draft(1))
    assert log.wait_ms(0) == DELAY_MS
    assert log.overdue((DELAY_MS - 1) * 1_000_000) == []
    assert seqs(log.overdue(DELAY_MS * 1_000_000)) == [1]
    assert log.wait_ms((DELAY_MS + 7) * 1_000_000) == -7


def test_no_more_than_fifty_scans_wait() -> None:
    log = FeedbackLog(GUARD_MS)
    for seq in range(1, DRAFTS_MAX + 3):
        log.open(draft(seq))
    assert seqs(log.ripe(0)) == [1, 2]


def test_while_the_disk_refuses_the_oldest_are_given_up() -> None:
    log = FeedbackLog(GUARD_MS)
    for seq in range(1, DRAFTS_KEPT_MAX + 2):
        log.open(draft(seq))
    assert len(log.all()) == DRAFTS_KEPT_MAX
    assert log.all()[0].of_seq == 2


def test_written_drafts_are_gone_and_late_news_of_them_is_ignored() -> None:
    log = FeedbackLog(GUARD_MS)
    log.open(draft(1))
    log.written(log.all())
    log.sent(1, 5)
    log.not_sent(1)
    log.repeat(1)
    assert log.all() == []
    assert log.wait_ms(0) is None
