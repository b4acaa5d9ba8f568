"""Routes of edges (signed) and of console links. Source: interface (REST), design section 4."""

from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection
from starlette.background import BackgroundTask

from hub.access import service
from hub.access.rules import EDGES_MAX
from hub.access.service import BodiesError, EnrolAnswer, NoCertificateError
from hub.access.session_cookie import CONSOLE_PATH, set_session_cookie
from hub.broker_folder import refresh_revocations
from hub.failpoints import FailPoint
from hub.ingest.service import close_spools
from hub.packs.service import find_pack
from hub.wanted.service import current_list
from hub.web.context import Hub, HubContext
from hub.web.edge_requests import (
    OCTETS,
    open_from_edge,
    open_request,
    peek_request,
    read_body,
)
from hub.web.problems import ProblemError
from ledger.signing import seal
from wire.limits import BODIES_BYTES_MAX, MESSAGE_BYTES_MAX
from wire.messages import (
    Bodies,
    Enrol,
    Enrolled,
    Fetch,
    Pack,
    PackFetch,
    WantedSnapshot,
)
from wire.names import format_at
from wire.site_pack import pack_sha256
from wire.wanted import ListHead, list_bytes, list_sha256

MaybePem = str | UnsetType
_HEADER_BYTES_MAX = 4096

_log = structlog.get_logger()

edge_router = APIRouter(prefix="/api/v1/edge", tags=["edge"])
link_router = APIRouter(include_in_schema=False)

_REFUSED = {
    EnrolAnswer.CONFLICT: (HTTPStatus.CONFLICT, "another edge is enrolled under this name"),
    EnrolAnswer.NO_SECRET: (HTTPStatus.UNAUTHORIZED, "enrolment needs a token"),
    EnrolAnswer.BAD_SECRET: (
        HTTPStatus.UNAUTHORIZED,
        "the token is unknown, used, expired, or another edge's",
    ),
    EnrolAnswer.OVER: (
        HTTPStatus.UNAUTHORIZED,
        "this key was revoked, replaced or rotated away and never counts again",
    ),
    EnrolAnswer.FULL: (HTTPStatus.FORBIDDEN, f"{EDGES_MAX} edges are enrolled already"),
}


@edge_router.post("/enrol", response_class=Response)
async def enrol(request: Request, hub: Hub) -> Response:
    """An edge shows its key, signed with that key; the answer is signed by the hub."""
    payload = await read_body(request, MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_enrol, hub, payload)


@edge_router.post("/bodies", status_code=HTTPStatus.NO_CONTENT)
async def keep_bodies(request: Request, hub: Hub) -> Response:
    """Private bodies, signed by an enrolled edge."""
    payload = await read_body(request, BODIES_BYTES_MAX + _HEADER_BYTES_MAX)
    return await run_in_threadpool(_keep_bodies, hub, payload)


@edge_router.post("/wanted", response_class=Response)
async def fetch_wanted(request: Request, hub: Hub) -> Response:
    """The whole wanted list for an enrolled edge, signed by the hub."""
    payload = await read_body(request, MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_fetch_wanted, hub, payload)


@edge_router.post("/pack", response_class=Response)
async def fetch_pack(request: Request, hub: Hub) -> Response:
    """The pack of an enrolled edge's site, signed by the hub."""
    payload = await read_body(request, MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_fetch_pack, hub, payload)


@link_router.get("/enter/{secret}")
def enter(secret: str, hub: Hub) -> Response:
    """Use a console link: the browser gets a session."""
    with hub.database.writing() as tx:
        now, rate = hub.clock.now(), hub.clock.rate
        session = service.open_session(tx, secret, now, hub.clock.random_bytes, rate)
    if session is None:
        return HTMLResponse(_USED_LINK_PAGE, HTTPStatus.FORBIDDEN)
    response = RedirectResponse(CONSOLE_PATH, HTTPStatus.SEE_OTHER)
    set_session_cookie(response, session)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _enrol(hub: HubContext, payload: bytes) -> Response:
    claimed = peek_request(payload, Enrol, MESSAGE_BYTES_MAX)
    message = open_request(payload, Enrol, claimed.public_key, MESSAGE_BYTES_MAX).message
    now = hub.clock.now()
    with hub.database.writing() as tx:
        outcome = service.enrol_edge(
            tx,
            message,
            hub.enrolment,
            now,
            hub.clock.random_bytes,
            hub.keys.statement.public_key,
        )
        if outcome.answer is EnrolAnswer.REPLACED:
            close_spools(tx, message.site, message.edge, now)
        pem: MaybePem = UNSET
        ca: MaybePem = UNSET
        if outcome.site_salt is not None:
            pem, ca = _certificates(hub, tx, message)
    if outcome.answer is EnrolAnswer.REPLACED:
        refresh_revocations(hub.data_dir, hub.database, hub.keys.authority, hub.clock)
    _log.info("edge asked to enrol", site=message.site, edge=message.edge, answer=outcome.answer)
    if outcome.site_salt is None:
        raise ProblemError(*_REFUSED[outcome.answer])
    answer = Enrolled(
        site=message.site,
        edge=message.edge,
        public_key=message.public_key,
        hub_key=hub.keys.statement.public_key.hex(),
        site_salt=outcome.site_salt,
        certificate=pem,
        ca=ca,
    )
    return Response(seal(answer, hub.keys.statement), media_type=OCTETS)


def _certificates(hub: HubContext, tx: Connection, message: Enrol) -> tuple[MaybePem, MaybePem]:
    """The certificate of an edge that showed a key for TLS, and the CA's; unset: it gets none."""
    if not isinstance(message.tls_key, str):
        return UNSET, UNSET
    now, random_bytes = hub.clock.now(), hub.clock.random_bytes
    site, edge = message.site, message.edge
    try:
        own, ca = service.certify_edge(
            tx, hub.keys.authority, site, edge, message.tls_key, now, random_bytes
        )
    except NoCertificateError as error:
        # It is enrolled all the same, and asks for a certificate by itself: that tells it why.
        _log.warning("no certificate", site=site, edge=edge, why=str(error))
        return UNSET, UNSET
    return own.pem.decode("ascii"), ca.pem.decode("ascii")


def _keep_bodies(hub: HubContext, payload: bytes) -> Response:
    edge, opened = open_from_edge(hub, payload, Bodies, BODIES_BYTES_MAX + _HEADER_BYTES_MAX)
    now = hub.clock.now()
    with hub.database.writing() as tx:
        try:
            service.keep_bodies(
                tx,
                edge,
                opened.message,
                opened.lines,
                hub.keys.bodies,
                now,
                hub.clock.random_bytes,
            )
        except BodiesError as error:
            raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from error
        hub.fail_points.hit(FailPoint.BODIES_BEFORE_COMMIT)
    hub.fail_points.hit(FailPoint.BODIES_COMMITTED)
    then = BackgroundTask(hub.fail_points.hit, FailPoint.BODIES_ANSWERED)
    return Response(status_code=HTTPStatus.NO_CONTENT, background=then)


def _fetch_wanted(hub: HubContext, payload: bytes) -> Response:
    edge, _ = open_from_edge(hub, payload, Fetch, MESSAGE_BYTES_MAX)
    with hub.database.reading() as tx:
        wanted = current_list(tx)
    head = ListHead(
        version=wanted.version,
        list_sha256=list_sha256(wanted),
        head_at=format_at(hub.clock.now()),
    )
    snapshot = WantedSnapshot(site=edge.site, edge=edge.edge, head=head)
    sealed = seal(snapshot, hub.keys.statement, [list_bytes(wanted)])
    return Response(sealed, media_type=OCTETS)


def _fetch_pack(hub: HubContext, payload: bytes) -> Response:
    edge, _ = open_from_edge(hub, payload, PackFetch, MESSAGE_BYTES_MAX)
    with hub.database.reading() as tx:
        pack = find_pack(tx, edge.site)
    if pack is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "this site has no pack yet")
    answer = Pack(
        site=edge.site,
        edge=edge.edge,
        version=pack.version,
        sha256=pack_sha256(pack.data),
        made_at=format_at(pack.made_at),
    )
    return Response(seal(answer, hub.keys.statement, [pack.data]), media_type=OCTETS)


_USED_LINK_PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<title>Custos</title><body style="font:18px/1.6 sans-serif;margin:15vh auto;max-width:36em">
<h1>链接已失效</h1><p>链接只能使用一次，一小时内有效。请运行 <code>custos-hub link</code>。</p>
<h1 lang="en">This link is over</h1><p lang="en">A link works once, within an hour.
Get a new one by <code>custos-hub link</code>.</p>
"""
