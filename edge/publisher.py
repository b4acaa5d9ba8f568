"""What is sent to the hub, and what a receipt means: the live spool first, the ended ones paced.

Pure: the spools' lines, the key and the time are arguments. Only a receipt that answers a message
of ours counts, so that an old one replayed by somebody changes nothing. An ended spool is drained
oldest first, while the live one has nothing to send, and never more than half of the time of the
link and the hub: a day without them must not keep what is scanned now from the centre.
Source: design section 3 ("Batch", "Exactly once", "Backlog"), promise P2.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.clock_offset import Exchange
from edge.seams import KeptSpool, SpoolLines
from edge.spool_feed import InFlight, Sender, SpoolFeed
from wire.messages import Problem, Receipt, SpoolHead
from wire.names import parse_at

ASKED_MAX = 16
"""Messages of ours that a receipt may still answer."""
DRAIN_PAUSE_MS_MIN = 20
DRAIN_PAUSE_MS_MAX = 5_000
"""After a batch of an ended spool the next waits as long as that one took, within these."""
DRAIN_IDLE_MS_MAX = 1_000
"""A live spool that is never idle lets one batch of an ended one go this often."""


@dataclass(frozen=True, slots=True)
class _Asked:
    n: int
    """Grows with each message that is sent."""
    sent_at: datetime
    spool: str | None
    """Whose batch it is; None: a state."""
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What a receipt told: where ``upto`` moved, and a sample of the hub's clock if it is one.

    ``lost`` are the spools that the hub has less of than it had, with how little that was: it was
    restored. While nobody has noted it, it is told again with each answer to a state.
    """

    moved: tuple[tuple[str, int], ...]
    lost: tuple[tuple[str, int], ...]
    exchange: Exchange | None


class Publisher:
    """The spools' way to the hub. Times are CLOCK_BOOTTIME in ms."""

    def __init__(self, sender: Sender, lines: SpoolLines, now_ms: int) -> None:
        self._sender = sender
        self._lines = lines
        self._is_connected = False
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._asked_n = self._answered_n = 0
        self._feeds: list[SpoolFeed] = []
        self.look(lines.spools(), now_ms)
        self._pause_until_ms = self._drained_ms = now_ms

    # ------------------------------------------------------------ what happens

    def connected(self) -> None:
        """A fresh connection: whatever was in flight goes again at once."""
        self._is_connected = True
        for feed in self._feeds:
            feed.reconnected()

    def disconnected(self) -> None:
        """Nothing can be sent until the next connection."""
        self._is_connected = False

    def grown(self, newest: SpoolHead, now_ms: int) -> None:
        """The live spool has durable lines up to here; it may be another than before."""
        if newest.spool != self._live.id:
            self.look(self._lines.spools(), now_ms)
        if newest.spool == self._live.id:
            self._live.grown(newest.seq, now_ms)

    def look(self, spools: Sequence[KeptSpool], now_ms: int) -> None:
        """These are kept, the live one last; what is known of their receipts stays known."""
        known = {feed.id: feed for feed in self._feeds}
        self._feeds = []
        for spool in spools:
            if not spool.is_closed:
                feed = known.get(spool.id) or SpoolFeed(self._sender, spool, self._lines)
                feed.grown(spool.head.seq, now_ms)
                self._feeds.append(feed)

    def asked(self, answer_key: str, sent_at: datetime) -> None:
        """A state message went out; its receipt will name it by ``answer_key``."""
        self._remember(answer_key, sent_at, None, is_repeat=False)

    @property
    def problem(self) -> Problem | None:
        """Why the hub takes no more of a spool: of the live one, or else of the oldest."""
        found = (feed.problem for feed in (self._live, *self._feeds))
        return next((problem for problem in found if problem is not None), None)

    @property
    def depth(self) -> int:
        """How many lines of all spools wait for their receipt."""
        return sum(feed.unsent for feed in self._feeds)

    @property
    def oldest(self) -> tuple[str, int] | None:
        """The oldest line without a receipt: its spool and seq."""
        waiting = (feed for feed in self._feeds if feed.unsent)
        return next(((feed.id, feed.upto_seq + 1) for feed in waiting), None)

    @property
    def _live(self) -> SpoolFeed:
        return self._feeds[-1]

    # ------------------------------------------------------------ sending

    def due(self, now_ms: int, now: datetime) -> bytes | None:
        """A batch to publish now, if one is due; ask again until none is."""
        if not self._is_connected:
            return None
        feed, batch = self._live, self._live.due(now_ms)
        if batch is None:
            drained = self._drained_now(now_ms)
            if drained is None:
                return None
            feed, batch = drained, drained.due(now_ms)
            if batch is None:
                return None
            self._drained_ms = now_ms
        # Which sending of a repeated batch was answered, nobody knows: no clock sample.
        self._remember(batch.answer_key, now, feed.id, is_repeat=batch.was_sent)
        return batch.payload

    def wait_ms(self, now_ms: int) -> int | None:
        """How long until a batch may be due; None while only an event can change that."""
        if not self._is_connected:
            return None
        waits = [self._live.wait_ms(now_ms)]
        draining = self._draining()
        if draining is not None:
            waits.append(self._drain_wait_ms(draining, now_ms))
        known = [wait for wait in waits if wait is not None]
        return min(known) if known else None

    def _draining(self) -> SpoolFeed | None:
        return next((feed for feed in self._feeds[:-1] if feed.can_send), None)

    def _drained_now(self, now_ms: int) -> SpoolFeed | None:
        feed = self._draining()
        if feed is None or self._drain_wait_ms(feed, now_ms) != 0:
            return None
        return feed

    def _drain_wait_ms(self, feed: SpoolFeed, now_ms: int) -> int | None:
        if feed.in_flight is not None:
            return feed.wait_ms(now_ms)
        wait_ms = max(feed.wait_ms(now_ms) or 0, self._pause_until_ms - now_ms)
        if self._live.can_send:
            wait_ms = max(wait_ms, self._drained_ms + DRAIN_IDLE_MS_MAX - now_ms)
        return wait_ms

    # ------------------------------------------------------------ receipts

    def receive(self, receipt: Receipt, arrived_at: datetime, arrived_ms: int) -> Learned | None:
        """Believe a receipt whose signature was checked; None if it answers nothing of ours."""
        asked = self._asked.pop(receipt.answers, None)
        if asked is None:
            return None
        before = {feed.id: (feed.upto_seq, feed.lost_at) for feed in self._feeds}
        heads = {head.spool: head for head in receipt.heads}
        is_overtaken, self._answered_n = asked.n < self._answered_n, max(asked.n, self._answered_n)
        for feed in self._feeds:
            known = heads.get(feed.id)
            # The hub has not less than it had: it wrote this before what we have heard since.
            is_old = is_overtaken and known is not None and known.seq < feed.upto_seq
            if asked.spool in (None, feed.id) and not is_old:
                self._follow(feed, known, receipt.problem, asked, arrived_ms)
        is_state = asked.spool is None
        moved, lost = [], []
        for feed in self._feeds:
            upto_seq, lost_at = before[feed.id]
            if feed.upto_seq != upto_seq:
                moved.append((feed.id, feed.upto_seq))
            if feed.lost_at is not None and (is_state or feed.lost_at != lost_at):
                lost.append((feed.id, feed.lost_at))
        exchange = None
        if not asked.is_repeat:
            exchange = Exchange(
                sent_at=asked.sent_at,
                hub_received_at=parse_at(receipt.received_at),
                hub_sent_at=parse_at(receipt.sent_at),
                arrived_at=arrived_at,
                arrived_ms=arrived_ms,
            )
        return Learned(tuple(moved), tuple(lost), exchange)

    def loss_noted(self, spool: str, upto_seq: int) -> bool:
        """The disk knows of a hub with no more than this; say whether sending goes on by that."""
        return any(feed.loss_noted(upto_seq) for feed in self._feeds if feed.id == spool)

    def _follow(
        self,
        feed: SpoolFeed,
        known: SpoolHead | None,
        refused: Problem | None,
        asked: _Asked,
        now_ms: int,
    ) -> None:
        flown: InFlight | None = feed.in_flight
        feed.follow(known, refused, is_batch=asked.spool is not None, now_ms=now_ms)
        if feed is not self._live and flown is not None and feed.in_flight is None:
            took_ms = now_ms - flown.sent_ms
            pause_ms = min(max(took_ms, DRAIN_PAUSE_MS_MIN), DRAIN_PAUSE_MS_MAX)
            self._pause_until_ms = now_ms + pause_ms

    def _remember(self, key: str, sent_at: datetime, spool: str | None, *, is_repeat: bool) -> None:
        self._asked_n += 1
        self._asked.pop(key, None)
        self._asked[key] = _Asked(self._asked_n, sent_at, spool, is_repeat)
        while len(self._asked) > ASKED_MAX:
            self._asked.popitem(last=False)
