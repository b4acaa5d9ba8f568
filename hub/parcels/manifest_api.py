"""Routes of the manifests. Source: interface (REST), HV-2.4, HV-2.7."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from hub.parcels import flights, service
from hub.parcels.manifests import compare_manifest
from hub.parcels.rules.manifests import MANIFEST_WAYBILLS_MAX, REMARKS_MAX
from hub.parcels.service import Manifest, ManifestKind
from hub.web.context import CalledBy, Hub, HubContext, at_text, check_site
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1/manifests", tags=["manifests"])

ManifestPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_SiteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
_Waybill = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("only what can be printed on one line")
    return text


_Remarks = Annotated[str, Field(min_length=1, max_length=REMARKS_MAX), AfterValidator(_printable)]


class ManifestOrder(BaseModel):
    """What travels together; the id in the path is the container's own.

    A flight's is its dispatch data, and faults stand in its remarks (HV-2.4.2).
    """

    model_config = ConfigDict(extra="forbid")

    kind: ManifestKind
    origin: _SiteName = Field(alias="from")
    destination: _SiteName = Field(alias="to")
    waybills: list[_Waybill] = Field(max_length=MANIFEST_WAYBILLS_MAX)
    remarks: _Remarks | None = None


class ManifestItem(BaseModel):
    """A manifest beside what was scanned: ``missing`` were listed and not scanned aboard."""

    id: str
    kind: ManifestKind
    origin: str = Field(serialization_alias="from")
    destination: str = Field(serialization_alias="to")
    waybills: list[str]
    remarks: str | None
    put_by: str
    put_at: str | None
    aboard: list[str]
    missing: list[str]
    extra: list[str]
    arrived: list[str]


@router.get("/{manifest_id}")
def get_manifest(manifest_id: ManifestPath, hub: Hub, caller: CalledBy) -> ManifestItem:
    """A manifest, compared with what was scanned."""
    with hub.database.reading() as tx:
        found = service.find_manifest(tx, manifest_id)
        if found is None or not caller.sees_any((found.origin, found.destination)):
            raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no manifest {manifest_id}")
        return _item(tx, found, hub)


@router.put("/{manifest_id}")
def put_manifest(
    manifest_id: ManifestPath, order: ManifestOrder, hub: Hub, caller: CalledBy
) -> ManifestItem:
    """Say what is aboard, or replace what was said."""
    check_site(caller, order.origin)
    said = Manifest(
        id=manifest_id,
        kind=order.kind,
        origin=order.origin,
        destination=order.destination,
        waybills=tuple(sorted(set(order.waybills))),
        put_by=caller.name,
        put_at=hub.clock.now(),
        remarks=order.remarks,
    )
    with hub.database.writing() as tx:
        known = service.find_manifest(tx, manifest_id)
        if known is not None and not caller.sees(known.origin):
            raise ProblemError(HTTPStatus.FORBIDDEN, f"{manifest_id} is another site's")
        service.put_manifest(tx, said)
        flights.register(tx, said)
        return _item(tx, said, hub)


def _item(tx: Connection, found: Manifest, hub: HubContext) -> ManifestItem:
    told = compare_manifest(tx, found, hub.policy)
    return ManifestItem(
        id=found.id,
        kind=found.kind,
        origin=found.origin,
        destination=found.destination,
        waybills=list(found.waybills),
        remarks=found.remarks,
        put_by=found.put_by,
        put_at=at_text(found.put_at),
        aboard=list(told.aboard),
        missing=list(told.missing),
        extra=list(told.extra),
        arrived=list(told.arrived),
    )
