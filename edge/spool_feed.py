"""One spool's way to the hub: one batch in flight, the next after its receipt.

Pure: the spool's lines, the key and the time are arguments. The broker may lose everything; only a
signed receipt moves ``upto``. Source: design section 3 ("Batch", "Exactly once"), promise P2.
"""

import hashlib
from dataclasses import dataclass, replace

from edge.heads import find_divergence
from edge.seams import KeptSpool, SpoolLines
from ledger.keys import SigningKey
from ledger.signing import seal
from wire.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX
from wire.lines import line_hash
from wire.messages import Batch, Problem, SpoolHead

LINGER_MS = 20
"""A batch waits this long for company, unless it is full."""
HEADER_BYTES_MAX = 1024
"""Line 1 and 2 of a batch at their longest, with room to spare."""
RETRY_MS_FIRST = 5_000
RETRY_MS_MAX = 300_000


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose batches these are, and the key that signs them."""

    site: str
    edge: str
    key: SigningKey


@dataclass(frozen=True, slots=True)
class InFlight:
    """The batch that waits for its receipt; sent again as the same bytes."""

    payload: bytes
    first_seq: int
    answer_key: str
    retry_ms: int
    sent_ms: int = 0
    tries: int = 0
    was_sent: bool = False


class SpoolFeed:
    """Times are CLOCK_BOOTTIME in ms; nothing is due while there is no connection."""

    def __init__(self, sender: Sender, spool: KeptSpool, lines: SpoolLines) -> None:
        self.id = spool.id
        self.upto_seq = self.head_seq = spool.upto_seq
        self.problem: Problem | None = None
        self.in_flight: InFlight | None = None
        self._sender = sender
        self._lines = lines
        self._grown_ms: int | None = None
        self._is_blocked = False
        self.lost_at: int | None = None
        """How little the hub had after it was restored, until the station has noted that."""

    @property
    def unsent(self) -> int:
        """How many lines wait for their receipt."""
        return max(0, self.head_seq - self.upto_seq)

    @property
    def can_send(self) -> bool:
        """Say whether there is anything to send, and nothing is in its way."""
        return self.unsent > 0 and not self._is_held()

    def _is_held(self) -> bool:
        # A line that goes again hides the loss: whoever starts after us would see none.
        return self._is_blocked or self.lost_at is not None

    def reconnected(self) -> None:
        """A fresh connection: whatever was in flight goes again at once."""
        if self.in_flight is not None:
            self.in_flight = replace(self.in_flight, tries=0, retry_ms=0)

    def grown(self, head_seq: int, now_ms: int) -> None:
        """The spool has durable lines up to ``head_seq``."""
        if head_seq > self.head_seq:
            self.head_seq = head_seq
            if self._grown_ms is None:
                self._grown_ms = now_ms

    # ------------------------------------------------------------ sending

    def due(self, now_ms: int) -> InFlight | None:
        """The batch to publish now, if one is due; ``was_sent`` says that it goes again."""
        if self._is_held():
            return None
        if self.in_flight is None and self._is_full_or_waited(now_ms):
            self.in_flight = self._next_batch(now_ms)
            self._grown_ms = None
        batch = self.in_flight
        if batch is None or now_ms < batch.retry_ms:
            return None
        wait_ms = min(RETRY_MS_FIRST * 2**batch.tries, RETRY_MS_MAX)
        self.in_flight = replace(
            batch,
            tries=batch.tries + 1,
            was_sent=True,
            sent_ms=now_ms,
            retry_ms=now_ms + wait_ms,
        )
        return batch

    def wait_ms(self, now_ms: int) -> int | None:
        """How long until a batch may be due; None while only an event can change that."""
        if self._is_held():
            return None
        if self.in_flight is not None:
            return max(0, self.in_flight.retry_ms - now_ms)
        if self.unsent == 0:
            return None
        if self._grown_ms is None:
            return 0
        return max(0, LINGER_MS - (now_ms - self._grown_ms))

    def _is_full_or_waited(self, now_ms: int) -> bool:
        if self.unsent == 0:
            return False
        is_fresh = self._grown_ms is not None and now_ms - self._grown_ms < LINGER_MS
        return self.unsent >= BATCH_EVENTS_MAX or not is_fresh

    def _next_batch(self, now_ms: int) -> InFlight | None:
        room = BATCH_BYTES_MAX - HEADER_BYTES_MAX
        lines = self._lines.unsent(self.id, self.upto_seq, BATCH_EVENTS_MAX, room)
        if not lines:
            return None
        header = Batch(
            site=self._sender.site,
            edge=self._sender.edge,
            spool=self.id,
            first_seq=self.upto_seq + 1,
            count=len(lines),
            head=line_hash(lines[-1]),
        )
        payload = seal(header, self._sender.key, lines)
        if len(payload) > BATCH_BYTES_MAX:
            raise AssertionError(f"batch of {len(payload)} bytes, {BATCH_BYTES_MAX} are allowed")
        return InFlight(payload, self.upto_seq + 1, answer_key(payload), now_ms)

    # ------------------------------------------------------------ receipts

    def follow(
        self, known: SpoolHead | None, refused: Problem | None, *, is_batch: bool, now_ms: int
    ) -> None:
        """Believe what a receipt says of this spool; None: it does not name it."""
        problem = refused or self._divergence(known)
        if problem is not None:
            self.problem, self._is_blocked = problem, True
            return
        if self._is_blocked:
            # A clean answer to a state allows one more try; only a clean one to a batch, or
            # nothing left to send, takes the alarm away.
            self._is_blocked = False
            if self.in_flight is not None:
                self.in_flight = replace(self.in_flight, tries=0, retry_ms=now_ms)
        if known is not None:
            self._move_to(known.seq)
        if is_batch or self.unsent == 0:
            self.problem = None

    def _divergence(self, known: SpoolHead | None) -> Problem | None:
        if known is None:
            return None
        return find_divergence(
            known,
            self.head_seq,
            self.upto_seq,
            self._lines.head_at(self.id, known.seq) if known.seq else None,
            has_first=self._lines.head_at(self.id, 1) is not None,
        )

    def _move_to(self, seq: int) -> None:
        # A batch stays in flight only while the hub still waits for exactly its first line.
        if self.in_flight is not None and seq != self.in_flight.first_seq - 1:
            self.in_flight = None
        if seq < self.upto_seq:
            self.lost_at = seq if self.lost_at is None else min(seq, self.lost_at)
        self.upto_seq = seq

    def loss_noted(self, upto_seq: int) -> bool:
        """The disk knows of a hub with no more than this; say whether sending goes on by that."""
        if self.lost_at is None or upto_seq > self.lost_at:
            return False
        self.lost_at = None
        return True


def answer_key(payload: bytes) -> str:
    """How a receipt names a message of ours: SHA-256 of its first line, lower hex."""
    return hashlib.sha256(payload.partition(b"\n")[0]).hexdigest()
