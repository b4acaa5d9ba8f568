"""What routes need of the hub, and who calls them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.requests import HTTPConnection

from hub.access.service import (
    REASON_CHARS_MAX,
    REASON_CHARS_MIN,
    UNMASKING_ROLES,
    Caller,
    Enrolment,
)
from hub.clock import Clock
from hub.custody.service import Chains
from hub.db.engine import Database
from hub.failpoints import NO_FAIL_POINTS, FailPoints
from hub.incidents.service import Search
from hub.keys import HubKeys
from hub.network import Network
from hub.web.problems import ProblemError
from wire.names import format_at
from wire.policy import Policy

ITEMS_DEFAULT = 100
ITEMS_MAX = 1_000
NO_NUL = r"^[^\x00]*$"
"""PostgreSQL takes no NUL in a text, not even to look for it."""


@dataclass(frozen=True)
class HubContext:
    """The hub as its web role holds it; ``mqtt`` is the broker's URL as edges reach it.

    ``own_policy_keys`` are those that the carrier's own policy file sets, and so has confirmed.
    ``test_clock`` is the setting's text where the test clock is in use: every screen shows it.
    ``data_dir`` holds the files of footage.
    """

    database: Database
    keys: HubKeys
    clock: Clock
    policy: Policy
    own_policy_keys: frozenset[str]
    network: Network
    search: Search
    chains: Chains
    mqtt: str
    enrolment: Enrolment
    test_clock: str | None
    data_dir: FilePath
    fail_points: FailPoints = NO_FAIL_POINTS


def hub_of(connection: HTTPConnection) -> HubContext:
    """The hub that serves this request."""
    hub = connection.app.state.hub
    assert isinstance(hub, HubContext)
    return hub


def caller_of(connection: HTTPConnection) -> Caller:
    """Who makes this request; the gate has let nobody in without knowing."""
    caller = connection.state.caller
    assert isinstance(caller, Caller)
    return caller


Hub = Annotated[HubContext, Depends(hub_of)]
CalledBy = Annotated[Caller, Depends(caller_of)]
Limit = Annotated[int, Query(ge=1, le=ITEMS_MAX)]
WAYBILL_PATTERN = r"^[0-9A-Za-z-]{1,64}$"
WaybillPath = Annotated[str, Path(pattern=WAYBILL_PATTERN)]
IdCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")]


def unmask_reason(
    caller: CalledBy,
    unmask: Annotated[
        str | None,
        Query(
            min_length=REASON_CHARS_MIN,
            max_length=REASON_CHARS_MAX,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="why personal data has to be shown; it is written down",
        ),
    ] = None,
) -> str | None:
    """Why somebody asks for personal data in clear; None: they do not.

    Raises:
        ProblemError: their role may not.
    """
    if unmask is not None and caller.role not in UNMASKING_ROLES:
        detail = f"the role {caller.role} may not see personal data"
        raise ProblemError(HTTPStatus.FORBIDDEN, detail)
    return unmask


UnmaskReason = Annotated[str | None, Depends(unmask_reason)]
"""A route that shows personal data takes this, and calls ``record_look`` before it answers."""


def sites_asked(caller: Caller, site: str | None) -> frozenset[str] | None:
    """The sites that a list is read for: the one that was asked for, else all that one sees.

    Raises:
        ProblemError: another site than one's own was named; an empty list would say "all quiet".
    """
    if site is None:
        return caller.sites
    check_site(caller, site)
    return frozenset({site})


def check_site(caller: Caller, site: str) -> None:
    """Refuse a request that names a site which is not the caller's.

    Raises:
        ProblemError: 403. What a request does not name but only hits answers 404 (docs/adr/0014).
    """
    if not caller.sees(site):
        raise ProblemError(HTTPStatus.FORBIDDEN, f"{site} is not among the caller's sites")


def to_utc(at: datetime | None) -> datetime | None:
    """A time of a request in UTC.

    Raises:
        ProblemError: beyond the calendar's ends.
    """
    try:
        return None if at is None else at.astimezone(UTC)
    except OverflowError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "no such time") from error


def at_text(at: datetime | None) -> str | None:
    """A time as the interface writes it: UTC, milliseconds, ``Z``."""
    return None if at is None else format_at(at)
