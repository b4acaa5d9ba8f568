"""Routes of custody. Source: interface (REST), design section 6."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from hub.custody import service
from hub.custody.items import BreachItem, CustodyItem, breach_item, custody_item
from hub.parcels.service import may_see
from hub.web.context import (
    ITEMS_DEFAULT,
    NO_NUL,
    CalledBy,
    Hub,
    IdCursor,
    Limit,
    WaybillPath,
    sites_asked,
    to_utc,
)
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["custody"])

SiteQuery = Annotated[str | None, Query(max_length=32, pattern=NO_NUL)]


class BreachPage(BaseModel):
    """Breaches, the newest found first; ``next`` is the cursor of the next page."""

    items: list[BreachItem]
    next: str | None


class NobodyItem(BaseModel):
    """How long nobody answered for parcels of a site; for ``lasting`` of them nobody does now."""

    site: str
    seconds: int
    parcels: int
    lasting: int


class NobodyList(BaseModel):
    """Sites by nobody's time, the worst first."""

    items: list[NobodyItem]


@router.get("/parcels/{waybill}/custody")
def get_custody(
    waybill: WaybillPath,
    hub: Hub,
    caller: CalledBy,
    as_of: Annotated[AwareDatetime | None, Query(description="as it was believed then")] = None,
) -> CustodyItem:
    """Who held a parcel at every instant, and where nobody can prove it."""
    now = hub.clock.now()
    at = to_utc(as_of)
    with hub.database.reading() as tx:
        chain = None
        if may_see(tx, caller, waybill):
            chain = service.custody_of(tx, hub.chains, waybill, now, at)
        if chain is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"nothing is recorded of {waybill}")
        breaches = service.breaches_of(tx, waybill, chain.as_of)
    return custody_item(waybill, chain, breaches, hub.network, caller)


@router.get("/breaches")
def list_breaches(
    hub: Hub,
    caller: CalledBy,
    site: SiteQuery = None,
    since: Annotated[AwareDatetime | None, Query(description="done at or after")] = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> BreachPage:
    """What was done against the rules of custody, the newest found first."""
    sites, before_id = sites_asked(caller, site), None if cursor is None else int(cursor)
    with hub.database.reading() as tx:
        found = service.list_breaches(
            tx, sites=sites, since=to_utc(since), before_id=before_id, limit=limit
        )
    more = str(found[-1].id) if len(found) == limit else None
    return BreachPage(items=[breach_item(each) for each in found], next=more)


@router.get("/nobody-time")
def list_nobody_time(
    hub: Hub, caller: CalledBy, since: AwareDatetime, site: SiteQuery = None
) -> NobodyList:
    """Sites by how long nobody answered for high-value parcels there."""
    begun_at = to_utc(since)
    assert begun_at is not None
    with hub.database.reading() as tx:
        found = service.nobody_time(tx, begun_at, hub.clock.now(), sites_asked(caller, site))
    return NobodyList(
        items=[
            NobodyItem(
                site=each.site, seconds=each.seconds, parcels=each.parcels, lasting=each.lasting
            )
            for each in found
        ]
    )
