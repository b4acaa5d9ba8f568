"""A parcel as JSON tells it; people are encrypted at rest and masked unless a reason was given."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, field_validator
from sqlalchemy import Connection

from hub.access.service import mask_person
from hub.keys import NONCE_BYTES
from hub.parcels import service
from hub.parcels.delivery_items import AttemptItem, SignedCopyItem, attempt_item, copy_item
from hub.parcels.service import (
    Link,
    ManifestKind,
    Parcel,
    ParcelState,
    ReplaceReason,
    SaidOnce,
    Sighting,
    Size,
)
from hub.wanted.service import is_stopped
from hub.web.context import NO_NUL, HubContext, at_text
from wire.events import ContainerKind
from wire.policy import GoodsClass

PERSON_FIELDS_MAX = 32
Text = Annotated[str, Field(max_length=200, pattern=NO_NUL)]
Person = dict[Text, Text] | Annotated[str, Field(max_length=500)]


class People(BaseModel):
    """Sender and recipient: personal data, encrypted at rest."""

    sender: Person | None = None
    recipient: Person | None = None

    @field_validator("sender", "recipient")
    @classmethod
    def _few_fields(cls, person: Person | None) -> Person | None:
        if isinstance(person, dict) and len(person) > PERSON_FIELDS_MAX:
            raise ValueError(f"at most {PERSON_FIELDS_MAX} fields")
        return person


class SightingItem(BaseModel):
    """A scan's place and event time."""

    site: str
    at: str | None


class AboardItem(BaseModel):
    """A time in a container; ``until`` null: still. ``closed`` null: nothing tells."""

    kind: ContainerKind
    id: str
    since: str | None
    until: str | None
    closed: bool | None


class SaidItem(BaseModel):
    """One declaration; ``refused_by`` is the rule that did not allow it, null: it was accepted."""

    at: str | None
    by: str
    declared_value_cny: str | None
    weight_kg: str | None
    size_m: list[str] | None
    pieces: int | None
    goods_class: GoodsClass | None
    origin: str | None
    destination: str | None
    reason: str | None
    replaces: str | None
    signed_return: bool
    refused_by: str | None


class ManifestRef(BaseModel):
    """The newest manifest that lists a parcel."""

    id: str
    kind: ManifestKind
    origin: str = Field(serialization_alias="from")
    destination: str = Field(serialization_alias="to")


class LinkItem(BaseModel):
    """The same parcel's other waybill, at ``/api/v1/parcels/{waybill}``.

    ``since`` is the new one's first sign; null: it has none, the old one counts still.
    """

    waybill: str
    reason: ReplaceReason
    since: str | None


class ReplacesItem(LinkItem):
    """The waybill that a parcel had before, and what a new one costs (HV-2.9)."""

    note_zh: str = "运费和保价费重新收取（HV-2.9）"
    note_en: str = "freight and premium are charged again (HV-2.9)"


class ParcelItem(BaseModel):
    """What is known of a waybill.

    ``route`` is the one that it was declared with, ``planned_route`` the one that it follows now,
    and ``position`` the place of ``site`` on that (null: beside it). ``stopped``: it may not go on.
    ``declarations`` are all that were made, the newest first; the newest accepted one counts.
    ``signed_returns`` are the copies of the signed paper that ``signed_return`` asks for.
    """

    waybill: str
    high_value: bool
    state: ParcelState
    stopped: bool
    declared_value_cny: str | None
    weight_kg: str | None
    size_m: list[str] | None
    pieces: int | None
    goods_class: GoodsClass | None
    reason: str | None
    origin: str | None
    destination: str | None
    route: list[str] | None
    planned_route: list[str] | None
    site: str | None
    position: int | None
    expected_site: str | None
    returning: bool
    containers: list[AboardItem]
    manifest: ManifestRef | None
    accepted_at: str | None
    sender: Person | None
    recipient: Person | None
    declared_by: str | None
    declared_at: str | None
    declarations: list[SaidItem]
    replaces: ReplacesItem | None
    replaced_by: LinkItem | None
    delivery_attempts: list[AttemptItem]
    signed_return: bool
    signed_returns: list[SignedCopyItem]
    lost_at: str | None
    first_seen: SightingItem | None
    last_seen: SightingItem | None
    scans: int


_people = TypeAdapter(People)


def encrypt_people(
    sender: Person | None, recipient: Person | None, waybill: str, hub: HubContext
) -> bytes | None:
    """Sender and recipient as they are stored; null: nobody was named."""
    if sender is None and recipient is None:
        return None
    plain = _people.dump_json(People(sender=sender, recipient=recipient))
    nonce = hub.clock.random_bytes(NONCE_BYTES)
    return hub.keys.bodies.encrypt(plain, f"people/{waybill}", nonce)


def masked(item: ParcelItem) -> ParcelItem:
    """The same without people in full."""
    people = {"sender": mask_person(item.sender), "recipient": mask_person(item.recipient)}
    return item.model_copy(update=people)


def item_of(tx: Connection, parcel: Parcel, hub: HubContext) -> ParcelItem:
    """A parcel with everything that is known of it."""
    declared, seen = parcel.declaration, parcel.seen
    value = declared.declared_value_cny if declared else None
    people = _decrypt_people(declared.people if declared else None, parcel.waybill, hub)
    way = service.track_of(tx, parcel, hub.network)
    before, after = parcel.replaces, parcel.replaced_by
    return ParcelItem(
        waybill=parcel.waybill,
        high_value=service.is_high_value(parcel.waybill, value, hub.policy),
        state=way.state,
        stopped=is_stopped(tx, parcel.waybill, hub.clock.now()),
        declared_value_cny=_money(value),
        weight_kg=_figure(declared.weight_kg) if declared else None,
        size_m=_figures(declared.size_m) if declared else None,
        pieces=declared.pieces if declared else None,
        goods_class=declared.goods_class if declared else None,
        reason=declared.reason if declared else None,
        origin=declared.origin if declared else None,
        destination=declared.destination if declared else None,
        route=list(declared.route) if declared and declared.route else None,
        planned_route=None if way.route is None else list(way.route),
        site=way.site,
        position=way.position,
        expected_site=way.expected_site,
        returning=way.returning,
        containers=_containers(tx, parcel.waybill),
        manifest=_manifest(tx, parcel.waybill),
        accepted_at=at_text(declared.accepted_at) if declared else None,
        sender=people.sender,
        recipient=people.recipient,
        declared_by=parcel.declared_by,
        declared_at=at_text(parcel.declared_at),
        declarations=[_said(each) for each in service.declarations_of(tx, parcel.waybill)],
        replaces=None if before is None else _before(before),
        replaced_by=None if after is None else _after(after),
        delivery_attempts=[
            attempt_item(each) for each in service.attempts_to_deliver(tx, parcel.waybill)
        ],
        signed_return=declared is not None and declared.signed_return,
        signed_returns=[copy_item(each) for each in service.signed_copies(tx, parcel.waybill)],
        lost_at=at_text(parcel.lost_at),
        first_seen=_sighting(seen.first) if seen else None,
        last_seen=_sighting(seen.last) if seen else None,
        scans=seen.scans if seen else 0,
    )


def _before(link: Link) -> ReplacesItem:
    return ReplacesItem(waybill=link.old, reason=link.reason, since=_since(link))


def _after(link: Link) -> LinkItem:
    return LinkItem(waybill=link.new, reason=link.reason, since=_since(link))


def _since(link: Link) -> str | None:
    return None if link.first is None else at_text(link.first.at)


def _said(each: SaidOnce) -> SaidItem:
    said = each.declaration
    return SaidItem(
        at=at_text(each.at),
        by=each.by,
        declared_value_cny=_money(said.declared_value_cny),
        weight_kg=_figure(said.weight_kg),
        size_m=_figures(said.size_m),
        pieces=said.pieces,
        goods_class=said.goods_class,
        origin=said.origin,
        destination=said.destination,
        reason=said.reason,
        replaces=said.replaces,
        signed_return=said.signed_return,
        refused_by=None if each.refusal is None else service.RULE_OF[each.refusal],
    )


def _money(value_cny: Decimal | None) -> str | None:
    return None if value_cny is None else f"{value_cny:.2f}"


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _figures(size_m: Size | None) -> list[str] | None:
    return None if size_m is None else [f"{edge.normalize():f}" for edge in size_m]


def _containers(tx: Connection, waybill: str) -> list[AboardItem]:
    return [
        AboardItem(
            kind=each.kind,
            id=each.id,
            since=at_text(each.since),
            until=at_text(each.until),
            closed=service.is_container_closed(tx, each.kind, each.id),
        )
        for each in service.containers_of(tx, waybill)
    ]


def _manifest(tx: Connection, waybill: str) -> ManifestRef | None:
    found = service.manifest_of(tx, waybill)
    if found is None:
        return None
    return ManifestRef(
        id=found.id, kind=found.kind, origin=found.origin, destination=found.destination
    )


def _sighting(sighting: Sighting) -> SightingItem:
    return SightingItem(site=sighting.site, at=at_text(sighting.at))


def _decrypt_people(stored: bytes | None, waybill: str, hub: HubContext) -> People:
    plain = None if stored is None else hub.keys.bodies.decrypt(stored, f"people/{waybill}")
    return People() if plain is None else _people.validate_json(plain)
