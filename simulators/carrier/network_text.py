"""Write a world as network.toml: what the carrier would hand to the hub.

Pure. Source: interface.md (network.toml).
"""

import json
from collections.abc import Iterable

from simulators.carrier.timetable import SiteKind
from simulators.carrier.world import World

Value = str | float | list[str]


def network_text(world: World) -> str:
    """The whole file."""
    return "\n".join(
        [
            *_tables("region", (_region_row(each.code, each.name_zh) for each in world.regions)),
            *_tables("site", _site_rows(world)),
            *_tables("place", _place_rows(world)),
            *_tables("lane", _lane_rows(world)),
            *_tables("shift", _shift_rows(world)),
            *_tables("staff", _staff_rows(world)),
            *_tables("channel", _channel_rows(world)),
            *_tables("vehicle", _vehicle_rows(world)),
            *_tables("flight", _flight_rows(world)),
        ]
    )


def _tables(name: str, rows: Iterable[dict[str, Value]]) -> Iterable[str]:
    for row in rows:
        keys = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in row.items())
        yield "\n".join((f"[[{name}]]", *keys, ""))


def _region_row(code: str, name: str) -> dict[str, Value]:
    return {
        "code": code,
        "name": name,
        "operations_contact": f"operations@{code}.example",
        "claims_contact": f"claims@{code}.example",
    }


def _site_rows(world: World) -> Iterable[dict[str, Value]]:
    for site in world.sites:
        row: dict[str, Value] = {"code": site.code, "name": site.name, "kind": site.kind.value}
        row["region"] = site.region
        if site.superior is not None:
            row["superior"] = site.superior
        row["contacts"] = [f"supervisor@{site.code.lower()}.example"]
        row["timezone"] = site.zone
        yield row


def _place_rows(world: World) -> Iterable[dict[str, Value]]:
    for place in world.places:
        row: dict[str, Value] = {"site": place.site, "id": place.id, "kind": place.kind}
        if place.keeper is not None:
            row["keeper"] = place.keeper
        if place.container is not None:
            row["container"] = place.container
        yield row


def _lane_rows(world: World) -> Iterable[dict[str, Value]]:
    for lane in world.lanes:
        yield {
            "from": lane.origin,
            "to": lane.destination,
            "planned_h": lane.planned_h,
            "shift": lane.shift,
        }


def _shift_rows(world: World) -> Iterable[dict[str, Value]]:
    for shift in world.shifts:
        yield {
            "site": shift.site,
            "name": shift.name,
            "from": f"{shift.starts:%H:%M}",
            "to": f"{shift.ends:%H:%M}",
        }


def _staff_rows(world: World) -> Iterable[dict[str, Value]]:
    for person in world.people:
        yield {
            "badge": person.badge,
            "name": person.name,
            "duty": person.duty.value,
            "site": person.site,
        }


def _channel_rows(world: World) -> Iterable[dict[str, Value]]:
    for channel in world.channels:
        yield {
            "site": channel.site,
            "camera": channel.camera,
            "name": channel.name,
            "places": list(channel.places),
            "role": channel.role,
        }


def _vehicle_rows(world: World) -> Iterable[dict[str, Value]]:
    """Each road lane's own vehicle, and a half-closed one that is hired where that is short."""
    for lane in world.lanes:
        if not lane.by_air:
            ends = {world.site[lane.origin].kind, world.site[lane.destination].kind}
            kind = "closed_box_locked" if SiteKind.BRANCH in ends else "container"
            yield {"id": lane.vehicle, "kind": kind}
            yield {"id": lane.half_closed.vehicle, "kind": "half_closed_box_locked"}


def _flight_rows(world: World) -> Iterable[dict[str, Value]]:
    for lane in world.lanes:
        if lane.by_air:
            kind = "scheduled" if lane.shift == "day" else "dedicated"
            yield {"id": lane.vehicle, "kind": kind}
