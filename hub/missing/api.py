"""Routes of the suspects, and of the scans that sites skip. Source: interface (REST), HV-2.11.2."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, TypedDict

from fastapi import APIRouter, Query
from pydantic import BaseModel

from hub.access.service import WORTH_ROLES
from hub.missing import service
from hub.missing.service import (
    DAYS_KEPT,
    Asked,
    Change,
    Order,
    Passing,
    QueryView,
    ReadMedians,
    Reads,
    SiteReads,
    Suspect,
    ValueBasis,
)
from hub.web.context import ITEMS_DEFAULT, CalledBy, Hub, IdCursor, Limit, at_text, sites_asked
from hub.web.evidence import EvidenceItem, SecondLookItem, evidence_item, second_look_item
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1", tags=["suspects"])

SiteName = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Day = Annotated[
    date | None, Query(ge=date(2020, 1, 1), le=date(2199, 12, 31), description="local to the site")
]

SuspectOrder = Annotated[
    Order,
    Query(
        description="newest first, or by what acting now is worth, the most first; those whose "
        "silence is explained for now come last"
    ),
]

DAYS_DEFAULT = 7
ReadDays = Annotated[
    int, Query(ge=1, le=DAYS_KEPT, description="local days of each site up to today")
]


class SuspectItem(BaseModel):
    """One suspected parcel; ``kind`` says whether it alone is silent, or its bag or vehicle.

    ``value_cny`` by ``value_basis``: declared, of its series (the value above which that begins),
    or assumed (``missing.undeclared_cny``). ``worth_cny``, what acting now is worth: P(lost) times
    value, halved with every 24 hours since its next scan was due; where P(lost) is null, one half.
    All three are null for people on the floor, and of suspects from before they were kept.

    What is expected, ``p_lost``, ``tier``, reasons and ``evidence`` are the newest: of
    ``second_look``, or of the first alert where that is null. The next look is at ``look_at``;
    null: there is none.
    """

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
    evidence: EvidenceItem | None
    second_look: SecondLookItem | None
    look_at: str | None
    value_cny: str | None
    value_basis: ValueBasis | None
    worth_cny: str | None
    incident: int
    raised_at: str | None
    found_at: str | None


class SuspectPage(BaseModel):
    """Suspects in the order asked for; ``next`` is the cursor of the next page."""

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


class ReadFigure(BaseModel):
    """Scans made and scans skipped of those owed.

    ``share`` is the share made, 0 to 1; ``low`` and ``high`` are between which it truly lies with
    95 % (Wilson). All three are null where fewer than 30 scans were owed.
    """

    made: int
    skipped: int
    share: float | None
    low: float | None
    high: float | None


class ReadPart(ReadFigure):
    """Of one kind of scan; ``passing``: in, out, or out-last (to the recipient)."""

    passing: Passing
    median: float | None


class ReadDay(ReadFigure):
    """Of one local day of the site."""

    date: str


class ReadItem(ReadFigure):
    """One site; ``change`` compares the last 7 complete days (before yesterday) with 19 before.

    ``days`` are its last 28, the oldest first; told where one site was asked for, else empty.
    """

    site: str
    change: Change
    passings: list[ReadPart]
    days: list[ReadDay]


class ReadPage(BaseModel):
    """Sites, those that skip most scans first; ``next`` is the cursor of the next page.

    ``median`` is the middle share of all the network's sites that have one, ``median_sites`` how
    many these are; null where that are fewer than three.
    """

    items: list[ReadItem]
    median: float | None
    median_sites: int
    next: str | None


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
    order: SuspectOrder = Order.NEWEST,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> SuspectPage:
    """Parcels that are suspect now, or were on a day; recorded as the caller's query."""
    tells_worth, now = caller.role in WORTH_ROLES, hub.clock.now()
    if order is Order.WORTH and not tells_worth:
        raise ProblemError(HTTPStatus.FORBIDDEN, "what suspects are worth is not for this role")
    asked, before_id = Asked(site, date, high_value), None if cursor is None else int(cursor)
    sites = sites_asked(caller, site)
    with hub.database.writing() as tx:
        found = service.list_suspects(tx, hub.network, asked, sites, before_id, limit, order)
        service.record_query(tx, asked, caller.name, len(found), now, by_token=caller.by_token)
    more = str(found[-1].id) if len(found) == limit else None
    items = [_suspect_item(each, now, tells_worth=tells_worth) for each in found]
    return SuspectPage(items=items, next=more)


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


@router.get("/reads")
def get_reads(
    hub: Hub,
    caller: CalledBy,
    site: SiteName = None,
    days: ReadDays = DAYS_DEFAULT,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> ReadPage:
    """How many of the scans that they owe sites make, beside the median of all sites."""
    first = 0 if cursor is None else int(cursor)
    sites, now = sites_asked(caller, site), hub.clock.now()
    with hub.database.reading() as tx:
        found = service.read_rates(tx, hub.network, sites, days, now, first=first, limit=limit)
    after = first + len(found.sites)
    medians = found.medians
    return ReadPage(
        items=[_read_item(each, medians, with_days=site is not None) for each in found.sites],
        median=medians.share,
        median_sites=medians.sites,
        next=str(after) if first < after < found.total else None,
    )


def _read_item(each: SiteReads, medians: ReadMedians, *, with_days: bool) -> ReadItem:
    parts = [
        ReadPart(passing=passing, median=median, **_figure(each.by_passing.get(passing, Reads())))
        for passing, median in medians.by_passing.items()
    ]
    days = [ReadDay(date=day.isoformat(), **_figure(reads)) for day, reads in each.days]
    return ReadItem(
        site=each.site,
        change=each.change,
        passings=parts,
        days=days if with_days else [],
        **_figure(each.reads),
    )


class _Figure(TypedDict):
    made: int
    skipped: int
    share: float | None
    low: float | None
    high: float | None


def _figure(reads: Reads) -> _Figure:
    low, high = reads.interval or (None, None)
    return _Figure(made=reads.made, skipped=reads.skipped, share=reads.share, low=low, high=high)


def _suspect_item(suspect: Suspect, now: datetime, *, tells_worth: bool) -> SuspectItem:
    value = suspect.value if tells_worth else None
    worth = service.worth_of(suspect, now) if tells_worth else None
    newest = suspect.newest
    return SuspectItem(
        id=suspect.id,
        waybill=suspect.waybill,
        high_value=suspect.high_value,
        kind=suspect.kind,
        subject=suspect.subject,
        site=suspect.site,
        previous_site=suspect.previous_site,
        since=at_text(suspect.since),
        expected_site=newest.expected_site,
        expected_by=at_text(newest.expected_by),
        p_lost=newest.p_lost,
        tier=newest.tier,
        reasons_zh=list(newest.reasons_zh),
        reasons_en=list(newest.reasons_en),
        evidence=evidence_item(newest.evidence),
        second_look=second_look_item(suspect.look, suspect.tier, suspect.evidence),
        look_at=at_text(suspect.look_at),
        value_cny=None if value is None else f"{value.cny:.2f}",
        value_basis=None if value is None else value.basis,
        worth_cny=None if worth is None else f"{worth:.2f}",
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
