"""The growing chain of spans: one is open at a time, each begins where the last one ended. Pure.

The fold says what each record means; this keeps the books, and can take a claim back when it turns
out that the parcel was handed over after all.
"""

from dataclasses import dataclass, field
from datetime import datetime

from hub.custody.rules.chain import Gap, GapKind, Holder, Span, Standing
from hub.custody.rules.records import Container, Record


@dataclass(frozen=True, slots=True)
class Where:
    """Site (null: under way), place and containers from the inside out."""

    site: str | None
    place: str | None
    containers: tuple[Container, ...] = ()


@dataclass(slots=True)
class Draft:
    """A span in the making; ``why`` says of nobody's span how it came about.

    ``holder_site`` is where its holder took the parcel or was seen with it, which others' scans of
    the parcel do not change; null: under way.
    """

    holder: Holder | None
    standing: Standing
    where: Where
    holder_site: str | None
    from_at: datetime
    opened_by: str
    opened_with: Record
    records: list[Record] = field(default_factory=list)
    why: GapKind | None = None
    gap_site: str = ""
    to_at: datetime | None = None
    closed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody took the parcel from ``previous`` without a handover.

    ``first`` is the first of the claimant's spans; ``standing`` was the previous holder's.
    """

    record: Record
    claimant: Holder
    previous: Holder | None
    standing: Standing
    first: int


class SpanBook:
    """The spans so far, and the gaps that are no spans of their own."""

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self._unconfirmed: dict[tuple[str, str, str, int], Gap] = {}
        self._never_accepted: Gap | None = None
        self._last_site = ""
        self._last_at: datetime | None = None

    @property
    def current(self) -> Draft | None:
        """The open span; None before the first record and after the end."""
        if not self._drafts or self._drafts[-1].to_at is not None:
            return None
        return self._drafts[-1]

    @property
    def holder(self) -> Holder | None:
        """Who holds the parcel now."""
        return None if self.current is None else self.current.holder

    @property
    def has_begun(self) -> bool:
        """Whether there is any span."""
        return bool(self._drafts)

    def begin_unaccepted(self, record: Record) -> None:
        """Note that the first record is no acceptance."""
        self._never_accepted = Gap(GapKind.NO_ACCEPTANCE, record.site, record.at, record.at, record)

    def is_holder_at(self, site: str) -> bool:
        """Whether the parcel is at a site where its holder took it or was seen with it."""
        current = self.current
        return current is not None and current.where.site == site == current.holder_site

    def is_leaving(self, site: str) -> bool:
        """Whether the holder is at a site, or has left it and was nowhere since."""
        is_under_way = self.current is not None and self.current.where.site is None
        return self.is_holder_at(site) or (is_under_way and self._last_site == site)

    def see(
        self,
        record: Record,
        where: Where,
        standing: Standing | None = None,
        *,
        by_holder: bool = False,
    ) -> None:
        """The parcel is here; its holder stays, and its standing unless another is given.

        ``by_holder``: the holder himself shows that he is here.
        """
        current = self.current
        if current is None:
            self.nobody(record, where, GapKind.NO_ACCEPTANCE)
            return
        self._put(
            record,
            record.at,
            Draft(
                current.holder,
                standing or current.standing,
                where,
                where.site if by_holder or where.site is None else current.holder_site,
                record.at,
                record.cause,
                record,
                why=current.why,
                gap_site=current.gap_site,
            ),
        )

    def hand(self, record: Record, holder: Holder, standing: Standing, where: Where) -> None:
        """Somebody holds the parcel from this record on."""
        self._put(
            record,
            record.at,
            Draft(holder, standing, where, where.site, record.at, record.cause, record),
        )

    def nobody(
        self,
        record: Record,
        where: Where,
        why: GapKind,
        at: datetime | None = None,
        cause: str | None = None,
    ) -> None:
        """Nobody holds the parcel from ``at`` on (by default: from the record)."""
        at = record.at if at is None else at
        self._put(
            record,
            at,
            Draft(
                None,
                Standing.NOBODY,
                where,
                where.site,
                at,
                cause or record.cause,
                record,
                why=why,
                gap_site=where.site or record.site,
            ),
        )

    def note(self, record: Record) -> None:
        """Put a record to the newest span without changing it."""
        if self._drafts:
            self._drafts[-1].records.append(record)

    def close(self, record: Record, cause: str | None = None) -> None:
        """No span is open any more: delivered, or another ``cause``."""
        current = self.current
        if current is not None:
            current.to_at, current.closed_by = record.at, cause or record.cause
            current.records.append(record)
        self._last_site, self._last_at = record.site, record.at

    def doubt(self, record: Record, until: datetime) -> None:
        """The holder's span ends unconfirmed: a gap from the last that was seen of it."""
        current = self.current
        if current is None or current.holder is None:
            return
        current.standing = Standing.UNCONFIRMED
        since = min(self._last_at or until, until)
        site = current.where.site or self._last_site
        self._unconfirmed[record.line] = Gap(GapKind.UNCONFIRMED, site, since, until, record)

    def claim(self, record: Record, claimant: Holder, where: Where) -> Claim:
        """Let somebody take the parcel without a handover."""
        current = self.current
        previous = None if current is None else current.holder
        standing = Standing.NOBODY if current is None else current.standing
        self.doubt(record, record.at)
        first = len(self._drafts)
        self.hand(record, claimant, Standing.CLAIMED, where)
        return Claim(record, claimant, previous, standing, first)

    def confirm(self, claim: Claim) -> bool:
        """The previous holder did give the parcel: take its gap back.

        Returns:
            Whether the claimant had held it until now; then those spans are the giver's again, and
            the caller opens the receiver's.
        """
        self._unconfirmed.pop(claim.record.line, None)
        if claim.first > 0 and claim.previous is not None:
            self._drafts[claim.first - 1].standing = claim.standing
        claimed = self._drafts[claim.first :]
        if not all(claim.claimant.is_same(draft.holder) for draft in claimed):
            return False
        if claim.previous is not None:
            for draft in claimed:
                draft.holder, draft.standing = claim.previous, claim.standing
        return True

    def _put(self, record: Record, at: datetime, new: Draft) -> None:
        current = self.current
        if self._last_at is None or record.at > self._last_at:
            self._last_at = record.at
        self._last_site = new.where.site or record.site
        if current is not None:
            if _is_same(current, new):
                current.holder_site = new.holder_site
                current.records.append(record)
                return
            current.to_at, current.closed_by = at, new.opened_by
        new.records.append(record)
        self._drafts.append(new)

    # ------------------------------------------------------------ what comes out

    def spans(self) -> tuple[Span, ...]:
        """The spans in their order."""
        return tuple(
            Span(
                draft.holder,
                draft.where.site,
                draft.where.place,
                draft.where.containers,
                draft.standing,
                draft.from_at,
                draft.to_at,
                draft.opened_by,
                draft.closed_by,
                tuple(draft.records),
            )
            for draft in self._drafts
        )

    def gaps(self) -> tuple[Gap, ...]:
        """All gaps by time: nobody's stretches, and those that are not confirmed."""
        found = list(self._unconfirmed.values())
        stretch: list[Draft] = []
        for draft in self._drafts:
            if draft.holder is None:
                stretch.append(draft)
                continue
            found += _nobodys(stretch)
            stretch = []
        found += _nobodys(stretch)
        if self._never_accepted is not None:
            begun = any(gap.kind is GapKind.NO_ACCEPTANCE for gap in found)
            found += [] if begun else [self._never_accepted]
        return tuple(sorted(found, key=lambda gap: (gap.from_at, gap.kind)))


def _nobodys(stretch: list[Draft]) -> list[Gap]:
    if not stretch:
        return []
    first = stretch[0]
    why = first.why or GapKind.NOT_NAMED
    return [Gap(why, first.gap_site, first.from_at, stretch[-1].to_at, first.opened_with)]


def _is_same(one: Draft, other: Draft) -> bool:
    same_holder = other.holder is None if one.holder is None else one.holder.is_same(other.holder)
    return same_holder and one.standing is other.standing and one.where == other.where
