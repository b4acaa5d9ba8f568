"""The publisher: one batch in flight, forgotten only on a receipt (P2)."""

from datetime import UTC, datetime

import msgspec
import pytest

from edge.publisher import Publisher
from edge.spool_feed import HEADER_BYTES_MAX, LINGER_MS, Sender, answer_key
from ledger.chain import ChainHead, extend
from ledger.keys import SigningKey
from ledger.signing import Opened, open_sealed, seal
from tests.unit.edge.fakes import SPOOL_ID, Desk, FakeSpool
from wire.envelope import split_lines
from wire.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX
from wire.lines import line_hash
from wire.messages import Batch, Problem, Receipt, SpoolHead
from wire.names import ZERO_HEAD

KEY = SigningKey(b"k" * 32)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
AT = "2026-11-22T08:00:00.000Z"


class Line:
    """A publisher on a spool that grows by scans, and a hub that answers."""

    def __init__(self, scans: int = 0, upto_seq: int = 0) -> None:
        self.desk = Desk().start()
        self.spool: FakeSpool = self.desk.spool
        self.now_ms = 0
        self.spool.uptos[SPOOL_ID] = upto_seq
        self.publisher = Publisher(Sender("755A", "dock", KEY), self.spool, self.now_ms)
        self.publisher.connected()
        self.grow(scans)

    def grow(self, scans: int) -> None:
        for n in range(scans):
            self.desk.scan(f"755{self.spool.head_seq + n:09d}")
        self.publisher.grown(self.spool.newest(), self.now_ms)

    def due(self, after_ms: int = 0) -> bytes | None:
        self.now_ms += after_ms
        return self.publisher.due(self.now_ms, NOW)

    def receipt(
        self, payload: bytes, seq: int, head: str | None = None, **fields: object
    ) -> Receipt:
        known = head if head is not None else (self.spool.head_at(SPOOL_ID, seq) or ZERO_HEAD)
        return Receipt(
            site="755A",
            edge="dock",
            answers=answer_key(payload),
            heads=(SpoolHead(spool=SPOOL_ID, seq=seq, head=known),),
            wanted_version=0,
            received_at=AT,
            sent_at=AT,
            **fields,
        )

    def receive(self, receipt: Receipt) -> int | None:
        """Where the live spool is receipted then; None: the receipt was not believed."""
        learned = self.publisher.receive(receipt, NOW, self.now_ms)
        if learned is None:
            return None
        for spool, upto_seq in learned.moved:
            self.spool.mark_receipted(spool, upto_seq)
        return self.spool.upto_seq


def opened(payload: bytes) -> Opened[Batch]:
    return open_sealed(payload, Batch, KEY.public_key, BATCH_BYTES_MAX)


def test_a_batch_lingers_twenty_ms_for_company() -> None:
    line = Line(scans=1)
    assert line.due(LINGER_MS - 1) is None
    assert line.publisher.wait_ms(line.now_ms) == 1
    payload = line.due(1)
    assert payload is not None
    assert opened(payload).message.count == line.spool.head_seq


def test_a_full_batch_does_not_linger() -> None:
    line = Line(scans=BATCH_EVENTS_MAX)
    payload = line.due()
    assert payload is not None
    assert opened(payload).message.count == BATCH_EVENTS_MAX


def test_the_batch_holds_the_very_lines_and_their_chain() -> None:
    line = Line(scans=3)
    payload = line.due(LINGER_MS)
    assert payload is not None
    batch = opened(payload)
    lines = split_lines(batch.lines, BATCH_EVENTS_MAX)
    assert lines == [sealed.line for sealed in line.spool.sealed]
    head = extend(ChainHead(0, ZERO_HEAD), 1, batch.message.head, lines)
    assert head == line.spool.head()


def test_nothing_more_is_sent_before_the_receipt_and_the_next_right_after_it() -> None:
    line = Line(scans=1)
    first = line.due(LINGER_MS)
    assert first is not None
    sent = line.spool.head_seq
    line.grow(2)
    assert line.due(LINGER_MS) is None
    assert line.receive(line.receipt(first, sent)) == sent
    second = line.due()
    assert second is not None
    assert opened(second).message.first_seq == sent + 1


def test_the_same_bytes_go_again_after_5_10_20_and_at_most_300_seconds() -> None:
    line = Line(scans=1)
    first = line.due(LINGER_MS)
    waits = []
    for _ in range(9):
        wait_ms = line.publisher.wait_ms(line.now_ms)
        assert wait_ms is not None
        assert line.due(wait_ms - 1) is None
        assert line.due(1) == first
        waits.append(wait_ms // 1000)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_after_a_reconnect_the_same_bytes_go_at_once() -> None:
    line = Line(scans=1)
    first = line.due(LINGER_MS)
    line.publisher.disconnected()
    assert line.due(600_000) is None
    assert line.publisher.wait_ms(line.now_ms) is None
    line.publisher.connected()
    assert line.due() == first


def test_no_message_is_longer_than_the_bound_whatever_the_lines() -> None:
    line = Line()
    long = "x" * 400
    while sum(len(sealed.line) for sealed in line.spool.sealed) < 2 * BATCH_BYTES_MAX:
        line.desk.scan(f"CX:REFUSE:{long[:64]}")
    line.publisher.grown(line.spool.newest(), line.now_ms)
    payload = line.due(LINGER_MS)
    assert payload is not None
    assert len(payload) <= BATCH_BYTES_MAX


def test_the_longest_header_fits_into_the_room_kept_for_it() -> None:
    longest = Batch(
        site="s" * 32,
        edge="e" * 32,
        spool="f" * 32,
        first_seq=2**53 - 1,
        count=BATCH_EVENTS_MAX,
        head="f" * 64,
    )
    assert len(seal(longest, KEY)) <= HEADER_BYTES_MAX


# ---------------------------------------------------------------- receipts


def test_a_receipt_that_answers_nothing_of_ours_changes_nothing() -> None:
    line = Line(scans=1)
    first = line.due(LINGER_MS)
    assert first is not None
    answer = line.receipt(first, line.spool.head_seq)
    assert line.receive(answer) == line.spool.head_seq
    assert line.receive(answer) is None  # replayed
    assert line.receive(line.receipt(b"another\n", 0)) is None


def test_a_lost_receipt_is_made_good_by_the_next_state() -> None:
    line = Line(scans=1)
    line.due(LINGER_MS)
    state = b"a state\nsig\n"
    line.publisher.asked(answer_key(state), NOW)
    assert line.receive(line.receipt(state, line.spool.head_seq)) == line.spool.head_seq
    assert line.due(600_000) is None


def test_a_state_answered_before_the_batch_leaves_the_batch_in_flight() -> None:
    line = Line(scans=1)
    state = b"a state\nsig\n"
    line.publisher.asked(answer_key(state), NOW)
    first = line.due(LINGER_MS)
    assert line.receive(line.receipt(state, 0)) == 0
    assert line.due() is None
    assert line.due(5_000) == first


def test_a_hub_that_forgot_gets_everything_again_from_what_it_has() -> None:
    line = Line(scans=5)
    first = line.due(LINGER_MS)
    assert first is not None
    line.receive(line.receipt(first, line.spool.head_seq))
    state = b"a state\nsig\n"
    line.publisher.asked(answer_key(state), NOW)
    assert line.receive(line.receipt(state, 2)) == 2
    assert line.due(60_000) is None
    assert line.publisher.wait_ms(line.now_ms) is None
    assert line.publisher.loss_noted(SPOOL_ID, 2)
    again = line.due()
    assert again is not None
    assert opened(again).message.first_seq == 3


def test_a_hub_that_never_saw_the_spool_gets_it_from_its_beginning() -> None:
    line = Line(scans=2)
    first = line.due(LINGER_MS)
    assert first is not None
    line.receive(line.receipt(first, line.spool.head_seq))
    state = b"a state\nsig\n"
    line.publisher.asked(answer_key(state), NOW)
    line.receive(line.receipt(state, 0))
    assert line.publisher.loss_noted(SPOOL_ID, 0)
    again = line.due()
    assert again is not None
    assert opened(again).message.first_seq == 1


class Forgetful(FakeSpool):
    """A spool whose first lines were pruned."""

    def head_at(self, spool: str, seq: int) -> str | None:
        return None if seq < 3 else super().head_at(spool, seq)


@pytest.mark.parametrize("seq", [0, 1])
def test_a_hub_that_wants_what_we_have_forgotten_is_a_problem(seq: int) -> None:
    line = Line(scans=5)
    line.spool.__class__ = Forgetful
    line.spool.uptos[SPOOL_ID] = 4
    publisher = Publisher(Sender("755A", "dock", KEY), line.spool, 0)
    publisher.connected()
    state = b"a state\nsig\n"
    publisher.asked(answer_key(state), NOW)
    head = ZERO_HEAD if seq == 0 else line.spool.sealed[0].head
    learned = publisher.receive(line.receipt(state, seq, head), NOW, 0)
    assert learned is not None
    assert (learned.moved, publisher.problem) == ((), Problem.BROKEN_CHAIN)


@pytest.mark.parametrize("seq", [2, 99])
def test_another_hash_or_a_head_we_never_reached_is_a_divergence(seq: int) -> None:
    line = Line(scans=3)
    first = line.due(LINGER_MS)
    assert first is not None
    assert line.receive(line.receipt(first, seq, "e" * 64)) == 0
    assert line.publisher.problem is Problem.EQUIVOCATION
    assert line.due(600_000) is None


def test_a_problem_stops_sending_until_a_receipt_without_one() -> None:
    line = Line(scans=1)
    first = line.due(LINGER_MS)
    assert first is not None
    line.receive(line.receipt(first, 0, problem=Problem.BAD_SIGNATURE))
    assert line.publisher.problem is Problem.BAD_SIGNATURE
    assert line.due(600_000) is None
    state = b"a state\nsig\n"
    line.publisher.asked(answer_key(state), NOW)
    line.receive(line.receipt(state, 0))
    assert line.due() == first  # one more try
    assert line.publisher.problem is Problem.BAD_SIGNATURE  # the page stays red
    line.receive(line.receipt(first, line.spool.head_seq))
    assert line.publisher.problem is None


def test_a_repeated_batch_gives_no_clock_sample() -> None:
    line = Line(scans=1)
    first = line.due(LINGER_MS)
    assert first is not None
    line.due(5_000)
    learned = line.publisher.receive(line.receipt(first, line.spool.head_seq), NOW, line.now_ms)
    assert learned is not None
    assert learned.exchange is None


def test_receipts_for_other_spools_move_nothing() -> None:
    line = Line(scans=1)
    first = line.due(LINGER_MS)
    assert first is not None
    answer = Receipt(
        site="755A",
        edge="dock",
        answers=answer_key(first),
        heads=(SpoolHead(spool="9" * 32, seq=9, head=line_hash(b"x")),),
        wanted_version=0,
        received_at=AT,
        sent_at=AT,
    )
    assert line.receive(answer) == 0
    assert line.due(5_000) == first


def test_an_answer_that_a_later_one_has_overtaken_takes_nothing_back() -> None:
    line = Line(scans=2)
    line.publisher.asked("c" * 64, NOW)
    payload = line.due(LINGER_MS)
    assert payload is not None
    count = line.spool.head_seq
    assert line.receive(line.receipt(payload, count)) == count
    late = msgspec.structs.replace(line.receipt(payload, 0), answers="c" * 64)
    learned = line.publisher.receive(late, NOW, line.now_ms)
    assert learned is not None
    assert (learned.moved, learned.lost) == ((), ())
    line.publisher.asked("d" * 64, NOW)
    restored = msgspec.structs.replace(late, answers="d" * 64)
    learned = line.publisher.receive(restored, NOW, line.now_ms)
    assert learned is not None
    assert learned.lost == ((SPOOL_ID, 0),)
