"""What is sent to the hub, and what a receipt means: one batch in flight, the next after it.

Pure: the spool's lines, the key and the time are arguments. The broker may lose everything; only
a signed receipt moves ``upto``, and only a receipt that answers a message of ours counts, so that
an old one replayed by somebody changes nothing. Source: design section 3 ("Batch", "Exactly
once"), promise P2.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime

from edge.clock_offset import Exchange
from edge.seams import SpoolLines
from ledger.keys import SigningKey
from ledger.signing import seal
from wire.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX
from wire.lines import line_hash
from wire.messages import Batch, Problem, Receipt, SpoolHead
from wire.names import ZERO_HEAD, parse_at

LINGER_MS = 20
"""A batch waits this long for company, unless it is full."""
HEADER_BYTES_MAX = 1024
"""Line 1 and 2 of a batch at their longest, with room to spare."""
RETRY_MS_FIRST = 5_000
RETRY_MS_MAX = 300_000
ASKED_MAX = 16
"""Messages of ours that a receipt may still answer."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """The batch that waits for its receipt; sent again as the same bytes."""

    payload: bytes
    first_seq: int
    answer_key: str
    retry_ms: int
    tries: int = 0
    was_sent: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    sent_at: datetime
    is_batch: bool
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What a receipt told: the new ``upto``, and a sample of the hub's clock if it is one."""

    upto_seq: int
    exchange: Exchange | None


class Publisher:
    """The spool's way to the hub. Times are CLOCK_BOOTTIME in ms."""

    def __init__(
        self, site: str, edge: str, spool_id: str, lines: SpoolLines, key: SigningKey, upto_seq: int
    ) -> None:
        self._site, self._edge, self._spool_id = site, edge, spool_id
        self._lines = lines
        self._key = key
        self._upto_seq = upto_seq
        self._head_seq = upto_seq
        self._grown_ms: int | None = None
        self._is_connected = False
        self._is_blocked = False
        self._in_flight: InFlight | None = None
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self.problem: Problem | None = None

    # ------------------------------------------------------------ what happens

    def connected(self) -> None:
        """A fresh connection: whatever was in flight goes again at once."""
        self._is_connected = True
        if self._in_flight is not None:
            self._in_flight = replace(self._in_flight, tries=0, retry_ms=0)

    def disconnected(self) -> None:
        """Nothing can be sent until the next connection."""
        self._is_connected = False

    def grown(self, head_seq: int, now_ms: int) -> None:
        """The spool has durable lines up to ``head_seq``."""
        if head_seq > self._head_seq:
            self._head_seq = head_seq
            if self._grown_ms is None:
                self._grown_ms = now_ms

    def asked(self, answer_key: str, sent_at: datetime) -> None:
        """A state message went out; its receipt will name it by ``answer_key``."""
        self._remember(answer_key, _Asked(sent_at, is_batch=False, is_repeat=False))

    # ------------------------------------------------------------ sending

    def due(self, now_ms: int, now: datetime) -> bytes | None:
        """The batch to publish now, if one is due."""
        if not self._is_connected or self._is_blocked:
            return None
        if self._in_flight is None and self._is_full_or_waited(now_ms):
            self._in_flight = self._next_batch(now_ms)
            self._grown_ms = None
        batch = self._in_flight
        if batch is None or now_ms < batch.retry_ms:
            return None
        wait_ms = min(RETRY_MS_FIRST * 2**batch.tries, RETRY_MS_MAX)
        self._in_flight = replace(
            batch, tries=batch.tries + 1, was_sent=True, retry_ms=now_ms + wait_ms
        )
        asked = _Asked(now, is_batch=True, is_repeat=batch.was_sent)
        self._remember(batch.answer_key, asked)
        return batch.payload

    def wait_ms(self, now_ms: int) -> int | None:
        """How long until a batch may be due; None while only an event can change that."""
        if not self._is_connected or self._is_blocked:
            return None
        if self._in_flight is not None:
            return max(0, self._in_flight.retry_ms - now_ms)
        if self._head_seq <= self._upto_seq:
            return None
        waited_ms = 0 if self._grown_ms is None else now_ms - self._grown_ms
        return max(0, LINGER_MS - waited_ms) if self._grown_ms is not None else 0

    def _is_full_or_waited(self, now_ms: int) -> bool:
        unsent = self._head_seq - self._upto_seq
        if unsent <= 0:
            return False
        is_fresh = self._grown_ms is not None and now_ms - self._grown_ms < LINGER_MS
        return unsent >= BATCH_EVENTS_MAX or not is_fresh

    def _next_batch(self, now_ms: int) -> InFlight | None:
        room = BATCH_BYTES_MAX - HEADER_BYTES_MAX
        lines = self._lines.unsent(self._upto_seq, BATCH_EVENTS_MAX, room)
        if not lines:
            return None
        header = Batch(
            site=self._site,
            edge=self._edge,
            spool=self._spool_id,
            first_seq=self._upto_seq + 1,
            count=len(lines),
            head=line_hash(lines[-1]),
        )
        payload = seal(header, self._key, lines)
        if len(payload) > BATCH_BYTES_MAX:
            raise AssertionError(f"batch of {len(payload)} bytes, {BATCH_BYTES_MAX} are allowed")
        return InFlight(payload, self._upto_seq + 1, answer_key(payload), now_ms)

    # ------------------------------------------------------------ receipts

    def receive(self, receipt: Receipt, arrived_at: datetime, arrived_ms: int) -> Learned | None:
        """Believe a receipt whose signature was checked; None if it answers nothing of ours."""
        asked = self._asked.pop(receipt.answers, None)
        if asked is None:
            return None
        self._follow(receipt, is_batch=asked.is_batch, now_ms=arrived_ms)
        exchange = None
        if not asked.is_repeat:
            # Which sending of a repeated batch was answered, nobody knows: no clock sample.
            exchange = Exchange(
                sent_at=asked.sent_at,
                hub_received_at=parse_at(receipt.received_at),
                hub_sent_at=parse_at(receipt.sent_at),
                arrived_at=arrived_at,
                arrived_ms=arrived_ms,
            )
        return Learned(self._upto_seq, exchange)

    def _follow(self, receipt: Receipt, *, is_batch: bool, now_ms: int) -> None:
        known = next((head for head in receipt.heads if head.spool == self._spool_id), None)
        problem = receipt.problem or self._contradiction(known)
        if problem is not None:
            self.problem, self._is_blocked = problem, True
            return
        if self._is_blocked:
            # A clean answer to a state allows one more try; only a clean one to a batch, or
            # nothing left to send, takes the alarm away.
            self._is_blocked = False
            if self._in_flight is not None:
                self._in_flight = replace(self._in_flight, tries=0, retry_ms=now_ms)
        if known is not None:
            self._move_to(known.seq)
        if is_batch or self._upto_seq >= self._head_seq:
            self.problem = None

    def _contradiction(self, known: SpoolHead | None) -> Problem | None:
        """Why the hub's head cannot be ours; None if it is, or if we can go on from it."""
        if known is None:
            return None
        if known.seq == 0:
            # The hub never saw this spool: fine if we can begin at its beginning.
            is_possible = self._upto_seq == 0 or self._lines.head_at(1) is not None
            return None if is_possible and known.head == ZERO_HEAD else Problem.BROKEN_CHAIN
        ours = self._lines.head_at(known.seq)
        if ours is None and known.seq <= self._head_seq:
            return Problem.BROKEN_CHAIN
        return None if ours == known.head else Problem.EQUIVOCATION

    def _move_to(self, seq: int) -> None:
        # A batch stays in flight only while the hub still waits for exactly its first line.
        if self._in_flight is not None and seq != self._in_flight.first_seq - 1:
            self._in_flight = None
        self._upto_seq = seq

    def _remember(self, key: str, asked: _Asked) -> None:
        self._asked.pop(key, None)
        self._asked[key] = asked
        while len(self._asked) > ASKED_MAX:
            self._asked.popitem(last=False)


def answer_key(payload: bytes) -> str:
    """How a receipt names a message of ours: SHA-256 of its first line, lower hex."""
    return hashlib.sha256(payload.partition(b"\n")[0]).hexdigest()
