"""Every page of the console x role x site: a page shows nothing that is not granted. HV-R1."""

from collections.abc import Iterator

import httpx
import pytest

from hub.access.accounts import add_account, make_token
from hub.access.grants import GRANTS, route_of
from hub.access.service import Role
from tests.browser.console_day import BAG, QUIET, LivingHub
from tests.browser.day_parcels import CARRIED, ENDED, FOUND, STOPPED, SUSPECT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EVERYBODYS = {"GET /console/wanted": {STOPPED, CARRIED, "zhao.lei"}}
"""What is stopped is so at every scanner, and everybody is told whom to ask (HV-3)."""
THEIRS = (
    *(SUSPECT, STOPPED, FOUND, CARRIED, ENDED, BAG, "755000000003", "103000004902"),
    *("王芳", "李强", "陈静", "zhao.lei", "chen.jing"),
    *("755W/gate", "021W/belt", "gate-1", "dock-1"),
    *("深圳一部", "深圳中转场", "上海中转场", "755A day", "021W / belt"),
)
"""What this day's pages tell of its sites: parcels, people, stations, names, shifts."""
IN_EVERY_BAR = {"755W/gate", "021W/belt", "755A day"}
"""Stations that are silent, and the shift that is on by day."""


def pages_of(day: LivingHub) -> dict[str, str]:
    """A page that there is for every route of the console; by its path without a query."""
    paths = (
        "/console",
        "/console/",
        f"/console/parcels/{SUSPECT}",
        "/console/incidents",
        f"/console/incidents/{day.incidents[SUSPECT]}",
        "/console/suspects",
        "/console/shift",
        "/console/dispatch",
        "/console/dispatch/1",
        "/console/staff",
        "/console/policy",
        "/console/wanted",
        "/console/wanted/import",
        "/console/quarantine",
        "/console/sites",
        "/console/reads",
        "/console/model",
        "/console/sites/755W/gate",
        "/console/cameras",
        "/console/cameras/755W/yard-1",
    )
    return {str(route_of("GET", path)): path for path in paths}


def client(day: LivingHub, role: Role) -> httpx.Client:
    """Somebody of the quiet site, or an administrator of the whole hub."""
    sites = None if role is Role.ADMINISTRATOR else frozenset({QUIET})
    hub = day.dock.role
    with hub.database.writing() as tx:
        add_account(tx, f"some.{role}", role, sites, "$argon2id$nothing", "test", hub.clock.now())
        token = make_token(tx, f"some.{role}", "test", hub.clock.now(), hub.clock.random_bytes)[0]
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    return httpx.Client(
        base_url=day.process.url, headers=headers, timeout=30, follow_redirects=True
    )


def told(answer: httpx.Response, path: str) -> set[str]:
    """What a page tells of the day beside what was asked for."""
    return {each for each in THEIRS if each in answer.text and each not in path}


@pytest.fixture(scope="module")
def seen_by_all(day: LivingHub) -> Iterator[dict[str, set[str]]]:
    """What each page tells an administrator."""
    with client(day, Role.ADMINISTRATOR) as person:
        yield {route: told(person.get(path), path) for route, path in pages_of(day).items()}


def test_every_page_of_the_console_is_asked_for(day: LivingHub) -> None:
    pages = {route for route in GRANTS if route.startswith("GET /console")}
    assert pages_of(day).keys() == pages - {"GET /console/labels"}


def test_what_nobody_may_see_would_be_seen(seen_by_all: dict[str, set[str]]) -> None:
    says_nothing = {route for route, seen in seen_by_all.items() if not seen - IN_EVERY_BAR}
    # By day the bar tells of the shift that is on, which is all that the register tells.
    says_nothing -= {"GET /console/dispatch"}
    assert says_nothing == {"GET /console/policy", "GET /console/wanted/import"}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_who_is_bound_to_a_quiet_site_sees_nothing_of_the_others(
    day: LivingHub, role: Role
) -> None:
    with client(day, role) as person:
        for route, path in pages_of(day).items():
            answer = person.get(path)
            assert answer.status_code == (200 if role in GRANTS[route] else 403), route
            everybodys = EVERYBODYS.get(route, set()) if answer.status_code == 200 else set()
            assert told(answer, path) == everybodys, route
