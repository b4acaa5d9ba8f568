"""Routes on which edges send footage and pictures, signed. Source: interface (REST), section 8."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import Counter
from starlette.background import BackgroundTask

from hub.failpoints import FailPoint
from hub.video import media, receiving
from hub.video.media_shelf import MediaShelf, PartBusyError, ShelfError
from hub.video.receiving import MisfitError, UnorderedError
from hub.web.context import Hub, HubContext
from hub.web.edge_requests import open_from_edge, read_body
from hub.web.problems import ProblemError
from wire.limits import FOOTAGE_MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX, PICTURE_BYTES_MAX
from wire.messages import FootageGone, FootageHave, FootagePart, Picture, encode

_PICTURE_MESSAGE_BYTES_MAX = PICTURE_BYTES_MAX + 4096

_log = structlog.get_logger()
_refused = Counter("custos_hub_footage_refused", "Parts and pictures not taken", ["why"])

router = APIRouter(prefix="/api/v1/edge", tags=["edge"])


@router.post("/footage", response_class=Response)
async def take_footage(request: Request, hub: Hub) -> Response:
    """A part of an ordered file; the answer is how many of its bytes are on the hub's disk."""
    payload = await read_body(request, FOOTAGE_MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_take_footage, hub, payload)


@router.post("/footage-gone", status_code=HTTPStatus.NO_CONTENT)
async def note_gone(request: Request, hub: Hub) -> Response:
    """An ordered file is not at its edge, and why."""
    payload = await read_body(request, MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_note_gone, hub, payload)


@router.post("/picture", status_code=HTTPStatus.NO_CONTENT)
async def take_picture(request: Request, hub: Hub) -> Response:
    """A still of one of the edge's cameras."""
    payload = await read_body(request, _PICTURE_MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_take_picture, hub, payload)


def _take_footage(hub: HubContext, payload: bytes) -> Response:
    edge, opened = open_from_edge(hub, payload, FootagePart, FOOTAGE_MESSAGE_BYTES_MAX)
    shelf = MediaShelf(hub.data_dir)
    with _telling():
        raw = _bytes_behind(opened.lines, opened.message.count)
        now = hub.clock.now()
        have = receiving.take_part(
            hub.database, shelf, edge, opened.message, raw, now, hub.fail_points
        )
    then = BackgroundTask(hub.fail_points.hit, FailPoint.FOOTAGE_ANSWERED)
    answer = encode(FootageHave(have=have))
    return Response(answer, media_type="application/json", background=then)


def _note_gone(hub: HubContext, payload: bytes) -> Response:
    edge, opened = open_from_edge(hub, payload, FootageGone, MESSAGE_BYTES_MAX)
    gone = opened.message
    with hub.database.writing() as tx:
        now = hub.clock.now()
        is_known = media.note_gone(tx, edge.site, edge.edge, gone.sha256, gone.reason, now)
    if not is_known:
        raise ProblemError(HTTPStatus.NOT_FOUND, "this file was not ordered of this edge")
    MediaShelf(hub.data_dir).drop_part(gone.sha256)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _take_picture(hub: HubContext, payload: bytes) -> Response:
    edge, opened = open_from_edge(hub, payload, Picture, _PICTURE_MESSAGE_BYTES_MAX)
    shelf = MediaShelf(hub.data_dir)
    with _telling():
        raw = _bytes_behind(opened.lines, opened.message.bytes)
        now = hub.clock.now()
        receiving.take_picture(hub.database, shelf, edge, opened.message, raw, now)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _bytes_behind(lines: bytes, count: int) -> bytes:
    if len(lines) != count + 1 or not lines.endswith(b"\n"):
        raise MisfitError("not as many bytes as the signed line says")
    return lines[:-1]


@contextmanager
def _telling() -> Iterator[None]:
    """Tell an edge why something was not taken: for good by 4xx, for now by 5xx."""
    try:
        yield
    except UnorderedError as error:
        raise _refusal(HTTPStatus.NOT_FOUND, "unordered", error) from error
    except MisfitError as error:
        raise _refusal(HTTPStatus.BAD_REQUEST, "misfit", error) from error
    except PartBusyError as error:
        raise _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "busy", error) from error
    except (ShelfError, OSError) as error:
        _log.error("footage not taken", reason=str(error))
        raise _refusal(HTTPStatus.INSUFFICIENT_STORAGE, "disk", error) from error


def _refusal(status: HTTPStatus, why: str, error: Exception) -> ProblemError:
    _refused.labels(why).inc()
    detail = "the hub's disk does not take it" if isinstance(error, OSError) else str(error)
    return ProblemError(status, detail)
