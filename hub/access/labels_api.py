"""The page of labels in the console: print steps, places, containers and new badges.

Source: interface ("Labels", ``custos-labels``). A badge that is printed is a new one: that is an
act (POST), and its page is shown once.
"""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from hub.access import badges
from hub.access.labels_page import Person, labels_page, printed_page
from hub.access.rules import Caller
from hub.labels import badge_label, container_labels, place_labels, step_labels
from hub.packs.service import renew_packs
from hub.web.choice import language_of, theme_of
from hub.web.context import CalledBy, Hub, HubContext, check_site
from hub.web.form import read_form
from hub.web.problems import ProblemError

IDS_CHARS_MAX = 2_000

router = APIRouter(include_in_schema=False)

_log = structlog.get_logger()
_VERBS = {"bag": "BAG", "vehicle": "VEH", "flight": "FLT", "pallet": "PAL"}
_Ids = Annotated[str, Query(max_length=IDS_CHARS_MAX)]


@router.get("/console/labels")
def show_labels(
    request: Request,
    hub: Hub,
    caller: CalledBy,
    site: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{0,32}$")] = "",
    bag: _Ids = "",
    vehicle: _Ids = "",
    flight: _Ids = "",
    pallet: _Ids = "",
) -> HTMLResponse:
    """Labels of a site, and its people, for whom badges can be printed."""
    if site:
        check_site(caller, site)
    asked = {"bag": bag, "vehicle": vehicle, "flight": flight, "pallet": pallet}
    try:
        boxes = [
            label
            for field, ids in asked.items()
            for label in container_labels(_VERBS[field], ids.replace(",", " ").split())
        ]
        sections = [
            ("steps", step_labels()),
            ("places", place_labels(hub.network, site)),
            ("containers", boxes),
        ]
        return labels_page(
            sections,
            _people(hub, site),
            sites=[each for each in sorted(hub.network.sites) if caller.sees(each)],
            site=site,
            containers=asked,
            language=language_of(request),
            theme=theme_of(request),
        )
    except ValueError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


@router.post("/console/labels/badge")
async def print_badge(request: Request, hub: Hub, caller: CalledBy) -> Response:
    """Print a new badge: the one of before counts no more."""
    form = await read_form(request)
    return await run_in_threadpool(_print, request, hub, caller, form.get("badge", ""))


def _print(request: Request, hub: HubContext, caller: Caller, badge: str) -> Response:
    person = hub.network.people.get(badge)
    if person is None or not caller.sees(person.site):
        raise ProblemError(HTTPStatus.NOT_FOUND, "the network file lists no such badge")
    now = hub.clock.now()
    with hub.database.writing() as tx:
        token = badges.print_badge(tx, hub.network, badge, caller.name, now, hub.clock.random_bytes)
        renew_packs(tx, [person.site])
    _log.info("badge printed", site=person.site, by=caller.name)
    return printed_page(badge_label(person, token), language_of(request), theme_of(request))


def _people(hub: HubContext, site: str) -> list[Person]:
    mine = sorted((each for each in hub.network.staff if each.site == site), key=lambda p: p.badge)
    with hub.database.reading() as tx:
        tokens = badges.tokens_of(tx, [person.badge for person in mine])
    return [Person(each, tokens.get(each.badge)) for each in mine]
