"""The spool: every fact of this edge on disk, in order, before anybody is told of it.

One thread owns the one writing connection; the publisher reads through ``edge.spool_reader``.
A commit is durable when it returns (WAL, synchronous=FULL). After a long time without the hub the
live spool ends and another begins, in one commit (docs/adr/0033); the ended ones are kept until
they are receipted and old. Source: promises P1, P2, P4; design section 3 ("Backlog").

    SpoolError       nothing was recorded                       (edge.seams, from apsw.Error)
    SpoolUnusableError    not to be opened: one sentence, exit 2     (edge.seams, from apsw.Error)
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import apsw
from msgspec.structs import replace

from edge import delivered_bodies
from edge.data_dir import sync_directory
from edge.failpoints import NO_FAIL_POINTS, FailPoint, FailPoints
from edge.seams import NO_QUEUES, KeptSpool, Sealed, SpoolError, SpoolUnusableError
from edge.spool_prune import CROWDED_RATIO, KEEP_RECEIPTED, find_due
from edge.spool_schema import check, place_of, prepare, read_spools, recorded_at
from edge.spool_tail import SpoolTail, seal
from ledger.chain import ChainHead
from wire.bodies import PrivateBody
from wire.events import Event, Station
from wire.names import ZERO_HEAD

__all__ = ["CROWDED_RATIO", "KEEP_RECEIPTED", "Spool", "Tidied"]

FILE_NAME = "spool.sqlite"
SPOOL_BYTES_MAX = 4 * 1024**3
"""At this size nothing more is recorded until receipts let old lines go."""
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
        """Open the spools at ``path``, or make the first with the id ``new_id`` (32 random hex).

        Raises:
            SpoolUnusableError: no database, not ours, too new, or a chain is broken.
        """
        self._fail_points = fail_points
        self._bytes_max = bytes_max
        try:
            self._connection = apsw.Connection(str(path), vfs=vfs)
            prepare(self._connection, new_id, bytes_max)
            self._tail = SpoolTail(check(self._connection))
            oldest = self._tail.oldest_unsent()
            delivered_bodies.resume(self._connection, place_of(*oldest) if oldest else None)
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES_MAX:d}")
            self._fill_ratio = self._read_fill()
        except (apsw.Error, SpoolUnusableError) as error:
            raise SpoolUnusableError(f"the spool {path} cannot be used: {error}") from error
        sync_directory(path.parent)
        self._is_in_doubt = False
        self.forgotten_early = 0
        """Receipted lines that went before their seven days since the start, for want of room."""

    @property
    def id(self) -> str:
        """The live spool's id."""
        return self._tail.live.id

    @property
    def head(self) -> ChainHead:
        """The live spool's last durable line: its place and hash."""
        return self._tail.live.head

    @property
    def head_seq(self) -> int:
        """The live spool's last durable sequence number, 0 before the first."""
        return self._tail.live.head.seq

    @property
    def upto_seq(self) -> int:
        """The last sequence number of the live spool that the hub has receipted."""
        return self._tail.live.upto_seq

    @property
    def backlog(self) -> int:
        """Durable lines of the live spool that the hub has not receipted."""
        return self._tail.live.unsent

    @property
    def depth(self) -> int:
        """The same of all spools but those that were closed."""
        return self._tail.depth

    @property
    def spool_count(self) -> int:
        """How many spools are kept, the live one included."""
        return len(self._tail.spools)

    def settle(self) -> int:
        """The last durable sequence number, asked of the disk where a commit is in doubt.

        Raises:
            SpoolError: the disk does not say; nothing was recorded.
        """
        with self._refusals("not recorded"):
            self._settle_doubt()
        return self.head_seq

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
        with self._refusals("not recorded"):
            self._settle_doubt()
            sealed = seal(events, self.id, self.head)
            self._fail_points.hit(FailPoint.BEFORE_COMMIT)
            self._commit(sealed, events, bodies, sessions, queues)
            self._fail_points.hit(FailPoint.AFTER_COMMIT)
        self._tail.grown(sealed)
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
        self._insert(self._tail.live.n, sealed, events)
        for sha256, body in bodies.items():
            execute("INSERT INTO body VALUES (?, ?, ?)", (sha256, body.salt, body.body))
        for device, state in sessions.items():
            execute("INSERT OR REPLACE INTO session VALUES (?, ?)", (device, state))
        for queue, n in queues.items():
            execute("INSERT OR REPLACE INTO queue VALUES (?, ?)", (queue, n))
        self._write_upto()
        execute("COMMIT")

    def _insert(self, n: int, sealed: Sequence[Sealed], events: Sequence[Event]) -> None:
        for kept, event in zip(sealed, events, strict=True):
            row = (place_of(n, kept.seq), kept.head, event.at, kept.line)
            self._connection.execute(
                "INSERT INTO line (place, head, at, line) VALUES (?, ?, ?, ?)", row
            )

    # ------------------------------------------------------------ several spools

    def change_over(
        self,
        new_id: str,
        last: Sequence[Event],
        first: Station,
        sessions: Mapping[str, bytes],
        *,
        closes: bool = False,
    ) -> list[Sealed]:
        """End the live spool with ``last`` and begin the next with ``first``, or nothing.

        Args:
            new_id: 32 random hex.
            last: the ended spool's last lines.
            first: the new spool's first line; sealed with where the ended one stands.
            sessions: all sessions by device; no other is kept, for they may name old lines.
            closes: nothing more of the ended spool is sent.

        Returns:
            The lines of both spools; the last of them is the new one's first.

        Raises:
            SpoolError: nothing was changed.
        """
        with self._refusals("no new spool"):
            self._settle_doubt()
            old = self._tail.live
            ended = seal(last, old.id, old.head)
            end = ChainHead(ended[-1].seq, ended[-1].head) if ended else old.head
            link = replace(first, after_spool=old.id, after_seq=end.seq, after_head=end.head)
            begun = seal([link], new_id, ChainHead(0, ZERO_HEAD))
            self._fail_points.hit(FailPoint.BEFORE_CHANGE_OVER)
            execute = self._connection.execute
            execute("BEGIN IMMEDIATE")
            self._insert(old.n, ended, last)
            execute("UPDATE spool SET closed = ? WHERE n = ?", (int(closes), old.n))
            execute("INSERT INTO spool (n, id, upto_seq) VALUES (?, ?, 0)", (old.n + 1, new_id))
            self._insert(old.n + 1, begun, [first])
            execute("DELETE FROM session")
            for device, state in sessions.items():
                execute("INSERT INTO session VALUES (?, ?)", (device, state))
            self._write_upto()
            execute("COMMIT")
            self._fail_points.hit(FailPoint.AFTER_CHANGE_OVER)
        live = KeptSpool(old.n + 1, new_id, 0, ChainHead(begun[0].seq, begun[0].head))
        self._tail.begun(ended, live, closes=closes)
        return [*ended, *begun]

    def close_spool(self, spool: str) -> None:
        """Send nothing more of a spool that has ended; one that is not here is none.

        Raises:
            SpoolError: it stands as it stood.
        """
        with self._refusals("not closed"):
            self._settle_doubt()
            self._connection.execute(
                "UPDATE spool SET closed = 1 WHERE id = ? AND n < ?", (spool, self._tail.live.n)
            )
        self._tail.close(spool)

    # ------------------------------------------------------------ beside the lines

    def handed_in(self, queue: str) -> int:
        """How far a handheld's queue is durable here; 0 for one that was never seen.

        Raises:
            SpoolError: the disk does not say.
        """
        self.settle()
        with self._refusals("not recorded"):
            rows = list(self._connection.execute("SELECT n FROM queue WHERE queue = ?", (queue,)))
        return int(rows[0][0]) if rows else 0

    def mark_receipted(self, spool: str, upto_seq: int) -> None:
        """The hub has everything of a spool up to here.

        Made durable with the next commit only: after a crash the hub says it again, and no scan
        waits for this.
        """
        self._tail.receipted(spool, upto_seq)

    def hub_has_less(self, spool: str, upto_seq: int) -> None:
        """The hub was restored and had no more than this of a spool then.

        Made durable with the next commit, or by :meth:`deliver_again`.
        """
        self._tail.lost(spool, upto_seq)

    def bodies_delivered(self, hashes: Sequence[str], at: str) -> None:
        """The hub has acknowledged these private bodies, at this wire time of our clock.

        Raises:
            SpoolError: they wait on.
        """
        with self._refusals("bodies not put away"):
            self._settle_doubt()
            newest = place_of(self._tail.live.n, self.head_seq)
            self._connection.execute("BEGIN IMMEDIATE")
            delivered_bodies.note_delivered(self._connection, hashes, at, newest)
            delivered_bodies.step(self._connection)
            self._connection.execute("COMMIT")

    def deliver_again(self) -> None:
        """Make durable that what was delivered since the hub went back waits once more.

        The mark is a commit of its own and needs no room: a full spool, which gets rid of lines
        only by sending them again, takes it, too.

        Raises:
            SpoolError: it still has to be done.
        """
        with self._refusals("bodies not asked for again"):
            self._settle_doubt()
            self._fail_points.hit(FailPoint.BEFORE_LOSS)
            self._connection.execute("BEGIN IMMEDIATE")
            self._write_upto()
            self._connection.execute("COMMIT")
            self._fail_points.hit(FailPoint.AFTER_LOSS)
            self._tail.written()
            delivered_bodies.resume(self._connection)

    def tidy(self, now: datetime | None) -> Tidied:
        """In an idle moment: forget old receipted lines, keep upto, move the WAL into the file.

        And let more wait of what a restored hub needs again.
        ``now`` is None while the clock is unsure: then no line is old, because a clock that was
        set forward would let all receipted ones go at once.

        Raises:
            SpoolError: the disk refused; nothing is lost, the next call tries again.
        """
        with self._refusals("not tidied"):
            self._settle_doubt()
            tidied = self._prune(now)
            delivered_bodies.resume(self._connection)
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        return tidied

    def _prune(self, now: datetime | None) -> Tidied:
        is_crowded = self._read_fill() > CROWDED_RATIO
        due = find_due(self._connection, self._tail.spools, now, is_crowded=is_crowded)
        if not due.places and not self._tail.unwritten:
            return Tidied(0, 0)
        self._connection.execute("BEGIN IMMEDIATE")
        gone = [(place,) for place in due.places]
        self._connection.executemany("DELETE FROM line WHERE place = ?", gone)
        self._connection.executemany("DELETE FROM spool WHERE n = ?", [(n,) for n in due.spools])
        if due.until_at is not None:
            delivered_bodies.forget(self._connection, due.until_at)
        self._write_upto()
        self._connection.execute("COMMIT")
        self._tail.written()
        self._tail.forgotten(due.spools)
        self.forgotten_early += due.early
        return Tidied(len(due.places), due.early)

    def _write_upto(self) -> None:
        for n, upto_seq in self._tail.unwritten.items():
            self._connection.execute("UPDATE spool SET upto_seq = ? WHERE n = ?", (upto_seq, n))
        # In the same commit: a hub that went back is never known without what it lost.
        for n, upto_seq in self._tail.went_back.items():
            delivered_bodies.ask_again(self._connection, place_of(n, upto_seq) if upto_seq else 0)

    def fill_ratio(self) -> float:
        """The used share of the spool's bound, 0 to 1; of a sick disk as it last told it."""
        with suppress(apsw.Error):
            self._fill_ratio = self._read_fill()
        return self._fill_ratio

    def _read_fill(self) -> float:
        pages = self._connection.pragma("page_count") - self._connection.pragma("freelist_count")
        page_bytes = self._connection.pragma("page_size")
        return float(pages * page_bytes / self._bytes_max)

    def oldest_at(self) -> str | None:
        """The wire time of the oldest line without a receipt; None if none can be read now."""
        oldest = self._tail.oldest_unsent()
        if oldest is None:
            return None
        try:
            return recorded_at(self._connection, place_of(*oldest))
        except apsw.Error:
            # For the page's "oldest" only; a sick disk shows itself at the next append.
            return None

    def sessions(self) -> dict[str, bytes]:
        """The last session of each device, as it was when its last scan was recorded."""
        return dict(self._connection.execute("SELECT device, state FROM session"))

    def close(self) -> None:
        """Close the connection; everything recorded already is durable."""
        self._connection.close()

    # ------------------------------------------------------------ a disk that refuses

    @contextmanager
    def _refusals(self, what: str) -> Iterator[None]:
        try:
            yield
        except apsw.Error as error:
            self._roll_back()
            is_full = isinstance(error, apsw.FullError)
            raise SpoolError(f"{what}: {error}", is_full=is_full) from error

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
            self._tail = self._tail.reread(read_spools(self._connection))
            self._is_in_doubt = False
