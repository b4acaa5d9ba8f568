"""Routes of the parcels. Source: interface (REST), HV-1.2, HV-2.2.2.2, HV-2.9."""

from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from hub.access.service import record_look
from hub.parcels import declaring, forwarding, service
from hub.parcels.declaring import DeclarationRefusedError
from hub.parcels.forwarding import ReplacementClashError, ReplacementError
from hub.parcels.items import (
    ParcelItem,
    People,
    Text,
    encrypt_people,
    item_of,
    masked,
)
from hub.parcels.service import Declaration, ReplaceReason
from hub.wanted.service import ListFullError
from hub.web.context import (
    WAYBILL_PATTERN,
    CalledBy,
    Hub,
    UnmaskReason,
    WaybillPath,
    check_site,
    to_utc,
)
from hub.web.problems import ProblemError
from wire.policy import GoodsClass

router = APIRouter(prefix="/api/v1/parcels", tags=["parcels"])

ROUTE_SITES_MAX = 32
WEIGHT_KG_MAX = Decimal(1_000_000)
EDGE_M_MAX = Decimal(1_000)
PIECES_MAX = 1_000_000
VALUE_CNY_MAX = Decimal("9999999999.99")
_SiteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
_Edge = Annotated[Decimal, Field(gt=0, le=EDGE_M_MAX, decimal_places=3)]


class ParcelOrder(People):
    """What is declared of a parcel; money in CNY with at most two decimals.

    Weight (to a gram) and edges (to a millimetre, in any order) are those of the piece (HV-1.2.1).
    ``reason`` is why a high value travels on an ordinary waybill (HV-2.2.2.2). Which vehicles may
    take the goods depends on ``goods_class`` (HV-X8); null: nobody said. ``replaces`` is the
    waybill that the parcel had until now, with why it has a new one (HV-2.9). ``signed_return``
    asks for the signed paper's copy after delivery (HV-1.2.8).
    """

    model_config = ConfigDict(extra="forbid")

    declared_value_cny: Decimal | None = Field(
        default=None, ge=0, le=VALUE_CNY_MAX, decimal_places=2
    )
    weight_kg: Decimal | None = Field(default=None, ge=0, le=WEIGHT_KG_MAX, decimal_places=3)
    size_m: tuple[_Edge, _Edge, _Edge] | None = None
    pieces: int | None = Field(default=None, ge=1, le=PIECES_MAX)
    origin: _SiteName | None = None
    destination: _SiteName | None = None
    route: list[_SiteName] | None = Field(default=None, max_length=ROUTE_SITES_MAX)
    accepted_at: AwareDatetime | None = None
    reason: Text | None = None
    goods_class: GoodsClass | None = None
    replaces: Annotated[str, Field(pattern=WAYBILL_PATTERN)] | None = None
    replaces_reason: ReplaceReason | None = None
    signed_return: bool = False

    @model_validator(mode="after")
    def _replaces_for_a_reason(self) -> Self:
        if (self.replaces is None) != (self.replaces_reason is None):
            raise ValueError("replaces and replaces_reason go together")
        return self


@router.get("/{waybill}")
def get_parcel(
    waybill: WaybillPath, hub: Hub, caller: CalledBy, unmask: UnmaskReason = None
) -> ParcelItem:
    """What was declared of a parcel, and where it is on its way."""
    with hub.database.reading() if unmask is None else hub.database.writing() as tx:
        parcel = service.find_parcel(tx, waybill)
        if parcel is None or not service.may_see(tx, caller, waybill):
            raise ProblemError(HTTPStatus.NOT_FOUND, f"nothing is known of {waybill}")
        item = item_of(tx, parcel, hub)
        if unmask is None:
            return masked(item)
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
        people=encrypt_people(order.sender, order.recipient, waybill, hub),
        reason=order.reason,
        weight_kg=order.weight_kg,
        size_m=order.size_m,
        pieces=order.pieces,
        goods_class=order.goods_class,
        replaces=order.replaces,
        replaces_reason=order.replaces_reason,
        signed_return=order.signed_return,
    )
    if caller.sites is not None:
        # Who answers for sites declares what begins there.
        check_site(caller, order.origin or "")
    now = hub.clock.now()
    try:
        with hub.database.writing() as tx:
            if service.find_parcel(tx, waybill) and not service.may_see(tx, caller, waybill):
                raise ProblemError(HTTPStatus.FORBIDDEN, f"{waybill} is another site's")
            replaced = order.replaces
            if replaced and not service.may_see(tx, caller, replaced):
                raise ProblemError(HTTPStatus.FORBIDDEN, f"{replaced} is another site's")
            declaring.declare_parcel(tx, waybill, declaration, caller.name, hub.policy, now)
            forwarding.end_replaced(tx, [waybill], hub.search, now)
            parcel = service.find_parcel(tx, waybill)
            assert parcel is not None
            return masked(item_of(tx, parcel, hub))
    except (ListFullError, ReplacementClashError) as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    except ReplacementError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    except DeclarationRefusedError as error:
        with hub.database.writing() as tx:
            declaring.keep_refusal(tx, waybill, declaration, error, caller.name, now)
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
