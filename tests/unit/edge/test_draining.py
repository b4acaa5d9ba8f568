"""The publisher with several spools: the live one first, the ended ones paced beside it."""

from msgspec.structs import replace

from edge.event_lines import make_fact
from edge.publisher import DRAIN_IDLE_MS_MAX
from edge.spool_feed import LINGER_MS, answer_key
from edge.station_events import Ticked
from tests.unit.edge.fakes import SPOOL_ID
from tests.unit.edge.test_publisher import NOW, Line, opened
from wire.events import StationFact
from wire.limits import BATCH_EVENTS_MAX
from wire.messages import Problem, SpoolHead
from wire.names import ZERO_HEAD

NEW = "6" * 32


class TwoSpools(Line):
    """An ended spool of ``ended`` scans, and a live one."""

    def __init__(self, ended: int, live: int = 0) -> None:
        super().__init__(scans=ended)
        old = self.spool
        first = self.desk.core.time.stamp()
        start = make_fact(first, StationFact.SPOOL_START)
        old.change_over(NEW, [make_fact(first, StationFact.SPOOL_END)], start, {})
        self.desk.core.step(Ticked())
        self.grow(live)

    def first_seq(self, payload: bytes | None) -> tuple[str, int] | None:
        if payload is None:
            return None
        batch = opened(payload).message
        return batch.spool, batch.first_seq

    def answer(self, payload: bytes) -> None:
        batch = opened(payload).message
        seq = batch.first_seq + batch.count - 1
        receipt = self.receipt(payload, 0)
        heads = (SpoolHead(spool=batch.spool, seq=seq, head=batch.head),)
        self.receive(replace(receipt, heads=heads))


def test_the_live_spool_goes_first_and_the_ended_one_beside_it() -> None:
    line = TwoSpools(ended=3, live=1)
    live = line.due(LINGER_MS)
    assert line.first_seq(live) == (NEW, 1)
    # The live one waits for its receipt: nothing of the old one goes before it for a second.
    assert line.due(DRAIN_IDLE_MS_MAX - LINGER_MS - 1) is None
    assert live is not None
    line.answer(live)
    assert line.first_seq(line.due()) == (SPOOL_ID, 1)


def test_a_live_spool_that_is_never_idle_still_lets_the_old_one_drain() -> None:
    line = TwoSpools(ended=500, live=1)
    seen = []
    for _ in range(30):
        line.grow(1)
        payload = line.due(100)
        while payload is not None:
            seen.append(opened(payload).message.spool)
            line.answer(payload) if seen[-1] == SPOOL_ID else None
            payload = line.due()
    # Without an answer to the live batch (3 s, none is sent again) an old one each second.
    assert seen.count(SPOOL_ID) == 3
    assert seen[0] == NEW


def test_a_live_scan_waits_for_no_old_batch() -> None:
    line = TwoSpools(ended=500)
    live = line.due(LINGER_MS)
    assert live is not None
    line.answer(live)
    old = line.due()
    assert line.first_seq(old) == (SPOOL_ID, 1)
    before = line.spool.head_seq
    line.grow(1)
    # The old batch is in flight and unanswered; the new scan goes at once all the same.
    assert line.first_seq(line.due(LINGER_MS)) == (NEW, before + 1)


def test_the_old_spool_gets_half_of_the_time_at_most() -> None:
    line = TwoSpools(ended=1000)
    live = line.due(LINGER_MS)
    assert live is not None
    line.answer(live)
    old = line.due()
    assert old is not None
    line.now_ms += 300  # so long the link and the hub took
    line.answer(old)
    assert line.due(299) is None
    assert line.publisher.wait_ms(line.now_ms) == 1
    assert line.first_seq(line.due(1)) == (SPOOL_ID, 1 + BATCH_EVENTS_MAX)


def test_spools_drain_one_after_the_other_the_oldest_first() -> None:
    line = TwoSpools(ended=2)
    stamp = line.desk.core.time.stamp()
    start = make_fact(stamp, StationFact.SPOOL_START)
    line.spool.change_over("7" * 32, [make_fact(stamp, StationFact.SPOOL_END)], start, {})
    line.grow(0)
    order = []
    for _ in range(200):
        payload = line.due(25)
        if payload is not None:
            order.append(opened(payload).message.spool)
            line.answer(payload)
    assert order == ["7" * 32, SPOOL_ID, NEW]
    assert line.publisher.depth == 0
    assert line.publisher.wait_ms(line.now_ms) is None


def test_an_ended_spool_that_a_restored_hub_forgot_is_sent_again() -> None:
    line = TwoSpools(ended=3)
    for _ in range(100):
        payload = line.due(25)
        if payload is not None:
            line.answer(payload)
    state = b"a state\nsig\n"
    line.publisher.asked(answer_key(state), NOW)
    nothing = SpoolHead(spool=SPOOL_ID, seq=0, head=ZERO_HEAD)
    line.receive(replace(line.receipt(state, 0), heads=(nothing,)))
    line.now_ms += 10_000
    assert line.due() is None
    assert line.publisher.loss_noted(SPOOL_ID, 0)
    assert line.first_seq(line.due()) == (SPOOL_ID, 1)


def test_a_diverged_old_spool_neither_stops_the_live_one_nor_the_next() -> None:
    line = TwoSpools(ended=3, live=1)
    state = b"a state\nsig\n"
    line.publisher.asked(answer_key(state), NOW)
    other = SpoolHead(spool=SPOOL_ID, seq=2, head="e" * 64)
    line.receive(replace(line.receipt(state, 0), heads=(other,)))
    assert line.publisher.problem is Problem.EQUIVOCATION
    live = line.due(LINGER_MS)
    assert line.first_seq(live) == (NEW, 1)
    assert live is not None
    line.answer(live)
    assert line.due(60_000) is None
    # Closed by an administrator's act it is sent no more, and the alarm is over.
    line.spool.close_spool(SPOOL_ID)
    line.publisher.look(line.spool.spools(), line.now_ms)
    assert line.publisher.problem is None
    assert line.publisher.depth == 0


def test_an_ended_spool_that_waits_for_company_is_not_asked_for_without_a_pause() -> None:
    line = Line()
    first = line.due(LINGER_MS)
    assert first is not None
    line.receive(line.receipt(first, line.spool.head_seq))
    line.now_ms += 10 * DRAIN_IDLE_MS_MAX
    stamp = line.desk.core.time.stamp()
    end = make_fact(stamp, StationFact.SPOOL_END)
    line.spool.change_over(NEW, [end], make_fact(stamp, StationFact.SPOOL_START), {})
    line.grow(0)
    # Both spools have just grown: nothing is due, and a thread that asks must not spin.
    assert line.due() is None
    assert line.publisher.wait_ms(line.now_ms) == LINGER_MS
    assert opened(line.due(LINGER_MS) or b"").message.spool == NEW
