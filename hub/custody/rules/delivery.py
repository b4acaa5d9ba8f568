"""Delivery, by the day's hour, ends custody; the signer's ID is asked within a policy time. Pure.

A delivery is scanned immediately after it is finished (HV-2.6.4): the signer, whose ID is typed
beside the scan, is still at the door. Source: HV-2.6, HV-2.6.4.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.custody.rules.chain import BreachKind
from hub.custody.rules.conduct import Conduct
from hub.custody.rules.records import Record
from hub.custody.rules.spans import SpanBook
from wire.policy import DeliveryPolicy


@dataclass(slots=True)
class _Delivery:
    record: Record
    signed: bool


class Deliveries:
    """A parcel's deliveries: more than one where it came back after the first."""

    def __init__(self, policy: DeliveryPolicy, book: SpanBook, conduct: Conduct) -> None:
        self._sign_within = timedelta(minutes=policy.signer_min)
        self._book = book
        self._conduct = conduct
        self._all: list[_Delivery] = []

    @property
    def newest(self) -> Record:
        """The record of the newest delivery; there must be one."""
        return self._all[-1].record

    def close(self, record: Record, *, signed: bool) -> None:
        """Delivered."""
        self._conduct.end_outing(record.at)
        self._book.close(record)
        self._all.append(_Delivery(record, signed))

    def sign(self, record: Record) -> None:
        """The signer's ID was typed after the scan."""
        newest = self._all[-1]
        if record.at <= newest.record.at + self._sign_within:
            newest.signed = newest.signed or record.signed
        self._book.note(record)

    def judge(self, now: datetime) -> datetime | None:
        """Note what nobody signed for in time, or is out too long; return when more is due."""
        outing_due_at = self._conduct.judge_outing(now)
        due = [] if outing_due_at is None else [outing_due_at]
        for delivery in self._all:
            until = delivery.record.at + self._sign_within
            if delivery.signed:
                continue
            if now < until:
                due.append(until)
            else:
                self._conduct.add(BreachKind.NO_SIGNER, delivery.record)
        return min(due, default=None)
