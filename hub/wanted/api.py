"""Routes of the wanted list. Source: interface (REST), HV-2.11.1."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hub.wanted import service
from hub.wanted.rules import concerns, entry_id_of, is_within
from hub.wanted.service import HeldError, ListFullError, WantedError
from hub.web.context import (
    ITEMS_DEFAULT,
    WAYBILL_PATTERN,
    CalledBy,
    Hub,
    Limit,
    WaybillPath,
    at_text,
    to_utc,
)
from hub.web.problems import ProblemError
from wire.limits import SCOPE_SITES_MAX
from wire.wanted import Tone, WantedEntry, WantedResult

router = APIRouter(prefix="/api/v1/wanted", tags=["wanted"])

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_SiteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
_Banner = Annotated[str, Field(max_length=80, pattern=_PLAIN)]


class WantedOrder(BaseModel):
    """What somebody wants of a waybill."""

    model_config = ConfigDict(extra="forbid")

    result: WantedResult
    reason: str = Field(max_length=200, pattern=_PLAIN)
    tone: Tone | None = None
    banner_zh: _Banner | None = None
    banner_en: _Banner | None = None
    priority: int = Field(default=5, ge=0, le=9)
    expires_at: AwareDatetime | None = None
    covert: bool = False
    scope: list[_SiteName] | None = Field(default=None, min_length=1, max_length=SCOPE_SITES_MAX)


class WantedItem(BaseModel):
    """An entry of the list; ``scope`` null: at every site."""

    id: str
    waybill: str
    result: WantedResult
    reason: str
    tone: Tone | None
    banner_zh: str | None
    banner_en: str | None
    priority: int
    owner: str
    expires_at: str | None
    covert: bool
    scope: list[str] | None


class WantedPage(BaseModel):
    """Entries in the order of their waybills; ``next`` is the cursor of the next page."""

    version: int
    items: list[WantedItem]
    next: str | None


@router.get("")
def list_wanted(
    hub: Hub,
    caller: CalledBy,
    limit: Limit = ITEMS_DEFAULT,
    cursor: Annotated[str, Query(pattern=WAYBILL_PATTERN)] | None = None,
) -> WantedPage:
    """The list, in the order of its waybills."""
    with hub.database.reading() as tx:
        found = service.list_entries(tx, cursor or "", limit, caller.sites)
        version = service.list_version(tx)
    more = found[-1].waybill if len(found) == limit else None
    return WantedPage(version=version, items=[_item(each) for each in found], next=more)


@router.get("/{waybill}")
def get_wanted(waybill: WaybillPath, hub: Hub, caller: CalledBy) -> WantedItem:
    """A waybill's entry."""
    with hub.database.reading() as tx:
        entry = service.find_entry(tx, waybill)
    if entry is None or not concerns(entry, caller.sites):
        raise _not_on_list(waybill)
    return _item(entry)


@router.put("/{waybill}", responses={201: {"model": WantedItem, "description": "New on the list"}})
def put_wanted(
    waybill: WaybillPath, order: WantedOrder, hub: Hub, caller: CalledBy, response: Response
) -> WantedItem:
    """Put a waybill on the list, or change its entry."""
    entry = WantedEntry(
        id=entry_id_of(waybill),
        waybill=waybill,
        result=order.result,
        reason=order.reason,
        tone=order.tone,
        banner_zh=order.banner_zh,
        banner_en=order.banner_en,
        priority=order.priority,
        owner=caller.name,
        expires_at=at_text(to_utc(order.expires_at)),
        covert=order.covert,
        scope=None if order.scope is None else tuple(order.scope),
    )
    try:
        with hub.database.writing() as tx:
            known = service.find_entry(tx, waybill)
            is_mark = known is not None and service.is_high_value_entry(known)
            _check_within(caller, entry, None if is_mark else known)
            is_new = service.put_entry(tx, entry, hub.clock.now())
    except (HeldError, ListFullError) as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    except WantedError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    if is_new:
        response.status_code = HTTPStatus.CREATED
    return _item(entry)


@router.delete("/{waybill}", status_code=HTTPStatus.NO_CONTENT)
def delete_wanted(waybill: WaybillPath, hub: Hub, caller: CalledBy) -> None:
    """Take a waybill off the list."""
    with hub.database.writing() as tx:
        known = service.find_entry(tx, waybill)
        if known is None or not concerns(known, caller.sites):
            raise _not_on_list(waybill)
        _check_within(caller, known)
        try:
            service.remove_entry(tx, waybill, hub.clock.now())
        except HeldError as error:
            raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error


def _check_within(caller: CalledBy, *entries: WantedEntry | None) -> None:
    if not all(entry is None or is_within(entry, caller.sites) for entry in entries):
        detail = "the entry counts, or would count, at sites that are not the caller's: see scope"
        raise ProblemError(HTTPStatus.FORBIDDEN, detail)


def _not_on_list(waybill: str) -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, f"{waybill} is not on the wanted list")


def _item(entry: WantedEntry) -> WantedItem:
    return WantedItem(
        id=entry.id,
        waybill=entry.waybill,
        result=entry.result,
        reason=entry.reason,
        tone=entry.tone,
        banner_zh=entry.banner_zh,
        banner_en=entry.banner_en,
        priority=entry.priority,
        owner=entry.owner,
        expires_at=entry.expires_at,
        covert=entry.covert,
        scope=None if entry.scope is None else list(entry.scope),
    )
