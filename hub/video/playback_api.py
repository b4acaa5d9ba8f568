"""Routes of playback: opening it is a record, and only inside it footage is given away.

Source: HV-2.11.3, CS-P1, design section 8.
"""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from hub.access.service import Caller
from hub.parcels.service import may_see
from hub.video import looks, media
from hub.video.jobs import Master
from hub.video.looks import (
    NOTE_CHARS_MAX,
    PURPOSE_CHARS_MAX,
    AskedFootage,
    Playback,
    PlaybackError,
    UnknownPlaybackError,
)
from hub.video.making import DERIVATIVE_HEADER, Maker, telling
from hub.video.media_shelf import PICTURE
from hub.video.playback_items import PlaybackItem, playback_item
from hub.video.rules.coverage import Stretch
from hub.video.store.looks import Finding
from hub.web.context import NO_NUL, WAYBILL_PATTERN, CalledBy, Hub, to_utc
from hub.web.documents import Sha256
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["video"])

_NAME = r"^[A-Za-z0-9_-]{1,32}$"
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
PlaybackId = Annotated[int, Path(ge=1, le=2**53)]
_FOR_GOOD = {
    # What a hash names never changes; only the one who may see it keeps it.
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


_COPY = {
    # Another hub makes another copy of it: kept for a while, not for good.
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    DERIVATIVE_HEADER: "h264; not evidence",
}


class PlaybackOrder(BaseModel):
    """Which footage somebody wants to see, and what for."""

    model_config = ConfigDict(extra="forbid")

    site: str = Field(pattern=_NAME)
    camera: str = Field(pattern=_NAME)
    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime = Field(alias="to")
    waybill: str | None = Field(default=None, pattern=WAYBILL_PATTERN)
    purpose: str = Field(min_length=1, max_length=PURPOSE_CHARS_MAX, pattern=_PLAIN)


class FindingOrder(BaseModel):
    """What was to be seen (HV-2.11.3)."""

    model_config = ConfigDict(extra="forbid")

    safe_at_rest: bool
    standard_placement: bool
    note: str = Field(default="", max_length=NOTE_CHARS_MAX, pattern=NO_NUL)


@router.post("/playbacks", status_code=HTTPStatus.CREATED)
def open_playback(order: PlaybackOrder, hub: Hub, caller: CalledBy) -> PlaybackItem:
    """Write down who looks at what, and order from the site what is not here yet."""
    since, until = to_utc(order.since), to_utc(order.until)
    assert since is not None and until is not None
    if not caller.sees(order.site):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no camera {order.site}/{order.camera}")
    asked = AskedFootage(
        order.site, order.camera, Stretch(since, until), order.waybill, order.purpose
    )
    try:
        with hub.database.writing() as tx:
            _check_parcel(tx, caller, order.waybill)
            opened = looks.open_playback(tx, asked, caller.name, hub.clock.now())
    except PlaybackError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return playback_item(opened, hub.clock.rate)


@router.get("/playbacks/{playback_id}")
def get_playback(playback_id: PlaybackId, hub: Hub, caller: CalledBy) -> PlaybackItem:
    """A playback as it stands now: more of its files may have come."""
    with hub.database.reading() as tx:
        return playback_item(own_playback(tx, hub, caller, playback_id), hub.clock.rate)


@router.put("/playbacks/{playback_id}")
def note_finding(
    playback_id: PlaybackId, order: FindingOrder, hub: Hub, caller: CalledBy
) -> PlaybackItem:
    """Write down what was to be seen; said again, the newer word counts."""
    finding = Finding(order.safe_at_rest, order.standard_placement, order.note)
    with hub.database.writing() as tx:
        own_playback(tx, hub, caller, playback_id)
        looks.note_finding(tx, playback_id, finding, caller.name, hub.clock.now())
        return playback_item(own_playback(tx, hub, caller, playback_id), hub.clock.rate)


@router.get("/playbacks/{playback_id}/files/{sha256}", response_class=FileResponse)
def get_file(
    playback_id: PlaybackId,
    sha256: Sha256,
    hub: Hub,
    caller: CalledBy,
    workshop: Maker,
    wanted_as: Annotated[Literal["h264"] | None, Query(alias="as")] = None,
) -> Response:
    """A file of a playback, whole or a range of it; ``as=h264``: a converted copy, no evidence."""
    with hub.database.reading() as tx:
        own_playback(tx, hub, caller, playback_id)
        is_part = looks.has_file(tx, playback_id, sha256)
        is_here = media.states_of(tx, [sha256])[sha256].status is media.FileStatus.STORED
    path = media.path_of(hub.data_dir, sha256)
    if not (is_part and is_here and path.is_file()):
        raise ProblemError(HTTPStatus.NOT_FOUND, "this footage is not here")
    if wanted_as is None:
        return FileResponse(path, media_type="video/mp4", headers=_FOR_GOOD)
    with telling():
        copy = workshop.converted(Master(str(path), sha256))
    return FileResponse(copy, media_type="video/mp4", headers=_COPY)


@router.get("/pictures/{sha256}", response_class=FileResponse)
def get_picture(sha256: Sha256, hub: Hub, caller: CalledBy) -> Response:
    """A still that a camera took."""
    with hub.database.reading() as tx:
        found = media.find_pictures(tx, sha256)
    path = media.path_of(hub.data_dir, sha256, PICTURE)
    if not any(caller.sees(each.site) for each in found) or not path.is_file():
        raise ProblemError(HTTPStatus.NOT_FOUND, "no such picture")
    return FileResponse(path, media_type="image/jpeg", headers=_FOR_GOOD)


def own_playback(tx: Connection, hub: Hub, caller: Caller, playback_id: int) -> Playback:
    """A playback of this caller; whose sites were taken away sees nothing of them any more."""
    try:
        found = looks.read_playback(tx, playback_id, caller.name, hub.clock.now())
    except UnknownPlaybackError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    if not caller.sees(found.look.site):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no playback {playback_id} is open for you")
    return found


def _check_parcel(tx: Connection, caller: Caller, waybill: str | None) -> None:
    if waybill is not None and not may_see(tx, caller, waybill):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"nothing is known of {waybill}")
