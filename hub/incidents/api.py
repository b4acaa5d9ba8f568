"""Routes of the incidents. Source: interface (REST), HV-2.11.2, HV-3."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from hub.access.service import Caller, record_look
from hub.incidents import service
from hub.incidents.items import IncidentDossier, IncidentPage, dossier_of, item_of
from hub.incidents.rules import NOTE_CHARS_MAX, State, TriageLevel
from hub.incidents.service import (
    Answer,
    Document,
    FollowUp,
    IncidentError,
    Triage,
    UnknownIncidentError,
)
from hub.web.context import (
    ITEMS_DEFAULT,
    CalledBy,
    Hub,
    HubContext,
    IdCursor,
    Limit,
    UnmaskReason,
    check_site,
    sites_asked,
)
from hub.web.documents import DocumentOrder, Sha256, download, reason_given
from hub.web.problems import ProblemError
from wire.limits import ACT_CHECKS_MAX

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

_ID_MAX = 2**53

IncidentId = Annotated[int, Path(ge=1, le=_ID_MAX)]
_Site = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
_Note = Annotated[str, Field(max_length=NOTE_CHARS_MAX // 2, pattern=r"^[^\x00]*$")]
_Reason = Annotated[str, Field(min_length=1, max_length=NOTE_CHARS_MAX // 2, pattern=r"^[^\x00]*$")]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CheckOrder(_Order):
    """A site's answer to its self-check."""

    site: _Site
    found: bool
    checks: list[_Site] = Field(default=[], max_length=ACT_CHECKS_MAX)
    note: _Note | None = None


class ReasonOrder(_Order):
    """Why somebody stops, releases, or declares lost."""

    reason: _Reason


class FollowUpOrder(ReasonOrder):
    """What a site that was asked did about the abnormal link."""

    site: _Site


class TriageOrder(_Order):
    """Which link was abnormal, as monitoring staff of a level see it."""

    level: TriageLevel
    abnormal_site: _Site
    note: _Reason


class AttachOrder(DocumentOrder):
    """A document; a police receipt with its explanation also goes to the claims contact."""

    police: bool = False


@router.get("")
def list_incidents(
    hub: Hub,
    caller: CalledBy,
    state: State | None = None,
    site: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,32}$")] | None = None,
    waybill: Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{1,64}$")] | None = None,
    limit: Limit = ITEMS_DEFAULT,
    cursor: IdCursor = None,
) -> IncidentPage:
    """Searches, newest first."""
    with hub.database.reading() as tx:
        found = service.list_incidents(
            tx,
            states=None if state is None else {state},
            sites=sites_asked(caller, site),
            waybill=waybill,
            before_id=None if cursor is None else int(cursor),
            limit=limit,
        )
    more = str(found[-1].id) if len(found) == limit else None
    return IncidentPage(items=[item_of(each) for each in found], next=more)


@router.get("/{incident_id}")
def get_incident(incident_id: IncidentId, hub: Hub, caller: CalledBy) -> IncidentDossier:
    """One search with its history, timers, mails and documents."""
    with hub.database.reading() as tx:
        _check_seen(tx, caller, incident_id)
        return _dossier(tx, incident_id)


@router.get("/{incident_id}/attachments/{sha256}", response_class=Response)
def get_attachment(
    incident_id: IncidentId,
    sha256: Sha256,
    hub: Hub,
    caller: CalledBy,
    unmask: UnmaskReason = None,
) -> Response:
    """A filed document, to be saved and never to be run; people stand in it, so a look (CS-P1)."""
    reason = reason_given(unmask)
    with hub.database.writing() as tx:
        _check_seen(tx, caller, incident_id)
        content = service.read_attachment(tx, hub.search, incident_id, sha256)
        found = download(content, sha256)
        about = f"incident/{incident_id}/{sha256}"
        record_look(tx, caller, "document", about, hub.clock.now(), reason=reason)
    return found


@router.post("/{incident_id}/checked")
def checked(
    incident_id: IncidentId, order: CheckOrder, hub: Hub, caller: CalledBy
) -> IncidentDossier:
    """A site has looked for it."""
    check_site(caller, order.site)
    answer = Answer(order.site, caller.name, order.found, tuple(order.checks), order.note)
    return _act(
        hub,
        caller,
        incident_id,
        lambda tx: service.answer_self_check(tx, incident_id, answer, hub.clock.now()),
    )


@router.post("/{incident_id}/triage")
def triage(
    incident_id: IncidentId, order: TriageOrder, hub: Hub, caller: CalledBy
) -> IncidentDossier:
    """Monitoring staff confirm the abnormal link; its site must follow up."""
    found = Triage(order.level, order.abnormal_site, order.note)
    return _act(
        hub,
        caller,
        incident_id,
        lambda tx: service.triage(tx, hub.search, incident_id, found, caller.name, hub.clock.now()),
    )


@router.post("/{incident_id}/follow_up")
def follow_up(
    incident_id: IncidentId, order: FollowUpOrder, hub: Hub, caller: CalledBy
) -> IncidentDossier:
    """The responsible person of a site has followed up."""
    check_site(caller, order.site)
    done = FollowUp(order.site, order.reason)
    return _act(
        hub,
        caller,
        incident_id,
        lambda tx: service.follow_up(
            tx, hub.search, incident_id, done, caller.name, hub.clock.now()
        ),
    )


@router.post("/{incident_id}/stop")
def stop(
    incident_id: IncidentId, order: ReasonOrder, hub: Hub, caller: CalledBy
) -> IncidentDossier:
    """No scanner lets it pass any more."""
    return _by_reason(service.stop, incident_id, order, hub, caller)


@router.post("/{incident_id}/release")
def release(
    incident_id: IncidentId, order: ReasonOrder, hub: Hub, caller: CalledBy
) -> IncidentDossier:
    """It may go on."""
    return _by_reason(service.release, incident_id, order, hub, caller)


@router.post("/{incident_id}/confirm_lost")
def confirm_lost(
    incident_id: IncidentId, order: ReasonOrder, hub: Hub, caller: CalledBy
) -> IncidentDossier:
    """A person declares it lost."""
    return _by_reason(service.confirm_lost, incident_id, order, hub, caller)


@router.post("/{incident_id}/attach")
def attach(
    incident_id: IncidentId, order: AttachOrder, hub: Hub, caller: CalledBy
) -> IncidentDossier:
    """File a document."""
    document = Document(order.name, order.content(), order.police, order.note)
    return _act(
        hub,
        caller,
        incident_id,
        lambda tx: service.attach(
            tx, hub.search, incident_id, document, caller.name, hub.clock.now()
        ),
    )


def _by_reason(
    act: Callable[..., object],
    incident_id: int,
    order: ReasonOrder,
    hub: HubContext,
    caller: Caller,
) -> IncidentDossier:
    def do(tx: Connection) -> object:
        return act(tx, hub.search, incident_id, caller.name, order.reason, hub.clock.now())

    return _act(hub, caller, incident_id, do)


def _act(
    hub: HubContext, caller: Caller, incident_id: int, act: Callable[[Connection], object]
) -> IncidentDossier:
    try:
        with hub.database.writing() as tx:
            _check_seen(tx, caller, incident_id)
            act(tx)
            return _dossier(tx, incident_id)
    except UnknownIncidentError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    except IncidentError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error


def _check_seen(tx: Connection, caller: Caller, incident_id: int) -> None:
    """Answer to whom no site of a search belongs as if there were none."""
    try:
        is_theirs = caller.sees_any(service.find_incident(tx, incident_id).sites)
    except UnknownIncidentError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    if not is_theirs:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no incident {incident_id}")


def _dossier(tx: Connection, incident_id: int) -> IncidentDossier:
    try:
        return dossier_of(service.read_dossier(tx, incident_id))
    except UnknownIncidentError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
