"""Custody passing between two people, or only seeming to. Pure.

First form: an act covers the giver's scans. Second form: giver and receiver scan the parcel with
the step handover on two devices. One side alone is an open handover; taking a parcel without any is
a claim. Source: design section 6, HV-2.2.6.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.custody.rules.chain import BreachKind, GapKind, Holder, Standing
from hub.custody.rules.conduct import Conduct
from hub.custody.rules.records import Record
from hub.custody.rules.spans import Claim, SpanBook, Where
from wire.events import ActKind
from wire.policy import HandoverPolicy

_ANSWERS = frozenset({ActKind.HANDOVER_ACCEPT, ActKind.HANDOVER_REFUSE})


@dataclass(frozen=True, slots=True)
class Half:
    """One side's scan; ``expires_at`` is null where an act is known to answer it."""

    record: Record
    by: Holder
    expires_at: datetime | None


class Handovers:
    """The side that waits for the other, and the claim that may turn out to be a handover."""

    def __init__(
        self, ordered: Iterable[Record], policy: HandoverPolicy, book: SpanBook, conduct: Conduct
    ) -> None:
        self._open_for = timedelta(minutes=policy.open_min)
        self._join_within = timedelta(minutes=policy.join_min)
        self._book = book
        self._conduct = conduct
        self._answered = {
            (record.site, record.edge, record.spool, seq)
            for record in ordered
            if record.act in _ANSWERS
            for seq in record.covers
            if seq < record.seq
        }
        self._half: Half | None = None
        self._expired: Half | None = None
        self._claim: Claim | None = None

    def forget(self) -> None:
        """Refused or closed: nobody waits for the other side any more."""
        self._half = self._expired = None

    def leave(self, by: Holder | None) -> None:
        """Custody passes by one badge alone; by another's than who waits, it stayed one-sided."""
        half = self._half
        if half is not None and half.expires_at is not None and not half.by.is_same(by):
            self._conduct.add(BreachKind.OPEN_HANDOVER, half.record)
        self.forget()

    def claim(self, record: Record, by: Holder, where: Where) -> None:
        """Somebody takes the parcel without a handover; one may follow within ``join_min``."""
        self.forget()
        self._claim = self._book.claim(record, by, where)

    def breach_of_claim(self, record: Record) -> None:
        """The claim is against the rules; nobody is alarmed while a handover may follow."""
        tell_at = record.at + self._join_within
        self._conduct.add(BreachKind.NO_HANDOVER, record, tell_at=tell_at)

    # ------------------------------------------------------------ both forms

    def offer(self, record: Record, by: Holder, where: Where) -> None:
        """A scan with the step handover: joins the other side's, or waits for it."""
        half = self._half or self._expired
        if half is not None and self._joins(half, record, by):
            giver, receiver = half.by, by
            believed = self._believed_giver(record)
            if by.is_same(believed) and not half.by.is_same(believed):
                giver, receiver = by, half.by
            self._complete(record, giver, receiver, half.record.at, where)
            return
        takes_what_was_left = (
            self._expired is not None
            and self._book.holder is None
            and not self._expired.by.is_same(by)
        )
        if self._book.holder is None:
            self._book.hand(record, by, Standing.CLAIMED, where)
        else:
            self._book.see(record, where, by_holder=by.is_same(self._book.holder))
        self.forget()
        if not takes_what_was_left:
            is_answered = record.line in self._answered
            self._half = Half(record, by, None if is_answered else record.at + self._open_for)

    def accept(self, record: Record, giver: Holder | None, receiver: Holder, where: Where) -> None:
        """The act that both badges made."""
        since = record.at if self._half is None else self._half.record.at
        self._complete(record, giver, receiver, since, where)

    def expire(self, at: datetime, *, ends_after: bool) -> None:
        """Nobody holds what one side gave for longer than ``open_min``.

        ``ends_after``: a record at the very last instant still comes in time.
        """
        half, current = self._half, self._book.current
        if half is None or half.expires_at is None or at < half.expires_at:
            return
        if ends_after and at == half.expires_at:
            return
        self._half, self._expired = None, half
        if current is not None and current.holder is not None:
            kind, cause = GapKind.OPEN_HANDOVER, "handover_expired"
            self._book.nobody(half.record, current.where, kind, half.expires_at, cause)
            self._conduct.add(BreachKind.OPEN_HANDOVER, half.record, at=half.expires_at)

    def show_open(self) -> datetime | None:
        """Mark the span of a giver who waits; return when his time will be over."""
        current = self._book.current
        if self._half is None:
            return None
        if current is not None and current.holder is not None:
            current.standing = Standing.OPEN
        return self._half.expires_at

    # ------------------------------------------------------------ completion

    def _complete(
        self, record: Record, giver: Holder | None, receiver: Holder, since: datetime, where: Where
    ) -> None:
        """Both sides are there: the receiver holds from this record on."""
        self.forget()
        self._conduct.receive(receiver, record)
        claim, self._claim = self._claim, None
        if claim is not None and self._answers(claim, record, receiver):
            self._conduct.withdraw(BreachKind.NO_HANDOVER, claim.record)
            is_givers = claim.previous is not None and claim.previous.is_same(giver)
            if is_givers and not self._book.confirm(claim):
                self._book.note(record)
                return
        holder = self._book.holder
        if holder is not None and not holder.is_same(giver) and not holder.is_same(receiver):
            self._book.doubt(record, since)
        self._book.hand(record, receiver, Standing.CONFIRMED, where)

    def _joins(self, half: Half, record: Record, by: Holder) -> bool:
        return not half.by.is_same(by) and record.at - half.record.at <= self._join_within

    def _answers(self, claim: Claim, record: Record, receiver: Holder) -> bool:
        in_time = record.at - claim.record.at <= self._join_within
        return in_time and receiver.is_same(claim.claimant)

    def _believed_giver(self, record: Record) -> Holder | None:
        claim = self._claim
        if claim is not None and record.at - claim.record.at <= self._join_within:
            return claim.previous or self._book.holder
        return self._book.holder
