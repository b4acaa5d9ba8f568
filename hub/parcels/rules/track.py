"""Where a parcel stands on its route, and where it is expected next. Pure.

Source: HV-2.3 to HV-2.6, design section 7 ("diverted").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.network import Network
from hub.parcels.rules.parcel import Parcel
from hub.parcels.rules.traces import OVER, ParcelState, Standing

_FIXED = OVER | {ParcelState.LOST, ParcelState.REPLACED}


@dataclass(frozen=True, slots=True)
class Track:
    """A parcel on its way.

    ``site`` and ``at`` tell its last recorded place, by its own label or by that of what it lies
    in. ``route`` is in the direction in which it goes, ``position`` the place of ``site`` on it
    (null: beside it). ``expected_site`` is where the next scan belongs; null: nothing is expected,
    or nobody knows.
    """

    state: ParcelState
    site: str | None
    at: datetime | None
    returning: bool
    route: tuple[str, ...] | None
    position: int | None
    expected_site: str | None


def planned_route(parcel: Parcel, network: Network) -> tuple[str, ...] | None:
    """The route that a parcel was declared with, else the lanes' quickest; null: nobody knows."""
    said = parcel.declaration
    if said is None:
        return None
    return route_between(said.route, said.origin, said.destination, network)


def route_between(
    declared: tuple[str, ...] | None, origin: str | None, destination: str | None, network: Network
) -> tuple[str, ...] | None:
    """The same, by what of a declaration tells the route."""
    if declared:
        return declared
    if origin is None or destination is None:
        return None
    return network.route(origin, destination)


def track(parcel: Parcel, around: Sequence[Standing], network: Network) -> Track:
    """Put a parcel on its route.

    Args:
        parcel: with its own traces.
        around: what the containers that it is in now were recorded as; the newest word counts.
        network: the lanes, for parcels without a route of their own and for those beside it.
    """
    route = planned_route(parcel, network)
    own = parcel.seen
    if own is None:
        expected = route[0] if route and parcel.state is ParcelState.DECLARED else None
        return Track(parcel.state, None, None, False, route, None, expected)
    if own.returning and route is not None:
        route = route[::-1]
    newest = max((own, *around), key=lambda standing: standing.last.at)
    state = parcel.state if newest is own or parcel.state in _FIXED else newest.state
    site = newest.last.site
    position = route.index(site) if route is not None and site in route else None
    expected = None if state in _FIXED else _next_site(route, position, site, network)
    return Track(state, site, newest.last.at, own.returning, route, position, expected)


def _next_site(
    route: tuple[str, ...] | None, position: int | None, site: str, network: Network
) -> str | None:
    if route is None:
        return None
    if position is None:
        # Beside its route: the quickest way from where it is.
        detour = network.route(site, route[-1])
        return detour[1] if detour is not None and len(detour) > 1 else None
    return route[position + 1] if position + 1 < len(route) else site
