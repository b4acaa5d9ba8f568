"""Routes of cameras, footage, certificates and holds. Source: interface (REST), HV-2.11.3."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hub.parcels.service import may_see
from hub.video import service
from hub.video.certificate_items import CertificateList, certificate_item
from hub.video.items import (
    CameraList,
    ClipList,
    HoldItem,
    HoldList,
    LogList,
    camera_item,
    gap_items,
    hold_item,
    log_item,
    segment_item,
    trouble_item,
    unknown_items,
)
from hub.video.service import HoldError, Stretch, UnknownCameraError, UnknownHoldError
from hub.web.context import (
    ITEMS_DEFAULT,
    WAYBILL_PATTERN,
    CalledBy,
    Hub,
    Limit,
    WaybillPath,
    check_site,
    sites_asked,
    to_utc,
)
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["video"])

CLIP_LONGEST = timedelta(hours=1)
"""Of one question; segments are a few seconds each."""
REASON_CHARS_MAX = 256

_NAME = r"^[A-Za-z0-9_-]{1,32}$"
_CAMERA = r"^([A-Za-z0-9_-]{1,32}/)?[A-Za-z0-9_-]{1,32}$"

HoldId = Annotated[int, Path(ge=1, le=2**53 - 1)]
SiteQuery = Annotated[str | None, Query(pattern=_NAME)]


class HoldOrder(BaseModel):
    """Keep this footage, and why."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    site: str = Field(pattern=_NAME)
    camera: str = Field(pattern=_NAME)
    since: AwareDatetime
    until: AwareDatetime
    waybill: str | None = Field(default=None, pattern=WAYBILL_PATTERN)
    reason: str = Field(min_length=1, max_length=REASON_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")


@router.get("/cameras")
def list_cameras(hub: Hub, caller: CalledBy, site: SiteQuery = None) -> CameraList:
    """Cameras with their channels, health, newest footage and clock."""
    with hub.database.reading() as tx:
        found = service.list_cameras(tx, hub.network, hub.policy, sites_asked(caller, site))
    return CameraList(items=[camera_item(each) for each in found])


@router.get("/clips")
def list_clips(
    hub: Hub,
    caller: CalledBy,
    camera: Annotated[str, Query(pattern=_CAMERA, description="its id, or ``<site>/<id>``")],
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
    site: SiteQuery = None,
) -> ClipList:
    """What footage there is of a camera's time: at most an hour."""
    where, name = _camera_asked(camera, site)
    check_site(caller, where)
    asked = _asked(since, until)
    with hub.database.reading() as tx:
        found = service.find_coverage(tx, where, name, asked.since, asked.until)
        troubles = service.troubles_between(tx, where, name, asked.since, asked.until)
    return ClipList(
        state=found.coverage.state,
        items=[segment_item(each) for each in found.segments],
        gaps=gap_items(found.coverage),
        unknown=unknown_items(found.coverage),
        troubles=[trouble_item(each) for each in troubles],
    )


@router.get("/parcels/{waybill}/footage")
def list_certificates(waybill: WaybillPath, hub: Hub, caller: CalledBy) -> CertificateList:
    """What is certain of the footage of a parcel's events, and what was said of it before."""
    with hub.database.reading() as tx:
        if not may_see(tx, caller, waybill):
            raise ProblemError(HTTPStatus.NOT_FOUND, f"nothing is recorded of {waybill}")
        found = service.certificates_of(tx, waybill)
        earlier = service.earlier_issues(tx, waybill)
    return CertificateList(
        items=[certificate_item(each, earlier.get(each.id, ())) for each in found]
    )


@router.get("/holds")
def list_holds(hub: Hub, caller: CalledBy, site: SiteQuery = None) -> HoldList:
    """Footage that stays, whatever its days and the disk say."""
    with hub.database.reading() as tx:
        found = service.list_holds(tx, sites_asked(caller, site))
    return HoldList(items=[hold_item(each) for each in found])


@router.post("/holds", status_code=HTTPStatus.CREATED)
def hold(order: HoldOrder, hub: Hub, caller: CalledBy) -> HoldItem:
    """Keep a camera's footage of a time; its edge is told with the next pack."""
    check_site(caller, order.site)
    since, until = to_utc(order.since), to_utc(order.until)
    assert since is not None and until is not None
    now = hub.clock.now()
    with hub.database.writing() as tx:
        try:
            found = service.hold_footage(
                tx,
                hub.network,
                order.site,
                order.camera,
                Stretch(since, until),
                order.waybill,
                order.reason,
                caller.name,
                now,
            )
        except UnknownCameraError as error:
            raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
        except HoldError as error:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return hold_item(found)


@router.delete("/holds/{hold_id}", status_code=HTTPStatus.NO_CONTENT)
def end_hold(hold_id: HoldId, hub: Hub, caller: CalledBy) -> None:
    """Let held footage go when its days are over; who ended it stays on record."""
    with hub.database.writing() as tx:
        try:
            # What a request does not name but only hits answers 404 (docs/adr/0014).
            if not caller.sees(service.find_hold(tx, hold_id).site):
                raise UnknownHoldError(f"no hold {hold_id} stands")
            service.end_hold(tx, hold_id, caller.name, hub.clock.now())
        except UnknownHoldError as error:
            raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error


@router.get("/monitoring-logs")
def list_logs(
    hub: Hub, caller: CalledBy, site: SiteQuery = None, limit: Limit = ITEMS_DEFAULT
) -> LogList:
    """Monitoring logs that were made, the newest first (HV-2.11.3)."""
    with hub.database.reading() as tx:
        found = service.list_logs(tx, sites_asked(caller, site), limit)
    now = hub.clock.now()
    return LogList(items=[log_item(each, now) for each in found])


@router.get("/monitoring-logs/{site}/{period}", response_class=HTMLResponse)
def get_log(
    site: Annotated[str, Path(pattern=_NAME)],
    period: Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")],
    hub: Hub,
    caller: CalledBy,
) -> HTMLResponse:
    """A monitoring log as a page that can be printed and signed."""
    check_site(caller, site)
    with hub.database.reading() as tx:
        found = service.log_document(tx, site, period)
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no log of {site} was made for {period}")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return HTMLResponse(found, headers={"Content-Security-Policy": policy})


def _camera_asked(camera: str, site: str | None) -> tuple[str, str]:
    named, _, name = camera.rpartition("/")
    where = site or named
    if not where or (named and named != where):
        detail = "name the site, as ``site`` or before the camera: 755W/cage-1"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return where, name


def _asked(since: datetime, until: datetime) -> Stretch:
    found = to_utc(since), to_utc(until)
    assert found[0] is not None and found[1] is not None
    asked = Stretch(found[0], found[1])
    if not timedelta() < asked.until - asked.since <= CLIP_LONGEST:
        detail = "``to`` must be after ``from``, by an hour at most"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return asked
