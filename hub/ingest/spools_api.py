"""Routes of an edge's spools: how they stand, and the act that accepts a new one.

Source: design section 3 ("freed when an administrator's recorded act accepts a new spool").
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from hub.ingest import spools
from hub.ingest.spool_store import Closing
from hub.ingest.spools import REASON_CHARS_MAX, SpoolView, UnknownSpoolError
from hub.web.context import CalledBy, Hub, at_text, check_site
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1/edges", tags=["events"])

EdgeName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
SpoolId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class CloseOrder(BaseModel):
    """Why a spool is given up; it stays on record."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=REASON_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$")


class ClosingItem(BaseModel):
    """By whom a spool was closed, when, and why."""

    at: str | None
    by: str
    why: str


class SpoolStandItem(BaseModel):
    """One spool; ``edge_seq`` null: its edge does not name it any more.

    ``link`` says how it hangs on ``after_spool``, of which ``missing`` lines never came.
    """

    spool: str
    upto_seq: int
    edge_seq: int | None
    is_ended: bool
    link: str
    after_spool: str | None
    missing: int
    closed: ClosingItem | None


class SpoolStandList(BaseModel):
    """An edge's newest spools, the newest first."""

    items: list[SpoolStandItem]


@router.get("/{site}/{edge}/spools")
def list_spools(site: EdgeName, edge: EdgeName, hub: Hub, caller: CalledBy) -> SpoolStandList:
    """How an edge's spools stand at the hub."""
    check_site(caller, site)
    with hub.database.reading() as tx:
        found = spools.views(tx, site, edge)
    return SpoolStandList(items=[_item(each) for each in found])


@router.post("/{site}/{edge}/spools/{spool}/close")
def close_spool(
    site: EdgeName, edge: EdgeName, spool: SpoolId, order: CloseOrder, hub: Hub, caller: CalledBy
) -> SpoolStandItem:
    """Accept a new spool from an edge: this one ends here where it is stored, the rest is a gap.

    The edge hears of it with the answer to its next state and begins another spool; what it has of
    this one above ``upto_seq`` stays on its disk. Done twice it is done once.
    """
    check_site(caller, site)
    closing = Closing(hub.clock.now(), caller.name, order.reason)
    try:
        with hub.database.writing() as tx:
            spools.close_spool(tx, site, edge, spool, closing)
            found = {each.spool: each for each in spools.views(tx, site, edge)}
    except UnknownSpoolError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    return _item(found[spool])


def _item(view: SpoolView) -> SpoolStandItem:
    closing = view.closing
    return SpoolStandItem(
        spool=view.spool,
        upto_seq=view.upto_seq,
        edge_seq=view.edge_seq,
        is_ended=view.is_ended,
        link=view.link,
        after_spool=view.after_spool,
        missing=view.missing,
        closed=None
        if closing is None
        else ClosingItem(at=at_text(closing.at), by=closing.by, why=closing.why),
    )
