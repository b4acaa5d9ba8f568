"""Where a parcel should be scanned next, and by when. Pure.

Sites skip scans, so the plan looks several scans ahead: what is not read on leaving one site is
read on coming to the next. Source: HV-2.11.2, design section 7, facts.md ("Missing parcels").
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from hub.missing.rules.schedule import Schedule
from wire.names import Step

AHEAD_MAX = 4
"""Scans that a deadline looks ahead: two sites."""


class Phase(StrEnum):
    """What a scan says of a parcel's way: it is at a site, has left, or is with its recipient."""

    IN = "in"
    OUT = "out"
    DELIVERED = "delivered"


def phase_of(step: Step | None) -> Phase:
    """What a work step says of a parcel's way."""
    if step in (Step.LOAD, Step.DEPART, Step.OUT_FOR_DELIVERY):
        return Phase.OUT
    return Phase.DELIVERED if step is Step.DELIVER else Phase.IN


@dataclass(frozen=True, slots=True)
class Stop:
    """A scan that is expected: at which site, in which phase, and ``by`` when the plan has it.

    ``origin`` is the site that the parcel comes from, where it is the way between them that counts;
    ``is_last``: it leaves for its recipient.
    """

    site: str
    phase: Phase
    by: datetime
    origin: str | None = None
    is_last: bool = False

    @property
    def key(self) -> str:
        """What is learned of such scans goes under this name; ``:`` ends the name of the pool."""
        came = f"{self.origin}>" if self.origin is not None else ""
        last = "-last" if self.is_last else ""
        return f"{self.phase.value}{last}:{came}{self.site}"


@dataclass(frozen=True, slots=True)
class LastScan:
    """A parcel's newest scan by event time."""

    site: str
    phase: Phase
    at: datetime


def remaining_route(
    route: tuple[str, ...] | None, site: str, schedule: Schedule
) -> tuple[str, ...] | None:
    """The sites from here on; a diverted parcel goes the network's way to its destination.

    Returns:
        ``None`` where nobody has planned a way.
    """
    if not route:
        return None
    if site in route:
        return route[len(route) - 1 - route[::-1].index(site) :]
    return schedule.network.route(site, route[-1])


def stops_ahead(
    last: LastScan, way: tuple[str, ...], known: tuple[Stop, ...], schedule: Schedule
) -> tuple[Stop, ...]:
    """The next scans on a parcel's way, at most ``AHEAD_MAX``.

    Args:
        last: its newest scan.
        way: the sites from that scan's site on.
        known: what was expected before. A parcel that is scanned again inside a site still leaves
            with the shift that it came in time for, until that shift has gone.
        schedule: lanes, shifts, holidays.
    """
    if last.phase is Phase.DELIVERED:
        return ()
    if last.phase is Phase.IN and _is_leaving(known, last, way):
        return known
    stops: list[Stop] = []
    at, phase = last.at, last.phase
    for here, onward in pairwise(way[: 1 + AHEAD_MAX]):
        if phase is Phase.IN:
            leg = schedule.next_leg(here, onward, at + schedule.handle)
            stops.append(Stop(here, Phase.OUT, leg.departs_at))
            at = leg.arrives_at
        else:
            at = schedule.arrives_at(here, onward, at)
        at = schedule.opens_at(onward, at)
        stops.append(Stop(onward, Phase.IN, at, origin=here))
        phase = Phase.IN
    if phase is Phase.IN:
        at = schedule.goes_out_at(way[-1], at + schedule.handle)
        stops.append(Stop(way[-1], Phase.OUT, at, is_last=True))
    stops.append(Stop(way[-1], Phase.DELIVERED, schedule.workday(way[-1], at + schedule.delivery)))
    return tuple(stops[:AHEAD_MAX])


def _is_leaving(known: tuple[Stop, ...], last: LastScan, way: tuple[str, ...]) -> bool:
    if not known or known[0].phase is not Phase.OUT or known[0].by <= last.at:
        return False
    return known[0].site == last.site and known[1].site == (*way, last.site)[1]
