"""Routes of who speaks for an edge: its certificate, a new key, its revocation, its replacement.

Source: design section 4, docs/adr/0031 and 0032.
"""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from hub.access import service
from hub.access.looks import REASON_CHARS_MAX, REASON_CHARS_MIN
from hub.access.service import (
    EdgeKey,
    IdentityError,
    IssuedCertificate,
    NoCertificateError,
    UnknownEdgeError,
)
from hub.broker_folder import refresh_revocations
from hub.web.context import CalledBy, Hub, HubContext, at_text, check_site
from hub.web.edge_requests import OCTETS, open_request, peek_request, read_body
from hub.web.problems import ProblemError
from ledger.keys import key_hash
from ledger.signing import seal
from wire.limits import MESSAGE_BYTES_MAX
from wire.messages import Certified, Enrolled, Renew, Rotate

edge_router = APIRouter(prefix="/api/v1/edge", tags=["edge"])
router = APIRouter(prefix="/api/v1", tags=["edges"])

_log = structlog.get_logger()
_NAME = r"^[A-Za-z0-9_-]{1,32}$"
NamePath = Annotated[str, Path(pattern=_NAME)]


class Why(BaseModel):
    """Why it is done; it stays on record."""

    reason: Annotated[
        str,
        Field(
            min_length=REASON_CHARS_MIN,
            max_length=REASON_CHARS_MAX,
            pattern=r"^[^\x00-\x1f\x7f]*$",
        ),
    ]


class Revocation(BaseModel):
    """``was_revoked``: it was before. ``broker``: what became of the broker's list."""

    was_revoked: bool
    broker: str


class Replacement(BaseModel):
    """A token for the new disk's edge.toml: one hour, one use, shown this once."""

    token: str


class KeyItem(BaseModel):
    """A signing key and when it counted."""

    public_key: str
    since: str | None
    until: str | None
    ended_by: str | None


class CertificateItem(BaseModel):
    """A certificate for TLS; ``serial`` in hex."""

    serial: str
    since: str | None
    until: str | None
    issued_at: str | None
    issued_by: str
    revoked_at: str | None
    revoked_by: str | None
    reason: str | None


class ActItem(BaseModel):
    """What somebody did; ``who`` may be the edge itself."""

    at: str | None
    act: str
    who: str
    reason: str
    detail: str


class EdgeRecordItem(BaseModel):
    """All that is on record of who speaks for an edge, the newest first."""

    keys: list[KeyItem]
    certificates: list[CertificateItem]
    acts: list[ActItem]


@edge_router.post("/certificate", response_class=Response)
async def renew_certificate(request: Request, hub: Hub) -> Response:
    """An enrolled edge's certificate for TLS, signed by the hub; the same until it is due."""
    payload = await read_body(request, MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_renew, hub, payload)


@edge_router.post("/rotate", response_class=Response)
async def rotate_key(request: Request, hub: Hub) -> Response:
    """An enrolled edge's new signing key, signed with the old one."""
    payload = await read_body(request, MESSAGE_BYTES_MAX)
    return await run_in_threadpool(_rotate, hub, payload)


@router.get("/edges/{site}/{edge}/record")
def show_record(site: NamePath, edge: NamePath, hub: Hub, caller: CalledBy) -> EdgeRecordItem:
    """Keys, certificates and acts of an edge."""
    check_site(caller, site)
    with hub.database.reading() as tx:
        try:
            found = service.record_of(tx, site, edge)
        except UnknownEdgeError as error:
            raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    return EdgeRecordItem(
        keys=[
            KeyItem(
                public_key=key.public_key,
                since=at_text(key.since),
                until=at_text(key.until),
                ended_by=key.ended_by,
            )
            for key in found.keys
        ],
        certificates=[_certificate_item(each) for each in found.certificates],
        acts=[
            ActItem(
                at=at_text(act.at),
                act=act.act,
                who=act.who,
                reason=act.reason,
                detail=act.detail,
            )
            for act in found.acts
        ],
    )


@router.post("/edges/{site}/{edge}/revoke")
def revoke_edge(site: NamePath, edge: NamePath, why: Why, hub: Hub, caller: CalledBy) -> Revocation:
    """Take nothing more of this edge, from now on; its certificate goes on the broker's list."""
    check_site(caller, site)
    with hub.database.writing() as tx:
        try:
            is_new = service.revoke(tx, site, edge, caller.name, why.reason, hub.clock.now())
        except UnknownEdgeError as error:
            raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    _log.warning("edge revoked", site=site, edge=edge, is_new=is_new)
    told = refresh_revocations(hub.data_dir, hub.database, hub.keys.authority, hub.clock)
    return Revocation(was_revoked=not is_new, broker=told)


@router.post("/edges/{site}/{edge}/replacement", status_code=HTTPStatus.CREATED)
def allow_replacement(
    site: NamePath, edge: NamePath, why: Why, hub: Hub, caller: CalledBy
) -> Replacement:
    """Let the key of a new disk take this name over; the old one counts until then."""
    check_site(caller, site)
    with hub.database.writing() as tx:
        try:
            secret = service.make_enrol_secret(
                tx,
                site,
                edge,
                hub.clock.now(),
                hub.clock.random_bytes,
                made_by=caller.name,
                replaces_for=why.reason,
            )
        except UnknownEdgeError as error:
            raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    _log.warning("replacement of an edge allowed", site=site, edge=edge)
    return Replacement(token=f"{secret}.{key_hash(hub.keys.statement.public_key)}")


def _renew(hub: HubContext, payload: bytes) -> Response:
    claimed = peek_request(payload, Renew, MESSAGE_BYTES_MAX)
    with hub.database.writing() as tx:
        edge = _find(tx, claimed.site, claimed.edge)
        message = open_request(payload, Renew, edge.public_key, MESSAGE_BYTES_MAX).message
        own, ca = _certify(hub, tx, edge, message.tls_key)
    answer = Certified(
        site=edge.site,
        edge=edge.edge,
        tls_key=message.tls_key,
        certificate=own.pem.decode("ascii"),
        ca=ca.pem.decode("ascii"),
    )
    return Response(seal(answer, hub.keys.statement), media_type=OCTETS)


def _rotate(hub: HubContext, payload: bytes) -> Response:
    claimed = peek_request(payload, Rotate, MESSAGE_BYTES_MAX)
    now = hub.clock.now()
    with hub.database.writing() as tx:
        edge = _find(tx, claimed.site, claimed.edge)
        signer = service.rotating_key(tx, edge, claimed)
        message = open_request(payload, Rotate, signer, MESSAGE_BYTES_MAX).message
        if edge.public_key != message.public_key:
            try:
                service.rotate(tx, edge, message, now)
            except IdentityError as error:
                raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
        salt = service.salt_of(tx, edge.site, hub.clock.random_bytes)
        answer = Enrolled(
            site=edge.site,
            edge=edge.edge,
            public_key=message.public_key,
            hub_key=hub.keys.statement.public_key.hex(),
            site_salt=salt,
        )
    _log.warning("edge changed its key", site=edge.site, edge=edge.edge)
    refresh_revocations(hub.data_dir, hub.database, hub.keys.authority, hub.clock)
    return Response(seal(answer, hub.keys.statement), media_type=OCTETS)


def _find(tx: Connection, site: str, edge: str) -> EdgeKey:
    found = service.find_edge(tx, site, edge)
    if found is None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "this edge is not enrolled")
    if found.revoked_at is not None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "the key of this edge is revoked")
    return found


def _certify(
    hub: HubContext, tx: Connection, edge: EdgeKey, point: str
) -> tuple[IssuedCertificate, IssuedCertificate]:
    now, random_bytes = hub.clock.now(), hub.clock.random_bytes
    try:
        return service.certify_edge(
            tx, hub.keys.authority, edge.site, edge.edge, point, now, random_bytes
        )
    except NoCertificateError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


def _certificate_item(each: IssuedCertificate) -> CertificateItem:
    return CertificateItem(
        serial=each.serial,
        since=at_text(each.since),
        until=at_text(each.until),
        issued_at=at_text(each.issued_at),
        issued_by=each.issued_by,
        revoked_at=at_text(each.revoked_at),
        revoked_by=each.revoked_by,
        reason=each.reason,
    )
