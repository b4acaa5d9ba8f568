"""Routes of the alerts, and the live WebSocket. Source: interface (REST)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field

from hub.alerts import service
from hub.alerts.items import AlertItem, alert_item
from hub.alerts.rules import Act, AlertState, Level
from hub.alerts.service import ClosedAlertError, UnknownAlertError
from hub.web.context import ITEMS_DEFAULT, NO_NUL, CalledBy, Hub, IdCursor, Limit
from hub.web.problems import ProblemError

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])

AlertId = Annotated[int, Path(ge=1, le=2**53 - 1)]


class AlertPage(BaseModel):
    """Alerts, newest first; ``next`` is the cursor of the next page."""

    items: list[AlertItem]
    next: str | None


class Answer(BaseModel):
    """Why somebody answered an alert so."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(default=None, max_length=500, pattern=NO_NUL)


@router.get("")
def list_alerts(
    hub: Hub,
    caller: CalledBy,
    state: AlertState | None = None,
    level: Level | None = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> AlertPage:
    """Alerts, newest first."""
    before_id = None if cursor is None else int(cursor)
    with hub.database.reading() as tx:
        found = service.list_alerts(
            tx, state=state, level=level, sites=caller.sites, before_id=before_id, limit=limit
        )
    more = str(found[-1].id) if len(found) == limit else None
    return AlertPage(items=[alert_item(each) for each in found], next=more)


@router.post("/{alert_id}/ack")
def acknowledge(
    alert_id: AlertId, hub: Hub, caller: CalledBy, answer: Annotated[Answer | None, Body()] = None
) -> AlertItem:
    """Somebody has seen the alert and takes care of it."""
    return _answer(hub, alert_id, Act.ACK, caller, answer)


@router.post("/{alert_id}/accept")
def accept(
    alert_id: AlertId, hub: Hub, caller: CalledBy, answer: Annotated[Answer | None, Body()] = None
) -> AlertItem:
    """The alert was right; it is closed."""
    return _answer(hub, alert_id, Act.ACCEPT, caller, answer)


@router.post("/{alert_id}/reject")
def reject(
    alert_id: AlertId, hub: Hub, caller: CalledBy, answer: Annotated[Answer | None, Body()] = None
) -> AlertItem:
    """The alert was wrong; it is closed."""
    return _answer(hub, alert_id, Act.REJECT, caller, answer)


def _answer(
    hub: Hub, alert_id: int, act: Act, caller: CalledBy, answer: Answer | None
) -> AlertItem:
    reason = None if answer is None else answer.reason
    try:
        with hub.database.writing() as tx:
            if not caller.sees(service.get_alert(tx, alert_id).site):
                raise UnknownAlertError(f"there is no alert {alert_id}")
            alert = service.answer_alert(tx, alert_id, act, caller.name, reason, hub.clock.now())
    except UnknownAlertError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    except ClosedAlertError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return alert_item(alert)
