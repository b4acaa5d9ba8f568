"""Lay a parcel's custody out: lanes of sites, blocks of holders, joints, gaps, ticks. Pure.

Source: console.md ("Custody replay"), design section 6.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hub.console.parcel.scale import Scale, full_minute
from hub.console.parcel.views import (
    Block,
    Film,
    Half,
    Joint,
    Lane,
    Learned,
    Mark,
    Person,
    Replay,
    Shape,
    Stretch,
    Tick,
    TickKind,
)
from hub.console.views import Card, ScanLine
from hub.custody.service import Chain, Gap, Holder, Record, Span, Standing
from wire.events import ActKind
from wire.names import Step

LEARNED_MAX = 60
"""Moments on the second ruler; of more the late ones and the newest stay."""
LATE_FROM = timedelta(minutes=1)
"""What took longer to arrive was believed otherwise for a while."""
_EXPIRED = "handover_expired"
_HANDOVERS = frozenset({str(Step.HANDOVER), str(ActKind.HANDOVER_ACCEPT)})

NameSite = Callable[[str], str | None]
NameHolder = Callable[[Holder], Person]
"""Who a holder is, as the caller may read it."""
NamePerson = Callable[[str, str], Person]
"""Who stands behind a pseudonym of a site."""


class Layout:
    """Lays one chain out for one caller."""

    def __init__(
        self, chain: Chain, holder: NameHolder, person: NamePerson, site_name: NameSite
    ) -> None:
        self._chain = chain
        self._holder = holder
        self._person = person
        self._site_name = site_name

    def replay(
        self,
        scans: Sequence[ScanLine],
        cards: Iterable[Card],
        films: Sequence[Film] | None = None,
    ) -> Replay:
        """The parcel's life, from its first record until now, or until its end."""
        records = _records(self._chain, scans)
        scale = Scale(self._knots(records))
        blocks = [*self._spans(scale), *self._doubts(scale)]
        joints = self._joints(scale)
        ticks = [(scan.site, _scan_tick(scan, scale)) for scan in scans]
        ticks += [(card.site or "", _alert_tick(card, scale)) for card in cards]
        ticks += [
            (record.site, Tick(TickKind.SIGHTING, scale.place(record.at), record.camera, record.at))
            for span in self._chain.spans
            for record in span.evidence
            if record.camera is not None
        ]
        marks = [Mark(place, at) for place, at in scale.marks()]
        return Replay(
            lanes=self._lanes(blocks, joints, ticks),
            marks=tuple(marks),
            learned=_learned(records, scale),
            is_over=self._chain.is_over,
            complete=self._chain.complete,
            films=None
            if films is None
            else tuple(replace(film, position=scale.place(film.at)) for film in films),
        )

    def _knots(self, records: Sequence[tuple[datetime, datetime]]) -> list[datetime]:
        chain = self._chain
        found = [span.from_at for span in chain.spans]
        found += [span.to_at for span in chain.spans if span.to_at is not None]
        found += [gap.from_at for gap in chain.gaps]
        found.append(max((received_at for _, received_at in records), default=found[0]))
        if not chain.is_over:
            found.append(full_minute(chain.as_of))
        return found

    def _spans(self, scale: Scale) -> list[Block]:
        whys = {gap.from_at: gap.kind for gap in self._chain.gaps if gap.is_nobodys}
        why = None
        found = []
        for number, span in enumerate(self._chain.spans):
            # A gap may run over several spans of nobody: its reason is that of the first.
            why = None if span.holder is not None else whys.get(span.from_at, why)
            found.append(
                Block(
                    key=f"span-{number}",
                    shape=Shape.NOBODY if span.holder is None else Shape.HELD,
                    stretch=_stretch(scale, span.from_at, span.to_at),
                    site=span.site,
                    holder=None if span.holder is None else self._holder(span.holder),
                    standing=span.standing,
                    gap=why,
                    since=span.from_at,
                    until=span.to_at,
                    length=self._length(span.from_at, span.to_at),
                    place=span.place,
                    containers=span.containers,
                    opened_by=span.opened_by,
                    closed_by=span.closed_by,
                    evidence=span.evidence,
                )
            )
        return found

    def _doubts(self, scale: Scale) -> list[Block]:
        """Gaps that are no spans of their own: not confirmed, or of no length."""
        nobodys = {span.from_at for span in self._chain.spans if span.holder is None}
        return [
            _doubt(f"gap-{number}", gap, scale, self._length(gap.from_at, gap.to_at))
            for number, gap in enumerate(self._chain.gaps)
            if not gap.is_nobodys or gap.from_at not in nobodys
        ]

    def _length(self, since: datetime, until: datetime | None) -> timedelta:
        return (until or max(since, full_minute(self._chain.as_of))) - since

    # ------------------------------------------------------------ handovers

    def _joints(self, scale: Scale) -> list[Joint]:
        found: list[Joint] = []
        before: Span | None = None
        for span in self._chain.spans:
            found += self._refused(span, scale)
            joint = self._joint_into(span, before, scale)
            found += [] if joint is None else [joint]
            before = span
        if before is not None and before.standing is Standing.OPEN:
            found.append(self._one_sided(before, scale, _last_offer(before)))
        return found

    def _joint_into(self, span: Span, before: Span | None, scale: Scale) -> Joint | None:
        if before is None:
            return None
        if span.opened_by == _EXPIRED:
            return self._one_sided(before, scale, span.evidence[0])
        giver, receiver = before.holder, span.holder
        if receiver is None or receiver.is_same(giver):
            return None
        is_handover = span.opened_by in _HANDOVERS and span.standing is not Standing.CLAIMED
        if not is_handover and span.standing is not Standing.CLAIMED:
            return None
        return Joint(
            key=f"joint-{span.from_at.isoformat()}",
            place=scale.place(span.from_at),
            site=span.site,
            at=span.from_at,
            giver=None if giver is None else self._holder(giver),
            receiver=self._holder(receiver),
            given=Half.DONE if is_handover and giver is not None else Half.OPEN,
            taken=Half.DONE,
            evidence=span.evidence[:1],
        )

    def _one_sided(self, span: Span, scale: Scale, offer: Record) -> Joint:
        """The giver's side alone."""
        return Joint(
            key=f"joint-{offer.at.isoformat()}",
            place=scale.place(offer.at),
            site=span.site,
            at=offer.at,
            giver=None if span.holder is None else self._holder(span.holder),
            receiver=None,
            given=Half.DONE,
            taken=Half.OPEN,
            evidence=(offer,),
        )

    def _refused(self, span: Span, scale: Scale) -> list[Joint]:
        return [
            Joint(
                key=f"refused-{record.edge}-{record.seq}",
                place=scale.place(record.at),
                site=record.site,
                at=record.at,
                giver=None if record.giver is None else self._person(record.site, record.giver),
                receiver=None
                if record.receiver is None
                else self._person(record.site, record.receiver),
                given=Half.REFUSED,
                taken=Half.REFUSED,
                evidence=(record,),
            )
            for record in span.evidence
            if record.act is ActKind.HANDOVER_REFUSE
        ]

    # ------------------------------------------------------------ lanes

    def _lanes(
        self, blocks: Sequence[Block], joints: Sequence[Joint], ticks: Sequence[tuple[str, Tick]]
    ) -> tuple[Lane, ...]:
        """One lane a site in the order in which the parcel came there; under way is the last."""
        came = sorted((block.since, block.site) for block in blocks if block.site is not None)
        known = dict.fromkeys(site for _, site in came)
        seen = sorted((tick.at, site) for site, tick in ticks if site)
        known |= dict.fromkeys(site for _, site in seen if site not in known)
        sites: list[str | None] = [*known]
        if any(block.site is None for block in blocks):
            sites.append(None)
        return tuple(
            Lane(
                site=site,
                name=None if site is None else self._site_name(site),
                blocks=tuple(block for block in blocks if block.site == site),
                joints=tuple(joint for joint in joints if joint.site == site),
                ticks=tuple(tick for where, tick in ticks if where == site),
            )
            for site in sites
        )


def _stretch(scale: Scale, since: datetime, until: datetime | None) -> Stretch:
    return Stretch(scale.place(since), 1.0 if until is None else scale.place(until))


def _doubt(key: str, gap: Gap, scale: Scale, length: timedelta) -> Block:
    return Block(
        key=key,
        shape=Shape.DOUBT,
        stretch=_stretch(scale, gap.from_at, gap.to_at),
        site=gap.site,
        holder=None,
        standing=Standing.UNCONFIRMED,
        gap=gap.kind,
        since=gap.from_at,
        until=gap.to_at,
        length=length,
        place=None,
        containers=(),
        opened_by=str(gap.evidence.act or gap.evidence.step or "scan"),
        closed_by=None,
        evidence=(gap.evidence,),
    )


def _last_offer(span: Span) -> Record:
    offers = [record for record in span.evidence if record.step is Step.HANDOVER]
    return offers[-1] if offers else span.evidence[-1]


def _scan_tick(scan: ScanLine, scale: Scale) -> Tick:
    return Tick(TickKind.SCAN, scale.place(scan.at), scan.result, scan.at)


def _alert_tick(card: Card, scale: Scale) -> Tick:
    return Tick(TickKind.ALERT, scale.place(card.last_at), card.kind, card.last_at)


def _records(chain: Chain, scans: Iterable[ScanLine]) -> list[tuple[datetime, datetime]]:
    """When each record was made and when it came, each once."""
    lines = {
        record.line: (record.at, record.received_at)
        for span in chain.spans
        for record in span.evidence
    }
    lines |= {
        (scan.site, scan.edge, scan.spool, scan.seq): (scan.at, scan.received_at) for scan in scans
    }
    return sorted(lines.values(), key=lambda pair: pair[1])


def _learned(records: Iterable[tuple[datetime, datetime]], scale: Scale) -> tuple[Learned, ...]:
    moments: dict[datetime, bool] = {}
    for at, received_at in records:
        moments[received_at] = moments.get(received_at, False) or received_at - at >= LATE_FROM
    ordered = sorted(moments.items())
    late = [pair for pair in ordered if pair[1]][-LEARNED_MAX:]
    plain = [pair for pair in ordered if not pair[1]]
    room = LEARNED_MAX - len(late)
    kept = sorted([*late, *(plain[-room:] if room else [])])
    return tuple(Learned(scale.place(at), at, is_late) for at, is_late in kept)
