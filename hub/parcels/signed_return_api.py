"""Routes of the signed returns' copies. Source: HV-1.2.8, CS-D1, CS-P1."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from hub.access.service import Caller, record_look
from hub.keys import NONCE_BYTES
from hub.parcels import service, signed_returns
from hub.parcels.delivery_items import SignedCopyItem, copy_item
from hub.parcels.signed_return_store import Check
from hub.parcels.signed_returns import Paper, SignedReturnError, UnknownCopyError
from hub.web.context import CalledBy, Hub, UnmaskReason, WaybillPath
from hub.web.documents import DocumentNote, DocumentOrder, Sha256, download, reason_given
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1/parcels/{waybill}/signed-returns", tags=["parcels"])


class CheckOrder(BaseModel):
    """What a person found who looked at a copy."""

    model_config = ConfigDict(extra="forbid")

    accepted: bool
    note: DocumentNote


@router.post("")
def upload(
    waybill: WaybillPath, order: DocumentOrder, hub: Hub, caller: CalledBy
) -> SignedCopyItem:
    """Keep a copy of a delivered parcel's signed paper."""
    paper = Paper(order.name, order.content(), order.note)
    nonce, now = hub.clock.random_bytes(NONCE_BYTES), hub.clock.now()
    try:
        with hub.database.writing() as tx:
            _check_seen(tx, caller, waybill)
            cipher = hub.keys.bodies
            copy = signed_returns.upload(tx, waybill, paper, cipher, nonce, caller.name, now)
    except SignedReturnError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return copy_item(copy)


@router.get("/{sha256}", response_class=Response)
def get_copy(
    waybill: WaybillPath,
    sha256: Sha256,
    hub: Hub,
    caller: CalledBy,
    unmask: UnmaskReason = None,
) -> Response:
    """A copy, to be saved and never to be run; people stand in it, so a look (CS-P1)."""
    reason = reason_given(unmask)
    with hub.database.writing() as tx:
        _check_seen(tx, caller, waybill)
        content = signed_returns.read_copy(tx, waybill, sha256, hub.keys.bodies)
        found = download(content, sha256)
        # Under the waybill, where the parcel's page tells who looked; which copy: the kind does.
        what = f"signed_return/{sha256[:16]}"
        record_look(tx, caller, what, waybill, hub.clock.now(), reason=reason)
    return found


@router.post("/{sha256}/check")
def check(
    waybill: WaybillPath, sha256: Sha256, order: CheckOrder, hub: Hub, caller: CalledBy
) -> SignedCopyItem:
    """A person has checked a copy; once."""
    said = Check(hub.clock.now(), caller.name, order.accepted, order.note)
    try:
        with hub.database.writing() as tx:
            _check_seen(tx, caller, waybill)
            return copy_item(signed_returns.check(tx, waybill, sha256, said, hub.policy))
    except UnknownCopyError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    except SignedReturnError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error


def _check_seen(tx: Connection, caller: Caller, waybill: str) -> None:
    """Answer of what is another site's as if nothing were known of it."""
    if service.find_parcel(tx, waybill) is None or not service.may_see(tx, caller, waybill):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"nothing is known of {waybill}")
