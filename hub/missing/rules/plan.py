"""Where a parcel should be scanned next, and by when. Pure.

Sites skip scans, so the plan looks several scans ahead: what is not read on leaving one site is
read on coming to the next. Source: HV-2.11.2, design section 7, facts.md ("Missing parcels").
"""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from hub.missing.rules.schedule import ANSWERS_KEPT, SLOT, Schedule, to_slot
from wire.names import Step

AHEAD_MAX = 8
"""Scans that a deadline looks ahead: four sites, for what was packed unseen is not read until its
bag is opened, two hubs on."""
LOADING_MAX = timedelta(hours=2)
"""What is loaded so long before a departure leaves with it."""
SITES_AHEAD = AHEAD_MAX // 2 + 2
"""Sites of its way that these scans tell of: where it is, and where the last one sends it."""


class Phase(StrEnum):
    """What a scan says of a parcel's way: it is at a site, has left, or is with its recipient."""

    IN = "in"
    OUT = "out"
    DELIVERED = "delivered"


_LEAVING = (Step.LOAD, Step.DEPART, Step.OUT_FOR_DELIVERY)


def phase_of(step: Step | None) -> Phase:
    """What a work step says of a parcel's way."""
    if step in _LEAVING:
        return Phase.OUT
    return Phase.DELIVERED if step is Step.DELIVER else Phase.IN


class Stop(Struct, frozen=True, array_like=True, gc=False):
    """A scan that is expected: at which site, in which phase, and ``by`` when the plan has it.

    ``again`` is when it comes instead if the parcel misses its next departure and takes the one
    after it (HV-2.3). ``origin`` is the site that the parcel comes from, where it is the way
    between them that counts, and ``reach_h`` that way's hours, rounded up to a power of four;
    ``is_last``: it leaves for its recipient.
    """

    site: str
    phase: Phase
    by: datetime
    again: datetime
    origin: str | None = None
    reach_h: int | None = None
    is_last: bool = False

    @property
    def key(self) -> str:
        """What is learned of such scans goes under this name; ``:`` ends the name of the pool.

        Long ways are late by more hours than short ones: they are pooled with their like.
        """
        if self.origin is not None:
            return f"{self.phase}-{self.reach_h}h:{self.origin}>{self.site}"
        last = "-last" if self.is_last else ""
        return f"{self.phase}{last}:{self.site}"


class LastScan(Struct, frozen=True, array_like=True, gc=False):
    """A parcel's newest scan by event time."""

    site: str
    phase: Phase
    at: datetime


Departure = tuple[Stop, datetime]
"""The scan on leaving, and when the parcel is at the next site then."""


class Planner:
    """Says what is expected of parcels by a carrier's schedule.

    What comes in one truck goes the same few ways: the newest answers are kept.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._stops = lru_cache(maxsize=ANSWERS_KEPT)(self._stops_from)
        self._waiting = lru_cache(maxsize=ANSWERS_KEPT)(self._waiting_for)
        self._leaving = lru_cache(maxsize=ANSWERS_KEPT)(self._leaving_with)

    def remaining_route(self, route: tuple[str, ...] | None, site: str) -> tuple[str, ...] | None:
        """The sites from here on; a diverted parcel goes the network's way to its destination.

        Returns:
            ``None`` where nobody has planned a way.
        """
        if not route:
            return None
        if site in route:
            return route[len(route) - 1 - route[::-1].index(site) :]
        return self.schedule.network.route(site, route[-1])

    def stops_ahead(
        self,
        last: LastScan,
        way: tuple[str, ...],
        known: tuple[Stop, ...],
        leaves_at: datetime | None = None,
    ) -> tuple[Stop, ...]:
        """The next scans on a parcel's way, at most ``AHEAD_MAX``.

        Args:
            last: its newest scan.
            way: the sites from that scan's site on.
            known: what was expected before. A parcel that is scanned again inside a site still
                leaves with the shift that it came in time for, until that shift has gone.
            leaves_at: when what is loaded leaves (:func:`departure_of`); ``None``: at once.
        """
        if last.phase is Phase.DELIVERED:
            return ()
        if last.phase is Phase.IN and _is_leaving(known, last, way):
            return known
        at = last.at if leaves_at is None else leaves_at
        return self._stops(last.phase, to_slot(at), way[:SITES_AHEAD])

    def _stops_from(self, phase: Phase, at: datetime, way: tuple[str, ...]) -> tuple[Stop, ...]:
        if phase is Phase.IN:
            return self._waiting(self._departure(way, at + self.schedule.handle), way)
        there_at = self.schedule.arrives_at(way[0], way[1], at) if len(way) > 1 else at
        on_time, late = (self._under_way(there_at, way, is_late) for is_late in (False, True))
        return _or_again(on_time, late)

    def _waiting_for(self, departure: Departure, way: tuple[str, ...]) -> tuple[Stop, ...]:
        """From the first site on, with this departure or with the next."""
        return _or_again(
            self._leaving(departure, way), self._leaving(self._after(departure, way), way)
        )

    def _from_site(self, at: datetime, way: tuple[str, ...], is_late: bool) -> tuple[Stop, ...]:
        """From a parcel's coming to the first site on, or if it misses its next departure there."""
        departure = self._departure(way, at + self.schedule.handle)
        return self._leaving(self._after(departure, way) if is_late else departure, way)

    def _leaving_with(self, departure: Departure, way: tuple[str, ...]) -> tuple[Stop, ...]:
        stop, there_at = departure
        return (stop, *self._under_way(there_at, way, is_late=False))[:AHEAD_MAX]

    def _after(self, departure: Departure, way: tuple[str, ...]) -> Departure:
        return self._departure(way, departure[0].by + SLOT)

    def _under_way(
        self, there_at: datetime, way: tuple[str, ...], is_late: bool
    ) -> tuple[Stop, ...]:
        """From the first site to the next, or to the recipient, and on."""
        if len(way) == 1:
            at = self.schedule.delivered_at(way[0], there_at)
            return (Stop(way[0], Phase.DELIVERED, at, at),)
        at = self.schedule.opens_at(way[1], there_at)
        reach_h = self.schedule.reach_h(way[0], way[1])
        stop = Stop(way[1], Phase.IN, at, at, origin=way[0], reach_h=reach_h)
        return (stop, *self._from_site(at, way[1:], is_late))[:AHEAD_MAX]

    def _departure(self, way: tuple[str, ...], ready_at: datetime) -> Departure:
        """When it leaves, and when it is at the next site, or on its way to its recipient."""
        if len(way) == 1:
            out_at = self.schedule.goes_out_at(way[0], ready_at)
            return Stop(way[0], Phase.OUT, out_at, out_at, is_last=True), out_at
        leg = self.schedule.next_leg(way[0], way[1], ready_at)
        return Stop(way[0], Phase.OUT, leg.departs_at, leg.departs_at), leg.arrives_at


def _or_again(on_time: tuple[Stop, ...], late: tuple[Stop, ...]) -> tuple[Stop, ...]:
    """The same stops, and when they come with a later departure."""
    return tuple(
        Stop(stop.site, stop.phase, stop.by, later.by, stop.origin, stop.reach_h, stop.is_last)
        for stop, later in zip(on_time, late, strict=True)
    )


def departure_of(known: tuple[Stop, ...], last: LastScan) -> datetime | None:
    """When that leaves which was loaded just now, by what was expected before; ``None``: at once.

    What is loaded leaves with the shift that it came in time for.
    """
    first = known[0] if known and last.phase is Phase.OUT else None
    if first is None or first.phase is not Phase.OUT or first.site != last.site or first.is_last:
        return None
    return first.by if last.at < first.by <= last.at + LOADING_MAX else None


def _is_leaving(known: tuple[Stop, ...], last: LastScan, way: tuple[str, ...]) -> bool:
    if not known or known[0].phase is not Phase.OUT or known[0].by <= last.at:
        return False
    return known[0].site == last.site and known[1].site == (*way, last.site)[1]
