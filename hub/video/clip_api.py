"""The route by which a clip is taken away. Source: design section 8, docs/adr/0030."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

import anyio
import structlog
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from hub.access.service import Caller
from hub.video.making import DERIVATIVE_HEADER, Maker, telling
from hub.video.playback_api import PlaybackId, own_playback
from hub.video.rules.coverage import Stretch
from hub.video.taking import (
    ClipPlan,
    NoClipError,
    NotHereError,
    Surroundings,
    TakenOutError,
    note_taken,
    plan_clip,
)
from hub.video.workshop import CutFile
from hub.web.context import CalledBy, Hub, HubContext, to_utc
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["video"])

SLOWEST_BITS_PER_S = 1_000_000
SENT_S_MIN, SENT_S_MAX = 120.0, 1800.0
"""Whoever takes a clip more slowly, or longer, gets no more of it: others wait for the place."""
_PIECE_BYTES = 256 * 1024

_log = structlog.get_logger()


class ClipResponse(StreamingResponse):
    """Gives a clip out and lets it go, whether or not anybody takes it."""

    media_type = "video/mp4"

    def __init__(self, made: CutFile, name: str) -> None:
        headers = {
            "Content-Length": str(made.bytes),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            DERIVATIVE_HEADER: "clip; not evidence",
        }
        super().__init__(_pieces(made), headers=headers)
        self._made = made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, within :func:`sent_within_s`."""
        try:
            with anyio.move_on_after(sent_within_s(self._made.bytes)) as within:
                await super().__call__(scope, receive, send)
            if within.cancelled_caught:
                _log.warning("a clip was not taken in time")
        finally:
            self._made.close()


def sent_within_s(size: int) -> float:
    """For how long a clip of ``size`` bytes may be on its way, in seconds."""
    return min(SENT_S_MAX, max(SENT_S_MIN, size * 8 / SLOWEST_BITS_PER_S))


@router.get(
    "/playbacks/{playback_id}/clip",
    response_class=StreamingResponse,
    responses={HTTPStatus.OK.value: {"content": {"video/mp4": {}}}},
)
def take_clip(
    playback_id: PlaybackId,
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
    hub: Hub,
    caller: CalledBy,
    workshop: Maker,
) -> Response:
    """Some of a playback as one file: a copy, cut at the key frame before; it is on record."""
    asked_since, asked_until = to_utc(since), to_utc(until)
    assert asked_since is not None and asked_until is not None
    plan = _plan(hub, caller, playback_id, Stretch(asked_since, asked_until))
    with telling():
        made = workshop.cut(plan.cut)
    try:
        with hub.database.writing() as tx:
            note_taken(tx, plan, made, hub.clock.now())
    except TakenOutError as error:
        made.close()
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    except BaseException:
        # Nothing that is not on record is given out.
        made.close()
        raise
    return ClipResponse(made, plan.name)


def _plan(hub: HubContext, caller: Caller, playback_id: int, asked: Stretch) -> ClipPlan:
    with hub.database.reading() as tx:
        site = own_playback(tx, hub, caller, playback_id).look.site
        around = Surroundings(hub.data_dir, hub.network.zone_of(site), hub.clock.rate)
        try:
            return plan_clip(tx, playback_id, asked, caller.name, hub.clock.now(), around)
        except NoClipError as error:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        except (NotHereError, TakenOutError) as error:
            raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error


async def _pieces(made: CutFile) -> AsyncIterator[bytes]:
    while piece := await run_in_threadpool(made.file.read, _PIECE_BYTES):
        yield piece
