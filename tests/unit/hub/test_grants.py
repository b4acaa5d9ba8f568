"""Who may use which route; what does not stand in the table is refused. Source: HV-R1."""

import pytest

from hub.access.grants import GRANTS, OPEN, is_asset, may, methods_of, route_of, ungranted
from hub.access.rules import Caller, Role


def test_a_request_is_found_in_the_table_by_its_method_and_path() -> None:
    assert route_of("GET", "/api/v1/parcels/103000000001") == "GET /api/v1/parcels/{waybill}"
    assert route_of("HEAD", "/api/v1/about") == "GET /api/v1/about"
    assert route_of("WS", "/api/v1/live") == "WS /api/v1/live"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/v1/parcels/103000000001"),
        ("GET", "/api/v1/parcels/"),
        ("GET", "/api/v1/parcels/1/2"),
        ("GET", "/api/v1/about/"),
        ("GET", "//api/v1/about"),
        ("GET", "/api/v1/live"),
        ("TRACE", "/api/v1/about"),
    ],
)
def test_what_does_not_stand_in_the_table_is_no_route(method: str, path: str) -> None:
    assert route_of(method, path) is None


def test_a_path_tells_its_methods() -> None:
    assert methods_of("/api/v1/wanted/1") == ["DELETE", "GET", "PUT"]
    assert methods_of("/nothing") == []


def test_a_role_may_what_the_table_says_and_nothing_else() -> None:
    assert may(Role.AUDITOR, "GET /api/v1/alerts")
    assert not may(Role.AUDITOR, "POST /api/v1/alerts/{alert_id}/ack")
    assert not may(Role.ADMINISTRATOR, "GET /api/v1/nothing")
    assert may(Role.WAREHOUSE, "GET /healthz")


def test_people_on_the_floor_see_no_list_and_no_alert_since_an_entry_may_be_covert() -> None:
    mine = {route for route, roles in GRANTS.items() if Role.WAREHOUSE in roles}
    assert not {r for r in mine if "/wanted" in r or "/alerts" in r or "/events" in r}
    assert "WS /api/v1/live" not in mine


def test_an_auditor_changes_nothing_but_what_is_their_own() -> None:
    mine = {route for route, roles in GRANTS.items() if Role.AUDITOR in roles}
    changing = {route for route in mine if route.split()[0] not in ("GET", "WS")}
    # What they look at is on record as theirs.
    own = ("POST /account/", "POST /logout", "POST /api/v1/playbacks")
    assert all(r.startswith(own) for r in changing)


def test_the_administrator_may_everything() -> None:
    assert all(Role.ADMINISTRATOR in roles for roles in GRANTS.values())


def test_no_route_is_open_and_granted_at_once() -> None:
    assert not OPEN & GRANTS.keys()


def test_a_route_without_a_grant_is_named() -> None:
    assert ungranted(["GET /api/v1/about", "GET /healthz", "GET /new"]) == ["GET /new"]


@pytest.mark.parametrize("path", ["/console/staticx", "/static/a.css", "/api/_nicegui"])
def test_only_the_consoles_own_parts_are_assets(path: str) -> None:
    assert not is_asset(path)
    assert is_asset("/console/static/tokens.css")


def test_a_caller_sees_the_sites_that_they_are_bound_to() -> None:
    bound = Caller("li", Role.SUPERVISOR, frozenset({"755A"}))
    assert bound.sees("755A")
    assert not bound.sees("755W")
    assert not bound.sees(None)
    assert bound.sees_any(["755W", None, "755A"])
    assert not bound.sees_any([])


def test_a_caller_bound_to_no_sites_sees_all_of_them() -> None:
    free = Caller("li", Role.SUPERVISOR, None)
    assert free.sees("755W")
    assert free.sees(None)
    assert free.sees_any([])
