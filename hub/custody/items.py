"""Custody as JSON tells it."""

from datetime import datetime

from pydantic import BaseModel, Field

from hub.access.service import Caller, mask_name
from hub.custody.findings import what_en, what_zh
from hub.custody.service import (
    BreachKind,
    Chain,
    Container,
    FoundBreach,
    Gap,
    GapKind,
    Holder,
    Record,
    Span,
    Standing,
)
from hub.network import Network
from hub.web.context import at_text
from wire.policy import GoodsClass


class ContainerItem(BaseModel):
    """A bag, vehicle, flight, pallet, or the lockable container of a place (store)."""

    kind: str
    id: str


class CarriageItem(BaseModel):
    """What was on record when a load into a vehicle or flight came in (HV-X8, HV-2.4.2).

    ``kind``: container, closed_box_locked, half_closed_box_locked or other of a vehicle, dedicated
    or scheduled of a flight, unlisted, or null: not recorded. ``goods_class`` null: nobody said.
    """

    container: ContainerItem
    kind: str | None
    goods_class: GoodsClass | None


class EvidenceItem(BaseModel):
    """The recorded line behind a statement; ``simulated``: of no real scanner.

    ``what`` is a step, an act, ``scan``, or ``sighting`` by ``camera``.
    """

    site: str
    edge: str
    spool: str
    seq: int
    what: str
    at: str | None
    received_at: str | None
    by: str | None
    detail: str | None
    simulated: bool
    carriage: CarriageItem | None
    camera: str | None


class HolderItem(BaseModel):
    """Who answers: the pseudonym in the lines, and the person behind it where they are known.

    On the floor people of other sites are masked: their badge is left out.
    """

    site: str
    by: str | None
    badge: str | None
    name: str | None
    duty: str | None


class SpanItem(BaseModel):
    """One holder in one place; ``holder`` null: nobody, ``site`` null: under way.

    ``container`` is the outermost of ``containers``.
    """

    holder: HolderItem | None
    site: str | None
    place: str | None
    container: str | None
    containers: list[ContainerItem]
    from_at: str | None = Field(serialization_alias="from")
    to_at: str | None = Field(serialization_alias="to")
    standing: Standing
    opened_by: str
    closed_by: str | None
    evidence: list[EvidenceItem]


class GapItem(BaseModel):
    """A stretch that is not proven; ``nobody``: nobody answers, else somebody who is not sure."""

    kind: GapKind
    site: str
    from_at: str | None = Field(serialization_alias="from")
    to_at: str | None = Field(serialization_alias="to")
    seconds: int
    nobody: bool
    evidence: EvidenceItem


class BreachItem(BaseModel):
    """What was done against a rule; ``what`` names the bag, or what is missing."""

    id: int
    rule: str
    kind: BreachKind
    waybill: str | None
    site: str
    at: str | None
    found_at: str | None
    what_zh: str
    what_en: str
    evidence: EvidenceItem


class ContradictionItem(BaseModel):
    """The parcel was seen elsewhere than its holder was, or after its delivery."""

    holder: HolderItem | None
    holder_site: str
    evidence: EvidenceItem


class CustodyItem(BaseModel):
    """Custody as believed at ``as_of``; ``complete`` false: the oldest scans were left out.

    ``replaced_by`` is the waybill under which the parcel goes on, and whose first scan ended it.
    """

    waybill: str
    spans: list[SpanItem]
    gaps: list[GapItem]
    breaches: list[BreachItem]
    contradictions: list[ContradictionItem]
    delivered: bool
    replaced_by: str | None
    complete: bool
    as_of: str | None


def custody_item(
    waybill: str, chain: Chain, breaches: list[FoundBreach], network: Network, caller: Caller
) -> CustodyItem:
    """A parcel's custody with the breaches that stood at its ``as_of``, as a caller may read it."""

    def holder(one: Holder | None) -> HolderItem | None:
        return None if one is None else _holder(one, network, caller)

    return CustodyItem(
        waybill=waybill,
        spans=[_span(each, holder(each.holder)) for each in chain.spans],
        gaps=[_gap(each, chain.as_of) for each in chain.gaps],
        breaches=[breach_item(each) for each in breaches],
        contradictions=[
            ContradictionItem(
                holder=holder(each.holder),
                holder_site=each.holder_site,
                evidence=_evidence(each.evidence),
            )
            for each in chain.contradictions
        ],
        delivered=chain.delivered,
        replaced_by=chain.replaced_by,
        complete=chain.complete,
        as_of=at_text(chain.as_of),
    )


def _span(span: Span, holder: HolderItem | None) -> SpanItem:
    return SpanItem(
        holder=holder,
        site=span.site,
        place=span.place,
        container=span.containers[-1].id if span.containers else None,
        containers=[_container(each) for each in span.containers],
        from_at=at_text(span.from_at),
        to_at=at_text(span.to_at),
        standing=span.standing,
        opened_by=span.opened_by,
        closed_by=span.closed_by,
        evidence=[_evidence(each) for each in span.evidence],
    )


def _gap(gap: Gap, as_of: datetime) -> GapItem:
    length = (gap.to_at or max(as_of, gap.from_at)) - gap.from_at
    return GapItem(
        kind=gap.kind,
        site=gap.site,
        from_at=at_text(gap.from_at),
        to_at=at_text(gap.to_at),
        seconds=int(length.total_seconds()),
        nobody=gap.is_nobodys,
        evidence=_evidence(gap.evidence),
    )


def breach_item(found: FoundBreach) -> BreachItem:
    """One breach."""
    breach = found.breach
    return BreachItem(
        id=found.id,
        rule=breach.rule,
        kind=breach.kind,
        waybill=breach.waybill,
        site=breach.site,
        at=at_text(breach.at),
        found_at=at_text(found.found_at),
        what_zh=what_zh(breach),
        what_en=what_en(breach),
        evidence=_evidence(breach.evidence),
    )


def _holder(holder: Holder, network: Network, caller: Caller) -> HolderItem:
    person = None if holder.badge is None else network.people.get(holder.badge)
    if person is None:
        return HolderItem(site=holder.site, by=holder.by, badge=holder.badge, name=None, duty=None)
    is_known = caller.knows_staff(person.site)
    return HolderItem(
        site=holder.site,
        by=holder.by,
        badge=person.badge if is_known else None,
        name=person.name if is_known else mask_name(person.name),
        duty=person.duty,
    )


def _container(container: Container) -> ContainerItem:
    return ContainerItem(kind=container.kind, id=container.id)


def _evidence(record: Record) -> EvidenceItem:
    return EvidenceItem(
        site=record.site,
        edge=record.edge,
        spool=record.spool,
        seq=record.seq,
        what=record.cause,
        at=at_text(record.at),
        received_at=at_text(record.received_at),
        by=record.by,
        detail=record.detail,
        simulated=record.simulated,
        carriage=_carriage(record),
        camera=record.camera,
    )


def _carriage(record: Record) -> CarriageItem | None:
    if record.carriage is None or record.container is None:
        return None
    into = _container(record.container)
    return CarriageItem(
        container=into, kind=record.carriage.kind, goods_class=record.carriage.goods
    )
