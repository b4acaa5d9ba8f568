"""When parcels should go and come: lanes, shifts, opening windows, statutory holidays. Pure.

Source: HV-1.2.6, HV-2.3, design section 7 (tier T0); dates and shifts are local to their site.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from hub.network import Lane, Network, Shift

IsHoliday = Callable[[date], bool]

HOLIDAYS_IN_A_ROW_MAX = 31
UNKNOWN_LANE = timedelta(hours=24)
"""Between two sites of a parcel's own route that the network joins by no lane."""
SLOT = timedelta(minutes=15)
ANSWERS_KEPT = 16_384
"""Of each kind: a thousand lanes for the slots of some hours."""
_DAY = timedelta(days=1)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Leg:
    """A way from one site to the next as the schedule has it."""

    departs_at: datetime
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class ShiftTurn:
    """One turn of a shift, aware UTC; ``day`` is the site's local date on which it began."""

    day: date
    starts_at: datetime
    ends_at: datetime


def turn_ending_at_or_after(network: Network, shift: Shift, at: datetime) -> ShiftTurn:
    """The turn of a shift that ends first at or after ``at``; it may cross midnight."""
    zone = network.zone_of(shift.site)
    starts, ends = time.fromisoformat(shift.starts), time.fromisoformat(shift.ends)
    day = at.astimezone(zone).date()
    ends_at = datetime.combine(day, ends, zone).astimezone(UTC)
    if ends_at < at:
        day += _DAY
        ends_at = datetime.combine(day, ends, zone).astimezone(UTC)
    began = day - _DAY if starts >= ends else day
    return ShiftTurn(began, datetime.combine(began, starts, zone).astimezone(UTC), ends_at)


class Schedule:
    """The carrier's plan, as far as its network and policy tell it.

    Times of day are asked for thousands of parcels at once, so moments are rounded up to ``SLOT``
    and the answers of the last days are kept.
    """

    def __init__(
        self,
        network: Network,
        is_holiday: IsHoliday,
        handle: timedelta,
        deliver_by: time,
        delivery: timedelta,
    ) -> None:
        """Read a network.

        Args:
            network: sites, lanes and shifts.
            is_holiday: says whether a local date is a statutory holiday.
            handle: how long a parcel needs before it can leave a site.
            deliver_by: the local time by which what went out is delivered (HV-2.6).
            delivery: what goes out leaves so long before that, or on the next day.
        """
        self.network = network
        self.is_holiday = is_holiday
        self.handle = handle
        self.deliver_by = deliver_by
        self.delivery = delivery
        self._on_way = lru_cache(maxsize=ANSWERS_KEPT)(self._quickest)
        self._leg_from_slot = lru_cache(maxsize=ANSWERS_KEPT)(self._next_leg)
        self._opens_at_slot = lru_cache(maxsize=ANSWERS_KEPT)(self._opens_at)
        self._goes_out_at_slot = lru_cache(maxsize=ANSWERS_KEPT)(self._goes_out_at)

    def next_leg(self, origin: str, destination: str, ready_at: datetime) -> Leg:
        """The lane that arrives first for what is ready then.

        A parcel that has missed its shift takes the shift's next turn (HV-2.3); it leaves when the
        turn ends, or at once on a lane without a shift.
        """
        return self._leg_from_slot(origin, destination, to_slot(ready_at))

    def arrives_at(self, origin: str, destination: str, left_at: datetime) -> datetime:
        """When what has left is there, by the quickest lane."""
        return left_at + self._on_way(origin, destination)

    def reach_h(self, origin: str, destination: str) -> int:
        """The hours of the quickest lane, rounded up to a power of four."""
        hours = self._on_way(origin, destination) / timedelta(hours=1)
        reach = 1
        while reach < hours:
            reach *= 4
        return reach

    def _quickest(self, origin: str, destination: str) -> timedelta:
        lane = self.network.lane_between(origin, destination)
        return UNKNOWN_LANE if lane is None else timedelta(hours=lane.planned_h)

    def opens_at(self, site: str, at: datetime) -> datetime:
        """The first moment from ``at`` on when a site works: inside a shift, if it has any."""
        return self._opens_at_slot(site, to_slot(at))

    def goes_out_at(self, site: str, ready_at: datetime) -> datetime:
        """When a parcel goes out for delivery: in time to be delivered, not on a holiday."""
        return self._goes_out_at_slot(site, to_slot(ready_at))

    def delivered_at(self, site: str, out_at: datetime) -> datetime:
        """When what goes out then should be delivered: by the end of that working day (HV-2.6)."""
        return self.workday(site, self._end_of_delivery(site, out_at))

    def _end_of_delivery(self, site: str, at: datetime) -> datetime:
        zone = self.network.zone_of(site)
        day = at.astimezone(zone).date()
        ends_at = datetime.combine(day, self.deliver_by, zone)
        return ends_at if at < ends_at else datetime.combine(day + _DAY, self.deliver_by, zone)

    def _next_leg(self, origin: str, destination: str, ready_at: datetime) -> Leg:
        legs = [
            self._leg(lane, ready_at)
            for lane in self.network.lanes_from.get(origin, ())
            if lane.destination == destination
        ]
        unknown = Leg(ready_at, ready_at + UNKNOWN_LANE)
        return min(legs, key=lambda leg: leg.arrives_at, default=unknown)

    def _leg(self, lane: Lane, ready_at: datetime) -> Leg:
        departs_at = ready_at
        for shift in self.network.shifts_of.get(lane.origin, ()):
            if shift.name == lane.shift:
                departs_at = turn_ending_at_or_after(self.network, shift, ready_at).ends_at
        return Leg(departs_at, departs_at + timedelta(hours=lane.planned_h))

    def _opens_at(self, site: str, at: datetime) -> datetime:
        opens = []
        for shift in self.network.shifts_of.get(site, ()):
            turn = turn_ending_at_or_after(self.network, shift, at)
            opens.append(max(turn.starts_at, at))
        return min(opens, default=at)

    def _goes_out_at(self, site: str, ready_at: datetime) -> datetime:
        return (
            self.workday(site, self._end_of_delivery(site, ready_at + self.delivery))
            - self.delivery
        )

    def workday(self, site: str, at: datetime) -> datetime:
        """The same local time on the first day from ``at`` on that is no statutory holiday."""
        local = at.astimezone(self.network.zone_of(site))
        for _ in range(HOLIDAYS_IN_A_ROW_MAX):
            if not self.is_holiday(local.date()):
                break
            local += _DAY
        return local.astimezone(UTC)

    def holiday_time(self, site: str, start: datetime, end: datetime) -> timedelta:
        """How much of a stretch lies on statutory holidays; it does not count as lateness."""
        zone = self.network.zone_of(site)
        found = timedelta(0)
        day = start.astimezone(zone).date()
        while (midnight := datetime.combine(day, time(0), zone)) < end:
            day += _DAY
            if self.is_holiday(midnight.date()):
                found += min(end, datetime.combine(day, time(0), zone)) - max(start, midnight)
        return found

    def with_holidays(self, site: str, start: datetime, end: datetime) -> datetime:
        """``end`` moved on by every statutory holiday after ``start`` (HV-1.2.6)."""
        moved = end
        for _ in range(HOLIDAYS_IN_A_ROW_MAX):
            longer = end + self.holiday_time(site, start, moved)
            if longer == moved:
                break
            moved = longer
        return moved


def to_slot(at: datetime) -> datetime:
    """The same moment rounded up to ``SLOT``."""
    return at + (_EPOCH - at) % SLOT
