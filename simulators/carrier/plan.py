"""When things should happen by lane and shift: the yardstick for what is late.

Pure. Source: design section 7 (T0), HV-1.2.6, HV-2.6.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from simulators.carrier.truth import PlannedVisit
from simulators.carrier.world import DAY, World

HANDLING = timedelta(minutes=15)
"""From a vehicle's arrival until its parcels are ready for the next."""


def homecoming(world: World, site: str, accepted_at: datetime) -> datetime:
    """When the courier who accepted a parcel hands it to the keeper."""
    today = world.local(site, accepted_at).date()
    ends = (
        world.moment(site, day, clock)
        for day in (today, today + DAY)
        for clock in world.timetable.homecomings
    )
    return min(end for end in ends if end >= accepted_at + timedelta(minutes=5))


def next_round(world: World, site: str, ready_at: datetime) -> datetime:
    """When the next delivery round leaves a site; none does on a statutory holiday."""
    day: date = world.local(site, ready_at).date()
    while True:
        if world.is_working_day(day):
            for leaves, _ in world.timetable.rounds:
                at = world.moment(site, day, leaves)
                if at >= ready_at:
                    return at
        day += DAY


def arrival(world: World, way: Sequence[str], ready_at: datetime) -> datetime:
    """When what is ready at the first site of a way should be at the last one."""
    at = ready_at
    for site, to in pairwise(way):
        at = world.leaving(site, to, at).due_at + HANDLING
    return at - HANDLING


def planned_visits(
    world: World, route: Sequence[str], accepted_at: datetime
) -> tuple[PlannedVisit, ...]:
    """The sites of a parcel's way with planned times, as known at its acceptance."""
    visits: list[PlannedVisit] = []
    arrives_at = accepted_at
    ready_at = homecoming(world, route[0], accepted_at) + HANDLING
    for site, to in pairwise(route):
        leaving = world.leaving(site, to, ready_at)
        visits.append(PlannedVisit(site, arrives_at, leaving.at))
        arrives_at = leaving.due_at
        ready_at = arrives_at + HANDLING
    return (*visits, PlannedVisit(route[-1], arrives_at, None))
