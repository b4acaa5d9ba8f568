"""How routes ask the workshop, and how they tell what it could not make."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from hub.video.jobs import Why
from hub.video.media_shelf import NoRoomError
from hub.video.workshop import RETRY_AFTER_S, BusyError, UnmakeableError, Workshop
from hub.web.problems import ProblemError

DERIVATIVE_HEADER: Final = "Custos-Derivative"
"""Every answer that is no master has it: what was made, and that it is not evidence."""
_STATUS: Mapping[Why, HTTPStatus] = MappingProxyType(
    {
        Why.CHANGED: HTTPStatus.CONFLICT,
        Why.BROKEN: HTTPStatus.UNPROCESSABLE_ENTITY,
        Why.MIXED: HTTPStatus.UNPROCESSABLE_ENTITY,
        Why.NOTHING: HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


def workshop_of(connection: HTTPConnection) -> Workshop:
    """Where this application's derivatives are made."""
    found = connection.app.state.workshop
    assert isinstance(found, Workshop)
    return found


Maker = Annotated[Workshop, Depends(workshop_of)]


@contextmanager
def telling() -> Iterator[None]:
    """Tell why nothing was made: 4xx of these masters, 5xx for now.

    Raises:
        ProblemError: instead of what the workshop raised.
    """
    try:
        yield
    except UnmakeableError as error:
        raise ProblemError(_STATUS[error.why], str(error)) from error
    except BusyError as error:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        raise ProblemError(status, str(error), RETRY_AFTER_S) from error
    except NoRoomError as error:
        raise ProblemError(HTTPStatus.INSUFFICIENT_STORAGE, str(error)) from error
