"""Routes of the people behind badges, and of the looks at personal data. Source: CS-P1, HV-R1."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from hub.access import badges, looks
from hub.access.badge_store import BadgeToken
from hub.access.badges import UnknownBadgeError
from hub.access.rules import Role
from hub.network import Staff
from hub.packs.service import renew_packs
from hub.web.context import (
    ITEMS_DEFAULT,
    NO_NUL,
    CalledBy,
    Hub,
    HubContext,
    IdCursor,
    Limit,
    at_text,
    sites_asked,
)
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["staff"])

_log = structlog.get_logger()

_BADGE = r"^[A-Za-z0-9_-]{1,64}$"
BadgePath = Annotated[str, Path(pattern=_BADGE)]


class TokenItem(BaseModel):
    """The printed badge of a person: never the token itself."""

    made_at: str | None
    made_by: str
    revoked_at: str | None


class StaffItem(BaseModel):
    """A person of the network file; ``token`` null: the plain number counts."""

    badge: str
    name: str
    duty: str
    site: str
    token: TokenItem | None


class StaffPage(BaseModel):
    """People in the order of their badges; ``next`` is the cursor of the next page."""

    items: list[StaffItem]
    next: str | None


class PrintedBadge(BaseModel):
    """A new badge; ``label`` is what its barcode holds, shown this once."""

    badge: str
    label: str


class LookItem(BaseModel):
    """Somebody saw personal data: what of which waybill or event, and why."""

    id: int
    at: str | None
    who: str
    role: Role
    what: str
    about: str
    reason: str


class LookPage(BaseModel):
    """Looks, newest first; ``next`` is the cursor of the next page."""

    items: list[LookItem]
    next: str | None


@router.get("/staff")
def list_staff(
    hub: Hub,
    caller: CalledBy,
    site: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,32}$")] = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: Annotated[str | None, Query(pattern=_BADGE)] = None,
) -> StaffPage:
    """The people of the network file, and what is printed for them."""
    sites = sites_asked(caller, site)
    people = [
        person
        for badge, person in sorted(hub.network.people.items())
        if badge > (cursor or "") and (sites is None or person.site in sites)
    ][:limit]
    with hub.database.reading() as tx:
        tokens = badges.tokens_of(tx, [person.badge for person in people])
    more = people[-1].badge if len(people) == limit else None
    return StaffPage(items=[_item(each, tokens.get(each.badge)) for each in people], next=more)


@router.post("/staff/{badge}/token", status_code=HTTPStatus.CREATED)
def print_badge(badge: BadgePath, hub: Hub, caller: CalledBy) -> PrintedBadge:
    """A new token for a person; whatever counted before counts no more."""
    person = _find(hub, caller, badge)
    now = hub.clock.now()
    try:
        with hub.database.writing() as tx:
            token = badges.print_badge(
                tx, hub.network, badge, caller.name, now, hub.clock.random_bytes
            )
            renew_packs(tx, [person.site])
    except UnknownBadgeError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    _log.info("badge printed", site=person.site, by=caller.name)
    return PrintedBadge(badge=badge, label=f"CX:BY:{token}")


@router.delete("/staff/{badge}/token", status_code=HTTPStatus.NO_CONTENT)
def revoke_badge(badge: BadgePath, hub: Hub, caller: CalledBy) -> None:
    """End a person's token, e.g. of a lost badge."""
    person = _find(hub, caller, badge)
    with hub.database.writing() as tx:
        was_there = badges.revoke_badge(tx, badge, caller.name, hub.clock.now())
        renew_packs(tx, [person.site])
    if not was_there:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{badge} has no token that counts")
    _log.info("badge revoked", site=person.site, by=caller.name)


@router.get("/looks")
def list_looks(
    hub: Hub,
    about: Annotated[str | None, Query(max_length=128, pattern=NO_NUL)] = None,
    who: Annotated[str | None, Query(max_length=64, pattern=NO_NUL)] = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> LookPage:
    """Who saw personal data unmasked, newest first."""
    before_id = None if cursor is None else int(cursor)
    with hub.database.reading() as tx:
        found = looks.list_looks(tx, about=about, who=who, before_id=before_id, limit=limit)
    more = str(found[-1].id) if len(found) == limit else None
    items = [
        LookItem(
            id=each.id,
            at=at_text(each.at),
            who=each.who,
            role=each.role,
            what=each.what,
            about=each.about,
            reason=each.reason,
        )
        for each in found
    ]
    return LookPage(items=items, next=more)


def _find(hub: HubContext, caller: CalledBy, badge: str) -> Staff:
    person = hub.network.people.get(badge)
    if person is None or not caller.sees(person.site):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"the network file lists no badge {badge}")
    return person


def _item(person: Staff, token: BadgeToken | None) -> StaffItem:
    return StaffItem(
        badge=person.badge,
        name=person.name,
        duty=person.duty,
        site=person.site,
        token=None
        if token is None
        else TokenItem(
            made_at=at_text(token.made_at),
            made_by=token.made_by,
            revoked_at=at_text(token.revoked_at),
        ),
    )
