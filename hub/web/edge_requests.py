"""Requests that edges sign: read within a bound, opened with the key of the edge that they name.

For every room that an edge speaks to. Source: interface ("each HTTP request of the edge is signed
with its key").
"""

from http import HTTPStatus
from typing import TypeVar

from fastapi import Request

from hub.access.service import EdgeKey, find_edge
from hub.web.context import HubContext
from hub.web.problems import ProblemError
from ledger.signing import Opened, open_sealed, peek
from wire.envelope import EnvelopeError
from wire.messages import MessageBase

M = TypeVar("M", bound=MessageBase)

OCTETS = "application/octet-stream"


async def read_body(request: Request, bytes_max: int) -> bytes:
    """The request's body.

    Raises:
        ProblemError: longer than allowed.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {bytes_max} bytes")
    return bytes(body)


def open_from_edge(
    hub: HubContext, payload: bytes, expected: type[M], bytes_max: int
) -> tuple[EdgeKey, Opened[M]]:
    """Open a message of one type; the enrolled edge that it names must have signed it.

    Raises:
        ProblemError: no such message, an edge that is not enrolled, or another one's signature.
    """
    claimed = peek_request(payload, expected, bytes_max)
    with hub.database.reading() as tx:
        edge = find_edge(tx, claimed.site, claimed.edge)
    if edge is None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "this edge is not enrolled")
    if edge.revoked_at is not None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "the key of this edge is revoked")
    return edge, open_request(payload, expected, edge.public_key, bytes_max)


def peek_request(payload: bytes, expected: type[M], bytes_max: int) -> M:
    """Read a message's first line without believing it.

    Raises:
        ProblemError: no message, or of another type.
    """
    try:
        message = peek(payload, bytes_max)
    except EnvelopeError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from error
    if not isinstance(message, expected):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "another message than this address takes")
    return message


def open_request(payload: bytes, expected: type[M], public_key: str, bytes_max: int) -> Opened[M]:
    """Open a message that one key (64 hex digits) must have signed.

    Raises:
        ProblemError: another one has, or it was altered.
    """
    try:
        return open_sealed(payload, expected, bytes.fromhex(public_key), bytes_max)
    except EnvelopeError as error:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, str(error)) from error
