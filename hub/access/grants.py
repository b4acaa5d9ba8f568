"""Which role may use which route: one table, and what does not stand in it is refused. Pure.

A new route needs one line here, ``"METHOD /path/{parameter}": WHO``; without it the hub does not
start. ``WS`` is a WebSocket; a page of the console is a GET under ``/console``. The table says who
may ask at all; which sites' things the answer holds is each route's own work (``Caller.sees``).
Source: HV-R1, CS-P1, docs/adr/0014.
"""

import re
from collections.abc import Iterable, Mapping

from hub.access.rules import UNMASKING_ROLES, Role

EVERYONE = frozenset(Role)
"""Everyone who has signed in."""
WORKING = EVERYONE - {Role.AUDITOR}
"""Who does something; an auditor only looks."""
WATCHING = EVERYONE - {Role.WAREHOUSE}
"""Who looks at alerts: not the people on the floor, since an entry may be covert."""
DECIDING = frozenset({Role.MONITOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Who acts on alerts, and says what is wanted."""
LEADING = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
CHECKING = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
UPLOADING = LEADING | {Role.WAREHOUSE}
"""Who is where the signed paper comes back to."""

OPEN = frozenset(
    {
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
        "GET /enter/{secret}",
        "GET /login",
        "POST /login",
        "POST /api/v1/edge/enrol",
        "POST /api/v1/edge/certificate",
        "POST /api/v1/edge/rotate",
        "POST /api/v1/edge/bodies",
        "POST /api/v1/edge/wanted",
        "POST /api/v1/edge/pack",
        "POST /api/v1/edge/footage",
        "POST /api/v1/edge/footage-gone",
        "POST /api/v1/edge/picture",
    }
)
"""Served to strangers: console links carry their secret, edges sign their requests."""

GRANTS: Mapping[str, frozenset[Role]] = {
    # A person's own things
    "GET /account": EVERYONE,
    "POST /account/password": EVERYONE,
    "POST /account/choice": EVERYONE,
    "POST /account/sessions": EVERYONE,
    "POST /logout": EVERYONE,
    "GET /api/v1/me": EVERYONE,
    # Accounts
    "GET /api/v1/accounts": ADMINISTRATORS,
    "POST /api/v1/accounts": ADMINISTRATORS,
    "GET /api/v1/accounts/{name}": ADMINISTRATORS,
    "PATCH /api/v1/accounts/{name}": ADMINISTRATORS,
    "PUT /api/v1/accounts/{name}/password": ADMINISTRATORS,
    "DELETE /api/v1/accounts/{name}/sessions": ADMINISTRATORS,
    "GET /api/v1/accounts/{name}/tokens": ADMINISTRATORS,
    "POST /api/v1/accounts/{name}/tokens": ADMINISTRATORS,
    "DELETE /api/v1/accounts/{name}/tokens/{token_id}": ADMINISTRATORS,
    # People, and who looked at their data
    "GET /api/v1/staff": LEADING | CHECKING,
    "POST /api/v1/staff/{badge}/token": LEADING,
    "DELETE /api/v1/staff/{badge}/token": LEADING,
    "GET /api/v1/looks": CHECKING,
    # What this hub is
    "GET /api/v1/about": EVERYONE,
    "GET /api/v1/openapi.json": EVERYONE,
    "GET /api/v1/policy": WATCHING,
    # Events and where they come from
    "GET /api/v1/events": WATCHING,
    "GET /api/v1/edges": WATCHING,
    "GET /api/v1/edges/{site}/{edge}/record": CHECKING,
    "POST /api/v1/edges/{site}/{edge}/revoke": ADMINISTRATORS,
    "POST /api/v1/edges/{site}/{edge}/replacement": ADMINISTRATORS,
    "GET /api/v1/edges/{site}/{edge}/spools": WATCHING,
    "POST /api/v1/edges/{site}/{edge}/spools/{spool}/close": ADMINISTRATORS,
    "GET /api/v1/devices": WATCHING,
    "GET /api/v1/quarantine": CHECKING,
    "POST /api/v1/quarantine/{item_id}/done": ADMINISTRATORS,
    "POST /api/v1/quarantine/{item_id}/again": ADMINISTRATORS,
    # Parcels
    "GET /api/v1/parcels/{waybill}": EVERYONE,
    "PUT /api/v1/parcels/{waybill}": LEADING,
    "POST /api/v1/parcels/{waybill}/signed-returns": UPLOADING,
    "GET /api/v1/parcels/{waybill}/signed-returns/{sha256}": UNMASKING_ROLES,
    "POST /api/v1/parcels/{waybill}/signed-returns/{sha256}/check": LEADING,
    "GET /api/v1/manifests/{manifest_id}": EVERYONE,
    "PUT /api/v1/manifests/{manifest_id}": WORKING,
    # The dispatch register
    "GET /api/v1/dispatch": EVERYONE,
    "GET /api/v1/dispatch/{list_id}": EVERYONE,
    "POST /api/v1/dispatch/{list_id}/send": WORKING,
    "POST /api/v1/dispatch/{list_id}/forward": WORKING,
    "POST /api/v1/dispatch/{list_id}/receive": WORKING,
    # Custody
    "GET /api/v1/parcels/{waybill}/custody": EVERYONE,
    "GET /api/v1/breaches": WATCHING,
    "GET /api/v1/nobody-time": WATCHING,
    # Cameras and footage
    "GET /api/v1/cameras": WATCHING,
    "GET /api/v1/clips": WATCHING,
    "GET /api/v1/parcels/{waybill}/footage": WATCHING,
    "GET /api/v1/holds": WATCHING,
    "POST /api/v1/holds": DECIDING,
    "DELETE /api/v1/holds/{hold_id}": LEADING,
    "POST /api/v1/playbacks": WATCHING,
    "GET /api/v1/playbacks/{playback_id}": WATCHING,
    "PUT /api/v1/playbacks/{playback_id}": DECIDING,
    "GET /api/v1/playbacks/{playback_id}/files/{sha256}": WATCHING,
    "GET /api/v1/playbacks/{playback_id}/clip": WATCHING,
    "GET /api/v1/pictures/{sha256}": WATCHING,
    "GET /api/v1/monitoring-logs": WATCHING,
    "GET /api/v1/monitoring-logs/{site}/{period}": WATCHING,
    # The wanted list
    "GET /api/v1/wanted": WATCHING,
    "GET /api/v1/wanted/{waybill}": WATCHING,
    "PUT /api/v1/wanted/{waybill}": DECIDING,
    "DELETE /api/v1/wanted/{waybill}": DECIDING,
    # Suspects, and who asked for them
    "GET /api/v1/suspects": EVERYONE,
    "GET /api/v1/queries": LEADING | CHECKING | {Role.MONITOR},
    # How many scans sites skip
    "GET /api/v1/reads": EVERYONE,
    # What the early warning was learned from, and how far it can be believed
    "GET /api/v1/models": WATCHING,
    # Incidents
    "GET /api/v1/incidents": EVERYONE,
    "GET /api/v1/incidents/{incident_id}": EVERYONE,
    "GET /api/v1/incidents/{incident_id}/attachments/{sha256}": UNMASKING_ROLES,
    "POST /api/v1/incidents/{incident_id}/checked": WORKING,
    "POST /api/v1/incidents/{incident_id}/triage": DECIDING,
    "POST /api/v1/incidents/{incident_id}/follow_up": LEADING,
    "POST /api/v1/incidents/{incident_id}/stop": DECIDING,
    "POST /api/v1/incidents/{incident_id}/release": LEADING,
    "POST /api/v1/incidents/{incident_id}/confirm_lost": LEADING,
    "POST /api/v1/incidents/{incident_id}/attach": DECIDING,
    # Alerts
    "GET /api/v1/alerts": WATCHING,
    "POST /api/v1/alerts/{alert_id}/ack": DECIDING,
    "POST /api/v1/alerts/{alert_id}/accept": DECIDING,
    "POST /api/v1/alerts/{alert_id}/reject": DECIDING,
    "WS /api/v1/live": WATCHING,
    # The console's pages
    "GET /console": WATCHING,
    "GET /console/": WATCHING,
    "GET /console/parcels/{waybill}": EVERYONE,
    "GET /console/incidents": EVERYONE,
    "GET /console/incidents/{incident_id}": EVERYONE,
    "GET /console/suspects": EVERYONE,
    "GET /console/shift": EVERYONE,
    "GET /console/dispatch": EVERYONE,
    "GET /console/dispatch/{list_id}": EVERYONE,
    "GET /console/staff": LEADING | CHECKING,
    "GET /console/policy": WATCHING,
    "GET /console/labels": LEADING,
    "POST /console/labels/badge": LEADING,
    "GET /console/wanted": WATCHING,
    "GET /console/wanted/import": DECIDING,
    "GET /console/quarantine": CHECKING,
    "GET /console/cameras": WATCHING,
    "GET /console/cameras/{site}/{camera}": WATCHING,
    "GET /console/sites": WATCHING,
    "GET /console/reads": EVERYONE,
    "GET /console/model": WATCHING,
    "GET /console/sites/{site}/{edge}": WATCHING,
}

OWN_PASSWORD = frozenset({"GET /account", "POST /account/password", "POST /logout"})
"""All that a person may do before a password that somebody else set is changed."""

ASSET_PREFIXES = ("/console/_nicegui", "/console/static/")
"""The framework's and our own scripts, styles and socket; pages themselves stand in ``GRANTS``."""

_PARAMETER = re.compile(r"\{[a-z0-9_]+\}")


def _pattern(path: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in _PARAMETER.split(path))
    return re.compile("[^/]+".join(parts))


def _by_method() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    # Fewest parameters first: /wanted/import is not the waybill "import".
    found: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for route in sorted((*OPEN, *GRANTS), key=lambda each: (each.count("{"), each)):
        method, _, path = route.partition(" ")
        found.setdefault(method, []).append((_pattern(path), route))
    return found


_ROUTES = _by_method()


def route_of(method: str, path: str) -> str | None:
    """The table's route that a request asks for; None: there is none, and nothing is served."""
    for pattern, route in _ROUTES.get("GET" if method == "HEAD" else method, ()):
        if pattern.fullmatch(path) is not None:
            return route
    return None


def methods_of(path: str) -> list[str]:
    """The methods that a path has in the table."""
    return [method for method in sorted(_ROUTES) if route_of(method, path) is not None]


def is_asset(path: str) -> bool:
    """Say whether a path is what every page of the console is made of."""
    return path.startswith(ASSET_PREFIXES)


def may(role: Role, route: str) -> bool:
    """Say whether a role may use a route; one that does not stand in the table: nobody."""
    return route in OPEN or role in GRANTS.get(route, frozenset())


def ungranted(routes: Iterable[str]) -> list[str]:
    """Those routes of an application that do not stand in the table."""
    return sorted({each for each in routes if each not in GRANTS and each not in OPEN})
