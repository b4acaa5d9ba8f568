"""Read ``network.toml``, whole and checked.

A name that nothing stands behind is an error, because a route or an alarm would end there.
Source: interface (network.toml).
"""

import tomllib
from collections import Counter
from collections.abc import Container, Iterable
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hub.network import Network, Site
from wire.limits import ERROR_TEXT_MAX, PACK_PLACES_MAX, PACK_SHIFTS_MAX, PACK_STAFF_MAX
from wire.site_pack import Duty


def parse_network(data: bytes) -> Network:
    """Read a network file.

    Raises:
        ValueError: not TOML, an unknown key, a value out of its bounds, a name twice, or one that
            nothing stands behind; one sentence.
    """
    try:
        tables = tomllib.loads(data.decode("utf-8"))
        network = msgspec.convert(_plain(tables), Network)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"network: {error}"[:ERROR_TEXT_MAX]) from error
    try:
        _check_unique(network)
        _check_references(network)
        _check_packs(network)
    except ValueError as error:
        raise ValueError(f"network: {error}"[:ERROR_TEXT_MAX]) from error
    return network


_DUTY_ALIASES = {
    "designated_receiver": Duty.DESIGNATED_KEEPER,
    "designated_keeper/receiver": Duty.DESIGNATED_KEEPER,
}


def _plain(tables: dict[str, Any]) -> dict[str, Any]:
    """Times of day as ``HH:MM`` and duties as our names, however the file writes them."""
    for shift in _rows(tables, "shift"):
        for key in ("from", "to"):
            if isinstance(shift.get(key), time):
                shift[key] = shift[key].strftime("%H:%M")
    for person in _rows(tables, "staff"):
        duty = person.get("duty")
        if isinstance(duty, str):
            name = duty.strip().lower().replace(" ", "_").replace("-", "_")
            person["duty"] = _DUTY_ALIASES.get(name, name)
    return tables


def _rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = tables.get(name, [])
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _check_unique(network: Network) -> None:
    keys: dict[str, Iterable[object]] = {
        "region": (each.code for each in network.region),
        "site": (each.code for each in network.site),
        "place": (f"{each.site}/{each.id}" for each in network.place),
        "shift": (f"{each.site}/{each.name}" for each in network.shift),
        "staff": (each.badge for each in network.staff),
        "channel": (f"{each.site}/{each.camera}" for each in network.channel),
        "vehicle": (each.id for each in network.vehicle),
        "flight": (each.id for each in network.flight),
    }
    for table, names in keys.items():
        seen: set[object] = set()
        for name in names:
            if name in seen:
                raise ValueError(f"{table} {name} stands there twice")
            seen.add(name)


def _check_references(network: Network) -> None:
    for site in network.site:
        _known(site.region, network.regions, f"site {site.code}: region")
        if site.superior is not None:
            _known(site.superior, network.sites, f"site {site.code}: superior")
        try:
            ZoneInfo(site.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"site {site.code}: no timezone {site.timezone!r}") from error
        _check_ends(network, site)
    for place in network.place:
        _known(place.site, network.sites, f"place {place.id}: site")
        if place.keeper is not None:
            _known(place.keeper, network.people, f"place {place.site}/{place.id}: keeper")
    for shift in network.shift:
        _known(shift.site, network.sites, f"shift {shift.name}: site")
    for person in network.staff:
        _known(person.site, network.sites, f"staff {person.badge}: site")
    for channel in network.channel:
        for id_ in channel.places:
            what = f"channel {channel.site}/{channel.camera}: place"
            _known((channel.site, id_), network.places, what)
    _check_lanes(network)


def _check_lanes(network: Network) -> None:
    for lane in network.lane:
        what = f"lane {lane.origin} to {lane.destination}"
        _known(lane.origin, network.sites, f"{what}: from")
        _known(lane.destination, network.sites, f"{what}: to")
        shifts = {shift.name for shift in network.shifts_of.get(lane.origin, ())}
        if lane.shift is not None and lane.shift not in shifts:
            raise ValueError(f"{what}: {lane.origin} has no shift {lane.shift}")


def _check_ends(network: Network, site: Site) -> None:
    """An escalation climbs the superiors: it must come to an end."""
    above, seen = site, {site.code}
    while above.superior is not None:
        if above.superior in seen:
            raise ValueError(f"site {site.code}: its superiors go round in a circle")
        seen.add(above.superior)
        above = network.sites[above.superior]


def _check_packs(network: Network) -> None:
    """What goes to one site's edges has bounds of its own (wire.limits)."""
    for sites, most, what in (
        (Counter(each.site for each in network.staff), PACK_STAFF_MAX, "staff"),
        (Counter(each.site for each in network.place), PACK_PLACES_MAX, "places"),
        (Counter(each.site for each in network.shift), PACK_SHIFTS_MAX, "shifts"),
    ):
        for site, count in sites.items():
            if count > most:
                raise ValueError(f"site {site}: {count} {what}, at most {most} are allowed")


def _known(name: object, known: Container[object], what: str) -> None:
    if name not in known:
        shown = name[1] if isinstance(name, tuple) else name
        raise ValueError(f"{what} {shown} is not in the file")
