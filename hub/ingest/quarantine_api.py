"""Routes by which administrators work off the quarantine. Source: issue "quarantine", P4."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from hub.ingest import service
from hub.web.context import CalledBy, Hub
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1/quarantine", tags=["events"])

ItemId = Annotated[int, Path(ge=1, le=2**53)]


class WorkOffOrder(BaseModel):
    """What was found; it stays on record with who says it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=3, max_length=service.DONE_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]*$"
    )


@router.post("/{item_id}/done", status_code=HTTPStatus.NO_CONTENT)
def work_off(item_id: ItemId, order: WorkOffOrder, hub: Hub, caller: CalledBy) -> None:
    """Nobody has to look at it any more; its bytes stay. The first word stands."""
    with hub.database.writing() as tx:
        now = hub.clock.now()
        found = service.work_off(tx, item_id, caller.sites, caller.name, order.reason, now)
    _check(found, item_id)


@router.post("/{item_id}/again", status_code=HTTPStatus.ACCEPTED)
def ask_again(item_id: ItemId, hub: Hub, caller: CalledBy) -> None:
    """Have it read again, its cause being cured; what comes of it stands in the list."""
    with hub.database.writing() as tx:
        found = service.ask_again(tx, item_id, caller.sites, caller.name, hub.clock.now())
    _check(found, item_id)


def _check(found: bool, item_id: int) -> None:
    if not found:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no quarantined item {item_id}")
