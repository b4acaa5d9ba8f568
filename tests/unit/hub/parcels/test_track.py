"""Where a parcel stands on its route, and where it is expected next."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from hub.network import EMPTY, Lane, Network
from hub.parcels.rules.parcel import Declaration, Parcel
from hub.parcels.rules.traces import ParcelState, Standing
from hub.parcels.rules.track import planned_route, track
from tests.hub_parts import START
from tests.unit.hub.parcels.signs import standing, trace
from wire.names import Step

WAY = ("755A", "755W", "020R", "020B")
LANES = Network(
    lane=tuple(
        Lane(origin=a, destination=b, planned_h=3) for a, b in [*pairwise(WAY), ("769X", "020R")]
    )
)


def declared(route: tuple[str, ...] | None = None, **fields: object) -> Declaration:
    own: dict[str, object] = {"origin": WAY[0], "destination": WAY[-1]}
    plain = {"declared_value_cny": None, "accepted_at": None, "people": None}
    return Declaration(route=route, **{**plain, **own, **fields})


def parcel(
    seen: Standing | None = None,
    declaration: Declaration | None = None,
    lost_minute: int | None = None,
    silent_minute: int | None = None,
) -> Parcel:
    def at(minute: int | None) -> datetime | None:
        return None if minute is None else START + timedelta(minutes=minute)

    return Parcel(
        "103000000001",
        declaration or declared(),
        lost_at=at(lost_minute),
        silent_since=at(silent_minute),
        seen=seen,
    )


def test_a_route_is_the_declared_one_else_the_lanes() -> None:
    assert planned_route(parcel(), LANES) == WAY
    own = ("755A", "020B")
    assert planned_route(parcel(declaration=declared(route=own)), LANES) == own
    assert planned_route(parcel(), EMPTY) is None
    assert planned_route(parcel(declaration=declared(origin=None)), LANES) is None
    assert planned_route(Parcel("1"), LANES) is None


def test_what_was_only_declared_is_expected_at_its_origin() -> None:
    way = track(parcel(), [], LANES)
    assert (way.state, way.site, way.expected_site) == (ParcelState.DECLARED, None, WAY[0])


@pytest.mark.parametrize(
    ("site", "step", "position", "expected"),
    [
        ("755A", Step.ACCEPT, 0, "755W"),
        ("755A", Step.DEPART, 0, "755W"),
        ("020R", Step.ARRIVE, 2, "020B"),
        ("020B", Step.ARRIVE, 3, "020B"),
        ("769X", Step.SORT, None, "020R"),
        ("999Z", Step.SORT, None, None),
        ("020B", Step.DELIVER, 3, None),
    ],
)
def test_the_next_scan_is_expected_at_the_next_site(
    site: str, step: Step, position: int | None, expected: str | None
) -> None:
    way = track(parcel(standing(trace(0, site, step))), [], LANES)
    assert (way.position, way.expected_site) == (position, expected)


def test_a_returning_parcel_goes_its_route_backwards() -> None:
    way = track(parcel(standing(trace(0, "020B", Step.RETURN))), [], LANES)
    assert (way.route, way.position, way.expected_site) == (WAY[::-1], 0, "020R")


def test_a_parcel_in_a_bag_is_where_the_bag_was_recorded_since() -> None:
    packed = standing(trace(0, "755W", Step.PACK, "bag:B-1"))
    bag = standing(trace(9, "755W", Step.DEPART, "vehicle:V-1", unit="bag:B-1"))
    way = track(parcel(packed), [bag], LANES)
    assert (way.state, way.site, way.expected_site) == (ParcelState.UNDER_WAY, "755W", "020R")
    arrived = standing(trace(99, "020R", Step.ARRIVE, unit="bag:B-1"))
    assert track(parcel(packed), [arrived, bag], LANES).expected_site == "020B"
    older = standing(trace(-9, "755A", Step.DEPART, unit="bag:B-1"))
    assert track(parcel(packed), [older], LANES).state is ParcelState.AT_SITE


def test_a_lost_parcel_is_expected_nowhere_and_any_later_sign_finds_it() -> None:
    silent = standing(trace(0, "755W", Step.DEPART))
    way = track(parcel(silent, lost_minute=60, silent_minute=0), [], LANES)
    assert (way.state, way.expected_site) == (ParcelState.LOST, None)
    found = standing(trace(0, "755W", Step.DEPART), trace(9, "769X", Step.COUNT))
    way = track(parcel(found, lost_minute=60, silent_minute=0), [], LANES)
    assert (way.state, way.expected_site) == (ParcelState.FOUND, "020R")
    delivered = standing(trace(61, "020B", Step.DELIVER))
    assert (
        track(parcel(delivered, lost_minute=60, silent_minute=0), [], LANES).state
        is ParcelState.DELIVERED
    )
    assert track(parcel(None, lost_minute=60), [], LANES).state is ParcelState.LOST
