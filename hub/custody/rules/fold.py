"""The table of design section 6, row by row: what each record means to custody. Pure.

Source: design section 6; HV-2.2.5, 2.2.6, 2.4, 2.6, 2.8, 2.9.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hub.custody.rules.chain import (
    BreachKind,
    Chain,
    Contradiction,
    GapKind,
    Ground,
    Holder,
    Standing,
    Subject,
)
from hub.custody.rules.conduct import Conduct
from hub.custody.rules.contents import Contents
from hub.custody.rules.delivery import Deliveries
from hub.custody.rules.handover import Handovers
from hub.custody.rules.records import Container, Record, in_order
from hub.custody.rules.spans import SpanBook, Where
from wire.events import ActKind
from wire.names import Step

REPLACED = "replaced"
"""What closes the last span of a parcel that goes on under a new waybill."""


def fold(records: Iterable[Record], subject: Subject, ground: Ground, now: datetime) -> Chain:
    """Fold what is recorded of a parcel into its custody as believed at ``now``.

    Args:
        records: the parcel's own, those of each bag or pallet that it ever was in, and the first
            of the waybill under which it goes on; any order.
        subject: what is known of the parcel itself.
        ground: network, policy and the people behind pseudonyms.
        now: aware UTC; what passes without a record (an open handover) is judged at this time.
    """
    ordered = in_order(records)
    folding = _Folding(subject, ground, ordered)
    for record in ordered:
        folding.take(record)
    return folding.finish(now)


class _Folding:
    """One parcel's fold; ``_book`` keeps the spans, ``_conduct`` the breaches."""

    def __init__(self, subject: Subject, ground: Ground, ordered: Sequence[Record]) -> None:
        self._ground = ground
        self._new_waybill = subject.replaced_by
        self._goes_on = False
        self._book = SpanBook()
        self._contents = Contents(self._book)
        self._conduct = Conduct(subject, ground)
        self._handovers = Handovers(ordered, ground.handover, self._book, self._conduct)
        self._deliveries = Deliveries(ground.delivery, self._book, self._conduct)
        self._contradictions: list[Contradiction] = []
        self._steps = {
            Step.ACCEPT: self._begin,
            Step.RETURN: self._begin,
            Step.ARRIVE: self._arrive,
            Step.STORE: self._store,
            Step.RETRIEVE: self._take_over,
            Step.OUT_FOR_DELIVERY: self._take_over,
            Step.LOAD: self._load,
            Step.DEPART: self._depart,
            Step.HANDOVER: self._offer,
            Step.DELIVER: self._deliver,
        }
        self._acts = {
            ActKind.HANDOVER_ACCEPT: self._accept_handover,
            ActKind.HANDOVER_REFUSE: self._refuse_handover,
            ActKind.DELIVER: self._sign,
            ActKind.SELF_CHECK: self._self_check,
        }

    def take(self, record: Record) -> None:
        """Let one record count, in the order of :func:`in_order`."""
        if record.unit is not None and record.unit not in self._contents.now:
            return
        self._handovers.expire(record.at, ends_after=True)
        if self._new_waybill is not None and self._take_after(record, self._new_waybill):
            return
        if record.camera is not None:
            self._sight(record)
            return
        if not self._book.has_begun and record.step is not Step.ACCEPT:
            self._book.begin_unaccepted(record)
        if record.act is not None:
            self._acts.get(record.act, self._note)(record)
            return
        self._conduct.judge(record)
        for each in self._contents.note(record):
            self._conduct.withdraw_of(each)
        if self._delivered and self._is_nothing_new(record):
            self._book.note(record)
            return
        step = self._see if record.step is None else self._steps.get(record.step, self._see)
        step(record)

    def _take_after(self, record: Record, new: str) -> bool:
        """The new waybill's first scan ends custody of this one, what is later is noted (HV-2.9).

        Returns:
            Whether the record was such a one. A delivered parcel goes on under no other number.
        """
        if record.waybill == new and not self._delivered:
            self._goes_on = True
            self._handovers.forget()
            self._conduct.end_outing(record.at)
            self._book.close(record, REPLACED)
        elif self._goes_on:
            self._conduct.judge_old(record, new)
            self._book.note(record)
        return self._goes_on or record.waybill == new

    def finish(self, now: datetime) -> Chain:
        """What all records come to at ``now``."""
        self._handovers.expire(now, ends_after=False)
        due = (self._deliveries.judge(now), self._handovers.show_open())
        return Chain(
            self._book.spans(),
            self._book.gaps(),
            self._conduct.breaches(),
            tuple(self._contradictions),
            tuple(self._contents.exits),
            now,
            min((each for each in due if each is not None), default=None),
            self._delivered and not self._goes_on,
            replaced_by=self._new_waybill if self._goes_on else None,
        )

    # ------------------------------------------------------------ steps that take custody

    def _begin(self, record: Record) -> None:
        """Accept, and return as accept."""
        by = self._ground.person(record.site, record.by)
        if by is not None and not self._is_someone_elses(by):
            self._handovers.leave(by)
            self._book.hand(record, by, Standing.RECORDED, self._where(record))
        elif by is not None:
            self._take_from(record, by)
        elif self._book.holder is None:
            self._book.nobody(record, self._where(record), GapKind.NOT_NAMED)
        else:
            self._see(record)

    def _arrive(self, record: Record) -> None:
        by = self._ground.person(record.site, record.by)
        if by is None or by.is_same(self._book.holder):
            self._book.see(record, self._where(record), by_holder=by is not None)
            return
        is_first = self._book.current is None
        self._take_from(record, by)
        if not is_first:
            self._handovers.breach_of_claim(record)

    def _take_from(self, record: Record, by: Holder) -> None:
        self._handovers.claim(record, by, self._where(record))

    def _store(self, record: Record) -> None:
        """The place's named keeper holds; without one, who stored it."""
        places = self._ground.network.places
        place = None if record.place is None else places.get((record.site, record.place))
        where = self._where(record)
        if place is not None and place.container is not None:
            locked = Container("store", place.container)
            where = Where(where.site, where.place, (*where.containers, locked))
        keeper = self._ground.person(record.site, record.by)
        if place is not None and place.keeper is not None:
            keeper = Holder(record.site, None, place.keeper)
        if keeper is None:
            self._book.see(record, where)
        else:
            self._take(record, keeper, where)

    def _take_over(self, record: Record) -> None:
        """Retrieve, out for delivery: whose badge it is."""
        by = self._ground.person(record.site, record.by)
        if by is not None:
            self._take(record, by, self._where(record))
        else:
            self._leave_to_nobody(record, None, self._where(record), GapKind.NOT_NAMED)

    def _load(self, record: Record) -> None:
        by = self._ground.person(record.site, record.by)
        if by is None:
            self._book.see(record, self._where(record))
        else:
            self._take(record, by, self._where(record))

    def _depart(self, record: Record) -> None:
        """Under way: a driver's badge holds, else nobody does."""
        by = self._ground.person(record.site, record.by)
        where = Where(None, None, self._where(record).containers)
        if self._ground.drives(by) and by is not None:
            self._take(record, by, where)
        elif self._ground.drives(self._book.holder) and self._book.is_leaving(record.site):
            self._book.see(record, where)
        else:
            self._leave_to_nobody(record, by, where, GapKind.NO_DRIVER)

    def _take(self, record: Record, holder: Holder, where: Where) -> None:
        """One badge, as the step asks; where the last holder never was with it, it is a claim.

        A claim with its gap and no breach: the table has that for arrivals (ADR 0019).
        """
        by = self._ground.person(record.site, record.by)
        self._handovers.leave(by)
        if self._is_elsewhere(record, by):
            self._handovers.claim(record, holder, where)
        else:
            self._book.hand(record, holder, Standing.RECORDED, where)

    def _leave_to_nobody(
        self, record: Record, by: Holder | None, where: Where, why: GapKind
    ) -> None:
        self._handovers.leave(by)
        if self._is_elsewhere(record, by):
            self._book.doubt(record, record.at)
        self._book.nobody(record, where, why)

    # ------------------------------------------------------------ handovers

    def _offer(self, record: Record) -> None:
        """One side of a handover in its second form, or the giver's of its first."""
        by = self._ground.person(record.site, record.by)
        if by is None:
            self._see(record)
        else:
            self._handovers.offer(record, by, self._where(record))

    def _accept_handover(self, record: Record) -> None:
        giver = self._ground.person(record.site, record.giver)
        receiver = self._ground.person(record.site, record.receiver)
        if receiver is None:
            self._note(record)
            return
        self._handovers.accept(record, giver, receiver, self._where(record))

    def _refuse_handover(self, record: Record) -> None:
        """The giver keeps it."""
        self._handovers.forget()
        self._note(record)

    # ------------------------------------------------------------ evidence and delivery

    def _see(self, record: Record) -> None:
        """Evidence of place; elsewhere than at the holder's site it is a contradiction."""
        by, current = self._ground.person(record.site, record.by), self._book.current
        standing = None
        if current is not None and current.holder is not None:
            believed = current.where.site
            if believed is not None and believed != record.site:
                self._contradictions.append(Contradiction(current.holder, believed, record))
                standing = Standing.CONTRADICTED
        by_holder = by is not None and by.is_same(self._book.holder)
        self._book.see(record, self._where(record), standing, by_holder=by_holder)

    def _sight(self, record: Record) -> None:
        """A camera read the label: what nobody has recorded yet does not begin with it."""
        if not self._book.has_begun:
            return
        told = len(self._contradictions)
        if self._delivered:
            self._contradictions.append(Contradiction(None, self._deliveries.newest.site, record))
            self._book.note(record)
        else:
            self._see(record)
        for each in self._contradictions[told:]:
            words = (record.camera or "", each.holder_site)
            self._conduct.add(BreachKind.SEEN_ELSEWHERE, record, words)

    def _self_check(self, record: Record) -> None:
        if record.found and not self._delivered:
            self._see(record)
        else:
            self._note(record)

    def _note(self, record: Record) -> None:
        if self._book.has_begun:
            self._book.note(record)
        else:
            self._see(record)

    def _deliver(self, record: Record) -> None:
        if self._delivered:
            self._book.note(record)
        else:
            self._close(record, signed=False)

    def _sign(self, record: Record) -> None:
        """The signer's ID was typed; where that comes before the scan, it is the delivery."""
        if self._delivered:
            self._deliveries.sign(record)
        else:
            self._close(record, signed=record.signed)

    def _close(self, record: Record, *, signed: bool) -> None:
        """Delivered; who does that where the holder never was with it must have taken it first."""
        self._handovers.forget()
        by = self._ground.person(record.site, record.by)
        if self._book.current is None:
            self._book.nobody(record, self._where(record), GapKind.NO_ACCEPTANCE)
        elif self._is_elsewhere(record, by):
            if by is None:
                self._book.doubt(record, record.at)
            else:
                self._take_from(record, by)
        self._deliveries.close(record, signed=signed)

    def _is_nothing_new(self, record: Record) -> bool:
        """A delivered parcel's scan: a contradiction unless it is the delivery or a return.

        Who takes it by name holds it again; anything else changes nothing.
        """
        if record.step in (Step.DELIVER, Step.RETURN):
            return False
        site = self._deliveries.newest.site
        self._contradictions.append(Contradiction(None, site, record))
        return record.by is None or record.step not in self._steps

    # ------------------------------------------------------------ people and places

    @property
    def _delivered(self) -> bool:
        return self._book.has_begun and self._book.current is None

    def _is_someone_elses(self, by: Holder) -> bool:
        return self._book.holder is not None and not by.is_same(self._book.holder)

    def _is_elsewhere(self, record: Record, by: Holder | None) -> bool:
        """Whether another than its holder has the parcel, where that one was never with it."""
        if self._book.current is None or (by is not None and by.is_same(self._book.holder)):
            return False
        return not self._book.is_holder_at(record.site)

    def _where(self, record: Record) -> Where:
        current, place = self._book.current, record.place
        if record.camera is not None and current is not None:
            # A label can be read through a bag's film or on a pallet: it came out of nothing.
            if current.where.site == record.site:
                return current.where
            return Where(record.site, None, () if current.where.site else current.where.containers)
        if place is None and record.act is not None and current is not None:
            place = current.where.place
        return Where(record.site, place, self._contents.after(record))
