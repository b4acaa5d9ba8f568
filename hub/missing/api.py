"""Routes of the suspects. Source: interface (REST), HV-2.11.2."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from hub.missing import service
from hub.missing.service import Asked, QueryView, Suspect
from hub.web.context import ITEMS_DEFAULT, CalledBy, Hub, IdCursor, Limit, at_text, sites_asked

router = APIRouter(prefix="/api/v1", tags=["suspects"])

SiteName = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Day = Annotated[
    date | None, Query(ge=date(2020, 1, 1), le=date(2199, 12, 31), description="local to the site")
]


class SuspectItem(BaseModel):
    """One suspected parcel; ``kind`` says whether it alone is silent, or its bag or vehicle."""

    id: int
    waybill: str
    high_value: bool
    kind: str
    subject: str
    site: str
    previous_site: str | None
    since: str | None
    expected_site: str | None
    expected_by: str | None
    p_lost: float | None
    tier: str
    reasons_zh: list[str]
    reasons_en: list[str]
    incident: int
    raised_at: str | None
    found_at: str | None


class SuspectPage(BaseModel):
    """Suspects, newest first; ``next`` is the cursor of the next page."""

    items: list[SuspectItem]
    next: str | None


class QueryItem(BaseModel):
    """Who asked for suspects, for which, in which shifts of the site, and how many there were.

    ``by_token``: a program asked; it does no shift's duty (HV-2.11.2).
    """

    who: str
    asked_at: str | None
    site: str | None
    shifts: list[str]
    date: str | None
    high_value: bool | None
    found: int
    by_token: bool


class QueryPage(BaseModel):
    """Queries, newest first; ``next`` is the cursor of the next page."""

    items: list[QueryItem]
    next: str | None


@router.get("/suspects")
def get_suspects(
    hub: Hub,
    caller: CalledBy,
    site: SiteName = None,
    date: Day = None,
    high_value: bool | None = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> SuspectPage:
    """Parcels that are suspect now, or were on a day; recorded as the caller's query."""
    asked, before_id = Asked(site, date, high_value), None if cursor is None else int(cursor)
    sites = sites_asked(caller, site)
    with hub.database.writing() as tx:
        found = service.list_suspects(tx, hub.network, asked, sites, before_id, limit)
        service.record_query(
            tx, asked, caller.name, len(found), hub.clock.now(), by_token=caller.by_token
        )
    more = str(found[-1].id) if len(found) == limit else None
    return SuspectPage(items=[_suspect_item(each) for each in found], next=more)


@router.get("/queries")
def get_queries(
    hub: Hub,
    caller: CalledBy,
    site: SiteName = None,
    date: Day = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> QueryPage:
    """Who asked for suspects, and when."""
    before_id = None if cursor is None else int(cursor)
    sites = sites_asked(caller, site)
    with hub.database.reading() as tx:
        found = service.list_queries(tx, hub.network, sites, date, before_id, limit)
    more = str(found[-1].query.id) if len(found) == limit else None
    return QueryPage(items=[_query_item(each) for each in found], next=more)


def _suspect_item(suspect: Suspect) -> SuspectItem:
    return SuspectItem(
        id=suspect.id,
        waybill=suspect.waybill,
        high_value=suspect.high_value,
        kind=suspect.kind,
        subject=suspect.subject,
        site=suspect.site,
        previous_site=suspect.previous_site,
        since=at_text(suspect.since),
        expected_site=suspect.expected_site,
        expected_by=at_text(suspect.expected_by),
        p_lost=suspect.p_lost,
        tier=suspect.tier,
        reasons_zh=list(suspect.reasons_zh),
        reasons_en=list(suspect.reasons_en),
        incident=suspect.incident,
        raised_at=at_text(suspect.raised_at),
        found_at=at_text(suspect.closed_at),
    )


def _query_item(view: QueryView) -> QueryItem:
    query = view.query
    return QueryItem(
        who=query.who,
        asked_at=at_text(query.asked_at),
        site=query.site,
        shifts=list(view.shifts),
        date=None if query.day is None else query.day.isoformat(),
        high_value=query.high_value,
        found=query.found,
        by_token=query.by_token,
    )
