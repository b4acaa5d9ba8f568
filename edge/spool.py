"""The spool: every fact of this edge on disk, in order, before anybody is told of it.

One thread owns the one writing connection; the publisher reads through ``edge.spool_reader``.
A commit is durable when it returns (WAL, synchronous=FULL). Source: promises P1, P2, P4.

    SpoolError       nothing was recorded                       (edge.seams, from apsw.Error)
    SpoolUnusableError    not to be opened: one sentence, exit 2     (edge.seams, from apsw.Error)
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import apsw

from edge import delivered_bodies
from edge.data_dir import sync_directory
from edge.failpoints import NO_FAIL_POINTS, FailPoint, FailPoints
from edge.seams import NO_QUEUES, Sealed, SpoolError, SpoolUnusableError
from edge.spool_schema import check_tail, prepare, read_head, recorded_at
from ledger.chain import ChainHead
from wire.events import Event
from wire.lines import line_hash, seal_line
from wire.messages import PrivateBody
from wire.names import format_at

FILE_NAME = "spool.sqlite"
SPOOL_BYTES_MAX = 4 * 1024**3
"""At this size nothing more is recorded until receipts let old lines go."""
KEEP_RECEIPTED = timedelta(days=7)
CROWDED_RATIO = 0.8
"""Above this share of the bound receipted lines go before their seven days are over (P2)."""
PRUNE_LINES_MAX = 500
"""Lines forgotten in one go, so that no scan waits behind a long deletion."""
WAL_PAGES_MAX = 4000
"""A commit that finds the WAL longer than this has to checkpoint; idle moments do it before."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """Lines forgotten; ``early`` of them before their time because the spool is crowded."""

    forgotten: int
    early: int


class Spool:
    """The one writer. Not for sharing between threads."""

    def __init__(
        self,
        path: Path,
        new_id: str,
        *,
        vfs: str | None = None,
        bytes_max: int = SPOOL_BYTES_MAX,
        fail_points: FailPoints = NO_FAIL_POINTS,
    ) -> None:
        """Open the spool at ``path``, or make it with the id ``new_id`` (32 random hex).

        Raises:
            SpoolUnusableError: no database, not ours, too new, or its chain is broken.
        """
        self._fail_points = fail_points
        self._bytes_max = bytes_max
        try:
            self._connection = apsw.Connection(str(path), vfs=vfs)
            self.id, self._upto_seq = prepare(self._connection, new_id, bytes_max)
            self._head = check_tail(self._connection, self.id, self._upto_seq)
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES_MAX:d}")
        except (apsw.Error, SpoolUnusableError) as error:
            raise SpoolUnusableError(f"the spool {path} cannot be used: {error}") from error
        sync_directory(path.parent)
        self._upto_is_durable = True
        self._is_in_doubt = False

    @property
    def head(self) -> ChainHead:
        """The last durable line's place and hash."""
        return self._head

    @property
    def head_seq(self) -> int:
        """The last durable sequence number, 0 before the first."""
        return self._head.seq

    @property
    def upto_seq(self) -> int:
        """The last sequence number that the hub has receipted."""
        return self._upto_seq

    def settle(self) -> int:
        """The last durable sequence number, asked of the disk where a commit is in doubt.

        Raises:
            SpoolError: the disk does not say; nothing was recorded.
        """
        try:
            self._settle_doubt()
        except apsw.Error as error:
            self._roll_back()
            raise SpoolError(f"not recorded: {error}") from error
        return self._head.seq

    def append(
        self,
        events: Sequence[Event],
        bodies: Mapping[str, PrivateBody],
        sessions: Mapping[str, bytes],
        queues: Mapping[str, int] = NO_QUEUES,
    ) -> list[Sealed]:
        """Seal events at the head and make them durable with what belongs to them, or nothing.

        ``queues``: how far each handheld's queue is handed in by this.

        Raises:
            SpoolError: disk full, I/O error, or the spool's bound; the head stands where it stood.
        """
        try:
            self._settle_doubt()
            sealed = self._seal(events)
            self._fail_points.hit(FailPoint.BEFORE_COMMIT)
            self._commit(sealed, events, bodies, sessions, queues)
        except apsw.Error as error:
            self._roll_back()
            is_full = isinstance(error, apsw.FullError)
            raise SpoolError(f"not recorded: {error}", is_full=is_full) from error
        self._fail_points.hit(FailPoint.AFTER_COMMIT)
        if sealed:
            self._head = ChainHead(sealed[-1].seq, sealed[-1].head)
        self._upto_is_durable = True
        return sealed

    def _seal(self, events: Sequence[Event]) -> list[Sealed]:
        sealed = []
        seq, head = self._head.seq, self._head.head
        for event in events:
            seq += 1
            line = seal_line(event, self.id, seq, head)
            head = line_hash(line)
            sealed.append(Sealed(seq, head, line))
        return sealed

    def _commit(
        self,
        sealed: Sequence[Sealed],
        events: Sequence[Event],
        bodies: Mapping[str, PrivateBody],
        sessions: Mapping[str, bytes],
        queues: Mapping[str, int],
    ) -> None:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for kept, event in zip(sealed, events, strict=True):
            row = (kept.seq, kept.head, event.at, kept.line)
            execute("INSERT INTO line (seq, head, at, line) VALUES (?, ?, ?, ?)", row)
        for sha256, body in bodies.items():
            execute("INSERT INTO body VALUES (?, ?, ?)", (sha256, body.salt, body.body))
        for device, state in sessions.items():
            execute("INSERT OR REPLACE INTO session VALUES (?, ?)", (device, state))
        for queue, n in queues.items():
            execute("INSERT OR REPLACE INTO queue VALUES (?, ?)", (queue, n))
        self._write_upto()
        execute("COMMIT")

    def handed_in(self, queue: str) -> int:
        """How far a handheld's queue is durable here; 0 for one that was never seen.

        Raises:
            SpoolError: the disk does not say.
        """
        self.settle()
        try:
            rows = list(self._connection.execute("SELECT n FROM queue WHERE queue = ?", (queue,)))
        except apsw.Error as error:
            raise SpoolError(f"not recorded: {error}") from error
        return int(rows[0][0]) if rows else 0

    def mark_receipted(self, upto_seq: int) -> bool:
        """The hub has everything up to here; say whether that is less than it had.

        Made durable with the next commit only: after a crash the hub says it again, and no scan
        waits for this.
        """
        went_back = upto_seq < self._upto_seq
        self._upto_seq = upto_seq
        self._upto_is_durable = False
        return went_back

    def bodies_delivered(self, hashes: Sequence[str], at: str) -> None:
        """The hub has acknowledged these private bodies, at this wire time of our clock.

        Raises:
            SpoolError: they wait on.
        """
        with self._beside_lines("bodies not put away"):
            delivered_bodies.note_delivered(self._connection, hashes, at)
            delivered_bodies.step(self._connection)

    def deliver_again(self) -> None:
        """The hub went back to ``upto``: what was delivered since that line waits once more.

        Raises:
            SpoolError: nothing was changed.
        """
        with self._beside_lines("bodies not asked for again"):
            since = recorded_at(self._connection, self._upto_seq)
            delivered_bodies.ask_again(self._connection, since or "")
            delivered_bodies.step(self._connection)

    @contextmanager
    def _beside_lines(self, trouble: str) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            self._roll_back()
            raise SpoolError(f"{trouble}: {error}") from error

    def tidy(self, now: datetime | None) -> Tidied:
        """In an idle moment: forget old receipted lines, keep upto, move the WAL into the file.

        ``now`` is None while the clock is unsure: then no line is old, because a clock that was
        set forward would let all receipted ones go at once.

        Raises:
            SpoolError: the disk refused; nothing is lost, the next call tries again.
        """
        try:
            tidied = self._prune(now)
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            self._roll_back()
            raise SpoolError(f"not tidied: {error}") from error
        return tidied

    def _prune(self, now: datetime | None) -> Tidied:
        # The line at upto stays: the hub may still name it, and its hash answers "is it ours".
        oldest = self._connection.execute(
            "SELECT seq, at FROM line WHERE seq < ? ORDER BY seq LIMIT ?",
            (min(self._upto_seq, self._head.seq), PRUNE_LINES_MAX),
        )
        rows: list[tuple[int, str]] = list(oldest)
        old_at = format_at(now - KEEP_RECEIPTED) if now is not None else ""
        is_crowded = self.fill_ratio() > CROWDED_RATIO
        due = [row for row in rows if row[1] < old_at or is_crowded]
        if not due and self._upto_is_durable:
            return Tidied(0, 0)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("DELETE FROM line WHERE seq = ?", [(seq,) for seq, _ in due])
        if due:
            delivered_bodies.forget(self._connection, due[-1][1])
        self._write_upto()
        self._connection.execute("COMMIT")
        self._upto_is_durable = True
        return Tidied(len(due), sum(at >= old_at for _, at in due))

    def _write_upto(self) -> None:
        if not self._upto_is_durable:
            self._connection.execute("UPDATE spool SET upto_seq = ?", (self._upto_seq,))

    def fill_ratio(self) -> float:
        """The used share of the spool's bound, 0 to 1."""
        pages = self._connection.pragma("page_count") - self._connection.pragma("freelist_count")
        page_bytes = self._connection.pragma("page_size")
        return float(pages * page_bytes / self._bytes_max)

    def recorded_at(self, seq: int) -> str | None:
        """The wire time of line ``seq``; None if it is not there, or not readable now."""
        try:
            return recorded_at(self._connection, seq)
        except apsw.Error:
            # For the page's "oldest" only; a sick disk shows itself at the next append.
            return None

    def sessions(self) -> dict[str, bytes]:
        """The last session of each device, as it was when its last scan was recorded."""
        return dict(self._connection.execute("SELECT device, state FROM session"))

    def close(self) -> None:
        """Close the connection; everything recorded already is durable."""
        self._connection.close()

    def _roll_back(self) -> None:
        # A failed COMMIT may still have happened: ask the disk before the next append.
        self._is_in_doubt = True
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error as error:
                raise SpoolError(f"not recorded, and the disk is gone: {error}") from error

    def _settle_doubt(self) -> None:
        if self._is_in_doubt:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._head = read_head(self._connection)
            self._is_in_doubt = False
