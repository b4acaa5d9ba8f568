"""Routes of the parcels. Source: interface (REST), HV-1.2.2, HV-2.2.2.2."""

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, field_validator
from sqlalchemy import Connection

from hub.access.service import mask_person, record_look
from hub.keys import NONCE_BYTES
from hub.parcels import declaring, service
from hub.parcels.declaring import DeclarationRefusedError
from hub.parcels.service import Declaration, ManifestKind, Parcel, ParcelState, Sighting
from hub.wanted.service import ListFullError, is_stopped
from hub.web.context import (
    NO_NUL,
    CalledBy,
    Hub,
    HubContext,
    UnmaskReason,
    at_text,
    check_site,
    to_utc,
)
from hub.web.problems import ProblemError
from wire.events import ContainerKind

router = APIRouter(prefix="/api/v1/parcels", tags=["parcels"])

ROUTE_SITES_MAX = 32
VALUE_CNY_MAX = Decimal("9999999999.99")
WaybillPath = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]
_SiteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
_Text = Annotated[str, Field(max_length=200, pattern=NO_NUL)]
_Person = dict[_Text, _Text] | Annotated[str, Field(max_length=500)]


class People(BaseModel):
    """Sender and recipient: personal data, encrypted at rest."""

    sender: _Person | None = None
    recipient: _Person | None = None

    @field_validator("sender", "recipient")
    @classmethod
    def _few_fields(cls, person: _Person | None) -> _Person | None:
        if isinstance(person, dict) and len(person) > ROUTE_SITES_MAX:
            raise ValueError(f"at most {ROUTE_SITES_MAX} fields")
        return person


class ParcelOrder(People):
    """What is declared of a parcel; money in CNY with at most two decimals.

    ``reason`` is why a high value travels on an ordinary waybill (HV-2.2.2.2).
    """

    model_config = ConfigDict(extra="forbid")

    declared_value_cny: Decimal | None = Field(
        default=None, ge=0, le=VALUE_CNY_MAX, decimal_places=2
    )
    origin: _SiteName | None = None
    destination: _SiteName | None = None
    route: list[_SiteName] | None = Field(default=None, max_length=ROUTE_SITES_MAX)
    accepted_at: AwareDatetime | None = None
    reason: _Text | None = None


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


class ManifestRef(BaseModel):
    """The newest manifest that lists a parcel."""

    id: str
    kind: ManifestKind
    origin: str = Field(serialization_alias="from")
    destination: str = Field(serialization_alias="to")


class ParcelItem(BaseModel):
    """What is known of a waybill.

    ``route`` is the one that it was declared with, ``planned_route`` the one that it follows now,
    and ``position`` the place of ``site`` on that (null: beside it). ``stopped``: it may not go on.
    """

    waybill: str
    high_value: bool
    state: ParcelState
    stopped: bool
    declared_value_cny: str | None
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
    sender: _Person | None
    recipient: _Person | None
    declared_by: str | None
    declared_at: str | None
    lost_at: str | None
    first_seen: SightingItem | None
    last_seen: SightingItem | None
    scans: int


_people = TypeAdapter(People)


@router.get("/{waybill}")
def get_parcel(
    waybill: WaybillPath, hub: Hub, caller: CalledBy, unmask: UnmaskReason = None
) -> ParcelItem:
    """What was declared of a parcel, and where it is on its way."""
    with hub.database.reading() if unmask is None else hub.database.writing() as tx:
        parcel = service.find_parcel(tx, waybill)
        if parcel is None or not service.may_see(tx, caller, waybill):
            raise ProblemError(HTTPStatus.NOT_FOUND, f"nothing is known of {waybill}")
        item = _item(tx, parcel, hub)
        if unmask is None:
            return _masked(item)
        record_look(tx, caller, "people", waybill, hub.clock.now(), reason=unmask)
    return item


@router.put("/{waybill}")
def put_parcel(waybill: WaybillPath, order: ParcelOrder, hub: Hub, caller: CalledBy) -> ParcelItem:
    """Declare a parcel, or change what was declared."""
    declaration = Declaration(
        declared_value_cny=order.declared_value_cny,
        origin=order.origin,
        destination=order.destination,
        route=None if order.route is None else tuple(order.route),
        accepted_at=to_utc(order.accepted_at),
        people=_encrypt_people(order, waybill, hub),
        reason=order.reason,
    )
    if caller.sites is not None:
        # Who answers for sites declares what begins there.
        check_site(caller, order.origin or "")
    now = hub.clock.now()
    try:
        with hub.database.writing() as tx:
            if service.find_parcel(tx, waybill) and not service.may_see(tx, caller, waybill):
                raise ProblemError(HTTPStatus.FORBIDDEN, f"{waybill} is another site's")
            declaring.declare_parcel(tx, waybill, declaration, caller.name, hub.policy, now)
            parcel = service.find_parcel(tx, waybill)
            assert parcel is not None
            return _masked(_item(tx, parcel, hub))
    except ListFullError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    except DeclarationRefusedError as error:
        assert order.declared_value_cny is not None
        with hub.database.writing() as tx:
            declaring.keep_refusal(tx, waybill, order.declared_value_cny, error, caller.name, now)
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


def _encrypt_people(order: ParcelOrder, waybill: str, hub: HubContext) -> bytes | None:
    if order.sender is None and order.recipient is None:
        return None
    plain = _people.dump_json(People(sender=order.sender, recipient=order.recipient))
    nonce = hub.clock.random_bytes(NONCE_BYTES)
    return hub.keys.bodies.encrypt(plain, f"people/{waybill}", nonce)


def _decrypt_people(stored: bytes | None, waybill: str, hub: HubContext) -> People:
    plain = None if stored is None else hub.keys.bodies.decrypt(stored, f"people/{waybill}")
    return People() if plain is None else _people.validate_json(plain)


def _masked(item: ParcelItem) -> ParcelItem:
    people = {"sender": mask_person(item.sender), "recipient": mask_person(item.recipient)}
    return item.model_copy(update=people)


def _item(tx: Connection, parcel: Parcel, hub: HubContext) -> ParcelItem:
    declared, seen = parcel.declaration, parcel.seen
    value = declared.declared_value_cny if declared else None
    people = _decrypt_people(declared.people if declared else None, parcel.waybill, hub)
    way = service.track_of(tx, parcel, hub.network)
    return ParcelItem(
        waybill=parcel.waybill,
        high_value=service.is_high_value(parcel.waybill, value, hub.policy),
        state=way.state,
        stopped=is_stopped(tx, parcel.waybill, hub.clock.now()),
        declared_value_cny=None if value is None else f"{value:.2f}",
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
        lost_at=at_text(parcel.lost_at),
        first_seen=_sighting(seen.first) if seen else None,
        last_seen=_sighting(seen.last) if seen else None,
        scans=seen.scans if seen else 0,
    )


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
