"""Every error that leaves the hub by HTTP, as RFC 9457 problem+json."""

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import Counter
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
_DETAIL_CHARS_MAX = 500
_ERRORS_SHOWN_MAX = 10
_PLACE_PARTS_MAX = 2

_log = structlog.get_logger()
_failures = Counter("custos_hub_request_failures", "Requests that ended in an unexpected error")

PROBLEM_RESPONSES: dict[int | str, dict[str, object]] = {
    code: {
        "description": description,
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                    },
                }
            }
        },
    }
    for code, description in (
        ("4XX", "The request cannot be served"),
        (422, "The request has a wrong value"),
        (503, "The database does not answer"),
    )
}


class ProblemError(Exception):
    """A request that cannot be served; ``detail`` is for the person who made it.

    ``retry_after_s``: served it may be if it is made again so much later.
    """

    def __init__(self, status: HTTPStatus, detail: str, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s


def problem_response(
    status: int, detail: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The answer that tells a problem."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail[:_DETAIL_CHARS_MAX],
    }
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def database_away_response(route: str, error: Exception) -> JSONResponse:
    """The answer while the database does not answer us."""
    _failures.inc()
    _log.error("database does not answer", route=route, exc_info=error)
    return problem_response(503, "the database does not answer; try again")


def tell_problems(app: FastAPI) -> None:
    """Make every error of ``app`` a problem+json."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_wrong_value)
    app.add_exception_handler(OperationalError, _on_database_away)
    app.add_exception_handler(PoolTimeout, _on_database_away)
    app.add_exception_handler(Exception, _on_failure)


async def _on_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    later = error.retry_after_s
    headers = None if later is None else {"Retry-After": str(later)}
    return problem_response(error.status, error.detail, headers)


async def _on_http_exception(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem_response(error.status_code, error.detail, dict(error.headers or {}))


async def _on_wrong_value(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Place and reason only, of the place no more than where it begins: the value itself, and the
    # names of a person's fields, may be personal data.
    found = [
        f"{'.'.join(str(part) for part in each['loc'][:_PLACE_PARTS_MAX])}: {each['msg']}"
        for each in error.errors()
    ]
    return problem_response(422, "; ".join(found[:_ERRORS_SHOWN_MAX]))


async def _on_database_away(request: Request, error: Exception) -> JSONResponse:
    return database_away_response(_route(request), error)


async def _on_failure(request: Request, error: Exception) -> JSONResponse:
    _failures.inc()
    _log.error("request failed", route=_route(request), exc_info=error)
    return problem_response(500, "an unexpected error; it is in the hub's log")


def _route(request: Request) -> str:
    # Never the path itself: that of a console link is a secret.
    route = request.scope.get("route")
    return str(getattr(route, "path", "unknown"))
